/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that repeat with the seed, and those among them that lead somewhere. */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define SELDOM 250
/*
 * One wrong byte, in a frame number or an address, must not make one of the image: with main.c's ARENA_GAP two bytes
 * differ.
 */
#define POINTER_GAP (UINT64_C(1) << 20)
#define GFN_GAP     UINT64_C(0x40)

uint64_t arena, arena_size;

/* xorshift64* (Marsaglia, Vigna). */
uint64_t random64(struct me *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t random_below(struct me *m, uint64_t n)
{
	return (random64(m) >> 16) % n;
}

bool one_in(struct me *m, unsigned n)
{
	return random_below(m, n) == 0;
}

bool seldom(struct me *m)
{
	return one_in(m, SELDOM);
}

/* Mostly whole words, not too near to the end; in the window what is behind it may change at any time. */
uint64_t random_pointer(struct me *m)
{
	uint64_t base = one_in(m, 3) ? WINDOW : arena + POINTER_GAP;
	uint64_t size = base == WINDOW ? WINDOW_SIZE : MIN(arena_size, UINT64_C(1) << 20);
	uint64_t at = base + random_below(m, size);

	if (one_in(m, 16))
		return (at | (PAGE_SIZE - 1)) - random_below(m, 64);
	return one_in(m, 16) ? at : at & ~UINT64_C(7);
}

/* Never of the image: RAM to play with, the places that guests' tables have, devices, nowhere, the ends of space. */
uint64_t random_gfn(struct me *m)
{
	static const uint64_t places[] = { 0x38000, 0x39000, 0x3000, 0x3020, 0x22000, 0x9000,
		0x8000, 0x80000, 0xc0000, 0x100000, 0x200000, BIT(28) - 40, BIT(32) - 40,
		BIT(36) - 40, BIT(40) - 40, BIT(51), BIT(52) - 40 };

	if (one_in(m, 3))
		return places[random_below(m, ARRAY_SIZE(places))] + random_below(m, 80);
	return ((arena >> PAGE_SHIFT) + random_below(m, arena_size >> PAGE_SHIFT)) | GFN_GAP;
}

uint64_t random_domain(struct me *m)
{
	if (one_in(m, 3))
		return DOMID_SELF;
	if (one_in(m, 3))
		return one_in(m, 2) ? own_domid : 0;
	return one_in(m, 8) ? DOMID_FIRST_RESERVED + random_below(m, 16) : random_below(m, 16);
}

uint64_t random_value(struct me *m)
{
	switch (random_below(m, 8)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return random_below(m, 64);
	case 3:
	case 4:
		return random_pointer(m);
	case 5:
		return random_gfn(m);
	case 6:
		return random_domain(m);
	default:
		return random64(m) >> random_below(m, 64);
	}
}

void random_registers(struct me *m, uint64_t regs[30])
{
	for (unsigned i = 0; i < 30; i++)
		regs[i] = one_in(m, 2) ? random_pointer(m) : random_value(m);
}
