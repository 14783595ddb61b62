/* SPDX-License-Identifier: Apache-2.0 */
/* The cases. Each was looked at: what the overlay says, what libfdt makes of it, what Linux does. */
#include "tests/corpus/purpose.h"

#include <stdio.h>
#include <string.h>

static struct purpose {
	const char *words; /* in the engine's sentence, or in the first difference */
	const char *why;
	unsigned long count;
} purposes[] = {
	{ "comes from two fragments",
			"which of the two values holds would depend on the order of fragments; Linux refuses too",
			0 },
	{ "merged into the node with a unit address",
			"'port' is not 'port@0': libfdt guesses, the engine and Linux take names as they are",
			0 },
	{ "this very overlay is there already",
			"in a stack: the same bytes under two names; an overlay is added once", 0 },
};

#define PURPOSE_COUNT (sizeof(purposes) / sizeof(purposes[0]))

bool purpose_of(const char *sentence)
{
	for (size_t i = 0; i < PURPOSE_COUNT; i++)
		if (strstr(sentence, purposes[i].words)) {
			purposes[i].count++;
			return true;
		}
	return false;
}

void purpose_print(void)
{
	for (size_t i = 0; i < PURPOSE_COUNT; i++)
		printf("on purpose: %lu times: \"%s\": %s\n", purposes[i].count, purposes[i].words,
				purposes[i].why);
}
