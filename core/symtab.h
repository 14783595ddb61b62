/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the image's own functions by address, for backtraces. */
#pragma once

#include <stdint.h>

/*
 * The name of the function that holds addr (as linked), and in *offset how far into it addr lies.
 * NULL, *offset untouched, if addr lies before the first function. An address behind the last one
 * counts as within it: the table has no ends.
 */
const char *symtab_lookup(uint64_t addr, uint64_t *offset);
