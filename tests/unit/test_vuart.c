/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated serial port on the real core: what a driver sees, both ends of the ring gone mad, who may have one,
 * and that nothing of it is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch.h"
#include "core/error.h"
#include "core/vuart.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE MIB(32)
#define RING_GFN UINT64_C(0x39003)
#define CODE_GFN UINT64_C(0x40000)

#define DR   0x00
#define FR   0x18
#define IMSC 0x38
#define RIS  0x3c
#define MIS  0x40
#define ICR  0x44

static struct domain *dom0, *domu;
static evtchn_port_t port, near;
static struct xencons_interface *ring;

static int setup(void **state)
{
	(void)state;
	machine_start(RAM_SIZE, 1);
	dom0 = machine_add_domain(0, 1);
	domu = machine_add_domain(1, 1);
	machine_add_page(domu, RING_GFN);
	machine_add_page(domu, CODE_GFN);
	ring = phys_to_virt(p2m_lookup(domu, ipa_of_gfn(RING_GFN)).pa);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_end();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static uint32_t reg(unsigned offset)
{
	uint64_t value = UINT64_MAX;

	assert_true(vuart_mmio_read(domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE + offset), &value));
	assert_true(value <= UINT32_MAX);
	return (uint32_t)value;
}

static void set(unsigned offset, uint64_t value)
{
	assert_true(vuart_mmio_write(domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE + offset), value));
}

static bool line(void)
{
	return domu->arch.vgic.spis[GUEST_VPL011_SPI - 32].line;
}

/* Whether the console's domain was told, since the last look. */
static bool told(void)
{
	uint64_t *word = &dom0->shared_info->evtchn_pending[near / 64];
	bool pending = *word >> (near % 64) & 1;

	*word = 0;
	return pending;
}

static void start(void)
{
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), 0);
	assert_int_equal(evtchn_bind_interdomain(dom0, domu, port, &near), 0);
	told();
}

static void console_types(const char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		ring->in[ring->in_prod++ % sizeof(ring->in)] = text[i % strlen(text)];
	assert_int_equal(evtchn_send(dom0, near), 0);
}

static void console_reads(uint32_t size)
{
	ring->out_cons += size;
	assert_int_equal(evtchn_send(dom0, near), 0);
}

static void test_not_there(void **state)
{
	uint64_t value = 5;

	(void)state;
	assert_false(vuart_mmio_read(domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE), &value));
	assert_false(vuart_mmio_write(domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE), 0));
	assert_int_equal(value, 5);
	assert_false(arch_domain_emulates(domu, IPA(GUEST_PL011_BASE), PAGE_SIZE));
	start();
	assert_true(arch_domain_emulates(domu, IPA(GUEST_PL011_BASE - PAGE_SIZE), PAGE_SIZE + 1));
	assert_false(arch_domain_emulates(domu, IPA(GUEST_PL011_BASE - PAGE_SIZE), PAGE_SIZE));
	assert_true(arch_domain_emulates(domu, IPA(GUEST_PL011_BASE + 0xfff), 1));
	assert_false(arch_domain_emulates(domu, IPA(GUEST_PL011_BASE + 0x1000), GIB(1)));
	assert_true(arch_domain_emulates(domu, IPA(0), GIB(64)));
	assert_true(arch_domain_emulates(domu, IPA(GUEST_GICV3_GICD_BASE + 8), 8));
	assert_false(vuart_mmio_read(
			domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE + GUEST_PL011_SIZE), &value));
	assert_false(vuart_mmio_write(domain_vcpu(domu, 0), IPA(GUEST_PL011_BASE - 4), 0));
	assert_false(vuart_mmio_write(domain_vcpu(dom0, 0), IPA(GUEST_PL011_BASE), 0));
}

/* As `earlycon=pl011` does: FR, DR, FR. */
static void test_early_console(void **state)
{
	static const char text[] = "Booting Linux";

	(void)state;
	start();
	for (size_t i = 0; i < sizeof(text); i++) {
		assert_int_equal(reg(FR) & 0x20, 0);
		set(DR, (uint64_t)(uint8_t)text[i] | 0xffffff00);
		assert_int_equal(reg(FR) & 0x08, 0);
		assert_true(told());
	}
	assert_int_equal(ring->out_prod, sizeof(text));
	assert_memory_equal(ring->out, text, sizeof(text));
	assert_false(line()); /* nothing is enabled */
	assert_int_equal(reg(FR), 0x10);
	console_reads(sizeof(text));
	assert_int_equal(reg(FR), 0x90);
	assert_int_equal(ring->in_cons | ring->in_prod, 0);
}

static void test_output_fills_and_drains(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < sizeof(ring->out); i++) {
		assert_int_equal(reg(FR) & 0x28, 0);
		set(DR, i);
	}
	assert_int_equal(reg(FR) & 0xa8, 0x28);
	assert_int_equal(reg(RIS) & 0x20, 0);
	told();
	set(DR, 0x55); /* is lost */
	assert_false(told());
	assert_int_equal(ring->out_prod, sizeof(ring->out));
	assert_int_equal(ring->out[0], 0);
	set(IMSC, 0x20);
	assert_false(line());
	console_reads(15);
	assert_false(line());
	console_reads(1); /* half of what the driver believes in is free */
	assert_true(line());
	assert_int_equal(reg(MIS), 0x20);
	set(ICR, 0x20);
	assert_false(line());
	set(DR, 1);
	assert_false(line());
	console_reads(1);
	assert_true(line());
	set(IMSC, 0);
	assert_false(line());
	assert_int_equal(reg(RIS), 0x20);
}

static void test_input(void **state)
{
	(void)state;
	start();
	set(IMSC, 0x50);
	assert_int_equal(reg(IMSC), 0x50);
	assert_int_equal(reg(FR) & 0x10, 0x10);
	console_types("abc", 3);
	assert_true(line());
	assert_int_equal(reg(MIS), 0x40);
	assert_int_equal(reg(FR) & 0x50, 0);
	assert_int_equal(reg(DR), 'a');
	assert_int_equal(reg(DR), 'b');
	assert_false(told());
	assert_true(line());
	assert_int_equal(reg(DR), 'c');
	assert_true(told()); /* there is room for all that it can hold */
	assert_false(line());
	assert_int_equal(reg(DR), 0);
	assert_int_equal(ring->in_cons, 3);
	assert_false(told());
	console_types("x", sizeof(ring->in));
	assert_int_equal(reg(FR) & 0x50, 0x40);
	assert_int_equal(reg(MIS), 0x50);
	set(ICR, 0x7ff);
	assert_false(line());
	assert_int_equal(reg(DR), 'x');
	assert_true(line());
	for (unsigned i = 0; i < sizeof(ring->in) - 17; i++)
		reg(DR);
	assert_int_equal(reg(MIS), 0x50);
	reg(DR);
	assert_int_equal(reg(MIS), 0x40);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(reg(DR), 'x');
	assert_false(line());
}

/* Registers of a full PL011, widths that do not fit, the middle of a register: nothing happens. */
static void test_other_registers(void **state)
{
	(void)state;
	start();
	console_types("a", 1);
	for (unsigned offset = 0; offset < GUEST_PL011_SIZE; offset++) {
		if (offset == DR || offset == FR || (offset >= IMSC && offset <= ICR))
			continue;
		assert_int_equal(reg(offset), 0);
		set(offset, UINT64_MAX);
	}
	assert_int_equal(ring->out_prod, 0);
	set(FR, 0);
	set(RIS, 0);
	set(MIS, 0);
	assert_int_equal(reg(RIS), 0x60);
	assert_int_equal(reg(ICR), 0);
	set(IMSC, UINT64_MAX);
	assert_int_equal(reg(IMSC), 0x7ff);
	assert_int_equal(reg(DR), 'a');
}

/* Either end writes what it likes at any time: no access leaves the ring, and the other registers live on. */
static void test_mad_indices(void **state)
{
	static const uint32_t values[] = { 0, 1, 15, 16, 1023, 1024, 1025, 2047, 2048, 2049,
		0x7fffffff, 0x80000000, UINT32_MAX - 2048, UINT32_MAX - 1, UINT32_MAX };
	struct xencons_interface before;

	(void)state;
	start();
	set(IMSC, 0x7ff);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			ring->in_prod = ring->out_prod = values[i];
			ring->out_cons = ring->in_cons = values[j];
			evtchn_send(dom0, near);
			reg(FR);
			reg(DR);
			set(DR, 'a');
			reg(RIS);
		}
	}
	memset((unsigned char *)ring + sizeof(*ring), 0x5a, PAGE_SIZE - sizeof(*ring));
	before = *ring;
	ring->in_prod = before.in_cons + 0x40000000;
	ring->out_cons = before.out_prod + 1;
	assert_int_equal(reg(FR), 0x38); /* neither data nor room */
	assert_int_equal(reg(DR), 0);
	set(DR, 'b');
	assert_int_equal(ring->out_prod, before.out_prod);
	for (size_t i = sizeof(*ring); i < PAGE_SIZE; i++)
		assert_int_equal(((unsigned char *)ring)[i], 0x5a);
}

/* The page's indices are where the console's daemon goes on; what is written to Graft's later changes nothing. */
static void test_indices_are_kept(void **state)
{
	(void)state;
	ring->in_cons = ring->in_prod = UINT32_MAX - 1;
	ring->out_cons = ring->out_prod = UINT32_MAX;
	start();
	console_types("pq", 2);
	ring->in_cons = 77;
	ring->out_prod = 99;
	assert_int_equal(reg(DR), 'p');
	assert_int_equal(ring->in_cons, UINT32_MAX);
	assert_int_equal(reg(DR), 'q');
	assert_int_equal(ring->in_cons, 0);
	set(DR, 'r');
	assert_int_equal(ring->out[2047], 'r');
	assert_int_equal(ring->out_prod, 0);
}

static void test_refusals(void **state)
{
	uint64_t shared = page_phys(page_of_virt(domu->shared_info)).v;

	(void)state;
	assert_int_equal(vuart_init(dom0, RING_GFN, 0, &port), -EINVAL);
	assert_int_equal(vuart_init(domu, 0x12345, 0, &port), -EINVAL);
	assert_int_equal(vuart_init(domu, UINT64_MAX, 0, &port), -EINVAL);
	assert_int_equal(vuart_init(domu, BIT(52) | RING_GFN, 0, &port), -EINVAL);
	assert_int_equal(p2m_map(domu, IPA(0x1000), PADDR(shared), 1, P2M_SHARED), 0);
	assert_int_equal(vuart_init(domu, 1, 0, &port), -EINVAL);
	assert_int_equal(p2m_map(domu, IPA(GUEST_PL011_BASE), PADDR(0x9040000), 1, P2M_MMIO), 0);
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), -EBUSY);
	assert_int_equal(p2m_unmap(domu, IPA(GUEST_PL011_BASE), 1), 0);
	assert_int_equal(vgic_route_hw(domu, GUEST_VPL011_SPI, GUEST_VPL011_SPI, false), 0);
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), -EBUSY);
	vgic_unroute_hw(domu, GUEST_VPL011_SPI);
	start();
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), -EEXIST);
	assert_int_equal(vgic_may_route_hw(domu, GUEST_VPL011_SPI), -EBUSY);
	assert_int_equal(vgic_may_route_hw(domu, GUEST_VPL011_SPI + 1), 0);
	assert_int_equal(evtchn_close(domu, port), -EINVAL); /* the guest cannot */
	assert_int_equal(evtchn_send(domu, port), -EINVAL);
}

static void test_no_spi_no_vuart(void **state)
{
	(void)state;
	vgic_free_domain(domu);
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), -EINVAL);
}

/* The page stays while Graft has it, wherever the guest's map goes; the console may come and go. */
static void test_page_is_held(void **state)
{
	struct page *page = page_of_virt(ring);
	uint64_t pages;

	(void)state;
	start();
	assert_int_equal(evtchn_close(dom0, near), 0);
	set(DR, 'a');
	assert_int_equal(evtchn_bind_interdomain(dom0, domu, port, &near), 0);
	assert_int_equal(p2m_unmap(domu, ipa_of_gfn(RING_GFN), 1), 0);
	assert_true(page_clear_allocated(page, domu));
	pages = page_count_free();
	page_put(page);
	assert_int_equal(page_count_free(), pages);
	assert_int_equal(page_owner(page), domu->id);
	set(DR, 'b');
	assert_memory_equal(ring->out, "ab", 2);
}

static void test_dying(void **state)
{
	(void)state;
	start();
	domu->dying = DOMAIN_DYING;
	vuart_drop_ring(domu);
	vuart_drop_ring(domu);
	assert_int_equal(reg(FR), 0);
	set(DR, 'a');
	assert_int_equal(evtchn_send(dom0, near), 0);
	assert_int_equal(ring->out_prod, 0);
	assert_int_equal(vuart_init(domu, RING_GFN, 0, &port), -EINVAL);
	domu->dying = DOMAIN_ALIVE;
}

static void test_every_allocation_fails(void **state)
{
	unsigned n = 0;
	int rc;

	(void)state;
	do {
		size_t heap = heap_bytes_used();

		host_fail_at = ++n;
		rc = vuart_init(domu, RING_GFN, 0, &port);
		if (rc && rc != -ENOMEM)
			fail_msg("allocation %u: %d", n, rc);
		if (rc)
			assert_int_equal(heap_bytes_used(), heap);
	} while (rc);
	assert_true(n > 1);
	host_fail_at = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_there),
		TEST(test_early_console),
		TEST(test_output_fills_and_drains),
		TEST(test_input),
		TEST(test_other_registers),
		TEST(test_mad_indices),
		TEST(test_indices_are_kept),
		TEST(test_refusals),
		TEST(test_no_spi_no_vuart),
		TEST(test_page_is_held),
		TEST(test_dying),
		TEST(test_every_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
