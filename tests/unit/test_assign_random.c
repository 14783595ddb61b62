/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random overlays added, attached, detached and removed in random order, beside a model that works out from
 * scratch what each page and interrupt should be; and the same with each allocation failing in turn.
 */
#include "tests/unit/assign_env.h"

#define OVERLAYS 10
#define DEVICES  3
#define PAGES    48 /* from WINDOW on; devices lie in the first 40 */
#define SPIS     16 /* from SPI 32 on */

static const uint64_t free_window_end = WINDOW + 40 * PAGE_SIZE;

struct model {
	struct device devices[DEVICES];
	char names[DEVICES][16];
	unsigned count;
	int below; /* builds on this one's first device; -1: on the root */
	struct blob blob;
	bool live;
	struct domain *holder;
};

static struct model models[OVERLAYS];

/* What is there from boot: see base_blob(). */
static const struct {
	uint64_t base, size;
	unsigned spi;
	bool edge;
} boot[] = { { WINDOW + 0x1000, 0x1000, SPI_BOOT, false }, { WINDOW + 0x3000, 0x200, 40, true } };

static void random_device(struct model *m, unsigned n, unsigned id)
{
	struct device *dev = &m->devices[n];

	snprintf(m->names[n], sizeof(m->names[n]), "o%u-%u@1", id, n);
	*dev = (struct device){ .name = m->names[n],
		.base = WINDOW + (uint64_t)env_random(40 * 8) * 0x200,
		.size = (env_random(4) + 1) * (env_random(2) ? 0x200 : 0x800),
		.spi = env_random(4) ? 32 + env_random(SPIS) : 0,
		.edge = env_random(8) == 0,
		.disabled = env_random(6) == 0 };
	dev->size = MIN(dev->size, free_window_end - dev->base);
	if (env_random(20) == 0)
		dev->base = HOST_RAM_BASE + MIB(1);
}

static void make_models(void)
{
	memset(models, 0, sizeof(models));
	for (unsigned i = 0; i < OVERLAYS; i++) {
		struct model *m = &models[i];
		char target[20] = "/";

		m->below = i && env_random(3) == 0 ? (int)env_random(i) : -1;
		if (m->below >= 0 && models[m->below].below >= 0)
			m->below = -1;
		if (m->below >= 0)
			snprintf(target, sizeof(target), "/%s", models[m->below].names[0]);
		m->count = 1 + env_random(DEVICES);
		for (unsigned n = 0; n < m->count; n++)
			random_device(m, n, i);
		m->blob = overlay_of(target, m->devices, m->count);
	}
}

static bool is_on(const struct model *m, unsigned n)
{
	return !m->devices[n].disabled && (m->below < 0 || !models[m->below].devices[0].disabled);
}

static bool touches_page(uint64_t base, uint64_t size, uint64_t page)
{
	return base < page + PAGE_SIZE && page < base + size;
}

static struct domain *owner_of_page(uint64_t page)
{
	for (unsigned i = 0; i < 2; i++)
		if (touches_page(boot[i].base, boot[i].size, page))
			return dom0;
	for (unsigned i = 0; i < OVERLAYS; i++)
		for (unsigned n = 0; models[i].holder && n < models[i].count; n++)
			if (is_on(&models[i], n) &&
					touches_page(models[i].devices[n].base,
							models[i].devices[n].size, page))
				return models[i].holder;
	return NULL;
}

static struct domain *owner_of_spi(unsigned spi, bool *edge)
{
	for (unsigned i = 0; i < 2; i++) {
		*edge = boot[i].edge;
		if (boot[i].spi == spi)
			return dom0;
	}
	for (unsigned i = 0; i < OVERLAYS; i++)
		for (unsigned n = 0; models[i].holder && n < models[i].count; n++) {
			*edge = models[i].devices[n].edge;
			if (is_on(&models[i], n) && models[i].devices[n].spi == spi)
				return models[i].holder;
		}
	return NULL;
}

/* Two triggers for one line in one overlay: whichever comes first counts, which is not what is tested. */
static bool is_contradictory(const struct model *m)
{
	for (unsigned n = 0; n < m->count; n++)
		for (unsigned k = 0; k < n; k++)
			if (m->devices[n].spi && m->devices[n].spi == m->devices[k].spi &&
					m->devices[n].edge != m->devices[k].edge)
				return true;
	return false;
}

static bool may_have(struct domain *d, const struct device *dev)
{
	struct domain *owner;
	bool edge;

	if (dev->base >= HOST_RAM_BASE)
		return false;
	for (uint64_t page = dev->base & PAGE_MASK; page < dev->base + dev->size;
			page += PAGE_SIZE) {
		owner = owner_of_page(page);
		if (owner && owner != d)
			return false;
	}
	if (!dev->spi)
		return true;
	owner = owner_of_spi(dev->spi, &edge);
	return dev->spi != SPI_OF_UART && (!owner || (owner == d && edge == dev->edge));
}

static int expect_attach(struct domain *d, const struct model *m)
{
	if (!m->live)
		return -ENOENT;
	if (m->holder)
		return m->holder == d ? -EEXIST : -EBUSY;
	for (unsigned n = 0; n < m->count; n++)
		if (is_on(m, n) && !may_have(d, &m->devices[n]))
			return -1; /* for whatever reason */
	return 0;
}

static int expect_remove(const struct model *m)
{
	if (!m->live)
		return -ENOENT;
	for (unsigned i = 0; i < OVERLAYS; i++)
		if (models[i].live && models[i].below >= 0 && &models[models[i].below] == m)
			return -EBUSY;
	return m->holder && m->holder != dom0 ? -EBUSY : 0;
}

static int expect_add(const struct model *m)
{
	if (m->live)
		return -EEXIST;
	return m->below >= 0 && !models[m->below].live ? -ENOENT : 0;
}

static void compare(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t page = WINDOW + i * PAGE_SIZE;
		struct domain *owner = owner_of_page(page);
		const struct claim *claim = ledger_find(RESOURCE_MMIO, page >> PAGE_SHIFT);

		assert_ptr_equal(claim ? claim->owner : NULL, owner);
		assert_int_equal(claim != NULL, owner != NULL);
		assert_int_equal(sees(dom0, page), owner == dom0);
		assert_int_equal(sees(dom1, page), owner == dom1);
	}
	for (unsigned spi = 32; spi < 32 + SPIS; spi++) {
		bool edge;
		struct domain *owner = owner_of_spi(spi, &edge);

		assert_ptr_equal(irq_owner(spi), owner);
		if (owner)
			assert_int_equal(host_routes[spi].edge, edge);
	}
}

/* One operation; what it should answer, and what then holds. */
static int step(struct model *m, unsigned what, struct domain *d, int *expected)
{
	int err;

	switch (what) {
	case 0:
		*expected = expect_add(m);
		err = add(m->blob);
		m->live |= !err;
		return err;
	case 1:
		*expected = expect_attach(d, m);
		err = attach(d, m->blob);
		if (!err)
			m->holder = d;
		return err;
	case 2:
		*expected = m->live && m->holder == d ? 0 : -ENOENT;
		err = detach(d, m->blob);
		break;
	default:
		*expected = expect_remove(m);
		err = removes(m->blob);
		m->live &= err != 0;
	}
	if (!err)
		m->holder = NULL;
	return err;
}

static void check_answer(int err, int expected)
{
	if (expected == -1 ? err >= 0 : err != expected)
		fail_msg("answered %d, not %d: %s", err, expected, why.text);
}

/* Each allocation fails in turn: nothing is left of it, until none fails. */
static void step_with_faults(struct model *m, unsigned what, struct domain *d)
{
	for (unsigned n = 1;; n++) {
		size_t heap = heap_bytes_used();
		uint64_t pages = page_count_free();
		int expected, err;

		host_fail_at = n;
		err = step(m, what, d, &expected);
		if (host_fail_at) {
			host_fail_at = 0;
			check_answer(err, expected);
			return;
		}
		if (err != -ENOMEM) {
			check_answer(err, expected);
			return;
		}
		assert_int_equal(heap_bytes_used(), heap);
		/* A slab that was made for it may stay with the heap. */
		assert_in_range(page_count_free(), pages - 8, pages + 8);
		compare();
	}
}

static void put_all_back(void)
{
	for (unsigned i = OVERLAYS; i-- > 0;) {
		if (models[i].holder)
			assert_int_equal(detach(models[i].holder, models[i].blob), 0);
		models[i].holder = NULL;
	}
	for (unsigned i = OVERLAYS; i-- > 0;) {
		if (models[i].live)
			assert_int_equal(removes(models[i].blob), 0);
		models[i].live = false;
		free(models[i].blob.at);
	}
}

static void play(unsigned rounds, bool faults)
{
	make_models();
	for (unsigned i = 0; i < rounds; i++) {
		struct model *m = &models[env_random(OVERLAYS)];
		struct domain *d = env_random(2) ? dom0 : dom1;
		unsigned what = env_random(4);
		int expected, err;

		if (what == 1 && is_contradictory(m))
			continue;
		if (faults) {
			step_with_faults(m, what, d);
		} else {
			err = step(m, what, d, &expected);
			check_answer(err, expected);
		}
		compare();
	}
	put_all_back();
	compare();
}

static void test_random(void **state)
{
	(void)state;
	play(500, false);
	env_heap_at_start = heap_bytes_used(); /* the tree's hash tables have grown, once */
	for (unsigned game = 0; game < 60; game++) {
		play(200, false);
		assert_int_equal(heap_bytes_used(), env_heap_at_start);
	}
}

static void test_allocations_fail(void **state) /* 15, 16 */
{
	(void)state;
	play(500, false);
	env_heap_at_start = heap_bytes_used();
	for (unsigned game = 0; game < 6; game++)
		play(60, true);
}

/* The set beside a plain list. */
#define INTERVALS 64

static void check_intervals(const struct interval_set *set, const struct interval *all,
		const bool *in, uint64_t number)
{
	const struct interval *at = interval_at(set, number), *after = interval_after(set, number);
	uint64_t last = 0, first = UINT64_MAX;
	bool found = false;

	for (unsigned i = 0; i < INTERVALS; i++) {
		if (in[i] && all[i].first <= number && number <= all[i].last) {
			found = true;
			last = MAX(last, all[i].last);
		}
		if (in[i] && all[i].first > number)
			first = MIN(first, all[i].first);
	}
	assert_int_equal(at != NULL, found);
	if (at)
		assert_int_equal(at->last, last);
	assert_int_equal(after ? after->first : UINT64_MAX, first);
}

static void test_intervals(void **state)
{
	static struct interval all[INTERVALS];
	struct interval_set set = { .root = NULL };
	bool in[INTERVALS] = { false };

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = env_random(INTERVALS);

		if (in[i]) {
			interval_remove(&set, &all[i]);
		} else {
			all[i].first = env_random(200);
			all[i].last = all[i].first + env_random(env_random(2) ? 4 : 100);
			interval_insert(&set, &all[i]);
		}
		in[i] = !in[i];
		check_intervals(&set, all, in, env_random(310));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intervals),
		cmocka_unit_test_setup_teardown(test_random, env_set_up, env_tear_down),
		cmocka_unit_test_setup_teardown(test_allocations_fail, env_set_up, env_tear_down),
	};

	return cmocka_run_group_tests_name("assign_random", tests, NULL, NULL);
}
