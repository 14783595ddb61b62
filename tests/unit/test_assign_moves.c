/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random overlays attached to Dom0 as a whole and to two guests by random blobs of theirs, detached, removed, and
 * domains destroyed, in random order, beside a model that works out from scratch what each page and interrupt
 * should be; and the same with each allocation failing in turn.
 */
#include "tests/unit/assign_guest.h"

#define OVERLAYS 5
#define DEVICES  3
#define BLOBS    14
#define NODES    3
#define PARTS    64
#define FIRST    (WINDOW + 0x10000)
#define PAGES    24 /* of devices */
#define PLACES   24 /* of the guests' pages for them, from GUEST on */
#define SPIS     10 /* from SPI 60 on */

static struct host_overlay {
	struct device devices[DEVICES];
	char names[DEVICES][16];
	unsigned count;
	struct blob blob;
	bool live;
} overlays[OVERLAYS];

static struct guest_blob {
	struct {
		unsigned overlay, device;
		struct guest_device node;
	} nodes[NODES];
	unsigned count;
	struct blob blob;
} blobs[BLOBS];

/* What an attach brought of one overlay: blob NULL: all of it. */
static struct part {
	struct domain *domain; /* NULL: the entry is free */
	const struct guest_blob *blob;
	const struct host_overlay *overlay;
} parts[PARTS];

static void make_overlays(void)
{
	for (unsigned i = 0; i < OVERLAYS; i++) {
		struct host_overlay *o = &overlays[i];

		*o = (struct host_overlay){ .count = 1 + env_random(DEVICES) };
		for (unsigned n = 0; n < o->count; n++) {
			unsigned spi = env_random(3) ? 60 + env_random(SPIS) : 0;
			uint64_t base = FIRST + (uint64_t)env_random(PAGES * 8 - 24) * 0x200;

			snprintf(o->names[n], sizeof(o->names[n]), "o%u-%u@1", i, n);
			o->devices[n] = (struct device){ .name = o->names[n],
				.base = base,
				.size = (1 + env_random(4)) * (env_random(2) ? 0x200 : 0xa00),
				.spi = spi,
				.edge = spi & 1,
				.disabled = env_random(8) == 0 };
		}
		o->blob = overlay_of("/", o->devices, o->count);
	}
}

static void make_node(struct guest_blob *b, unsigned n)
{
	unsigned overlay = env_random(OVERLAYS);
	unsigned device = env_random(overlays[overlay].count);
	const struct device *dev = &overlays[overlay].devices[device];
	uint64_t skip = env_random(4) ? 0 : env_random((unsigned)(dev->size / 0x200)) * 0x200;
	uint64_t base = dev->base + skip;

	b->nodes[n].overlay = overlay;
	b->nodes[n].device = device;
	b->nodes[n].node = (struct guest_device){ .name = dev->name,
		.base = base,
		.size = dev->size - skip,
		.at = GUEST + env_random(PLACES) * PAGE_SIZE + (base & ~PAGE_MASK),
		.spi = env_random(4) ? dev->spi : 0,
		.edge = dev->edge,
		.disabled = env_random(10) == 0 };
}

/* Nodes of one blob have different names. */
static bool is_new(const struct guest_blob *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (b->nodes[i].node.name == b->nodes[n].node.name)
			return false;
	return true;
}

static void make_blobs(void)
{
	for (unsigned i = 0; i < BLOBS; i++) {
		struct guest_blob *b = &blobs[i];
		struct guest_device devices[NODES];
		unsigned wanted = 1 + env_random(NODES);

		b->count = 0;
		while (wanted--) {
			make_node(b, b->count);
			if (is_new(b, b->count)) {
				devices[b->count] = b->nodes[b->count].node;
				b->count++;
			}
		}
		b->blob = guest_of(devices, b->count);
		for (unsigned k = 0; k < i; k++) /* the same bytes would be the same blob */
			if (blobs[k].blob.size == b->blob.size &&
					memcmp(blobs[k].blob.at, b->blob.at, b->blob.size) == 0) {
				free(b->blob.at);
				i--;
				break;
			}
	}
}

/* The world, worked out from the parts. */

static struct world {
	struct domain *owner[PAGES + 8];
	uint64_t at[PAGES + 8]; /* where the owner sees it */
	struct domain *spi_owner[SPIS];
	bool contradiction; /* two owners, two places, or two pages at one place */
} world;

static void world_give_page(struct world *w, struct domain *d, uint64_t page, uint64_t at)
{
	unsigned n = (unsigned)((page - FIRST) / PAGE_SIZE);

	assert_in_range(n, 0, PAGES + 7);
	w->contradiction |= w->owner[n] && (w->owner[n] != d || w->at[n] != at);
	for (unsigned i = 0; i < PAGES + 8; i++)
		w->contradiction |= w->owner[i] == d && w->at[i] == at && i != n;
	w->owner[n] = d;
	w->at[n] = at;
}

static void world_give(struct world *w, struct domain *d, uint64_t base, uint64_t size, uint64_t at,
		unsigned spi)
{
	uint64_t last = base + size - 1;

	for (uint64_t page = base & PAGE_MASK; page <= last; page += PAGE_SIZE)
		world_give_page(w, d, page, (at & PAGE_MASK) + (page - (base & PAGE_MASK)));
	if (!spi)
		return;
	w->contradiction |= w->spi_owner[spi - 60] && w->spi_owner[spi - 60] != d;
	w->spi_owner[spi - 60] = d;
}

static bool is_on(const struct guest_blob *b, unsigned n)
{
	const struct host_overlay *o = &overlays[b->nodes[n].overlay];

	return !b->nodes[n].node.disabled && !o->devices[b->nodes[n].device].disabled;
}

static void world_add(struct world *w, const struct part *part)
{
	const struct host_overlay *o = part->overlay;
	const struct guest_blob *b = part->blob;

	for (unsigned n = 0; !b && n < o->count; n++)
		if (!o->devices[n].disabled)
			world_give(w, part->domain, o->devices[n].base, o->devices[n].size,
					o->devices[n].base, o->devices[n].spi);
	for (unsigned n = 0; b && n < b->count; n++) {
		const struct guest_device *node = &b->nodes[n].node;

		if (&overlays[b->nodes[n].overlay] == o && is_on(b, n))
			world_give(w, part->domain, node->base, node->size, node->at, node->spi);
	}
}

static void world_make(void)
{
	memset(&world, 0, sizeof(world));
	for (unsigned i = 0; i < PARTS; i++)
		if (parts[i].domain)
			world_add(&world, &parts[i]);
	assert_false(world.contradiction);
}

static void compare_guest(struct domain *d)
{
	for (unsigned i = 0; i < PLACES + 8; i++) {
		uint64_t at = GUEST + i * PAGE_SIZE;
		struct p2m_entry entry = p2m_lookup(d, IPA(at));
		unsigned n = 0;

		while (n < PAGES + 8 && (world.owner[n] != d || world.at[n] != at))
			n++;
		assert_int_equal(entry.type == P2M_MMIO, n < PAGES + 8);
		if (n < PAGES + 8)
			assert_int_equal(entry.pa.v, FIRST + n * PAGE_SIZE);
	}
}

static void compare(void)
{
	world_make();
	for (unsigned n = 0; n < PAGES + 8; n++) {
		uint64_t page = FIRST + n * PAGE_SIZE;
		const struct claim *claim = ledger_find(RESOURCE_MMIO, page >> PAGE_SHIFT);

		assert_ptr_equal(claim ? claim->owner : NULL, world.owner[n]);
		assert_int_equal(sees(dom0, page), world.owner[n] == dom0);
	}
	for (unsigned i = 0; i < SPIS; i++)
		assert_ptr_equal(irq_owner(60 + i), world.spi_owner[i]);
	compare_guest(dom2);
	compare_guest(dom3);
}

/* Operations: what the model expects; -1: a refusal, for whatever reason. */

static struct part *find_part(const struct part *from, const struct domain *d, const void *blob,
		const void *overlay)
{
	unsigned i = from ? (unsigned)(from - parts) + 1 : 0;

	for (; i < PARTS; i++)
		if (parts[i].domain && (!d || parts[i].domain == d) &&
				(!blob || parts[i].blob == blob) &&
				(!overlay || parts[i].overlay == overlay))
			return &parts[i];
	return NULL;
}

static void add_part(struct domain *d, const struct guest_blob *b, const struct host_overlay *o)
{
	struct part *part = parts;

	while (part->domain)
		part++;
	assert_true(part < parts + PARTS - 1);
	*part = (struct part){ d, b, o };
}

static void add_parts(struct domain *d, const struct guest_blob *b)
{
	for (unsigned n = 0; n < b->count; n++) {
		const struct host_overlay *o = &overlays[b->nodes[n].overlay];

		if (!find_part(NULL, d, b, o))
			add_part(d, b, o);
	}
}

static void drop_parts(const struct domain *d, const void *blob, const void *overlay)
{
	struct part *part = NULL;

	while ((part = find_part(part, d, blob, overlay)) != NULL)
		part->domain = NULL;
}

static bool is_held(const struct guest_blob *b, unsigned n)
{
	const struct host_overlay *o = &overlays[b->nodes[n].overlay];
	const struct part *part = NULL;

	while ((part = find_part(part, NULL, NULL, o)) != NULL) {
		if (!part->blob)
			return true;
		for (unsigned k = 0; k < part->blob->count; k++)
			if (part->blob->nodes[k].node.name == b->nodes[n].node.name &&
					is_on(part->blob, k))
				return true;
	}
	return false;
}

static int expect_attach_guest(struct domain *d, const struct guest_blob *b)
{
	struct world w;

	if (find_part(NULL, d, b, NULL))
		return -EEXIST;
	for (unsigned n = 0; n < b->count; n++)
		if (!overlays[b->nodes[n].overlay].live || (is_on(b, n) && is_held(b, n)))
			return -1;
	world_make();
	w = world;
	for (unsigned n = 0; n < b->count; n++) {
		const struct guest_device *node = &b->nodes[n].node;

		if (is_on(b, n))
			world_give(&w, d, node->base, node->size, node->at, node->spi);
	}
	return w.contradiction ? -1 : 0;
}

static int attach_guest(struct domain *d, const struct guest_blob *b, int *expected)
{
	int err;

	*expected = expect_attach_guest(d, b);
	err = attach(d, b->blob);
	if (!err)
		add_parts(d, b);
	return err;
}

static int expect_attach_whole(const struct host_overlay *o)
{
	struct part part = { dom0, NULL, o };
	struct world w;

	if (!o->live)
		return -ENOENT;
	if (find_part(NULL, NULL, NULL, o))
		return find_part(NULL, dom0, NULL, o) ? -EEXIST : -EBUSY;
	world_make();
	w = world;
	world_add(&w, &part);
	return w.contradiction ? -1 : 0;
}

static int attach_whole(const struct host_overlay *o, int *expected)
{
	int err;

	*expected = expect_attach_whole(o);
	err = attach(dom0, o->blob);
	if (!err)
		add_part(dom0, NULL, o);
	return err;
}

static int remove_overlay(struct host_overlay *o, int *expected)
{
	int err;

	*expected = !o->live ? -ENOENT : 0;
	if (find_part(NULL, dom2, NULL, o) || find_part(NULL, dom3, NULL, o))
		*expected = -EBUSY;
	err = removes(o->blob);
	if (!err) {
		drop_parts(dom0, NULL, o);
		o->live = false;
	}
	return err;
}

static int detach_from(
		struct domain *d, struct blob blob, const void *b, const void *o, int *expected)
{
	int err;

	*expected = find_part(NULL, d, b, o) ? 0 : -ENOENT;
	err = detach(d, blob);
	if (!err)
		drop_parts(d, b, o);
	return err;
}

static void destroy(struct domain *d)
{
	d->dying = DOMAIN_DYING;
	while (on_kill(d) == -ERESTART)
		;
	d->dying = DOMAIN_ALIVE; /* its successor */
	drop_parts(d, NULL, NULL);
}

static int step(unsigned what, struct host_overlay *o, const struct guest_blob *b, struct domain *d,
		int *expected)
{
	int err = 0;

	*expected = 0;
	switch (what) {
	case 0:
	case 1:
		*expected = o->live ? -EEXIST : 0;
		err = add(o->blob);
		o->live |= !err;
		break;
	case 2:
		err = remove_overlay(o, expected);
		break;
	case 3:
		err = attach_whole(o, expected);
		break;
	case 4:
		err = detach_from(env_random(2) ? dom0 : d, o->blob, NULL, o, expected);
		break;
	case 5:
	case 6:
		err = detach_from(d, b->blob, b, NULL, expected);
		break;
	case 7:
		if (env_random(8) == 0)
			destroy(d);
		break;
	default:
		err = attach_guest(d, b, expected);
	}
	return err;
}

static unsigned attached;

static void check_answer(int err, int expected)
{
	if (expected == -1 ? err >= 0 : err != expected)
		fail_msg("answered %d, not %d: %s", err, expected, why.text);
}

/* Each allocation fails in turn: nothing is left of it, until none fails. */
static void step_with_faults(
		unsigned what, struct host_overlay *o, const struct guest_blob *b, struct domain *d)
{
	for (unsigned n = 1;; n++) {
		size_t heap = heap_bytes_used();
		int expected, err;
		bool failed;

		host_fail_at = n;
		err = step(what, o, b, d, &expected);
		failed = host_fail_at == 0;
		host_fail_at = 0;
		if (!failed || err != -ENOMEM) {
			check_answer(err, expected);
			return;
		}
		assert_int_equal(heap_bytes_used(), heap);
		compare();
	}
}

static void play(unsigned rounds, bool faults)
{
	make_overlays();
	make_blobs();
	for (unsigned i = 0; i < rounds; i++) {
		struct host_overlay *o = &overlays[env_random(OVERLAYS)];
		struct guest_blob *b = &blobs[env_random(BLOBS)];
		struct domain *d = env_random(2) ? dom2 : dom3;
		unsigned what = env_random(13);
		int expected, err;

		if (faults) {
			step_with_faults(what, o, b, d);
		} else {
			err = step(what, o, b, d, &expected);
			check_answer(err, expected);
			attached += what > 7 && !err;
		}
		compare();
	}
	destroy(dom2);
	destroy(dom3);
	for (unsigned i = 0; i < OVERLAYS; i++) {
		assert_int_equal(removes(overlays[i].blob), overlays[i].live ? 0 : -ENOENT);
		free(overlays[i].blob.at);
	}
	for (unsigned i = 0; i < BLOBS; i++)
		free(blobs[i].blob.at);
	drop_parts(NULL, NULL, NULL);
	compare();
}

static void test_random(void **state)
{
	(void)state;
	play(500, false);
	env_heap_at_start = heap_bytes_used(); /* the tree's hash tables have grown, once */
	for (unsigned game = 0; game < 80; game++) {
		play(200, false);
		assert_int_equal(heap_bytes_used(), env_heap_at_start);
	}
	assert_true(attached > 500); /* else it tested nothing */
}

static void test_allocations_fail(void **state)
{
	(void)state;
	play(500, false);
	env_heap_at_start = heap_bytes_used();
	for (unsigned game = 0; game < 8; game++)
		play(60, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, env_set_up, env_tear_down),
		cmocka_unit_test_setup_teardown(test_allocations_fail, env_set_up, env_tear_down),
	};

	return cmocka_run_group_tests_name("assign_moves", tests, NULL, NULL);
}
