/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual GIC: interrupts that go straight to a list register of the CPU they are raised on, and those that must not. */
#include "tests/unit/vgic_env_ops.h"

#include "arch/arm64/vgic_priv.h"

static int with_registers(unsigned count)
{
	env_start(count);
	env_enable_groups();
	for (unsigned sgi = 1; sgi < 8; sgi++)
		env_setup(0, 0, sgi, (uint8_t)(sgi << 5));
	return 0;
}

static int with_two(void **state)
{
	(void)state;
	return with_registers(2);
}

static int with_four(void **state)
{
	(void)state;
	return with_registers(4);
}

static int free_all(void **state)
{
	(void)state;
	env_free();
	return 0;
}

/* vCPU 0, by its own write on CPU 0; it is still out of its guest. */
static void send_to_itself(unsigned sgi)
{
	env_exit(0);
	vgic_send_sgi(&env_v[0], (uint64_t)sgi << 24 | 1);
}

static bool is_listed(unsigned intid)
{
	const struct virq *irq = &env_v[0].arch.vgic.private[intid];

	return irq->in_lr && irq->lr_pending &&
	       FIELD_GET(LR_VINTID, host_gic_cpus[0].lr[irq->lr]) == intid &&
	       host_gic_cpus[0].lr[irq->lr] & LR_PENDING;
}

/* Its list register is written, and the flush has nothing to fill. */
static void assert_listed_now(unsigned intid)
{
	assert_true(is_listed(intid));
	assert_false(env_v[0].arch.vgic.changed);
	assert_true(atomic_load(&env_v[0].arch.vgic.dirty));
	assert_int_equal(host_kicks[0], 0);
}

static void assert_left_to_flush(unsigned intid)
{
	assert_false(is_listed(intid));
	assert_true(env_v[0].arch.vgic.changed);
	assert_true(atomic_load(&env_v[0].arch.vgic.dirty));
}

static void assert_taken(unsigned intid)
{
	assert_int_equal(env_ack(0), intid);
	env_eoi(0, intid);
}

/* Once it has ended, the exit that finds so leaves nothing to flush. */
static void test_sgi_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		send_to_itself(3);
		assert_listed_now(3);
		assert_taken(3);
		assert_int_equal(env_ack(0), ENV_NONE);
		send_to_itself(3);
		env_settle();
		host_cpu_set(0);
		assert_int_equal(host_guest_acknowledge(), 3);
		host_guest_eoi(3);
		env_exit(0);
		assert_false(atomic_load(&env_v[0].arch.vgic.dirty));
	}
}

/* The handler sends it to itself once more: pending beside active. */
static void test_sgi_while_active(void **state)
{
	(void)state;
	send_to_itself(3);
	assert_int_equal(env_ack(0), 3);
	send_to_itself(3);
	assert_left_to_flush(3);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_eoi(0, 3);
	assert_taken(3);
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_priorities(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		send_to_itself((const unsigned[]){ 5, 2, 7, 4 }[i]);
		assert_listed_now((const unsigned[]){ 5, 2, 7, 4 }[i]);
	}
	assert_int_equal(env_ack(0), 2);
	assert_int_equal(env_ack(0), ENV_NONE);
	send_to_itself(1); /* preempts; no list register is free */
	assert_left_to_flush(1);
	assert_taken(1);
	env_eoi(0, 2);
	assert_taken(4);
	assert_taken(5);
	assert_taken(7);
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_no_register_is_free(void **state)
{
	(void)state;
	send_to_itself(4);
	send_to_itself(5);
	assert_listed_now(5);
	send_to_itself(2);
	assert_left_to_flush(2);
	env_settle();
	assert_true(is_listed(2));
	assert_false(env_v[0].arch.vgic.private[5].in_lr);
	assert_taken(2);
	assert_taken(4);
	assert_taken(5);
}

/* A list register becomes free, and a more urgent interrupt has waited for one: it comes first. */
static void test_another_waits(void **state)
{
	(void)state;
	for (unsigned sgi = 2; sgi <= 4; sgi++)
		send_to_itself(sgi);
	env_settle();
	host_cpu_set(0);
	assert_int_equal(host_guest_acknowledge(), 2);
	host_guest_eoi(2);
	send_to_itself(6);
	assert_left_to_flush(6);
	env_settle();
	assert_true(is_listed(4));
	assert_false(is_listed(6));
	assert_taken(3);
	assert_taken(4);
	assert_taken(6);
}

/* Beside an earlier change, the order is the queue's. */
static void test_after_a_change(void **state)
{
	(void)state;
	send_to_itself(4);
	env_settle();
	env_exit(0);
	virq_set_priority(&env_v[0].arch.vgic.private[4], 0x10);
	vgic_send_sgi(&env_v[0], UINT64_C(3) << 24 | 1);
	assert_left_to_flush(3);
	assert_taken(4);
	assert_taken(3);
}

static void test_group_is_off(void **state)
{
	(void)state;
	env_trap_write(0, ENV_DIST, 4, 1);
	send_to_itself(3);
	assert_left_to_flush(3);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_trap_write(0, ENV_DIST, 4, 3);
	assert_taken(3);
}

/* Off at the CPU interface: it may sit in a list register, and is signalled as soon as the guest enables the group. */
static void test_group_is_off_at_the_interface(void **state)
{
	(void)state;
	env_settle();
	host_gic_cpus[0].vmcr &= ~(uint64_t)VMCR_VENG1;
	send_to_itself(3);
	assert_listed_now(3);
	env_settle();
	host_cpu_set(0);
	assert_false(host_guest_is_signalled());
	host_gic_cpus[0].vmcr |= VMCR_VENG1;
	assert_taken(3);
}

static void test_interrupt_is_disabled(void **state)
{
	(void)state;
	env_write_bit(0, 0, ENV_ICENABLER, 3);
	send_to_itself(3);
	assert_false(env_v[0].arch.vgic.private[3].in_lr);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_exit(0);
	virq_set_enabled(&env_v[0].arch.vgic.private[3], 1);
	assert_listed_now(3);
	assert_taken(3);
}

/* By another CPU: its list registers are not vCPU 0's. */
static void test_to_another_vcpu(void **state)
{
	unsigned writes = host_gic_cpus[1].lr_writes;

	(void)state;
	env_settle();
	env_exit(1);
	vgic_send_sgi(&env_v[1], UINT64_C(3) << 24 | 1);
	assert_left_to_flush(3);
	assert_int_equal(host_kicks[0], 1);
	assert_int_equal(host_gic_cpus[1].lr_writes, writes);
	assert_taken(3);
}

static void never_relax(void)
{
	fail_msg("waits for a guest that is not entered");
}

/* Listed, and its guest not yet entered: another CPU may take it back without waiting for anybody. */
static void test_taken_back_before_entry(void **state)
{
	(void)state;
	env_settle();
	send_to_itself(3);
	assert_listed_now(3);
	host_cpu_set(1);
	host_relax_hook = never_relax;
	virq_clear_enabled(&env_v[0].arch.vgic.private[3], 1);
	host_relax_hook = env_relax;
	env_settle();
	assert_false(is_listed(3));
	assert_int_equal(env_ack(0), ENV_NONE);
	env_write_bit(1, 0, ENV_ISENABLER, 3);
	assert_taken(3);
}

/* Listed, and its vCPU goes to another CPU instead of into the guest. */
static void test_switched_out_before_entry(void **state)
{
	(void)state;
	send_to_itself(3);
	assert_listed_now(3);
	env_unload(0);
	assert_int_equal(host_gic_cpus[0].lr[0], 0);
	vgic_send_sgi(&env_v[1], UINT64_C(2) << 24 | 1);
	assert_false(is_listed(2));
	env_unload(3);
	env_load(&env_v[0], 3);
	for (unsigned sgi = 2; sgi <= 3; sgi++) {
		assert_int_equal(env_ack(3), sgi);
		env_eoi(3, sgi);
	}
}

/* On its way off the CPU: its list registers are saved, and are another's from now on. */
static void test_while_saved(void **state)
{
	unsigned writes;

	(void)state;
	env_settle();
	env_exit(0);
	vgic_save(&env_v[0]);
	writes = host_gic_cpus[0].lr_writes;
	vgic_send_sgi(&env_v[0], UINT64_C(3) << 24 | 1);
	assert_int_equal(host_gic_cpus[0].lr_writes, writes);
	vgic_restore(&env_v[0]);
	assert_taken(3);
}

/* It has blocked, and is not yet switched away from: it must not sleep. */
static void test_while_blocked(void **state)
{
	(void)state;
	env_settle();
	env_exit(0);
	atomic_store(&env_v[0].sched.blocked, true);
	vgic_send_sgi(&env_v[0], UINT64_C(3) << 24 | 1);
	assert_false(atomic_load(&env_v[0].sched.blocked));
	assert_int_equal(env_wakes, 1);
	assert_taken(3);
}

static bool timer_is_up;

static bool timer_line(const struct vcpu *v)
{
	(void)v;
	return timer_is_up;
}

static void fire_timer(void)
{
	struct host_irq *ppi = &host_gic_cpus[0].ppis[VGIC_PPI_VTIMER];

	timer_is_up = ppi->line = ppi->enabled = true;
	env_exit(0);
	assert_int_equal(gic_acknowledge(), VGIC_PPI_VTIMER);
	vgic_deliver_hw_ppi(&env_v[0], VGIC_PPI_VTIMER);
}

static void quiet_timer(void)
{
	timer_is_up = host_gic_cpus[0].ppis[VGIC_PPI_VTIMER].line = false;
}

static void test_timer(void **state)
{
	(void)state;
	vgic_set_sample(&env_v[0], VGIC_PPI_VTIMER, timer_line, false);
	env_setup(0, 0, VGIC_PPI_VTIMER, 0x60);
	for (unsigned i = 0; i < 3; i++) {
		fire_timer();
		assert_listed_now(VGIC_PPI_VTIMER);
		assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
		quiet_timer();
		assert_true(host_gic_cpus[0].ppis[VGIC_PPI_VTIMER].active);
		env_eoi(0, VGIC_PPI_VTIMER);
		assert_false(host_gic_cpus[0].ppis[VGIC_PPI_VTIMER].active);
		assert_int_equal(env_ack(0), ENV_NONE);
	}
}

/* The guest masks interrupts and quiets the timer: what was listed is withdrawn at its next exit. */
static void test_timer_line_falls(void **state)
{
	(void)state;
	vgic_set_sample(&env_v[0], VGIC_PPI_VTIMER, timer_line, false);
	env_setup(0, 0, VGIC_PPI_VTIMER, 0x60);
	fire_timer();
	assert_listed_now(VGIC_PPI_VTIMER);
	env_settle();
	quiet_timer();
	env_exit(0);
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_false(host_gic_cpus[0].ppis[VGIC_PPI_VTIMER].active);
	/* Disabled as it fires, quiet as it is enabled: not listed at all. */
	env_write_bit(0, 0, ENV_ICENABLER, VGIC_PPI_VTIMER);
	fire_timer();
	env_settle();
	quiet_timer();
	env_exit(0);
	virq_set_enabled(&env_v[0].arch.vgic.private[VGIC_PPI_VTIMER], 1);
	assert_false(is_listed(VGIC_PPI_VTIMER));
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_false(host_gic_cpus[0].ppis[VGIC_PPI_VTIMER].active);
}

#define TWO(f)  cmocka_unit_test_setup_teardown(f, with_two, free_all)
#define FOUR(f) cmocka_unit_test_setup_teardown(f, with_four, free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(test_sgi_to_itself),
		FOUR(test_sgi_while_active),
		FOUR(test_priorities),
		TWO(test_no_register_is_free),
		TWO(test_another_waits),
		FOUR(test_after_a_change),
		FOUR(test_group_is_off),
		FOUR(test_group_is_off_at_the_interface),
		FOUR(test_interrupt_is_disabled),
		FOUR(test_to_another_vcpu),
		FOUR(test_taken_back_before_entry),
		FOUR(test_switched_out_before_entry),
		FOUR(test_while_saved),
		FOUR(test_while_blocked),
		FOUR(test_timer),
		FOUR(test_timer_line_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
