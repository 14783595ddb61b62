/* SPDX-License-Identifier: Apache-2.0 */
/* EL2 stage-1 translation tables. */
#include "arch/arm64/mm.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/boot_dtb.h"
#include "arch/arm64/image.h"
#include "arch/arm64/layout.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/device.h>
#include <arch/mm.h>
#include <arch/sysreg.h>

#define PTE_VALID    BIT(0)
#define PTE_TABLE    BIT(1) /* at levels 0-2; at level 3: page */
#define PTE_ATTR     GENMASK(4, 2)
#define PTE_AP_RO    BIT(7)
#define PTE_AP_RES1  BIT(6) /* EL2 has no EL0 below it */
#define PTE_SH_INNER (UINT64_C(3) << 8)
#define PTE_AF       BIT(10)
#define PTE_XN       BIT(54)
#define PTE_ADDR     GENMASK(47, 12)

#define TABLE_ENTRIES 512
#define ATTR_NORMAL   0
#define ATTR_DEVICE   1

#define LEVEL_SHIFT(level) (39 - 9 * (level))
#define LEVEL_SIZE(level)  (UINT64_C(1) << LEVEL_SHIFT(level))

typedef uint64_t table_t[TABLE_ENTRIES];

/* First in .bss and page-aligned: assembly and boot_map() reach them before anything else works. */
#define BOOT_TABLE __attribute__((section(".bss.boot_tables"), aligned(4096)))
table_t boot_l0 BOOT_TABLE;
static table_t identity_l1 BOOT_TABLE, identity_l2 BOOT_TABLE, identity_l3 BOOT_TABLE;
static table_t image_l1 BOOT_TABLE, image_l2 BOOT_TABLE, image_l3 BOOT_TABLE;
/* The blob may begin anywhere in the first of two blocks. */
#define DTB_BLOCKS 2
static table_t dtb_l1 BOOT_TABLE, dtb_l2 BOOT_TABLE, dtb_l3[DTB_BLOCKS] BOOT_TABLE;

/*
 * For the direct map, which is there before an allocator is: two tables at level 2 and two at level 3 for a bank that
 * begins and ends anywhere, so 15 of these; the image splits one block more.
 */
#define POOL_TABLES 64
static table_t pool[POOL_TABLES] BOOT_TABLE;

static struct spinlock mm_lock;
static unsigned pool_used;
static bool page_allocator_ready;
static uint64_t image_pa_base;
static uint64_t device_next = LAYOUT_DEVICE_BASE;

static const uint64_t attributes[] = {
	[MM_TEXT] = PTE_AP_RO | PTE_SH_INNER | FIELD_PREP(PTE_ATTR, ATTR_NORMAL),
	[MM_RODATA] = PTE_AP_RO | PTE_XN | PTE_SH_INNER | FIELD_PREP(PTE_ATTR, ATTR_NORMAL),
	[MM_DATA] = PTE_XN | PTE_SH_INNER | FIELD_PREP(PTE_ATTR, ATTR_NORMAL),
	[MM_DEVICE] = PTE_XN | FIELD_PREP(PTE_ATTR, ATTR_DEVICE),
};

static unsigned table_index(uint64_t va, unsigned level)
{
	return (unsigned)(va >> LEVEL_SHIFT(level)) & (TABLE_ENTRIES - 1);
}

static uint64_t pte_table(uint64_t table_pa)
{
	return table_pa | PTE_TABLE | PTE_VALID;
}

static uint64_t pte_leaf(uint64_t pa, enum mm_attr attr, unsigned level)
{
	uint64_t pte = pa | attributes[attr] | PTE_AP_RES1 | PTE_AF | PTE_VALID;

	return level == 3 ? pte | PTE_TABLE : pte;
}

/* Which part of the image the page at this offset belongs to. */
static enum mm_attr image_attr(uint64_t offset, uint64_t text_size, uint64_t rodata_size)
{
	if (offset < text_size)
		return MM_TEXT;
	return offset < rodata_size ? MM_RODATA : MM_DATA;
}

/* Runs at physical addresses: symbols' addresses are PC-relative and so physical, too. */
static void boot_map_image(uint64_t image_pa)
{
	uint64_t start = (uint64_t)image_start;
	uint64_t size = (uint64_t)image_end - start;
	uint64_t text = (uint64_t)image_text_end - start;
	uint64_t rodata = (uint64_t)image_rodata_end - start;

	boot_l0[table_index(LAYOUT_IMAGE_BASE, 0)] = pte_table((uint64_t)image_l1);
	image_l1[0] = pte_table((uint64_t)image_l2);
	image_l2[0] = pte_table((uint64_t)image_l3);
	for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE)
		image_l3[offset >> PAGE_SHIFT] =
				pte_leaf(image_pa + offset, image_attr(offset, text, rodata), 3);
}

/* The code that turns the MMU on must be where it was, a moment longer: its first page. */
static void boot_map_identity(uint64_t image_pa)
{
	boot_l0[table_index(image_pa, 0)] = pte_table((uint64_t)identity_l1);
	identity_l1[table_index(image_pa, 1)] = pte_table((uint64_t)identity_l2);
	identity_l2[table_index(image_pa, 2)] = pte_table((uint64_t)identity_l3);
	identity_l3[table_index(image_pa, 3)] = pte_leaf(image_pa, MM_TEXT, 3);
}

/* The loader may have left the header in a cache, which loads with the MMU off pass by (Arm ARM B2.7). */
static void boot_clean_header(uint64_t dtb_pa)
{
	__asm__ volatile("dc civac, %0\n\tdc civac, %1\n\tdsb sy" ::"r"(dtb_pa),
			"r"(dtb_pa + BOOT_DTB_HEADER - 1)
			: "memory");
}

/* The pages of the blob and no other: what lies beside it may be no RAM, or secure, and is not to be speculated into. */
static void boot_map_dtb(uint64_t dtb_pa)
{
	uint64_t block = dtb_pa & ~(LEVEL_SIZE(2) - 1), end;

	boot_clean_header(dtb_pa);
	end = dtb_pa + boot_dtb_size((const void *)dtb_pa);
	boot_l0[table_index(LAYOUT_DTB_BASE, 0)] = pte_table((uint64_t)dtb_l1);
	dtb_l1[0] = pte_table((uint64_t)dtb_l2);
	for (unsigned i = 0; i < DTB_BLOCKS; i++)
		dtb_l2[i] = pte_table((uint64_t)dtb_l3[i]);
	for (uint64_t pa = ALIGN_DOWN(dtb_pa, PAGE_SIZE); pa < end; pa += PAGE_SIZE) {
		uint64_t page = (pa - block) >> PAGE_SHIFT;

		dtb_l3[page / TABLE_ENTRIES][page % TABLE_ENTRIES] = pte_leaf(pa, MM_RODATA, 3);
	}
}

void boot_map(uint64_t image_pa, uint64_t dtb_pa)
{
	boot_map_identity(image_pa);
	boot_map_image(image_pa);
	boot_map_dtb(dtb_pa);
}

void mm_init(uint64_t image_pa)
{
	image_pa_base = image_pa;
}

paddr_t mm_image_phys(const void *symbol)
{
	return PADDR((uint64_t)symbol - LAYOUT_IMAGE_BASE + image_pa_base);
}

struct page_range mm_image_range(void)
{
	return (struct page_range){ mm_image_phys(image_start),
		(uint64_t)image_end - (uint64_t)image_start };
}

/* Tables of the pool are reached at their linked addresses, the others through the direct map. */
static uint64_t *table_of(uint64_t pte)
{
	uint64_t pa = pte & PTE_ADDR;
	uint64_t offset = pa - image_pa_base;

	if (offset < (uint64_t)image_end - LAYOUT_IMAGE_BASE)
		return (uint64_t *)(LAYOUT_IMAGE_BASE + offset);
	return phys_to_virt(PADDR(pa));
}

static uint64_t table_new(void)
{
	uint64_t *table;

	if (pool_used < POOL_TABLES)
		return mm_image_phys(pool[pool_used++]).v;
	if (!page_allocator_ready)
		boot_refuse("memory is in too many odd pieces: give banks that are multiples of 2 MiB, or fewer of them");
	table = page_alloc_zeroed();
	if (!table)
		panic("no memory for Graft's own address space");
	return virt_to_phys(table).v;
}

/* Nothing is ever mapped anew over something else, so no break-before-make is needed. */
static void map_one(uint64_t va, uint64_t pa, unsigned leaf_level, enum mm_attr attr)
{
	uint64_t *table = boot_l0;

	for (unsigned level = 0; level < leaf_level; level++) {
		uint64_t *pte = &table[table_index(va, level)];

		if (!(*pte & PTE_VALID)) {
			uint64_t new_table = table_new();

			dsb_ishst();
			*pte = pte_table(new_table);
		}
		table = table_of(*pte);
	}
	table[table_index(va, leaf_level)] = pte_leaf(pa, attr, leaf_level);
}

static unsigned largest_level(uint64_t va, uint64_t pa, uint64_t size)
{
	for (unsigned level = 1; level < 3; level++) {
		if (IS_ALIGNED(va | pa, LEVEL_SIZE(level)) && size >= LEVEL_SIZE(level))
			return level;
	}
	return 3;
}

void mm_map(uint64_t va, paddr_t pa, uint64_t size, enum mm_attr attr)
{
	uint64_t done = 0;

	spin_lock(&mm_lock);
	while (done < size) {
		unsigned level = largest_level(va + done, pa.v + done, size - done);

		map_one(va + done, pa.v + done, level, attr);
		done += LEVEL_SIZE(level);
	}
	spin_unlock(&mm_lock);
	dsb_ish();
	isb();
}

/* Maps the part of [base, end) that lies in [from, to). */
static void map_ram_part(uint64_t base, uint64_t end, uint64_t from, uint64_t to, enum mm_attr attr)
{
	uint64_t lo = MAX(base, from), hi = MIN(end, to);

	if (lo < hi)
		mm_map(lo + DIRECTMAP_BASE, PADDR(lo), hi - lo, attr);
}

void mm_map_ram(const struct page_range *range)
{
	uint64_t base = range->base.v, end = base + range->size;
	uint64_t fixed_end = image_pa_base + ((uint64_t)image_rodata_end - LAYOUT_IMAGE_BASE);

	map_ram_part(base, end, 0, image_pa_base, MM_DATA);
	map_ram_part(base, end, image_pa_base, fixed_end, MM_RODATA);
	map_ram_part(base, end, fixed_end, UINT64_MAX, MM_DATA);
}

void mm_use_page_allocator(void)
{
	page_allocator_ready = true;
}

void *device_map(paddr_t pa, uint64_t size)
{
	uint64_t offset = pa.v & ~PAGE_MASK;
	uint64_t length = ALIGN_UP(size + offset, PAGE_SIZE);
	uint64_t va;

	spin_lock(&mm_lock);
	/* Keeps 2 MiB blocks possible for what is aligned to them. */
	va = ALIGN_UP(device_next, PAGE_SIZE);
	if (length >= LEVEL_SIZE(2))
		va = ALIGN_UP(va, LEVEL_SIZE(2)) + (pa.v & PAGE_MASK & (LEVEL_SIZE(2) - 1));
	if (va + length > LAYOUT_DEVICE_BASE + LAYOUT_DEVICE_SIZE) {
		spin_unlock(&mm_lock);
		return NULL;
	}
	device_next = va + length;
	spin_unlock(&mm_lock);
	mm_map(va, PADDR(pa.v & PAGE_MASK), length, MM_DEVICE);
	return (void *)(va + offset);
}

static int map_stack(uint64_t va, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		void *page = page_alloc_zeroed();

		if (!page)
			return fail(-ENOMEM, "no memory for a CPU's stack");
		mm_map(va + done, virt_to_phys(page), PAGE_SIZE, MM_DATA);
	}
	return 0;
}

int mm_map_stacks(struct cpu *cpu)
{
	uint64_t slot = LAYOUT_STACK_BASE + (uint64_t)cpu->id * LAYOUT_STACK_SLOT;
	uint64_t stack = slot + PAGE_SIZE;
	uint64_t emergency = stack + LAYOUT_STACK_SIZE + PAGE_SIZE;
	int err = map_stack(stack, LAYOUT_STACK_SIZE);

	if (!err)
		err = map_stack(emergency, LAYOUT_EMERGENCY_SIZE);
	cpu->stack_top = stack + LAYOUT_STACK_SIZE;
	cpu->emergency_stack_top = emergency + LAYOUT_EMERGENCY_SIZE;
	return err;
}
