/* SPDX-License-Identifier: Apache-2.0 */
/* Properties as a tree's source has them. */
#pragma once

#include "dt/tree.h"

/*
 * `name = "text", "more";`, `name = <0x1 0x2>;`, `name = [01 02 03];` or `name;`, whichever the value can be, as
 * dtc writes it. No newline.
 */
void source_print(const struct dt_prop *prop);
