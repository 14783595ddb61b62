/* SPDX-License-Identifier: Apache-2.0 */
/* First fit, over a list of what is taken that comes from Xen's own header. */
#include "tools/guest_space.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/xen_abi.h"
#include "tools/memory.h"
#include "tools/say.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000) /* from here on stage 2 can use larger blocks */
#define END   (GUEST_RAM1_BASE + GUEST_RAM1_SIZE)

enum taken_kind {
	FIXED,
	VPCI, /* of a guest with emulated PCI, which Graft does not have: only when all else is full */
	RAM, /* as much of it as the guest has */
};

static const struct {
	uint64_t base, size;
	enum taken_kind kind;
	const char *what;
} taken[] = {
	/* Nothing goes below the redistributors: low addresses are a favourite of broken pointers. */
	{ 0, GUEST_GICV3_GICR0_BASE + GUEST_GICV3_GICR0_SIZE, FIXED, "the interrupt controller" },
	{ GUEST_VPCI_ECAM_BASE, GUEST_VPCI_ECAM_SIZE, VPCI, "PCI configuration" },
	{ GUEST_ACPI_BASE, GUEST_ACPI_SIZE, FIXED, "ACPI tables" },
	{ GUEST_PL011_BASE, GUEST_PL011_SIZE, FIXED, "the emulated UART" },
	{ GUEST_VPCI_MEM_ADDR, GUEST_VPCI_MEM_SIZE, VPCI, "PCI memory" },
	{ GUEST_GNTTAB_BASE, GUEST_GNTTAB_SIZE, FIXED, "the grant table" },
	{ GUEST_MAGIC_BASE, GUEST_MAGIC_SIZE, FIXED, "Xen's magic pages" },
	{ GUEST_RAM0_BASE, GUEST_RAM0_SIZE, RAM, "RAM" },
	{ GUEST_VPCI_PREFETCH_MEM_ADDR, GUEST_VPCI_PREFETCH_MEM_SIZE, VPCI, "PCI memory" },
	{ GUEST_RAM1_BASE, GUEST_RAM1_SIZE, RAM, "RAM" },
};

#define TAKEN_COUNT (sizeof(taken) / sizeof(taken[0]))

void space_keep(struct space *space, uint64_t base, uint64_t size)
{
	uint64_t first = base & ~(PAGE - 1), last = (base + (size - 1)) | (PAGE - 1);

	space->kept = memory_grow(
			space->kept, space->kept_count, &space->kept_room, sizeof(*space->kept));
	space->kept[space->kept_count++] = (struct place){ first, last - first + 1 };
}

void space_add(struct space *space, uint64_t base, uint64_t size)
{
	uint64_t first = base & ~(PAGE - 1), last = (base + (size - 1)) | (PAGE - 1);

	space->blocks = memory_grow(
			space->blocks, space->count, &space->room, sizeof(*space->blocks));
	space->blocks[space->count++] = (struct block){ .base = first, .size = last - first + 1 };
}

static int compare_blocks(const void *a, const void *b)
{
	uint64_t left = ((const struct block *)a)->base, right = ((const struct block *)b)->base;

	return left < right ? -1 : left > right;
}

static void merge_blocks(struct space *space)
{
	size_t last = 0;

	for (size_t i = 1; i < space->count; i++) {
		struct block *into = &space->blocks[last], *from = &space->blocks[i];

		if (from->base - into->base >= into->size)
			space->blocks[++last] = *from;
		else if (from->base - into->base + from->size > into->size)
			into->size = from->base - into->base + from->size;
	}
	space->count = last + 1;
}

static bool meets(uint64_t base, uint64_t size, uint64_t other, uint64_t other_size)
{
	return base < other + other_size && other < base + size;
}

/* The end of something that is in the way, or 0. */
static uint64_t obstacle(const struct space *space, uint64_t base, uint64_t size, bool use_vpci)
{
	for (size_t i = 0; i < TAKEN_COUNT; i++)
		if (meets(base, size, taken[i].base, taken[i].size) &&
				!(use_vpci && taken[i].kind == VPCI))
			return taken[i].base + taken[i].size;
	for (size_t i = 0; i < space->kept_count; i++)
		if (meets(base, size, space->kept[i].base, space->kept[i].size))
			return space->kept[i].base + space->kept[i].size;
	for (size_t i = 0; i < space->count; i++) {
		const struct block *block = &space->blocks[i];

		if (block->placed && meets(base, size, block->guest, block->size))
			return block->guest + block->size;
	}
	return 0;
}

/* The lowest address from `from` on that lies in a large block as the physical one does. */
static uint64_t aligned(const struct block *block, uint64_t from)
{
	uint64_t mask = block->size >= LARGE ? LARGE - 1 : PAGE - 1;

	return from + ((block->base - from) & mask);
}

static void fit(struct space *space, struct block *block, uint64_t from, bool use_vpci)
{
	uint64_t at = aligned(block, from), end;

	while (block->size <= END && at <= END - block->size) {
		end = obstacle(space, at, block->size, use_vpci);
		if (!end) {
			block->guest = at;
			block->placed = true;
			return;
		}
		at = aligned(block, end);
	}
}

static bool place_at(struct block *block, uint64_t at)
{
	if (at % PAGE || at > END || block->size > END - at) {
		say_error("0x%" PRIx64 ": not the address of a page a guest can have", at);
		return false;
	}
	for (size_t i = 0; i < TAKEN_COUNT; i++) {
		if (!meets(at, block->size, taken[i].base, taken[i].size))
			continue;
		if (taken[i].kind == FIXED) {
			say_error("0x%" PRIx64 ", size 0x%" PRIx64 ": there a guest has %s", at,
					block->size, taken[i].what);
			return false;
		}
		if (taken[i].kind == RAM)
			say_warning("0x%" PRIx64 ": good only for a guest whose RAM ends below",
					at);
	}
	block->guest = at;
	block->placed = true;
	return true;
}

bool space_place(struct space *space, const uint64_t *at)
{
	uint64_t from = at ? *at : 0;

	if (!space->count)
		return true;
	qsort(space->blocks, space->count, sizeof(*space->blocks), compare_blocks);
	merge_blocks(space);
	if (at && !place_at(&space->blocks[0], *at))
		return false;
	for (size_t i = 0; i < space->count; i++)
		if (!space->blocks[i].placed)
			fit(space, &space->blocks[i], from, false);
	for (size_t i = 0; i < space->count; i++)
		if (!space->blocks[i].placed)
			fit(space, &space->blocks[i], from, true);
	return true;
}

bool space_find(const struct space *space, uint64_t base, uint64_t *guest)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct block *block = &space->blocks[i];

		if (base - block->base >= block->size)
			continue;
		*guest = block->guest + (base - block->base);
		return block->placed;
	}
	return false;
}
