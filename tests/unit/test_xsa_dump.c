/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest makes Graft print: a UART takes milliseconds for a line, so none is written while a lock is held that
 * guests wait for, and a debug key prints a bounded number of lines whatever a guest has set up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/console.h"
#include "core/error.h"
#include "core/evtchn_priv.h"
#include "core/grant_priv.h"
#include "core/keys.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/printk.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE (8 << 20)
#define HOLE     IPA(UINT64_C(0x80000000))
#define COUNT    300U /* of whatever the guest has */

static struct domain *dom0, *guest;
static unsigned lines, under_a_lock;
static char last_line[256];
static struct options options_before;

static bool is_locked(struct domain *d)
{
	bool locked = spin_is_locked(&d->lock) || spin_is_locked(&d->p2m.lock) ||
	              spin_is_locked(&d->evtchn.lock) || spin_is_locked(&d->grant.lock);

	for (evtchn_port_t port = 1; port < COUNT && !locked; port++) {
		struct evtchn *chn = evtchn_find(d, port);

		locked = chn && (spin_is_locked(&chn->lock) || spin_is_locked(&chn->fifo_lock));
	}
	for (unsigned i = 0; i < d->vcpus_count && !locked; i++)
		locked = spin_is_locked(&d->vcpus[i]->arch.vgic.lock);
	return locked || spin_is_locked(&sched_lock);
}

static void put(const char *text, size_t size)
{
	if (size == 2 && text[0] == '\r') {
		lines++;
		return;
	}
	snprintf(last_line, sizeof(last_line), "%.*s", (int)size, text);
	under_a_lock += is_locked(dom0) || is_locked(guest);
}

static int set_up(void **state)
{
	static const struct console_uart uart = { .put = put };

	(void)state;
	options_before = options;
	options.loglvl = options.guest_loglvl =
			(struct log_threshold){ LOG_DEBUG + 1, LOG_DEBUG + 1 };
	machine_start(RAM_SIZE, 1);
	dom0 = machine_add_domain(0, 1);
	guest = machine_add_domain(1, 1);
	machine_add_ram(guest);
	console_set_uart(&uart);
	lines = under_a_lock = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	console_set_uart(NULL);
	machine_end();
	options = options_before;
	return 0;
}

static void give(grant_ref_t ref, struct domain *to)
{
	struct grant_entry_v1 *frame = guest->grant.frames[ref / GRANT_ENTRIES_PER_FRAME];

	frame[ref % GRANT_ENTRIES_PER_FRAME] = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = to->id, .frame = (uint32_t)MACHINE_RAM_GFN
	};
}

static int map(struct domain *d, grant_ref_t ref)
{
	struct grant_map map = { .granter = guest, .ref = ref, .parts = GRANT_HOST, .host = HOLE };

	return grant_map(d, &map);
}

/* One page granted by many entries to the guest itself, which maps all of them at one address. */
static void test_grants(void **state)
{
	(void)state;
	for (grant_ref_t ref = 0; ref < COUNT; ref++) {
		give(ref, guest);
		assert_int_equal(map(guest, ref), GNTST_okay);
	}
	grant_dump(guest);
	assert_int_equal(under_a_lock, 0);
	assert_int_equal(lines, 1 + KEYS_LINES_MAX + 1);
	assert_string_equal(last_line, "(GRAFT) d1: and 236 more");
	lines = 0;
	grant_dump(dom0);
	assert_int_equal(lines, 1);
}

static void test_event_channels(void **state)
{
	evtchn_port_t port = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(evtchn_alloc_unbound(guest, 0, &port), 0);
	evtchn_dump(guest);
	assert_int_equal(under_a_lock, 0);
	assert_int_equal(lines, 1 + KEYS_LINES_MAX + 1);
	assert_string_equal(last_line, "(GRAFT)   and 236 more");
	/* All kinds, and the whole of a short list. */
	assert_int_equal(evtchn_bind_interdomain(dom0, guest, port, &port), 0);
	assert_int_equal(evtchn_bind_ipi(dom0, 0, &port), 0);
	assert_int_equal(evtchn_bind_virq(dom0, VIRQ_TIMER, 0, &port), 0);
	assert_int_equal(evtchn_alloc_unbound(dom0, 1, &port), 0);
	lines = 0;
	evtchn_dump(dom0);
	assert_int_equal(lines, 5);
	assert_int_equal(under_a_lock, 0);
	assert_string_equal(last_line, "(GRAFT)       4 [--] unbound for d1, vCPU 0");
}

static void test_interrupts(void **state)
{
	(void)state;
	vgic_dump(guest);
	assert_int_equal(lines, 2);
	assert_int_equal(under_a_lock, 0);
}

/* More vCPUs wait than are shown. */
static void test_run_queues(void **state)
{
	struct domain *crowd = machine_add_domain(2, 20);

	(void)state;
	assert_int_equal(domain_unpause_by_toolstack(crowd), 0);
	lines = 0;
	sched_dump();
	assert_int_equal(under_a_lock, 0);
	assert_int_equal(lines, 1 + 16 + 1);
	assert_string_equal(last_line, "(GRAFT)   and 4 more");
}

/* Registers take twelve lines of each vCPU: of those that are up only some are shown, of all domains together. */
static void test_registers(void **state)
{
	(void)state;
	machine_add_domain(2, KEYS_REGISTERS_MAX + 3);
	lines = host_dumps = 0;
	keys_handle('d');
	assert_int_equal(host_dumps, KEYS_REGISTERS_MAX);
	assert_int_equal(lines, 1 + 1);
	assert_string_equal(last_line, "(GRAFT)   and 5 more vCPUs");
}

/* Domains and vCPUs of which one line each is printed. */
static void test_domains(void **state)
{
	enum { MORE = 3, VCPUS = 10 };

	(void)state;
	for (domain_id_t id = 2; id < KEYS_DOMAINS_MAX + MORE; id++)
		machine_add_domain(id, id < KEYS_DOMAINS_MAX ? VCPUS : 1);
	lines = 0;
	keys_handle('q');
	assert_int_equal(lines, 1 + KEYS_DOMAINS_MAX + KEYS_VCPUS_MAX + 1 + 1);
	assert_string_equal(last_line, "(GRAFT)   and 3 more domains");
	lines = 0;
	keys_handle('m');
	assert_int_equal(lines, 1 + 1 + KEYS_DOMAINS_MAX + 1);
	assert_string_equal(last_line, "(GRAFT)   and 3 more domains");
}

/* Refusals are said once the granter's lock is free. */
static void test_refused_grants(void **state)
{
	(void)state;
	assert_int_equal(map(dom0, 8), GNTST_general_error); /* not a grant of access */
	give(8, guest);
	assert_int_equal(map(dom0, 8), GNTST_general_error); /* granted to another */
	assert_int_equal(map(dom0, 5000), GNTST_bad_gntref);
	assert_int_equal(lines, 3);
	assert_int_equal(under_a_lock, 0);
}

/* The physical address of the frame is taken by something else in the map of a domain whose DMA is translated. */
static void test_no_dma(void **state)
{
	enum p2m_type type;
	struct page *page = p2m_get_page(guest, ipa_of_gfn(MACHINE_RAM_GFN), false, &type);

	(void)state;
	grant_set_dma_translated(true);
	assert_int_equal(memory_map_shared_info(dom0, 0, page_phys(page).v >> PAGE_SHIFT), 0);
	page_put(page);
	give(8, dom0);
	assert_int_equal(map(dom0, 8), GNTST_okay);
	grant_set_dma_translated(false);
	assert_non_null(strstr(last_line, "no DMA to a granted frame"));
	assert_int_equal(under_a_lock, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_grants),
		TEST(test_event_channels),
		TEST(test_interrupts),
		TEST(test_run_queues),
		TEST(test_registers),
		TEST(test_domains),
		TEST(test_refused_grants),
		TEST(test_no_dma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
