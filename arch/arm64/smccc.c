/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest asks by HVC #0: PSCI 1.1 for its vCPUs (Arm DEN0022) and SMCCC 1.1 discovery (Arm DEN0028),
 * with the hypervisor service UID that Xen's ABI names (xen/arch-arm/smccc.h).
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/harden.h"
#include "arch/arm64/psci.h"
#include "arch/arm64/trap.h"
#include "core/domain.h"
#include "core/error.h"
#include "lib/string.h"

/* Of a call: x1 … x3, widened as its calling convention says. */
struct call {
	uint32_t function;
	uint64_t arg[3];
};

/* The guest issues the call once more, after its interrupts. No function returns this number. */
#define CALL_AGAIN INT64_MIN

#define MPIDR_AFFINITY (GENMASK(39, 32) | GENMASK(23, 0))

static struct vcpu *vcpu_by_affinity(struct domain *d, uint64_t affinity)
{
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct vcpu *v = domain_vcpu(d, i);

		if (v && (v->arch.sysregs.vmpidr & MPIDR_AFFINITY) == affinity)
			return v;
	}
	return NULL;
}

static int64_t psci_version(struct vcpu *v, const struct call *c)
{
	(void)v;
	(void)c;
	return PSCI_VERSION_1_1;
}

/* Graft knows one depth of sleep. All of it is standby: state is kept, the call returns on an interrupt. */
static int64_t psci_cpu_suspend(struct vcpu *v, const struct call *c)
{
	(void)v;
	(void)c;
	sched_block();
	return PSCI_SUCCESS;
}

static int64_t psci_cpu_off(struct vcpu *v, const struct call *c)
{
	(void)c;
	vcpu_power_off(v);
	return PSCI_SUCCESS;
}

static int64_t psci_cpu_on(struct vcpu *v, const struct call *c)
{
	struct vcpu *target = vcpu_by_affinity(v->domain, c->arg[0]);
	int err;

	if (!target)
		return PSCI_INVALID_PARAMETERS;
	if (c->arg[1] & 3)
		return PSCI_INVALID_ADDRESS;
	err = vcpu_power_on(target, c->arg[1], c->arg[2]);
	if (err == -ERESTART)
		return CALL_AGAIN;
	if (err == -EEXIST)
		return PSCI_ALREADY_ON;
	return err ? PSCI_INTERNAL_FAILURE : PSCI_SUCCESS;
}

static int64_t psci_affinity_info(struct vcpu *v, const struct call *c)
{
	struct vcpu *target = vcpu_by_affinity(v->domain, c->arg[0]);

	/* lowest_affinity_level is 32 bits wide in both forms; above 0 it need not be supported. */
	if (!target || (uint32_t)c->arg[1] != 0)
		return PSCI_INVALID_PARAMETERS;
	/* Off only once it may be turned on again. */
	return atomic_load(&target->online) || !sched_vcpu_is_off(target) ? PSCI_AFFINITY_ON
	                                                                  : PSCI_AFFINITY_OFF;
}

static int64_t psci_migrate_info_type(struct vcpu *v, const struct call *c)
{
	(void)v;
	(void)c;
	return PSCI_MIGRATE_NOT_NEEDED;
}

static int64_t psci_system_off(struct vcpu *v, const struct call *c)
{
	(void)c;
	domain_shutdown(v->domain, SHUTDOWN_poweroff);
	return PSCI_SUCCESS;
}

static int64_t psci_system_reset(struct vcpu *v, const struct call *c)
{
	(void)c;
	domain_shutdown(v->domain, SHUTDOWN_reboot);
	return PSCI_SUCCESS;
}

static int64_t psci_features(struct vcpu *v, const struct call *c);
static int64_t smccc_arch_features(struct vcpu *v, const struct call *c);

static int64_t smccc_version(struct vcpu *v, const struct call *c)
{
	(void)v;
	(void)c;
	return SMCCC_VERSION_1_1;
}

static int64_t hyp_revision(struct vcpu *v, const struct call *c)
{
	(void)c;
	v->arch.regs.x[1] = 1; /* minor */
	return 0;
}

static int64_t arch_workaround(struct vcpu *v, const struct call *c)
{
	(void)v;
	if (harden_guest_answer(c->function) < 0)
		return SMCCC_NOT_SUPPORTED;
	harden_guest_call(c->function);
	return 0;
}

/* a71812dc-c698-4369-9acf-79d18dde6667, four bytes a register, the first in the lowest byte. */
static int64_t hyp_uid(struct vcpu *v, const struct call *c)
{
	static const uint8_t uid[16] = { 0xa7, 0x18, 0x12, 0xdc, 0xc6, 0x98, 0x43, 0x69, 0x9a, 0xcf,
		0x79, 0xd1, 0x8d, 0xde, 0x66, 0x67 };
	uint32_t word[4];

	(void)c;
	memcpy(word, uid, sizeof(uid));
	v->arch.regs.x[1] = word[1];
	v->arch.regs.x[2] = word[2];
	v->arch.regs.x[3] = word[3];
	return word[0];
}

static const struct service {
	uint32_t function;
	bool has_64bit;
	int64_t (*call)(struct vcpu *v, const struct call *c);
} services[] = {
	{ PSCI_VERSION, false, psci_version },
	{ PSCI_CPU_SUSPEND, true, psci_cpu_suspend },
	{ PSCI_CPU_OFF, false, psci_cpu_off },
	{ PSCI_CPU_ON, true, psci_cpu_on },
	{ PSCI_AFFINITY_INFO, true, psci_affinity_info },
	{ PSCI_MIGRATE_INFO_TYPE, false, psci_migrate_info_type },
	{ PSCI_SYSTEM_OFF, false, psci_system_off },
	{ PSCI_SYSTEM_RESET, false, psci_system_reset },
	{ PSCI_FEATURES, false, psci_features },
	{ SMCCC_VERSION, false, smccc_version },
	{ SMCCC_ARCH_FEATURES, false, smccc_arch_features },
	{ SMCCC_ARCH_WORKAROUND_1, false, arch_workaround },
	{ SMCCC_ARCH_WORKAROUND_2, false, arch_workaround },
	{ SMCCC_ARCH_WORKAROUND_3, false, arch_workaround },
	{ SMCCC_HYP_CALL_UID, false, hyp_uid },
	{ SMCCC_HYP_REVISION, false, hyp_revision },
};

static const struct service *find(uint32_t function)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		const struct service *s = &services[i];

		if (function == s->function ||
				(s->has_64bit && function == (s->function | SMCCC_64BIT)))
			return s;
	}
	return NULL;
}

static bool is_psci(uint32_t function)
{
	return (function & ~SMCCC_64BIT & UINT32_C(0xffffffe0)) == PSCI_VERSION;
}

static int64_t psci_features(struct vcpu *v, const struct call *c)
{
	uint32_t function = (uint32_t)c->arg[0];

	(void)v;
	if (!find(function) || !(is_psci(function) || function == SMCCC_VERSION))
		return PSCI_NOT_SUPPORTED;
	return 0; /* CPU_SUSPEND: original format of power_state, no OS-initiated mode */
}

/* SMCCC_ARCH_WORKAROUND_1, 2, 3: as firmware has them on this CPU (docs/cpus.md). */
static int64_t smccc_arch_features(struct vcpu *v, const struct call *c)
{
	uint32_t function = (uint32_t)c->arg[0];

	(void)v;
	if (function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES)
		return 0;
	return harden_guest_answer(function);
}

void smccc_call(struct vcpu *v)
{
	uint64_t *x = v->arch.regs.x;
	struct call c = { .function = (uint32_t)x[0], .arg = { x[1], x[2], x[3] } };
	const struct service *s = find(c.function);
	int64_t result;

	if (!s) {
		x[0] = (uint64_t)(int64_t)SMCCC_NOT_SUPPORTED;
		return;
	}
	if (!(c.function & SMCCC_64BIT)) {
		for (unsigned i = 0; i < ARRAY_SIZE(c.arg); i++)
			c.arg[i] = (uint32_t)c.arg[i];
	}
	result = s->call(v, &c);
	if (result == CALL_AGAIN)
		v->arch.regs.pc -= 4; /* both conduits' PC is behind the instruction by now */
	else
		x[0] = (uint64_t)result;
}
