/* SPDX-License-Identifier: Apache-2.0 */
/* What a test sets and reads of the faked machine: clock, CPUs, switches. */
#pragma once

#include "core/cpu.h"
#include "core/page.h"
#include "core/types.h"

struct vcpu;

/* arch/host/time.c */
extern uint32_t host_stated_frequency; /* what time_stated_frequency_hz() answers */
extern uint64_t host_now;       /* ns, what time_now() answers */
extern uint64_t host_deadline[CPUS_MAX];     /* of each CPU's EL2 timer */

/* arch/host/cpu.c */
extern unsigned host_kicks[CPUS_MAX];      /* SGIs sent to each CPU */
extern unsigned host_sleeps;
extern bool host_irq_pending;
extern void (*host_irq_hook)(void); /* called whenever somebody asks whether one is pending */
/* Called by arch_cpu_sleep() and by every turn of a wait for another CPU; NULL: that is a hang. */
extern void (*host_sleep_hook)(void);
extern void (*host_relax_hook)(void);
void host_cpu_set(unsigned cpu);
/* CPUs 0 … count - 1, online, the clock at start_ns, every record cleared. */
void host_cpus_reset(unsigned count, uint64_t start_ns);

/* arch/host/arch.c */
extern unsigned host_switches;
extern unsigned host_dumps;
extern unsigned host_icache_invalidations;
/* Called by arch_cache_clean(): memory behind the caches gets what the caches hold. NULL: nothing is to know. */
extern void (*host_clean_hook)(const void *virt, size_t size);
extern unsigned host_machine_ends; /* resets and power-offs */
extern bool host_powered_off;
extern uint64_t host_guest_context; /* what guest_context() answers */
extern void (*host_switch_hook)(
		struct vcpu *from, struct vcpu *to); /* before `from` counts as saved */
extern void (*host_interrupts_hook)(void);
/* Must not return (longjmp): entering a guest, or the end of the machine. NULL: the test fails. */
extern void (*host_noreturn_hook)(void);

/* arch/host/firmware.c */
extern int (*host_workaround_hook)(
		uint32_t function); /* SMCCC_ARCH_FEATURES; NULL: nothing is supported */
extern uint32_t host_firmware_called; /* the last function, of so many calls */
extern unsigned host_firmware_calls;
extern uint64_t host_serror; /* ESR_EL2 of the SError that the next window takes */
extern unsigned host_serror_windows;

/* arch/host/boot.c */
extern struct page_range host_image; /* where Graft's own image lies */
extern char host_refusal[256]; /* what boot_refuse() said, before host_noreturn_hook */
