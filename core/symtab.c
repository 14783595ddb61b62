/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the image's own functions by address. The table is walked: a backtrace is rare. */
#include "core/symtab.h"

#include "core/symtab_priv.h"

static uint64_t read_distance(const uint8_t **at)
{
	uint64_t distance = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		distance |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return distance * 4;
}

static const uint8_t *skip_name(const uint8_t *at)
{
	while (*at++ != 0)
		;
	return at;
}

/* Writes what a byte stands for and returns where the name goes on. */
static char *expand(uint8_t byte, char *to, const char *end)
{
	uint8_t waiting[SYMTAB_DEPTH + 1];
	unsigned count = 0;

	waiting[count++] = byte;
	while (count > 0 && to < end) {
		byte = waiting[--count];
		if (byte < SYMTAB_PAIR) {
			*to++ = (char)byte;
		} else {
			waiting[count++] = symtab_pairs[byte - SYMTAB_PAIR][1];
			waiting[count++] = symtab_pairs[byte - SYMTAB_PAIR][0];
		}
	}
	return to;
}

static void read_name(const uint8_t *at, char *name, size_t room)
{
	char *to = name;

	while (*at != 0)
		to = expand(*at++, to, name + room - 1);
	*to = '\0';
}

bool symtab_lookup(uint64_t addr, char *name, size_t room, uint64_t *offset)
{
	const uint8_t *at = symtab_entries, *found = NULL;
	uint64_t start = symtab_base, found_start = 0;

	for (uint32_t i = 0; i < symtab_count; i++) {
		start += read_distance(&at);
		if (start > addr)
			break;
		found = at;
		found_start = start;
		at = skip_name(at);
	}
	if (!found)
		return false;
	read_name(found, name, room);
	*offset = addr - found_start;
	return true;
}
