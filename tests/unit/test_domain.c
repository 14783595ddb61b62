/* SPDX-License-Identifier: Apache-2.0 */
/* core/domain*.c and core/vcpu.c with the real pages, p2m, event channels, grants and scheduler below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"
#include "core/arch.h"
#include "core/console.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/sched_priv.h"
#include <arch/mm.h>

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE MIB(32)
#define CPUS     2
#define RAM_GFN  UINT64_C(0x40000)
#define RAM_IPA  (RAM_GFN << PAGE_SHIFT)

static char log_text[16384];
static size_t log_size;
static uint64_t free_before;
static size_t heap_before;
static jmp_buf sleeping, ended;

static void uart_put(const char *text, size_t size)
{
	size = MIN(size, sizeof(log_text) - 1 - log_size);
	memcpy(log_text + log_size, text, size);
	log_size += size;
	log_text[log_size] = '\0';
}

static void uart_flush(void)
{
}

static int uart_get(void)
{
	return -1;
}

static const struct console_uart uart = { .put = uart_put, .flush = uart_flush, .get = uart_get };

static void cpu_sleeps(void)
{
	longjmp(sleeping, 1);
}

static void machine_ends(void)
{
	longjmp(ended, 1);
}

/* On its way back to a guest, or to sleep. */
static void enter(unsigned cpu)
{
	host_cpu_set(cpu);
	if (setjmp(sleeping) == 0)
		sched_enter();
}

static void enter_all(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		enter(cpu);
	host_cpu_set(0);
}

/* The other CPU takes its SGI while this one waits for it. */
static void other_cpu_acts(void)
{
	unsigned me = cpu_id();

	host_now += NS_PER_US;
	enter(1 - me);
	host_cpu_set(me);
}

static const struct domain_config guest_config = {
	.vcpus_max = 2,
	.spis = 32,
	.evtchn_port_max = 1023,
	.grant_frames_max = 4,
	.maptrack_frames_max = 4,
	.grant_version_max = 1,
};

static struct domain *create(domain_id_t id, unsigned vcpus, bool hardware)
{
	struct domain_config config = guest_config;
	struct domain *d = NULL;

	config.vcpus_max = vcpus;
	config.hardware = hardware;
	config.privileged = hardware;
	assert_int_equal(domain_create(id, &config, &d), 0);
	for (unsigned i = 0; i < vcpus; i++)
		assert_int_equal(vcpu_create(d, i), 0);
	return d;
}

static int setup(void **state)
{
	(void)state;
	host_cpus_reset(CPUS, NS_PER_S);
	host_sleep_hook = cpu_sleeps;
	host_relax_hook = other_cpu_acts;
	host_noreturn_hook = machine_ends;
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		timer_init_cpu(cpu);
	assert_int_equal(sched_init(CPUS), 0);
	domain_init_list();
	log_size = 0;
	log_text[0] = '\0';
	console_set_uart(&uart);
	heap_before = heap_bytes_used();
	free_before = page_count_free();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_fail_at = 0;
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		heap_free(sched_cpus[cpu].idle);
	return 0;
}

/* One RAM for all: Dom0 never goes. */
static int setup_all(void **state)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), RAM_SIZE };

	(void)state;
	host_ram_init(RAM_SIZE);
	return page_init(&ram, 1, NULL, 0);
}

static int teardown_all(void **state)
{
	(void)state;
	host_ram_free();
	return 0;
}

static void kill(struct domain *d)
{
	int err;

	/* From a CPU that does not run it. */
	if (current_vcpu()->domain == d)
		host_cpu_set(1 - cpu_id());
	if (current_vcpu()->domain == d) {
		sched_pause_domain(d, false);
		enter(cpu_id());
	}
	domain_hold(d);
	for (unsigned tries = 0; (err = domain_kill(d)) == -ERESTART; tries++)
		assert_true(tries < 1000);
	assert_int_equal(err, 0);
	domain_put(d);
}

static void expect_nothing_left(void)
{
	assert_int_equal(heap_bytes_used(), heap_before);
	assert_int_equal(page_count_free(), free_before);
}

static void give_ram(struct domain *d, unsigned pages)
{
	atomic_store(&d->max_pages, pages);
	assert_int_equal(p2m_set_pool(d, 16), 0);
	for (unsigned i = 0; i < pages; i++) {
		struct page *page = page_alloc_domain(d, 0, PAGE_ANYWHERE);

		assert_non_null(page);
		assert_int_equal(p2m_map(d, ipa_of_gfn(RAM_GFN + i), page_phys(page), 1, P2M_RAM),
				0);
	}
}

static void *ram_of(struct domain *d, uint64_t ipa)
{
	struct p2m_entry entry = p2m_lookup(d, IPA(ipa));

	assert_int_equal(entry.type, P2M_RAM);
	return (unsigned char *)phys_to_virt(entry.pa) + (ipa & ~PAGE_MASK);
}

static void start(struct domain *d)
{
	for (unsigned i = 0; i < d->vcpus_count; i++)
		assert_int_equal(vcpu_power_on(d->vcpus[i], 0x1000 + i, i), 0);
	assert_int_equal(domain_unpause_by_toolstack(d), 0);
	enter_all();
}

static unsigned log_count(const char *text)
{
	unsigned count = 0;

	for (const char *at = log_text; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

static void test_ids(void **state)
{
	struct domain *a = create(5, 1, false);
	struct domain *b = create(DOMID_FIRST_RESERVED, 1, false);
	struct domain *c = create(DOMID_INVALID, 1, false);
	struct domain *d;

	(void)state;
	assert_int_equal(a->id, 5);
	assert_int_equal(b->id, 1);
	assert_int_equal(c->id, 2);
	assert_int_equal(domain_create(5, &guest_config, &d), -EEXIST);
	assert_ptr_equal(domain_get(5), a);
	domain_put(a);
	assert_null(domain_get(3));
	assert_ptr_equal(domain_get_next(0), b);
	domain_put(b);
	assert_ptr_equal(domain_get_next(3), a);
	domain_put(a);
	assert_null(domain_get_next(6));
	kill(b);
	/* A free id comes back late. */
	b = create(DOMID_INVALID, 1, false);
	assert_int_equal(b->id, 3);
	kill(a);
	kill(b);
	kill(c);
	expect_nothing_left();
}

static void test_config_is_checked(void **state)
{
	struct domain_config config = guest_config;
	struct domain *d;

	(void)state;
	config.vcpus_max = 0;
	assert_int_equal(domain_create(1, &config, &d), -EINVAL);
	config.vcpus_max = DOMAIN_VCPUS_MAX + 1;
	assert_int_equal(domain_create(1, &config, &d), -EINVAL);
	d = create(1, 2, false);
	assert_int_equal(vcpu_create(d, 2), -EINVAL);
	host_fail_at = 1; /* not even made: it would take the domain's shared interrupts with it */
	assert_int_equal(vcpu_create(d, 0), -EEXIST);
	host_fail_at = 0;
	assert_int_equal(vcpu_create(d, 1), -EEXIST);
	assert_null(domain_vcpu(d, 2));
	kill(d);
	expect_nothing_left();
}

static void test_creation_without_memory_leaves_nothing(void **state)
{
	struct domain *d = NULL;
	unsigned failures = 0;
	int err;

	(void)state;
	do {
		host_fail_at = ++failures;
		err = domain_create(1, &guest_config, &d);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			expect_nothing_left();
			assert_null(domain_get(1));
		}
	} while (err && failures < 200);
	host_fail_at = 0;
	assert_true(failures > 5 && failures < 200);
	failures = 0;
	do {
		size_t used = heap_bytes_used();

		host_fail_at = ++failures;
		err = vcpu_create(d, 0);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			assert_int_equal(heap_bytes_used(), used);
			assert_null(domain_vcpu(d, 0));
		}
	} while (err && failures < 50);
	host_fail_at = 0;
	assert_true(failures > 1 && failures < 50);
	kill(d);
	expect_nothing_left();
}

static void test_death_gives_everything_back(void **state)
{
	struct domain *dom0 = create(0, 1, true);
	uint64_t free_dom0 = page_count_free();
	size_t heap_dom0 = heap_bytes_used();
	struct domain *d = create(7, 2, false);
	evtchn_port_t port;

	(void)state;
	start(dom0);
	give_ram(d, 300);
	start(d);
	host_cpu_set(d->vcpus[1]->sched.cpu);
	assert_int_equal(evtchn_register_vcpu_info(d->vcpus[1], IPA(RAM_IPA + 0x3000), 0), 0);
	assert_int_equal(vcpu_register_runstate_area(d->vcpus[1], GVA(RAM_IPA + 0x5fe8)), 0);
	assert_int_equal(evtchn_alloc_unbound(d, 0, &port), 0);
	enter_all();
	assert_int_equal(atomic_load(&d->tot_pages), 300);
	host_cpu_set(0);
	while (current_vcpu()->domain != dom0) {
		sched_yield();
		enter(0);
	}
	domain_hold(d);
	kill(d);
	assert_int_equal(d->dying, DOMAIN_DEAD);
	assert_int_equal(atomic_load(&d->tot_pages), 0);
	assert_true(sched_vcpu_is_off(d->vcpus[0]) && sched_vcpu_is_off(d->vcpus[1]));
	/* Found as long as somebody refers to it; dying once more is nothing; it cannot come back. */
	assert_ptr_equal(domain_get(7), d);
	assert_int_equal(domain_kill(d), 0);
	assert_int_equal(vcpu_power_on(d->vcpus[0], 0, 0), -EINVAL);
	assert_int_equal(vcpu_bring_up(d->vcpus[0]), -EINVAL);
	assert_int_equal(vcpu_create(d, 0), -EINVAL);
	domain_put(d);
	domain_put(d);
	assert_null(domain_get(7));
	assert_int_equal(heap_bytes_used(), heap_dom0);
	assert_int_equal(page_count_free(), free_dom0);
}

/* A page that Dom0 has mapped keeps the domain's struct until it is unmapped. */
static void test_a_held_page_keeps_the_struct(void **state)
{
	struct domain *d = create(1, 1, false);
	struct page *page;

	(void)state;
	give_ram(d, 10);
	page = p2m_get_page(d, IPA(RAM_IPA), true, NULL);
	assert_non_null(page);
	kill(d);
	assert_ptr_equal(domain_get(1), d);
	assert_int_equal(atomic_load(&d->tot_pages), 1);
	domain_put(d);
	page_put(page);
	assert_null(domain_get(1));
	expect_nothing_left();
}

static unsigned hook_calls;
static int hook_nested;

static int reluctant_hook(struct domain *d)
{
	hook_nested = domain_kill(d);
	return ++hook_calls < 3 ? -ERESTART : 0;
}

static void test_hooks_come_first_and_again(void **state)
{
	struct domain *d = create(1, 1, false);

	(void)state;
	give_ram(d, 10);
	domain_on_kill(reluctant_hook);
	domain_hold(d);
	assert_int_equal(domain_kill(d), -ERESTART);
	assert_int_equal(hook_nested, -ERESTART); /* somebody else is at it */
	assert_int_equal(atomic_load(&d->tot_pages), 10);
	assert_int_equal(d->dying, DOMAIN_DYING);
	assert_null(page_alloc_domain(d, 0, PAGE_ANYWHERE));
	domain_put(d);
	kill(d);
	assert_int_equal(hook_calls, 3);
	expect_nothing_left();
}

static void test_dom0_cannot_be_killed(void **state)
{
	struct domain *dom0 = create(0, 1, true);

	(void)state;
	assert_ptr_equal(hardware_domain, dom0);
	assert_int_equal(domain_kill(dom0), -EINVAL);
	assert_int_equal(dom0->dying, DOMAIN_ALIVE);
}

static bool runs(const struct vcpu *v)
{
	return cpus[0].current == v || cpus[1].current == v;
}

static void test_pauses_are_counted(void **state)
{
	struct domain *d = create(1, 1, false);
	struct vcpu *v = d->vcpus[0];

	(void)state;
	assert_int_equal(vcpu_power_on(v, 0x1234, 5), 0);
	assert_int_equal(v->arch.entry, 0x1234);
	assert_int_equal(v->arch.x0, 5);
	enter_all();
	assert_false(runs(v)); /* made paused */
	assert_int_equal(domain_pause_by_toolstack(d), 0);
	assert_int_equal(domain_unpause_by_toolstack(d), 0);
	enter_all();
	assert_false(runs(v));
	assert_int_equal(domain_unpause_by_toolstack(d), 0);
	enter_all();
	assert_true(runs(v));
	assert_int_equal(domain_unpause_by_toolstack(d), -EINVAL);
	/* From an idle CPU: off when it returns. */
	host_cpu_set(1 - v->sched.cpu);
	domain_pause(d);
	assert_true(sched_vcpu_is_off(v));
	assert_int_equal(domain_pause_by_toolstack(d), 0);
	domain_unpause(d);
	enter_all();
	assert_false(runs(v));
	sched_pause_nosync(v);
	assert_int_equal(domain_unpause_by_toolstack(d), 0);
	enter_all();
	assert_false(runs(v));
	sched_unpause(v);
	enter_all();
	assert_true(runs(v));
	kill(d);
	expect_nothing_left();
}

static void test_vcpu_made_while_paused_waits_too(void **state)
{
	struct domain_config config = guest_config;
	struct domain *d;

	(void)state;
	assert_int_equal(domain_create(1, &config, &d), 0);
	assert_int_equal(vcpu_create(d, 0), 0);
	assert_int_equal(vcpu_create(d, 1), 0);
	start(d);
	assert_true(runs(d->vcpus[0]) && runs(d->vcpus[1]));
	domain_pause(d);
	enter_all();
	domain_unpause(d);
	enter_all();
	assert_true(runs(d->vcpus[0]) && runs(d->vcpus[1]));
	kill(d);
	expect_nothing_left();
}

static void test_power(void **state)
{
	struct domain *d = create(1, 2, false);
	struct vcpu *v = d->vcpus[1];
	unsigned cpu;

	(void)state;
	assert_int_equal(vcpu_bring_up(v), -EINVAL); /* no context yet */
	start(d);
	assert_int_equal(vcpu_power_on(v, 0, 0), -EEXIST);
	assert_int_equal(vcpu_bring_up(v), 0);
	cpu = v->sched.cpu;
	host_cpu_set(cpu);
	vcpu_power_off(v);
	assert_ptr_equal(current_vcpu(), v); /* until the entry path */
	host_cpu_set(1 - cpu);
	assert_int_equal(vcpu_power_on(v, 0x99, 1), -ERESTART);
	enter(cpu);
	assert_false(runs(v));
	assert_int_equal(sched_runstate(v).state, VCPU_OFFLINE);
	assert_int_equal(vcpu_power_on(v, 0x99, 1), 0);
	assert_int_equal(v->arch.entry, 0x99);
	enter_all();
	assert_true(runs(v));
	/* One that went down blocked comes up running. */
	host_cpu_set(v->sched.cpu);
	sched_block();
	enter_all();
	vcpu_power_off(v);
	assert_int_equal(sched_runstate(v).state, VCPU_BLOCKED);
	assert_int_equal(vcpu_power_on(v, 0x77, 1), 0);
	enter_all();
	assert_true(runs(v));
	host_cpu_set(0);
	kill(d);
	expect_nothing_left();
}

static void test_shutdown_and_resume(void **state)
{
	struct domain *dom0 = create(0, 1, true);
	struct domain *d = create(1, 2, false);
	evtchn_port_t port;

	(void)state;
	assert_int_equal(evtchn_bind_virq(dom0, VIRQ_DOM_EXC, 0, &port), 0);
	start(d);
	host_cpu_set(d->vcpus[0]->sched.cpu);
	domain_shutdown(d, SHUTDOWN_suspend);
	domain_shutdown(d, SHUTDOWN_poweroff); /* too late */
	enter_all();
	assert_true(d->shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_suspend);
	assert_false(runs(d->vcpus[0]) || runs(d->vcpus[1]));
	assert_int_equal(evtchn_is_pending(dom0, port), 1);
	assert_int_equal(log_count("Domain 1 shut down: suspend"), 1);
	domain_resume(d);
	domain_resume(d); /* nothing */
	enter_all();
	assert_false(d->shut_down || d->shutting_down);
	assert_true(runs(d->vcpus[0]) && runs(d->vcpus[1]));
	kill(d);
	assert_null(domain_get(1));
}

static void test_guest_crash(void **state)
{
	struct domain *d = create(1, 2, false);

	(void)state;
	start(d);
	host_cpu_set(d->vcpus[0]->sched.cpu);
	domain_crash(d, "no page at %#x", 0x1234);
	domain_crash(d, "again");
	domain_shutdown(d, SHUTDOWN_crash);
	enter_all();
	assert_int_equal(d->shutdown_code, SHUTDOWN_crash);
	assert_int_equal(log_count("Domain 1 crashed: no page at 0x1234"), 1);
	assert_int_equal(log_count("crashed"), 1);
	assert_int_equal(host_dumps, 1);
	assert_int_equal(d->sched.pause_count, 1);
	assert_false(runs(d->vcpus[0]) || runs(d->vcpus[1]));
	kill(d);
	expect_nothing_left();
}

/* One report, every vCPU's registers once, and the machine stays up: also for the second to notice. */
static void test_hardware_domain_crash(void **state)
{
	struct domain *dom0 = create(0, 3, true);
	unsigned cpu;

	(void)state;
	assert_int_equal(vcpu_power_on(dom0->vcpus[0], 1, 0), 0);
	assert_int_equal(vcpu_power_on(dom0->vcpus[1], 2, 0), 0); /* the third never came up */
	assert_int_equal(domain_unpause_by_toolstack(dom0), 0);
	enter_all();
	cpu = dom0->vcpus[0]->sched.cpu;
	host_cpu_set(cpu);
	domain_shutdown(dom0, SHUTDOWN_crash);
	assert_true(sched_vcpu_is_off(dom0->vcpus[1])); /* waited for */
	domain_shutdown(dom0, SHUTDOWN_crash);
	enter(cpu);
	assert_int_equal(host_machine_ends, 0);
	assert_int_equal(host_dumps, 2);
	assert_int_equal(log_count("Domain 0 crashed: "), 1);
	assert_int_equal(log_count("reset the machine"), 1);
	assert_false(runs(dom0->vcpus[0]) || runs(dom0->vcpus[1]));
	assert_true(dom0->shut_down);
}

static unsigned stuck_waits;

static void other_cpu_is_stuck(void)
{
	stuck_waits++;
	host_now += NS_PER_MS;
}

static void test_crash_report_does_not_wait_for_ever(void **state)
{
	struct domain *dom0 = create(0, 2, true);

	(void)state;
	start(dom0);
	host_relax_hook = other_cpu_is_stuck;
	host_cpu_set(dom0->vcpus[0]->sched.cpu);
	domain_crash(dom0, "test");
	assert_in_range(stuck_waits, 10, 1000);
	assert_int_equal(host_dumps, 2);
	assert_int_equal(log_count("does not stop"), 1);
}

static void end_machine_with(struct domain *dom0, unsigned reason)
{
	if (setjmp(ended) == 0) {
		domain_shutdown(dom0, reason);
		fail_msg("the machine goes on after shutdown %u", reason);
	}
}

static void test_hardware_domain_ends_the_machine(void **state)
{
	static const unsigned reasons[] = { SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_watchdog,
		SHUTDOWN_soft_reset, SHUTDOWN_suspend, 77 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
		domain_init_list();
		host_machine_ends = 0;
		host_powered_off = false;
		end_machine_with(create(0, 1, true), reasons[i]);
		assert_int_equal(host_machine_ends, 1);
		assert_int_equal(host_powered_off, reasons[i] == SHUTDOWN_poweroff);
	}
}

static uint64_t word_at(struct domain *d, uint64_t ipa)
{
	uint64_t word;

	memcpy(&word, ram_of(d, ipa), sizeof(word));
	return word;
}

static void expect_area(struct domain *d, uint64_t ipa, const struct vcpu *v)
{
	struct runstate_snapshot s = sched_runstate(v);

	assert_int_equal((uint32_t)word_at(d, ipa), s.state);
	assert_int_equal(word_at(d, ipa + 8), s.since);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(word_at(d, ipa + 16 + i * 8), s.time_in[i]);
}

/* In one page, and across two at each place where a word may be cut off. */
static void test_runstate_area_follows_the_vcpu(void **state)
{
	(void)state;
	for (uint64_t back = 0; back <= 48; back += 8) {
		struct domain *d = create(1, 1, false);
		struct vcpu *v = d->vcpus[0];
		uint64_t ipa = RAM_IPA + 0x2000 - back;
		unsigned cpu;

		give_ram(d, 4);
		start(d);
		cpu = v->sched.cpu;
		host_cpu_set(cpu);
		assert_int_equal(vcpu_register_runstate_area(v, GVA(ipa)), 0);
		expect_area(d, ipa, v);
		for (unsigned round = 0; round < 3; round++) {
			host_now += 1000 + round;
			sched_block();
			enter(cpu);
			expect_area(d, ipa, v);
			assert_int_equal((uint32_t)word_at(d, ipa), RUNSTATE_blocked);
			host_now += 500;
			sched_wake(v);
			enter(cpu);
			assert_ptr_equal(current_vcpu(), v);
			expect_area(d, ipa, v);
			assert_int_equal((uint32_t)word_at(d, ipa), RUNSTATE_running);
		}
		assert_int_equal(sched_runstate(v).time_in[VCPU_BLOCKED], 1500);
		assert_int_equal(sched_runstate(v).time_in[VCPU_RUNNING], 3003);
		/* Moved: the old place is left alone. */
		assert_int_equal(vcpu_register_runstate_area(v, GVA(RAM_IPA + 0x3000)), 0);
		memset(ram_of(d, RAM_IPA + 0x2000 - 48), 0xee, back != 0 ? 48 : 0);
		host_now += 7;
		sched_block();
		enter(cpu);
		expect_area(d, RAM_IPA + 0x3000, v);
		if (back == 48)
			assert_int_equal(word_at(d, ipa), UINT64_C(0xeeeeeeeeeeeeeeee));
		host_cpu_set(1 - cpu);
		kill(d);
		expect_nothing_left();
	}
}

static void test_runstate_area_refusals(void **state)
{
	struct domain *d = create(1, 1, false);
	struct vcpu *v = d->vcpus[0];
	size_t heap;

	(void)state;
	give_ram(d, 2);
	start(d);
	heap = heap_bytes_used();
	assert_int_equal(vcpu_register_runstate_area(v, GVA(RAM_IPA + 4)), -EINVAL);
	assert_int_equal(vcpu_register_runstate_area(v, GVA(RAM_IPA + 0x10000)), -EFAULT);
	assert_int_equal(vcpu_register_runstate_area(v, GVA(RAM_IPA + 0x2000 - 8)), -EFAULT);
	assert_int_equal(heap_bytes_used(), heap);
	assert_int_equal(vcpu_register_runstate_area(v, GVA(RAM_IPA)), 0);
	assert_int_equal(vcpu_register_runstate_area(v, GVA(0)), 0);
	kill(d);
	expect_nothing_left();
}

static void test_guest_area(void **state)
{
	struct domain *d = create(1, 1, false);
	struct guest_area area;

	(void)state;
	give_ram(d, 2);
	assert_int_equal(guest_area_map(d, IPA(RAM_IPA + 0xff8), 8, &area), 0);
	assert_ptr_equal(area.virt, ram_of(d, RAM_IPA + 0xff8));
	guest_area_unmap(&area);
	guest_area_unmap(&area);
	assert_int_equal(guest_area_map(d, IPA(RAM_IPA + 0xff9), 8, &area), -EINVAL);
	assert_int_equal(guest_area_map(d, IPA(RAM_IPA), 0, &area), -EINVAL);
	assert_int_equal(guest_area_map(d, IPA(RAM_IPA), PAGE_SIZE, &area), 0);
	guest_area_unmap(&area);
	assert_int_equal(guest_area_map(d, IPA(RAM_IPA + 0x2000), 8, &area), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(0x1000), virt_to_phys(d->shared_info), 1, P2M_SHARED), 0);
	assert_int_equal(guest_area_map(d, IPA(0x1000), 8, &area), -EINVAL);
	kill(d);
	expect_nothing_left();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids), TEST(config_is_checked), TEST(creation_without_memory_leaves_nothing),
		TEST(death_gives_everything_back), TEST(a_held_page_keeps_the_struct),
		TEST(dom0_cannot_be_killed), TEST(pauses_are_counted),
		TEST(vcpu_made_while_paused_waits_too), TEST(power), TEST(shutdown_and_resume),
		TEST(guest_crash), TEST(hardware_domain_crash),
		TEST(crash_report_does_not_wait_for_ever), TEST(hardware_domain_ends_the_machine),
		TEST(runstate_area_follows_the_vcpu), TEST(runstate_area_refusals),
		TEST(guest_area), TEST(hooks_come_first_and_again), /* last: a hook stays */
	};

	return cmocka_run_group_tests_name("domain", tests, setup_all, teardown_all);
}
