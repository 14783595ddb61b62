/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 10 000 random adds and removes, the tree compared after each with a model that knows no tricks: it keeps
 * a list of overlays and, for every question, merges them all again into a copy of the base, by recursion.
 */
#include "tests/unit/dt_model.h"

#include "dt/fdt_write.h"

enum { STEPS = 10000 };

static struct overlay loaded[LOADED_MOST];
static int loaded_count;
static uint32_t last_id;

static uint32_t dice(uint32_t sides)
{
	return (uint32_t)rand() % sides;
}

static struct node *rebuild(void)
{
	struct node *root = make_base();

	for (int i = 0; i < loaded_count; i++)
		assert_int_equal(apply(&loaded[i], root), 0);
	return root;
}

/* ---- writing the model as blobs ---- */

static void write_value(struct dtb_writer *w, const struct prop *prop)
{
	dtb_write_prop(w, prop->name, prop->value.bytes, prop->value.size);
}

static void write_base(struct dtb_writer *w, const struct node *node, uint32_t *phandle)
{
	const struct node *child;
	const struct prop *prop;

	dtb_begin_node(w, node->name);
	for (prop = node->props; prop; prop = prop->next) {
		if (strcmp(prop->name, "phandle") == 0)
			dtb_write_u32(w, "phandle", ++*phandle);
		else
			write_value(w, prop);
	}
	for (child = node->children; child; child = child->next)
		write_base(w, child, phandle);
	dtb_end_node(w);
}

static void write_content(struct dtb_writer *w, const struct node *node, const char *name)
{
	const struct node *child;
	const struct prop *prop;

	dtb_begin_node(w, name);
	for (prop = node->props; prop; prop = prop->next)
		write_value(w, prop);
	if (node->label >= 0)
		dtb_write_u32(w, "phandle", (uint32_t)node->label + 1);
	for (child = node->children; child; child = child->next)
		write_content(w, child, child->name);
	dtb_end_node(w);
}

static void write_symbols(
		struct dtb_writer *w, const struct node *node, const char *path, int label)
{
	const struct node *child;
	char name[16], below[2 * TEXT];

	if (node->label == label) {
		snprintf(name, sizeof(name), "l%d", label);
		dtb_write_string(w, name, path);
	}
	for (child = node->children; child; child = child->next) {
		snprintf(below, sizeof(below), "%s/%s", path, child->name);
		write_symbols(w, child, below, label);
	}
}

/* All places where `label` is used, as dtc lists them. */
static size_t list_places(const struct node *node, const char *path, int label, char *to)
{
	const struct node *child;
	const struct prop *prop;
	char below[2 * TEXT];
	size_t size = 0;

	for (prop = node->props; prop; prop = prop->next)
		if (prop->label == label)
			size += (size_t)sprintf(to + size, "%s:%s:0", path, prop->name) + 1;
	for (child = node->children; child; child = child->next) {
		snprintf(below, sizeof(below), "%s/%s", path, child->name);
		size += list_places(child, below, label, to + size);
	}
	return size;
}

static void write_local(struct dtb_writer *w, const struct overlay *overlay,
		const struct node *node, const char *name)
{
	const struct node *child;
	const struct prop *prop;

	dtb_begin_node(w, name);
	for (prop = node->props; prop; prop = prop->next)
		if (prop->label >= 0 && overlay->own[prop->label])
			dtb_write_u32(w, prop->name, 0);
	for (child = node->children; child; child = child->next)
		write_local(w, overlay, child, child->name);
	dtb_end_node(w);
}

static void write_fixups(struct dtb_writer *w, const struct overlay *overlay)
{
	char places[16384], name[16], path[TEXT];
	size_t size;

	dtb_begin_node(w, "__fixups__");
	for (int label = 0; label < LABELS; label++) {
		size = 0;
		for (int i = 0; i < overlay->fragment_count && !overlay->own[label]; i++) {
			const struct fragment *fragment = &overlay->fragments[i];

			if (!fragment->path[0] && fragment->label == label)
				size += (size_t)sprintf(places + size, "/fragment@%d:target:0", i) +
				        1;
			snprintf(path, sizeof(path), "/fragment@%d/__overlay__", i);
			size += list_places(fragment->content, path, label, places + size);
		}
		snprintf(name, sizeof(name), "l%d", label);
		if (size)
			dtb_write_prop(w, name, places, size);
	}
	dtb_end_node(w);
}

static void write_fragment(struct dtb_writer *w, const struct fragment *fragment, uint64_t number)
{
	dtb_begin_node_at(w, "fragment", number);
	if (fragment->path[0])
		dtb_write_string(w, "target-path", fragment->path);
	else
		dtb_write_u32(w, "target", 0xffffffff);
	write_content(w, fragment->content, "__overlay__");
	dtb_end_node(w);
}

static struct bytes finish(struct dtb_writer *w)
{
	struct bytes blob = { .at = w->buffer };

	assert_int_equal(dtb_finish(w, &blob.size), 0);
	blob.at = realloc(blob.at, blob.size);
	return blob;
}

static struct bytes write_overlay(const struct overlay *overlay)
{
	struct dtb_writer w;
	char path[TEXT];

	dtb_write_init(&w, malloc(65536), 65536);
	dtb_begin_node(&w, "");
	for (int i = 0; i < overlay->fragment_count; i++)
		write_fragment(&w, &overlay->fragments[i], (uint64_t)i);
	dtb_begin_node(&w, "__symbols__");
	for (int label = 0; label < LABELS; label++) {
		for (int i = 0; i < overlay->fragment_count; i++) {
			snprintf(path, sizeof(path), "/fragment@%d/__overlay__", i);
			write_symbols(&w, overlay->fragments[i].content, path, label);
		}
	}
	dtb_end_node(&w);
	write_fixups(&w, overlay);
	dtb_begin_node(&w, "__local_fixups__");
	for (int i = 0; i < overlay->fragment_count; i++) {
		dtb_begin_node_at(&w, "fragment", (uint64_t)i);
		write_local(&w, overlay, overlay->fragments[i].content, "__overlay__");
		dtb_end_node(&w);
	}
	dtb_end_node(&w);
	dtb_end_node(&w);
	return finish(&w);
}

/* ---- random overlays ---- */

static void fill_node(struct overlay *overlay, struct node *node, uint32_t depth)
{
	char name[16];
	uint32_t i;

	for (i = 0; i < NAMES; i++) {
		if (dice(5))
			continue;
		snprintf(name, sizeof(name), "p%u", i);
		struct prop *prop = new_prop(node, name, 0);

		prop->value.size = dice(12);
		memset(prop->value.bytes, (int)dice(256), prop->value.size);
		if (dice(4) == 0) {
			prop->label = (int)dice(LABELS);
			prop->value.size = 4 + dice(4);
			/* For a label of its own: the number that write_content() gives its node. */
			span_store_u32(prop->value.bytes, (uint32_t)prop->label + 1);
		}
	}
	for (i = 0; i < NAMES && depth < 3; i++) {
		if (dice(3))
			continue;
		snprintf(name, sizeof(name), "n%u", i);
		struct node *child = new_node(node, name, 0);
		int label = (int)dice(2 * LABELS);

		if (label < LABELS && !overlay->own[label]) {
			child->label = label;
			overlay->own[label] = true;
		}
		fill_node(overlay, child, depth + 1);
	}
}

static void pick_target(struct fragment *fragment, struct node *root)
{
	struct node *node = root;
	uint32_t steps = dice(4);

	fragment->label = (int)dice(LABELS);
	if (dice(2))
		return;
	while (steps-- && node->children) {
		uint32_t skip = dice(3);

		for (node = node->children; skip && node->next; skip--)
			node = node->next;
	}
	/* Labels are not made by hand here; and now and then the place is not there. */
	if (strcmp(node->name, "__symbols__") == 0)
		node = root;
	path_of(node, fragment->path);
	if (node == root)
		strcpy(fragment->path, "/");
	else if (dice(20) == 0)
		strcat(fragment->path, "/nx");
}

static struct overlay random_overlay(struct node *root)
{
	struct overlay overlay = { .id = last_id + 1 };

	overlay.fragment_count = 1 + (int)dice(FRAGMENTS);
	for (int i = 0; i < overlay.fragment_count; i++) {
		struct fragment *fragment = &overlay.fragments[i];

		pick_target(fragment, root);
		fragment->content = new_node(NULL, "", 0);
		fill_node(&overlay, fragment->content, 0);
	}
	/* A target label is one of the live tree: without it in its own labels the blob says so. */
	for (int i = 0; i < overlay.fragment_count; i++)
		if (!overlay.fragments[i].path[0] && overlay.own[overlay.fragments[i].label])
			strcpy(overlay.fragments[i].path, "/");
	overlay.blob = write_overlay(&overlay);
	return overlay;
}

static void free_overlay(struct overlay *overlay)
{
	for (int i = 0; i < overlay->fragment_count; i++)
		free_node(overlay->fragments[i].content);
	free(overlay->blob.at);
}

/* ---- the comparison ---- */

static void compare_prop(const struct dt_tree *tree, const struct dt_node *live,
		const struct dt_prop *prop, const struct prop *model)
{
	assert_string_equal(prop->name, model->name);
	if (strcmp(model->name, "phandle") == 0) {
		assert_int_equal(prop->size, 4);
		assert_int_equal(span_load_u32(prop->value), live->phandle);
		assert_ptr_equal(dt_node_of_phandle(tree, live->phandle), live);
		return;
	}
	assert_int_equal(prop->size, model->value.size);
	if (model->value.ref[0])
		assert_int_equal(span_load_u32(prop->value),
				dt_node_at(tree, model->value.ref)->phandle);
	else
		assert_memory_equal(prop->value, model->value.bytes, prop->size);
	if (model->value.ref[0] && prop->size > 4)
		assert_memory_equal(prop->value + 4, model->value.bytes + 4, prop->size - 4);
}

static void compare(
		const struct dt_tree *tree, const struct dt_node *live, const struct node *model)
{
	const struct dt_node *child = live->first_child;
	const struct dt_prop *prop = live->first_prop;
	const struct node *wanted;
	const struct prop *model_prop;

	assert_string_equal(live->name, model->name);
	assert_int_equal(live->owner ? live->owner->id : 0, model->owner);
	for (model_prop = model->props; model_prop; model_prop = model_prop->next) {
		assert_non_null(prop);
		compare_prop(tree, live, prop, model_prop);
		assert_ptr_equal(dt_prop(tree, live, prop->name), prop);
		prop = prop->next;
	}
	assert_null(prop);
	for (wanted = model->children; wanted; wanted = wanted->next) {
		assert_non_null(child);
		compare(tree, child, wanted);
		assert_ptr_equal(dt_child(tree, live, span_of(child->name, strlen(child->name))),
				child);
		child = child->next;
	}
	assert_null(child);
}

static bool is_needed(uint32_t id)
{
	for (int i = 0; i < loaded_count; i++)
		for (int k = 0; k < loaded[i].need_count; k++)
			if (loaded[i].needs[k] == id)
				return true;
	return false;
}

static void compare_needs(void)
{
	for (int i = 0; i < loaded_count; i++)
		assert_int_equal(dt_overlay_may_revert(loaded[i].live, NULL),
				is_needed(loaded[i].id) ? -DT_EBUSY : 0);
}

static bool is_loaded(const struct overlay *overlay)
{
	for (int i = 0; i < loaded_count; i++)
		if (loaded[i].blob.size == overlay->blob.size &&
				memcmp(loaded[i].blob.at, overlay->blob.at, overlay->blob.size) ==
						0)
			return true;
	return false;
}

static uint32_t count_of[4]; /* added, refused, removed, busy */

static void step_add(struct dt_tree *tree, struct node *root)
{
	struct overlay overlay = random_overlay(root);
	struct dt_why why = { .text = "" };
	struct bytes before = flat(tree);
	int expected = is_loaded(&overlay) ? -DT_EEXIST : apply(&overlay, root);
	int got = dt_overlay_add(tree, overlay.blob.at, overlay.blob.size, &overlay.live, &why);

	if (got != expected)
		fail_msg("got %d '%s', expected %d", got, why.text, expected);
	count_of[got != 0]++;
	if (got) {
		assert_true(why.text[0]);
		assert_same_bytes(tree, before);
		free_overlay(&overlay);
	} else if (dice(4) == 0) {
		dt_overlay_revert(overlay.live);
		assert_same_bytes(tree, before);
		last_id++;
		free_overlay(&overlay);
	} else {
		free(before.at);
		last_id++;
		loaded[loaded_count++] = overlay;
	}
}

static void step_remove(void)
{
	/* Any of them, or the last, which nobody needs: else nearly all steps would end busy. */
	int which = dice(3) ? loaded_count - 1 : (int)dice((uint32_t)loaded_count);
	struct overlay *overlay = &loaded[which];
	int expected = is_needed(overlay->id) ? -DT_EBUSY : 0;

	assert_int_equal(dt_overlay_may_revert(overlay->live, NULL), expected);
	count_of[expected ? 3 : 2]++;
	if (expected)
		return;
	dt_overlay_revert(overlay->live);
	free_overlay(overlay);
	loaded_count--;
	memmove(overlay, overlay + 1, (size_t)(loaded_count - which) * sizeof(*overlay));
}

static void build_base(struct dt_tree *tree, struct test_heap *heap)
{
	struct dt_env env = heap_env(heap);
	struct node *base = make_base();
	uint32_t phandle = 0x40;
	struct dtb_writer w;
	struct bytes blob;

	dtb_write_init(&w, malloc(65536), 65536);
	write_base(&w, base, &phandle);
	blob = finish(&w);
	assert_int_equal(dt_tree_build(tree, &env, blob.at, blob.size, NULL), 0);
	free(blob.at);
	free_node(base);
}

static void test_random(void **state)
{
	struct test_heap heap = { 0 };
	struct dt_tree tree;
	struct bytes before;
	struct node *root;

	(void)state;
	build_base(&tree, &heap);
	before = flat(&tree);
	for (int step = 0; step < STEPS; step++) {
		root = rebuild();
		if (loaded_count < LOADED_MOST && (loaded_count == 0 || dice(100) < 55))
			step_add(&tree, root);
		else
			step_remove();
		free_node(root);
		root = rebuild();
		compare(&tree, tree.root, root);
		compare_needs();
		free_node(root);
	}
	/* What comes later is needed by nobody. */
	while (loaded_count) {
		dt_overlay_revert(loaded[--loaded_count].live);
		free_overlay(&loaded[loaded_count]);
	}
	assert_same_bytes(&tree, before);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
	print_message("%u added, %u refused, %u removed, %u busy\n", count_of[0], count_of[1],
			count_of[2], count_of[3]);
	/* A model that refuses everything would prove nothing. */
	for (size_t i = 0; i < 4; i++)
		assert_true(count_of[i] > STEPS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	srand(1);
	return cmocka_run_group_tests_name("dt_random", tests, NULL, NULL);
}
