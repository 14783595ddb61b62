/* SPDX-License-Identifier: Apache-2.0 */
/* Event channels in use: sending, unmasking, status, whom a port notifies (xen/event_channel.h). */
#include "core/evtchn_priv.h"

#include "core/error.h"
#include "core/keys.h"
#include "core/printk.h"
#include "lib/printf.h"

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

/* chn's lock is held. */
static void read_status(const struct evtchn *chn, struct evtchn_status *status)
{
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
}

/* Closed ports, too, have a status: guests look for a binding by asking for one port after the other. */
int evtchn_get_status(struct domain *d, evtchn_port_t port, struct evtchn_status *status)
{
	struct evtchn *chn = evtchn_find(d, port);

	if (!chn)
		return -EINVAL;
	spin_lock(&chn->lock);
	read_status(chn, status);
	spin_unlock(&chn->lock);
	return 0;
}

struct port_state {
	struct evtchn_status status;
	uint8_t consumer;
	bool pending, masked;
};

/* False: not in use. */
static bool read_port(struct domain *d, evtchn_port_t port, struct port_state *state)
{
	struct evtchn *chn = evtchn_find(d, port);

	if (!chn || __atomic_load_n(&chn->state, __ATOMIC_RELAXED) == EVTCHNSTAT_closed)
		return false;
	spin_lock(&chn->lock);
	read_status(chn, &state->status);
	state->consumer = chn->consumer;
	state->pending = usable(chn) && evtchn_ops(d)->is_pending(d, port);
	state->masked = usable(chn) && evtchn_ops(d)->is_masked(d, port);
	spin_unlock(&chn->lock);
	return state->status.status != EVTCHNSTAT_closed;
}

static void dump_port(evtchn_port_t port, const struct port_state *state)
{
	static const char *const names[] = { "closed", "unbound", "interdomain", "pirq", "virq",
		"ipi" };
	const struct evtchn_status *s = &state->status;
	char peer[32] = "";

	if (s->status == EVTCHNSTAT_unbound)
		snprintf(peer, sizeof(peer), " for d%u", s->u.unbound.dom);
	else if (s->status == EVTCHNSTAT_interdomain)
		snprintf(peer, sizeof(peer), " d%u:%u", s->u.interdomain.dom,
				s->u.interdomain.port);
	else if (s->status == EVTCHNSTAT_virq)
		snprintf(peer, sizeof(peer), " %u", s->u.virq);
	log_info("  %5u [%c%c] %s%s, vCPU %u%s", port, state->pending ? 'p' : '-',
			state->masked ? 'm' : '-', names[s->status], peer, s->vcpu,
			state->consumer ? " (Graft's)" : "");
}

void evtchn_dump(struct domain *d)
{
	unsigned limit = d->evtchn.port_limit, active = d->evtchn.active_count, shown = 0;
	struct port_state state = { .consumer = 0 };

	log_info("d%u: %u event channels, %s, ports below %u", d->id, active,
			evtchn_ops(d) == &evtchn_fifo_ops ? "FIFO" : "2-level", limit);
	for (evtchn_port_t port = 1; port < limit && shown < MIN(active, KEYS_LINES_MAX); port++) {
		if (!read_port(d, port, &state))
			continue;
		dump_port(port, &state);
		shown++;
	}
	if (active > shown)
		log_info("  and %u more", active - shown);
}
