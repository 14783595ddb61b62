/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind core/symtab.c, written by scripts/symtab between two links. */
#pragma once

#include <stdint.h>

extern const uint64_t symtab_base; /* address of the first function */
extern const uint32_t symtab_count;
extern const uint32_t symtab_offsets[]; /* ascending, from symtab_base */
extern const char symtab_names[]; /* the n-th function's name is the n-th string */
