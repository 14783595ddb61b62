/* SPDX-License-Identifier: Apache-2.0 */
/* index_nospec() on the host, where nothing speculates on a guest's behalf: counted, and the same result. */
#pragma once

#include <stdint.h>

extern unsigned host_nospec_count; /* indices that were clamped */
extern unsigned host_nospec_above; /* of these, indices that no check had refused */

uint64_t index_nospec(uint64_t index, uint64_t count);
