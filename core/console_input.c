/* SPDX-License-Identifier: Apache-2.0 */
/* Input: what is typed goes to the hardware domain, or to Graft's debug keys. */
#include "core/console_priv.h"
#include "core/domain.h"
#include "core/keys.h"
#include "core/printk.h"

/* Several of the longest lines that a terminal takes (4095): programs type faster than Dom0 reads. */
#define INPUT_SIZE      16384U
#define SWITCH_CHAR     1 /* Ctrl-A */
#define SWITCH_COUNT    3
#define RECEIVE_AT_ONCE 256 /* then the guest's turn: the UART's interrupt stays pending */

/* All under the console's lock. Counts of bytes, modulo 2^32. */
static char input[INPUT_SIZE];
static uint32_t put_count, taken_count;
static unsigned switch_chars; /* seen in a row, not yet passed on */
static bool to_graft;

/* A full buffer loses the newest bytes, as a full UART does. */
static void put(char c)
{
	if (put_count - taken_count < INPUT_SIZE)
		input[put_count++ % INPUT_SIZE] = c;
}

static void switch_input(void)
{
	to_graft = !to_graft;
	log_info("the keyboard is %s now (Ctrl-A three times switches%s)",
			to_graft ? "Graft's" : "Dom0's", to_graft ? ", 'h' lists the keys" : "");
}

/* One byte, without the lock. Three switch characters in a row are eaten; fewer are passed on late. */
static void receive(char c)
{
	if (c == SWITCH_CHAR) {
		if (++switch_chars == SWITCH_COUNT) {
			switch_chars = 0;
			switch_input();
		}
		return;
	}
	if (to_graft) {
		switch_chars = 0;
		keys_handle(c);
		return;
	}
	console_lock();
	for (; switch_chars; switch_chars--)
		put(SWITCH_CHAR);
	put(c);
	console_unlock();
}

void console_receive(void)
{
	uint32_t before = put_count;

	for (unsigned i = 0; i < RECEIVE_AT_ONCE; i++) {
		int c;

		console_lock();
		c = console_get_locked();
		console_unlock();
		if (c < 0)
			break;
		receive((char)c);
	}
	if (put_count != before && hardware_domain)
		evtchn_send_global_virq(hardware_domain, VIRQ_CONSOLE);
}

size_t console_read_guest(char *buf, size_t size)
{
	size_t done = 0;

	console_lock();
	while (done < size && taken_count != put_count)
		buf[done++] = input[taken_count++ % INPUT_SIZE];
	console_unlock();
	return done;
}
