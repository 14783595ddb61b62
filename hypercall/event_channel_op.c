/* SPDX-License-Identifier: Apache-2.0 */
/* EVTCHNOP_*: Xen's event channels (xen/event_channel.h). One table of operations, their structures' sizes. */
#include "core/evtchn.h"

#include "hypercall/priv.h"
#include <arch/nospec.h>

union evtchn_args {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

XEN_ABI(sizeof(struct evtchn_alloc_unbound) == 8);
XEN_ABI(sizeof(struct evtchn_bind_interdomain) == 12);
XEN_ABI(sizeof(struct evtchn_bind_virq) == 12);
XEN_ABI(sizeof(struct evtchn_status) == 24);
XEN_ABI(offsetof(struct evtchn_status, u) == 16);
XEN_ABI(sizeof(struct evtchn_init_control) == 24);
XEN_ABI(offsetof(struct evtchn_init_control, link_bits) == 16);

/* A domain by id or DOMID_SELF, held, if the caller may act on it: itself, or any if privileged. */
static int find_target(domain_id_t id, struct domain **d)
{
	struct domain *self = caller_domain();

	if (id == DOMID_SELF || id == self->id) {
		domain_hold(self);
		*d = self;
		return 0;
	}
	*d = domain_get(id);
	if (!*d)
		return -ESRCH;
	if (caller_privileged())
		return 0;
	domain_put(*d);
	return -EPERM;
}

static domain_id_t resolve_self(domain_id_t id)
{
	return id == DOMID_SELF ? caller_domain()->id : id;
}

static int alloc_unbound(union evtchn_args *args)
{
	struct evtchn_alloc_unbound *op = &args->alloc_unbound;
	struct domain *d;
	int err = find_target(op->dom, &d);

	if (err)
		return err;
	err = evtchn_alloc_unbound(d, resolve_self(op->remote_dom), &op->port);
	domain_put(d);
	return err;
}

static void undo_alloc_unbound(union evtchn_args *args)
{
	struct domain *d;

	if (find_target(args->alloc_unbound.dom, &d))
		return;
	evtchn_close(d, args->alloc_unbound.port);
	domain_put(d);
}

static int bind_interdomain(union evtchn_args *args)
{
	struct evtchn_bind_interdomain *op = &args->bind_interdomain;
	struct domain *remote = domain_get(resolve_self(op->remote_dom));
	int err;

	if (!remote)
		return -ESRCH;
	err = evtchn_bind_interdomain(caller_domain(), remote, op->remote_port, &op->local_port);
	domain_put(remote);
	return err;
}

static void undo_bind_interdomain(union evtchn_args *args)
{
	evtchn_close(caller_domain(), args->bind_interdomain.local_port);
}

static int bind_virq(union evtchn_args *args)
{
	struct evtchn_bind_virq *op = &args->bind_virq;

	return evtchn_bind_virq(caller_domain(), op->virq, op->vcpu, &op->port);
}

static void undo_bind_virq(union evtchn_args *args)
{
	evtchn_close(caller_domain(), args->bind_virq.port);
}

static int bind_ipi(union evtchn_args *args)
{
	return evtchn_bind_ipi(caller_domain(), args->bind_ipi.vcpu, &args->bind_ipi.port);
}

static void undo_bind_ipi(union evtchn_args *args)
{
	evtchn_close(caller_domain(), args->bind_ipi.port);
}

/* On Arm a guest's physical interrupts come through its interrupt controller: there are no PIRQs. */
static int bind_pirq(union evtchn_args *args)
{
	(void)args;
	return -EINVAL;
}

static int close_port(union evtchn_args *args)
{
	return evtchn_close(caller_domain(), args->close.port);
}

static int send(union evtchn_args *args)
{
	return evtchn_send(caller_domain(), args->send.port);
}

static int status(union evtchn_args *args)
{
	struct domain *d;
	int err = find_target(args->status.dom, &d);

	if (err)
		return err;
	err = evtchn_get_status(d, args->status.port, &args->status);
	domain_put(d);
	return err;
}

static int bind_vcpu(union evtchn_args *args)
{
	return evtchn_bind_vcpu(caller_domain(), args->bind_vcpu.port, args->bind_vcpu.vcpu);
}

static int unmask(union evtchn_args *args)
{
	return evtchn_unmask(caller_domain(), args->unmask.port);
}

/* Another domain must be paused by the toolstack, so that it does not bind while its ports are closed. */
static int reset(union evtchn_args *args)
{
	struct domain *d;
	int err = find_target(args->reset.dom, &d);

	if (err)
		return err;
	if (d == caller_domain() || d->controller_pause_count > 0)
		err = evtchn_reset(d);
	else
		err = -EINVAL;
	domain_put(d);
	return err;
}

static int init_control(union evtchn_args *args)
{
	struct evtchn_init_control *op = &args->init_control;

	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return evtchn_init_control(
			caller_domain(), op->vcpu, ipa_of_gfn(op->control_gfn), op->offset);
}

static int expand_array(union evtchn_args *args)
{
	return evtchn_expand_array(caller_domain(), ipa_of_gfn(args->expand_array.array_gfn));
}

static int set_priority(union evtchn_args *args)
{
	struct evtchn_set_priority *op = &args->set_priority;

	return evtchn_set_priority(caller_domain(), op->port, op->priority);
}

struct operation {
	int (*run)(union evtchn_args *args);
	/* Takes a new port back when its number cannot be told; NULL also: nothing was allocated. */
	void (*undo)(union evtchn_args *args);
	size_t size;
	bool writes_back;
};

#define SIZE(member) sizeof(((union evtchn_args *)0)->member)

static const struct operation operations[] = {
	[EVTCHNOP_bind_interdomain] = { bind_interdomain, undo_bind_interdomain,
			SIZE(bind_interdomain), true },
	[EVTCHNOP_bind_virq] = { bind_virq, undo_bind_virq, SIZE(bind_virq), true },
	[EVTCHNOP_bind_pirq] = { bind_pirq, NULL, SIZE(bind_pirq), false },
	[EVTCHNOP_close] = { close_port, NULL, SIZE(close), false },
	[EVTCHNOP_send] = { send, NULL, SIZE(send), false },
	[EVTCHNOP_status] = { status, NULL, SIZE(status), true },
	[EVTCHNOP_alloc_unbound] = { alloc_unbound, undo_alloc_unbound, SIZE(alloc_unbound), true },
	[EVTCHNOP_bind_ipi] = { bind_ipi, undo_bind_ipi, SIZE(bind_ipi), true },
	[EVTCHNOP_bind_vcpu] = { bind_vcpu, NULL, SIZE(bind_vcpu), false },
	[EVTCHNOP_unmask] = { unmask, NULL, SIZE(unmask), false },
	[EVTCHNOP_reset] = { reset, NULL, SIZE(reset), false },
	[EVTCHNOP_init_control] = { init_control, NULL, SIZE(init_control), true },
	[EVTCHNOP_expand_array] = { expand_array, NULL, SIZE(expand_array), false },
	[EVTCHNOP_set_priority] = { set_priority, NULL, SIZE(set_priority), false },
};

int64_t do_event_channel_op(uint64_t args[HYPERCALL_ARGS])
{
	union evtchn_args op = { 0 };
	const struct operation *operation;
	gva_t at = GVA(args[1]);
	int err;

	if (args[0] >= ARRAY_SIZE(operations))
		return -ENOSYS;
	operation = &operations[index_nospec(args[0], ARRAY_SIZE(operations))];
	if (guest_read(&op, at, operation->size))
		return -EFAULT;
	err = operation->run(&op);
	if (err == -ERESTART)
		return HYPERCALL_AGAIN;
	if (err || !operation->writes_back || !guest_write(at, &op, operation->size))
		return err;
	if (operation->undo)
		operation->undo(&op);
	return -EFAULT;
}
