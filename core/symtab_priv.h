/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind core/symtab.c, written by scripts/symtab between two links. It is a tenth of the image when it is
 * plain, so names are byte-pair encoded: a byte from SYMTAB_PAIR up stands for two, each of which may again.
 */
#pragma once

#include <stdint.h>

#define SYMTAB_PAIR  0x80
#define SYMTAB_DEPTH 8 /* pairs within pairs, at most */

extern const uint64_t symtab_base; /* address of the first function */
extern const uint32_t symtab_count;
/*
 * For each function by ascending address: how many instructions (4 bytes) it lies behind the one before, seven bits
 * a byte from the lowest, the top bit set in all but the last; then its name and a zero byte.
 */
extern const uint8_t symtab_entries[];
extern const uint8_t symtab_pairs[][2];
