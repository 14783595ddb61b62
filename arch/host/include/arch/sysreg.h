/* SPDX-License-Identifier: Apache-2.0 */
/* System registers on the host: variables found by the same names, zero until somebody writes them. */
#pragma once

#include <stdint.h>

#define sysreg_read(name)         host_sysreg_read(#name)
#define sysreg_write(name, value) host_sysreg_write(#name, value)

/* Names that a header gives to encodings: found by the encoding. */
#define sysreg_read_enc(encoding)         sysreg_read(encoding)
#define sysreg_write_enc(encoding, value) sysreg_write(encoding, value)

/* The counter (cntpct_el0) is arch/host/fake.h's clock, one tick a nanosecond. */
extern uint64_t (*host_counter_hook)(
		void); /* what the counter shows instead, read by read; NULL: nothing */
uint64_t host_sysreg_read(const char *name);
void host_sysreg_write(const char *name, uint64_t value);

/* What was done, in order, while a test has set host_trace_on: writes of registers, barriers, TLB invalidations. */
struct host_step {
	const char *what; /* the register's name, or the instruction */
	uint64_t value;
};
#define HOST_STEPS_MAX 256
extern struct host_step host_steps[HOST_STEPS_MAX];
extern unsigned host_step_count;
extern _Bool host_trace_on;
void host_trace(const char *what, uint64_t value);

/* Forgets all: between tests. */
void host_sysreg_reset(void);
