/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks. A row applies to nodes or to one kind of resource; all rows of that kind must say yes. A check says
 * only why not: the node, the resource and the rule are put around it.
 */
#include "assign/rules.h"

#include "assign/passthrough.h"
#include "assign/turn.h"
#include "core/arch.h"
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
	return dt_fail(why, -EBUSY, "a device of this kind is Graft's own");
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
		return dt_fail(why, -EXDEV, "behind an IOMMU, and d%u was made without passthrough",
				c->domain->id);
	return dt_fail(why, -EXDEV, "behind an IOMMU that Graft does not drive");
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
			dt_is_forced(c->tree, c->node) ||
			(c->guest && dt_is_forced(c->guest_tree, c->guest)))
		return 0;
	return dt_fail(why, -EXDEV,
			"behind no IOMMU: DMA of it could reach all memory; xen,force-assign-without-iommu allows it");
}

/* Something of the window is placed: what is inside it is asked of each placement. */
static bool is_placed(const struct rule_case *c, const struct resource *window)
{
	struct dt_list list = dt_placements(c->guest_tree, c->guest);
	struct dt_placement place;

	turn_poll();
	while (dt_placements_next(&list, &place, NULL) > 0) {
		if (place.physical - window->base < window->size)
			return true;
	}
	return false;
}

/* Windows of a bus may be left out. */
static int check_all_placed(const struct rule_case *c, struct dt_why *why)
{
	struct resource_walk walk = resource_walk(c->tree, c->node);
	struct resource window;
	int rc;

	while ((rc = resource_walk_next(&walk, &window, why)) > 0) {
		if (resource_is_of_reg(&walk) && !is_placed(c, &window))
			return dt_fail(why, -EINVAL,
					"%s: no xen,reg in %s says where d%u is to see them",
					resource_name(&window), dt_path(c->guest), c->domain->id);
	}
	return rc;
}

/* Registers */

static bool lies_in(const struct resource *part, const struct resource *whole)
{
	uint64_t offset = part->base - whole->base;

	return whole->kind == RESOURCE_MMIO && offset < whole->size &&
	       part->size <= whole->size - offset;
}

/* A guest's blob may narrow what the host's node has, never widen it. */
static int check_own_registers(const struct rule_case *c, struct dt_why *why)
{
	const struct resource *part = c->resource;
	struct resource_walk walk;
	struct resource window;
	bool begins_inside = false;

	if (!c->guest)
		return 0;
	turn_poll();
	walk = resource_walk(c->tree, c->node);
	while (resource_walk_next(&walk, &window, NULL) != 0) {
		if (lies_in(part, &window))
			return 0;
		begins_inside |= window.kind == RESOURCE_MMIO &&
		                 part->base - window.base < window.size;
	}
	return dt_fail(why, -EPERM, "by xen,reg: %s",
			begins_inside ? "more than it has from there on" : "it has none there");
}

static int check_page_offset(const struct rule_case *c, struct dt_why *why)
{
	if (((c->resource->base ^ c->resource->guest) & ~PAGE_MASK) == 0)
		return 0;
	return dt_fail(why, -EINVAL,
			"not page-aligned: 0x%llx is not as far into its page of 4 KiB",
			(unsigned long long)c->resource->guest);
}

static int check_place(const struct rule_case *c, struct dt_why *why)
{
	uint64_t base = c->resource->guest, size = c->resource->size;
	uint64_t space = BIT(c->domain->p2m.ipa_bits);

	if (size - 1 <= UINT64_MAX - base && base < space && size <= space - base)
		return 0;
	return dt_fail(why, -EINVAL, "at 0x%llx outside of the %u bits of d%u's address space",
			(unsigned long long)base, c->domain->p2m.ipa_bits, c->domain->id);
}

static int check_memory(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other || other->node)
		return 0;
	return dt_fail(why, -EBUSY, "that is memory (0x%llx to 0x%llx), which is Graft's to give",
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
	return dt_fail(why, -EBUSY, "owned by %s (%s)", owner_name(other->owner),
			dt_path(other->node));
}

static int check_shared_page(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other)
		return 0;
	return dt_fail(why, -EBUSY, "shares a page of 4 KiB with %s (%s of %s)",
			dt_path(other->node), resource_name(&other->resource),
			owner_name(other->owner));
}

static int check_one_place(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *moved = NULL;

	if (!c->domain->config.direct_mapped)
		moved = ledger_find_moved(extent_of(c->resource), shift_of(c->resource));
	if (!moved)
		return 0;
	return dt_fail(why, -EINVAL, "d%u has them with %s, at another address", c->domain->id,
			dt_path(moved->node));
}

/* What a guest that libxl made has beside what its page tables tell (xen/arch-arm.h). */
static const struct {
	uint64_t base, size;
	const char *what;
} places[] = {
	{ GUEST_GICV3_GICD_BASE, GUEST_GICV3_GICD_SIZE, "its interrupt controller" },
	{ GUEST_GICV3_GICR0_BASE, GUEST_GICV3_GICR0_SIZE, "its interrupt controller" },
	{ GUEST_GNTTAB_BASE, GUEST_GNTTAB_SIZE, "its grant table" },
};

/* What is there; NULL: nothing. */
static const char *find_in_guest(struct domain *d, ipa_t at, uint64_t count)
{
	uint64_t size = count << PAGE_SHIFT;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !d->config.direct_mapped; i++) {
		if (at.v - places[i].base < places[i].size || places[i].base - at.v < size)
			return places[i].what;
	}
	if (!d->config.direct_mapped && arch_domain_emulates(d, at, size))
		return "an emulated device";
	return p2m_range_used(d, at, count) ? "something else" : NULL;
}

/* Where the domain sees them there may be nothing else, but registers it has already. */
static int check_guest_address(const struct rule_case *c, struct dt_why *why)
{
	struct extent rest = extent_of(c->resource), gap;

	while (ledger_next_gap(RESOURCE_MMIO, &rest, &gap)) {
		uint64_t count = gap.last - gap.first + 1;
		ipa_t at = ipa_of_gfn(gap.first + shift_of(c->resource));
		const char *what = find_in_guest(c->domain, at, count);

		if (what)
			return dt_fail(why, -EBUSY, "at 0x%llx d%u has %s",
					(unsigned long long)c->resource->guest, c->domain->id,
					what);
	}
	return 0;
}

/* Interrupts */

/* That of the host's node with the same number. */
static int find_own_interrupt(const struct rule_case *c, struct resource *own, struct dt_why *why)
{
	struct resource_walk walk = resource_walk(c->tree, c->node);
	int rc;

	do
		rc = resource_walk_next(&walk, own, why);
	while (rc > 0 && (own->kind != RESOURCE_SPI || own->base != c->resource->base));
	return rc;
}

static int check_own_interrupt(const struct rule_case *c, struct dt_why *why)
{
	const struct resource *named = c->resource;
	struct resource own;
	int rc = c->guest ? find_own_interrupt(c, &own, why) : 0;

	if (!c->guest || rc < 0)
		return rc;
	if (rc == 0)
		return dt_fail(why, -EPERM, "it has no such interrupt, but %s names it",
				dt_path(c->guest));
	if (own.edge == named->edge)
		return 0;
	return dt_fail(why, -EINVAL, "%s triggered, but %s has it as %s triggered",
			own.edge ? "edge" : "level", dt_path(c->guest),
			named->edge ? "edge" : "level");
}

static int check_shared_interrupt(const struct rule_case *c, struct dt_why *why)
{
	if (c->resource->shared)
		return 0;
	return dt_fail(why, -EINVAL, "is private to each CPU, only SPIs can be given");
}

static int check_interrupt_owner(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = c->other;

	if (!other)
		return 0;
	return dt_fail(why, -EBUSY, "owned by %s (%s)", owner_name(other->owner),
			dt_path(other->node));
}

static int check_possible(const struct rule_case *c, struct dt_why *why)
{
	if (!c->resource->impossible)
		return 0;
	return dt_fail(why, -EINVAL,
			"an SPI is triggered by a rising edge (1) or a high level (4) alone");
}

/* One line has one trigger, whoever is on it, and whether that is in the ledger or only planned. */
static int check_trigger(const struct rule_case *c, struct dt_why *why)
{
	const struct claim *other = ledger_find(RESOURCE_SPI, c->resource->base);

	if (!other)
		other = c->planned;
	if (!other || other->resource.edge == c->resource->edge)
		return 0;
	return dt_fail(why, -EINVAL, "%s triggered, but %s has it as %s triggered",
			c->resource->edge ? "edge" : "level", dt_path(other->node),
			other->resource.edge ? "edge" : "level");
}

static int check_machine(const struct rule_case *c, struct dt_why *why)
{
	unsigned spi = (unsigned)c->resource->base - 32;
	int err;

	if (ledger_find(RESOURCE_SPI, c->resource->base)) /* d's: routed already */
		return 0;
	if (!c->domain->config.direct_mapped && spi >= c->domain->config.spis)
		return dt_fail(why, -EINVAL,
				"d%u was made with %u SPIs: nr_spis=%u in its configuration is needed",
				c->domain->id, c->domain->config.spis, spi + 1);
	err = irq_may_route(c->domain, (uint32_t)c->resource->base);
	if (!err)
		return 0;
	return dt_fail(why, err, "%s",
			err == -EBUSY ? "Graft uses it, itself or for an emulated device"
				      : "the machine or the domain has no such interrupt");
}

/* Streams */

static int check_stream_ids(const struct rule_case *c, struct dt_why *why)
{
	if (c->resource->base <= UINT32_MAX &&
			c->resource->size - 1 <= UINT32_MAX - c->resource->base)
		return 0;
	return dt_fail(why, -EINVAL, "%llu stream ids from there do not exist",
			(unsigned long long)c->resource->size);
}

enum { NODE = RESOURCE_KINDS, PLACES };

/* Each kind has some, which stand together. */
static const struct rule {
	const char *name;
	unsigned kind; /* enum resource_kind, NODE or PLACES */
	int (*check)(const struct rule_case *c, struct dt_why *why);
} rules[] = {
	{ "kept-device", NODE, check_kept },
	{ "iommu", NODE, check_iommu },
	{ "force-without-iommu", NODE, check_forced },
	{ "all-placed", PLACES, check_all_placed },
	{ "own-registers", RESOURCE_MMIO, check_own_registers },
	{ "page-offset", RESOURCE_MMIO, check_page_offset },
	{ "address-space", RESOURCE_MMIO, check_place },
	{ "not-memory", RESOURCE_MMIO, check_memory },
	{ "one-owner", RESOURCE_MMIO, check_owner },
	{ "page-not-shared", RESOURCE_MMIO, check_shared_page },
	{ "one-place", RESOURCE_MMIO, check_one_place },
	{ "guest-address-free", RESOURCE_MMIO, check_guest_address },
	{ "own-interrupt", RESOURCE_SPI, check_own_interrupt },
	{ "spi", RESOURCE_SPI, check_shared_interrupt },
	{ "one-owner", RESOURCE_SPI, check_interrupt_owner },
	{ "trigger", RESOURCE_SPI, check_possible },
	{ "one-trigger", RESOURCE_SPI, check_trigger },
	{ "interrupt-exists", RESOURCE_SPI, check_machine },
	{ "stream-ids", RESOURCE_STREAM, check_stream_ids },
	{ "one-owner", RESOURCE_STREAM, check_interrupt_owner },
};

static int refuse(const struct rule_case *c, const struct rule *rule, int err, const char *reason,
		struct dt_why *why)
{
	if (!c->resource)
		return dt_fail(why, err, "%s: %s [rule %s]", dt_path(c->node), reason, rule->name);
	return dt_fail(why, err, "%s: %s: %s [rule %s]", dt_path(c->node),
			resource_name(c->resource), reason, rule->name);
}

static int check(const struct rule_case *c, unsigned kind, struct dt_why *why)
{
	const struct rule *rule = rules;
	struct dt_why reason; /* the text is written before it is read */

	reason.each = NULL;
	while (rule->kind != kind)
		rule++;
	for (; rule < rules + ARRAY_SIZE(rules) && rule->kind == kind; rule++) {
		int err = rule->check(c, &reason);

		if (err)
			return refuse(c, rule, err, reason.text, why);
	}
	return 0;
}

int rules_check_node(const struct rule_case *c, struct dt_why *why)
{
	return check(c, NODE, why);
}

int rules_check_places(const struct rule_case *c, struct dt_why *why)
{
	return check(c, PLACES, why);
}

int rules_check_resource(struct rule_case *c, struct dt_why *why)
{
	struct extent extent = extent_of(c->resource);

	c->other = ledger_find_other(c->resource->kind, extent, c->domain);
	if (!c->other) /* one way to have it is enough */
		c->other = passthrough_find(c->domain, c->resource->kind, extent);
	if (!c->other)
		c->other = passthrough_find_lent(c->resource->kind, extent);
	return check(c, c->resource->kind, why);
}
