/* SPDX-License-Identifier: Apache-2.0 */
/* Output: UART, ring, and other domains' lines. Input: core/console_input.c. */
#include "core/console.h"

#include <stdatomic.h>

#include "core/console_priv.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/options.h"
#include "core/printk.h"
#include "core/ratelimit.h"
#include "core/time.h"
#include "lib/printf.h"
#include "lib/string.h"

#define GUEST_LINE_MAX 128

struct domain_console {
	char line[GUEST_LINE_MAX];
	size_t used;
	struct ratelimit limit;
};

static struct spinlock lock = SPINLOCK_INIT;
static _Atomic bool lock_given_up;
static const struct console_uart *uart; /* lock */

/* Bytes since boot, modulo 2^32: what is kept is [oldest, newest), at most the ring's size. */
static char ring[CONSOLE_RING_SIZE];
static uint32_t oldest, newest;
static _Atomic bool ring_grown;

static_assert((CONSOLE_RING_SIZE & (CONSOLE_RING_SIZE - 1)) == 0, "indices wrap at 2^32");

void console_lock(void)
{
	if (!atomic_load_explicit(&lock_given_up, memory_order_relaxed))
		spin_lock(&lock);
}

void console_unlock(void)
{
	if (!atomic_load_explicit(&lock_given_up, memory_order_relaxed))
		spin_unlock(&lock);
}

void console_force_unlock(void)
{
	lock_given_up = true;
}

/* The part of [from, newest) that lies in one piece in the ring. */
static size_t ring_piece(uint32_t from, const char **piece)
{
	uint32_t at = from % CONSOLE_RING_SIZE;

	*piece = ring + at;
	return MIN(newest - from, CONSOLE_RING_SIZE - at);
}

static void ring_put(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring[newest++ % CONSOLE_RING_SIZE] = text[i];
	if (newest - oldest > CONSOLE_RING_SIZE)
		oldest = newest - CONSOLE_RING_SIZE;
	atomic_store_explicit(&ring_grown, true, memory_order_relaxed);
}

static void uart_put(const char *text, size_t size)
{
	if (uart)
		uart->put(text, size);
}

static void uart_put_lines(const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t n = end ? (size_t)(end - text) : size;

		uart_put(text, n);
		if (!end)
			return;
		uart_put("\r\n", 2);
		text += n + 1;
		size -= n + 1;
	}
}

void console_put_locked(const char *text, size_t size)
{
	ring_put(text, size);
	uart_put_lines(text, size);
}

void console_write(const char *text, size_t size)
{
	console_lock();
	console_put_locked(text, size);
	console_unlock();
}

void console_set_uart(const struct console_uart *new_uart)
{
	const char *piece;
	size_t n;

	console_lock();
	uart = new_uart;
	for (uint32_t at = oldest; uart && (n = ring_piece(at, &piece)) != 0; at += (uint32_t)n)
		uart_put_lines(piece, n);
	console_unlock();
}

/* Input is read by the one that holds the lock, so that bytes keep their order. */
int console_get_locked(void)
{
	return uart && uart->get ? uart->get() : -1;
}

static size_t ring_copy(char *buf, size_t size, uint32_t from)
{
	size_t done = 0;

	while (done < size) {
		const char *piece;
		size_t n = ring_piece(from + (uint32_t)done, &piece);

		if (n == 0)
			break;
		n = MIN(n, size - done);
		memcpy(buf + done, piece, n);
		done += n;
	}
	return done;
}

size_t console_ring_read(char *buf, size_t size, uint32_t *index, bool incremental, bool clear)
{
	size_t done;

	console_lock();
	if (!incremental || *index - oldest > newest - oldest)
		*index = oldest;
	done = ring_copy(buf, size, *index);
	*index += (uint32_t)done;
	if (clear)
		oldest = *index;
	console_unlock();
	return done;
}

static void put_guest_line(const struct domain *d, struct domain_console *c)
{
	char line[GUEST_LINE_MAX + 32];
	uint32_t refused = 0;
	int n;

	if (ratelimit_take(&c->limit, time_now(), &refused)) {
		if (refused) {
			n = snprintf(line, sizeof(line),
					"(d%u) %u lines were left out: too many at a time\n", d->id,
					refused);
			console_put_locked(line, (size_t)n);
		}
		n = snprintf(line, sizeof(line), "(d%u) %.*s\n", d->id, (int)c->used, c->line);
		console_put_locked(line, (size_t)n);
	}
	c->used = 0;
}

static void put_guest_char(const struct domain *d, struct domain_console *c, char ch)
{
	if (ch == '\n' || c->used == sizeof(c->line))
		put_guest_line(d, c);
	if ((ch >= ' ' && ch <= '~') || ch == '\t')
		c->line[c->used++] = ch;
}

/* Made at the domain's first write; allocated before the lock is taken, since the heap may log. */
static int make_domain_console(struct domain *d)
{
	struct domain_console *made;

	if (d->console)
		return 0;
	made = heap_alloc(sizeof(*made));
	if (!made)
		return -ENOMEM;
	console_lock();
	if (!d->console) {
		d->console = made;
		made = NULL;
	}
	console_unlock();
	heap_free(made);
	return 0;
}

static int write_lines(struct domain *d, const char *text, size_t size)
{
	int rc;

	if (LOG_INFO >= options.guest_loglvl.limited)
		return 0;
	rc = make_domain_console(d);
	if (rc)
		return rc;
	console_lock();
	for (size_t i = 0; i < size; i++)
		put_guest_char(d, d->console, text[i]);
	console_unlock();
	return 0;
}

int console_write_guest(struct domain *d, const char *text, size_t size)
{
	if (d != hardware_domain)
		return write_lines(d, text, size);
	console_lock();
	uart_put(text, size);
	if (options.console_to_ring)
		ring_put(text, size);
	console_unlock();
	return 0;
}

void console_free_domain(struct domain *d)
{
	struct domain_console *c;

	console_lock();
	c = d->console;
	d->console = NULL;
	if (c && c->used)
		put_guest_line(d, c);
	console_unlock();
	heap_free(c);
}

void console_notify(void)
{
	if (!atomic_load_explicit(&ring_grown, memory_order_relaxed) || !hardware_domain)
		return;
	atomic_store_explicit(&ring_grown, false, memory_order_relaxed);
	evtchn_send_global_virq(hardware_domain, VIRQ_CON_RING);
}
