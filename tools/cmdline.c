/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options may stand anywhere: -o FILE, -oFILE, --base FILE, --base=FILE; `--` ends them; `-` is an
 * operand. POSIX.1-2017, Utility Syntax Guidelines, but for the order.
 */
#include "tools/cmdline.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"
#include "tools/say.h"

struct reader {
	const struct verb *verb;
	struct request request;
	char **words;
	int count, at;
	bool help;
};

static int bad_usage(const struct verb *verb, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

static int bad_usage(const struct verb *verb, const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	say_error("%s: %s: see graftctl %s --help", verb->name, text, verb->name);
	return BAD_USAGE;
}

static void print_usage(const struct verb *verb)
{
	const struct option *option = verb->options;

	printf("usage: graftctl %s%s%s", verb->name, verb->operands[0] ? " " : "", verb->operands);
	for (; option && option->name; option++) {
		printf(option->required ? " " : " [");
		if (option->letter)
			printf("-%c", option->letter);
		else
			printf("--%s", option->name);
		if (option->argument)
			printf(" %s", option->argument);
		printf(option->required ? "" : "]");
	}
	printf("\n");
}

static void print_option(const struct option *option)
{
	char left[64], letter[8] = "";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s %s", letter, option->name,
			option->argument ? option->argument : "");
	printf("  %-26s %s\n", left, option->help);
}

static int print_help(const struct verb *verb)
{
	const struct option *option = verb->options;

	print_usage(verb);
	printf("\n%s.\n", verb->summary);
	if (verb->details)
		printf("%s", verb->details);
	printf("\n");
	for (; option && option->name; option++)
		print_option(option);
	printf("  %-26s %s\n", "-h, --help", "this");
	return DONE;
}

/* The option's place in the verb's table, or -1. */
static int find_long(const struct verb *verb, const char *name, size_t length)
{
	const struct option *option = verb->options;

	for (int i = 0; option && option[i].name; i++)
		if (strlen(option[i].name) == length && strncmp(option[i].name, name, length) == 0)
			return i;
	return -1;
}

static int find_short(const struct verb *verb, char letter)
{
	const struct option *option = verb->options;

	for (int i = 0; option && option[i].name; i++)
		if (option[i].letter == letter)
			return i;
	return -1;
}

/* `value`: what came in the same word, or NULL. */
static int take_option(struct reader *reader, int index, const char *value)
{
	const struct option *option = &reader->verb->options[index];
	const char *before = reader->request.values[index];

	if (before && !option->many)
		return bad_usage(reader->verb, "--%s is given twice", option->name);
	if (!option->argument && value)
		return bad_usage(reader->verb, "--%s takes no value", option->name);
	if (option->argument && !value) {
		if (reader->at == reader->count)
			return bad_usage(reader->verb, "--%s needs %s", option->name,
					option->argument);
		value = reader->words[reader->at++];
	}
	if (before)
		value = memory_print("%s,%s", before, value);
	reader->request.values[index] = option->argument ? value : "";
	return DONE;
}

static int read_long(struct reader *reader, const char *word)
{
	size_t length = strcspn(word, "=");
	int index = find_long(reader->verb, word, length);

	if (strcmp(word, "help") == 0) {
		reader->help = true;
		return DONE;
	}
	if (index < 0)
		return bad_usage(reader->verb, "unknown option --%.*s", (int)length, word);
	return take_option(reader, index, word[length] ? word + length + 1 : NULL);
}

static int read_short(struct reader *reader, const char *word)
{
	int index = find_short(reader->verb, word[0]);

	if (strcmp(word, "h") == 0) {
		reader->help = true;
		return DONE;
	}
	if (index < 0)
		return bad_usage(reader->verb, "unknown option -%c", word[0]);
	return take_option(reader, index, word[1] ? word + 1 : NULL);
}

/* Operands are gathered at the front of the words, over options already read. */
static int read_words(struct reader *reader)
{
	bool options_end = false;
	int status = DONE;

	while (status == DONE && reader->at < reader->count) {
		char *word = reader->words[reader->at++];

		if (options_end || word[0] != '-' || word[1] == '\0')
			reader->words[reader->request.operand_count++] = word;
		else if (strcmp(word, "--") == 0)
			options_end = true;
		else if (word[1] == '-')
			status = read_long(reader, word + 2);
		else
			status = read_short(reader, word + 1);
	}
	reader->request.operands = reader->words;
	return status;
}

static int check_request(const struct verb *verb, const struct request *request)
{
	const struct option *option = verb->options;

	for (int i = 0; option && option[i].name; i++)
		if (option[i].required && !request->values[i])
			return bad_usage(verb, "--%s is missing", option[i].name);
	if (request->operand_count < verb->operands_least)
		return bad_usage(verb, "%s: too few files", verb->operands);
	if (request->operand_count > verb->operands_most)
		return bad_usage(verb, "%s: too many files",
				verb->operands[0] ? verb->operands : "takes none");
	return DONE;
}

int cmdline_run(const struct verb *verb, int count, char **words)
{
	struct reader reader = { .verb = verb, .words = words, .count = count };
	int status = read_words(&reader);

	if (status != DONE)
		return status;
	if (reader.help)
		return print_help(verb);
	status = check_request(verb, &reader.request);
	return status == DONE ? verb->run(&reader.request) : status;
}

bool cmdline_number(const char *text, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
	*out = value;
	return errno == 0 && *end == '\0' && end != text;
}

int cmdline_bad_value(const char *option, const char *value)
{
	say_error("%s %s: not a number it can take", option, value);
	return BAD_USAGE;
}
