/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual GIC, one case at a time: delivery, levels, hardware, spilling, and taking back (vgic.h). */
#include "tests/unit/vgic_env_ops.h"

#include "arch/arm64/vgic_priv.h"

#define SGI1R(aff1, targets, intid) ((uint64_t)(aff1) << 16 | (uint64_t)(intid) << 24 | (targets))
#define SPI                         40U
#define PPI                         31U

static void start(unsigned lr_count)
{
	env_start(lr_count);
	env_enable_groups();
}

static int with_two_registers(void **state)
{
	(void)state;
	start(2);
	return 0;
}

static int with_four_registers(void **state)
{
	(void)state;
	start(4);
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	env_free();
	return 0;
}

/* INTIDs of one vCPU's queue that are in list registers. */
static unsigned listed_count(const struct vcpu *v)
{
	return (unsigned)__builtin_popcount(v->arch.vgic.lrs_used);
}

static void test_edge_is_delivered_once(void **state)
{
	(void)state;
	env_d.arch.vgic.spis[SPI - 32].edge = true;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* An edge that comes while the last is being handled is not lost, however late it is seen. */
static void test_edge_while_active(void **state)
{
	(void)state;
	env_d.arch.vgic.spis[SPI - 32].edge = true;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	env_line(1, &env_v[0], SPI, true);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), SPI);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* The edge meets an interrupt that was acknowledged while nobody looked: two interrupts, not one. */
static void test_edge_after_unseen_acknowledge(void **state)
{
	(void)state;
	env_d.arch.vgic.spis[SPI - 32].edge = true;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	host_cpu_set(0);
	assert_int_equal(host_guest_acknowledge(), SPI);
	host_cpu_set(1);
	vgic_set_line(&env_v[0], SPI, true);
	env_settle();
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), SPI);
	env_eoi(0, SPI);
}

static void test_level_comes_again_until_it_falls(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(env_ack(0), SPI);
		env_eoi(0, SPI);
	}
	assert_int_equal(env_ack(0), SPI);
	env_line(0, &env_v[0], SPI, false);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* The line falls before the guest takes it, on a CPU that runs: it is gone from there. */
static void test_level_falls_before_acknowledge(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(listed_count(&env_v[0]), 1);
	env_line(1, &env_v[0], SPI, false);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_int_equal(listed_count(&env_v[0]), 0);
}

static void test_level_latched_by_write(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_write_bit(1, 0, ENV_ISPENDR, SPI);
	assert_int_equal(env_ack(0), SPI);
	assert_false(env_read_bit(1, 0, ENV_ISPENDR, SPI));
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
	/* A clearing write takes the latch, not the line. */
	env_write_bit(1, 0, ENV_ISPENDR, SPI);
	env_line(1, &env_v[0], SPI, true);
	env_write_bit(1, 0, ENV_ICPENDR, SPI);
	assert_true(env_read_bit(1, 0, ENV_ISPENDR, SPI));
	assert_int_equal(env_ack(0), SPI);
	env_line(0, &env_v[0], SPI, false);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

static bool sampled[ENV_VCPUS];

static bool sample(const struct vcpu *v)
{
	return sampled[v->id];
}

static int with_sampled_level(void **state)
{
	(void)state;
	start(4);
	memset(sampled, 0, sizeof(sampled));
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		vgic_set_sample(&env_v[i], PPI, sample, true);
	env_setup(0, 0, PPI, 0x80);
	return 0;
}

static void raise_upcall(unsigned cpu)
{
	sampled[0] = true;
	env_line(cpu, &env_v[0], PPI, true);
}

/* The guest clears the flag in its handler, without a word: no exit, and no second interrupt. */
static void test_sampled_level_costs_no_exit(void **state)
{
	(void)state;
	raise_upcall(1);
	assert_int_equal(env_ack(0), PPI);
	sampled[0] = false;
	host_cpu_set(0);
	host_guest_eoi(PPI);
	assert_false(host_gic_maintenance());
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_sampled_level_rises_while_active(void **state)
{
	(void)state;
	raise_upcall(1);
	assert_int_equal(env_ack(0), PPI);
	sampled[0] = false;
	raise_upcall(1);
	env_eoi(0, PPI);
	assert_int_equal(env_ack(0), PPI);
	sampled[0] = false;
	env_eoi(0, PPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* The guest is done but never cleared the flag: it is told again when it next comes by. */
static void test_sampled_level_left_high(void **state)
{
	(void)state;
	raise_upcall(1);
	assert_int_equal(env_ack(0), PPI);
	env_eoi(0, PPI);
	env_exit(0);
	assert_true(vgic_irq_pending(&env_v[0]));
	env_enter(0);
	assert_int_equal(env_ack(0), PPI);
	sampled[0] = false;
	env_eoi(0, PPI);
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* Polled away with interrupts masked: the exit before WFI sees that there is nothing to wake for. */
static void test_sampled_level_falls_unseen(void **state)
{
	(void)state;
	raise_upcall(1);
	sampled[0] = false;
	env_exit(0);
	assert_false(vgic_irq_pending(&env_v[0]));
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
}

/* A vCPU reads the pending bit after the flag was raised and before that is told. */
static void test_sampled_level_read_before_told(void **state)
{
	(void)state;
	assert_false(env_read_bit(1, 0, ENV_ISPENDR, PPI));
	sampled[0] = true;
	assert_true(env_read_bit(1, 0, ENV_ISPENDR, PPI));
	raise_upcall(1);
	assert_int_equal(env_ack(0), PPI);
	sampled[0] = false;
	env_eoi(0, PPI);
	assert_false(env_read_bit(1, 0, ENV_ISPENDR, PPI));
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_sgi_targets(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		env_setup(i, i, 3, 0x80);
	env_sgi(1, SGI1R(0, 1U << 0 | 1U << 3 | 1U << 9, 3));
	assert_int_equal(env_ack(0), 3);
	assert_int_equal(env_ack(1), ENV_NONE);
	assert_int_equal(env_ack(2), ENV_NONE);
	assert_int_equal(env_ack(3), 3);
	env_eoi(0, 3);
	env_eoi(3, 3);
	env_sgi(2, BIT(40) | SGI1R(0, 0, 3)); /* all but itself */
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		assert_int_equal(env_ack(i), i == 2 ? ENV_NONE : 3);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		if (i != 2)
			env_eoi(i, 3);
	/* To itself; to affinities that nobody has. */
	env_sgi(2, SGI1R(0, 1U << 2, 3));
	assert_int_equal(env_ack(2), 3);
	env_eoi(2, 3);
	env_sgi(2, SGI1R(1, 1, 3));
	env_sgi(2, SGI1R(0, 1, 3) | BIT(32));
	env_sgi(2, SGI1R(0, 1, 3) | BIT(48));
	env_sgi(2, SGI1R(0, 1, 3) | BIT(44));
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_sgi_of_group_0_is_not_sent_by_sgi1r(void **state)
{
	(void)state;
	env_setup(0, 0, 3, 0x80);
	env_trap_write(0, env_frame(0, 0) + 0x80, 4, 0);
	env_sgi(1, SGI1R(0, 1, 3));
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_affinity(void **state)
{
	(void)state;
	assert_int_equal(vgic_affinity(0), 0);
	assert_int_equal(vgic_affinity(15), 15);
	assert_int_equal(vgic_affinity(16), 0x100);
	assert_int_equal(vgic_affinity(63), 0x30f);
}

/* Nobody is disturbed for an interrupt that is waiting anyway. */
static void test_second_sgi_is_free(void **state)
{
	(void)state;
	env_setup(0, 0, 3, 0x80);
	env_exit(1);
	vgic_send_sgi(&env_v[1], SGI1R(0, 1, 3));
	assert_int_equal(host_kicks[0], 1);
	vgic_send_sgi(&env_v[1], SGI1R(0, 1, 3));
	assert_int_equal(host_kicks[0], 1);
	env_settle();
	assert_int_equal(env_ack(0), 3);
	env_eoi(0, 3);
	assert_int_equal(env_ack(0), ENV_NONE);
}

static void test_blocked_vcpu_is_woken(void **state)
{
	(void)state;
	env_setup(0, 0, 3, 0x80);
	env_unload(0);
	atomic_store(&env_v[0].sched.blocked, true);
	assert_false(vgic_irq_pending(&env_v[0]));
	env_sgi(1, SGI1R(0, 1, 3));
	assert_int_equal(env_wakes, 1);
	assert_true(vgic_irq_pending(&env_v[0]));
	env_load(&env_v[0], 0);
	assert_int_equal(env_ack(0), 3);
	env_eoi(0, 3);
}

static void set_pmr(unsigned cpu, uint64_t pmr)
{
	host_gic_cpus[cpu].vmcr = FIELD_SET(GENMASK(31, 24), host_gic_cpus[cpu].vmcr, pmr);
}

/* What ends WFI: as the CPU interface would signal it. */
static void test_irq_pending_heeds_masks(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_exit(0);
	assert_true(vgic_irq_pending(&env_v[0]));
	set_pmr(0, 0xa0);
	assert_false(vgic_irq_pending(&env_v[0]));
	set_pmr(0, 0xa8);
	assert_true(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].vmcr &= ~UINT64_C(2);
	assert_false(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].vmcr |= 2;
	env_write(&env_v[0], ENV_DIST, 4, 1);
	assert_false(vgic_irq_pending(&env_v[0]));
	env_write(&env_v[0], ENV_DIST, 4, 3);
	assert_true(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].ap1r[0] = 1U << (0xa0 >> 3); /* an equal is being handled */
	assert_false(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].ap1r[0] = 1U << (0xa8 >> 3);
	assert_true(vgic_irq_pending(&env_v[0]));
	/* The same from the saved state. */
	env_unload(0);
	assert_true(vgic_irq_pending(&env_v[0]));
	env_v[0].arch.vgic.ap1r[0] = 1U << (0x98 >> 3);
	assert_false(vgic_irq_pending(&env_v[0]));
}

/* With a binary point of 6, the priorities 0x80 and 0xa0 are of one group. */
static void test_irq_pending_heeds_the_binary_point(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_exit(0);
	host_gic_cpus[0].ap1r[0] = 1U << (0xc0 >> 3);
	assert_true(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].ap1r[0] = 1U << (0x80 >> 3);
	host_gic_cpus[0].vmcr = FIELD_SET(GENMASK(20, 18), host_gic_cpus[0].vmcr, 6);
	assert_false(vgic_irq_pending(&env_v[0]));
	host_gic_cpus[0].ap1r[0] = 0;
	assert_true(vgic_irq_pending(&env_v[0]));
}

static void test_group_0_is_its_own(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_trap_write(0, ENV_DIST + 0x84, 4, UINT32_MAX & ~(1U << (SPI - 32)));
	env_line(1, &env_v[0], SPI, true);
	env_trap_write(0, ENV_DIST, 4, 2);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_trap_write(0, ENV_DIST, 4, 3);
	assert_int_equal(env_ack(0), SPI);
	assert_int_equal(host_gic_cpus[0].ap0r[0], 1U << (0xa0 >> 3));
	env_line(0, &env_v[0], SPI, false);
	env_eoi(0, SPI);
}

/* Ten at once through two list registers, most urgent first, with no exit but the underflow's. */
static void test_spill_in_order(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		env_d.arch.vgic.spis[i].edge = true;
		env_setup(0, 0, 32 + i, (uint8_t)(0xf0 - i * 8));
		env_line(1, &env_v[0], 32 + i, true);
	}
	for (unsigned i = 10; i-- > 0;) {
		assert_int_equal(env_ack(0), 32 + i);
		env_eoi(0, 32 + i);
	}
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_false(host_gic_cpus[0].hcr & ICH_HCR_UIE);
}

/* Nested deeper than there are list registers: deactivations that find none are counted and made good. */
static void test_nesting_deeper_than_list_registers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		env_d.arch.vgic.spis[i].edge = true;
		env_setup(0, 0, 32 + i, (uint8_t)(0xf0 - i * 8));
		env_line(1, &env_v[0], 32 + i, true);
		assert_int_equal(env_ack(0), 32 + i);
	}
	for (unsigned i = 6; i-- > 0;) {
		assert_true(env_read_bit(1, 0, ENV_ISACTIVER, 32 + i));
		env_eoi(0, 32 + i);
		assert_false(env_read_bit(1, 0, ENV_ISACTIVER, 32 + i));
	}
}

/* Equals that wait do not push what is being handled out of its list register. */
static void test_active_goes_before_equals(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		env_d.arch.vgic.spis[i].edge = true;
		env_setup(0, 0, 32 + i, 0xa0);
	}
	env_line(1, &env_v[0], 32, true);
	env_line(1, &env_v[0], 33, true);
	host_gic_cpus[0].lr[1] ^= LR_STATE; /* of equals the hardware may take any */
	env_settle();
	for (unsigned i = 2; i < 5; i++)
		env_line(1, &env_v[0], 32 + i, true);
	assert_true(env_d.arch.vgic.spis[1].in_lr);
	assert_false(host_gic_cpus[0].hcr & ICH_HCR_LRENPIE);
}

/* What cannot be signalled for want of its group must not starve what can. */
static void test_disabled_group_does_not_starve(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		env_d.arch.vgic.spis[i].edge = true;
		env_setup(0, 0, 32 + i, 0x10);
	}
	env_trap_write(0, ENV_DIST + 0x84, 4, UINT32_C(0xfffffff0)); /* 32 … 35: Group 0 */
	host_gic_cpus[0].vmcr &= ~UINT64_C(1);
	for (unsigned i = 0; i < 4; i++)
		env_line(1, &env_v[0], 32 + i, true);
	env_d.arch.vgic.spis[SPI - 32].edge = true;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	env_eoi(0, SPI);
	host_gic_cpus[0].vmcr |= 1;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(env_ack(0), 32 + i);
		env_eoi(0, 32 + i);
	}
}

static void test_disable_while_listed_elsewhere(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_exit(1);
	env_write(&env_v[1], ENV_DIST + 0x184, 4, 1U << (SPI - 32));
	/* Gone when the write is done, without anything else happening. */
	if (env_in_guest[0]) {
		host_cpu_set(0);
		assert_false(host_guest_is_signalled());
	}
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	env_write_bit(1, 0, ENV_ISENABLER, SPI);
	assert_int_equal(env_ack(0), SPI);
}

static void test_distributor_off_while_listed(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_exit(1);
	env_write(&env_v[1], ENV_DIST, 4, 0);
	/* Gone when the write is done. */
	host_cpu_set(0);
	assert_false(env_in_guest[0] && host_guest_is_signalled());
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	env_trap_write(1, ENV_DIST, 4, 2);
	assert_int_equal(env_ack(0), SPI);
}

static void test_retarget_while_pending(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_route(3, SPI, 2);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_int_equal(env_ack(2), SPI);
}

/* Active stays where it is; pending again goes to the new target, once it is done. */
static void test_retarget_while_active(void **state)
{
	(void)state;
	env_d.arch.vgic.spis[SPI - 32].edge = true;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	env_route(3, SPI, 2);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(2), ENV_NONE);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_int_equal(env_ack(2), SPI);
	env_eoi(2, SPI);
}

static void test_route_to_nobody_and_to_any(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_route(0, SPI, 77);
	env_line(1, &env_v[0], SPI, true);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		assert_int_equal(env_ack(i), ENV_NONE);
	assert_int_equal(env_read(&env_v[0], ENV_DIST + 0x6000 + SPI * 8, 8), 77);
	env_trap_write(0, ENV_RDIST + 3 * VGIC_RDIST_SIZE + 0x14, 4, 0); /* only vCPU 3 is awake */
	env_route(0, SPI, BIT(31));
	assert_int_equal(env_ack(3), SPI);
}

static void test_reset_of_a_vcpu(void **state)
{
	(void)state;
	env_setup(1, 1, 3, 0x80);
	env_setup(1, 1, 20, 0x80);
	env_sgi(0, SGI1R(0, 2, 3));
	env_line(0, &env_v[1], 20, true);
	assert_int_equal(env_ack(1), 3);
	env_unload(1);
	vgic_reset_vcpu(&env_v[1]);
	assert_false(vgic_irq_pending(&env_v[1]));
	assert_int_equal(env_read(&env_v[0], env_frame(1, 0) + 0x100, 4), 0);
	assert_int_equal(env_read(&env_v[0], env_frame(1, 0) + 0x300, 4), 0);
	assert_int_equal(env_read(&env_v[0], ENV_RDIST + VGIC_RDIST_SIZE + 0x14, 4), 6);
	env_load(&env_v[1], 1);
	assert_int_equal(host_gic_cpus[1].ap1r[0], 0);
	assert_int_equal(host_gic_cpus[1].vmcr, 0);
	/* A line that is still high is seen again once it is enabled. */
	host_gic_cpus[1].vmcr = ENV_VMCR;
	env_trap_write(0, env_frame(1, 0) + 0x80, 4, UINT32_MAX);
	env_setup(1, 1, 20, 0x80);
	assert_int_equal(env_ack(1), 20);
}

/* EOImode 1: deactivated by a trapped ICC_DIR_EL1, in a list register or not. */
static void test_trapped_deactivation(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	env_line(1, &env_v[0], SPI, false);
	env_exit(0);
	vgic_deactivate(&env_v[0], SPI);
	vgic_deactivate(&env_v[0], SPI + 1);
	vgic_deactivate(&env_v[0], 1019);
	env_settle();
	assert_false(env_read_bit(0, 0, ENV_ISACTIVER, SPI));
	assert_int_equal(listed_count(&env_v[0]), 0);
}

/* In and out with nothing changed: no list register is written. */
static void test_quiet_exit_writes_nothing(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	assert_int_equal(env_ack(0), SPI);
	unsigned writes = host_gic_cpus[0].lr_writes;

	for (unsigned i = 0; i < 5; i++) {
		env_exit(0);
		env_enter(0);
	}
	assert_int_equal(host_gic_cpus[0].lr_writes, writes);
	env_line(0, &env_v[0], SPI, false);
	env_eoi(0, SPI);
	env_exit(0);
	env_enter(0);
	assert_int_equal(env_v[0].arch.vgic.lrs_used, 0);
	assert_false(atomic_load(&env_v[0].arch.vgic.dirty));
}

static void test_dump_prints(void **state)
{
	(void)state;
	env_setup(0, 0, SPI, 0xa0);
	env_line(1, &env_v[0], SPI, true);
	env_exit(0);
	vgic_dump(&env_d);
}

#define TWO(f)     cmocka_unit_test_setup_teardown(f, with_two_registers, free_all)
#define FOUR(f)    cmocka_unit_test_setup_teardown(f, with_four_registers, free_all)
#define SAMPLED(f) cmocka_unit_test_setup_teardown(f, with_sampled_level, free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(test_edge_is_delivered_once),
		FOUR(test_edge_while_active),
		FOUR(test_edge_after_unseen_acknowledge),
		FOUR(test_level_comes_again_until_it_falls),
		FOUR(test_level_falls_before_acknowledge),
		FOUR(test_level_latched_by_write),
		SAMPLED(test_sampled_level_costs_no_exit),
		SAMPLED(test_sampled_level_rises_while_active),
		SAMPLED(test_sampled_level_left_high),
		SAMPLED(test_sampled_level_falls_unseen),
		SAMPLED(test_sampled_level_read_before_told),
		FOUR(test_sgi_targets),
		FOUR(test_sgi_of_group_0_is_not_sent_by_sgi1r),
		cmocka_unit_test(test_affinity),
		FOUR(test_second_sgi_is_free),
		FOUR(test_blocked_vcpu_is_woken),
		FOUR(test_irq_pending_heeds_masks),
		FOUR(test_irq_pending_heeds_the_binary_point),
		FOUR(test_group_0_is_its_own),
		TWO(test_spill_in_order),
		TWO(test_nesting_deeper_than_list_registers),
		TWO(test_active_goes_before_equals),
		TWO(test_disabled_group_does_not_starve),
		FOUR(test_disable_while_listed_elsewhere),
		FOUR(test_distributor_off_while_listed),
		FOUR(test_retarget_while_pending),
		FOUR(test_retarget_while_active),
		FOUR(test_route_to_nobody_and_to_any),
		FOUR(test_reset_of_a_vcpu),
		FOUR(test_trapped_deactivation),
		FOUR(test_quiet_exit_writes_nothing),
		FOUR(test_dump_prints),
	};

	return cmocka_run_group_tests_name("vgic", tests, NULL, NULL);
}
