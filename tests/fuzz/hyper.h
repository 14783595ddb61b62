/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the fuzzer of hypercalls share: the input, the machine, calls with a shape, and what must hold. */
#pragma once

#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "hypercall/priv.h"
#include "tests/fuzz/fuzz.h"

#define RAM_SIZE MIB(4)
#define BUF_SIZE 4096U

/* The input: zeroes behind its end. */
unsigned take(void);
uint64_t take_word(unsigned bytes);
/* Small numbers, places in the buffer, frames of RAM and beside it, ids, and what takes eight bytes to say. */
uint64_t take_value(void);

/* The callers' memory by virtual address, which all of them have. */
extern unsigned char buf[BUF_SIZE];
extern gva_t buf_at;
extern gva_t buf_readonly_at; /* there too, but nothing can be answered */

/* The current vCPU is one of that domain's, if it has one that may run. */
void become(domain_id_t id, unsigned vcpu);
/* Frame n of what a domain began with. */
uint64_t ram_gfn(domain_id_t id, unsigned n);
/* Issues the call as a guest's entry path does, again and again while it makes way. */
int64_t issue(uint64_t number, uint64_t args[HYPERCALL_ARGS]);

/* hyper_calls.c: a call that means something, with results of earlier ones in it. */
void shaped_call(void);
void shaped_reset(void);

/* hyper_devices.c: a boot tree with devices, and overlays for it. */
struct devices_blob {
	gva_t at; /* in the callers' memory */
	uint32_t size;
};
#define DEVICES_BLOBS 3
extern struct devices_blob devices_blobs[DEVICES_BLOBS]; /* two overlays, and one for a guest */
#define DEVICES_WINDOW                                                                             \
	UINT64_C(0xa000000) /* Dom0's, nobody's and a guest's, a page each; then the overlays' */
#define DEVICES_SPI 34U /* the first of theirs */
void devices_start(struct domain *dom0);
/* Guests are dead: nothing is attached, given or routed. */
void devices_end(void);

/* hyper_check.c: whoever holds a page, a domain, a port or a handle is known, and everything held has a holder. */
void check_all(void);
/* From now on somebody may hold a domain whom the check does not see. */
void check_allow_holders(bool allow);
