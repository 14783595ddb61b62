/* SPDX-License-Identifier: Apache-2.0 */
/* The live tree's memory comes from Graft's heap. */
#include "arch/arm64/host_tree.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/bootinfo.h"
#include "assign/turn.h"
#include "core/heap.h"
#include "core/panic.h"
#include <arch/sysreg.h>

struct dt_tree host_tree;

static void *tree_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc_unset(size);
}

static void tree_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	heap_free(at);
}

static void tree_poll(void *ctx)
{
	(void)ctx;
	turn_poll();
}

void host_tree_open(void)
{
	if (dt_tree_add_labels(&host_tree))
		panic("not enough memory for the device tree's labels");
}

void host_tree_init(void)
{
	/* The counter at boot is not secret, but no overlay's author knows it in advance. */
	struct dt_env env = { .alloc = tree_alloc,
		.free = tree_free,
		.poll = tree_poll,
		.seed = (uint32_t)sysreg_read(cntpct_el0) };
	struct dt_why why = { .each = NULL };

	if (dt_tree_build(&host_tree, &env, boot_info.dtb.bytes.at, boot_info.dtb.bytes.left, &why))
		boot_refuse("the device tree is not usable: %s", why.text);
}
