/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spinlocks. Graft runs with interrupts masked whenever it is not in a guest or asleep, so a lock never
 * needs to mask them. Order in which locks may be taken: docs/HACKING.md.
 */
#pragma once

#include <stdbool.h>
#include <arch/spinlock.h> /* struct spinlock, SPINLOCK_INIT, spin_lock/unlock/trylock, spin_is_locked */
