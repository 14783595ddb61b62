/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware interrupts through the virtual GIC: SPIs that a domain owns, and the virtual timer's PPI. */
#include "tests/unit/vgic_env_ops.h"

#define SPI 40U

static void start(unsigned lr_count)
{
	env_start(lr_count);
	env_enable_groups();
}

/* INTIDs of one vCPU's queue that are in list registers. */
static unsigned listed_count(const struct vcpu *v)
{
	return (unsigned)__builtin_popcount(v->arch.vgic.lrs_used);
}

static void fire(uint32_t intid)
{
	host_spis[intid].pending = true;
	env_settle();
}

static void start_hw(void)
{
	start(4);
	env_exit(0);
	assert_int_equal(vgic_route_hw(&env_d, SPI, SPI, true), 0);
	env_settle();
}

static void test_hw_routing(void **state)
{
	(void)state;
	start_hw();
	assert_true(host_spis[SPI].edge);
	assert_false(host_spis[SPI].enabled);
	assert_int_equal(vgic_route_hw(&env_d, SPI, SPI, true), -EBUSY);
	assert_int_equal(vgic_route_hw(&env_d, 31, 31, true), -EINVAL);
	assert_int_equal(vgic_route_hw(&env_d, 32 + ENV_SPIS, 32 + ENV_SPIS, true), -EINVAL);
	assert_int_equal(vgic_route_hw(&env_d, 41, 42, true), -EINVAL);
	env_setup(0, 0, SPI, 0xa0);
	assert_true(host_spis[SPI].enabled);
	env_trap_write(0, ENV_DIST + 0xc00 + SPI / 16 * 4, 4, 0);
	assert_false(host_spis[SPI].edge);
	assert_true(host_spis[SPI].enabled);
	env_write_bit(0, 0, ENV_ICENABLER, SPI);
	assert_false(host_spis[SPI].enabled);
	/* Enabled before it is routed: enabled when it is. */
	env_setup(0, 0, 41, 0xa0);
	env_exit(0);
	assert_int_equal(vgic_route_hw(&env_d, 41, 41, false), 0);
	assert_true(host_spis[41].enabled);
	env_settle();
	env_free();
	assert_false(host_spis[41].enabled);
}

static void test_hw_deactivation_reaches_the_hardware(void **state)
{
	(void)state;
	start_hw();
	env_setup(0, 0, SPI, 0xa0);
	for (unsigned i = 0; i < 3; i++) {
		fire(SPI);
		assert_true(host_spis[SPI].active);
		assert_int_equal(env_ack(0), SPI);
		assert_true(host_spis[SPI].active);
		env_eoi(0, SPI);
		assert_false(host_spis[SPI].active);
	}
	/* Again while it is handled: the hardware keeps it until then. */
	fire(SPI);
	assert_int_equal(env_ack(0), SPI);
	fire(SPI);
	assert_true(host_spis[SPI].pending);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), SPI);
	env_eoi(0, SPI);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

/* Deactivated while two more urgent ones have its list register: Graft deactivates the hardware's. */
static void test_hw_deactivation_when_spilled(void **state)
{
	(void)state;
	start(2);
	env_exit(0);
	assert_int_equal(vgic_route_hw(&env_d, SPI, SPI, true), 0);
	env_settle();
	env_setup(0, 0, SPI, 0xa0);
	fire(SPI);
	assert_int_equal(env_ack(0), SPI);
	for (unsigned i = 0; i < 2; i++) {
		env_setup(0, 0, 32 + i, 0x10);
		env_line(1, &env_v[0], 32 + i, true);
	}
	assert_false(env_d.arch.vgic.spis[SPI - 32].in_lr);
	env_eoi(0, SPI);
	assert_false(host_spis[SPI].active);
	for (unsigned i = 0; i < 2; i++)
		env_line(1, &env_v[0], 32 + i, false);
	fire(SPI);
	assert_int_equal(env_ack(0), SPI);
	env_eoi(0, SPI);
	env_free();
}

static void test_hw_pending_bits(void **state)
{
	(void)state;
	start_hw();
	env_write_bit(0, 0, ENV_ISPENDR, SPI);
	assert_true(host_spis[SPI].pending);
	assert_true(env_read_bit(0, 0, ENV_ISPENDR, SPI));
	env_write_bit(0, 0, ENV_ICPENDR, SPI);
	assert_false(host_spis[SPI].pending);
	env_setup(0, 0, SPI, 0xa0);
	fire(SPI);
	env_write_bit(1, 0, ENV_ICPENDR, SPI); /* it sits in a list register of a running vCPU */
	assert_false(host_spis[SPI].active);
	assert_int_equal(env_ack(0), ENV_NONE);
	fire(SPI);
	assert_int_equal(env_ack(0), SPI);
	env_write_bit(1, 0, ENV_ICACTIVER, SPI);
	assert_false(host_spis[SPI].active);
	env_write_bit(1, 0, ENV_ISACTIVER, SPI);
	assert_true(host_spis[SPI].active);
	env_write_bit(1, 0, ENV_ICACTIVER, SPI);
	env_free();
}

static void test_hw_follows_target_and_vcpu(void **state)
{
	(void)state;
	start_hw();
	assert_int_equal(host_spis[SPI].target, 0);
	env_route(1, SPI, 2);
	assert_int_equal(host_spis[SPI].target, 2);
	env_unload(2);
	env_unload(3);
	env_load(&env_v[2], 3);
	assert_int_equal(host_spis[SPI].target, 3);
	env_load(&env_v[3], 2);
	assert_int_equal(host_spis[SPI].target, 3);
	env_setup(0, 0, SPI, 0xa0);
	fire(SPI);
	assert_int_equal(env_ack(3), SPI);
	env_eoi(3, SPI);
	env_free();
}

/* What an interrupt can be doing when its device is taken away, and how it comes to that. SPI is routed, its vCPU on CPU 0. */

static void state_quiet(void)
{
}

static void state_masked(void)
{
	env_write_bit(0, 0, ENV_ICENABLER, SPI);
	fire(SPI);
	assert_true(gic_spi_is_pending(SPI));
}

static void state_listed(void)
{
	fire(SPI);
	assert_true(env_d.arch.vgic.spis[SPI - 32].in_lr);
}

/* Acknowledged by the guest, which Graft has not seen. */
static void state_active(void)
{
	fire(SPI);
	host_cpu_set(0);
	assert_int_equal(host_guest_acknowledge(), SPI);
}

static void state_active_and_pending(void)
{
	state_active();
	host_spis[SPI].pending = true;
}

static void fill_list_registers(void)
{
	for (unsigned i = 0; i < 4; i++) {
		env_setup(0, 0, 50 + i, 0x10);
		env_line(1, &env_v[0], 50 + i, true);
	}
	assert_false(env_d.arch.vgic.spis[SPI - 32].in_lr);
}

static void state_spilled(void)
{
	fire(SPI);
	fill_list_registers();
}

static void state_spilled_active(void)
{
	fire(SPI);
	assert_int_equal(env_ack(0), SPI);
	fill_list_registers();
}

/* The distributor of the guest's forwards nothing: pending in the queue alone. */
static void state_group_off(void)
{
	env_trap_write(0, ENV_DIST, 4, 1);
	fire(SPI);
}

static void state_away(void)
{
	fire(SPI);
	env_unload(0);
}

static void state_away_active(void)
{
	state_active();
	env_unload(0);
}

static void state_away_before_it_fired(void)
{
	env_unload(0);
	fire(SPI);
}

/* Active where it was, and sent elsewhere from then on. */
static void state_sent_elsewhere(void)
{
	state_active();
	env_route(2, SPI, 3);
}

static void state_sent_nowhere(void)
{
	env_route(2, SPI, 9);
	fire(SPI);
}

static const struct {
	const char *name;
	void (*enter)(void);
} hw_states[] = {
	{ "quiet", state_quiet },
	{ "pending, disabled", state_masked },
	{ "in a list register", state_listed },
	{ "active", state_active },
	{ "active and pending", state_active_and_pending },
	{ "waiting for a list register", state_spilled },
	{ "active in no list register", state_spilled_active },
	{ "in a group that is off", state_group_off },
	{ "pending, its vCPU away", state_away },
	{ "active, its vCPU away", state_away_active },
	{ "fired while its vCPU was away", state_away_before_it_fired },
	{ "active, and routed to another vCPU", state_sent_elsewhere },
	{ "routed to no vCPU", state_sent_nowhere },
};

static void assert_gone(bool line)
{
	const struct virq *irq = &env_d.arch.vgic.spis[SPI - 32];

	assert_false(host_spis[SPI].enabled);
	assert_false(host_spis[SPI].active);
	assert_int_equal(gic_spi_is_pending(SPI), line);
	assert_int_equal(irq->hw_intid, 0);
	assert_false(irq->in_lr || irq->active || irq->latch || irq->lr_pending || irq->enabled);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		assert_int_equal(env_v[i].arch.vgic.hw_spis[0] & UINT64_C(1) << (SPI - 32), 0);
}

/* Once the guests are back: a list register is written anew on the way in. */
static void assert_unlisted(void)
{
	env_settle();
	for (unsigned cpu = 0; cpu < ENV_VCPUS; cpu++)
		for (unsigned n = 0; n < 4; n++)
			assert_true((host_gic_cpus[cpu].lr[n] & UINT32_MAX) != SPI ||
					!(host_gic_cpus[cpu].lr[n] >> 62));
}

/* The guest's handler may still be under way: its EOI does no harm. The others get through. */
static void finish_others(void)
{
	uint32_t intid;

	if (!env_on(0))
		env_load(&env_v[0], 0);
	env_settle();
	env_trap_write(0, ENV_DIST, 4, 3);
	if (host_gic_cpus[0].ap1r[0])
		env_eoi(0, SPI);
	for (unsigned i = 0; i < 4; i++)
		env_line(1, &env_v[0], 50 + i, false);
	while ((intid = env_ack(0)) != ENV_NONE) {
		assert_int_not_equal(intid, SPI);
		env_eoi(0, intid);
	}
}

/* Routed again, it arrives, once for each time. */
static void assert_arrives(void)
{
	env_exit(1);
	assert_int_equal(vgic_route_hw(&env_d, SPI, SPI, true), 0);
	assert_false(host_spis[SPI].enabled);
	env_settle();
	env_route(0, SPI, 0);
	env_setup(0, 0, SPI, 0xa0);
	for (unsigned i = 0; i < 2; i++) {
		fire(SPI);
		assert_int_equal(env_ack(0), SPI);
		env_eoi(0, SPI);
		assert_int_equal(env_ack(0), ENV_NONE);
		assert_false(host_spis[SPI].active);
	}
}

/* In every state, an edge or a level that stays asserted: afterwards off, inactive, nowhere, and fit for the next. */
static void test_hw_unroute_in_every_state(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(hw_states); i++) {
		bool line = i % 2;

		start(4);
		env_exit(0);
		assert_int_equal(vgic_route_hw(&env_d, SPI, SPI, !line), 0);
		env_settle();
		env_setup(0, 0, SPI, 0xa0);
		host_spis[SPI].line = line;
		hw_states[i / 2].enter();
		env_exit(1);
		vgic_unroute_hw(&env_d, SPI);
		assert_gone(line);
		assert_unlisted();
		vgic_unroute_hw(&env_d, SPI);
		finish_others();
		assert_gone(line);
		host_spis[SPI].line = false;
		assert_arrives();
		env_free();
	}
}

/* Acknowledged by a CPU just before another took it away: that CPU finds nothing and deactivates. */
static void test_hw_delivery_races_unroute(void **state)
{
	(void)state;
	start_hw();
	env_setup(0, 0, SPI, 0xa0);
	host_cpu_set(0);
	host_spis[SPI].pending = true;
	assert_int_equal(gic_acknowledge(), SPI);
	host_cpu_set(1);
	vgic_unroute_hw(&env_d, SPI);
	host_spis[SPI].active = true;
	host_cpu_set(0);
	vgic_deliver_hw(&env_d, SPI);
	assert_false(host_spis[SPI].active);
	vgic_deliver_hw(&env_d, 900); /* not even an interrupt of the domain */
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

static unsigned cross_waits;

/* CPU 0 leaves its guest and, before it returns, itself takes back what sits in CPU 1's. */
static void cross_relax(void)
{
	assert_int_equal(cross_waits++, 0); /* no wait inside the wait */
	assert_int_equal(cpu_id(), 1);
	env_exit(0);
	vgic_unroute_hw(&env_d, 41);
	host_cpu_set(1);
}

static void test_two_take_back_from_each_other(void **state)
{
	(void)state;
	start_hw();
	env_exit(0);
	assert_int_equal(vgic_route_hw(&env_d, 41, 41, true), 0);
	env_settle();
	env_route(0, 41, 1);
	env_setup(0, 0, SPI, 0xa0);
	env_setup(0, 0, 41, 0xa0);
	fire(SPI);
	fire(41);
	assert_int_equal(listed_count(&env_v[0]), 1);
	assert_int_equal(listed_count(&env_v[1]), 1);
	env_exit(1);
	cross_waits = 0;
	host_relax_hook = cross_relax;
	vgic_unroute_hw(&env_d, SPI);
	host_relax_hook = env_relax;
	assert_int_equal(cross_waits, 1);
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_int_equal(env_ack(1), ENV_NONE);
	env_free();
}

static struct host_irq *timer_on(unsigned cpu)
{
	return &host_gic_cpus[cpu].ppis[gic_info.vtimer_intid];
}

static void start_timer(void)
{
	start(4);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		timer_on(i)->enabled = true;
	env_setup(0, 0, VGIC_PPI_VTIMER, 0xa0);
}

static void test_timer_follows_its_vcpu(void **state)
{
	(void)state;
	start_timer();
	timer_on(0)->pending = true;
	env_settle();
	assert_true(timer_on(0)->active);
	env_unload(0);
	assert_false(timer_on(0)->active);
	env_unload(3);
	env_load(&env_v[0], 3);
	assert_true(timer_on(3)->active);
	assert_int_equal(env_ack(3), VGIC_PPI_VTIMER);
	env_unload(3);
	assert_false(timer_on(3)->active);
	env_load(&env_v[0], 3);
	assert_true(timer_on(3)->active);
	env_eoi(3, VGIC_PPI_VTIMER);
	assert_false(timer_on(3)->active);
	env_unload(3);
	env_load(&env_v[0], 0);
	assert_false(timer_on(0)->active);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

/* The physical PPI may be any; the guest's stays where a guest's is. */
static void test_timer_at_another_ppi(void **state)
{
	static const uint32_t intids[] = { 16, 18, 19, 31 };

	for (size_t i = 0; i < ARRAY_SIZE(intids); i++) {
		gic_info.vtimer_intid = intids[i];
		test_timer_follows_its_vcpu(state);
	}
	gic_info.vtimer_intid = VGIC_PPI_VTIMER;
}

/* Graft's own timer tells of it while the vCPU is away. */
static void test_timer_fires_while_away(void **state)
{
	(void)state;
	start_timer();
	env_unload(0);
	atomic_store(&env_v[0].sched.blocked, true);
	env_line(1, &env_v[0], VGIC_PPI_VTIMER, true);
	assert_int_equal(env_wakes, 1);
	assert_true(vgic_irq_pending(&env_v[0]));
	env_load(&env_v[0], 0);
	assert_true(timer_on(0)->active);
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	env_eoi(0, VGIC_PPI_VTIMER);
	assert_false(timer_on(0)->active);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

/* Switched out in its handler, timer not yet set anew: the same interrupt is not told twice. */
static void test_timer_stays_due_while_away(void **state)
{
	(void)state;
	start_timer();
	timer_on(0)->pending = true;
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	env_unload(0);
	env_line(1, &env_v[0], VGIC_PPI_VTIMER, true);
	env_load(&env_v[0], 0);
	env_line(1, &env_v[0], VGIC_PPI_VTIMER, true);
	env_eoi(0, VGIC_PPI_VTIMER);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_line(1, &env_v[0], VGIC_PPI_VTIMER, true);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

/* Cleared by another vCPU, whose CPU cannot reach that redistributor: the timer must not stay held. */
static void test_timer_cleared_by_another(void **state)
{
	(void)state;
	start_timer();
	timer_on(0)->pending = true;
	env_settle();
	env_write_bit(1, 0, ENV_ICPENDR, VGIC_PPI_VTIMER);
	assert_false(timer_on(0)->active);
	assert_int_equal(env_ack(0), ENV_NONE);
	timer_on(0)->pending = true;
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	env_write_bit(1, 0, ENV_ICACTIVER, VGIC_PPI_VTIMER);
	assert_false(timer_on(0)->active);
	env_free();
}

static bool timer_line(const struct vcpu *v)
{
	return timer_on(atomic_load(&v->arch.vgic.cpu))->line;
}

/* vCPU 0's timer runs out on CPU 0. enabled: at the virtual redistributor. */
static void start_expired(bool enabled)
{
	start_timer();
	vgic_set_sample(&env_v[0], VGIC_PPI_VTIMER, timer_line, false);
	if (!enabled)
		env_write_bit(0, 0, ENV_ICENABLER, VGIC_PPI_VTIMER);
	timer_on(0)->line = true;
	env_settle();
}

static void timer_set_line(bool line)
{
	timer_on(0)->line = line;
	env_settle();
}

static void assert_timer_fires(void)
{
	timer_set_line(true);
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	timer_set_line(false);
	env_eoi(0, VGIC_PPI_VTIMER);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_false(timer_on(0)->active);
}

/* The guest ends the condition while the interrupt is disabled: nothing is pending, for whichever vCPU reads. */
static void test_timer_line_falls_while_disabled(void **state)
{
	(void)state;
	for (unsigned reader = 0; reader < 2; reader++) {
		start_expired(false);
		assert_true(env_read_bit(reader, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
		timer_set_line(false);
		assert_false(env_read_bit(reader, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
		assert_false(timer_on(0)->active);
		timer_set_line(true);
		assert_true(env_read_bit(reader, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
		timer_set_line(false);
		env_write_bit(reader, 0, ENV_ISENABLER, VGIC_PPI_VTIMER);
		assert_int_equal(env_ack(0), ENV_NONE);
		assert_timer_fires();
		env_free();
	}
}

/* A level that stays up is delivered once the interrupt is enabled. */
static void test_timer_line_stays_while_disabled(void **state)
{
	(void)state;
	start_expired(false);
	assert_int_equal(env_ack(0), ENV_NONE);
	env_write_bit(1, 0, ENV_ISENABLER, VGIC_PPI_VTIMER);
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	assert_true(env_read_bit(1, 0, ENV_ISPENDR, VGIC_PPI_VTIMER)); /* active and pending */
	timer_set_line(false);
	assert_false(env_read_bit(1, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
	env_eoi(0, VGIC_PPI_VTIMER);
	assert_timer_fires();
	env_free();
}

/* In a list register of a guest that masks interrupts: the next exit takes the fallen level back. */
static void test_timer_line_falls_while_listed(void **state)
{
	(void)state;
	start_expired(true);
	timer_set_line(false);
	assert_false(env_read_bit(1, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
	env_exit(0);
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_timer_fires();
	env_free();
}

/* Latched in a group that is off: enabling the group lists only what is still pending. */
static void test_timer_line_falls_in_a_disabled_group(void **state)
{
	(void)state;
	start_timer();
	vgic_set_sample(&env_v[0], VGIC_PPI_VTIMER, timer_line, false);
	env_trap_write(0, ENV_DIST, 4, 1);
	timer_set_line(true);
	timer_set_line(false);
	env_trap_write(0, ENV_DIST, 4, 3);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_timer_fires();
	env_free();
}

/* Put off: told when the line is still up, ended when it is not, and fired anew after a switch. */
static void test_timer_put_off(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 3; how++) {
		start_expired(true);
		assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
		host_cpu_set(0);
		host_guest_eoi(VGIC_PPI_VTIMER);
		env_exit(0);
		assert_int_equal(gic_acknowledge(), VGIC_PPI_VTIMER);
		vgic_put_off_timer(&env_v[0]);
		env_settle();
		assert_int_equal(env_ack(0), ENV_NONE);
		assert_true(env_read_bit(1, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
		timer_on(0)->line = how != 1;
		env_exit(0);
		if (how < 2) {
			vgic_tell_timer(&env_v[0]);
		} else {
			env_unload(0);
			assert_false(timer_on(0)->active);
			env_load(&env_v[0], 0);
		}
		env_settle();
		assert_false(env_v[0].arch.vgic.timer_put_off);
		assert_int_equal(env_ack(0), how == 1 ? ENV_NONE : VGIC_PPI_VTIMER);
		timer_set_line(false);
		if (how != 1)
			env_eoi(0, VGIC_PPI_VTIMER);
		assert_timer_fires();
		env_free();
	}
}

/* GICR_ISPENDR0 written: pending until acknowledged or cleared, whatever the line does. */
static void test_timer_pending_by_a_write(void **state)
{
	(void)state;
	start_expired(false);
	timer_set_line(false);
	env_write_bit(1, 0, ENV_ICPENDR, VGIC_PPI_VTIMER);
	assert_false(timer_on(0)->active);
	env_write_bit(1, 0, ENV_ISPENDR, VGIC_PPI_VTIMER);
	assert_true(env_read_bit(0, 0, ENV_ISPENDR, VGIC_PPI_VTIMER));
	env_write_bit(1, 0, ENV_ISENABLER, VGIC_PPI_VTIMER);
	assert_int_equal(env_ack(0), VGIC_PPI_VTIMER);
	env_eoi(0, VGIC_PPI_VTIMER);
	assert_int_equal(env_ack(0), ENV_NONE);
	assert_timer_fires();
	env_free();
}

/* A sampled level whose rises nobody tells is pending again after its deactivation. */
static void test_sampled_level_stays_after_deactivation(void **state)
{
	(void)state;
	start(4);
	env_setup(0, 0, 30, 0xa0);
	vgic_set_sample(&env_v[0], 30, timer_line, false);
	timer_set_line(true);
	assert_true(env_read_bit(1, 0, ENV_ISPENDR, 30));
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(env_ack(0), 30);
		env_eoi(0, 30);
	}
	timer_set_line(false);
	env_exit(0);
	env_settle();
	assert_int_equal(env_ack(0), ENV_NONE);
	env_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hw_routing),
		cmocka_unit_test(test_hw_deactivation_reaches_the_hardware),
		cmocka_unit_test(test_hw_deactivation_when_spilled),
		cmocka_unit_test(test_hw_pending_bits),
		cmocka_unit_test(test_hw_follows_target_and_vcpu),
		cmocka_unit_test(test_hw_unroute_in_every_state),
		cmocka_unit_test(test_hw_delivery_races_unroute),
		cmocka_unit_test(test_two_take_back_from_each_other),
		cmocka_unit_test(test_timer_follows_its_vcpu),
		cmocka_unit_test(test_timer_at_another_ppi),
		cmocka_unit_test(test_timer_fires_while_away),
		cmocka_unit_test(test_timer_stays_due_while_away),
		cmocka_unit_test(test_timer_cleared_by_another),
		cmocka_unit_test(test_timer_line_falls_while_disabled),
		cmocka_unit_test(test_timer_line_stays_while_disabled),
		cmocka_unit_test(test_timer_line_falls_while_listed),
		cmocka_unit_test(test_timer_line_falls_in_a_disabled_group),
		cmocka_unit_test(test_timer_put_off),
		cmocka_unit_test(test_timer_pending_by_a_write),
		cmocka_unit_test(test_sampled_level_stays_after_deactivation),
	};

	return cmocka_run_group_tests_name("vgic hardware", tests, NULL, NULL);
}
