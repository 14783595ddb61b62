/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: each option's forms, what is refused, and that a refused word changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "core/printk.h"
#include "lib/bits.h"

#include <cmocka.h>

#define MIB_(n) ((int64_t)(n) << 20)

static char last_log[256];
static unsigned log_count;
static struct options defaults;

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	(void)level;
	va_start(args, fmt);
	vsnprintf(last_log, sizeof(last_log), fmt, args);
	va_end(args);
	log_count++;
}

static int setup(void **state)
{
	(void)state;
	if (!defaults.console[0])
		defaults = options;
	options = defaults;
	last_log[0] = '\0';
	log_count = 0;
	return 0;
}

static void parse_quietly(const char *line)
{
	options_parse(line);
	assert_string_equal(last_log, "");
}

static void test_nothing_given(void **state)
{
	(void)state;
	parse_quietly("");
	parse_quietly("    ");
	assert_memory_equal(&options, &defaults, sizeof(options));
	assert_string_equal(options_command_line(), "    ");
	assert_int_equal(options_dom0_memory(1 << 30), 0);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} rows[] = {
		{ "1536M", MIB_(1536) },
		{ "1536m", MIB_(1536) },
		{ "2G", MIB_(2048) },
		{ "1T", MIB_(1024 * 1024) },
		{ "1048576", MIB_(1024) }, /* KiB */
		{ "1048576K", MIB_(1024) },
		{ "1048576b", MIB_(1) },
		{ "0x100M", MIB_(256) },
		{ "0", 0 },
		{ "-128M", -MIB_(128) },
		{ "8388607T", (int64_t)8388607 << 40 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[64];

		options = defaults;
		snprintf(line, sizeof(line), "dom0_mem=%s", rows[i].text);
		parse_quietly(line);
		assert_true(options.dom0_mem.given);
		assert_true(options.dom0_mem.bytes == rows[i].bytes);
	}
}

static void test_bad_values(void **state)
{
	static const char *const rows[] = {
		"dom0_mem=",
		"dom0_mem=M",
		"dom0_mem=1X",
		"dom0_mem=1MM",
		"dom0_mem=1 ",
		"dom0_mem=--1M",
		"dom0_mem=max:",
		"dom0_mem=0x",
		"dom0_mem=8388608T",
		"dom0_mem=18446744073709551616",
		"dom0_max_vcpus=",
		"dom0_max_vcpus=two",
		"dom0_max_vcpus=2K",
		"dom0_max_vcpus=4294967296",
		"loglvl=",
		"loglvl=loud",
		"loglvl=info/",
		"loglvl=/info",
		"loglvl=info/loud",
		"console_timestamps=maybe",
		"console=a-name-that-is-longer-than-the-room-there-is-for-it",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool is_good = strcmp(rows[i], "dom0_mem=1 ") == 0 ||
		               strcmp(rows[i], "loglvl=info/") == 0;

		setup(NULL);
		options_parse(rows[i]);
		assert_int_equal(log_count, is_good ? 0 : 1);
		if (!is_good) {
			assert_non_null(strstr(last_log, "not understood"));
			assert_memory_equal(
					&options.loglvl, &defaults.loglvl, sizeof(options.loglvl));
			assert_string_equal(options.console, defaults.console);
			assert_int_equal(options.dom0_max_vcpus, 0);
		}
	}
}

static void test_dom0_mem_forms(void **state)
{
	static const struct {
		const char *line;
		uint64_t total_mib, mib;
	} rows[] = {
		{ "dom0_mem=512M", 3072, 512 },
		{ "dom0_mem=4G", 3072, 3072 },
		{ "dom0_mem=-512M", 3072, 2560 },
		{ "dom0_mem=-4G", 3072, 0 },
		{ "dom0_mem=512M,max:1G", 3072, 512 },
		{ "dom0_mem=2G,max:1G", 3072, 1024 },
		{ "dom0_mem=max:1G", 3072, 1024 },
		{ "dom0_mem=max:4G", 3072, 3072 },
		{ "dom0_mem=min:256M", 3072, 256 },
		{ "dom0_mem=min:256M,128M", 3072, 256 },
		{ "dom0_mem=min:256M,max:-1G,4G", 3072, 2048 },
		{ "dom0_mem=512M dom0_mem=max:256M", 3072, 256 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		parse_quietly(rows[i].line);
		assert_int_equal(options_dom0_memory(rows[i].total_mib << 20), rows[i].mib << 20);
	}
}

static void test_levels(void **state)
{
	(void)state;
	parse_quietly("loglvl=all guest_loglvl=none/warning");
	assert_int_equal(options.loglvl.always, LOG_DEBUG + 1);
	assert_int_equal(options.loglvl.limited, LOG_DEBUG + 1);
	assert_int_equal(options.guest_loglvl.always, 0);
	assert_int_equal(options.guest_loglvl.limited, LOG_WARN + 1);
	parse_quietly("loglvl=error/none");
	assert_int_equal(options.loglvl.always, LOG_ERR + 1);
	assert_int_equal(options.loglvl.limited, LOG_ERR + 1);
}

static void test_booleans(void **state)
{
	static const char *const yes[] = { "console_to_ring", "console_to_ring=1",
		"console_to_ring=on", "console_to_ring=true", "console_to_ring=yes",
		"console_to_ring=enable" };
	static const char *const no[] = { "no-console_to_ring", "console_to_ring=0",
		"console_to_ring=off", "console_to_ring=false", "console_to_ring=no",
		"console_to_ring=disable" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		options.console_to_ring = false;
		parse_quietly(yes[i]);
		assert_true(options.console_to_ring);
		parse_quietly(no[i]);
		assert_false(options.console_to_ring);
	}
}

static void test_texts(void **state)
{
	(void)state;
	parse_quietly("console=none dtuart=/soc/serial@1000:115200 dom0_max_vcpus=4");
	assert_string_equal(options.console, "none");
	assert_string_equal(options.dtuart, "/soc/serial@1000:115200");
	assert_int_equal(options.dom0_max_vcpus, 4);
}

static void test_unknown_is_passed_over(void **state)
{
	static const char *const rows[] = { "vwfi=native", "sync_console", "no-such", "no-dom0_mem",
		"noreboot", "=", "dom0_memory=1G" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[128];

		setup(NULL);
		snprintf(line, sizeof(line), "%s dom0_max_vcpus=2", rows[i]);
		options_parse(line);
		assert_int_equal(log_count, 1);
		assert_non_null(strstr(last_log, rows[i]));
		assert_int_equal(options.dom0_max_vcpus, 2);
	}
}

static void test_too_long(void **state)
{
	static char line[OPTIONS_COMMAND_LINE_MAX + 64];

	(void)state;
	memset(line, ' ', sizeof(line) - 1);
	memcpy(line + OPTIONS_COMMAND_LINE_MAX, "console_to_ring", 15);
	options_parse(line);
	assert_int_equal(log_count, 1);
	assert_false(options.console_to_ring);
	assert_int_equal(strlen(options_command_line()), OPTIONS_COMMAND_LINE_MAX - 1);
}

/* Any bytes: nothing is read outside, and what is kept is text. */
static void test_random_bytes(void **state)
{
	static const char bits[] = "dom0_mem=maxin:,-012 KMGTxloglvl/noconsole=\t\x80\xff";

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		size_t size = (size_t)rand() % 80;
		char *line = malloc(size + 1);

		for (size_t i = 0; i < size; i++)
			line[i] = bits[(size_t)rand() % (sizeof(bits) - 1)];
		line[size] = '\0';
		options_parse(line);
		free(line);
		assert_true(strlen(options.console) < sizeof(options.console));
		(void)options_dom0_memory((uint64_t)rand() << 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_given, setup),
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_bad_values, setup),
		cmocka_unit_test_setup(test_dom0_mem_forms, setup),
		cmocka_unit_test_setup(test_levels, setup),
		cmocka_unit_test_setup(test_booleans, setup),
		cmocka_unit_test_setup(test_texts, setup),
		cmocka_unit_test_setup(test_unknown_is_passed_over, setup),
		cmocka_unit_test_setup(test_too_long, setup),
		cmocka_unit_test_setup(test_random_bytes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
