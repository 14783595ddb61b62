/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: one UART shared by Graft's log and the hardware domain's hvc0, and the ring that
 * XEN_SYSCTL_readconsole (`xl dmesg`) reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_RING_SIZE (32U * 1024)

struct domain;

/* A driver found by the device tree registers itself; output before that is kept in the ring only. */
struct console_uart {
	void (*put)(const char *text, size_t size); /* the bytes as they are */
	void (*flush)(void);
	int (*get)(void); /* next received byte, or -1 */
};
/* What the ring already holds is printed first. NULL: none any more. */
void console_set_uart(const struct console_uart *uart);

/* Bytes from Graft's log: UART (a newline as CR LF) and ring. */
void console_write(const char *text, size_t size);
/*
 * CONSOLEIO_write of a domain: Dom0's bytes go out as they are. Another's go into the log line by line,
 * printable characters only, after its id; rate-limited, and held to guest_loglvl=info or more. A line
 * without its end waits for it. 0, -ENOMEM.
 */
int console_write_guest(struct domain *d, const char *text, size_t size);

/*
 * The UART's receive interrupt: bytes go to the hardware domain's input buffer (VIRQ_CONSOLE), or, after
 * Ctrl-A three times, to Graft's debug keys; three times more switches back.
 */
void console_receive(void);
/* CONSOLEIO_read: up to size bytes; returns how many. */
size_t console_read_guest(char *buf, size_t size);

/*
 * XEN_SYSCTL_readconsole: copies ring bytes from *index on (index counts bytes since boot, modulo 2^32; out
 * of the ring, or not incremental: the oldest kept), moves *index past them, returns the count. clear:
 * forgets what was kept up to the new *index.
 */
size_t console_ring_read(char *buf, size_t size, uint32_t *index, bool incremental, bool clear);

/* Sends VIRQ_CON_RING if the ring has grown since. On the way into a guest: no lock is held there. */
void console_notify(void);

/* After a panic: no locks any more. */
void console_force_unlock(void);

/* Prints the line a dying domain left unfinished, and forgets it. */
void console_free_domain(struct domain *d);
