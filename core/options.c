/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one const table of names, how each value is read, and where it goes. */
#include "core/options.h"

#include "core/printk.h"
#include "lib/bits.h"
#include "lib/string.h"

#define LEVEL_COUNT 4 /* enum log_level */

struct options options = {
	.console = "dtuart",
	.loglvl = { LOG_INFO + 1, LOG_INFO + 1 },
	.guest_loglvl = { 0, LOG_WARN + 1 },
};

static char command_line_copy[OPTIONS_COMMAND_LINE_MAX];

/* A part of the command line: not zero-terminated. */
struct word {
	const char *text;
	size_t size;
};

static bool word_is(struct word w, const char *text)
{
	return w.size == strlen(text) && memcmp(w.text, text, w.size) == 0;
}

static bool word_skip(struct word *w, const char *prefix)
{
	size_t size = strlen(prefix);

	if (w->size < size || memcmp(w->text, prefix, size) != 0)
		return false;
	w->text += size;
	w->size -= size;
	return true;
}

/* Takes what is before the separator off w; all of it when there is none. */
static struct word word_split(struct word *w, char separator)
{
	const char *at = w->size ? memchr(w->text, separator, w->size) : NULL;
	struct word head = { w->text, at ? (size_t)(at - w->text) : w->size };
	size_t used = at ? head.size + 1 : head.size;

	w->text += used;
	w->size -= used;
	return head;
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* Takes a number, decimal or 0x…, off w. False: there is none, or it is over 64 bits. */
static bool take_number(struct word *w, uint64_t *value)
{
	unsigned base = word_skip(w, "0x") ? 16 : 10;
	size_t before = w->size;

	*value = 0;
	while (w->size && digit_value(*w->text) < base) {
		if (__builtin_mul_overflow(*value, base, value) ||
				__builtin_add_overflow(*value, digit_value(*w->text), value))
			return false;
		w->text++;
		w->size--;
	}
	return w->size != before;
}

static bool shift_of_suffix(struct word w, unsigned *shift)
{
	static const char suffixes[] = "BKMGT";
	const char *at;

	*shift = 10; /* a bare number counts KiB, as Xen has it */
	if (w.size == 0)
		return true;
	if (w.size != 1)
		return false;
	at = memchr(suffixes, *w.text & ~0x20, sizeof(suffixes) - 1);
	if (at)
		*shift = 10U * (unsigned)(at - suffixes);
	return at;
}

static bool parse_size(struct word w, struct option_size *size)
{
	bool negative = word_skip(&w, "-");
	unsigned shift;
	uint64_t value;

	if (!take_number(&w, &value) || !shift_of_suffix(w, &shift) ||
			value > (uint64_t)INT64_MAX >> shift)
		return false;
	size->given = true;
	size->bytes = (int64_t)(value << shift);
	if (negative)
		size->bytes = -size->bytes;
	return true;
}

/* dom0_mem=SIZE, or min:, max: and a plain size in any order, separated by commas. */
static bool parse_dom0_mem(struct word w, void *target)
{
	struct options *o = target;

	do {
		struct word part = word_split(&w, ',');
		struct option_size *size = word_skip(&part, "min:")   ? &o->dom0_mem_min
		                           : word_skip(&part, "max:") ? &o->dom0_mem_max
		                                                      : &o->dom0_mem;

		if (!parse_size(part, size))
			return false;
	} while (w.size);
	return true;
}

static bool parse_unsigned(struct word w, void *target)
{
	uint64_t value;

	if (!take_number(&w, &value) || w.size || value > UINT32_MAX)
		return false;
	*(unsigned *)target = (unsigned)value;
	return true;
}

static bool parse_bool(struct word w, void *target)
{
	static const char *const yes[] = { "", "1", "yes", "true", "on", "enable", "boot" };
	static const char *const no[] = { "0", "no", "false", "off", "disable", "none" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (word_is(w, yes[i])) {
			*(bool *)target = true;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (word_is(w, no[i])) {
			*(bool *)target = false;
			return true;
		}
	}
	return false;
}

static bool parse_text(struct word w, char *target, size_t room)
{
	if (w.size >= room)
		return false;
	memcpy(target, w.text, w.size);
	target[w.size] = '\0';
	return true;
}

static bool parse_console(struct word w, void *target)
{
	struct options *o = target;

	return parse_text(w, o->console, sizeof(o->console));
}

static bool parse_dtuart(struct word w, void *target)
{
	struct options *o = target;

	return parse_text(w, o->dtuart, sizeof(o->dtuart));
}

static bool parse_level(struct word w, unsigned *level)
{
	static const char *const names[LEVEL_COUNT + 1] = { "none", "error", "warning", "info",
		"debug" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (word_is(w, names[i])) {
			*level = i;
			return true;
		}
	}
	*level = LEVEL_COUNT;
	return word_is(w, "all");
}

/* LEVEL, or ALWAYS/LIMITED. */
static bool parse_threshold(struct word w, void *target)
{
	struct log_threshold parsed, *threshold = target;
	struct word first = word_split(&w, '/');

	if (!parse_level(first, &parsed.always))
		return false;
	parsed.limited = parsed.always;
	if (w.size && !parse_level(w, &parsed.limited))
		return false;
	parsed.limited = MAX(parsed.limited, parsed.always);
	*threshold = parsed;
	return true;
}

static const struct option {
	const char *name;
	bool (*parse)(struct word value, void *target);
	void *target;
} table[] = {
	{ "dom0_mem", parse_dom0_mem, &options },
	{ "dom0_max_vcpus", parse_unsigned, &options.dom0_max_vcpus },
	{ "console", parse_console, &options },
	{ "dtuart", parse_dtuart, &options },
	{ "loglvl", parse_threshold, &options.loglvl },
	{ "guest_loglvl", parse_threshold, &options.guest_loglvl },
	{ "console_timestamps", parse_bool, &options.console_timestamps },
	{ "console_to_ring", parse_bool, &options.console_to_ring },
};

static const struct option *find(struct word name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (word_is(name, table[i].name))
			return &table[i];
	return NULL;
}

static void parse_word(struct word w)
{
	static const char no[] = "no";
	struct word value = w, name = word_split(&value, '=');
	const struct option *option = find(name);

	if (!option && word_skip(&name, "no-") && !value.size) {
		option = find(name);
		if (option && option->parse == parse_bool)
			value = (struct word){ no, sizeof(no) - 1 };
		else
			option = NULL;
	}
	if (!option)
		log_info("option '%.*s' is not known: passed over", (int)MIN(w.size, 64), w.text);
	else if (!option->parse(value, option->target))
		log_warn("option '%.*s' is not understood: passed over", (int)MIN(w.size, 64),
				w.text);
}

void options_parse(const char *command_line)
{
	struct word rest = { command_line_copy,
		strnlen(command_line, OPTIONS_COMMAND_LINE_MAX - 1) };

	if (command_line[rest.size])
		log_warn("the command line is cut after %u characters",
				OPTIONS_COMMAND_LINE_MAX - 1);
	memcpy(command_line_copy, command_line, rest.size);
	command_line_copy[rest.size] = '\0';
	while (rest.size) {
		struct word w = word_split(&rest, ' ');

		if (w.size)
			parse_word(w);
	}
}

const char *options_command_line(void)
{
	return command_line_copy;
}

static uint64_t resolve(const struct option_size *size, uint64_t total, uint64_t otherwise)
{
	uint64_t less = (uint64_t)-size->bytes;

	if (!size->given)
		return otherwise;
	if (size->bytes >= 0)
		return MIN((uint64_t)size->bytes, total);
	return less < total ? total - less : 0;
}

uint64_t options_dom0_memory(uint64_t total_bytes)
{
	uint64_t least = resolve(&options.dom0_mem_min, total_bytes, 0);
	uint64_t most = resolve(&options.dom0_mem_max, total_bytes, UINT64_MAX);
	uint64_t bytes = resolve(&options.dom0_mem, total_bytes, 0);

	if (!options.dom0_mem.given) {
		if (!options.dom0_mem_min.given && !options.dom0_mem_max.given)
			return 0;
		bytes = options.dom0_mem_max.given ? most : least;
	}
	return MIN(MAX(bytes, least), most);
}
