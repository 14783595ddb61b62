/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, one function each, in one table: every pair of uses goes past all of them. */
#include "tools/conflict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

#define PAGE 0x1000

/* One use of the overlay's, and one of another node. */
struct pair {
	const struct dt_tree *tree;
	const struct use *own, *other;
};

static uint64_t last_of(const struct dt_window *window)
{
	return window->base + (window->size - 1);
}

static bool overlaps(const struct pair *pair, uint64_t granule)
{
	uint64_t mask = ~(granule - 1);
	const struct dt_window *a = &pair->own->window, *b = &pair->other->window;

	return pair->own->kind == USE_WINDOW && pair->other->kind == USE_WINDOW &&
	       (a->base & mask) <= (last_of(b) & mask) && (b->base & mask) <= (last_of(a) & mask);
}

static bool is_memory(const struct pair *pair)
{
	const char *type = dt_prop_string(pair->tree, pair->other->node, "device_type");

	return type && strcmp(type, "memory") == 0;
}

static bool is_gic(const struct dt_tree *tree, const struct dt_node *node)
{
	/* Only a GIC's own specifier can be decoded. */
	struct dt_irq probe = { .controller = node, .cell_count = 3 };
	struct dt_gic_irq unused;

	return dt_gic_decode(tree, &probe, &unused, NULL) == 0;
}

/* A GIC and its parts: frames and translation services are children of it. */
static bool is_controller(const struct pair *pair)
{
	const struct dt_node *node = pair->other->node;

	while (node && !is_gic(pair->tree, node))
		node = node->parent;
	return node;
}

static char *tell_window(const char *what, const struct pair *pair)
{
	const struct dt_window *a = &pair->own->window, *b = &pair->other->window;

	return memory_print("0x%" PRIx64 "-0x%" PRIx64 " %s 0x%" PRIx64 "-0x%" PRIx64, a->base,
			last_of(a), what, b->base, last_of(b));
}

static char *meets_ram(const struct pair *pair)
{
	return overlaps(pair, PAGE) && is_memory(pair) ? tell_window("lies in RAM", pair) : NULL;
}

static char *meets_controller(const struct pair *pair)
{
	return overlaps(pair, PAGE) && is_controller(pair)
	                       ? tell_window("lies in the interrupt controller,", pair)
	                       : NULL;
}

static char *meets_window(const struct pair *pair)
{
	return overlaps(pair, 1) && !is_memory(pair) && !is_controller(pair)
	                       ? tell_window("overlaps", pair)
	                       : NULL;
}

static char *shares_page(const struct pair *pair)
{
	return overlaps(pair, PAGE) && !overlaps(pair, 1) && !is_memory(pair) &&
	                                       !is_controller(pair)
	                       ? tell_window("shares a 4 KiB page with", pair)
	                       : NULL;
}

static char *same_interrupt(const struct pair *pair)
{
	if (pair->own->kind != USE_IRQ || pair->other->kind != USE_IRQ ||
			pair->own->gic.intid != pair->other->gic.intid || !pair->own->gic.spi)
		return NULL;
	return memory_print("SPI %u is used already", pair->own->gic.intid - 32);
}

static char *same_stream(const struct pair *pair)
{
	const struct dt_stream *a = &pair->own->stream, *b = &pair->other->stream;

	if (pair->own->kind != USE_STREAM || pair->other->kind != USE_STREAM ||
			a->iommu != b->iommu || a->cell_count == 0 ||
			(uint64_t)a->cells[0] + a->count <= b->cells[0] ||
			(uint64_t)b->cells[0] + b->count <= a->cells[0])
		return NULL;
	return memory_print("stream 0x%x is used already", a->cells[0]);
}

static const struct {
	const char *name;
	char *(*check)(const struct pair *pair);
} rules[] = {
	{ "ram", meets_ram },
	{ "interrupt-controller", meets_controller },
	{ "overlap", meets_window },
	{ "shared-page", shares_page },
	{ "interrupt", same_interrupt },
	{ "stream", same_stream },
};

static void add(struct conflicts *conflicts, const char *rule, const struct dt_node *node,
		const struct dt_node *other, const char *text)
{
	conflicts->at = memory_grow(
			conflicts->at, conflicts->count, &conflicts->room, sizeof(*conflicts->at));
	conflicts->at[conflicts->count++] = (struct conflict){
		.rule = rule, .node = node, .other = other, .text = text
	};
}

/* The same is found as often as an interrupt-map names it. */
static bool is_known(const struct conflicts *conflicts, const struct pair *pair, const char *text)
{
	for (size_t i = 0; i < conflicts->count; i++)
		if (conflicts->at[i].node == pair->own->node &&
				conflicts->at[i].other == pair->other->node &&
				strcmp(conflicts->at[i].text, text) == 0)
			return true;
	return false;
}

static void try_rules(struct conflicts *conflicts, const struct pair *pair)
{
	char *text;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		text = rules[i].check(pair);
		if (text && !is_known(conflicts, pair, text))
			add(conflicts, rules[i].name, pair->own->node, pair->other->node, text);
		else
			free(text);
	}
}

/* One line has one trigger. */
static void find_triggers(struct conflicts *conflicts, const struct uses *own)
{
	const struct use *a, *b;

	for (size_t i = 0; i < own->count; i++) {
		for (size_t j = 0; j < i; j++) {
			a = &own->at[i];
			b = &own->at[j];
			if (a->kind == USE_IRQ && b->kind == USE_IRQ && a->gic.spi &&
					a->gic.intid == b->gic.intid && a->gic.edge != b->gic.edge)
				add(conflicts, "trigger", a->node, b->node,
						memory_print("SPI %u is %s triggered here, %s triggered there",
								a->gic.intid - 32,
								a->gic.edge ? "edge" : "level",
								b->gic.edge ? "edge" : "level"));
		}
	}
}

static void find_private(struct conflicts *conflicts, const struct uses *own)
{
	const struct use *use;

	for (size_t i = 0; i < own->count; i++) {
		use = &own->at[i];
		if (use->kind == USE_IRQ && !use->gic.spi)
			add(conflicts, "private-interrupt", use->node, NULL,
					memory_print("interrupt %u is private to each CPU",
							use->gic.intid));
	}
}

/* Brought by the overlay, or of the base and changed by it. */
static bool is_own(const struct uses *own, const struct dt_overlay *overlay,
		const struct dt_node *node)
{
	bool found = node->owner == overlay;

	for (size_t i = 0; !found && i < own->count; i++)
		found = own->at[i].node == node;
	return found;
}

/* What is disabled is nobody's: it can be in nobody's way. */
static struct uses enabled_of(const struct dt_tree *tree, const struct uses *all)
{
	struct uses enabled = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		if (!uses_are_enabled(tree, all->at[i].node))
			continue;
		enabled.at = memory_grow(
				enabled.at, enabled.count, &enabled.room, sizeof(*enabled.at));
		enabled.at[enabled.count++] = all->at[i];
	}
	return enabled;
}

void conflicts_find(struct conflicts *conflicts, const struct dt_tree *tree,
		const struct dt_overlay *overlay, const struct uses *all)
{
	struct pair pair = { .tree = tree };
	struct uses others = { 0 }, own = enabled_of(tree, all);
	const struct dt_node *node;

	dt_for_each_node (node, tree->root)
		if (uses_are_enabled(tree, node) && !is_own(all, overlay, node))
			uses_read(&others, tree, node, NULL);
	for (size_t i = 0; i < own.count; i++) {
		for (size_t j = 0; j < others.count; j++) {
			pair.own = &own.at[i];
			pair.other = &others.at[j];
			try_rules(conflicts, &pair);
		}
	}
	find_triggers(conflicts, &own);
	find_private(conflicts, &own);
	free(others.at);
	free(own.at);
}
