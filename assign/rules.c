/* SPDX-License-Identifier: Apache-2.0 */
/* The checks. A row applies to nodes or to one kind of resource; all rows of that kind must say yes. */
#include "assign/rules.h"

#include "core/domain.h"
#include "core/error.h"
#include "core/irq.h"

static bool keep_nothing(const struct dt_tree *tree, const struct dt_node *node)
{
	(void)tree;
	(void)node;
	return false;
}

static bool (*is_kept)(const struct dt_tree *tree, const struct dt_node *node) = keep_nothing;

void rules_set_kept(bool (*kept)(const struct dt_tree *tree, const struct dt_node *node))
{
	is_kept = kept;
}

/* Nodes */

static int check_kept(const struct rule_case *c, struct dt_why *why)
{
	if (!is_kept(c->tree, c->node))
		return 0;
	return dt_fail(why, -EBUSY, "%s: a device of this kind is Graft's own", dt_path(c->node));
}

static bool has_streams(const struct rule_case *c)
{
	return dt_prop(c->tree, c->node, "iommus") || dt_prop(c->tree, c->node, "iommu-map");
}

/* No device behind an IOMMU is given away that Graft does not drive; Dom0's DMA needs no translation. */
static int check_iommu(const struct rule_case *c, struct dt_why *why)
{
	if (c->domain->config.direct_mapped || !has_streams(c))
		return 0;
	if (!c->domain->config.passthrough)
		return dt_fail(why, -EXDEV,
			"%s is behind an IOMMU, and d%u was made without passthrough",
			dt_path(c->node), c->domain->id);
	return dt_fail(
		why, -EXDEV, "%s is behind an IOMMU that Graft does not drive", dt_path(c->node));
}

static bool has_registers(const struct rule_case *c)
{
	struct resource_walk walk = resource_walk(c->tree, c->node);
	struct resource resource;

	return resource_walk_next(&walk, &resource, NULL) > 0;
}

static int check_forced(const struct rule_case *c, struct dt_why *why)
{
	if (c->domain->config.direct_mapped || has_streams(c) || !has_registers(c) ||
		dt_is_forced(c->tree, c->node))
		return 0;
	return dt_fail(why, -EXDEV,
		"%s has no IOMMU: DMA of it could reach all memory; xen,force-assign-without-iommu allows it",
		dt_path(c->node));
}

/* Registers */

static int check_place(const struct rule_case *c, struct dt_why *why)
{
	uint64_t base = c->resource->base, size = c->resource->size;
	uint64_t space = BIT(c->domain->p2m.ipa_bits);

	if (size - 1 <= UINT64_MAX - base && base < space && size <= space - base)
		return 0;
	return dt_fail(why, -EINVAL, "%s: %s: outside of the %u bits of d%u's address space",
		dt_path(c->node), resource_name(c->resource), c->domain->p2m.ipa_bits,
		c->domain->id);
}

static int check_memory(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other || other->node)
		return 0;
	return dt_fail(why, -EBUSY,
		"%s: %s: that is memory (0x%llx to 0x%llx), which is Graft's to give",
		dt_path(c->node), resource_name(c->resource),
		(unsigned long long)other->resource.base,
		(unsigned long long)(other->resource.base + other->resource.size - 1));
}

static bool same_bytes(const struct resource *a, const struct resource *b)
{
	return a->base - b->base < b->size || b->base - a->base < a->size;
}

static int check_owner(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other || !same_bytes(c->resource, &other->resource))
		return 0;
	return dt_fail(why, -EBUSY, "%s: %s: owned by %s (%s)", dt_path(c->node),
		resource_name(c->resource), owner_name(other->owner), dt_path(other->node));
}

static int check_shared_page(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other)
		return 0;
	return dt_fail(why, -EBUSY, "%s: %s: shares a page of 4 KiB with %s (%s of %s)",
		dt_path(c->node), resource_name(c->resource), dt_path(other->node),
		resource_name(&other->resource), owner_name(other->owner));
}

/* Where the domain sees them there may be nothing else, but registers it has already. */
static int check_guest_address(const struct rule_case *c, struct dt_why *why)
{
	struct extent rest = extent_of(c->resource), gap;

	while (ledger_next_gap(RESOURCE_MMIO, &rest, &gap)) {
		if (p2m_range_used(c->domain, ipa_of_gfn(gap.first), gap.last - gap.first + 1))
			return dt_fail(why, -EBUSY,
				"%s: %s: d%u has something else at that address", dt_path(c->node),
				resource_name(c->resource), c->domain->id);
	}
	return 0;
}

/* Interrupts */

static int check_shared_interrupt(const struct rule_case *c, struct dt_why *why)
{
	if (c->resource->shared)
		return 0;
	return dt_fail(why, -EINVAL, "%s: %s: is private to each CPU, only SPIs can be given",
		dt_path(c->node), resource_name(c->resource));
}

static int check_interrupt_owner(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other)
		return 0;
	return dt_fail(why, -EBUSY, "%s: %s: owned by %s (%s)", dt_path(c->node),
		resource_name(c->resource), owner_name(other->owner), dt_path(other->node));
}

/* One line has one trigger, whoever is on it. */
static int check_trigger(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = ledger_find(RESOURCE_SPI, c->resource->base);

	if (!other || other->resource.edge == c->resource->edge)
		return 0;
	return dt_fail(why, -EINVAL, "%s: %s: %s triggered, but %s has it as %s triggered",
		dt_path(c->node), resource_name(c->resource), c->resource->edge ? "edge" : "level",
		dt_path(other->node), other->resource.edge ? "edge" : "level");
}

static int check_machine(const struct rule_case *c, struct dt_why *why)
{
	int err;

	if (ledger_find(RESOURCE_SPI, c->resource->base)) /* d's: routed already */
		return 0;
	err = irq_may_route(c->domain, (uint32_t)c->resource->base);
	if (!err)
		return 0;
	return dt_fail(why, err, "%s: %s: %s", dt_path(c->node), resource_name(c->resource),
		err == -EBUSY ? "Graft itself uses it"
			      : "the machine or the domain has no such interrupt");
}

/* Streams */

static int check_stream_ids(const struct rule_case *c, struct dt_why *why)
{
	if (c->resource->base <= UINT32_MAX &&
		c->resource->size - 1 <= UINT32_MAX - c->resource->base)
		return 0;
	return dt_fail(why, -EINVAL, "%s: %s: %llu stream ids from there do not exist",
		dt_path(c->node), resource_name(c->resource),
		(unsigned long long)c->resource->size);
}

enum { NODE = RESOURCE_KINDS };

static const struct rule {
	const char *name;
	unsigned kind; /* enum resource_kind, or NODE */
	int (*check)(const struct rule_case *c, struct dt_why *why);
} rules[] = {
	{ "kept-device", NODE, check_kept },
	{ "iommu", NODE, check_iommu },
	{ "force-without-iommu", NODE, check_forced },
	{ "address-space", RESOURCE_MMIO, check_place },
	{ "not-memory", RESOURCE_MMIO, check_memory },
	{ "one-owner", RESOURCE_MMIO, check_owner },
	{ "page-not-shared", RESOURCE_MMIO, check_shared_page },
	{ "guest-address-free", RESOURCE_MMIO, check_guest_address },
	{ "spi", RESOURCE_SPI, check_shared_interrupt },
	{ "one-owner", RESOURCE_SPI, check_interrupt_owner },
	{ "one-trigger", RESOURCE_SPI, check_trigger },
	{ "interrupt-exists", RESOURCE_SPI, check_machine },
	{ "stream-ids", RESOURCE_STREAM, check_stream_ids },
	{ "one-owner", RESOURCE_STREAM, check_interrupt_owner },
};

static int check(const struct rule_case *c, unsigned kind, struct dt_why *why)
{
	struct dt_why reason; /* the text is written before it is read */

	reason.each = NULL;
	for (const struct rule *rule = rules; rule < rules + ARRAY_SIZE(rules); rule++) {
		int err = rule->kind == kind ? rule->check(c, &reason) : 0;

		if (err)
			return dt_fail(why, err, "%s [rule %s]", reason.text, rule->name);
	}
	return 0;
}

int rules_check_node(const struct rule_case *c, struct dt_why *why)
{
	return check(c, NODE, why);
}

int rules_check_resource(struct rule_case *c, struct dt_why *why)
{
	c->other = ledger_find_other(c->resource->kind, extent_of(c->resource), c->domain);
	return check(c, c->resource->kind, why);
}
