/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the words of Linux's panic() in a stream of characters. */
#include "core/panic_watch.h"

/* No proper beginning of the words is also an end of one, so a mismatch starts anew. */
static const char words[] = "Kernel panic - not syncing";

static void match(struct panic_watch *watch, char c)
{
	if (c != words[watch->matched])
		watch->matched = 0;
	if (c == words[watch->matched])
		watch->matched++;
	if (words[watch->matched] == '\0') {
		watch->matched = 0;
		watch->line_open = true;
	}
}

bool panic_watch(struct panic_watch *watch, const char *text, size_t size)
{
	if (watch->told)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (watch->line_open && text[i] == '\n') {
			watch->told = true;
			return true;
		}
		match(watch, text[i]);
	}
	return false;
}
