/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the hypervisor's core assign/ asks for. Page tables and interrupt routes are never committed in a dry
 * run but for Dom0's at boot, of which only the ledger is read: so they do nothing.
 */
#include "tools/machine.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "assign/attach.h"
#include "assign/boot.h"
#include "assign/described.h"
#include "assign/overlays.h"
#include "assign/passthrough.h"
#include "assign/turn.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/irq.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dt/device.h"
#include "tools/memory.h"

static struct domain dom0 = {
	.id = 0, .config = { .direct_mapped = true, .hardware = true }, .p2m = { .ipa_bits = 48 }
};
static struct domain guest = {
	.id = 1, .config = { .passthrough = true, .spis = 988 }, .p2m = { .ipa_bits = 40 }
};
/* Has nothing, and sees devices where they are: whose they are is asked for it without places. */
static struct domain stranger = {
	.id = 1, .config = { .direct_mapped = true, .spis = 988 }, .p2m = { .ipa_bits = 48 }
};
struct domain *hardware_domain = &dom0;
static struct dt_tree *host;

void *heap_alloc(size_t size)
{
	return memory_get(size);
}

void heap_free(void *at)
{
	free(at);
}

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

void domain_on_kill(int (*relinquish)(struct domain *d))
{
	(void)relinquish;
}

bool arch_domain_emulates(const struct domain *d, ipa_t ipa, uint64_t size)
{
	(void)d;
	(void)ipa;
	(void)size;
	return false;
}

int p2m_prepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count)
{
	(void)d;
	(void)ipa;
	(void)pa;
	(void)count;
	return 0;
}

void p2m_unprepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count)
{
	(void)d;
	(void)ipa;
	(void)pa;
	(void)count;
}

void p2m_map_prepared(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type)
{
	(void)d;
	(void)ipa;
	(void)pa;
	(void)count;
	(void)type;
}

int p2m_unmap(struct domain *d, ipa_t ipa, uint64_t count)
{
	(void)d;
	(void)ipa;
	(void)count;
	return 0;
}

bool p2m_range_used(struct domain *d, ipa_t ipa, uint64_t count)
{
	(void)d;
	(void)ipa;
	(void)count;
	return false;
}

int irq_may_route(struct domain *d, uint32_t intid)
{
	(void)d;
	(void)intid;
	return 0;
}

void irq_route(struct domain *d, uint32_t intid, bool edge)
{
	(void)d;
	(void)intid;
	(void)edge;
}

void irq_unroute(struct domain *d, uint32_t intid)
{
	(void)d;
	(void)intid;
}

bool turn_take(void)
{
	return true;
}

void turn_give(void)
{
}

void turn_poll(void)
{
}

void passthrough_init(void)
{
}

const struct claim *passthrough_find(
		const struct domain *d, enum resource_kind kind, struct extent extent)
{
	(void)d;
	(void)kind;
	(void)extent;
	return NULL;
}

const struct claim *passthrough_find_lent(enum resource_kind kind, struct extent extent)
{
	(void)kind;
	(void)extent;
	return NULL;
}

void described_init(const struct dt_tree *tree)
{
	(void)tree;
}

void described_drop(void)
{
}

static bool is_kept(const struct dt_tree *tree, const struct dt_node *node)
{
	static const char *const kinds[] = { "arm,gic-v3", "arm,gic-400", "arm,cortex-a15-gic",
		"arm,gic-v3-its", "arm,smmu-v3", "arm,mmu-500", "arm,mmu-401", "arm,smmu-v2",
		"arm,smmu-v1", "arm,armv7-timer-mem", "xen,xen" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (dt_is_compatible(tree, node, kinds[i]))
			return true;
	return node->parent && dt_is_compatible(tree, node->parent, "arm,gic-v3");
}

static void keep_memory_of(const struct dt_node *node)
{
	struct dt_list list = dt_reg(host, node);
	struct dt_window window;
	int got;

	while ((got = dt_reg_next(&list, &window, NULL)) != 0)
		if (got > 0)
			assign_keep_memory((struct page_range){ PADDR(window.base), window.size });
}

void machine_start(struct dt_tree *tree)
{
	const struct dt_node *node;
	const char *type;

	host = tree;
	assign_init(tree, is_kept);
	dt_for_each_node (node, tree->root) {
		type = dt_prop_string(tree, node, "device_type");
		if (type && strcmp(type, "memory") == 0)
			keep_memory_of(node);
	}
	assign_boot_devices(&dom0);
}

int machine_try_dom0(const void *blob, size_t size, struct dt_why *why)
{
	char unread[1];
	struct report report = { .at = unread };

	return overlays_plan_attach(&dom0, blob, size, &report, why);
}

/* 0, too, for the rule that xen,force-assign-without-iommu lifts. */
static int try_node(const struct dt_node *node, bool *forced, struct dt_why *why)
{
	const struct rule_case c = { .tree = host, .domain = &guest, .node = node };
	int error = rules_check_node(&c, why);

	if (!error || !strstr(why->text, "[rule force-without-iommu]"))
		return error;
	*forced = true;
	return 0;
}

int machine_try_guest(struct dt_overlay *overlay, bool *forced, struct dt_why *why)
{
	struct dt_device_walk walk = dt_device_walk(overlay, false);
	char unread[1];
	struct report report = { .at = unread };
	const struct dt_node *node;
	struct attachment *planned;
	bool enabled;
	int error = 0;

	*forced = false;
	while (!error && (node = dt_device_walk_next(&walk, &enabled)))
		if (enabled)
			error = try_node(node, forced, why);
	if (!error)
		error = attach_plan(&stranger, overlay, &report, &planned, why);
	if (!error)
		attach_free(planned);
	return error;
}

int machine_try_blob(const void *blob, size_t size, struct report *report, struct dt_why *why)
{
	return overlays_plan_attach(&guest, blob, size, report, why);
}
