/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the sysctl and domctl tests, included once by each: naive domains, a scheduler and pages
 * that record what was asked of them. What is tested here is the ABI: who may ask, what is copied, what is
 * refused, which core function is called with what. tests/unit/test_dispatch.c runs it on the real core.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/guest.h>

#include "arch/host/fake.h"
#include "core/arch.h"
#include "core/console.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/keys.h"
#include "core/page.h"
#include "core/time.h"
#include "hypercall/hypercall.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_DOMAINS 4 /* ids 0, 1, 2 and 7; 7 has no vCPU yet */
#define ENV_VCPUS   2

static struct domain env_domains[ENV_DOMAINS];
static struct vcpu env_vcpus[ENV_DOMAINS][ENV_VCPUS];
static struct vcpu *env_vcpu_tables[ENV_DOMAINS][ENV_VCPUS];
struct domain *hardware_domain = &env_domains[0];
#define dom0 (&env_domains[0])
#define dom1 (&env_domains[1])
#define dom2 (&env_domains[2])
#define dom7 (&env_domains[3])

/* What was asked of core. */
static struct {
	struct domain *domain; /* of the last call below */
	const char *call;
	unsigned calls;
	int result; /* what they answer */
	struct domain_config config;
	domain_id_t id;
	uint64_t hard, soft;
	unsigned weight, cap, pauses;
	uint64_t entry, x0, pool;
	uint64_t held_pages;
	char keys[64];
} env;

static int env_called(const char *call, struct domain *d)
{
	env.call = call;
	env.domain = d;
	env.calls++;
	return env.result;
}

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

static void env_init_domain(unsigned i, domain_id_t id)
{
	struct domain *d = &env_domains[i];

	*d = (struct domain){
		.id = id, .refs = 1, .tot_pages = 1000U + id, .max_pages = 2000U + id
	};
	d->config.vcpus_max = ENV_VCPUS;
	d->config.spis = 32;
	d->config.ssidref = 9;
	memset(d->config.handle, 0x10 + id, sizeof(d->config.handle));
	d->sched = (struct sched_domain){ .weight = 256, .cap = 0 };
	d->p2m.ipa_bits = 40;
	d->p2m.table_pages = 10;
	d->p2m.pool_pages = 16;
	d->vcpus = env_vcpu_tables[i];
	d->vcpus_count = i == 3 ? 0 : ENV_VCPUS;
	for (unsigned v = 0; v < ENV_VCPUS; v++) {
		env_vcpus[i][v] = (struct vcpu){ .domain = d, .id = v };
		env_vcpus[i][v].sched.affinity_hard = ~UINT64_C(0);
		env_vcpus[i][v].sched.affinity_soft = ~UINT64_C(0);
		env_vcpu_tables[i][v] = &env_vcpus[i][v];
	}
}

static int env_setup(void **state)
{
	static const domain_id_t ids[ENV_DOMAINS] = { 0, 1, 2, 7 };

	(void)state;
	host_cpus_reset(2, NS_PER_S);
	host_guest_reset();
	memset(&env, 0, sizeof(env));
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		env_init_domain(i, ids[i]);
	dom0->config.privileged = true;
	dom0->config.hardware = true;
	cpus[0].current = &env_vcpus[0][0];
	return 0;
}

/* Whatever was held is put again, whatever was locked is free, whatever was paused runs. */
static int env_teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		assert_int_equal(env_domains[i].refs, 1);
		assert_false(spin_is_locked(&env_domains[i].lock));
		assert_false(spin_is_locked(&env_domains[i].p2m.lock));
	}
	assert_int_equal(env.pauses, 0);
	assert_int_equal(env_page_refs, 0);
	return 0;
}
