/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VCPUOP_*: what is registered for and told about one vCPU (xen/vcpu.h). On Arm a vCPU gets its context by
 * PSCI and has its architecture's timers: the commands for those are not served.
 */
#include "hypercall/priv.h"

#include "lib/string.h"

XEN_ABI(sizeof(struct vcpu_register_vcpu_info) == 16);
XEN_ABI(offsetof(struct vcpu_register_vcpu_info, offset) == 8);
XEN_ABI(sizeof(struct vcpu_runstate_info) == 48);
XEN_ABI(offsetof(struct vcpu_runstate_info, state_entry_time) == 8);
XEN_ABI(VCPU_RUNNING == RUNSTATE_running && VCPU_RUNNABLE == RUNSTATE_runnable);
XEN_ABI(VCPU_BLOCKED == RUNSTATE_blocked && VCPU_OFFLINE == RUNSTATE_offline);

static int64_t register_vcpu_info(struct vcpu *v, gva_t at)
{
	struct vcpu_register_vcpu_info info;

	if (guest_read(&info, at, sizeof(info)))
		return -EFAULT;
	return evtchn_register_vcpu_info(v, ipa_of_gfn(info.mfn), info.offset);
}

static int64_t register_runstate_area(struct vcpu *v, gva_t at)
{
	struct vcpu_register_runstate_memory_area area;

	if (guest_read(&area, at, sizeof(area)))
		return -EFAULT;
	return vcpu_register_runstate_area(v, GVA(area.addr.p));
}

static int64_t get_runstate_info(struct vcpu *v, gva_t at)
{
	struct runstate_snapshot now = sched_runstate(v);
	struct vcpu_runstate_info info;

	memset(&info, 0, sizeof(info));
	info.state = (int)now.state;
	info.state_entry_time = now.since;
	for (unsigned i = 0; i < ARRAY_SIZE(info.time); i++)
		info.time[i] = now.time_in[i];
	return guest_write(at, &info, sizeof(info));
}

int64_t do_vcpu_op(uint64_t args[HYPERCALL_ARGS])
{
	struct vcpu *v = domain_vcpu(caller_domain(), (unsigned)args[1]);
	gva_t at = GVA(args[2]);

	if (!v)
		return -ENOENT;
	switch (args[0]) {
	case VCPUOP_up:
		return vcpu_bring_up(v);
	case VCPUOP_down:
		vcpu_power_off(v);
		return 0;
	case VCPUOP_is_up:
		return v->online;
	case VCPUOP_get_runstate_info:
		return get_runstate_info(v, at);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate_area(v, at);
	case VCPUOP_register_vcpu_info:
		return register_vcpu_info(v, at);
	default:
		return -ENOSYS;
	}
}
