/* SPDX-License-Identifier: Apache-2.0 */
/* The list of domains, their references, and how one is made and freed. */
#include "core/domain.h"

#include "core/arch.h"
#include "core/console.h"
#include "core/domain_priv.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include <arch/nospec.h>

struct domain *hardware_domain;

static struct spinlock list_lock = SPINLOCK_INIT;
static struct list_node domains = LIST_HEAD_INIT(domains); /* by id */
static domain_id_t last_id;

void domain_init_list(void)
{
	list_init(&domains);
	last_id = 0;
	hardware_domain = NULL;
}

/* False: it is being made or freed. Those are on the list so that nobody else takes their id. */
static bool hold_unless_zero(struct domain *d)
{
	unsigned refs = atomic_load(&d->refs);

	while (refs != 0)
		if (atomic_compare_exchange_weak(&d->refs, &refs, refs + 1))
			return true;
	return false;
}

struct domain *domain_get(domain_id_t id)
{
	struct domain *d = domain_get_next(id);

	if (d == NULL || d->id == id)
		return d;
	domain_put(d);
	return NULL;
}

struct domain *domain_get_next(domain_id_t id)
{
	struct domain *found = NULL;
	struct domain *d;

	spin_lock(&list_lock);
	list_for_each_entry (d, &domains, list_node) {
		if (d->id >= id && hold_unless_zero(d)) {
			found = d;
			break;
		}
	}
	spin_unlock(&list_lock);
	return found;
}

void domain_hold(struct domain *d)
{
	unsigned refs = atomic_fetch_add(&d->refs, 1);

	ASSERT(refs != 0); /* the caller has one, or it could not know d */
}

static void list_leave(struct domain *d)
{
	spin_lock(&list_lock);
	list_remove(&d->list_node);
	spin_unlock(&list_lock);
}

/* The first domain with an id >= id; the list's head if there is none. */
static struct list_node *find_at_least(domain_id_t id)
{
	struct list_node *at = domains.next;

	while (at != &domains && list_entry(at, struct domain, list_node)->id < id)
		at = at->next;
	return at;
}

static bool id_taken(domain_id_t id)
{
	struct list_node *at = find_at_least(id);

	return at != &domains && list_entry(at, struct domain, list_node)->id == id;
}

/* The next after the last one given, so that an id comes back late. 0 is the hardware domain's for good. */
static int choose_id(domain_id_t *id)
{
	domain_id_t candidate = last_id;

	for (unsigned tries = 1; tries < DOMID_FIRST_RESERVED; tries++) {
		candidate = (domain_id_t)(candidate + 1);
		if (candidate >= DOMID_FIRST_RESERVED)
			candidate = 1;
		if (!id_taken(candidate)) {
			*id = candidate;
			last_id = candidate;
			return 0;
		}
	}
	return -ENOMEM;
}

static int list_join(struct domain *d, domain_id_t id)
{
	int err = 0;

	spin_lock(&list_lock);
	if (id >= DOMID_FIRST_RESERVED)
		err = choose_id(&id);
	else if (id_taken(id))
		err = -EEXIST;
	if (!err) {
		d->id = id;
		list_add_tail(find_at_least(id), &d->list_node);
	}
	spin_unlock(&list_lock);
	return err;
}

static void free_struct(struct domain *d)
{
	page_free_virt(d->shared_info);
	heap_free(d->vcpus);
	heap_free(d);
}

static struct domain *make_struct(const struct domain_config *config)
{
	struct domain *d = heap_alloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	d->config = *config;
	d->controller_pause_count = 1;
	d->vcpus_count = config->vcpus_max;
	d->vcpus = heap_alloc_array(config->vcpus_max, sizeof(struct vcpu *));
	d->shared_info = page_alloc_for_guests();
	if (d->vcpus == NULL || d->shared_info == NULL) {
		free_struct(d);
		return NULL;
	}
	sched_init_domain(d);
	d->sched.pause_count = 1; /* what controller_pause_count stands for */
	return d;
}

static void teardown_p2m(struct domain *d)
{
	while (p2m_teardown(d) == -ERESTART)
		; /* nothing is mapped: a step or two */
}

static int init_parts(struct domain *d)
{
	int err;

	err = p2m_init(d);
	if (err)
		return err;
	err = evtchn_init_domain(d);
	if (err)
		goto undo_p2m;
	watchdog_init_domain(d);
	err = grant_init_domain(d);
	if (err)
		goto undo_evtchn;
	err = arch_domain_init(d);
	if (err)
		goto undo_grant;
	return 0;

undo_grant:
	grant_free_domain(d);
undo_evtchn:
	evtchn_free_domain(d);
undo_p2m:
	teardown_p2m(d);
	return err;
}

int domain_create(domain_id_t id, const struct domain_config *config, struct domain **out)
{
	struct domain *d;
	int err;

	if (config->vcpus_max == 0 || config->vcpus_max > DOMAIN_VCPUS_MAX)
		return fail(-EINVAL, "domain: %u vCPUs, must be 1 to %u", config->vcpus_max,
				DOMAIN_VCPUS_MAX);
	d = make_struct(config);
	if (d == NULL)
		return -ENOMEM;
	err = list_join(d, id);
	if (err)
		goto undo_struct;
	err = init_parts(d);
	if (err)
		goto undo_list;
	if (config->hardware)
		hardware_domain = d;
	atomic_store(&d->refs, 1); /* from here on it can be found */
	*out = d;
	return 0;

undo_list:
	list_leave(d);
undo_struct:
	free_struct(d);
	return err;
}

/* Nobody knows it any more but the list, which passes over it. */
static void destroy(struct domain *d)
{
	ASSERT(d->dying == DOMAIN_DEAD);
	sched_free_domain(d);
	grant_free_domain(d);
	evtchn_free_domain(d);
	for (unsigned i = 0; i < d->vcpus_count; i++)
		vcpu_retire(d->vcpus[i]);
	arch_domain_free(d); /* an interrupt that is still routed has a vCPU as its target */
	for (unsigned i = 0; i < d->vcpus_count; i++)
		vcpu_free(d->vcpus[i]);
	console_free_domain(d);
	list_leave(d); /* last: its id may be taken again from here on */
	free_struct(d);
}

void domain_put(struct domain *d)
{
	unsigned refs = atomic_fetch_sub(&d->refs, 1);

	ASSERT(refs != 0);
	if (refs == 1)
		destroy(d);
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
	if (id >= d->vcpus_count)
		return NULL;
	id = (unsigned)index_nospec(id, d->vcpus_count);
	return __atomic_load_n(&d->vcpus[id], __ATOMIC_ACQUIRE);
}
