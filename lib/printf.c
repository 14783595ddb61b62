/* SPDX-License-Identifier: Apache-2.0 */
/* Formatted text: the integer and string conversions of C17 7.21.6.1, without locales and floating point. */
#include "lib/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

/* Counts what would have been written; keeps what fits. */
struct out {
	char *buf;
	size_t size;
	size_t count;
};

enum spec_length {
	LENGTH_INT,
	LENGTH_CHAR,
	LENGTH_SHORT,
	LENGTH_64, /* l, ll, z, t and j are all 64 bits wide on arm64 and on its test hosts */
};

struct spec {
	bool left, zero, plus, space, alt;
	size_t width;
	bool has_precision;
	size_t precision;
	enum spec_length length;
};

#define DIGITS_MAX 22 /* of 64 bits in octal */

static void put(struct out *out, char c)
{
	if (out->count + 1 < out->size)
		out->buf[out->count] = c;
	out->count++;
}

static void put_many(struct out *out, char c, size_t count)
{
	for (; count > 0; count--)
		put(out, c);
}

static void put_text(struct out *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put(out, text[i]);
}

static void put_padded(struct out *out, const struct spec *spec, const char *text, size_t size)
{
	size_t pad = spec->width > size ? spec->width - size : 0;

	if (!spec->left)
		put_many(out, ' ', pad);
	put_text(out, text, size);
	if (spec->left)
		put_many(out, ' ', pad);
}

/* Digits of value, last first, into the end of buf; returns how many: none for 0. */
static size_t to_digits(char buf[DIGITS_MAX], uint64_t value, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t count = 0;

	for (; value != 0; value /= base)
		buf[DIGITS_MAX - ++count] = digits[value % base];
	return count;
}

static void put_number(struct out *out, const struct spec *spec, const char *prefix, uint64_t value,
		unsigned base, bool upper)
{
	char digits[DIGITS_MAX];
	size_t count = to_digits(digits, value, base, upper);
	size_t prefix_size = strlen(prefix);
	size_t least = spec->has_precision ? spec->precision : 1;
	size_t zeros, used, pad;

	/* `#` with %o means that the first digit is 0. */
	if (spec->alt && base == 8 && least <= count)
		least = count + 1;
	zeros = least > count ? least - count : 0;
	used = prefix_size + zeros + count;
	pad = spec->width > used ? spec->width - used : 0;
	if (spec->zero && !spec->left && !spec->has_precision) {
		zeros += pad;
		pad = 0;
	}
	if (!spec->left)
		put_many(out, ' ', pad);
	put_text(out, prefix, prefix_size);
	put_many(out, '0', zeros);
	put_text(out, digits + DIGITS_MAX - count, count);
	if (spec->left)
		put_many(out, ' ', pad);
}

static void put_signed(struct out *out, const struct spec *spec, int64_t value)
{
	const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";

	put_number(out, spec, sign, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false);
}

static void put_unsigned(struct out *out, const struct spec *spec, char conversion, uint64_t value)
{
	bool prefixed = spec->alt && value != 0;

	if (conversion == 'x')
		put_number(out, spec, prefixed ? "0x" : "", value, 16, false);
	else if (conversion == 'X')
		put_number(out, spec, prefixed ? "0X" : "", value, 16, true);
	else
		put_number(out, spec, "", value, conversion == 'o' ? 8 : 10, false);
}

static void put_string(struct out *out, const struct spec *spec, const char *text)
{
	if (text == NULL)
		text = "(null)";
	put_padded(out, spec, text,
			strnlen(text, spec->has_precision ? spec->precision : SIZE_MAX));
}

/* A decimal number; saturates far beyond any buffer. */
static size_t parse_count(const char **fmt)
{
	size_t count = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
		if (count < INT32_MAX / 16)
			count = count * 10 + (size_t)(**fmt - '0');
	}
	return count;
}

static void parse_flags(const char **fmt, struct spec *spec)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alt = true;
			break;
		default:
			return;
		}
	}
}

static void parse_length(const char **fmt, struct spec *spec)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'h':
			spec->length = spec->length == LENGTH_SHORT ? LENGTH_CHAR : LENGTH_SHORT;
			break;
		case 'l':
		case 'z':
		case 't':
		case 'j':
			spec->length = LENGTH_64;
			break;
		default:
			return;
		}
	}
}

/* The va_list is passed inside a struct: as an array type it could not be handed on by address. */
struct args {
	va_list list;
};

static void parse_width(const char **fmt, struct spec *spec, struct args *args)
{
	int width;

	if (**fmt != '*') {
		spec->width = parse_count(fmt);
		return;
	}
	(*fmt)++;
	width = va_arg(args->list, int);
	if (width < 0)
		spec->left = true;
	spec->width = width < 0 ? -(size_t)width : (size_t)width;
}

static void parse_precision(const char **fmt, struct spec *spec, struct args *args)
{
	int precision;

	if (**fmt != '.')
		return;
	(*fmt)++;
	spec->has_precision = true;
	if (**fmt != '*') {
		spec->precision = parse_count(fmt);
		return;
	}
	(*fmt)++;
	precision = va_arg(args->list, int);
	spec->has_precision = precision >= 0;
	spec->precision = precision < 0 ? 0 : (size_t)precision;
}

static int64_t next_signed(const struct spec *spec, struct args *args)
{
	int value;

	if (spec->length == LENGTH_64)
		return va_arg(args->list, int64_t);
	value = va_arg(args->list, int);
	if (spec->length == LENGTH_CHAR)
		return (signed char)value;
	return spec->length == LENGTH_SHORT ? (short)value : value;
}

static uint64_t next_unsigned(const struct spec *spec, struct args *args)
{
	unsigned value;

	if (spec->length == LENGTH_64)
		return va_arg(args->list, uint64_t);
	value = va_arg(args->list, unsigned);
	if (spec->length == LENGTH_CHAR)
		return (unsigned char)value;
	return spec->length == LENGTH_SHORT ? (unsigned short)value : value;
}

/* False for a conversion that does not exist. */
static bool convert(struct out *out, struct spec *spec, char conversion, struct args *args)
{
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(out, spec, next_signed(spec, args));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(out, spec, conversion, next_unsigned(spec, args));
		return true;
	case 'p':
		put_number(out, spec, "0x", (uintptr_t)va_arg(args->list, void *), 16, false);
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		put_padded(out, spec, &c, 1);
		return true;
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		return true;
	case '%':
		put(out, '%');
		return true;
	default:
		return false;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out out = { .buf = buf, .size = size };
	struct args args;

	va_copy(args.list, list);
	while (*fmt != '\0') {
		struct spec spec = { .length = LENGTH_INT };
		const char *start = fmt;

		if (*fmt++ != '%') {
			put(&out, *start);
			continue;
		}
		parse_flags(&fmt, &spec);
		parse_width(&fmt, &spec, &args);
		parse_precision(&fmt, &spec, &args);
		parse_length(&fmt, &spec);
		if (!convert(&out, &spec, *fmt, &args)) {
			/* Shown as it stands: a wrong format must not hide the text around it. */
			put_text(&out, start, (size_t)(fmt - start));
			continue;
		}
		fmt++;
	}
	va_end(args.list);
	if (size > 0)
		buf[out.count < size ? out.count : size - 1] = '\0';
	return out.count > INT32_MAX ? INT32_MAX : (int)out.count;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list list;
	int count;

	va_start(list, fmt);
	count = vsnprintf(buf, size, fmt, list);
	va_end(list);
	return count;
}
