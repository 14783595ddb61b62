/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flattened tree, checked whole and then walked where it lies, without any allocation (Devicetree
 * Specification 0.4, chapter 5; versions 16 and 17). Names begin with dtb_ so that tests can link
 * libfdt beside it. All walks are loops: depth is bounded by DT_DEPTH_MAX.
 */
#pragma once

#include "dt/span.h"
#include "dt/why.h"

/* Children of the root by which an overlay tells how it is to be applied. */
enum dtb_part_kind {
	DTB_SYMBOLS,   /* __symbols__ */
	DTB_FIXUPS,   /* __fixups__ */
	DTB_LOCAL_FIXUPS, /* __local_fixups__ */
	DTB_PART_COUNT,
};

/* Nodes open when the innermost is an overlay's fragment, or what is in it (__overlay__). The root alone is one. */
enum { DTB_DEPTH_FRAGMENT = 2, DTB_DEPTH_CONTENT = 3 };

/* A checked blob. The bytes stay the caller's and must outlive it. */
struct dtb {
	struct span bytes; /* header to end, `totalsize` of them */
	struct span reserves; /* the reserve map without its terminator, 16 bytes an entry */
	struct span structure; /* tokens, from the root's BEGIN_NODE to END */
	struct span strings;
	const struct dt_env *env; /* that steps poll, or NULL */
	uint32_t boot_cpu;
	uint32_t node_count; /* the root included */
	uint32_t prop_count;
	/*
	 * Of these, as an overlay has them outside of its parts: nodes down to __overlay__, properties above it,
	 * and the nodes directly in it.
	 */
	uint32_t frame_nodes, frame_props, top_nodes;
	struct dtb_part {
		uint32_t begin, end; /* in the structure block: behind its BEGIN, behind its END */
		uint32_t nodes, props; /* in it, itself included */
	} parts[DTB_PART_COUNT]; /* end == 0: it has none */
};

/*
 * Check everything: header, reserve map, every token, name, length and string offset, the limits, and
 * that properties come before children. 0, -DT_EINVAL (malformed) or -DT_E2BIG. After success no other
 * function of this header can run into a malformed place. `size` may be more than the blob's totalsize.
 */
int dtb_check(struct dtb *dtb, const void *blob, size_t size, struct dt_why *why);
/* The same; this and all steps through the blob poll. */
int dtb_check_polling(struct dtb *dtb, const void *blob, size_t size, const struct dt_env *env,
		struct dt_why *why);

/* totalsize of what may be a blob, or 0 when it has no valid magic and size: for sizing a mapping. */
uint32_t dtb_peek_size(const void *blob, size_t size);

/* Entry `index` of the memory reserve map; false past the end. */
bool dtb_reserve(const struct dtb *dtb, uint32_t index, uint64_t *base, uint64_t *size);

/* A node, by where its BEGIN_NODE token lies in the structure block. The root has depth 0. */
struct dtb_node {
	const struct dtb *dtb;
	uint32_t offset;
	uint32_t depth;
};

struct dtb_prop {
	const char *name;
	struct span value;
};

struct dtb_node dtb_root(const struct dtb *dtb);
const char *dtb_name(const struct dtb_node *node);

/* The node after this one in document order; false (node unchanged) after the last. */
bool dtb_next(struct dtb_node *node);
bool dtb_first_child(const struct dtb_node *node, struct dtb_node *child);
bool dtb_next_sibling(struct dtb_node *node);
/* Costs a walk from the root. False for the root itself. */
bool dtb_parent(const struct dtb_node *node, struct dtb_node *parent);

/* Node at a full path ("/", "/chosen"). A component without unit address matches only a name without. */
bool dtb_find(const struct dtb *dtb, const char *path, struct dtb_node *node);
/* First node at or after `*node` in document order that is compatible: start with dtb_root(), go on after dtb_next(). */
bool dtb_find_compatible(struct dtb_node *node, const char *compatible);
/* The same for a property that holds the string `value`, such as device_type = "memory". */
bool dtb_find_string(struct dtb_node *node, const char *prop, const char *value);
bool dtb_is_compatible(const struct dtb_node *node, const char *compatible);
/* No `status`, or "okay" or "ok". */
bool dtb_is_enabled(const struct dtb_node *node);

/* A property by name. */
bool dtb_prop(const struct dtb_node *node, const char *name, struct span *value);
bool dtb_prop_u32(const struct dtb_node *node, const char *name, uint32_t *value);
/* A property that is one well-terminated string. */
bool dtb_prop_string(const struct dtb_node *node, const char *name, const char **value);
/* Whether a string list in `value` holds `text`. */
bool dtb_list_has(struct span value, const char *text);

/*
 * Entry `index` of `reg`, read with the parent's #address-cells and #size-cells (2 and 1 when absent),
 * not translated through `ranges`. False past the end, or when a number needs more than 64 bits.
 */
bool dtb_reg(const struct dtb_node *node, uint32_t index, uint64_t *base, uint64_t *size);

/* The raw tokens, for whoever builds something from a whole blob: one call, one event. */
enum dtb_event {
	DTB_BAD, /* malformed here: never after dtb_check() */
	DTB_LONG, /* a node's name far over the limit: the same */
	DTB_DONE, /* the END token */
	DTB_BEGIN, /* name is the node's */
	DTB_PROP, /* name and value */
	DTB_END, /* of the innermost open node */
};

struct dtb_cursor {
	struct span rest;
	struct span strings;
	const char *name;
	size_t name_length; /* BEGIN only */
	struct span value;
	const struct dt_env *env; /* polled, or NULL */
	uint32_t steps;
};

struct dtb_cursor dtb_cursor(const struct dtb *dtb);
/* At a token of the structure block that is known to begin there. */
struct dtb_cursor dtb_cursor_at(const struct dtb *dtb, uint32_t offset);
uint32_t dtb_offset(const struct dtb *dtb, const struct dtb_cursor *cursor);
enum dtb_event dtb_step(struct dtb_cursor *cursor);
