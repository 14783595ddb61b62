/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the memory tests, included once by each: RAM, a few domains whose holds are counted, and
 * random numbers that repeat. These naive domains keep core/domain.c out of the tests.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/heap.h"
#include "core/panic.h"
#include <arch/mm.h>

int fail(int err, const char *fmt, ...)
{
	(void)fmt;
	return err;
}

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_DOMAINS 4

/* Ids 0 … 3; 0 is the hardware domain. */
static struct domain env_domains[ENV_DOMAINS];
static jmp_buf env_panic_jump;
static bool env_panic_expected;

struct domain *domain_get(domain_id_t id)
{
	if (id >= ENV_DOMAINS || atomic_load(&env_domains[id].refs) == 0)
		return NULL;
	domain_hold(&env_domains[id]);
	return &env_domains[id];
}

void domain_hold(struct domain *d)
{
	atomic_fetch_add(&d->refs, 1);
}

void domain_put(struct domain *d)
{
	assert_true(atomic_fetch_sub(&d->refs, 1) > 0);
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	if (env_panic_expected)
		longjmp(env_panic_jump, 1);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

/* stmt must panic. The lock it held stays held: what it worked on is of no use after. */
#define expect_panic(stmt)                                                                         \
	do {                                                                                       \
		env_panic_expected = true;                                                         \
		if (!setjmp(env_panic_jump)) {                                                     \
			stmt;                                                                      \
			fail_msg("no panic: %s", #stmt);                                           \
		}                                                                                  \
		env_panic_expected = false;                                                        \
	} while (0)

static void env_reset_domains(uint64_t max_pages)
{
	memset(env_domains, 0, sizeof(env_domains));
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		env_domains[i].id = (domain_id_t)i;
		env_domains[i].max_pages = max_pages;
		env_domains[i].refs = 1;
		env_domains[i].config.hardware = i == 0;
		env_domains[i].config.privileged = i == 0;
	}
}

/* RAM of size bytes at HOST_RAM_BASE, all of it the allocator's; domains that may have max_pages pages. */
static inline void env_init(uint64_t size, uint64_t max_pages)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), size };

	host_ram_init(size);
	assert_int_equal(page_init(&ram, 1, NULL, 0), 0);
	env_reset_domains(max_pages);
}

/* Any frame or object that is still out is a leak. */
static inline void env_free(uint64_t free_pages)
{
	assert_int_equal(page_count_free(), free_pages);
	assert_int_equal(heap_bytes_used(), 0);
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		assert_int_equal(env_domains[i].tot_pages, 0);
		assert_int_equal(env_domains[i].refs, 1);
	}
	host_ram_free();
}

static inline uint32_t env_random(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)state * below) >> 32);
}
