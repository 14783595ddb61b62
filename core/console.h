/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: one UART shared by Graft's log and the hardware domain's hvc0, and the ring that
 * XEN_SYSCTL_readconsole (`xl dmesg`) reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct domain;

/* A driver found by the device tree registers itself; output before that is kept in the ring only. */
struct console_uart {
	void (*put)(const char *text, size_t size);
	void (*flush)(void);
	int (*get)(void); /* next received byte, or -1 */
};
void console_set_uart(const struct console_uart *uart);

/* Bytes from Graft's log: UART and ring. */
void console_write(const char *text, size_t size);
/* CONSOLEIO_write of a domain: Dom0's bytes go out as they are, another's line by line with its id. */
void console_write_guest(struct domain *d, const char *text, size_t size);

/* The UART's receive interrupt: bytes go to the hardware domain's input buffer (VIRQ_CONSOLE). */
void console_receive(void);
/* CONSOLEIO_read: up to size bytes; returns how many. */
size_t console_read_guest(char *buf, size_t size);

/*
 * XEN_SYSCTL_readconsole: copies ring bytes from *index on (index counts bytes since boot; too old: the
 * oldest kept), moves *index past them, returns the count. clear: forget what is in the ring after.
 */
size_t console_ring_read(char *buf, size_t size, uint32_t *index, bool incremental, bool clear);

/* After a panic: no locks any more. */
void console_force_unlock(void);

void console_free_domain(struct domain *d);
