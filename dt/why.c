/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small formatter for reasons. Text from a blob is untrusted: what does not print becomes '?', so that
 * a name cannot drive the terminal that shows the log.
 */
#include "dt/why.h"

struct sink {
	char *at;
	size_t left; /* the terminator's byte not counted */
};

static void put(struct sink *sink, char c)
{
	if (sink->left == 0)
		return;
	*sink->at++ = c < ' ' || c > '~' ? '?' : c;
	sink->left--;
}

static void put_text(struct sink *sink, const char *text, size_t max)
{
	while (max-- && *text != '\0')
		put(sink, *text++);
}

static void put_number(struct sink *sink, uint64_t value, unsigned base)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		put(sink, digits[--count]);
}

static void put_signed(struct sink *sink, int value)
{
	if (value < 0)
		put(sink, '-');
	put_number(sink, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

/* %.*s only: the precision is a length that a span knows. */
static const char *put_part(struct sink *sink, const char *format, va_list *list)
{
	int max = va_arg(*list, int);

	put_text(sink, va_arg(*list, const char *), max < 0 ? 0 : (size_t)max);
	return format + 2;
}

static uint64_t unsigned_arg(unsigned longs, va_list *list)
{
	return longs ? va_arg(*list, unsigned long) : va_arg(*list, unsigned);
}

/* One conversion; `format` is just behind the '%'. Returns where plain text goes on. */
static const char *put_one(struct sink *sink, const char *format, va_list *list)
{
	unsigned longs = 0;

	_Static_assert(sizeof(long) == 8, "%l, %ll and %z are the same size here");
	if (*format == '.')
		return put_part(sink, format + 1, list);
	while (*format == 'l' || *format == 'z') {
		longs++;
		format++;
	}
	switch (*format) {
	case 's':
		put_text(sink, va_arg(*list, const char *), (size_t)-1);
		break;
	case 'c':
		put(sink, (char)va_arg(*list, int));
		break;
	case 'd':
		put_signed(sink, va_arg(*list, int));
		break;
	case 'u':
		put_number(sink, unsigned_arg(longs, list), 10);
		break;
	case 'x':
		put_number(sink, unsigned_arg(longs, list), 16);
		break;
	case '%':
		put(sink, '%');
		break;
	default:
		put(sink, '%');
		return format - longs;
	}
	return format + 1;
}

size_t dt_format_list(char *to, size_t size, const char *format, va_list list)
{
	struct sink sink = { .at = to, .left = size ? size - 1 : 0 };
	va_list copy;

	va_copy(copy, list);
	while (*format != '\0') {
		if (*format == '%')
			format = put_one(&sink, format + 1, &copy);
		else
			put(&sink, *format++);
	}
	va_end(copy);
	if (size)
		*sink.at = '\0';
	return (size_t)(sink.at - to);
}

size_t dt_format(char *to, size_t size, const char *format, ...)
{
	va_list list;
	size_t length;

	va_start(list, format);
	length = dt_format_list(to, size, format, list);
	va_end(list);
	return length;
}

int dt_fail(struct dt_why *why, int error, const char *format, ...)
{
	va_list list;

	dt_assert(error < 0);
	if (!why)
		return error;
	va_start(list, format);
	dt_format_list(why->text, sizeof(why->text), format, list);
	va_end(list);
	if (why->each)
		why->each(why->ctx, error, why->text);
	return error;
}
