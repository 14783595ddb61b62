/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the image's own functions by address, for backtraces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The name of the function that holds addr (as linked), cut to `room` bytes with its end, and in *offset how far
 * into it addr lies. False, all untouched, if addr lies before the first function. An address behind the last one
 * counts as within it: the table has no ends.
 */
bool symtab_lookup(uint64_t addr, char *name, size_t room, uint64_t *offset);
