/* SPDX-License-Identifier: Apache-2.0 */
/* What core needs of the architecture: implemented by arch/arm64, faked by arch/host. */
#pragma once

#include "core/types.h"

struct vcpu;
struct domain;

int arch_domain_init(struct domain *d);
void arch_domain_free(struct domain *d);
/* Whether a device that Graft emulates for d is at one of these bytes. */
bool arch_domain_emulates(const struct domain *d, ipa_t ipa, uint64_t size);
int arch_vcpu_init(struct vcpu *v);
void arch_vcpu_free(struct vcpu *v);

/* Takes the registers of one vCPU off this CPU and puts those of another on it. Either may be idle. */
void arch_vcpu_switch(struct vcpu *from, struct vcpu *to);

/* Acknowledges and handles every physical interrupt that is pending for this CPU. No lock is held. */
void arch_handle_interrupts(void);

/* Enters the current vCPU from a CPU's first context, which is given up. */
_Noreturn void arch_vcpu_enter(void);

/* An interrupt that the vCPU would take if it ran: ends WFI. Any CPU. */
bool arch_vcpu_irq_pending(const struct vcpu *v);

/* The event-channel upcall (PPI 31): its line follows vcpu_info.evtchn_upcall_pending. Any CPU. */
void arch_vcpu_raise_upcall(struct vcpu *v);

/* Starting state of a vCPU: entry point, x0, EL1h with interrupts masked and the MMU off. */
void arch_vcpu_reset(struct vcpu *v, uint64_t entry, uint64_t x0);

/* Registers as a toolstack gives and takes them; the vCPU is off its CPU. Set starts from a reset vCPU. */
struct vcpu_guest_context;
void arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *context);
void arch_vcpu_get_context(const struct vcpu *v, struct vcpu_guest_context *context);

/* Makes a vCPU's GPRs, PC and mode printable (reports, debug-keys). */
void arch_vcpu_dump(const struct vcpu *v);

/* Prints the domain's virtual interrupts that are not idle (debug-keys). */
void arch_domain_dump_irqs(struct domain *d);

/* Zeroes normal memory; fast for whole pages. */
void arch_memory_clear(void *virt, size_t size);

/* Data cache clean and invalidate to the point of coherency. */
void arch_cache_clean(const void *virt, size_t size);

/* No CPU executes what memory held before, after arch_cache_clean() of what it holds now. */
void arch_icache_invalidate(void);

_Noreturn void arch_machine_reset(void);
_Noreturn void arch_machine_poweroff(void);

/*
 * The current guest's memory by virtual address, translated with the guest's own stage 1 at EL1
 * privilege, then its p2m. 0, -EFAULT: nothing, or a part before the bad page, was copied.
 */
int guest_read(void *dst, gva_t src, size_t size);
int guest_write(gva_t dst, const void *src, size_t size);

/*
 * Where a virtual address of the current guest lies, by its own stage 1 at EL1 privilege. 0, -EFAULT.
 */
int guest_translate(gva_t va, bool write, ipa_t *ipa);

/* A domain's memory by guest-physical address, crossing pages. 0, -EFAULT. */
int guest_read_phys(struct domain *d, void *dst, ipa_t src, size_t size);
int guest_write_phys(struct domain *d, ipa_t dst, const void *src, size_t size);

/*
 * Of the context within the current guest that made this hypercall: it stays the same while the call is issued
 * again, whichever vCPU of the guest's does so, and no other context has it meanwhile. (The kernel's stack
 * pointer: a kernel may move the thread to another vCPU between two issues.)
 */
uint64_t guest_context(void);
