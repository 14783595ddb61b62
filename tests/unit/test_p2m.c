/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch/arm64/p2m*.c against an array of what each guest page is, with the tables walked again by a second,
 * naive walker; references, tables and the allocator counted after every step.
 */
#include "arch/arm64/pgtable.h"
#include "tests/unit/mem_env.h"
#include <arch/stage2.h>
#include <arch/tlb.h>

#define RAM_SIZE    MIB(48)
#define MODEL_PAGES (3 * 512 * 512) /* 3 GiB */
#define FRAMES      16

struct model_page {
	uint64_t pa;
	enum p2m_type type;
};

static struct model_page model[MODEL_PAGES];
static struct domain *d;
static bool hardware; /* d is the hardware domain */
static ipa_t base; /* of the model's first page */
static struct page *frames[FRAMES]; /* of domain 2, for FOREIGN and GRANT entries */
static unsigned frame_held[FRAMES];
static uint64_t free_pages_before;

static void set_up(unsigned pa_bits)
{
	host_pa_bits = pa_bits;
	p2m_setup(PADDR(BIT(pa_bits)));
	env_init(RAM_SIZE, 1024);
	free_pages_before = page_count_free();
	d = &env_domains[1];
	d->config.hardware = hardware;
	assert_int_equal(p2m_init(d), 0);
	assert_int_equal(p2m_set_pool(d, 100000), 0);
	for (unsigned i = 0; i < FRAMES; i++) {
		frames[i] = page_alloc_domain(&env_domains[2], 0, PAGE_ANYWHERE);
		frame_held[i] = 0;
	}
	memset(model, 0, sizeof(model));
	base = IPA(0);
}

static void tear_down(void)
{
	while (p2m_teardown(d) == -ERESTART)
		;
	for (unsigned i = 0; i < FRAMES; i++) {
		assert_int_equal(page_refcount(frames[i]), 1);
		page_put(frames[i]);
	}
	env_free(free_pages_before);
	host_pa_bits = 40;
	p2m_setup(PADDR(0));
}

/* A walk written without a look at the other one. */
static struct p2m_entry naive_lookup(uint64_t ipa)
{
	struct p2m_entry e = { .type = P2M_NONE };
	unsigned bits = p2m_ipa_bits(), level = bits > 43 ? 0 : 1;
	uint64_t *table = phys_to_virt(PADDR(d->p2m.vttbr & GENMASK(47, 1)));
	uint64_t index = ipa >> (39 - 9 * level);

	for (;; level++) {
		uint64_t pte = table[index], size = BIT(39 - 9 * level);

		if (!(pte & 1))
			return e;
		if (level == 3 || !(pte & 2)) {
			assert_true(level > 0 && (level < 3 || (pte & 2)));
			assert_int_equal((pte & GENMASK(47, 12)) & (size - 1), 0);
			assert_true(pte & BIT(10));
			e.pa = PADDR((pte & GENMASK(47, 12)) | (ipa & (size - 1)));
			e.type = (enum p2m_type)(pte >> 55 & 0xf);
			e.block_size = size;
			assert_int_equal(pte >> 2 & 0xf, e.type == P2M_MMIO && !hardware ? 1 : 0xf);
			assert_int_equal(pte >> 54 & 1, e.type > P2M_RAM_RO);
			return e;
		}
		table = phys_to_virt(PADDR(pte & GENMASK(47, 12)));
		index = ipa >> (39 - 9 * (level + 1)) & 511;
	}
}

static unsigned frame_index(uint64_t pa)
{
	for (unsigned i = 0; i < FRAMES; i++)
		if (page_phys(frames[i]).v == pa)
			return i;
	fail_msg("not a test frame");
	return 0;
}

static void model_set(uint64_t page, uint64_t count, uint64_t pa, enum p2m_type type)
{
	for (uint64_t i = page; i < page + count; i++, pa += PAGE_SIZE) {
		if (model[i].type >= P2M_FOREIGN)
			frame_held[frame_index(model[i].pa)]--;
		model[i] = (struct model_page){ type == P2M_NONE ? 0 : pa, type };
		if (type >= P2M_FOREIGN)
			frame_held[frame_index(pa)]++;
	}
}

static void check_page(uint64_t page)
{
	ipa_t ipa = IPA(base.v + page * PAGE_SIZE);
	struct p2m_entry e = p2m_lookup(d, ipa), n = naive_lookup(ipa.v);

	assert_int_equal(e.type, model[page].type);
	assert_int_equal(e.pa.v, model[page].pa);
	assert_int_equal(n.type, e.type);
	assert_int_equal(n.pa.v, e.pa.v);
	assert_int_equal(n.block_size, e.block_size);
}

static void check_around(uint64_t page, uint64_t count)
{
	uint64_t step = count > 3000 ? 511 : 1;

	for (uint64_t i = page > 600 ? page - 600 : 0; i < MIN(page + count + 600, MODEL_PAGES);
			i += step)
		check_page(i);
	check_page(page);
	check_page(page + count - 1);
	for (unsigned i = 0; i < FRAMES; i++)
		assert_int_equal(page_refcount(frames[i]), 1 + frame_held[i]);
	assert_int_equal(page_count_free(), free_pages_before - FRAMES - d->p2m.table_pages);
}

static void check_all(void)
{
	for (uint64_t i = 0; i < MODEL_PAGES; i += i % 7 + 1)
		check_page(i);
}

static int map(uint64_t page, uint64_t count, uint64_t pa, enum p2m_type type)
{
	int err = p2m_map(d, IPA(base.v + page * PAGE_SIZE), PADDR(pa), count, type);

	if (!err)
		model_set(page, count, pa, type);
	return err;
}

static int unmap(uint64_t page, uint64_t count)
{
	int err = p2m_unmap(d, IPA(base.v + page * PAGE_SIZE), count);

	if (!err)
		model_set(page, count, 0, P2M_NONE);
	return err;
}

/* Lengths and places around the sizes of blocks; now and then something else. */
static uint64_t random_count(void)
{
	switch (env_random(24)) {
	case 0:
		return 512 * 512 + env_random(3) * 512;
	case 1:
	case 2:
	case 3:
	case 4:
		return 512 * (1 + env_random(4)) + env_random(3) - 1;
	case 5:
	case 6:
		return 1 + env_random(2000);
	default:
		return 1 + env_random(4);
	}
}

static uint64_t random_page(uint64_t count)
{
	uint64_t page = env_random(MODEL_PAGES - (uint32_t)count + 1);

	switch (env_random(4)) {
	case 0:
		return ALIGN_DOWN(page, 512 * 512);
	case 1:
		return ALIGN_DOWN(page, 512);
	case 2: /* most of what happens, happens near to each other */
		return MIN(512 * 512 - 1024 + env_random(2048), MODEL_PAGES - count);
	default:
		return page;
	}
}

static bool map_random(uint64_t *page, uint64_t *count)
{
	static const enum p2m_type plain[] = { P2M_RAM, P2M_RAM_RO, P2M_MMIO, P2M_SHARED };
	uint64_t pa = GIB(8) + (env_random(2) ? *page : env_random(1U << 20)) * PAGE_SIZE;
	unsigned i = env_random(FRAMES);
	enum p2m_type type = plain[env_random(4)];

	if (*count < 5 && env_random(2)) {
		type = P2M_FOREIGN + env_random(4);
		*count = 1;
		pa = page_phys(frames[i]).v;
		assert_true(page_get_any(frames[i], NULL));
	}
	if (map(*page, *count, pa, type) == 0)
		return true;
	if (type >= P2M_FOREIGN)
		page_put(frames[i]);
	return false;
}

static void run_random(unsigned pa_bits, uint64_t model_base, unsigned rounds)
{
	set_up(pa_bits);
	base = IPA(model_base);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t count = random_count();
		uint64_t page = random_page(count);
		bool used = false;

		switch (env_random(5)) {
		case 0:
		case 1:
			assert_true(map_random(&page, &count));
			break;
		case 2:
		case 3:
			assert_int_equal(unmap(page, count), 0);
			break;
		default:
			for (uint64_t k = page; k < page + count; k++)
				used = used || model[k].type != P2M_NONE;
			assert_int_equal(p2m_range_used(d, IPA(base.v + page * PAGE_SIZE), count),
					used);
			break;
		}
		check_around(page, count);
	}
	check_all();
	/* all of it unmapped: no table is left but the root */
	assert_int_equal(unmap(0, MODEL_PAGES), 0);
	assert_int_equal(d->p2m.table_pages, BIT(d->p2m.root_order));
	check_all();
	assert_int_equal(map(4, 1, GIB(8), P2M_RAM), 0);
	tear_down();
}

static void test_random_40_bits(void **state)
{
	(void)state;
	run_random(40, 0, 1500);
}

static void test_random_48_bits(void **state)
{
	(void)state;
	run_random(48, BIT(48) - GIB(3), 500);
}

static void test_random_across_root_tables(void **state)
{
	(void)state;
	run_random(42, BIT(39) - GIB(1), 500);
}

static void test_geometry(void **state)
{
	static const struct {
		unsigned pa_bits, end_bits, ipa_bits, sl0, ps, order;
	} cases[] = {
		{ 32, 20, 32, 1, 0, 0 },
		{ 36, 36, 36, 1, 1, 0 },
		{ 40, 32, 40, 1, 2, 1 },
		{ 40, 48, 40, 1, 2, 1 },
		{ 42, 41, 42, 1, 3, 3 },
		{ 44, 40, 40, 1, 4, 1 },
		{ 44, 44, 44, 2, 4, 0 },
		{ 48, 41, 42, 1, 5, 3 },
		{ 48, 48, 48, 2, 5, 0 },
		{ 52, 39, 40, 1, 5, 1 },
		{ 52, 52, 48, 2, 5, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t vtcr;

		host_pa_bits = cases[i].pa_bits;
		p2m_setup(PADDR(BIT(cases[i].end_bits)));
		vtcr = p2m_vtcr();
		assert_int_equal(p2m_ipa_bits(), cases[i].ipa_bits);
		assert_int_equal(64 - (vtcr & 0x3f), cases[i].ipa_bits);
		assert_int_equal(vtcr >> 6 & 3, cases[i].sl0);
		assert_int_equal(vtcr >> 16 & 7, cases[i].ps);
		assert_int_equal(vtcr & ~GENMASK(18, 16) & ~GENMASK(7, 0), 0x80003500);
		env_init(MIB(2), 0);
		assert_int_equal(p2m_init(&env_domains[0]), 0);
		assert_int_equal(env_domains[0].p2m.root_order, cases[i].order);
		assert_true(IS_ALIGNED(env_domains[0].p2m.root.v, PAGE_SIZE << cases[i].order));
		assert_int_equal(p2m_teardown(&env_domains[0]), 0);
		env_free(511);
	}
	host_vmid_bits = 16;
	assert_true(p2m_vtcr() & BIT(19));
	host_vmid_bits = 8;
	host_pa_bits = 40;
	p2m_setup(PADDR(0));
}

static void test_bounds(void **state)
{
	const ipa_t end = IPA(BIT(40));

	(void)state;
	set_up(40);
	assert_int_equal(p2m_map(d, end, PADDR(0), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(end.v - PAGE_SIZE), PADDR(0), 2, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(0), PADDR(0), UINT64_MAX, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(0), PADDR(BIT(48)), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(0), PADDR(BIT(48) - PAGE_SIZE), 2, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(1), PADDR(0), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, IPA(0), PADDR(1), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_unmap(d, IPA(UINT64_MAX & PAGE_MASK), 1), -EINVAL);
	assert_int_equal(p2m_prepare(d, end, PADDR(0), 1), -EINVAL);
	assert_int_equal(p2m_lookup(d, IPA(UINT64_MAX)).type, P2M_NONE);
	assert_int_equal(p2m_lookup(d, end).type, P2M_NONE);
	assert_false(p2m_range_used(d, end, 1));
	assert_int_equal(p2m_max_gfn(d), 0);
	assert_int_equal(p2m_map(d, IPA(end.v - PAGE_SIZE), PADDR(0), 1, P2M_MMIO), 0);
	assert_int_equal(p2m_max_gfn(d), BIT(28));
	assert_true(p2m_range_used(d, IPA(0), BIT(28)));
	assert_int_equal(p2m_map(d, IPA(0), PADDR(BIT(48) - PAGE_SIZE), 1, P2M_MMIO), 0);
	tear_down();
}

/* Blocks are as large as both addresses allow; a split keeps the rest of the block. */
static void test_blocks(void **state)
{
	(void)state;
	set_up(40);
	assert_int_equal(map(0, MODEL_PAGES, GIB(4), P2M_RAM), 0);
	assert_int_equal(d->p2m.table_pages, 2);
	assert_int_equal(p2m_lookup(d, IPA(GIB(1))).block_size, GIB(1));
	host_tlb = (struct host_tlb){ 0 };
	assert_int_equal(unmap(512 * 512 + 5, 1), 0);
	assert_int_equal(host_tlb.range_flushes, 3); /* two splits, and the page itself */
	assert_int_equal(d->p2m.table_pages, 4);
	assert_int_equal(p2m_lookup(d, IPA(GIB(1))).block_size, PAGE_SIZE);
	assert_int_equal(p2m_lookup(d, IPA(GIB(1) + MIB(2))).block_size, MIB(2));
	check_all();
	/* mapped again as a whole, it is one block again */
	assert_int_equal(map(512 * 512, 512 * 512, GIB(5), P2M_RAM), 0);
	assert_int_equal(p2m_lookup(d, IPA(GIB(1))).block_size, GIB(1));
	assert_int_equal(d->p2m.table_pages, 2);
	/* addresses that never line up */
	assert_int_equal(map(0, 2048, GIB(4) + PAGE_SIZE, P2M_MMIO), 0);
	assert_int_equal(p2m_lookup(d, IPA(0)).block_size, PAGE_SIZE);
	tear_down();
}

static ipa_t watched;
static unsigned watched_flushes;

/* When TLBs are invalidated the old entry is gone, the new one is not there, and the frame is still held. */
static void check_order(void)
{
	uint64_t free_pages = free_pages_before - FRAMES - d->p2m.table_pages;

	host_tlb.hook = NULL; /* the first counts */
	watched_flushes++;
	assert_int_equal(naive_lookup(watched.v).type, P2M_NONE);
	assert_int_equal(page_refcount(frames[0]), 2);
	assert_true(page_count_free() <= free_pages); /* tables out of use are not free yet */
}

/* Registers of the hardware domain's: Normal write-back at stage 2, so that stage 1 decides. */
static void test_attributes(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		hardware = round == 1;
		set_up(40);
		assert_int_equal(p2m_map(d, IPA(GIB(1)), PADDR(GIB(1)), 1, P2M_MMIO), 0);
		assert_int_equal(p2m_map(d, IPA(MIB(64)), PADDR(MIB(64)), 512, P2M_MMIO), 0);
		assert_int_equal(naive_lookup(GIB(1)).type, P2M_MMIO);
		assert_int_equal(naive_lookup(MIB(64)).type, P2M_MMIO);
		assert_int_equal(p2m_unmap(d, IPA(MIB(65)), 1), 0); /* what is split keeps them */
		assert_int_equal(naive_lookup(MIB(64)).type, P2M_MMIO);
		tear_down();
	}
	hardware = false;
}

static void test_invalidated_before_reuse(void **state)
{
	(void)state;
	set_up(40);
	watched = IPA(5 * PAGE_SIZE);
	watched_flushes = 0;
	/* replaced, unmapped with its tables, a block split beside it, taken down */
	for (unsigned i = 0; i < 4; i++) {
		assert_true(page_get_any(frames[0], NULL));
		assert_int_equal(map(5, 1, page_phys(frames[0]).v, P2M_FOREIGN), 0);
		host_tlb.hook = check_order;
		if (i == 0)
			assert_int_equal(map(5, 1, GIB(9), P2M_RAM), 0);
		else if (i == 1)
			assert_int_equal(map(0, 512, GIB(8), P2M_MMIO), 0);
		else if (i == 2)
			assert_int_equal(unmap(0, 512), 0);
		else
			assert_int_equal(p2m_teardown(d), 0);
		assert_int_equal(watched_flushes, i + 1);
		assert_int_equal(page_refcount(frames[0]), 1);
	}
	tear_down();
}

static void check_split(void)
{
	watched_flushes++;
	assert_int_equal(naive_lookup(GIB(1) + 512 * PAGE_SIZE).type, P2M_NONE);
}

static void test_split_breaks_before_it_makes(void **state)
{
	(void)state;
	set_up(40);
	assert_int_equal(map(512 * 512, 512 * 512, GIB(8), P2M_RAM), 0);
	watched_flushes = 0;
	host_tlb.hook = check_split;
	assert_int_equal(unmap(512 * 512 + 512, 1), 0);
	host_tlb.hook = NULL;
	assert_int_equal(watched_flushes, 3);
	check_around(512 * 512 + 512, 1);
	tear_down();
}

static void test_get_page(void **state)
{
	struct page *own, *graft;
	enum p2m_type type;

	(void)state;
	set_up(40);
	own = page_alloc_domain(d, 0, PAGE_ANYWHERE);
	graft = page_alloc(0);
	assert_int_equal(p2m_map(d, IPA(0x1000), page_phys(own), 1, P2M_RAM), 0);
	assert_int_equal(p2m_map(d, IPA(0x2000), page_phys(own), 1, P2M_RAM_RO), 0);
	assert_int_equal(p2m_map(d, IPA(0x3000), page_phys(graft), 1, P2M_SHARED), 0);
	assert_int_equal(p2m_map(d, IPA(0x4000), page_phys(own), 1, P2M_MMIO), 0);
	assert_int_equal(p2m_map(d, IPA(0x5000), PADDR(GIB(20)), 1, P2M_RAM), 0);
	assert_true(page_get_any(frames[0], NULL));
	assert_int_equal(p2m_map(d, IPA(0x6000), page_phys(frames[0]), 1, P2M_FOREIGN_RO), 0);

	assert_ptr_equal(p2m_get_page(d, IPA(0x1008), true, &type), own);
	assert_int_equal(type, P2M_RAM);
	assert_ptr_equal(p2m_get_page(d, IPA(0x2000), false, &type), own);
	assert_int_equal(type, P2M_RAM_RO);
	assert_null(p2m_get_page(d, IPA(0x2000), true, &type));
	assert_ptr_equal(p2m_get_page(d, IPA(0x3000), true, NULL), graft);
	assert_null(p2m_get_page(d, IPA(0x4000), false, &type));
	assert_int_equal(type, P2M_MMIO);
	assert_null(p2m_get_page(d, IPA(0x5000), false, NULL));
	assert_ptr_equal(p2m_get_page(d, IPA(0x6000), false, NULL), frames[0]);
	assert_null(p2m_get_page(d, IPA(0x6000), true, NULL));
	assert_null(p2m_get_page(d, IPA(0x7000), false, &type));
	assert_int_equal(type, P2M_NONE);
	assert_int_equal(page_refcount(own), 3);
	assert_int_equal(page_refcount(frames[0]), 3);
	/* a page that is not the domain's any more is not to be had through an entry that is left */
	assert_int_equal(p2m_map(d, IPA(0x8000), page_phys(frames[1]), 1, P2M_RAM), 0);
	assert_null(p2m_get_page(d, IPA(0x8000), false, NULL));

	assert_int_equal(p2m_unmap_page(d, IPA(0x1000), page_phys(graft), P2M_RAM), -ENOENT);
	assert_int_equal(p2m_unmap_page(d, IPA(0x1000), page_phys(own), P2M_SHARED), -ENOENT);
	assert_int_equal(p2m_unmap_page(d, IPA(0x1000), page_phys(own), P2M_RAM), 0);
	assert_int_equal(p2m_lookup(d, IPA(0x1000)).type, P2M_NONE);
	assert_int_equal(p2m_unmap_page(d, IPA(0x1000), PADDR(0), P2M_NONE), -ENOENT);
	page_put(own);
	page_put(own);
	page_put(own);
	page_put(graft);
	page_put(graft);
	page_put(frames[0]);
	tear_down();
}

/* Memory up to what is none, held by who took it, forgotten by the TLBs at once; or nothing was changed. */
static void test_take_memory(void **state)
{
	struct page *own, *pages[8];
	unsigned flushes;

	(void)state;
	set_up(40);
	own = page_alloc_domain(d, 9, PAGE_ANYWHERE);
	assert_int_equal(p2m_map(d, IPA(MIB(2)), page_phys(own), 512, P2M_RAM), 0);
	assert_int_equal(p2m_map(d, IPA(MIB(4)), PADDR(0), 1, P2M_MMIO), 0);
	assert_int_equal(p2m_map(d, IPA(MIB(6)), page_phys(frames[1]), 1, P2M_RAM), 0);
	flushes = host_tlb.range_flushes;
	host_fail_at = 1; /* the table for a part of the block */
	assert_int_equal(p2m_take_memory(d, IPA(MIB(2)), 8, pages), -ENOMEM);
	assert_int_equal(page_refcount(own), 1);
	assert_int_equal(p2m_lookup(d, IPA(MIB(2))).block_size, MIB(2));
	assert_int_equal(host_tlb.range_flushes, flushes);
	assert_int_equal(p2m_take_memory(d, IPA(MIB(2)), 8, pages), 8);
	assert_int_equal(host_tlb.range_flushes, flushes + 2); /* the block, then its part */
	for (unsigned i = 0; i < 8; i++) {
		assert_ptr_equal(pages[i], own + i);
		assert_int_equal(page_refcount(pages[i]), 2);
		assert_int_equal(p2m_lookup(d, IPA(MIB(2) + i * PAGE_SIZE)).type, P2M_NONE);
		page_put(pages[i]);
	}
	assert_int_equal(p2m_lookup(d, IPA(MIB(2) + 8 * PAGE_SIZE)).type, P2M_RAM);
	assert_int_equal(p2m_take_memory(d, IPA(MIB(4) - 3 * PAGE_SIZE), 8, pages), 3);
	for (unsigned i = 0; i < 3; i++)
		page_put(pages[i]);
	flushes = host_tlb.range_flushes;
	assert_int_equal(p2m_take_memory(d, IPA(MIB(4)), 8, pages), 0);
	assert_int_equal(p2m_take_memory(d, IPA(MIB(6)), 8, pages), 0); /* not its own */
	assert_int_equal(p2m_take_memory(d, IPA(BIT(41)), 8, pages), 0);
	assert_int_equal(host_tlb.range_flushes, flushes);
	for (unsigned i = 0; i < 512; i++) {
		assert_true(page_clear_allocated(own + i, d));
		page_put(own + i);
	}
	tear_down();
}

/* A plan that is dropped, one that is committed, twenty rounds: memory is as before. */
static void test_prepare(void **state)
{
	uint64_t pages[] = { 1, 3, 512, 1024, 512 * 512, 512 * 512 + 513, 2 * 512 * 512 + 5 };

	(void)state;
	set_up(40);
	assert_int_equal(map(510, 1, GIB(9), P2M_RAM), 0);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
			uint64_t start = 100 + 256 * (i % 3), tables = d->p2m.table_pages;
			ipa_t ipa = IPA(start * PAGE_SIZE);
			paddr_t pa = PADDR(GIB(8) + ipa.v + (i % 2) * PAGE_SIZE);

			assert_int_equal(p2m_prepare(d, ipa, pa, pages[i]), 0);
			check_around(start, pages[i]);
			p2m_unprepare(d, ipa, pa, pages[i]);
			assert_int_equal(d->p2m.table_pages, tables);
			assert_int_equal(p2m_prepare(d, ipa, pa, pages[i]), 0);
			/* the guest unmaps what is near: the tables stay */
			assert_int_equal(unmap(0, MODEL_PAGES), 0);
			host_fail_at = 1;
			p2m_map_prepared(d, ipa, pa, pages[i], P2M_MMIO);
			model_set(start, pages[i], pa.v, P2M_MMIO);
			check_around(start, pages[i]);
			assert_int_equal(unmap(start, pages[i]), 0);
			assert_int_equal(host_fail_at, 1); /* nothing was asked for */
			host_fail_at = 0;
			p2m_unprepare(d, ipa, pa, pages[i]);
			assert_int_equal(d->p2m.table_pages, BIT(d->p2m.root_order));
			assert_int_equal(map(510, 1, GIB(9), P2M_RAM), 0);
		}
	}
	tear_down();
}

/* What is prepared holds whatever is mapped over it in between, and two plans may share tables. */
static void test_prepare_under_others(void **state)
{
	const ipa_t ipa = IPA(GIB(1) + 0x3000);

	(void)state;
	set_up(40);
	assert_int_equal(p2m_prepare(d, ipa, PADDR(GIB(6) + 0x3000), 4), 0);
	assert_int_equal(p2m_prepare(d, IPA(ipa.v + 0x4000), PADDR(GIB(8)), 2), 0);
	assert_int_equal(map(0, MODEL_PAGES, GIB(16), P2M_RAM),
			0); /* fills the tables, does not replace */
	check_all();
	assert_int_equal(p2m_lookup(d, ipa).block_size, PAGE_SIZE);
	p2m_unprepare(d, IPA(ipa.v + 0x4000), PADDR(GIB(8)), 2);
	host_fail_at = 1;
	p2m_map_prepared(d, ipa, PADDR(GIB(6) + 0x3000), 4, P2M_MMIO);
	model_set(512 * 512 + 3, 4, GIB(6) + 0x3000, P2M_MMIO);
	assert_int_equal(unmap(512 * 512 + 3, 4), 0);
	assert_int_equal(host_fail_at, 1);
	host_fail_at = 0;
	check_all();
	p2m_unprepare(d, ipa, PADDR(GIB(6) + 0x3000), 4);
	assert_int_equal(unmap(0, MODEL_PAGES), 0);
	assert_int_equal(d->p2m.table_pages, BIT(d->p2m.root_order));
	/* pins that teardown finds go too */
	assert_int_equal(p2m_prepare(d, ipa, PADDR(GIB(6) + 0x3000), 4), 0);
	assert_int_equal(p2m_prepare(d, IPA(0), PADDR(0), 512 * 512), 0);
	while (p2m_teardown(d) == -ERESTART)
		;
	p2m_unprepare(d, ipa, PADDR(GIB(6) + 0x3000), 4);
	p2m_map_prepared(d, ipa, PADDR(GIB(6) + 0x3000), 4, P2M_MMIO);
	assert_int_equal(p2m_map(d, ipa, PADDR(0), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_prepare(d, ipa, PADDR(0), 1), -EINVAL);
	tear_down();
}

static void test_allocations_that_fail(void **state)
{
	(void)state;
	set_up(48);
	assert_int_equal(map(512 * 512, 512 * 512, GIB(4), P2M_RAM), 0);
	for (unsigned n = 1, err = 1; err; n++) {
		host_fail_at = n;
		err = (unsigned)-map(512 * 512 - 3, 7, GIB(20), P2M_MMIO);
		assert_true(err ? err == ENOMEM && host_fail_at == 0 : n == 5);
		check_around(512 * 512 - 3, 7);
	}
	for (unsigned n = 1, err = 1; err; n++) {
		host_fail_at = n;
		err = (unsigned)-unmap(512 * 512 + 2 * 512 + 1, 512);
		assert_true(err ? err == ENOMEM && host_fail_at == 0 : n == 3);
		check_around(512 * 512 + 2 * 512 + 1, 512);
	}
	for (unsigned n = 1, err = 1; err; n++) {
		host_fail_at = n;
		err = (unsigned)-p2m_prepare(d, IPA(GIB(2)), PADDR(0x1000), 600);
		assert_true(err ? err == ENOMEM && host_fail_at == 0 : n == 4);
		check_around(512 * 512 * 2, 600);
	}
	host_fail_at = 1;
	assert_int_equal(p2m_init(&env_domains[3]), -ENOMEM);
	host_fail_at = 0;
	tear_down();
}

static void test_pool(void **state)
{
	uint64_t n = 0;

	(void)state;
	set_up(40);
	assert_int_equal(p2m_set_pool(d, 0), 0);
	assert_int_equal(map(0, 1, GIB(8), P2M_RAM), -ENOMEM);
	assert_int_equal(p2m_set_pool(d, 5), 0);
	while (map(n * 512, 1, GIB(8), P2M_RAM) == 0)
		n++;
	assert_int_equal(n, 4); /* level 2, and four of level 3 */
	assert_int_equal(p2m_set_pool(d, 4), -EBUSY);
	assert_int_equal(unmap(0, 1), 0);
	assert_int_equal(p2m_set_pool(d, 4), 0);
	/* what needs no table goes on */
	assert_int_equal(map(513, 7, GIB(8), P2M_RAM), 0);
	assert_int_equal(map(0, 512, GIB(8), P2M_RAM), 0);
	check_all();
	/* the hardware domain has no limit */
	assert_int_equal(p2m_init(&env_domains[0]), 0);
	assert_int_equal(p2m_map(&env_domains[0], IPA(0x1000), PADDR(0), 1, P2M_MMIO), 0);
	assert_int_equal(p2m_teardown(&env_domains[0]), 0);
	tear_down();
}

static void test_vmids(void **state)
{
	static struct domain many[256];
	unsigned count = 0;

	(void)state;
	env_init(MIB(8), 0);
	while (count < 256 && p2m_init(&many[count]) == 0) {
		for (unsigned i = 0; i < count; i++)
			assert_true(many[i].p2m.vmid != many[count].p2m.vmid);
		assert_int_equal(many[count].p2m.vttbr >> 48, many[count].p2m.vmid);
		assert_in_range(many[count].p2m.vmid, 1, 255);
		count++;
	}
	assert_int_equal(count, 255);
	assert_int_equal(p2m_init(&many[255]), -EBUSY);
	assert_int_equal(p2m_teardown(&many[100]), 0);
	host_tlb.guest_flushes = 0;
	assert_int_equal(p2m_init(&many[255]), 0);
	assert_int_equal(host_tlb.guest_flushes, 1); /* what the one before left is forgotten */
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(p2m_teardown(&many[i]), 0);
	env_free(2044);
}

static void test_teardown_in_steps(void **state)
{
	unsigned steps = 0;

	(void)state;
	set_up(48);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(map(i * 512 + i % 512, 1, GIB(8), P2M_RAM), 0);
	for (unsigned i = 0; i < 300; i++) { /* more than fit one batch of references */
		assert_true(page_get_any(frames[i % FRAMES], NULL));
		assert_int_equal(map(1000 * 512 + i, 1, page_phys(frames[i % FRAMES]).v, P2M_GRANT),
				0);
	}
	assert_int_equal(p2m_map(d, IPA(BIT(48) - PAGE_SIZE), PADDR(0), 1, P2M_MMIO), 0);
	while (p2m_teardown(d) == -ERESTART)
		steps++;
	assert_in_range(steps, 10, 30);
	assert_int_equal(p2m_teardown(d), 0);
	assert_int_equal(p2m_lookup(d, IPA(0)).type, P2M_NONE);
	assert_int_equal(p2m_unmap(d, IPA(0), 1), -EINVAL);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_40_bits),
		cmocka_unit_test(test_random_48_bits),
		cmocka_unit_test(test_random_across_root_tables),
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_invalidated_before_reuse),
		cmocka_unit_test(test_split_breaks_before_it_makes),
		cmocka_unit_test(test_get_page),
		cmocka_unit_test(test_take_memory),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_prepare_under_others),
		cmocka_unit_test(test_allocations_that_fail),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_vmids),
		cmocka_unit_test(test_teardown_in_steps),
	};

	return cmocka_run_group_tests_name("p2m", tests, NULL, NULL);
}
