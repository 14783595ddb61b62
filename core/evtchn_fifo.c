/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FIFO layout (xen/event_channel.h, EVTCHN_FIFO_*): a word per port in an array of guest pages; per vCPU
 * 16 queues, each a list of ports linked through those words, from the head in the vCPU's control block to
 * a tail that only Graft knows. The guest takes ports off at the head. Graft never follows a link, and
 * takes no port or queue number from guest memory.
 */
#include "core/evtchn_priv.h"

#include "core/error.h"
#include "core/guest_atomic.h"
#include "core/heap.h"
#include <arch/barrier.h>
#include <arch/nospec.h>

#define PENDING ((event_word_t)BIT(EVTCHN_FIFO_PENDING))
#define MASKED  ((event_word_t)BIT(EVTCHN_FIFO_MASKED))
#define LINKED  ((event_word_t)BIT(EVTCHN_FIFO_LINKED))
#define LINK    ((event_word_t)EVTCHN_FIFO_LINK_MASK)

#define PAGE_WORDS  ((unsigned)(PAGE_SIZE / sizeof(event_word_t)))
#define ARRAY_PAGES ((unsigned)EVTCHN_FIFO_NR_CHANNELS / PAGE_WORDS)

struct evtchn_fifo_domain {
	unsigned page_count; /* evtchn_domain.lock */
	event_word_t *_Atomic words[ARRAY_PAGES];
	struct guest_area areas[ARRAY_PAGES];
};

struct evtchn_fifo_vcpu {
	struct spinlock lock;
	struct guest_area area;
	struct evtchn_fifo_control_block *control;
	/* The port last linked; 0: none. The guest may have taken it off since: then it is not LINKED. */
	evtchn_port_t tail[EVTCHN_FIFO_MAX_QUEUES];
};

/* NULL while the guest has not given the page. */
static event_word_t *word_of(const struct domain *d, evtchn_port_t port)
{
	event_word_t *page = atomic_load_explicit(
			&d->evtchn.fifo->words[index_nospec(port / PAGE_WORDS, ARRAY_PAGES)],
			memory_order_acquire);

	return page ? &page[port % PAGE_WORDS] : NULL;
}

static struct evtchn_fifo_vcpu *fifo_vcpu(const struct domain *d, unsigned vcpu)
{
	struct vcpu *v = d->vcpus[vcpu];

	return v ? atomic_load_explicit(&v->evtchn.fifo, memory_order_acquire) : NULL;
}

/* Sets PENDING, and LINKED too if the port may be queued and is neither masked nor queued already. */
static event_word_t mark_pending(event_word_t *word, bool may_link)
{
	event_word_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	event_word_t value;
	unsigned tries = 0;

	do {
		value = old | PENDING;
		if (may_link && !(old & (MASKED | LINKED)))
			value |= LINKED;
	} while (!guest_cas32(word, &old, value, &tries));
	return old;
}

/* Makes `port` follow the tail. False: the guest has taken the tail off already, so the queue is empty. */
static bool link_behind(event_word_t *tail, evtchn_port_t port)
{
	event_word_t old = __atomic_load_n(tail, __ATOMIC_RELAXED);
	unsigned tries = 0;

	do {
		if (!(old & LINKED))
			return false;
	} while (!guest_cas32(tail, &old, (old & ~LINK) | port, &tries));
	return true;
}

static void lock_queues(struct evtchn_fifo_vcpu *a, unsigned a_id, struct evtchn_fifo_vcpu *b,
		unsigned b_id)
{
	if (a && a != b && a_id < b_id)
		spin_lock(&a->lock);
	spin_lock(&b->lock);
	if (a && a != b && a_id > b_id)
		spin_lock(&a->lock);
}

static void unlock_queues(struct evtchn_fifo_vcpu *a, struct evtchn_fifo_vcpu *b)
{
	if (a && a != b)
		spin_unlock(&a->lock);
	spin_unlock(&b->lock);
}

/*
 * Appends a port that has just become LINKED to its queue; true if it is the first there. A port that is some
 * queue's tail was taken off it by the guest, or it would have been LINKED before: that queue is empty,
 * although its tail looks LINKED again. So nobody may look at either queue between the two: both are locked.
 */
static bool append(struct domain *d, struct evtchn *chn, evtchn_port_t port,
		struct evtchn_fifo_vcpu *before, struct evtchn_fifo_vcpu *fifo, unsigned priority)
{
	evtchn_port_t tail;
	bool first;

	if (before && before->tail[chn->queued_priority] == port)
		before->tail[chn->queued_priority] = 0;
	tail = fifo->tail[priority];
	/* A tail's page is there: it was queued through it. */
	first = !tail || !link_behind(word_of(d, tail), port);
	if (first)
		__atomic_store_n(&fifo->control->head[priority], port, __ATOMIC_RELEASE);
	fifo->tail[priority] = port;
	return first;
}

static void tell_first(
		struct domain *d, struct evtchn_fifo_vcpu *fifo, unsigned vcpu, unsigned priority)
{
	uint32_t bit = UINT32_C(1) << priority;

	if (!(guest_update32(&fifo->control->ready, 0, bit) & bit))
		evtchn_raise_upcall(d->vcpus[vcpu]);
}

/* True if the port was not pending before. fifo_lock held. */
static bool raise(struct domain *d, struct evtchn *chn, evtchn_port_t port, event_word_t *word)
{
	unsigned vcpu = atomic_load_explicit(&chn->vcpu, memory_order_relaxed);
	unsigned priority = atomic_load_explicit(&chn->priority, memory_order_relaxed);
	struct evtchn_fifo_vcpu *fifo = fifo_vcpu(d, vcpu), *before;
	event_word_t old;
	bool first = false;

	if (!fifo)
		return !(mark_pending(word, false) & PENDING);
	before = fifo_vcpu(d, chn->queued_vcpu);
	lock_queues(before, chn->queued_vcpu, fifo, vcpu);
	old = mark_pending(word, true);
	if (!(old & (MASKED | LINKED))) {
		first = append(d, chn, port, before, fifo, priority);
		chn->queued_vcpu = (uint8_t)vcpu;
		chn->queued_priority = (uint8_t)priority;
	}
	unlock_queues(before, fifo);
	if (first)
		tell_first(d, fifo, vcpu, priority);
	return !(old & PENDING);
}

static void set_pending(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	event_word_t *word;
	bool fresh = false;

	spin_lock(&chn->fifo_lock);
	word = word_of(d, port);
	if (word)
		fresh = raise(d, chn, port, word);
	else
		chn->pending_later = true;
	spin_unlock(&chn->fifo_lock);
	if (fresh) {
		smp_mb();
		evtchn_wake_pollers(d, port);
	}
}

static void clear_pending(struct domain *d, evtchn_port_t port)
{
	event_word_t *word = word_of(d, port);

	if (word)
		guest_update32(word, PENDING, 0);
}

static void unmask(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	event_word_t *word = word_of(d, port);

	if (word && (guest_update32(word, MASKED, 0) & PENDING))
		set_pending(d, chn, port);
}

static bool word_has(struct domain *d, evtchn_port_t port, event_word_t bit)
{
	const event_word_t *word = word_of(d, port);

	return word && (__atomic_load_n(word, __ATOMIC_RELAXED) & bit);
}

static bool is_pending(struct domain *d, evtchn_port_t port)
{
	return word_has(d, port, PENDING);
}

static bool is_masked(struct domain *d, evtchn_port_t port)
{
	return word_has(d, port, MASKED);
}

static bool is_busy(struct domain *d, evtchn_port_t port)
{
	return word_has(d, port, LINKED);
}

const struct evtchn_ops evtchn_fifo_ops = {
	.set_pending = set_pending,
	.clear_pending = clear_pending,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_masked = is_masked,
	.is_busy = is_busy,
	.has_priorities = true,
};

/* What was pending in the other layout is raised when the port's page of the event array comes. */
static void carry_over(struct domain *d, struct evtchn *chn, evtchn_port_t port, void *data)
{
	(void)data;
	spin_lock(&chn->fifo_lock);
	if (!chn->consumer && evtchn_2l_ops.is_pending(d, port)) {
		evtchn_2l_ops.clear_pending(d, port); /* that layout may come back */
		chn->pending_later = true;
	}
	spin_unlock(&chn->fifo_lock);
}

/* d->evtchn.lock held. Takes *fifo if it is the first vCPU's control block: the layout changes now. */
static int install_control(struct domain *d, struct vcpu *v, struct evtchn_fifo_vcpu *control,
		struct evtchn_fifo_domain **fifo)
{
	struct evtchn_domain *e = &d->evtchn;

	if (e->dying || atomic_load(&v->evtchn.fifo))
		return -EINVAL;
	if (!e->fifo) {
		e->fifo = *fifo;
		*fifo = NULL;
		atomic_store(&e->ops, &evtchn_fifo_ops);
		/* Who still sets a bit of the other layout then looks at ops: one of us sees the other's. */
		smp_mb();
		evtchn_for_each(d, 1, e->port_limit, carry_over, NULL);
		e->port_limit = evtchn_port_limit(d, EVTCHN_FIFO_NR_CHANNELS);
	}
	atomic_store_explicit(&v->evtchn.fifo, control, memory_order_release);
	return 0;
}

/* The structures for a control block at ipa, not yet in use. 0, -EINVAL, -ENOMEM. */
static int make_control(struct domain *d, ipa_t ipa, struct evtchn_fifo_vcpu **out)
{
	struct evtchn_fifo_vcpu *fifo = heap_alloc(sizeof(*fifo));
	int err;

	if (!fifo)
		return -ENOMEM;
	err = guest_area_map(d, ipa, sizeof(*fifo->control), &fifo->area);
	if (err) {
		heap_free(fifo);
		return err;
	}
	fifo->control = fifo->area.virt;
	*out = fifo;
	return 0;
}

static void free_control(struct evtchn_fifo_vcpu *fifo)
{
	guest_area_unmap(&fifo->area);
	heap_free(fifo);
}

int evtchn_init_control(struct domain *d, unsigned vcpu, ipa_t page, unsigned offset)
{
	struct vcpu *v = domain_vcpu(d, vcpu);
	struct evtchn_fifo_domain *fifo;
	struct evtchn_fifo_vcpu *control;
	int err;

	if (!v)
		return -ENOENT;
	if (offset > PAGE_SIZE - sizeof(*control->control) || !IS_ALIGNED(offset, 8U))
		return -EINVAL;
	fifo = heap_alloc(sizeof(*fifo));
	if (!fifo)
		return -ENOMEM;
	err = make_control(d, IPA(page.v + offset), &control);
	if (err)
		goto free_fifo;
	spin_lock(&d->evtchn.lock);
	err = install_control(d, v, control, &fifo);
	spin_unlock(&d->evtchn.lock);
	if (err)
		free_control(control);
free_fifo:
	heap_free(fifo);
	return err;
}

static void raise_later(struct domain *d, struct evtchn *chn, evtchn_port_t port, void *data)
{
	bool later;

	(void)data;
	spin_lock(&chn->fifo_lock);
	later = chn->pending_later;
	chn->pending_later = false;
	spin_unlock(&chn->fifo_lock);
	if (later)
		set_pending(d, chn, port);
}

/* d->evtchn.lock held. */
static int install_page(struct domain *d, const struct guest_area *area)
{
	struct evtchn_fifo_domain *fifo = d->evtchn.fifo;
	unsigned i;

	if (!fifo)
		return -EOPNOTSUPP;
	if (d->evtchn.dying)
		return -EINVAL;
	if (fifo->page_count == ARRAY_PAGES)
		return -ENOSPC;
	i = fifo->page_count++;
	fifo->areas[i] = *area;
	atomic_store_explicit(&fifo->words[i], area->virt, memory_order_release);
	evtchn_for_each(d, i * PAGE_WORDS, (i + 1) * PAGE_WORDS, raise_later, NULL);
	return 0;
}

int evtchn_expand_array(struct domain *d, ipa_t page)
{
	struct guest_area area;
	int err;

	if (evtchn_ops(d) != &evtchn_fifo_ops)
		return -EOPNOTSUPP;
	err = guest_area_map(d, page, PAGE_SIZE, &area);
	if (err)
		return err;
	spin_lock(&d->evtchn.lock);
	err = install_page(d, &area);
	spin_unlock(&d->evtchn.lock);
	if (err)
		guest_area_unmap(&area);
	return err;
}

void evtchn_fifo_free(struct domain *d)
{
	struct evtchn_fifo_domain *fifo = d->evtchn.fifo;

	if (!fifo)
		return;
	atomic_store(&d->evtchn.ops, &evtchn_2l_ops);
	d->evtchn.fifo = NULL;
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct evtchn_fifo_vcpu *control = fifo_vcpu(d, i);

		if (!control)
			continue;
		atomic_store(&d->vcpus[i]->evtchn.fifo, NULL);
		free_control(control);
	}
	for (unsigned i = 0; i < fifo->page_count; i++)
		guest_area_unmap(&fifo->areas[i]);
	heap_free(fifo);
}
