/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: the ring against a naive model that keeps everything, guests' lines, the keyboard, and the
 * log's thresholds. The heap, event channels and debug keys are this test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"
#include "core/console.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/keys.h"
#include "core/options.h"
#include "core/printk.h"
#include "core/ratelimit.h"
#include "core/time.h"

#include <cmocka.h>

static struct domain dom0, dom1, dom2;
static struct vcpu vcpu0 = { .domain = &dom0 }, vcpu1 = { .domain = &dom1, .id = 3 };
struct domain *hardware_domain;

static unsigned allocations;
static bool allocation_fails;
static unsigned virqs[NR_VIRQS];
static char keys[64];

static char wire[1 << 20]; /* what the UART sent */
static size_t wire_used;
static const char *typed; /* what the UART receives */

void *heap_alloc(size_t size)
{
	if (allocation_fails)
		return NULL;
	allocations++;
	return calloc(1, size);
}

void heap_free(void *ptr)
{
	if (ptr)
		allocations--;
	free(ptr);
}

void evtchn_send_global_virq(struct domain *d, unsigned virq)
{
	assert_ptr_equal(d, hardware_domain);
	virqs[virq]++;
}

void keys_handle(char key)
{
	size_t n = strlen(keys);

	keys[n] = key;
	keys[n + 1] = '\0';
}

static void wire_put(const char *text, size_t size)
{
	assert_true(wire_used + size < sizeof(wire));
	memcpy(wire + wire_used, text, size);
	wire_used += size;
	wire[wire_used] = '\0';
}

static void wire_flush(void)
{
}

static int wire_get(void)
{
	return typed && *typed ? (unsigned char)*typed++ : -1;
}

static const struct console_uart test_uart = { wire_put, wire_flush, wire_get };

static void clear_ring(void)
{
	uint32_t index = 0;
	char text[256];

	while (console_ring_read(text, sizeof(text), &index, false, true))
		;
}

static void wire_clear(void)
{
	wire_used = 0;
	wire[0] = '\0';
}

static int setup(void **state)
{
	static struct options defaults;
	static bool saved;
	char text[64];

	(void)state;
	if (!saved)
		defaults = options;
	saved = true;
	options = defaults;
	host_cpus_reset(1, 1000 * NS_PER_S);
	dom1.id = 1;
	dom2.id = 2;
	dom0.config.privileged = true;
	hardware_domain = &dom0;
	console_set_uart(NULL);
	clear_ring();
	console_set_uart(&test_uart);
	while (console_read_guest(text, sizeof(text)))
		;
	wire_clear();
	memset(virqs, 0, sizeof(virqs));
	memset(keys, 0, sizeof(keys));
	typed = NULL;
	return 0;
}

/* Lets the buckets of the rate limits fill up again. */
static void pass_time(void)
{
	host_now += 3600 * NS_PER_S;
}

static int teardown(void **state)
{
	(void)state;
	console_free_domain(&dom1);
	console_free_domain(&dom2);
	pass_time();
	assert_int_equal(allocations, 0);
	return 0;
}

static void expect_ring(const char *text)
{
	char buf[512];
	uint32_t index = 0;
	size_t n = console_ring_read(buf, sizeof(buf) - 1, &index, false, false);

	buf[n] = '\0';
	assert_string_equal(buf, text);
}

static void test_log_line(void **state)
{
	(void)state;
	printk(LOG_INFO, "%u CPUs", 2U);
	assert_string_equal(wire, "(GRAFT) 2 CPUs\r\n");
	expect_ring("(GRAFT) 2 CPUs\n");
}

static void test_timestamp(void **state)
{
	(void)state;
	options.console_timestamps = true;
	host_now = 12 * NS_PER_S + 345678 * NS_PER_US + 999;
	printk(LOG_INFO, "x");
	expect_ring("[   12.345678] (GRAFT) x\n");
}

static void test_long_line_is_cut(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	printk(LOG_INFO, "%s", text);
	assert_true(wire_used < 300);
	assert_string_equal(wire + wire_used - 3, "x\r\n");
}

static void test_thresholds(void **state)
{
	(void)state;
	options.loglvl = (struct log_threshold){ LOG_WARN + 1, LOG_WARN + 1 };
	printk(LOG_INFO, "not this");
	printk(LOG_ERR, "this");
	expect_ring("(GRAFT) this\n");
}

static void test_rate_limit(void **state)
{
	unsigned lines = 0;

	(void)state;
	options.loglvl = (struct log_threshold){ LOG_ERR + 1, LOG_INFO + 1 };
	for (unsigned i = 0; i < 1000; i++)
		printk(LOG_INFO, "again");
	for (const char *at = wire; (at = strstr(at, "again")) != NULL; at++)
		lines++;
	assert_int_equal(lines, RATELIMIT_BURST);
	printk(LOG_ERR, "an error is not limited");
	assert_non_null(strstr(wire, "an error is not limited"));
	wire_clear();
	host_now += RATELIMIT_PER_TOKEN;
	printk(LOG_INFO, "later");
	assert_string_equal(wire,
			"(GRAFT) 968 messages were left out: too many at a time\r\n(GRAFT) later\r\n");
}

/* A domain that causes messages without end uses up its own limit alone. */
static void test_rate_limit_is_a_domains(void **state)
{
	static struct vcpu vcpu2 = { .domain = &dom2 };

	(void)state;
	options.guest_loglvl = (struct log_threshold){ LOG_ERR + 1, LOG_WARN + 1 };
	cpus[0].current = &vcpu1;
	for (unsigned i = 0; i < 1000; i++)
		guest_printk(LOG_WARN, "again");
	wire_clear();
	cpus[0].current = &vcpu2;
	guest_printk(LOG_WARN, "from another domain");
	cpus[0].current = NULL;
	guest_printk(LOG_WARN, "from none");
	cpus[0].current = &vcpu1;
	host_now += RATELIMIT_PER_TOKEN;
	guest_printk(LOG_WARN, "later");
	cpus[0].current = NULL;
	assert_string_equal(wire, "(GRAFT) d2v0 from another domain\r\n(GRAFT) from none\r\n"
				  "(GRAFT) d1v3 968 messages were left out: too many at a time\r\n"
				  "(GRAFT) d1v3 later\r\n");
}

static void test_fail_names_the_guest(void **state)
{
	(void)state;
	cpus[0].current = &vcpu1;
	assert_int_equal((fail)(-EINVAL, "no %s", "way"), -EINVAL);
	expect_ring("(GRAFT) d1v3 no way\n");
	options.guest_loglvl = (struct log_threshold){ 0, 0 };
	(fail)(-EINVAL, "unseen");
	expect_ring("(GRAFT) d1v3 no way\n");
	cpus[0].current = &vcpu0;
	assert_int_equal((fail)(-EBUSY, "the toolstack always learns why"), -EBUSY);
	expect_ring("(GRAFT) d1v3 no way\n(GRAFT) the toolstack always learns why\n");
	cpus[0].current = NULL;
	assert_int_equal((fail)(-ENODEV, "at boot"), -ENODEV);
}

static void test_output_before_the_uart(void **state)
{
	(void)state;
	console_set_uart(NULL);
	printk(LOG_INFO, "early");
	assert_string_equal(wire, "");
	console_set_uart(&test_uart);
	assert_string_equal(wire, "(GRAFT) early\r\n");
}

static void test_dom0_is_raw(void **state)
{
	static const char text[] = "\033[31m\0\r\nno newline";

	(void)state;
	assert_int_equal(console_write_guest(&dom0, text, sizeof(text) - 1), 0);
	assert_int_equal(wire_used, sizeof(text) - 1);
	assert_memory_equal(wire, text, sizeof(text) - 1);
	expect_ring("");
	options.console_to_ring = true;
	assert_int_equal(console_write_guest(&dom0, "x\n", 2), 0);
	expect_ring("x\n");
}

static void write_dom(struct domain *d, const char *text)
{
	assert_int_equal(console_write_guest(d, text, strlen(text)), 0);
}

static void test_guest_lines(void **state)
{
	(void)state;
	write_dom(&dom1, "below the threshold\n");
	expect_ring("");
	options.guest_loglvl = (struct log_threshold){ LOG_DEBUG + 1, LOG_DEBUG + 1 };
	write_dom(&dom1, "one ");
	write_dom(&dom2, "other\r\n\n");
	write_dom(&dom1, "line\ttab\033[0m\nrest");
	expect_ring("(d2) other\n(d2) \n(d1) one line\ttab[0m\n");
	console_free_domain(&dom1);
	expect_ring("(d2) other\n(d2) \n(d1) one line\ttab[0m\n(d1) rest\n");
	assert_null(dom1.console);
	assert_int_equal(allocations, 1);
}

static void test_guest_long_line(void **state)
{
	char text[300], expected[400];

	(void)state;
	options.guest_loglvl = (struct log_threshold){ LOG_DEBUG + 1, LOG_DEBUG + 1 };
	memset(text, 'y', sizeof(text));
	text[299] = '\0';
	write_dom(&dom1, text);
	write_dom(&dom1, "\n");
	snprintf(expected, sizeof(expected), "(d1) %.128s\n(d1) %.128s\n(d1) %.43s\n", text, text,
			text);
	expect_ring(expected);
}

static void test_guest_flood(void **state)
{
	(void)state;
	options.guest_loglvl = (struct log_threshold){ 0, LOG_DEBUG + 1 };
	for (unsigned i = 0; i < 500; i++)
		write_dom(&dom1, "flood\n");
	wire_clear();
	write_dom(&dom2, "another's bucket is its own\n");
	assert_string_equal(wire, "(d2) another's bucket is its own\r\n");
	wire_clear();
	pass_time();
	write_dom(&dom1, "end\n");
	assert_string_equal(
			wire, "(d1) 468 lines were left out: too many at a time\r\n(d1) end\r\n");
}

static void test_guest_without_memory(void **state)
{
	(void)state;
	options.guest_loglvl = (struct log_threshold){ LOG_DEBUG + 1, LOG_DEBUG + 1 };
	allocation_fails = true;
	assert_int_equal(console_write_guest(&dom1, "x\n", 2), -ENOMEM);
	allocation_fails = false;
	expect_ring("");
	write_dom(&dom1, "now\n");
	expect_ring("(d1) now\n");
}

static void type(const char *text)
{
	typed = text;
	console_receive();
}

static void expect_input(const char *text)
{
	char buf[1024];
	size_t n = console_read_guest(buf, sizeof(buf) - 1);

	buf[n] = '\0';
	assert_string_equal(buf, text);
}

static void test_keyboard(void **state)
{
	char two[2];

	(void)state;
	type("");
	assert_int_equal(virqs[VIRQ_CONSOLE], 0);
	type("ls\r");
	assert_int_equal(virqs[VIRQ_CONSOLE], 1);
	assert_int_equal(console_read_guest(two, 2), 2);
	assert_memory_equal(two, "ls", 2);
	expect_input("\r");
	expect_input("");
}

static void test_keyboard_full(void **state)
{
	static char text[20000], buf[17000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	text[sizeof(text) - 1] = '\0';
	for (typed = text; *typed;)
		console_receive();
	assert_int_equal(console_read_guest(buf, sizeof(buf)), 16384);
	assert_memory_equal(buf, text, 16384);
	type("z");
	expect_input("z");
}

static void test_keyboard_switch(void **state)
{
	(void)state;
	type("\001\001x");
	expect_input("\001\001x");
	type("\001\001\001qh");
	assert_string_equal(keys, "qh");
	assert_non_null(strstr(wire, "Graft's now"));
	expect_input("");
	type("\001\001d\001\001\001e");
	assert_string_equal(keys, "qhd");
	assert_non_null(strstr(wire, "Dom0's now"));
	expect_input("e");
}

static void test_keyboard_without_dom0(void **state)
{
	(void)state;
	hardware_domain = NULL;
	type("x");
	assert_int_equal(virqs[VIRQ_CONSOLE], 0);
	console_set_uart(NULL);
	console_receive();
	hardware_domain = &dom0;
	console_set_uart(&test_uart);
	expect_input("x");
}

static void test_ring_virq(void **state)
{
	(void)state;
	console_notify();
	memset(virqs, 0, sizeof(virqs));
	console_notify();
	assert_int_equal(virqs[VIRQ_CON_RING], 0);
	printk(LOG_INFO, "x");
	printk(LOG_INFO, "y");
	console_notify();
	console_notify();
	assert_int_equal(virqs[VIRQ_CON_RING], 1);
}

static void test_after_a_panic(void **state)
{
	(void)state;
	/* Nobody can know who holds the lock; this is the last test, there is no way back. */
	console_force_unlock();
	printk(LOG_ERR, "last words");
	assert_string_equal(wire, "(GRAFT) last words\r\n");
}

/* The model keeps all bytes ever written and answers by plain arithmetic on them. */
struct model {
	char all[4 << 20];
	uint64_t written, cleared, base; /* base: the index of the first byte */
};

static size_t model_read(struct model *m, char *buf, size_t size, uint32_t *index, bool incremental,
		bool clear)
{
	uint64_t oldest = m->written > CONSOLE_RING_SIZE ? m->written - CONSOLE_RING_SIZE : 0;
	uint64_t at, n;

	if (oldest < m->cleared)
		oldest = m->cleared;
	at = oldest;
	for (uint64_t i = oldest; incremental && i <= m->written; i++)
		if ((uint32_t)(m->base + i) == *index)
			at = i;
	n = m->written - at < size ? m->written - at : size;
	memcpy(buf, m->all + at, n);
	*index = (uint32_t)(m->base + at + n);
	if (clear)
		m->cleared = at + n;
	return n;
}

static uint32_t random_index(const struct model *m)
{
	switch (rand() % 3) {
	case 0:
		return (uint32_t)rand();
	case 1:
		return (uint32_t)(m->base + m->written) - (uint32_t)(rand() % 200);
	default:
		return (uint32_t)(m->base + m->written) -
		       (uint32_t)(rand() % (int)(2 * CONSOLE_RING_SIZE));
	}
}

static void model_step(struct model *m)
{
	static char a[1024], b[1024];
	size_t n, size = (size_t)rand() % sizeof(a);
	uint32_t index_a = random_index(m), index_b = index_a;
	bool incremental = rand() % 4, clear = rand() % 16 == 0;

	if (rand() % 2) {
		for (size_t i = 0; i < size; i++)
			m->all[m->written + i] = (char)('0' + rand() % 64);
		console_write(m->all + m->written, size);
		m->written += size;
		return;
	}
	n = console_ring_read(a, size, &index_a, incremental, clear);
	assert_int_equal(n, model_read(m, b, size, &index_b, incremental, clear));
	assert_int_equal(index_a, index_b);
	assert_memory_equal(a, b, n);
}

static void test_ring_against_model(void **state)
{
	static struct model m;
	uint32_t start = 0;

	(void)state;
	console_set_uart(NULL);
	console_ring_read(NULL, 0, &start, false, true);
	m.base = start;
	srand(7);
	for (unsigned i = 0; i < 6000; i++)
		model_step(&m);
	assert_true(m.written > 16 * CONSOLE_RING_SIZE);
	console_set_uart(&test_uart);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_log_line),
		TEST(test_timestamp),
		TEST(test_long_line_is_cut),
		TEST(test_thresholds),
		TEST(test_rate_limit),
		TEST(test_rate_limit_is_a_domains),
		TEST(test_fail_names_the_guest),
		TEST(test_output_before_the_uart),
		TEST(test_dom0_is_raw),
		TEST(test_guest_lines),
		TEST(test_guest_long_line),
		TEST(test_guest_flood),
		TEST(test_guest_without_memory),
		TEST(test_keyboard),
		TEST(test_keyboard_full),
		TEST(test_keyboard_switch),
		TEST(test_keyboard_without_dom0),
		TEST(test_ring_virq),
		TEST(test_ring_against_model),
		TEST(test_after_a_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
