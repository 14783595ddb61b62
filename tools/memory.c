/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where running out of memory is dealt with. */
#include "tools/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/say.h"
#include "tools/verb.h"

static void *checked(void *memory)
{
	if (memory)
		return memory;
	say_error("not enough memory");
	exit(REFUSED);
}

void *memory_get(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *memory_copy(const void *from, size_t size)
{
	void *to = memory_get(size);

	if (size)
		memcpy(to, from, size);
	return to;
}

char *memory_print(const char *format, ...)
{
	char *text;
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	text = memory_get((size_t)length + 1);
	va_start(list, format);
	vsnprintf(text, (size_t)length + 1, format, list);
	va_end(list);
	return text;
}

void *memory_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 8;
	return checked(realloc(array, *room * size));
}
