/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual interrupts: events that Graft sends, per vCPU or per domain (xen/xen.h, VIRQ_*). */
#include "core/evtchn_priv.h"

#include "core/error.h"
#include <arch/nospec.h>

/* Who handles a global VIRQ of the machine, held; NULL: the hardware domain. */
static struct {
	struct spinlock lock;
	struct domain *domain[NR_VIRQS];
} handlers = { .lock = SPINLOCK_INIT };

bool evtchn_virq_is_global(unsigned virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

/*
 * Any domain may bind any VIRQ: the machine's are never sent to one that is not their handler. A refusal
 * here would be new to guests' kernels, and some of them stop for it.
 */
int evtchn_bind_virq(struct domain *d, unsigned virq, unsigned vcpu, evtchn_port_t *port)
{
	struct vcpu *v = domain_vcpu(d, vcpu);
	struct evtchn *chn;
	int err;

	if (virq >= NR_VIRQS || (evtchn_virq_is_global(virq) && vcpu != 0))
		return -EINVAL;
	if (!v)
		return -ENOENT;
	spin_lock(&d->evtchn.lock);
	virq = (unsigned)index_nospec(virq, NR_VIRQS);
	/* virq_port[] changes under d's lock only: what is read here stays. */
	err = v->evtchn.virq_port[virq] ? -EEXIST : evtchn_take_port(d, port, &chn);
	if (!err) {
		spin_lock(&v->evtchn.virq_lock);
		spin_lock(&chn->lock);
		chn->state = EVTCHNSTAT_virq;
		chn->virq = (uint16_t)virq;
		atomic_store_explicit(&chn->vcpu, (uint8_t)vcpu, memory_order_relaxed);
		v->evtchn.virq_port[virq] = *port;
		spin_unlock(&chn->lock);
		spin_unlock(&v->evtchn.virq_lock);
	}
	spin_unlock(&d->evtchn.lock);
	return err;
}

void evtchn_unbind_virq(struct domain *d, const struct evtchn *chn)
{
	/* A global one is in vCPU 0's table, whoever it notifies now. */
	struct vcpu *v = evtchn_virq_is_global(chn->virq) ? d->vcpus[0] : evtchn_target(d, chn);

	spin_lock(&v->evtchn.virq_lock);
	v->evtchn.virq_port[chn->virq] = 0;
	spin_unlock(&v->evtchn.virq_lock);
}

void evtchn_send_vcpu_virq(struct vcpu *v, unsigned virq)
{
	evtchn_port_t port;

	spin_lock(&v->evtchn.virq_lock);
	port = v->evtchn.virq_port[virq];
	if (port) {
		struct evtchn *chn = evtchn_find(v->domain, port);

		spin_lock(&chn->lock);
		evtchn_set_pending(v->domain, chn, port);
		spin_unlock(&chn->lock);
	}
	spin_unlock(&v->evtchn.virq_lock);
}

void evtchn_send_global_virq(struct domain *d, unsigned virq)
{
	struct vcpu *v = domain_vcpu(d, 0);

	if (v)
		evtchn_send_vcpu_virq(v, virq);
}

void evtchn_raise_global_virq(unsigned virq)
{
	struct domain *d;

	spin_lock(&handlers.lock);
	d = handlers.domain[virq] ? handlers.domain[virq] : hardware_domain;
	if (d)
		domain_hold(d);
	spin_unlock(&handlers.lock);
	if (!d)
		return;
	evtchn_send_global_virq(d, virq);
	domain_put(d);
}

int evtchn_set_virq_handler(struct domain *d, unsigned virq)
{
	struct domain *before = NULL;
	int err = 0;

	if (virq >= NR_VIRQS || !evtchn_virq_is_global(virq))
		return -EINVAL;
	virq = (unsigned)index_nospec(virq, NR_VIRQS);
	/* A dying domain gives its VIRQs back after `dying` is set, so none can be left behind. */
	spin_lock(&d->evtchn.lock);
	if (d->evtchn.dying) {
		err = -EINVAL;
	} else {
		domain_hold(d);
		spin_lock(&handlers.lock);
		before = handlers.domain[virq];
		handlers.domain[virq] = d;
		spin_unlock(&handlers.lock);
	}
	spin_unlock(&d->evtchn.lock);
	if (before)
		domain_put(before);
	return err;
}

void evtchn_drop_virq_handlers(struct domain *d)
{
	for (unsigned virq = 0; virq < NR_VIRQS; virq++) {
		bool drop;

		spin_lock(&handlers.lock);
		drop = handlers.domain[virq] == d;
		if (drop)
			handlers.domain[virq] = NULL;
		spin_unlock(&handlers.lock);
		if (drop)
			domain_put(d);
	}
}
