/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static passthrough: what a guest is given by number the hardware domain loses, and gets back; nothing ever has
 * two owners; every refusal; every allocation failing; random calls against what must always hold.
 */
#include "tests/unit/assign_env.h"

#include "assign/passthrough.h"
#include "core/fault.h"

#define FRAME(offset) ((WINDOW + (offset)) >> PAGE_SHIFT)
#define SERIAL        FRAME(0x1000) /* Dom0's, SPI_BOOT */
#define SLOT          FRAME(0x3000) /* Dom0's, SPI 40 by edge */
#define OFF           FRAME(0x4000) /* disabled, SPI 41 */
#define SPARE         FRAME(0x5000) /* xen,passthrough, SPI 42 by edge */
#define BUS           (UINT64_C(0x20000000) >> PAGE_SHIFT) /* Dom0's, 4 MiB */
#define BUS_PAGES     UINT64_C(1024)
#define GUEST         UINT64_C(0x10000) /* where guests see things */

static int give(struct domain *d, uint64_t frame, uint64_t count)
{
	why.text[0] = 0;
	return passthrough_give_registers(d, frame, count, &why);
}

static int take(struct domain *d, uint64_t frame, uint64_t count)
{
	int err;

	why.text[0] = 0;
	do
		err = passthrough_take_registers(d, frame, count, &why);
	while (err == -ERESTART);
	return err;
}

static int map(struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count)
{
	why.text[0] = 0;
	return passthrough_map(d, gfn, frame, count, &why);
}

static int unmap(struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count)
{
	why.text[0] = 0;
	return passthrough_unmap(d, gfn, frame, count, &why);
}

static int give_irq(struct domain *d, uint32_t intid, bool route)
{
	why.text[0] = 0;
	return passthrough_give_interrupt(d, intid, route, &why);
}

static int take_irq(struct domain *d, uint32_t intid)
{
	why.text[0] = 0;
	return passthrough_take_interrupt(d, intid, &why);
}

static bool shows(struct domain *d, uint64_t gfn, uint64_t frame)
{
	struct p2m_entry entry = p2m_lookup(d, ipa_of_gfn(gfn));

	return entry.type == P2M_MMIO && entry.pa.v == frame << PAGE_SHIFT;
}

static bool sees_nothing(struct domain *d, uint64_t gfn)
{
	return p2m_lookup(d, ipa_of_gfn(gfn)).type == P2M_NONE;
}

static const struct domain *owner(enum resource_kind kind, uint64_t number)
{
	const struct claim *claim = ledger_find(kind, number);

	return claim ? claim->owner : NULL;
}

static void kill(struct domain *d)
{
	d->dying = DOMAIN_DYING;
	while (on_kill(d) == -ERESTART)
		;
	d->dying = DOMAIN_ALIVE;
}

#define expect(call, error, words)                                                                 \
	do {                                                                                       \
		assert_int_equal(call, error);                                                     \
		assert_why(words);                                                                 \
	} while (0)

/* As `xl create` with irqs= and iomem= does it, and `xl destroy`. */
static void test_create_and_destroy(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(give_irq(dom2, SPI_BOOT, true), 0);
		assert_ptr_equal(irq_owner(SPI_BOOT), dom2);
		assert_int_equal(give(dom2, SERIAL, 1), 0);
		assert_false(sees(dom0, SERIAL << PAGE_SHIFT));
		assert_true(sees_nothing(dom2, SERIAL));
		assert_int_equal(map(dom2, GUEST, SERIAL, 1), 0);
		assert_true(shows(dom2, GUEST, SERIAL));
		assert_ptr_equal(owner(RESOURCE_MMIO, SERIAL), dom2);
		assert_string_equal(
				ledger_find(RESOURCE_MMIO, SERIAL)->node->name, "serial@a001000");
		kill(dom2);
		assert_true(sees_nothing(dom2, GUEST));
		assert_true(sees(dom0, SERIAL << PAGE_SHIFT));
		assert_ptr_equal(irq_owner(SPI_BOOT), dom0);
		assert_ptr_equal(owner(RESOURCE_MMIO, SERIAL), dom0);
		assert_ptr_equal(owner(RESOURCE_SPI, SPI_BOOT), dom0);
	}
}

/* Nobody's before, nobody's after; the trigger is the node's. */
static void test_nobodys(void **state)
{
	(void)state;
	assert_true(sees_nothing(dom0, SPARE));
	assert_null(ledger_find(RESOURCE_MMIO, SPARE));
	assert_null(ledger_find(RESOURCE_SPI, 42));
	assert_int_equal(give_irq(dom2, 42, true), 0);
	assert_int_equal(give_irq(dom2, 41, true), 0);
	assert_true(host_routes[42].edge);
	assert_false(host_routes[41].edge);
	assert_int_equal(give(dom2, OFF, 2), 0);
	assert_int_equal(map(dom2, OFF, OFF, 2), 0);
	assert_true(shows(dom2, SPARE, SPARE));
	kill(dom2);
	assert_null(ledger_find(RESOURCE_MMIO, OFF));
	assert_null(ledger_find(RESOURCE_MMIO, SPARE));
	assert_null(ledger_find(RESOURCE_SPI, 42));
	assert_null(irq_owner(42));
	assert_true(sees_nothing(dom0, SPARE));
}

static void test_call_by_call(void **state)
{
	(void)state;
	expect(map(dom2, GUEST, SLOT, 1), -EPERM, "not given");
	expect(unmap(dom2, GUEST, SLOT, 1), -EPERM, "not given");
	assert_int_equal(take(dom2, SLOT, 1), 0);
	assert_int_equal(take_irq(dom2, 40), 0);
	assert_true(sees(dom0, SLOT << PAGE_SHIFT));
	assert_int_equal(give(dom2, SLOT, 1), 0);
	assert_int_equal(give(dom2, SLOT, 1), 0);
	assert_int_equal(unmap(dom2, GUEST, SLOT, 1), 0);
	assert_int_equal(map(dom2, GUEST, SLOT, 1), 0);
	expect(map(dom2, GUEST, SLOT, 1), -EBUSY, "something else");
	expect(map(dom2, GUEST + 1, SLOT, 1), -EBUSY, "elsewhere");
	expect(unmap(dom2, GUEST + 1, SLOT, 1), -EBUSY, "elsewhere");
	assert_int_equal(unmap(dom2, GUEST, SLOT, 1), 0);
	assert_true(sees_nothing(dom2, GUEST));
	assert_false(sees(dom0, SLOT << PAGE_SHIFT)); /* still d2's */
	assert_int_equal(map(dom2, GUEST, SLOT, 1), 0);
	assert_int_equal(take(dom2, SLOT, 1), 0);
	assert_true(sees_nothing(dom2, GUEST));
	assert_true(sees(dom0, SLOT << PAGE_SHIFT));
	/* An interrupt: allowed, bound, unbound. */
	assert_int_equal(give_irq(dom2, 40, false), 0);
	assert_null(irq_owner(40));
	assert_ptr_equal(owner(RESOURCE_SPI, 40), dom2);
	assert_int_equal(give_irq(dom2, 40, false), 0);
	assert_int_equal(give_irq(dom2, 40, true), 0);
	assert_true(host_routes[40].edge);
	expect(give_irq(dom2, 40, true), -EEXIST, "already");
	assert_int_equal(take_irq(dom2, 40), 0);
	assert_ptr_equal(irq_owner(40), dom0);
}

static void test_refusals(void **state)
{
	static const uint64_t bad[][2] = { { 0, 0 }, { SLOT, 0 }, { UINT64_MAX, 1 },
		{ UINT64_MAX, 2 }, { SLOT, UINT64_MAX }, { BIT(40), 1 }, { BIT(40) - 1, 2 },
		{ 1, BIT(40) } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect(give(dom2, bad[i][0], bad[i][1]), -EINVAL, "exist");
		assert_int_equal(take(dom2, bad[i][0], bad[i][1]), -EINVAL);
		assert_int_equal(map(dom2, GUEST, bad[i][0], bad[i][1]), -EINVAL);
	}
	expect(give(dom0, SPARE, 1), -EINVAL, "from the device tree");
	expect(give_irq(dom0, 42, true), -EINVAL, "from the device tree");
	expect(give(dom2, HOST_RAM_BASE >> PAGE_SHIFT, 1), -EBUSY, "memory");
	expect(give(dom2, GICD >> PAGE_SHIFT, 1), -EBUSY, "owned by Graft (/intc@8000000)");
	expect(give(dom2, 0x9000, 1), -EBUSY, "owned by Graft (/uart@9000000)");
	expect(give(dom2, FRAME(0), 8), -EPERM, "no node");
	expect(give(dom2, 0x1234, 1), -EPERM, "no node");
	expect(give_irq(dom2, SPI_OF_UART, true), -EBUSY, "owned by Graft");
	expect(give_irq(dom2, 100, true), -EPERM, "no node");
	expect(give_irq(dom2, 27, true), -EPERM, "no node");
	expect(give_irq(dom2, UINT32_MAX, true), -EPERM, "no node");
	assert_int_equal(give(dom2, SPARE, 1), 0);
	expect(give(dom1, SPARE, 1), -EBUSY, "owned by d2 (/spare@a005000)");
	expect(give(dom2, OFF, 2), -EBUSY, "owned by d2");
	expect(take(dom2, OFF, 2), -EINVAL, "was given");
	assert_int_equal(take(dom1, SPARE, 1), 0); /* never was its */
	assert_ptr_equal(owner(RESOURCE_MMIO, SPARE), dom2);
	expect(map(dom1, GUEST, SPARE, 1), -EPERM, "not given");
	expect(map(dom2, GUEST, SPARE, 2), -EPERM, "not given all");
	expect(map(dom2, BIT(40), SPARE, 1), -EINVAL, "no address");
	expect(map(dom2, BIT(39), SPARE, 1), -EINVAL, "cannot be mapped");
	env_has_vuart = true;
	expect(map(dom2, GUEST_PL011_BASE >> PAGE_SHIFT, SPARE, 1), -EBUSY, "something else");
	env_has_vuart = false;
	assert_int_equal(p2m_map(dom2, ipa_of_gfn(GUEST), PADDR(HOST_RAM_BASE), 1, P2M_SHARED), 0);
	expect(map(dom2, GUEST, SPARE, 1), -EBUSY, "something else");
	assert_int_equal(p2m_unmap(dom2, ipa_of_gfn(GUEST), 1), 0);
	dom2->dying = DOMAIN_DYING;
	expect(give(dom2, OFF, 1), -EINVAL, "destroyed");
	expect(map(dom2, GUEST, SPARE, 1), -EINVAL, "destroyed");
	kill(dom2);
	assert_null(ledger_find(RESOURCE_MMIO, SPARE));
}

/* A kernel that has an interrupt of a device enabled drives it: neither that nor its registers go. */
static void test_in_use(void **state)
{
	(void)state;
	host_routes[SPI_BOOT].enabled = true;
	expect(give(dom2, SERIAL, 1), -EBUSY, "/serial@a001000");
	assert_why("interrupt 34");
	expect(give_irq(dom2, SPI_BOOT, true), -EBUSY, "xen,passthrough");
	assert_true(sees(dom0, SERIAL << PAGE_SHIFT));
	assert_ptr_equal(irq_owner(SPI_BOOT), dom0);
	host_routes[SPI_BOOT].enabled = false;
	assert_int_equal(give(dom2, SERIAL, 1), 0);
	kill(dom2);
}

/* The guest's own interrupt, enabled in it, is no use of Dom0's. */
static void test_enabled_in_the_guest(void **state)
{
	(void)state;
	assert_int_equal(give_irq(dom2, SPI_BOOT, true), 0);
	host_routes[SPI_BOOT].enabled = true;
	assert_int_equal(give(dom2, SERIAL, 1), 0);
	host_routes[SPI_BOOT].enabled = false;
	kill(dom2);
}

/* Dom0 loses a device whole, and has it again when the last page of it came back. */
static void test_device_in_parts(void **state)
{
	(void)state;
	assert_int_equal(give(dom2, BUS + 3, 2), 0);
	assert_true(sees_nothing(dom0, BUS));
	assert_true(sees_nothing(dom0, BUS + 1023));
	expect(give(dom1, BUS, 4), -EBUSY, "owned by d2");
	assert_int_equal(give(dom1, BUS + 1000, 1), 0);
	assert_int_equal(map(dom1, BUS + 1000, BUS + 1000, 1), 0);
	kill(dom2);
	assert_true(sees_nothing(dom0, BUS));
	assert_ptr_equal(owner(RESOURCE_MMIO, BUS + 1000), dom1);
	assert_null(ledger_find(RESOURCE_MMIO, BUS));
	kill(dom1);
	for (uint64_t i = 0; i < BUS_PAGES; i++)
		assert_true(shows(dom0, BUS + i, BUS + i));
}

static void test_overlay_in_the_way(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "dev@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });

	(void)state;
	assert_int_equal(add(blob), 0);
	expect(give(dom2, FRAME(0x10000), 1), -EPERM, "no node of the boot tree");
	expect(give_irq(dom2, 50, true), -EPERM, "no node of the boot tree");
	assert_int_equal(attach(dom0, blob), 0);
	expect(give(dom2, FRAME(0x10000), 1), -EBUSY, "came to d0 with an overlay");
	expect(give_irq(dom2, 50, true), -EBUSY, "came to d0 with an overlay");
	assert_int_equal(detach(dom0, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

/* An overlay that brings the very registers a guest has by number: not to that guest, nor to another. */
static void test_overlay_of_what_is_given(void **state)
{
	struct blob blob = OVERLAY({ .name = "dev@1",
			.base = WINDOW + 0x5000,
			.size = 0x1000,
			.spi = 42,
			.edge = true });

	(void)state;
	assert_int_equal(give(dom1, SPARE, 1), 0);
	assert_int_equal(give_irq(dom1, 42, true), 0);
	assert_int_equal(add(blob), 0);
	expect(attach(dom0, blob), -EBUSY, "owned by d1 (/spare@a005000)");
	expect(attach(dom1, blob), -EBUSY, "owned by d1 (/spare@a005000)");
	assert_int_equal(take(dom1, SPARE, 1), 0);
	expect(attach(dom1, blob), -EBUSY, "interrupt 42");
	assert_int_equal(take_irq(dom1, 42), 0);
	assert_int_equal(attach(dom1, blob), 0);
	expect(give(dom2, SPARE, 1), -EBUSY, "owned by d1");
	assert_int_equal(detach(dom1, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

/* Of a device that Dom0 lost because a part of it was given away, the rest is not to be had: Dom0 gets all back. */
static void test_overlay_of_what_is_lent(void **state)
{
	struct blob blob = OVERLAY({ .name = "dev@1",
			.base = (BUS + 100) << PAGE_SHIFT,
			.size = 0x1000,
			.spi = 50 });

	(void)state;
	assert_int_equal(add(blob), 0);
	assert_int_equal(give(dom2, BUS + 3, 2), 0);
	expect(attach(dom1, blob), -EBUSY, "owned by d0 (/bus@20000000)");
	expect(attach(dom0, blob), -EBUSY, "owned by d0 (/bus@20000000)");
	kill(dom2);
	assert_true(sees(dom0, (BUS + 100) << PAGE_SHIFT));
	expect(attach(dom1, blob), -EBUSY, "owned by d0 (/bus@20000000)");
	assert_int_equal(attach(dom0, blob), 0);
	assert_int_equal(detach(dom0, blob), 0);
	assert_true(sees(dom0, (BUS + 100) << PAGE_SHIFT));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

/* As libxenctrl does it: halves until it is taken; destroyed in steps. */
static void test_large_ranges(void **state)
{
	unsigned turns = 0;

	(void)state;
	assert_int_equal(give(dom2, BUS, BUS_PAGES), 0);
	assert_int_equal(map(dom2, GUEST + 0x200, BUS, BUS_PAGES), -E2BIG);
	assert_int_equal(map(dom2, GUEST + 0x200, BUS, 512), 0);
	assert_int_equal(map(dom2, GUEST + 0x400, BUS + 512, 512), 0);
	assert_true(shows(dom2, GUEST + 0x5ff, BUS + 1023));
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(GUEST + 0x200)).block_size, MIB(2));
	assert_int_equal(unmap(dom2, GUEST + 0x200, BUS, BUS_PAGES), -E2BIG);
	assert_int_equal(unmap(dom2, GUEST + 0x201, BUS + 1, 7), 0); /* a part */
	assert_true(sees_nothing(dom2, GUEST + 0x207));
	assert_true(shows(dom2, GUEST + 0x200, BUS));
	assert_true(shows(dom2, GUEST + 0x208, BUS + 8));
	dom2->dying = DOMAIN_DYING;
	while (on_kill(dom2) == -ERESTART)
		turns++;
	assert_int_equal(turns, 3);
	assert_true(sees_nothing(dom2, GUEST + 0x200));
	assert_true(sees(dom0, BUS << PAGE_SHIFT));
	dom2->dying = DOMAIN_ALIVE;
}

/* A range that begins in the middle of 2 MiB is unmapped without a table more than there are. */
static void test_unaligned_range(void **state)
{
	(void)state;
	assert_int_equal(give(dom2, BUS + 5, 900), 0);
	assert_int_equal(map(dom2, GUEST + 5, BUS + 5, 450), 0);
	assert_int_equal(map(dom2, GUEST + 455, BUS + 455, 450), 0);
	host_fail_at = 1;
	assert_int_equal(take(dom2, BUS + 5, 900), 0);
	assert_int_equal(host_fail_at, 1);
	host_fail_at = 0;
	for (uint64_t i = 0; i < BUS_PAGES; i++)
		assert_true(sees_nothing(dom2, GUEST + i));
}

/* A guest puts memory of its own over registers, as one block, when there is no page for another table: that stays. */
static void test_memory_over_registers(void **state)
{
	(void)state;
	assert_int_equal(give(dom2, SERIAL, 1), 0);
	assert_int_equal(map(dom2, GUEST + 7, SERIAL, 1), 0);
	assert_int_equal(give(dom2, BUS, BUS_PAGES), 0);
	assert_int_equal(map(dom2, GUEST + 0x200, BUS, 512), 0);
	assert_int_equal(map(dom2, GUEST + 0x400, BUS + 512, 512), 0);
	assert_int_equal(p2m_map(dom2, ipa_of_gfn(GUEST), PADDR(HOST_RAM_BASE), 512, P2M_RAM), 0);
	assert_int_equal(p2m_map(dom2, ipa_of_gfn(GUEST + 0x403), PADDR(HOST_RAM_BASE), 1,
					 P2M_SHARED),
			0);
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(GUEST + 7)).block_size, MIB(2));
	host_fail_at = 1;
	kill(dom2);
	assert_int_equal(host_fail_at, 1);
	host_fail_at = 0;
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(GUEST + 7)).type, P2M_RAM);
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(GUEST + 0x403)).type, P2M_SHARED);
	assert_true(sees_nothing(dom2, GUEST + 0x200));
	assert_true(sees_nothing(dom2, GUEST + 0x402));
	assert_true(sees_nothing(dom2, GUEST + 0x404));
	assert_true(sees_nothing(dom2, GUEST + 0x5ff));
	assert_true(sees(dom0, SERIAL << PAGE_SHIFT));
	assert_true(sees(dom0, (BUS + 1023) << PAGE_SHIFT));
	assert_int_equal(p2m_unmap(dom2, ipa_of_gfn(GUEST), 0x600), 0);
}

static int all_steps(struct domain *d)
{
	int err;

	if ((err = give_irq(d, SPI_BOOT, true)) || (err = give(d, SERIAL, 1)) ||
			(err = map(d, GUEST, SERIAL, 1)) || (err = give(d, BUS, 600)) ||
			(err = map(d, GUEST + 0x1234, BUS, 300)))
		return err;
	return map(d, GUEST + 0x1234 + 300, BUS + 300, 300);
}

static void test_every_allocation_fails(void **state)
{
	unsigned n = 0;
	int err;

	(void)state;
	do {
		host_fail_at = ++n;
		err = all_steps(dom2);
		if (err && err != -ENOMEM)
			fail_msg("allocation %u: %d, %s", n, err, why.text);
		kill(dom2);
		assert_true(sees(dom0, SERIAL << PAGE_SHIFT));
		assert_true(sees(dom0, BUS << PAGE_SHIFT));
		assert_ptr_equal(irq_owner(SPI_BOOT), dom0);
		assert_int_equal(heap_bytes_used(), env_heap_at_start);
	} while (err);
	assert_true(n > 5);
	host_fail_at = 0;
}

/* An interrupt that the guest cannot have stays where it was. */
static void test_no_such_interrupt_in_the_guest(void **state)
{
	(void)state;
	host_domain_without_irqs = dom2;
	expect(give_irq(dom2, 40, true), -EINVAL, "cannot have");
	host_domain_without_irqs = NULL;
	assert_ptr_equal(irq_owner(40), dom0);
	assert_ptr_equal(owner(RESOURCE_SPI, 40), dom0);
	assert_int_equal(heap_bytes_used(), env_heap_at_start);
}

static uint32_t random_below(uint32_t below)
{
	static uint32_t seed = 1;

	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static const uint64_t frames[] = { SERIAL, SLOT, OFF, SPARE, BUS, BUS + 511, BUS + 700 };
static const uint64_t counts[] = { 1, 1, 1, 2, 300, 512 };
static const uint32_t interrupts[] = { SPI_BOOT, 40, 41, 42 };

static void random_call(struct domain *d)
{
	uint64_t frame = frames[random_below(ARRAY_SIZE(frames))];
	uint64_t count = counts[random_below(ARRAY_SIZE(counts))];
	uint64_t gfn = random_below(4) ? frame : GUEST + random_below(1024);
	uint32_t intid = interrupts[random_below(ARRAY_SIZE(interrupts))];

	host_fail_at = random_below(4) ? 0 : 1 + random_below(3);
	switch (random_below(8)) {
	case 0:
		give_irq(d, intid, random_below(2));
		break;
	case 1:
		take_irq(d, intid);
		break;
	case 2:
		take(d, frame, count);
		break;
	case 3:
		unmap(d, gfn, frame, count);
		break;
	case 4:
		if (random_below(20) == 0)
			kill(d);
		break;
	case 5:
		map(d, gfn, frame, count);
		break;
	default:
		give(d, frame, count);
		break;
	}
	host_fail_at = 0;
}

/* Whoever sees registers owns them, and nobody sees what another owns. */
static void check_views(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		const struct domain *whose = owner(RESOURCE_MMIO, frames[i]);
		bool is_dom0s = sees(dom0, frames[i] << PAGE_SHIFT);

		assert_int_equal(is_dom0s, whose == dom0);
		assert_true(whose == dom1 || !sees(dom1, frames[i] << PAGE_SHIFT));
		assert_true(whose == dom2 || !sees(dom2, frames[i] << PAGE_SHIFT));
	}
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++) {
		const struct domain *routed = irq_owner(interrupts[i]);

		assert_true(!routed || routed == owner(RESOURCE_SPI, interrupts[i]));
	}
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30000; i++) {
		random_call(random_below(2) ? dom1 : dom2);
		check_views();
	}
	kill(dom1);
	kill(dom2);
	check_views();
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		assert_int_equal(sees(dom0, frames[i] << PAGE_SHIFT),
				frames[i] != OFF && frames[i] != SPARE);
}

/* d was permitted the interrupt, then made a UART of its own with the same number. */
static void test_permitted_and_taken_since(void **state)
{
	(void)state;
	assert_int_equal(give_irq(dom2, 40, false), 0);
	host_irq_of_graft = 40;
	expect(give_irq(dom2, 40, true), -EBUSY, "cannot have such an interrupt");
	host_irq_of_graft = SPI_OF_UART;
	assert_int_equal(give_irq(dom2, 40, true), 0);
	assert_int_equal(take_irq(dom2, 40), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create_and_destroy),
		TEST(test_nobodys),
		TEST(test_call_by_call),
		TEST(test_refusals),
		TEST(test_permitted_and_taken_since),
		TEST(test_in_use),
		TEST(test_enabled_in_the_guest),
		TEST(test_device_in_parts),
		TEST(test_overlay_in_the_way),
		TEST(test_overlay_of_what_is_given),
		TEST(test_overlay_of_what_is_lent),
		TEST(test_large_ranges),
		TEST(test_unaligned_range),
		TEST(test_memory_over_registers),
		TEST(test_every_allocation_fails),
		TEST(test_no_such_interrupt_in_the_guest),
		TEST(test_random),
	};

	env_has_spare = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
