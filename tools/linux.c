/* SPDX-License-Identifier: Apache-2.0 */
/* One function each for what of_overlay_fdt_apply() answers -EINVAL to, in one table. */
#include "tools/linux.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

struct apply {
	const struct dt_overlay *overlay;
	const struct dt_tree *tree; /* with the overlay in it */
	struct dtb dtb; /* the overlay's */
	bool had_labels;
};

static char *refuse_labels(const struct apply *apply)
{
	if (apply->had_labels || !apply->dtb.parts[DTB_SYMBOLS].end)
		return NULL;
	return memory_print("it has labels, and the tree has no /__symbols__ to put them in");
}

static char *tell_own_target(const char *fragment)
{
	return memory_print("%s: the target is a node that the overlay itself brings", fragment);
}

/* Targets by label are looked for in the tree as it was. */
static char *refuse_own_label(const struct apply *apply)
{
	struct dtb_node node;
	struct span offsets;
	bool more;

	if (!dtb_find(&apply->dtb, "/__local_fixups__", &node))
		return NULL;
	for (more = dtb_first_child(&node, &node); more; more = dtb_next_sibling(&node))
		if (dtb_prop(&node, "target", &offsets))
			return tell_own_target(dtb_name(&node));
	return NULL;
}

/* The label that __fixups__ puts in the fragment's target, or NULL. */
static const char *label_of(const struct apply *apply, const struct dtb_node *fragment)
{
	char *place = memory_print("/%s:target:0", dtb_name(fragment));
	const char *label = NULL;
	struct dtb_cursor cursor;

	if (apply->dtb.parts[DTB_FIXUPS].end) {
		cursor = dtb_cursor_at(&apply->dtb, apply->dtb.parts[DTB_FIXUPS].begin);
		while (!label && dtb_step(&cursor) == DTB_PROP)
			if (dtb_list_has(cursor.value, place))
				label = cursor.name;
	}
	free(place);
	return label;
}

static const struct dt_node *target_of(const struct apply *apply, const struct dtb_node *fragment)
{
	const char *label = label_of(apply, fragment), *path;
	uint32_t phandle;

	if (label)
		return dt_node_of_label(apply->tree, label);
	if (dtb_prop_u32(fragment, "target", &phandle))
		return dt_node_of_phandle(apply->tree, phandle);
	return dtb_prop_string(fragment, "target-path", &path) ? dt_node_at(apply->tree, path)
	                                                       : NULL;
}

/* Nodes that are merged by their names keep one phandle: a second one is refused. */
static char *refuse_second_phandle(
		const struct apply *apply, struct dtb_node from, const struct dt_node *to)
{
	const struct dt_node *there;
	struct span value;
	char *reason = NULL;
	bool more = dtb_first_child(&from, &from);

	for (; more && !reason; more = dtb_next_sibling(&from)) {
		there = dt_child(
				apply->tree, to, span_of(dtb_name(&from), strlen(dtb_name(&from))));
		if (!there || there->owner == apply->overlay)
			continue;
		if (there->phandle && dtb_prop(&from, "phandle", &value))
			reason = memory_print(
					"%s: it has a phandle, and another one in the overlay",
					dt_path(there));
		else
			reason = refuse_second_phandle(apply, from, there);
	}
	return reason;
}

static char *refuse_fragment(const struct apply *apply, const struct dtb_node *fragment)
{
	const struct dt_node *target = target_of(apply, fragment);
	struct dtb_node content;
	bool more = dtb_first_child(fragment, &content);

	while (more && strcmp(dtb_name(&content), "__overlay__") != 0)
		more = dtb_next_sibling(&content);
	if (!target || !more)
		return NULL;
	if (target->owner == apply->overlay)
		return tell_own_target(dtb_name(fragment));
	return refuse_second_phandle(apply, content, target);
}

static char *refuse_fragments(const struct apply *apply)
{
	struct dtb_node fragment = dtb_root(&apply->dtb);
	char *reason = NULL;
	bool more = dtb_first_child(&fragment, &fragment);

	for (; more && !reason; more = dtb_next_sibling(&fragment))
		if (strncmp(dtb_name(&fragment), "__", 2) != 0)
			reason = refuse_fragment(apply, &fragment);
	return reason;
}

/* Also of a node without children; what only repeats the value is no change. */
static char *refuse_cells(const struct apply *apply)
{
	struct dt_change change;

	dt_for_each_change(change, apply->overlay) if (
			change.kind == DT_SET_PROP &&
			(strcmp(change.prop->name, "#address-cells") == 0 ||
					strcmp(change.prop->name, "#size-cells") ==
							0)) return memory_print("%s: '%s' cannot change",
			dt_path(change.node), change.prop->name);
	return NULL;
}

static char *(*const rules[])(const struct apply *apply) = {
	refuse_labels,
	refuse_own_label,
	refuse_fragments,
	refuse_cells,
};

char *linux_refusal(const struct dt_overlay *overlay, bool had_labels)
{
	struct apply apply = {
		.overlay = overlay, .tree = overlay->tree, .had_labels = had_labels
	};
	char *reason = NULL;

	/* The engine has checked it. */
	if (dtb_check(&apply.dtb, overlay->blob, overlay->blob_size, NULL))
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !reason; i++)
		reason = rules[i](&apply);
	return reason;
}
