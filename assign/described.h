/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nodes of the boot tree have, by number: what is nobody's may be asked for so (assign/passthrough.h), and a tree
 * may be too large to look through all of it while a guest waits.
 */
#pragma once

#include "assign/ledger.h"

struct dt_tree;

/* Bring-up, before any overlay. Panics when there is no memory. */
void described_init(const struct dt_tree *tree);

/* A resource with that number in it, whose node is set and nothing else of the claim; NULL: none. A few steps. */
const struct claim *described_find(enum resource_kind kind, uint64_t number);

/* For a test whose machine ends. */
void described_drop(void);
