/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HVMOP_set_param and HVMOP_get_param: how the toolstack tells a guest where its rings and ports are
 * (xen/hvm/params.h). One table says who may do what with which parameter.
 */
#include "hypercall/priv.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct xen_hvm_param) == 16);
XEN_ABI(offsetof(struct xen_hvm_param, value) == 8);

enum access {
	ACCESS_NONE,   /* means nothing on Arm */
	ACCESS_TOOLSTACK, /* the domain itself may neither read nor write it */
	ACCESS_READ,   /* the domain may read what the toolstack wrote */
};

static const uint8_t access_of[HVM_NR_PARAMS] = {
	[HVM_PARAM_CALLBACK_IRQ] = ACCESS_READ,
	[HVM_PARAM_STORE_PFN] = ACCESS_READ,
	[HVM_PARAM_STORE_EVTCHN] = ACCESS_READ,
	[HVM_PARAM_CONSOLE_PFN] = ACCESS_READ,
	[HVM_PARAM_CONSOLE_EVTCHN] = ACCESS_READ,
	[HVM_PARAM_MONITOR_RING_PFN] = ACCESS_TOOLSTACK,
};

static int check_access(const struct domain *d, uint32_t index, bool set)
{
	bool self = d == caller_domain();

	if (!self && !caller_privileged())
		return -EPERM;
	if (access_of[index] == ACCESS_NONE)
		return -EINVAL;
	if (self && (set || access_of[index] == ACCESS_TOOLSTACK))
		return -EPERM;
	return 0;
}

static int run(struct domain *d, struct xen_hvm_param *param, bool set)
{
	int err = check_access(d, param->index, set);

	if (err)
		return err;
	if (set)
		__atomic_store_n(&d->hvm_params[param->index], param->value, __ATOMIC_RELAXED);
	else
		param->value = __atomic_load_n(&d->hvm_params[param->index], __ATOMIC_RELAXED);
	return 0;
}

int64_t do_hvm_op(uint64_t args[HYPERCALL_ARGS])
{
	struct xen_hvm_param param;
	struct domain *d;
	bool set = args[0] == HVMOP_set_param;
	int err;

	if (!set && args[0] != HVMOP_get_param)
		return -ENOSYS;
	if (guest_read(&param, GVA(args[1]), sizeof(param)))
		return -EFAULT;
	if (param.index >= HVM_NR_PARAMS)
		return -EINVAL;
	param.index = (uint32_t)index_nospec(param.index, HVM_NR_PARAMS);
	d = domain_get(param.domid == DOMID_SELF ? caller_domain()->id : param.domid);
	if (!d)
		return -ESRCH;
	err = run(d, &param, set);
	domain_put(d);
	if (!err && !set && guest_write(GVA(args[1]), &param, sizeof(param)))
		return -EFAULT;
	return err;
}
