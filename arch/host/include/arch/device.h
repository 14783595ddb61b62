/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers on the host: what device_map() finds is the test's own. */
#pragma once

#include "core/types.h"

void *device_map(paddr_t pa, uint64_t size);
