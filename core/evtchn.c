/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event channels of a domain: the table of ports, binding and closing, sending (xen/event_channel.h). What
 * the guest sees of a pending event is the layout's (evtchn_2l.c, evtchn_fifo.c).
 */
#include "core/evtchn_priv.h"

#include "core/error.h"
#include "core/heap.h"
#include "core/printk.h"

#define CONSUMERS_MAX 8U
#define CLOSE_STEP    512U /* ports looked at before others get their turn */
#define LOOK_MAX      8192U /* ports looked at for a free one: buckets without any are passed over */
#define BUSY_MAX      512U /* ports passed over because the guest has them in its queues still */

static struct {
	struct spinlock lock;
	evtchn_consumer *_Atomic notify[CONSUMERS_MAX];
} consumers = { .lock = SPINLOCK_INIT };

void evtchn_consume(struct domain *d, evtchn_port_t port, uint8_t consumer)
{
	atomic_load (&consumers.notify[consumer - 1])(d, port);
}

/* The entry of a function, plus one; 0 when the table is full. There are as many as kinds of devices. */
static uint8_t consumer_index(evtchn_consumer *notify)
{
	unsigned i;

	spin_lock(&consumers.lock);
	for (i = 0; i < CONSUMERS_MAX; i++) {
		evtchn_consumer *other = atomic_load(&consumers.notify[i]);

		if (!other)
			atomic_store(&consumers.notify[i], notify);
		if (!other || other == notify)
			break;
	}
	spin_unlock(&consumers.lock);
	return i < CONSUMERS_MAX ? (uint8_t)(i + 1) : 0;
}

/* What HVM_PARAM_CALLBACK_IRQ says of the upcall: PPI 31, level, active low flag as Xen's ABI has it. */
static uint64_t callback_param(void)
{
	return (uint64_t)HVM_PARAM_CALLBACK_TYPE_PPI << 56 |
	       (uint64_t)HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL << 8 | GUEST_EVTCHN_PPI;
}

unsigned evtchn_port_limit(const struct domain *d, unsigned channels)
{
	return MIN(d->config.evtchn_port_max, channels - 1) + 1;
}

int evtchn_init_domain(struct domain *d)
{
	struct evtchn_domain *e = &d->evtchn;

	e->bucket_count = DIV_ROUND_UP(
			evtchn_port_limit(d, EVTCHN_FIFO_NR_CHANNELS), EVTCHN_BUCKET_PORTS);
	e->buckets = heap_alloc_array(e->bucket_count, sizeof(*e->buckets));
	e->bucket_used = heap_alloc_array(e->bucket_count, sizeof(*e->bucket_used));
	if (!e->buckets || !e->bucket_used) {
		evtchn_free_domain(d);
		return -ENOMEM;
	}
	e->bucket_used[0] = 1; /* port 0 is never anybody's */
	e->port_limit = evtchn_port_limit(d, EVTCHN_2L_NR_CHANNELS);
	e->first_free = 1;
	atomic_store(&e->ops, &evtchn_2l_ops);
	d->hvm_params[HVM_PARAM_CALLBACK_IRQ] = callback_param();
	return 0;
}

void evtchn_free_domain(struct domain *d)
{
	struct evtchn_domain *e = &d->evtchn;

	evtchn_fifo_free(d);
	for (unsigned i = 0; e->buckets && i < e->bucket_count; i++)
		heap_free(atomic_load(&e->buckets[i]));
	heap_free(e->buckets);
	heap_free(e->bucket_used);
	e->buckets = NULL;
	e->bucket_used = NULL;
	e->bucket_count = 0;
}

static struct evtchn *add_bucket(struct domain *d, evtchn_port_t port)
{
	struct evtchn *bucket;

	bucket = heap_alloc_array(EVTCHN_BUCKET_PORTS, sizeof(*bucket));
	if (!bucket)
		return NULL;
	for (unsigned i = 0; i < EVTCHN_BUCKET_PORTS; i++)
		atomic_init(&bucket[i].priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
	atomic_store_explicit(&d->evtchn.buckets[port / EVTCHN_BUCKET_PORTS], bucket,
			memory_order_release);
	return &bucket[port % EVTCHN_BUCKET_PORTS];
}

static uint8_t *bucket_used(struct evtchn_domain *e, evtchn_port_t port)
{
	return &e->bucket_used[port / EVTCHN_BUCKET_PORTS];
}

int evtchn_take_port(struct domain *d, evtchn_port_t *port, struct evtchn **chn)
{
	struct evtchn_domain *e = &d->evtchn;
	unsigned skipped = 0, looked = 0;

	if (e->dying)
		return -EINVAL;
	for (evtchn_port_t p = e->first_free; p < e->port_limit && looked < LOOK_MAX; p++) {
		struct evtchn *c;

		if (*bucket_used(e, p) == EVTCHN_BUCKET_PORTS) {
			p |= EVTCHN_BUCKET_PORTS - 1;
			continue;
		}
		looked++;
		c = evtchn_find(d, p);
		if (!c)
			c = add_bucket(d, p);
		if (!c)
			return -ENOMEM;
		/* Its lock is not held: a far end may be changing it, but neither from closed nor to it. */
		if (__atomic_load_n(&c->state, __ATOMIC_RELAXED) != EVTCHNSTAT_closed)
			continue;
		if (evtchn_ops(d)->is_busy(d, p)) {
			e->first_free = skipped ? e->first_free : p;
			/* The guest writes those words: it must not choose how long this takes. */
			if (++skipped == BUSY_MAX)
				break;
			continue;
		}
		e->first_free = skipped ? e->first_free : p + 1;
		e->active_count++;
		++*bucket_used(e, p);
		*port = p;
		*chn = c;
		return 0;
	}
	return -ENOSPC;
}

static void return_port(struct domain *d, evtchn_port_t port)
{
	d->evtchn.active_count--;
	--*bucket_used(&d->evtchn, port);
	d->evtchn.first_free = MIN(d->evtchn.first_free, port);
}

void evtchn_for_each(struct domain *d, evtchn_port_t from, evtchn_port_t to,
		void (*fn)(struct domain *d, struct evtchn *chn, evtchn_port_t port, void *data),
		void *data)
{
	for (evtchn_port_t p = from; p < to; p++) {
		struct evtchn *chn = evtchn_find(d, p);

		if (!chn) {
			p |= EVTCHN_BUCKET_PORTS - 1;
			continue;
		}
		spin_lock(&chn->lock);
		if (chn->state != EVTCHNSTAT_closed)
			fn(d, chn, p, data);
		spin_unlock(&chn->lock);
	}
}

static int alloc_unbound(
		struct domain *d, domain_id_t remote, uint8_t consumer, evtchn_port_t *port)
{
	struct evtchn *chn;
	int err;

	spin_lock(&d->evtchn.lock);
	err = evtchn_take_port(d, port, &chn);
	if (!err) {
		spin_lock(&chn->lock);
		chn->state = EVTCHNSTAT_unbound;
		chn->consumer = consumer;
		chn->remote_id = remote;
		spin_unlock(&chn->lock);
		d->evtchn.graft_count += consumer != 0;
	}
	spin_unlock(&d->evtchn.lock);
	return err;
}

int evtchn_alloc_unbound(struct domain *d, domain_id_t remote, evtchn_port_t *port)
{
	return alloc_unbound(d, remote, 0, port);
}

int evtchn_alloc_for_graft(
		struct domain *d, domain_id_t remote, evtchn_consumer *notify, evtchn_port_t *port)
{
	uint8_t consumer = consumer_index(notify);

	return consumer ? alloc_unbound(d, remote, consumer, port) : -ENOSPC;
}

static void lock_two(struct evtchn *a, struct evtchn *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock(a < b ? &b->lock : &a->lock);
}

static void unlock_two(struct evtchn *a, struct evtchn *b)
{
	spin_unlock(&a->lock);
	spin_unlock(&b->lock);
}

static void connect(struct evtchn *chn, struct domain *remote, evtchn_port_t remote_port)
{
	chn->state = EVTCHNSTAT_interdomain;
	chn->remote = remote;
	chn->remote_port = remote_port;
}

static int bind_pair(struct domain *d, struct evtchn *near, evtchn_port_t port,
		struct domain *remote, struct evtchn *far, evtchn_port_t remote_port)
{
	bool may;

	lock_two(near, far);
	may = far->state == EVTCHNSTAT_unbound && far->remote_id == d->id;
	if (may) {
		connect(near, remote, remote_port);
		connect(far, d, port);
		evtchn_set_pending(d, near, port);
	}
	unlock_two(near, far);
	return may ? 0 : -EINVAL;
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote, evtchn_port_t remote_port,
		evtchn_port_t *port)
{
	struct evtchn *far = evtchn_find(remote, remote_port);
	struct evtchn *near;
	int err;

	if (!far)
		return -EINVAL;
	spin_lock(&d->evtchn.lock);
	err = evtchn_take_port(d, port, &near);
	if (err)
		goto unlock;
	err = near == far ? -EINVAL : bind_pair(d, near, *port, remote, far, remote_port);
	if (err)
		return_port(d, *port);
unlock:
	spin_unlock(&d->evtchn.lock);
	return err;
}

int evtchn_bind_ipi(struct domain *d, unsigned vcpu, evtchn_port_t *port)
{
	struct evtchn *chn;
	int err;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	spin_lock(&d->evtchn.lock);
	err = evtchn_take_port(d, port, &chn);
	if (!err) {
		spin_lock(&chn->lock);
		chn->state = EVTCHNSTAT_ipi;
		atomic_store_explicit(&chn->vcpu, (uint8_t)vcpu, memory_order_relaxed);
		spin_unlock(&chn->lock);
	}
	spin_unlock(&d->evtchn.lock);
	return err;
}

/*
 * Locks a channel, and the other end of an interdomain one (*far, else NULL). The other end may have to be
 * locked first; while nothing is locked it may change its mind: then false, with nothing locked. *peer
 * comes back held whenever it is not NULL.
 */
static bool lock_pair(struct evtchn *chn, struct evtchn **far, struct domain **peer)
{
	evtchn_port_t far_port;

	*far = NULL;
	*peer = NULL;
	spin_lock(&chn->lock);
	if (chn->state != EVTCHNSTAT_interdomain)
		return true;
	*peer = chn->remote;
	domain_hold(*peer);
	far_port = chn->remote_port;
	*far = evtchn_find(*peer, far_port);
	if (chn < *far) {
		spin_lock(&(*far)->lock);
		return true;
	}
	spin_unlock(&chn->lock);
	lock_two(chn, *far);
	if (chn->state == EVTCHNSTAT_interdomain && chn->remote == *peer &&
			chn->remote_port == far_port)
		return true;
	unlock_two(chn, *far);
	return false;
}

/* The far end of a channel that goes waits for d again. */
static void disconnect(struct domain *d, struct evtchn *far)
{
	far->state = EVTCHNSTAT_unbound;
	far->remote = NULL;
	far->remote_id = d->id;
}

/* As for what the FIFO layout remembers of the port: see struct evtchn. */
static void clear_channel(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	if (!chn->consumer)
		evtchn_ops(d)->clear_pending(d, port);
	chn->state = EVTCHNSTAT_closed;
	chn->consumer = 0;
	chn->remote = NULL;
	chn->pending_later = false;
	atomic_store_explicit(&chn->vcpu, 0, memory_order_relaxed);
	atomic_store_explicit(&chn->priority, EVTCHN_FIFO_PRIORITY_DEFAULT, memory_order_relaxed);
}

/*
 * Without d's lock only the far end may change a channel, between unbound and interdomain: what is found
 * here holds after chn's lock is gone.
 */
static int check_close(struct domain *d, struct evtchn *chn, bool by_guest)
{
	uint8_t state;

	spin_lock(&chn->lock);
	state = chn->state;
	spin_unlock(&chn->lock);
	if (state == EVTCHNSTAT_closed || (by_guest && chn->consumer))
		return -EINVAL;
	if (state == EVTCHNSTAT_virq)
		evtchn_unbind_virq(d, chn);
	return 0;
}

/* 0, -EAGAIN (the peer was doing something with its end; try again), -EINVAL. */
static int try_close(struct domain *d, evtchn_port_t port, bool by_guest)
{
	struct evtchn *chn = evtchn_find(d, port);
	struct evtchn *far;
	struct domain *peer = NULL;
	int err;

	if (!chn)
		return -EINVAL;
	spin_lock(&d->evtchn.lock);
	err = check_close(d, chn, by_guest);
	if (err)
		goto unlock;
	if (!lock_pair(chn, &far, &peer)) {
		err = -EAGAIN;
		goto unlock;
	}
	if (far) {
		disconnect(d, far);
		spin_unlock(&far->lock);
	}
	d->evtchn.graft_count -= chn->consumer != 0;
	clear_channel(d, chn, port);
	spin_unlock(&chn->lock);
	return_port(d, port);
unlock:
	spin_unlock(&d->evtchn.lock);
	if (peer)
		domain_put(peer);
	return err;
}

static int close_port(struct domain *d, evtchn_port_t port, bool by_guest)
{
	int err;

	/* Each failed try means that another CPU finished a bind or a close. */
	do
		err = try_close(d, port, by_guest);
	while (err == -EAGAIN);
	return err;
}

int evtchn_close(struct domain *d, evtchn_port_t port)
{
	return close_port(d, port, true);
}

int evtchn_close_for_graft(struct domain *d, evtchn_port_t port)
{
	return close_port(d, port, false);
}

/* A bounded part of closing all ports, from `port` on. Where to go on, 0 when there is nothing more. */
static evtchn_port_t close_some(struct domain *d, evtchn_port_t port, bool by_guest)
{
	evtchn_port_t end = d->evtchn.bucket_count * EVTCHN_BUCKET_PORTS;

	for (unsigned n = 0; n < CLOSE_STEP && port < end; n++) {
		if (evtchn_find(d, port))
			close_port(d, port++, by_guest);
		else
			port = ALIGN_DOWN(port, EVTCHN_BUCKET_PORTS) + EVTCHN_BUCKET_PORTS;
	}
	return port < end ? port : 0;
}

int evtchn_reset(struct domain *d)
{
	struct evtchn_domain *e = &d->evtchn;
	evtchn_port_t next = close_some(d, atomic_load(&e->reset_cursor), true);
	int err = 0;

	atomic_store(&e->reset_cursor, next);
	if (next)
		return -ERESTART;
	spin_lock(&e->lock);
	/* The guest may have bound new ones behind the cursor; its own time is all that this costs. */
	if (e->active_count == e->graft_count) {
		evtchn_fifo_free(d);
		e->port_limit = evtchn_port_limit(d, EVTCHN_2L_NR_CHANNELS);
	} else {
		err = -ERESTART;
	}
	spin_unlock(&e->lock);
	return err;
}

/* Its own count of ports: a reset that was left in the middle has passed over Graft's and what came after it. */
int evtchn_relinquish(struct domain *d)
{
	struct evtchn_domain *e = &d->evtchn;

	spin_lock(&e->lock);
	e->dying = true;
	spin_unlock(&e->lock);
	e->relinquish_cursor = close_some(d, e->relinquish_cursor, false);
	if (e->relinquish_cursor)
		return -ERESTART;
	evtchn_drop_virq_handlers(d);
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		if (!d->vcpus[i])
			continue;
		timer_stop(&d->vcpus[i]->evtchn.poll_timer);
		evtchn_release_vcpu_info(d->vcpus[i]);
	}
	spin_lock(&e->lock); /* the toolstack may be resetting the domain */
	evtchn_fifo_free(d);
	spin_unlock(&e->lock);
	return 0;
}
