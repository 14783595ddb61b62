/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of event channels.
 *
 * Locks, in the order in which they may be taken:
 *   1. evtchn_domain.lock: which ports are in use, and the layout. Held by everything that binds or closes
 *	a port of the domain, never by a send. Nobody holds two domains' at once.
 *   2. evtchn_vcpu.virq_lock: virq_port[]. Held while a VIRQ is sent, so its channel stays.
 *   3. evtchn.lock: the state of a channel. Of an interdomain pair both are needed to change how they are
 *	bound, the one at the lower address first; either one alone keeps the pair bound. A send holds
 *	its own end's.
 *   4. evtchn.fifo_lock: how a channel stands in the FIFO layout.
 *   5. evtchn_fifo_vcpu.lock: the queues of a vCPU; of two vCPUs the lower id first.
 * Under them come those of pages, p2m, interrupt controller and scheduler.
 */
#pragma once

#include <stdatomic.h>

#include "core/domain.h"
#include "core/evtchn.h"
#include <arch/nospec.h>

#define EVTCHN_BUCKET_PORTS 128U

struct evtchn {
	struct spinlock lock;
	struct spinlock fifo_lock;
	uint8_t state;    /* EVTCHNSTAT_* */
	uint8_t consumer;   /* of a Graft port: index into the table of consumers, plus one */
	_Atomic uint8_t vcpu;   /* whom it notifies */
	_Atomic uint8_t priority; /* FIFO: the queue it goes to next */
	/* fifo_lock; these outlive a close: the guest may still find the port in that queue */
	uint8_t queued_priority;
	uint8_t queued_vcpu;
	bool pending_later;   /* raised while its page of the event array was missing */
	uint16_t virq;
	domain_id_t remote_id;   /* unbound: who may bind */
	evtchn_port_t remote_port; /* interdomain */
	struct domain *remote; /* interdomain; needs no reference: its end of the pair must be closed first */
};

/* A layout. Called with something held that keeps the channel in use (see the order of locks). */
struct evtchn_ops {
	void (*set_pending)(struct domain *d, struct evtchn *chn, evtchn_port_t port);
	void (*clear_pending)(struct domain *d, evtchn_port_t port);
	void (*unmask)(struct domain *d, struct evtchn *chn, evtchn_port_t port);
	bool (*is_pending)(struct domain *d, evtchn_port_t port);
	bool (*is_masked)(struct domain *d, evtchn_port_t port);
	/* The guest has yet to take a closed port out of its queue: it must not be used again now. */
	bool (*is_busy)(struct domain *d, evtchn_port_t port);
	bool has_priorities;
};

extern const struct evtchn_ops evtchn_2l_ops;
extern const struct evtchn_ops evtchn_fifo_ops;

/* NULL when there has never been such a port. Safe without a lock while d is held. */
static inline struct evtchn *evtchn_find(const struct domain *d, evtchn_port_t port)
{
	unsigned i = port / EVTCHN_BUCKET_PORTS;
	struct evtchn *bucket;

	if (i >= d->evtchn.bucket_count)
		return NULL;
	i = (unsigned)index_nospec(i, d->evtchn.bucket_count);
	bucket = atomic_load_explicit(&d->evtchn.buckets[i], memory_order_acquire);
	return bucket ? &bucket[port % EVTCHN_BUCKET_PORTS] : NULL;
}

static inline const struct evtchn_ops *evtchn_ops(const struct domain *d)
{
	return atomic_load_explicit(&d->evtchn.ops, memory_order_acquire);
}

static inline void evtchn_set_pending(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	evtchn_ops(d)->set_pending(d, chn, port);
}

/* The vCPU that a channel notifies, by whatever was bound: it exists. */
static inline struct vcpu *evtchn_target(const struct domain *d, const struct evtchn *chn)
{
	return d->vcpus[atomic_load_explicit(&chn->vcpu, memory_order_relaxed)];
}

/* A closed port to use, counted as used. Under d->evtchn.lock. 0, -ENOSPC, -ENOMEM, -EINVAL (dying). */
int evtchn_take_port(struct domain *d, evtchn_port_t *port, struct evtchn **chn);
/* One past the highest port d may use in a layout with so many channels. */
unsigned evtchn_port_limit(const struct domain *d, unsigned channels);
/* Calls fn for every port in use of [from, to), with its channel's lock held. Under d->evtchn.lock. */
void evtchn_for_each(struct domain *d, evtchn_port_t from, evtchn_port_t to,
		void (*fn)(struct domain *d, struct evtchn *chn, evtchn_port_t port, void *data),
		void *data);

/* Runs the consumer of a Graft port (struct evtchn). No lock is held. */
void evtchn_consume(struct domain *d, evtchn_port_t port, uint8_t consumer);

bool evtchn_virq_is_global(unsigned virq);
/* VIRQ ports going away, under d->evtchn.lock; and a whole domain, with no lock. */
void evtchn_unbind_virq(struct domain *d, const struct evtchn *chn);
void evtchn_drop_virq_handlers(struct domain *d);

/* Tells the guest to look at its events. */
void evtchn_raise_upcall(struct vcpu *v);
/* A port became pending: ends polls that wait for it. After a full barrier behind setting the bit. */
void evtchn_wake_pollers(struct domain *d, evtchn_port_t port);
void evtchn_release_vcpu_info(struct vcpu *v);

/* Frees what the FIFO layout has, when no port is in use that could reach it. */
void evtchn_fifo_free(struct domain *d);
