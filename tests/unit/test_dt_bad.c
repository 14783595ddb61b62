/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file of tests/dts/bad, one malformed case each. Comments in the source say what is expected and
 * what dtc cannot write:
 *	expect: CODE words of the reason      kind: tree, resource (else an overlay for base.dts)
 *	patch: BLOCK OFFSET CELL              rename: FROM TO (same length, every occurrence)
 *	cut: SIZE                             node: PATH (kind resource)
 */
#define _GNU_SOURCE /* memmem() */
#include "tests/unit/dt_help.h"

#include <dirent.h>

#define BAD_DIR "tests/dts/bad/"

struct bad {
	char kind[16];
	char code[16];
	char words[200];
	char node[64];
	struct bytes blob;
};

static const struct {
	const char *name;
	int error;
} codes[] = {
	{ "EINVAL", -DT_EINVAL },
	{ "ENOENT", -DT_ENOENT },
	{ "EEXIST", -DT_EEXIST },
	{ "E2BIG", -DT_E2BIG },
};

static int error_of(const struct bad *bad)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, bad->code) == 0)
			return codes[i].error;
	fail_msg("unknown code '%s'", bad->code);
	return 0;
}

static size_t block_of(struct bytes blob, const char *name)
{
	static const struct {
		const char *name;
		size_t field;
	} blocks[] = { { "structure", 8 }, { "strings", 12 }, { "reserves", 16 } };

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (strcmp(blocks[i].name, name) == 0)
			return span_load_u32(blob.at + blocks[i].field);
	assert_string_equal(name, "header");
	return 0;
}

static void patch(struct bad *bad, const char *block, size_t offset, uint32_t cell)
{
	size_t at = block_of(bad->blob, block) + offset;

	assert_true(at + 4 <= bad->blob.size);
	span_store_u32(bad->blob.at + at, cell);
}

static void rename_all(struct bad *bad, const char *from, const char *to)
{
	size_t size = strlen(from);
	uint8_t *at = bad->blob.at, *end = bad->blob.at + bad->blob.size;
	int count = 0;

	assert_int_equal(size, strlen(to));
	while ((at = memmem(at, (size_t)(end - at), from, size))) {
		memcpy(at, to, size);
		count++;
	}
	assert_true(count > 0);
}

static void read_line(struct bad *bad, const char *line)
{
	char one[300], two[300];
	unsigned offset, cell;

	if (sscanf(line, "// expect: %15s %199[^\n]", bad->code, bad->words) == 2 ||
			sscanf(line, "// kind: %15s", bad->kind) == 1 ||
			sscanf(line, "// node: %63s", bad->node) == 1)
		return;
	if (sscanf(line, "// patch: %15s %u %i", one, &offset, (int *)&cell) == 3)
		patch(bad, one, offset, cell);
	else if (sscanf(line, "// rename: %299s %299s", one, two) == 2)
		rename_all(bad, one, two);
	else if (sscanf(line, "// cut: %u", &offset) == 1)
		bad->blob.at = realloc(bad->blob.at, bad->blob.size = offset);
	else if (strncmp(line, "//", 2) == 0)
		fail_msg("not understood: %s", line);
}

static struct bad load_bad(const char *file)
{
	struct bad bad = { .kind = "overlay" };
	char path[512], line[4096];
	FILE *source;

	snprintf(path, sizeof(path), "bad/%.*s", (int)(strlen(file) - 4), file);
	bad.blob = load_dts(path);
	snprintf(path, sizeof(path), BAD_DIR "%s", file);
	source = fopen(path, "r");
	assert_non_null(source);
	while (fgets(line, sizeof(line), source))
		read_line(&bad, line);
	fclose(source);
	return bad;
}

static void check_words(const char *got, int error, const struct bad *bad)
{
	if (error != error_of(bad) || !strstr(got, bad->words))
		fail_msg("got %d '%s', expected %s '%s'", error, got, bad->code, bad->words);
}

static void try_tree(const struct bad *bad)
{
	struct test_heap heap = { 0 };
	struct dt_env env = heap_env(&heap);
	struct dt_why why = { .text = "" };
	struct dt_tree tree;

	check_words(why.text, dt_tree_build(&tree, &env, bad->blob.at, bad->blob.size, &why), bad);
	assert_int_equal(heap.pieces, 0);
}

static void try_overlay(const struct bad *bad)
{
	struct test_heap heap = { 0 };
	struct dt_tree tree;

	build_tree(&tree, &heap, "base");
	assert_refused(&tree, &heap, bad->blob, error_of(bad), bad->words);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
}

/* The first error that reading all resources of the node gives. */
static int read_all(const struct dt_tree *tree, const struct dt_node *node, struct dt_why *why)
{
	struct dt_list lists[] = { dt_reg(tree, node), dt_ranges(tree, node), dt_irqs(tree, node),
		dt_iommus(tree, node), dt_iommu_map(tree, node), dt_placements(tree, node) };
	struct dt_placement place;
	struct dt_window window;
	struct dt_stream stream;
	struct dt_irq irq;
	int got;

	while ((got = dt_reg_next(&lists[0], &window, why)) > 0)
		;
	while (!got && (got = dt_ranges_next(&lists[1], &window, why)) > 0)
		got = 0;
	while (!got && (got = dt_irqs_next(&lists[2], &irq, why)) > 0)
		got = 0;
	while (!got && (got = dt_iommus_next(&lists[3], &stream, why)) > 0)
		got = 0;
	while (!got && (got = dt_iommu_map_next(&lists[4], &stream, why)) > 0)
		got = 0;
	while (!got && (got = dt_placements_next(&lists[5], &place, why)) > 0)
		got = 0;
	return got;
}

static void try_resource(const struct bad *bad)
{
	struct test_heap heap = { 0 };
	struct dt_env env = heap_env(&heap);
	struct dt_why why = { .text = "" };
	struct dt_tree tree;

	if (dt_tree_build(&tree, &env, bad->blob.at, bad->blob.size, &why))
		fail_msg("%s", why.text);
	assert_non_null(dt_node_at(&tree, bad->node));
	check_words(why.text, read_all(&tree, dt_node_at(&tree, bad->node), &why), bad);
	dt_tree_drop(&tree);
}

static void test_file(void **state)
{
	struct bad bad = load_bad(*state);

	if (strcmp(bad.kind, "tree") == 0)
		try_tree(&bad);
	else if (strcmp(bad.kind, "resource") == 0)
		try_resource(&bad);
	else
		try_overlay(&bad);
	free(bad.blob.at);
}

int main(void)
{
	static struct CMUnitTest tests[512];
	struct dirent **files;
	int count = scandir(BAD_DIR, &files, NULL, alphasort), used = 0;

	for (int i = 0; i < count && used < 512; i++)
		if (strstr(files[i]->d_name, ".dts"))
			tests[used++] = (struct CMUnitTest){ .name = files[i]->d_name,
				.test_func = test_file,
				.initial_state = files[i]->d_name };
	used = used ? _cmocka_run_group_tests("dt_bad", tests, (size_t)used, NULL, NULL) : 1;
	while (count > 0)
		free(files[--count]);
	free(files);
	return used;
}
