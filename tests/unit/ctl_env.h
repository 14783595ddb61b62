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

#include "tests/unit/ctl_fakes.h"

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
