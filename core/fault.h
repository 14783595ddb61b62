/* SPDX-License-Identifier: Apache-2.0 */
/* The seam through which tests make the n-th allocation fail. At EL2 it is a constant. */
#pragma once

#include <stdbool.h>
#include <arch/fault.h> /* bool alloc_should_fail(void): asked once by each allocation */
