/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tokens of a flattened tree and checking a blob whole (Devicetree Specification 0.4, 5.2-5.4). */
#include "dt/fdt_step.h"

enum {
	MAGIC = 0xd00dfeed,
	VERSION_OLDEST =
			16, /* the first without a path in every name, and without a structure size */
	VERSION_KNOWN = 17,
	RESERVE_SIZE = 16,
	POLL_NAMES = 8, /* names in the strings block between two polls */
};

/* The header's fields in their order. */
struct header {
	uint32_t magic, total, structure, strings, reserves, version, compatible, boot_cpu;
	uint32_t strings_size, structure_size;
};

enum dtb_event dtb_step(struct dtb_cursor *cursor)
{
	return dtb_step_inline(cursor);
}

struct dtb_cursor dtb_cursor(const struct dtb *dtb)
{
	return (struct dtb_cursor){
		.rest = dtb->structure, .strings = dtb->strings, .env = dtb->env
	};
}

struct dtb_cursor dtb_cursor_at(const struct dtb *dtb, uint32_t offset)
{
	struct dtb_cursor cursor = dtb_cursor(dtb);
	bool inside = span_skip(&cursor.rest, offset);

	dt_assert(inside);
	return cursor;
}

/* At most DT_BLOB_MAX, so it fits. */
uint32_t dtb_offset(const struct dtb *dtb, const struct dtb_cursor *cursor)
{
	return (uint32_t)(cursor->rest.at - dtb->structure.at);
}

static bool read_header(struct span span, struct header *h)
{
	return span_u32(&span, &h->magic) && span_u32(&span, &h->total) &&
	       span_u32(&span, &h->structure) && span_u32(&span, &h->strings) &&
	       span_u32(&span, &h->reserves) && span_u32(&span, &h->version) &&
	       span_u32(&span, &h->compatible) && span_u32(&span, &h->boot_cpu) &&
	       span_u32(&span, &h->strings_size) &&
	       (h->version < VERSION_KNOWN || span_u32(&span, &h->structure_size));
}

uint32_t dtb_peek_size(const void *blob, size_t size)
{
	struct span span = span_of(blob, size);
	uint32_t magic, total;

	if (!span_u32(&span, &magic) || !span_u32(&span, &total) || magic != MAGIC)
		return 0;
	return total;
}

/* The part of the blob that a header field gives, or what is wrong with it. */
static int find_block(struct span bytes, uint32_t offset, uint32_t size, const char *what,
		struct span *out, struct dt_why *why)
{
	if (!span_part(bytes, offset, size, out))
		return dt_fail(why, -DT_EINVAL, "header: the %s block lies outside the blob", what);
	return 0;
}

static int check_version(const struct header *h, struct dt_why *why)
{
	if (h->version < VERSION_OLDEST || h->compatible > VERSION_KNOWN)
		return dt_fail(why, -DT_EINVAL,
				"header: version %u (compatible with %u) is not 16 or 17",
				h->version, h->compatible);
	return 0;
}

static int find_structure(struct dtb *dtb, struct header *h, struct dt_why *why)
{
	struct span rest = dtb->bytes;

	if (h->structure % 4)
		return dt_fail(why, -DT_EINVAL, "header: the structure block is not aligned");
	/* Version 16 does not say where it ends: the END token does. */
	if (h->version < VERSION_KNOWN)
		h->structure_size = span_skip(&rest, h->structure) ? (uint32_t)rest.left : 0;
	return find_block(dtb->bytes, h->structure, h->structure_size, "structure", &dtb->structure,
			why);
}

/* Cut off what has no terminator, and check the length of every name at once. */
static int find_strings(struct dtb *dtb, const struct header *h, struct dt_why *why)
{
	int error = find_block(
			dtb->bytes, h->strings, h->strings_size, "strings", &dtb->strings, why);
	struct span *strings = &dtb->strings, rest;
	size_t length, names = 0;

	while (!error && strings->left && strings->at[strings->left - 1] != '\0')
		strings->left--;
	for (rest = *strings; rest.left; (void)span_skip(&rest, length + 1)) {
		length = span_before(rest.at,
				rest.left <= DT_NAME_MAX ? rest.left : DT_NAME_MAX + 1, '\0');
		if (length > DT_NAME_MAX)
			return dt_fail(why, -DT_E2BIG, "strings: a name of over %u characters",
					DT_NAME_MAX);
		if (++names % POLL_NAMES == 0)
			dt_poll(dtb->env);
	}
	return error;
}

static int find_reserves(struct dtb *dtb, uint32_t offset, struct dt_why *why)
{
	struct span rest = dtb->bytes;
	uint64_t base, size;
	uint32_t count = 0;

	if (!span_skip(&rest, offset))
		return dt_fail(why, -DT_EINVAL, "header: the reserve map lies outside the blob");
	for (;;) {
		if (!span_u64(&rest, &base) || !span_u64(&rest, &size))
			return dt_fail(why, -DT_EINVAL, "reserve map: no end");
		if (base == 0 && size == 0)
			break;
		if (++count > DT_RESERVES_MAX)
			return dt_fail(why, -DT_E2BIG, "reserve map: over %u entries",
					DT_RESERVES_MAX);
	}
	return find_block(dtb->bytes, offset, count * RESERVE_SIZE, "reserve", &dtb->reserves, why);
}

static int check_header(struct dtb *dtb, struct span given, struct dt_why *why)
{
	struct header h = { 0 };
	int error;

	if (!read_header(given, &h))
		return dt_fail(why, -DT_EINVAL, "header: cut off after %zu bytes", given.left);
	if (h.magic != MAGIC)
		return dt_fail(why, -DT_EINVAL, "header: not a flattened device tree (magic 0x%x)",
				h.magic);
	if (h.total > DT_BLOB_MAX)
		return dt_fail(why, -DT_E2BIG, "header: %u bytes, over the limit of %u", h.total,
				DT_BLOB_MAX);
	if (!span_take(&given, h.total, &dtb->bytes) || !read_header(dtb->bytes, &h))
		return dt_fail(why, -DT_EINVAL, "header: says %u bytes, %zu are there", h.total,
				given.left);
	dtb->boot_cpu = h.boot_cpu;
	error = check_version(&h, why);
	if (!error)
		error = find_structure(dtb, &h, why);
	if (!error)
		error = find_strings(dtb, &h, why);
	if (!error)
		error = find_reserves(dtb, h.reserves, why);
	return error;
}

/* Where the check of the structure stands. */
struct check {
	struct dtb *dtb;
	struct dtb_cursor cursor;
	struct dt_why *why;
	uint32_t depth; /* nodes open */
	bool had_child; /* of the innermost open node */
	const char *node; /* begun last, for messages */
	struct dtb_part *part; /* that is open */
};

static int fail_at(struct check *check, int error, const char *what)
{
	return dt_fail(check->why, error, "structure, %u bytes in, after node '%s': %s",
			dtb_offset(check->dtb, &check->cursor), check->node ? check->node : "",
			what);
}

static const char long_name[] = "a name of over 255 characters";

/* Limits, and characters that would make it no component of a path. */
static int check_node_name(struct check *check)
{
	const char *name = check->cursor.name;
	size_t length = check->cursor.name_length;

	if (check->depth == 0)
		return length ? fail_at(check, -DT_EINVAL, "the root has a name") : 0;
	if (length > DT_NAME_MAX)
		return fail_at(check, -DT_E2BIG, long_name);
	if (length == 0)
		return fail_at(check, -DT_EINVAL, "an empty name");
	if (span_before((const uint8_t *)name, length, '/') < length)
		return fail_at(check, -DT_EINVAL, "a node name with '/'");
	return 0;
}

#define PART_NAME(text) { .at = (const uint8_t *)(text), .left = sizeof(text) - 1 }

static const struct span part_names[DTB_PART_COUNT] = {
	[DTB_SYMBOLS] = PART_NAME("__symbols__"),
	[DTB_FIXUPS] = PART_NAME("__fixups__"),
	[DTB_LOCAL_FIXUPS] = PART_NAME("__local_fixups__"),
};

static struct dtb_part *part_named(struct dtb *dtb, struct span name)
{
	size_t i;

	for (i = 0; i < DTB_PART_COUNT; i++)
		if (span_equal(part_names[i], name))
			return &dtb->parts[i];
	return NULL;
}

static int begin_part(struct check *check)
{
	struct dtb *dtb = check->dtb;
	struct span name = span_of(check->cursor.name, check->cursor.name_length);

	check->part = part_named(dtb, name);
	if (!check->part)
		return 0;
	if (check->part->end)
		return fail_at(check, -DT_EEXIST, "the same node again");
	/* What was counted before; end_part() makes differences of these. */
	*check->part = (struct dtb_part){ .begin = dtb_offset(dtb, &check->cursor),
		.nodes = dtb->node_count - 1,
		.props = dtb->prop_count };
	return 0;
}

static void end_part(struct check *check)
{
	struct dtb_part *part = check->part;

	part->end = dtb_offset(check->dtb, &check->cursor);
	part->nodes = check->dtb->node_count - part->nodes;
	part->props = check->dtb->prop_count - part->props;
	check->part = NULL;
}

static int check_begin(struct check *check)
{
	struct dtb *dtb = check->dtb;
	int error;

	if (check->depth == 0 && dtb->node_count)
		return fail_at(check, -DT_EINVAL, "a second root");
	error = check_node_name(check);
	if (error)
		return error;
	if (++check->depth > DT_DEPTH_MAX)
		return fail_at(check, -DT_E2BIG, "nodes over 64 deep");
	if (++dtb->node_count > DT_NODES_MAX)
		return fail_at(check, -DT_E2BIG, "over 65536 nodes");
	check->node = check->cursor.name;
	check->had_child = false;
	error = check->depth == DTB_DEPTH_FRAGMENT ? begin_part(check) : 0;
	if (check->depth <= DTB_DEPTH_CONTENT + 1 && !check->part)
		*(check->depth <= DTB_DEPTH_CONTENT ? &dtb->frame_nodes : &dtb->top_nodes) += 1;
	return error;
}

static int check_prop(struct check *check)
{
	if (check->cursor.name[0] == '\0')
		return fail_at(check, -DT_EINVAL, "a property with an empty name");
	if (check->depth == 0)
		return fail_at(check, -DT_EINVAL, "a property outside the root");
	if (check->had_child)
		return fail_at(check, -DT_EINVAL, "a property after a child node");
	if (++check->dtb->prop_count > DT_PROPS_MAX)
		return fail_at(check, -DT_E2BIG, "over 131072 properties");
	if (check->depth <= DTB_DEPTH_FRAGMENT && !check->part)
		check->dtb->frame_props++;
	return 0;
}

/*
 * Properties in a row behind a node's BEGIN. At one that is malformed or over a limit this stops, and the step that
 * comes there next says why.
 */
static void check_props(struct check *check)
{
	struct span rest = check->cursor.rest, before, value;
	uint32_t count = check->dtb->prop_count, first = count;
	const char *name;

	for (;;) {
		before = rest;
		if (count == DT_PROPS_MAX ||
				!dtb_next_prop(&rest, check->dtb->strings, &name, &value))
			break;
		if (name[0] == '\0') {
			rest = before;
			break;
		}
		if (++count % DTB_POLL_STEPS == 0)
			dt_poll(check->cursor.env);
	}
	check->cursor.rest = rest;
	check->dtb->prop_count = count;
	if (check->depth <= DTB_DEPTH_FRAGMENT && !check->part)
		check->dtb->frame_props += count - first;
}

static int check_end(struct check *check)
{
	if (check->depth == 0)
		return fail_at(check, -DT_EINVAL, "an end without a node");
	if (--check->depth == 1 && check->part)
		end_part(check);
	check->had_child = true;
	return 0;
}

static int check_done(struct check *check)
{
	if (check->depth || check->dtb->node_count == 0)
		return fail_at(check, -DT_EINVAL, "the tree ends too early");
	return 0;
}

static int check_structure(struct check *check)
{
	int error = 0;

	while (!error) {
		switch (dtb_step_inline(&check->cursor)) {
		case DTB_BEGIN:
			error = check_begin(check);
			if (!error)
				check_props(check);
			break;
		case DTB_PROP:
			error = check_prop(check);
			break;
		case DTB_END:
			error = check_end(check);
			break;
		case DTB_DONE:
			return check_done(check);
		case DTB_LONG:
			error = fail_at(check, -DT_E2BIG, long_name);
			break;
		default:
			error = fail_at(check, -DT_EINVAL,
					"a token that is unknown, cut off or points outside");
		}
	}
	return error;
}

int dtb_check(struct dtb *dtb, const void *blob, size_t size, struct dt_why *why)
{
	return dtb_check_polling(dtb, blob, size, NULL, why);
}

int dtb_check_polling(struct dtb *dtb, const void *blob, size_t size, const struct dt_env *env,
		struct dt_why *why)
{
	struct check check = { .dtb = dtb, .why = why };
	int error;

	*dtb = (struct dtb){ .env = env };
	error = check_header(dtb, span_of(blob, size), why);
	if (error)
		return error;
	check.cursor = dtb_cursor(dtb);
	return check_structure(&check);
}
