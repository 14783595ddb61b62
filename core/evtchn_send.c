/* SPDX-License-Identifier: Apache-2.0 */
/* Event channels in use: sending, unmasking, status, whom a port notifies (xen/event_channel.h). */
#include "core/evtchn_priv.h"

#include "core/error.h"
#include "core/printk.h"

/*
 * The far end of chn, whose lock is held: pending, or, if it is Graft's, its consumer and its domain (held)
 * for when no lock is.
 */
static uint8_t send_interdomain(struct evtchn *chn)
{
	struct domain *remote = chn->remote;
	struct evtchn *far = evtchn_find(remote, chn->remote_port);

	/* chn's lock keeps the pair bound, so far is what it was when it was bound. */
	if (likely(!far->consumer)) {
		evtchn_set_pending(remote, far, chn->remote_port);
		return 0;
	}
	domain_hold(remote);
	return far->consumer;
}

static int send(struct domain *d, evtchn_port_t port, bool by_guest)
{
	struct evtchn *chn = evtchn_find(d, port);
	struct domain *remote;
	evtchn_port_t remote_port;
	uint8_t consumer = 0;
	int err = 0;

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	remote = chn->remote;
	remote_port = chn->remote_port;
	if (unlikely(by_guest && chn->consumer))
		err = -EINVAL;
	else if (likely(chn->state == EVTCHNSTAT_interdomain))
		consumer = send_interdomain(chn);
	else if (chn->state == EVTCHNSTAT_ipi)
		evtchn_set_pending(d, chn, port);
	else if (chn->state != EVTCHNSTAT_unbound)
		err = -EINVAL;
	spin_unlock(&chn->lock);
	if (unlikely(consumer)) {
		evtchn_consume(remote, remote_port, consumer);
		domain_put(remote);
	}
	return err;
}

int evtchn_send(struct domain *d, evtchn_port_t port)
{
	return send(d, port, true);
}

int evtchn_notify(struct domain *d, evtchn_port_t port)
{
	return send(d, port, false);
}

/* A port of Graft's is never pending for the guest, and may lie outside its layout. */
static bool usable(const struct evtchn *chn)
{
	return chn->state != EVTCHNSTAT_closed && !chn->consumer;
}

int evtchn_unmask(struct domain *d, evtchn_port_t port)
{
	struct evtchn *chn = evtchn_find(d, port);
	int err = 0;

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	if (!usable(chn))
		err = -EINVAL;
	else
		evtchn_ops(d)->unmask(d, chn, port);
	spin_unlock(&chn->lock);
	return err;
}

int evtchn_is_pending(struct domain *d, evtchn_port_t port)
{
	struct evtchn *chn = evtchn_find(d, port);
	int pending = -EINVAL;

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	if (usable(chn))
		pending = evtchn_ops(d)->is_pending(d, port);
	spin_unlock(&chn->lock);
	return pending;
}

int evtchn_set_priority(struct domain *d, evtchn_port_t port, unsigned priority)
{
	struct evtchn *chn = evtchn_find(d, port);
	int err = 0;

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	if (!usable(chn))
		err = -EINVAL;
	else if (!evtchn_ops(d)->has_priorities)
		err = -ENOSYS;
	else if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		err = -EINVAL;
	else
		atomic_store_explicit(&chn->priority, (uint8_t)priority, memory_order_relaxed);
	spin_unlock(&chn->lock);
	return err;
}

/* IPIs and per-vCPU VIRQs notify the vCPU they were bound for, always. */
static bool may_move(const struct evtchn *chn)
{
	switch (chn->state) {
	case EVTCHNSTAT_unbound:
	case EVTCHNSTAT_interdomain:
		return !chn->consumer;
	case EVTCHNSTAT_virq:
		return evtchn_virq_is_global(chn->virq);
	default:
		return false;
	}
}

int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, unsigned vcpu)
{
	struct evtchn *chn = evtchn_find(d, port);
	int err = 0;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	if (may_move(chn))
		atomic_store_explicit(&chn->vcpu, (uint8_t)vcpu, memory_order_relaxed);
	else
		err = -EINVAL;
	spin_unlock(&chn->lock);
	return err;
}

/* Closed ports, too, have a status: guests look for a binding by asking for one port after the other. */
int evtchn_get_status(struct domain *d, evtchn_port_t port, struct evtchn_status *status)
{
	struct evtchn *chn = evtchn_find(d, port);

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	status->status = chn->state;
	status->vcpu = atomic_load_explicit(&chn->vcpu, memory_order_relaxed);
	if (chn->state == EVTCHNSTAT_unbound) {
		status->u.unbound.dom = chn->remote_id;
	} else if (chn->state == EVTCHNSTAT_interdomain) {
		status->u.interdomain.dom = chn->remote->id;
		status->u.interdomain.port = chn->remote_port;
	} else if (chn->state == EVTCHNSTAT_virq) {
		status->u.virq = chn->virq;
	}
	spin_unlock(&chn->lock);
	return 0;
}

static void dump_port(struct domain *d, struct evtchn *chn, evtchn_port_t port, void *data)
{
	const struct evtchn_ops *ops = evtchn_ops(d);
	static const char *const names[] = { "closed", "unbound", "interdomain", "pirq", "virq",
		"ipi" };

	(void)data;
	log_info("  %5u [%c%c] %s vcpu=%u remote=d%u:%u virq=%u%s", port,
			ops->is_pending(d, port) ? 'p' : '-', ops->is_masked(d, port) ? 'm' : '-',
			names[chn->state], atomic_load_explicit(&chn->vcpu, memory_order_relaxed),
			chn->state == EVTCHNSTAT_interdomain ? chn->remote->id : chn->remote_id,
			chn->remote_port, chn->virq, chn->consumer ? " (Graft's)" : "");
}

void evtchn_dump(struct domain *d)
{
	spin_lock(&d->evtchn.lock);
	log_info("d%u: %u event channels, %s, ports below %u", d->id, d->evtchn.active_count,
			evtchn_ops(d) == &evtchn_fifo_ops ? "FIFO" : "2-level",
			d->evtchn.port_limit);
	evtchn_for_each(d, 1, d->evtchn.port_limit, dump_port, NULL);
	spin_unlock(&d->evtchn.lock);
}
