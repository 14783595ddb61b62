/* SPDX-License-Identifier: Apache-2.0 */
/* The plan for a program: tools/plan.schema.json says what is in it. Addresses are strings in hex. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/json.h"
#include "tools/say.h"
#include "tools/scheme.h"

static void put_cells(struct json *json, const uint32_t *cells, uint32_t count)
{
	json_begin_list(json, "cells");
	for (uint32_t i = 0; i < count; i++)
		json_number(json, NULL, cells[i]);
	json_end(json);
}

static void put_window(struct json *json, const struct use *use)
{
	json_begin(json, NULL);
	json_string(json, "property", use->source);
	json_hex(json, "base", use->window.base);
	json_hex(json, "size", use->window.size);
	json_end(json);
}

static void put_irq(struct json *json, const struct use *use)
{
	json_begin(json, NULL);
	json_string(json, "property", use->source);
	json_string(json, "controller", dt_path(use->irq.controller));
	put_cells(json, use->irq.cells, use->irq.cell_count);
	if (use->kind == USE_IRQ) {
		json_string(json, "kind", use->gic.spi ? "SPI" : "PPI");
		json_number(json, "intid", use->gic.intid);
		json_string(json, "trigger", use->gic.edge ? "edge" : "level");
	}
	json_end(json);
}

static void put_stream(struct json *json, const struct use *use)
{
	json_begin(json, NULL);
	json_string(json, "property", use->source);
	json_string(json, "iommu", dt_path(use->stream.iommu));
	put_cells(json, use->stream.cells, use->stream.cell_count);
	json_number(json, "count", use->stream.count);
	json_end(json);
}

static bool is_irq(const struct use *use)
{
	return use->kind == USE_IRQ || use->kind == USE_WIRE;
}

static bool is_window(const struct use *use)
{
	return use->kind == USE_WINDOW;
}

static bool is_stream(const struct use *use)
{
	return use->kind == USE_STREAM;
}

static const struct {
	const char *name;
	bool (*holds)(const struct use *use);
	void (*put)(struct json *json, const struct use *use);
} lists[] = {
	{ "windows", is_window, put_window },
	{ "interrupts", is_irq, put_irq },
	{ "streams", is_stream, put_stream },
};

static void put_node(struct json *json, const struct scheme *scheme, const struct dt_node *node)
{
	const struct dt_prop *compatible = dt_prop(scheme->tree, node, "compatible");

	json_begin(json, NULL);
	json_string(json, "path", dt_path(node));
	json_bool(json, "enabled", uses_are_enabled(scheme->tree, node));
	json_bool(json, "brought", node->owner == scheme->overlay);
	/* The first, most specific one. */
	if (compatible && compatible->size && !compatible->value[compatible->size - 1])
		json_string(json, "compatible", (const char *)compatible->value);
	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		json_begin_list(json, lists[l].name);
		for (size_t i = 0; i < scheme->uses.count; i++)
			if (scheme->uses.at[i].node == node && lists[l].holds(&scheme->uses.at[i]))
				lists[l].put(json, &scheme->uses.at[i]);
		json_end(json);
	}
	json_end(json);
}

static void put_nodes(struct json *json, const struct scheme *scheme)
{
	json_begin_list(json, "nodes");
	for (size_t i = 0; i < scheme->devices.count; i++)
		put_node(json, scheme, scheme->devices.at[i]);
	json_end(json);
}

static void put_changes(struct json *json, const struct dt_overlay *overlay)
{
	struct dt_change change;

	json_begin_list(json, "changes");
	dt_for_each_change(change, overlay)
	{
		if (change.kind == DT_ADD_NODE || scheme_is_table(change.node))
			continue;
		json_begin(json, NULL);
		json_string(json, "path", dt_path(change.node));
		json_string(json, "property", change.prop->name);
		json_string(json, "kind", change.kind == DT_SET_PROP ? "changed" : "added");
		json_end(json);
	}
	json_end(json);
}

static void put_conflicts(struct json *json, const struct conflicts *conflicts)
{
	const struct conflict *conflict;

	json_begin_list(json, "conflicts");
	for (size_t i = 0; i < conflicts->count; i++) {
		conflict = &conflicts->at[i];
		json_begin(json, NULL);
		json_string(json, "rule", conflict->rule);
		json_string(json, "path", dt_path(conflict->node));
		if (conflict->other)
			json_string(json, "with", dt_path(conflict->other));
		json_string(json, "text", conflict->text);
		json_end(json);
	}
	json_end(json);
}

static void put_faults(struct json *json, const struct scheme *scheme)
{
	json_begin_list(json, "faults");
	for (size_t i = 0; i < scheme->fault_count; i++) {
		json_begin(json, NULL);
		json_string(json, "error", scheme->faults[i].error);
		json_string(json, "text", scheme->faults[i].text);
		json_end(json);
	}
	json_end(json);
}

static void put_remarks(struct json *json, const struct scheme *scheme)
{
	json_begin_list(json, "remarks");
	for (size_t i = 0; i < scheme->remark_count; i++)
		json_string(json, NULL, scheme->remarks[i]);
	json_end(json);
}

void scheme_print_json(const struct scheme *scheme)
{
	struct json json = { .file = stdout };

	json_begin(&json, NULL);
	json_string(&json, "overlay", scheme->overlay_file);
	json_string(&json, "base", scheme->base_file);
	put_nodes(&json, scheme);
	put_changes(&json, scheme->overlay);
	put_conflicts(&json, &scheme->conflicts);
	put_faults(&json, scheme);
	put_remarks(&json, scheme);
	json_end(&json);
	printf("\n");
}
