/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains with guest pages whose holds are counted, and a scheduler that only remembers: they keep
 * core/domain.c and core/sched.c out of the event channel tests.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/evtchn.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"
#include "hypercall/hypercall.h"
#include <arch/fault.h>
#include <arch/guest.h>
#include <arch/mm.h>

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_DOMAINS   3
#define ENV_VCPUS     3
#define ENV_GFNS      140 /* guest RAM of each domain: 128 pages of event array and some */
#define ENV_RAM_PAGES 4096

struct env_domain {
	struct domain domain;
	struct vcpu vcpus[ENV_VCPUS];
	struct vcpu *vcpu_table[ENV_VCPUS];
	_Alignas(4096) unsigned char ram[ENV_GFNS][PAGE_SIZE];
	_Alignas(4096) unsigned char shared[PAGE_SIZE];
	unsigned holds[ENV_GFNS];
	unsigned shutdown_reason; /* ~0: none */
};

/* Ids 0 … 2; 0 is the hardware domain. */
static struct env_domain *env;
static unsigned env_wakes[ENV_DOMAINS][ENV_VCPUS];
static unsigned env_yields;
static uint64_t env_free_pages;
struct domain *hardware_domain;

struct domain *domain_get(domain_id_t id)
{
	if (id >= ENV_DOMAINS)
		return NULL;
	domain_hold(&env[id].domain);
	return &env[id].domain;
}

void domain_hold(struct domain *d)
{
	assert_true(atomic_fetch_add(&d->refs, 1) > 0);
}

void domain_put(struct domain *d)
{
	assert_true(atomic_fetch_sub(&d->refs, 1) > 1);
	assert_false(spin_is_locked(&d->evtchn.lock));
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
	return id < d->vcpus_count ? d->vcpus[id] : NULL;
}

void domain_shutdown(struct domain *d, unsigned reason)
{
	env[d->id].shutdown_reason = reason;
}

void domain_latch_shutdown_code(struct domain *d, unsigned reason)
{
	d->shutdown_code = reason;
	d->shutdown_code_latched = true;
}

int guest_area_map(struct domain *d, ipa_t ipa, size_t size, struct guest_area *area)
{
	uint64_t gfn = gfn_of_ipa(ipa), offset = ipa.v & ~PAGE_MASK;

	assert_false(spin_is_locked(&d->evtchn.lock));
	if (gfn >= ENV_GFNS || offset + size > PAGE_SIZE)
		return -EINVAL;
	if (alloc_should_fail())
		return -ENOMEM;
	env[d->id].holds[gfn]++;
	area->page = (struct page *)&env[d->id].holds[gfn];
	area->virt = &env[d->id].ram[gfn][offset];
	return 0;
}

void guest_area_unmap(struct guest_area *area)
{
	unsigned *holds = (unsigned *)area->page;

	assert_true(*holds > 0);
	--*holds;
}

void sched_wake(struct vcpu *v)
{
	v->sched.blocked = false;
	env_wakes[v->domain->id][v->id]++;
}

/* Called when a vCPU is about to be marked blocked: what another CPU does just then. */
static void (*env_block_hook)(void);

void sched_block(void)
{
	if (env_block_hook)
		env_block_hook();
	current_vcpu()->sched.blocked = true;
}

void sched_yield(void)
{
	env_yields++;
}

struct runstate_snapshot sched_runstate(const struct vcpu *v)
{
	return (struct runstate_snapshot){ VCPU_RUNNABLE, 77, { v->id, 2, 3, 4 } };
}

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}
