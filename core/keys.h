/* SPDX-License-Identifier: Apache-2.0 */
/* Debug keys: one table of key, what it prints, and the function (`xl debug-keys`, 'h' lists them). */
#pragma once

/*
 * Lines that one key prints of the event channels, or of the grants, of one domain: guests decide
 * how many there are, and a line takes milliseconds on a UART. Nothing is printed with a lock of a guest's held.
 */
#define KEYS_LINES_MAX 64U

/* One call shows so many domains, and so many vCPUs of all domains together: a line each, or their registers. */
#define KEYS_DOMAINS_MAX   16U
#define KEYS_VCPUS_MAX     128U
#define KEYS_REGISTERS_MAX 16U

/* Runs the handler of a key; unknown keys print a hint. */
void keys_handle(char key);
