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
uint64_t host_sysreg_read(const char *name);
void host_sysreg_write(const char *name, uint64_t value);
/* Forgets all: between tests. */
void host_sysreg_reset(void);
