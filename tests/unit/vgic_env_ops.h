/* SPDX-License-Identifier: Apache-2.0 */
/* What guests and devices do in the virtual GIC's tests; each ends when nobody has anything left to react to. */
#pragma once

#include "tests/unit/vgic_env.h"

/* Physical interrupts of this CPU, as its handler delivers them. */
static inline bool env_take_physical(void)
{
	unsigned cpu = cpu_id();
	uint32_t intid = gic_acknowledge();

	if (intid == ENV_NONE)
		return false;
	if (env_in_guest[cpu])
		env_exit(cpu);
	gic_drop_priority(intid);
	if (intid == gic_info.vtimer_intid)
		vgic_deliver_hw_ppi(env_on(cpu), VGIC_PPI_VTIMER);
	else
		vgic_deliver_hw(&env_d, intid);
	return true;
}

static inline bool env_step(unsigned cpu)
{
	bool busy = false;

	host_cpu_set(cpu);
	while (env_take_physical())
		busy = true;
	if (env_in_guest[cpu] && (host_kicks[cpu] || host_gic_maintenance())) {
		env_exit(cpu);
		busy = true;
	}
	host_kicks[cpu] = 0;
	if (!env_in_guest[cpu])
		env_enter(cpu);
	return busy;
}

/* Until nothing makes anybody leave: an interrupt that keeps coming is a bug. */
static inline void env_settle(void)
{
	unsigned rounds = 0;
	bool busy;

	do {
		busy = false;
		for (unsigned cpu = 0; cpu < ENV_VCPUS; cpu++)
			busy |= env_step(cpu);
		assert_true(rounds++ < 100);
	} while (busy);
}

static inline uint64_t env_read(struct vcpu *v, uint64_t at, unsigned size)
{
	uint64_t value = UINT64_MAX;

	assert_true(vgic_mmio_read(v, IPA(at), size, &value));
	return value;
}

static inline void env_write(struct vcpu *v, uint64_t at, unsigned size, uint64_t value)
{
	assert_true(vgic_mmio_write(v, IPA(at), size, value));
}

/* Where the registers of an interrupt are, and one of a bit per interrupt among them. */
static inline uint64_t env_frame(unsigned vcpu, unsigned intid)
{
	return intid < 32 ? ENV_RDIST + vcpu * VGIC_RDIST_SIZE + 0x10000 : ENV_DIST;
}

/* A register write of the vCPU on `cpu`: it traps, is done, and the guest goes on. */
static inline void env_trap_write(unsigned cpu, uint64_t at, unsigned size, uint64_t value)
{
	env_exit(cpu);
	env_write(env_on(cpu), at, size, value);
	env_settle();
}

static inline void env_write_bit(unsigned cpu, unsigned owner, uint32_t reg, unsigned intid)
{
	env_trap_write(cpu, env_frame(owner, intid) + reg + intid / 32 * 4, 4,
			UINT64_C(1) << intid % 32);
}

static inline bool env_read_bit(unsigned cpu, unsigned owner, uint32_t reg, unsigned intid)
{
	env_exit(cpu);
	bool bit = env_read(env_on(cpu), env_frame(owner, intid) + reg + intid / 32 * 4, 4) >>
	                           intid % 32 &
	           1;

	env_settle();
	return bit;
}

#define ENV_ISENABLER 0x100
#define ENV_ICENABLER 0x180
#define ENV_ISPENDR   0x200
#define ENV_ICPENDR   0x280
#define ENV_ISACTIVER 0x300
#define ENV_ICACTIVER 0x380

static inline void env_set_priority(unsigned cpu, unsigned owner, unsigned intid, uint8_t priority)
{
	env_trap_write(cpu, env_frame(owner, intid) + 0x400 + intid, 1, priority);
}

static inline void env_route(unsigned cpu, unsigned intid, uint64_t route)
{
	env_trap_write(cpu, ENV_DIST + 0x6000 + intid * 8, 8, route);
}

/* Both groups on, all in Group 1. */
static inline void env_enable_groups(void)
{
	env_trap_write(0, ENV_DIST, 4, 3);
	for (unsigned i = 0; i < 3; i++)
		env_trap_write(0, ENV_DIST + 0x80 + i * 4, 4, UINT32_MAX);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		env_trap_write(0, env_frame(i, 0) + 0x80, 4, UINT32_MAX);
}

static inline void env_setup(unsigned cpu, unsigned owner, unsigned intid, uint8_t priority)
{
	env_set_priority(cpu, owner, intid, priority);
	env_write_bit(cpu, owner, ENV_ISENABLER, intid);
}

static inline uint32_t env_ack(unsigned cpu)
{
	env_settle();
	host_cpu_set(cpu);
	assert_true(env_in_guest[cpu]);
	uint32_t intid = host_guest_acknowledge();

	env_settle();
	return intid;
}

static inline void env_eoi(unsigned cpu, uint32_t intid)
{
	env_settle();
	host_cpu_set(cpu);
	assert_true(env_in_guest[cpu]);
	host_guest_eoi(intid);
	env_settle();
}

static inline void env_line(unsigned cpu, struct vcpu *v, unsigned intid, bool level)
{
	env_exit(cpu);
	vgic_set_line(v, intid, level);
	env_settle();
}

static inline void env_sgi(unsigned cpu, uint64_t sgi1r)
{
	env_exit(cpu);
	vgic_send_sgi(env_on(cpu), sgi1r);
	env_settle();
}
