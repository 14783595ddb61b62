/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines read by a verb's table. */
#pragma once

#include <stdint.h>

#include "tools/verb.h"

/* Read the words that follow the verb and run it, or print its --help. An exit status. */
int cmdline_run(const struct verb *verb, int count, char **words);

/* A whole number, decimal or 0x...; false when it is not one, or has more than 64 bits. */
bool cmdline_number(const char *text, uint64_t *out);
/* Say that an option's value will not do. BAD_USAGE. */
int cmdline_bad_value(const char *option, const char *value);
