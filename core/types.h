/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that must not be mixed up are different types. Conversion between them happens in p2m and mm
 * only; everything else carries them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/bits.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* Host physical address. */
typedef struct {
	uint64_t v;
} paddr_t;

/* Intermediate (guest) physical address. */
typedef struct {
	uint64_t v;
} ipa_t;

/* Guest virtual address, as a guest handle of Xen's ABI carries it. */
typedef struct {
	uint64_t v;
} gva_t;

#define PADDR(x) ((paddr_t){ (x) })
#define IPA(x)   ((ipa_t){ (x) })
#define GVA(x)   ((gva_t){ (x) })

/* Xen's ABI counts frames of 4 KiB. */
static inline ipa_t ipa_of_gfn(uint64_t gfn)
{
	return IPA(gfn << PAGE_SHIFT);
}

static inline uint64_t gfn_of_ipa(ipa_t ipa)
{
	return ipa.v >> PAGE_SHIFT;
}

typedef uint16_t domain_id_t;
