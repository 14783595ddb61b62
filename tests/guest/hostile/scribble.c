/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that the guest shares with the hypervisor and with Dom0's daemons, and what it writes there. */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define GRANT_FRAMES 4
#define SHARED_GFN   UINT64_C(0x38100)
#define FIFO_PAGES   4
#define DOMID_TRIES  1000

uint64_t own_domid = DOMID_SELF;
static uint64_t pages[GRANT_FRAMES + 1 + FIFO_PAGES + 2];
static unsigned page_count;

static void share(unsigned space, uint64_t index, uint64_t gfn)
{
	static struct xen_add_to_physmap op;

	op = (struct xen_add_to_physmap){
		.domid = DOMID_SELF, .space = space, .idx = index, .gpfn = gfn
	};
	if (hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&op, 0) == 0)
		pages[page_count++] = gfn;
}

static void fifo_init(void)
{
	static struct evtchn_init_control control;
	static struct evtchn_expand_array expand;
	uint64_t gfn = arena >> PAGE_SHIFT;

	for (unsigned i = 0; i < vcpu_count; i++) {
		control = (struct evtchn_init_control){
			.control_gfn = gfn, .offset = i * 128, .vcpu = i
		};
		hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_init_control, (uintptr_t)&control,
				0);
	}
	pages[page_count++] = gfn;
	for (unsigned i = 1; i < FIFO_PAGES; i++) {
		expand.array_gfn = gfn + i;
		hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, (uintptr_t)&expand,
				0);
		pages[page_count++] = gfn + i;
	}
}

static void share_ring(uint32_t index)
{
	static struct xen_hvm_param param;

	param = (struct xen_hvm_param){ .domid = DOMID_SELF, .index = index };
	if (hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&param, 0) == 0)
		pages[page_count++] = param.value;
}

/* Nobody tells a guest its number; but only from itself can it bind a port that it keeps for that number. */
static void find_own_domid(void)
{
	static struct evtchn_alloc_unbound free;
	static struct evtchn_bind_interdomain bind;
	static struct evtchn_close close;

	for (domid_t id = 1; id < DOMID_TRIES && own_domid == DOMID_SELF; id++) {
		free = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = id };
		if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
				    (uintptr_t)&free, 0))
			continue;
		bind = (struct evtchn_bind_interdomain){ .remote_dom = id,
			.remote_port = free.port };
		if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain,
				    (uintptr_t)&bind, 0) == 0)
			own_domid = id;
		close.port = free.port;
		hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uintptr_t)&close, 0);
	}
}

/* Every other seed stays with the older layout of event channels. */
void scribble_init(void)
{
	for (unsigned i = 0; i < GRANT_FRAMES; i++)
		share(XENMAPSPACE_grant_table, i, 0x38000 + i);
	share(XENMAPSPACE_shared_info, 0, SHARED_GFN);
	if (boot.seed & 1)
		fifo_init();
	share_ring(HVM_PARAM_STORE_PFN);
	share_ring(HVM_PARAM_CONSOLE_PFN);
	find_own_domid();
}

static void grant(struct me *m)
{
	volatile struct grant_entry_v1 *table = (void *)(uintptr_t)0x38000000;
	volatile struct grant_entry_v1 *entry = &table[random_below(m, 64)];

	entry->domid = (domid_t)(one_in(m, 8) ? random64(m) : one_in(m, 3) ? 0 : own_domid);
	entry->frame = (uint32_t)random_gfn(m);
	__asm__ volatile("dmb ish" ::: "memory");
	entry->flags = (uint16_t)(one_in(m, 8) ? random64(m)
					       : GTF_permit_access | random_below(m, 2) << 2);
}

void do_scribble(struct me *m)
{
	uint64_t page;

	if (page_count == 0)
		return;
	page = pages[random_below(m, page_count)] << PAGE_SHIFT;
	tally(m, TALLY_SCRIBBLE, true);
	if (one_in(m, 2)) {
		grant(m);
		return;
	}
	for (unsigned n = (unsigned)random_below(m, 32); n > 0; n--) {
		uint64_t value = one_in(m, 3) ? ~UINT64_C(0) : random_value(m);

		if (one_in(m, 4)) /* as words of the FIFO layout: pending, masked, linked, a port */
			value = random_below(m, 8) << 29 | random_below(m, 40) |
			        (random_below(m, 8) << 29 | random_below(m, 40)) << 32;
		poke64(page + random_below(m, 512) * 8, value);
	}
}
