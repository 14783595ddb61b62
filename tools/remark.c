/* SPDX-License-Identifier: Apache-2.0 */
/* dtc writes both without a word: in a plugin, "/" is the root of the blob. */
#include "tools/remark.h"

#include <string.h>

/* A fragment has a target, and content, which may be switched off. */
static bool is_fragment(const struct dtb_node *node)
{
	struct dtb_node child;
	struct span value;
	bool more = dtb_first_child(node, &child);

	if (dtb_prop(node, "target", &value) || dtb_prop(node, "target-path", &value))
		return true;
	for (; more; more = dtb_next_sibling(&child))
		if (strcmp(dtb_name(&child), "__overlay__") == 0)
			return true;
	return false;
}

/* __symbols__, __fixups__, __local_fixups__ and what others may add to them. */
static bool is_part(const struct dtb_node *node)
{
	return strncmp(dtb_name(node), "__", 2) == 0;
}

void remark_strays(struct span blob, struct dt_why *why)
{
	struct dtb_node node;
	struct dtb dtb;
	bool more;

	/* What is malformed the engine says. */
	if (dtb_check(&dtb, blob.at, blob.left, NULL))
		return;
	node = dtb_root(&dtb);
	more = dtb_first_child(&node, &node);
	for (; more; more = dtb_next_sibling(&node))
		if (!is_part(&node) && !is_fragment(&node))
			dt_fail(why, -DT_EINVAL,
					"/%s: lies below the root of the overlay's blob, in no fragment: it does not come into the tree",
					dtb_name(&node));
}

struct visit {
	const struct dt_overlay *overlay;
	void (*take)(void *ctx, const char *text);
	void *ctx;
};

/* "/fragment@0/__overlay__/..." is nowhere but in a blob. */
static bool is_inside_blob(struct span text)
{
	struct span content = { (const uint8_t *)"__overlay__", strlen("__overlay__") };

	if (text.left == 0 || text.at[0] != '/')
		return false;
	(void)span_skip(&text, 1);
	(void)span_until(&text, '/');
	return span_equal(span_until(&text, '/'), content);
}

static void visit_prop(const struct visit *visit, const struct dt_prop *prop)
{
	struct span rest = dt_prop_span(prop);
	char line[512];

	if (prop->owner != visit->overlay || rest.left == 0 || rest.at[rest.left - 1] != '\0')
		return;
	while (rest.left) {
		struct span text = span_until(&rest, '\0');

		if (!is_inside_blob(text))
			continue;
		dt_format(line, sizeof(line),
				"%s: '%s' stays \"%.*s\": a path of the blob, which is not one of the tree",
				dt_path(prop->node), prop->name, (int)text.left,
				(const char *)text.at);
		visit->take(visit->ctx, line);
	}
}

void remark_paths(const struct dt_overlay *overlay, void (*take)(void *ctx, const char *text),
		void *ctx)
{
	struct visit visit = { .overlay = overlay, .take = take, .ctx = ctx };
	const struct dt_node *node;
	const struct dt_prop *prop;

	dt_for_each_node (node, overlay->tree->root)
		dt_for_each_prop (prop, node)
			visit_prop(&visit, prop);
}
