/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of Graft's own command line, named and written as Xen's (docs/misc/xen-command-line of Xen):
 * words of the form name=value, name, or no-name. One that is not known is logged and passed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_COMMAND_LINE_MAX 1024 /* with the zero: xen_commandline_t of xen/version.h */

/* Counts of levels (enum log_level): those below `always` are printed, below `limited` rate-limited. */
struct log_threshold {
	unsigned always;
	unsigned limited;
};

/* An amount of memory; a negative one is meant as "all but". */
struct option_size {
	bool given;
	int64_t bytes;
};

struct options {
	struct option_size dom0_mem, dom0_mem_min, dom0_mem_max;
	unsigned dom0_max_vcpus; /* 0: not given */
	char console[32]; /* "dtuart", "none", ... */
	char dtuart[128]; /* path or alias of the UART's node; empty: stdout-path decides */
	struct log_threshold loglvl; /* Graft's own messages */
	struct log_threshold guest_loglvl; /* what guests caused, and what they print */
	bool console_timestamps;
	bool console_to_ring; /* `xl dmesg` shows the hardware domain's console too */
};

extern struct options options; /* defaults until options_parse() */

/* Reads the command line (from then on options_command_line()); logs what it does not know. */
void options_parse(const char *command_line);
const char *options_command_line(void);

/* What dom0_mem= comes to on a machine with total_bytes to give; 0 when it was not given. */
uint64_t options_dom0_memory(uint64_t total_bytes);
