/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of what happens before there is a guest, included once by each: trees made with libfdt, and
 * refusals that come back.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "arch/arm64/bootinfo.h"
#include "arch/host/fake.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

static inline void *env_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size ? size : 1);
}

static inline void env_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	free(at);
}

/* A tree of the test's takes its memory from libc, so that the sanitizers see each access. */
static const struct dt_env env_tree
		__attribute__((unused)) = { .alloc = env_alloc, .free = env_free, .seed = 1 };

static jmp_buf env_refused;

static inline void env_come_back(void)
{
	longjmp(env_refused, 1);
}

/* stmt must end in boot_refuse(), with these words in what it says. */
#define expect_refusal(words, stmt)                                                                \
	do {                                                                                       \
		host_noreturn_hook = env_come_back;                                                \
		if (!setjmp(env_refused)) {                                                        \
			stmt;                                                                      \
			fail_msg("not refused: %s", #stmt);                                        \
		}                                                                                  \
		host_noreturn_hook = NULL;                                                         \
		if (!strstr(host_refusal, words))                                                  \
			fail_msg("'%s' lacks '%s'", host_refusal, words);                          \
	} while (0)

/* ---- a tree, written from its beginning to its end ---- */

#define ENV_BLOB_MAX 262144

static char env_blob[ENV_BLOB_MAX] __attribute__((aligned(8)));
static uint32_t env_cells[2]; /* address and size cells that env_reg() writes with */

static inline void env_begin(const char *name)
{
	assert_int_equal(fdt_begin_node(env_blob, name), 0);
}

static inline void env_end(void)
{
	assert_int_equal(fdt_end_node(env_blob), 0);
}

static inline void env_u32(const char *name, uint32_t value)
{
	assert_int_equal(fdt_property_u32(env_blob, name, value), 0);
}

static inline void env_string(const char *name, const char *value)
{
	assert_int_equal(fdt_property(env_blob, name, value, (int)strlen(value) + 1), 0);
}

static inline void env_set_cells(uint32_t address, uint32_t size)
{
	env_cells[0] = address;
	env_cells[1] = size;
}

static inline void env_write_cells(uint32_t address, uint32_t size)
{
	env_set_cells(address, size);
	env_u32("#address-cells", address);
	env_u32("#size-cells", size);
}

static inline size_t env_put(uint8_t *to, uint64_t value, uint32_t cells)
{
	for (uint32_t i = 0; i < 4 * cells; i++)
		to[4 * cells - 1 - i] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
	return 4 * cells;
}

/* reg of `count` pairs of address and size. */
static inline void env_reg(const uint64_t *pairs, size_t count)
{
	uint8_t reg[1024];
	size_t used = 0;

	for (size_t i = 0; i < 2 * count; i++)
		used += env_put(reg + used, pairs[i], env_cells[i & 1]);
	assert_int_equal(fdt_property(env_blob, "reg", reg, (int)used), 0);
}

static inline void env_reg1(uint64_t base, uint64_t size)
{
	env_reg((const uint64_t[]){ base, size }, 1);
}

static inline void env_tree_begin(void)
{
	memset(env_blob, 0, sizeof(env_blob));
	assert_int_equal(fdt_create(env_blob, sizeof(env_blob)), 0);
}

/* After the memory reserve map. */
static inline void env_root(uint32_t address, uint32_t size)
{
	assert_int_equal(fdt_finish_reservemap(env_blob), 0);
	env_begin("");
	env_write_cells(address, size);
}

static inline void env_tree_end(void)
{
	env_end();
	assert_int_equal(fdt_finish(env_blob), 0);
}
