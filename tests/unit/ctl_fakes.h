/* SPDX-License-Identifier: Apache-2.0 */
/* The core of the sysctl and domctl tests: what is called is recorded in `env`. Included by ctl_env.h alone. */
#pragma once

#include "tests/unit/ctl_env.h"
#include "tests/unit/ctl_overlay.h"

struct domain *domain_get_next(domain_id_t id)
{
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		if (env_domains[i].id >= id) {
			env_domains[i].refs++;
			return &env_domains[i];
		}
	}
	return NULL;
}

struct domain *domain_get(domain_id_t id)
{
	struct domain *d = domain_get_next(id);

	if (d && d->id != id) {
		domain_put(d);
		return NULL;
	}
	return d;
}

void domain_put(struct domain *d)
{
	assert_true(d->refs > 1);
	d->refs--;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
	return id < d->vcpus_count ? d->vcpus[id] : NULL;
}

int domain_create(domain_id_t id, const struct domain_config *config, struct domain **out)
{
	env.config = *config;
	env.id = id;
	*out = dom7;
	return env_called("create", NULL);
}

int domain_kill(struct domain *d)
{
	return env_called("kill", d);
}

int domain_pause_by_toolstack(struct domain *d)
{
	return env_called("pause", d);
}

int domain_unpause_by_toolstack(struct domain *d)
{
	return env_called("unpause", d);
}

void domain_pause(struct domain *d)
{
	(void)d;
	env.pauses++;
}

void domain_unpause(struct domain *d)
{
	(void)d;
	env.pauses--;
}

void domain_resume(struct domain *d)
{
	env_called("resume", d);
}

/* The first is there already. */
int vcpu_create(struct domain *d, unsigned id)
{
	env_called("vcpu", d);
	return id == 0 ? -EEXIST : env.result;
}

int p2m_set_pool(struct domain *d, uint64_t pages)
{
	env.pool = pages;
	return env_called("pool", d);
}

int vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t context)
{
	assert_true(env.pauses > 0);
	env.entry = entry;
	env.x0 = context;
	v->online = env.result == 0;
	return env_called("power on", v->domain);
}

uint64_t sched_vcpu_time(const struct vcpu *v)
{
	return (v->domain->id + 1U) * NS_PER_S + v->id;
}

uint64_t sched_idle_time(unsigned cpu)
{
	return (cpu + 1) * NS_PER_MS;
}

int sched_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft)
{
	env.hard = hard;
	env.soft = soft;
	return env_called("affinity", v->domain);
}

int sched_set_weight(struct domain *d, unsigned weight, unsigned cap)
{
	env.weight = weight;
	env.cap = cap;
	return env_called("weight", d);
}

uint64_t page_count_total(void)
{
	return 3 << 18;
}

uint64_t page_count_free(void)
{
	return 1 << 18;
}

paddr_t page_ram_end(void)
{
	return PADDR(GIB(4));
}

/* Guest frames 0x40000 to 0x401ff are memory. */
static struct page env_page;
static unsigned env_page_refs;

struct page *p2m_get_page(struct domain *d, ipa_t ipa, bool write, enum p2m_type *type)
{
	(void)d;
	(void)write;
	(void)type;
	if (gfn_of_ipa(ipa) - 0x40000 >= 0x200)
		return NULL;
	env_page_refs++;
	env.held_pages++;
	return &env_page;
}

void page_put(struct page *page)
{
	assert_ptr_equal(page, &env_page);
	env_page_refs--;
}

void *page_virt(const struct page *page)
{
	(void)page;
	return NULL;
}

void *heap_alloc(size_t size)
{
	return calloc(1, size);
}

void heap_free(void *ptr)
{
	free(ptr);
}

void evtchn_send_global_virq(struct domain *d, unsigned virq)
{
	(void)d;
	(void)virq;
}

void keys_handle(char key)
{
	size_t n = strlen(env.keys);

	if (n < sizeof(env.keys) - 1)
		env.keys[n] = key;
}
