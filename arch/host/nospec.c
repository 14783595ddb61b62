/* SPDX-License-Identifier: Apache-2.0 */
/* Guest-chosen indices on the host: that each one is clamped is what a test can see. */
#include <arch/nospec.h>

unsigned host_nospec_count;
unsigned host_nospec_above;

uint64_t index_nospec(uint64_t index, uint64_t count)
{
	host_nospec_count++;
	if (index < count)
		return index;
	host_nospec_above++;
	return 0;
}
