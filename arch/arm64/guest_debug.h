/* SPDX-License-Identifier: Apache-2.0 */
/* Self-hosted debug of a guest: breakpoints, watchpoints, software step (Arm ARM D2). */
#pragma once

#include "core/types.h"

struct vcpu;

/* Each CPU, once: the OS lock is open, every breakpoint and watchpoint off, and MDSCR_EL1 zero. */
void guest_debug_init_cpu(void);

/* As after a warm reset: the OS lock is locked, MDSCR_EL1 zero. v is not on a CPU. */
void guest_debug_reset(struct vcpu *v);

/* v leaves and enters this CPU. Cheap unless v has debug exceptions on. */
void guest_debug_save(const struct vcpu *v);
void guest_debug_restore(const struct vcpu *v);

/* Trapped accesses, v is current. S2_0_C0_C<n>_<op2>: DBG{B,W}{V,C}R<n>_EL1, MDSCR_EL1, others that read zero. */
uint64_t guest_debug_read(struct vcpu *v, unsigned n, unsigned op2);
void guest_debug_write(struct vcpu *v, unsigned n, unsigned op2, uint64_t value);
uint64_t guest_debug_read_oslsr(struct vcpu *v);
void guest_debug_write_oslar(struct vcpu *v, uint64_t value);
/* DBGCLAIMSET_EL1 reads the tags that exist, DBGCLAIMCLR_EL1 those that are set. */
uint64_t guest_debug_read_claimset(struct vcpu *v);
void guest_debug_write_claimset(struct vcpu *v, uint64_t value);
uint64_t guest_debug_read_claimclr(struct vcpu *v);
void guest_debug_write_claimclr(struct vcpu *v, uint64_t value);
