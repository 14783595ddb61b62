/* SPDX-License-Identifier: Apache-2.0 */
/* Dom0's RAM: low memory, in few large pieces, each at its own physical address. */
#include "arch/arm64/boot.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "core/options.h"
#include "core/p2m.h"
#include "core/printk.h"

#define ORDER_2M          9
#define DOM0_MEM_DEFAULT  MIB(512) /* Xen's, when there is no dom0_mem= */
#define GRANT_REGION_SIZE MIB(2)
#define REGION_MIN        MIB(64)
#define BANK_MIN          MIB(128) /* smaller pieces come last */

static uint64_t end_of(const struct page_range *range)
{
	return range->base.v + range->size;
}

/* The piece between two banks made them one. */
static void join_with_next(struct dom0 *dom0, size_t i)
{
	if (i + 1 == dom0->bank_count || end_of(&dom0->banks[i]) != dom0->banks[i + 1].base.v)
		return;
	dom0->banks[i].size += dom0->banks[i + 1].size;
	dom0->bank_count--;
	for (size_t k = i + 1; k < dom0->bank_count; k++)
		dom0->banks[k] = dom0->banks[k + 1];
}

/* Keeps banks sorted and joins neighbours. */
static void add_bank(struct dom0 *dom0, struct page_range range)
{
	size_t i = dom0->bank_count;

	while (i > 0 && dom0->banks[i - 1].base.v > range.base.v)
		i--;
	if (i > 0 && end_of(&dom0->banks[i - 1]) == range.base.v) {
		dom0->banks[i - 1].size += range.size;
		join_with_next(dom0, i - 1);
		return;
	}
	if (i < dom0->bank_count && end_of(&range) == dom0->banks[i].base.v) {
		dom0->banks[i].base = range.base;
		dom0->banks[i].size += range.size;
		return;
	}
	if (dom0->bank_count == DOM0_BANKS_MAX)
		boot_refuse("dom0_mem: free memory is in more than %u pieces", DOM0_BANKS_MAX);
	for (size_t k = dom0->bank_count; k > i; k--)
		dom0->banks[k] = dom0->banks[k - 1];
	dom0->banks[i] = range;
	dom0->bank_count++;
}

/*
 * One piece of at most `pages`: from the lowest free run that has `least` of them, else from the longest there is,
 * so that Dom0's RAM is in few pieces.
 */
static uint64_t allocate_piece(struct dom0 *dom0, uint64_t pages, uint64_t least)
{
	struct page_range run;
	uint64_t count;

	if (!page_find_run(MIN(pages, least), ORDER_2M, &run))
		return 0;
	count = MIN(pages, run.size >> PAGE_SHIFT);
	run.size = count << PAGE_SHIFT;
	if (!page_alloc_domain_at(dom0->domain, run.base, count))
		return 0;
	if (p2m_map(dom0->domain, IPA(run.base.v), run.base, count, P2M_RAM))
		boot_refuse("dom0_mem: no memory for Dom0's translation tables");
	add_bank(dom0, run);
	return count;
}

static void find_regions_between(struct dom0 *dom0, uint64_t start, uint64_t end)
{
	start = ALIGN_UP(start, GRANT_REGION_SIZE);
	end = ALIGN_DOWN(end, GRANT_REGION_SIZE);
	if (start >= end)
		return;
	if (!dom0->grant_region.size) {
		dom0->grant_region = (struct page_range){ PADDR(start), GRANT_REGION_SIZE };
		start += GRANT_REGION_SIZE;
	}
	if (end - start >= REGION_MIN && start < end && dom0->region_count < DOM0_REGIONS_MAX)
		dom0->regions[dom0->region_count++] =
				(struct page_range){ PADDR(start), end - start };
}

static void find_lowest(const struct page_range *ranges, size_t count, uint64_t at,
		struct page_range *lowest)
{
	for (size_t i = 0; i < count; i++) {
		if (end_of(&ranges[i]) > at && ranges[i].base.v < lowest->base.v)
			*lowest = ranges[i];
	}
}

/*
 * No device lies where the host has RAM, so what is not Dom0's there is free guest-physical space. Reserved
 * memory is Dom0's too: its drivers use it (dom0_devices.c).
 */
static void find_regions_in(struct dom0 *dom0, const struct page_range *ram)
{
	uint64_t at = ram->base.v, end = end_of(ram);

	while (at < end) {
		struct page_range used = { PADDR(end), 0 };

		find_lowest(dom0->banks, dom0->bank_count, at, &used);
		find_lowest(boot_info.reserved, boot_info.reserved_count, at, &used);
		find_regions_between(dom0, at, used.base.v);
		at = end_of(&used);
	}
}

static void find_regions(struct dom0 *dom0)
{
	for (size_t i = 0; i < boot_info.ram_count; i++)
		find_regions_in(dom0, &boot_info.ram[i]);
	if (!dom0->grant_region.size)
		boot_refuse("dom0_mem: no 2 MiB of the host's RAM are left for Graft: give Dom0 less");
}

void dom0_allocate_memory(struct dom0 *dom0, uint64_t load_size)
{
	uint64_t least = MAX(load_size, BANK_MIN) >> PAGE_SHIFT;
	uint64_t size = options_dom0_memory(page_count_total() << PAGE_SHIFT);
	uint64_t pages;

	if (!size) {
		size = DOM0_MEM_DEFAULT;
		log_warn("no dom0_mem= on the command line: Dom0 gets %llu MiB",
				(unsigned long long)(size >> 20));
	}
	pages = size >> PAGE_SHIFT;
	if (pages > page_count_free())
		boot_refuse("dom0_mem: %llu MiB asked for, %llu MiB are free",
				(unsigned long long)(size >> 20),
				(unsigned long long)(page_count_free() >> (20 - PAGE_SHIFT)));
	atomic_store(&dom0->domain->max_pages, pages);
	while (pages) {
		uint64_t got = allocate_piece(dom0, pages, least);

		if (!got)
			boot_refuse("dom0_mem: %llu MiB asked for, but no 2 MiB block is left with %llu MiB to go",
					(unsigned long long)(size >> 20),
					(unsigned long long)(pages >> (20 - PAGE_SHIFT)));
		pages -= got;
		least = BANK_MIN >> PAGE_SHIFT;
	}
	find_regions(dom0);
}
