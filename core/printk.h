/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor log: to the UART, and into the ring that `xl dmesg` reads (core/console.h). Levels and
 * their thresholds are those of Xen's options loglvl= and guest_loglvl=.
 */
#pragma once

#include <stdarg.h>

enum log_level {
	LOG_ERR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

/* One whole line; the newline is added. Safe on any CPU, in any context, with any lock but the console's. */
void printk(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vprintk(enum log_level level, const char *fmt, va_list args)
		__attribute__((format(printf, 2, 0)));

/* What the current guest caused: rate-limited for each domain by itself, and held to guest_loglvl=. */
void guest_printk(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)   printk(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  printk(LOG_WARN, __VA_ARGS__)
#define log_info(...)  printk(LOG_INFO, __VA_ARGS__)
#define log_debug(...) printk(LOG_DEBUG, __VA_ARGS__)
