/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest has to say: on its PV console (xen/io/console.h), whatever has become of that, and by console_io,
 * which only a hypervisor with guest_loglvl=all shows. The first vCPU alone prints.
 */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"
#include <xen/io/console.h>

#define LINE_MAX 400

uint64_t console_gfn, store_gfn, console_port;
static char line[LINE_MAX];
static size_t used;

static uint64_t parameter(uint32_t index)
{
	static struct xen_hvm_param param;

	param = (struct xen_hvm_param){ .domid = DOMID_SELF, .index = index };
	return hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&param, 0) ? 0
	                                                                             : param.value;
}

void print_init(void)
{
	console_gfn = parameter(HVM_PARAM_CONSOLE_PFN);
	console_port = parameter(HVM_PARAM_CONSOLE_EVTCHN);
	store_gfn = parameter(HVM_PARAM_STORE_PFN);
}

static void put(const char *text)
{
	while (*text && used < LINE_MAX - 2)
		line[used++] = *text++;
}

void print(const char *text)
{
	put(text);
}

void print_number(const char *name, uint64_t value)
{
	char digits[24];
	size_t n = sizeof(digits) - 1;

	digits[n] = '\0';
	do
		digits[--n] = (char)('0' + value % 10);
	while (value /= 10);
	put(" ");
	put(name);
	put("=");
	put(digits + n);
}

/* Its indices may have been scribbled on: what waits is given up then. */
static void ring_put(const char *text, size_t size)
{
	volatile struct xencons_interface *ring = (void *)(uintptr_t)(console_gfn << PAGE_SHIFT);
	XENCONS_RING_IDX producer = ring->out_prod;

	if (producer - ring->out_cons > sizeof(ring->out) - size)
		producer = ring->out_cons;
	for (size_t i = 0; i < size; i++)
		poke8((uintptr_t)&ring->out[MASK_XENCONS_IDX(producer + i, ring->out)],
			(uint8_t)text[i]);
	__asm__ volatile("dmb ish" ::: "memory");
	ring->out_prod = producer + (XENCONS_RING_IDX)size;
}

void print_end(void)
{
	static struct evtchn_send send;

	line[used++] = '\r';
	line[used++] = '\n';
	hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, used, (uintptr_t)line);
	if (console_gfn) {
		ring_put(line, used);
		send.port = (evtchn_port_t)console_port;
		hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0);
	}
	used = 0;
}
