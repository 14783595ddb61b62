/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's devices to Dom0: registers mapped at their own addresses, SPIs routed. */
#include "arch/arm64/boot.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "arch/arm64/host_tree.h"
#include "assign/boot.h"
#include "core/p2m.h"
#include "core/printk.h"
#include "lib/string.h"

static const struct dom0 *building; /* whose uart and gic are kept, also after it is built */

static bool is_one_of(const char *name, const char *const *names)
{
	/* The first letter decides for nearly all: this is asked of each node that is attached. */
	while (*names && (**names != *name || strcmp(name, *names) != 0))
		names++;
	return *names != NULL;
}

/*
 * The processor's own counters (binding arm,pmu: "arm,cortex-a53-pmu", "apm,potenza-pmu"; "arm,dsu-pmu", whose
 * registers of the cluster trap too). A power management unit ("qcom,wcn7850-pmu") has the word in its name, but no
 * counter that could overflow: no interrupt.
 */
static bool is_pmu(const char *name, bool interrupts)
{
	return strstr(name, "-pmu") && (interrupts || strncmp(name, "arm,", 4) == 0);
}

/* The first of its compatible strings that means a device which Graft keeps, or one of names. */
static bool is_of_kept_kind(const struct dt_node *node, const char *const *names)
{
	const struct dt_prop *compatible = dt_prop(&host_tree, node, "compatible");
	struct span list = compatible ? dt_prop_span(compatible) : span_of(NULL, 0);
	bool may_be_pmu = compatible && !dt_prop(&host_tree, node, "reg");
	bool interrupts = may_be_pmu &&
	                  (dt_prop(&host_tree, node, "interrupts") ||
					  dt_prop(&host_tree, node, "interrupts-extended"));
	const char *name;
	size_t length;

	while (span_string(&list, &name, &length)) {
		if (is_one_of(name, names) || (may_be_pmu && is_pmu(name, interrupts)))
			return true;
	}
	return false;
}

/* The GIC comes first: Dom0 sees one, but an emulated one. */
static const char *const kept_kinds[] = { "arm,gic-v3", "arm,smmu-v3", "arm,mmu-500", "arm,mmu-401",
	"arm,smmu-v2", "arm,smmu-v1", "arm,gic-v3-its", "arm,armv7-timer-mem", "xen,xen",
	"xen,multiboot-module", "multiboot,module", NULL };

bool dom0_is_kept(const struct dom0 *dom0, const struct dt_node *node)
{
	return node == dom0->uart || is_of_kept_kind(node, kept_kinds + 1) ||
	       (node->parent && node->parent == dom0->gic);
}

static bool is_kept(const struct dt_tree *tree, const struct dt_node *node)
{
	(void)tree; /* it is the host's */
	return node == building->uart || is_of_kept_kind(node, kept_kinds) ||
	       (node->parent && node->parent == building->gic);
}

static struct page_range pages_of(const struct dt_window *window)
{
	uint64_t start = ALIGN_DOWN(window->base, PAGE_SIZE);
	uint64_t end = ALIGN_UP(window->base + window->size, PAGE_SIZE);

	return (struct page_range){ PADDR(start), end - start };
}

/* Firmware's and devices' own memory inside RAM: Dom0's drivers are who uses it. */
static void map_reserved_memory(struct dom0 *dom0)
{
	const struct dt_node *top = dt_node_at(&host_tree, "/reserved-memory"), *node;
	struct dt_window window;

	if (!top)
		return;
	dt_for_each_child (node, top) {
		struct dt_list list = dt_reg(&host_tree, node);

		while (dt_reg_next(&list, &window, NULL) > 0) {
			struct page_range range = pages_of(&window);

			if (p2m_map(dom0->domain, IPA(range.base.v), range.base,
					    range.size >> PAGE_SHIFT, P2M_RAM))
				log_warn("%s: cannot be mapped for Dom0", dt_path(node));
		}
	}
}

void dom0_assign_devices(struct dom0 *dom0)
{
	building = dom0;
	assign_init(&host_tree, is_kept);
	for (size_t i = 0; i < boot_info.ram_count; i++)
		assign_keep_memory(boot_info.ram[i]);
	assign_boot_devices(dom0->domain);
	map_reserved_memory(dom0);
}
