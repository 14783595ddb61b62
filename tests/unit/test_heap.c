/* SPDX-License-Identifier: Apache-2.0 */
/* core/heap.c: objects of random sizes against a model that remembers every byte of them. */
#include "tests/unit/mem_env.h"

#define RAM_PAGES 4096
#define OBJECTS   400

struct object {
	unsigned char *ptr;
	size_t size;
	unsigned char pattern;
};

static void make(struct object *o, unsigned char pattern)
{
	o->size = env_random(10) ? env_random(600) : env_random(20000);
	o->ptr = heap_alloc(o->size);
	if (!o->ptr)
		return;
	assert_true(IS_ALIGNED((uintptr_t)o->ptr, 16));
	for (size_t i = 0; i < o->size; i++)
		assert_int_equal(o->ptr[i], 0);
	o->pattern = pattern;
	memset(o->ptr, pattern, o->size);
}

static void drop(struct object *o)
{
	for (size_t i = 0; i < o->size; i++)
		assert_int_equal(o->ptr[i], o->pattern);
	heap_free(o->ptr);
	o->ptr = NULL;
}

static void test_random_objects_keep_their_bytes(void **state)
{
	static struct object objects[OBJECTS];
	uint64_t free_pages;

	(void)state;
	env_init(RAM_PAGES * PAGE_SIZE, 0);
	free_pages = page_count_free();
	for (unsigned i = 0; i < 20000; i++) {
		struct object *o = &objects[env_random(OBJECTS)];

		if (o->ptr)
			drop(o);
		else
			make(o, (unsigned char)(i | 1));
	}
	for (unsigned i = 0; i < OBJECTS; i++)
		if (objects[i].ptr)
			drop(&objects[i]);
	env_free(free_pages);
}

static void test_every_size_is_accounted(void **state)
{
	uint64_t free_pages;

	(void)state;
	env_init(RAM_PAGES * PAGE_SIZE, 0);
	free_pages = page_count_free();
	for (size_t size = 0; size < 3 * PAGE_SIZE; size++) {
		unsigned char *ptr = heap_alloc(size);
		size_t used = heap_bytes_used();

		assert_non_null(ptr);
		assert_true(used >= size && used <= 2 * size + 64);
		if (size)
			ptr[size - 1] = 1;
		heap_free(ptr);
		assert_int_equal(heap_bytes_used(), 0);
		assert_int_equal(page_count_free(), free_pages);
	}
	env_free(free_pages);
}

static void test_edges(void **state)
{
	void *ptr;

	(void)state;
	env_init(RAM_PAGES * PAGE_SIZE, 0);
	heap_free(NULL);
	assert_null(heap_alloc(RAM_PAGES * PAGE_SIZE));
	assert_null(heap_alloc(SIZE_MAX));
	assert_null(heap_alloc_array(SIZE_MAX / 2, 3));
	assert_null(heap_alloc_array(UINT64_C(1) << 33, UINT64_C(1) << 33));
	ptr = heap_alloc_array(3, 7);
	assert_non_null(ptr);
	heap_free(ptr);
	env_free(RAM_PAGES - 8);
}

static void test_allocations_that_fail(void **state)
{
	void *ptr;

	(void)state;
	env_init(RAM_PAGES * PAGE_SIZE, 0);
	for (unsigned n = 1; n <= 2; n++) { /* the object, then the page behind it */
		host_fail_at = n;
		assert_null(heap_alloc(40));
		assert_int_equal(host_fail_at, 0);
		host_fail_at = n;
		assert_null(heap_alloc(40000));
		assert_int_equal(heap_bytes_used(), 0);
	}
	host_fail_at = 3;
	ptr = heap_alloc(40);
	assert_non_null(ptr);
	heap_free(ptr);
	host_fail_at = 0;
	env_free(RAM_PAGES - 8);
}

static void test_no_memory_left(void **state)
{
	void *first = NULL;
	void **ptr;
	uint64_t free_pages;

	(void)state;
	env_init(MIB(1), 0);
	free_pages = page_count_free();
	while ((ptr = heap_alloc(100))) {
		*ptr = first;
		first = ptr;
	}
	assert_int_equal(page_count_free(), 0);
	while ((ptr = first)) {
		first = *ptr;
		heap_free(ptr);
	}
	env_free(free_pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_objects_keep_their_bytes),
		cmocka_unit_test(test_every_size_is_accounted),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_allocations_that_fail),
		cmocka_unit_test(test_no_memory_left),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
