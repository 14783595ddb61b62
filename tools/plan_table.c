/* SPDX-License-Identifier: Apache-2.0 */
/* The plan for a person: one block of lines per node, columns as wide as what is in them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/say.h"
#include "tools/scheme.h"

enum column {
	NODE,
	MMIO,
	INTERRUPT,
	STREAM,
	NOTE,
	COLUMNS,
};

struct row {
	char *cells[COLUMNS]; /* NULL: empty */
};

struct table {
	struct row *rows;
	size_t count, room;
};

char *scheme_tell_use(const struct use *use)
{
	const struct dt_stream *stream = &use->stream;

	if (use->kind == USE_WINDOW)
		return memory_print("0x%" PRIx64 "-0x%" PRIx64, use->window.base,
				use->window.base + (use->window.size - 1));
	if (use->kind == USE_IRQ)
		return memory_print("%s %u %s", use->gic.spi ? "SPI" : "PPI",
				use->gic.intid - (use->gic.spi ? 32 : 16),
				use->gic.edge ? "edge" : "level");
	if (use->kind == USE_WIRE)
		return memory_print("%s %u", dt_path(use->irq.controller), use->irq.cells[0]);
	if (stream->cell_count && stream->count > 1)
		return memory_print("%s 0x%x-0x%x", dt_path(stream->iommu), stream->cells[0],
				stream->cells[0] + (stream->count - 1));
	if (stream->cell_count)
		return memory_print("%s 0x%x", dt_path(stream->iommu), stream->cells[0]);
	return memory_print("%s", dt_path(stream->iommu));
}

static enum column column_of(const struct use *use)
{
	if (use->kind == USE_WINDOW)
		return MMIO;
	return use->kind == USE_STREAM ? STREAM : INTERRUPT;
}

static struct row *add_row(struct table *table)
{
	table->rows = memory_grow(table->rows, table->count, &table->room, sizeof(*table->rows));
	table->rows[table->count] = (struct row){ 0 };
	return &table->rows[table->count++];
}

/* Into the first row from `first` on whose cell in this column is free. */
static void put_cell(struct table *table, size_t first, enum column column, char *text)
{
	size_t at = first;

	while (at < table->count && table->rows[at].cells[column])
		at++;
	if (at == table->count)
		add_row(table);
	table->rows[at].cells[column] = text;
}

static bool is_in_column(
		const struct table *table, size_t first, enum column column, const char *text)
{
	for (size_t i = first; i < table->count; i++)
		if (table->rows[i].cells[column] && strcmp(table->rows[i].cells[column], text) == 0)
			return true;
	return false;
}

static void add_node(struct table *table, const struct scheme *scheme, const struct dt_node *node)
{
	size_t first = table->count;
	bool conflict = false;
	char *text;

	add_row(table)->cells[NODE] = memory_print("%s", dt_path(node));
	for (size_t i = 0; i < scheme->uses.count; i++) {
		const struct use *use = &scheme->uses.at[i];

		if (use->node != node)
			continue;
		text = scheme_tell_use(use);
		if (!is_in_column(table, first, column_of(use), text))
			put_cell(table, first, column_of(use), text);
	}
	for (size_t i = 0; i < scheme->conflicts.count; i++)
		conflict |= scheme->conflicts.at[i].node == node;
	if (!uses_are_enabled(scheme->tree, node))
		put_cell(table, first, NOTE, memory_print("disabled"));
	if (conflict)
		put_cell(table, first, NOTE, memory_print("conflict"));
}

static void print_row(const struct row *row, const size_t *widths)
{
	size_t last = COLUMNS;

	while (last && !row->cells[last - 1])
		last--;
	for (size_t i = 0; i < last; i++)
		printf(i + 1 < last ? "%-*s  " : "%*s", i + 1 < last ? (int)widths[i] : 0,
				row->cells[i] ? row->cells[i] : "");
	printf("\n");
}

static void print_rows(const struct table *table)
{
	static char *const heads[COLUMNS] = { "NODE", "MMIO", "INTERRUPT", "STREAM", "NOTE" };
	const struct colours *colours = colours_for(stdout);
	size_t widths[COLUMNS] = { 0 };
	struct row head;

	memcpy(head.cells, heads, sizeof(head.cells));
	for (size_t i = 0; i <= table->count; i++) {
		const struct row *row = i < table->count ? &table->rows[i] : &head;

		for (size_t c = 0; c < COLUMNS; c++)
			if (row->cells[c] && strlen(row->cells[c]) > widths[c])
				widths[c] = strlen(row->cells[c]);
	}
	printf("%s", colours->head);
	print_row(&head, widths);
	printf("%s", colours->off);
	for (size_t i = 0; i < table->count; i++)
		print_row(&table->rows[i], widths);
}

static void print_changes(const struct dt_overlay *overlay)
{
	struct dt_change change;

	dt_for_each_change(change,
			overlay) if (change.kind != DT_ADD_NODE && !scheme_is_table(change.node))
			printf("%s property '%s' of %s\n",
					change.kind == DT_SET_PROP ? "changes" : "adds",
					change.prop->name, dt_path(change.node));
}

static void print_conflicts(const struct scheme *scheme)
{
	const struct colours *colours = colours_for(stdout);
	const struct conflict *conflict;

	for (size_t i = 0; i < scheme->conflicts.count; i++) {
		conflict = &scheme->conflicts.at[i];
		printf("%sconflict%s %s: %s", colours->bad, colours->off, dt_path(conflict->node),
				conflict->text);
		if (conflict->other)
			printf(" (%s)", dt_path(conflict->other));
		printf("\n");
	}
	for (size_t i = 0; i < scheme->fault_count; i++)
		printf("%sfault%s %s\n", colours->bad, colours->off, scheme->faults[i].text);
	for (size_t i = 0; i < scheme->remark_count; i++)
		printf("%sremark%s %s\n", colours->warn, colours->off, scheme->remarks[i]);
}

void scheme_print_table(const struct scheme *scheme)
{
	struct table table = { 0 };

	for (size_t i = 0; i < scheme->devices.count; i++)
		add_node(&table, scheme, scheme->devices.at[i]);
	if (table.count)
		print_rows(&table);
	print_changes(scheme->overlay);
	print_conflicts(scheme);
	if (scheme->conflicts.count + scheme->fault_count == 0)
		printf("no conflicts\n");
}
