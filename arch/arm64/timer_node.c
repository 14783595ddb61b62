/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts and frequency of the generic timer, by name where `interrupt-names` is there, else by position. */
#include "arch/arm64/timer_node.h"

#include "arch/arm64/boot.h"
#include "dt/resource.h"
#include "lib/string.h"

static const char compatible[] = "arm,armv8-timer";

struct timer_irq {
	const char *name;
	uint32_t position;
};

static const struct timer_irq virtual_timer = { "virt", 2 };
static const struct timer_irq hypervisor_timer = { "hyp-phys", 3 };

/* UINT32_MAX: interrupt-names is there without the name. */
static uint32_t index_of(
		const struct dt_tree *tree, const struct dt_node *node, const struct timer_irq *irq)
{
	const struct dt_prop *names = dt_prop(tree, node, "interrupt-names");
	struct span list = names ? dt_prop_span(names) : span_of(NULL, 0);
	const char *name;
	size_t length;

	for (uint32_t i = 0; span_string(&list, &name, &length); i++) {
		if (strcmp(name, irq->name) == 0)
			return i;
	}
	return names ? UINT32_MAX : irq->position;
}

static uint32_t read_ppi(
		const struct dt_tree *tree, const struct dt_node *node, const struct timer_irq *irq)
{
	struct dt_list list = dt_irqs(tree, node);
	uint32_t index = index_of(tree, node, irq);
	struct dt_gic_irq decoded;
	struct dt_irq raw;

	while (dt_irqs_next(&list, &raw, NULL) > 0) {
		if (raw.index == index && dt_gic_decode(tree, &raw, &decoded, NULL) == 0 &&
				!decoded.spi)
			return decoded.intid;
	}
	boot_refuse("%s: interrupts has no PPI '%s': four entries are needed, the third of the virtual and the last of the EL2 timer",
			dt_path(node), irq->name);
}

static enum counter_erratum read_erratum(const struct dt_tree *tree, const struct dt_node *node)
{
	for (unsigned i = COUNTER_GOOD + 1; i < COUNTER_ERRATA; i++)
		if (dt_prop(tree, node, counter_property((enum counter_erratum)i)))
			return (enum counter_erratum)i;
	return COUNTER_GOOD;
}

void timer_node_read(const struct dt_tree *tree, struct timer_node *out)
{
	const struct dt_node *node = dt_find_compatible(tree, NULL, compatible);

	if (!node)
		boot_refuse("no node compatible with %s in the device tree", compatible);
	*out = (struct timer_node){ .node = node };
	(void)dt_prop_u32(tree, node, "clock-frequency", &out->frequency);
	out->erratum = read_erratum(tree, node);
	out->virtual_intid = read_ppi(tree, node, &virtual_timer);
	out->hypervisor_intid = read_ppi(tree, node, &hypervisor_timer);
}

bool timer_node_is(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_is_compatible(tree, node, compatible);
}
