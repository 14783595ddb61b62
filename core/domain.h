/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains and vCPUs: what they are made of and how they live. A domain is found by id under a reference,
 * so it cannot go while somebody works on it; it dies in preemptible steps.
 */
#pragma once

#include <stdatomic.h>

#include "core/evtchn.h"
#include "core/grant.h"
#include "core/p2m.h"
#include "core/ratelimit.h"
#include "core/sched.h"
#include "core/spinlock.h"
#include "core/types.h"
#include "core/watchdog.h"
#include "core/xen_abi.h"
#include "lib/list.h"
#include <arch/domain.h> /* struct arch_domain, struct arch_vcpu */

#define DOMAIN_VCPUS_MAX 64
#define DOMAIN_IDLE_ID   0x7fff /* Xen's DOMID_IDLE */

struct domain;

/* A guest page that Graft writes to, held. */
struct guest_area {
	struct page *page; /* NULL: none */
	void *virt;
};

/* struct vcpu_runstate_info where the guest wants it: it may cross a page. */
struct vcpu_runstate_area {
	struct spinlock lock;
	struct guest_area part[2];
	size_t split; /* bytes in part[0]; 0: no area is registered */
};

struct vcpu {
	struct arch_vcpu arch; /* first: the entry code finds the saved registers at offset 0 */
	struct domain *domain;
	unsigned id;
	struct sched_vcpu sched;
	struct evtchn_vcpu evtchn;
	struct vcpu_runstate_area runstate_area;
	_Atomic bool online;  /* PSCI: on; off means VPF_down. Changed under the domain's lock */
	bool initialised;  /* has a starting context */
};

enum domain_dying {
	DOMAIN_ALIVE,
	DOMAIN_DYING, /* resources are being given back */
	DOMAIN_DEAD,  /* waits for its last reference */
};

struct domain_config {
	bool privileged;    /* may call sysctl and domctl */
	bool hardware;     /* Dom0: gets VIRQs of the machine, its shutdown is the machine's */
	bool direct_mapped;
	bool passthrough;   /* allowed devices behind an IOMMU */
	unsigned vcpus_max;
	unsigned spis;     /* virtual SPIs 32 … 32 + spis - 1 */
	unsigned evtchn_port_max; /* highest port it may use */
	unsigned grant_frames_max;
	unsigned maptrack_frames_max;
	unsigned grant_version_max;
	uint32_t ssidref;
	uint32_t flags;     /* XEN_DOMCTL_CDF_*: reported back by getdomaininfo */
	uint8_t handle[16]; /* UUID */
	uint64_t gic_dist, gic_redist; /* guest-physical; 0: where xen/arch-arm.h puts them */
};

struct domain {
	domain_id_t id;
	struct domain_config config;
	struct list_node list_node; /* domain list lock */
	atomic_uint refs;

	struct spinlock lock;     /* fields down to the next comment */
	enum domain_dying dying;
	bool shut_down;      /* all vCPUs paused for it */
	bool shutting_down;
	unsigned shutdown_code;     /* SHUTDOWN_* */
	bool shutdown_code_latched; /* the guest has said what its next shutdown is to be called */
	unsigned controller_pause_count;
	bool relinquishing; /* somebody is at it now, who alone may use the two that follow */
	uint64_t relinquish_cursor;
	unsigned relinquish_step;

	_Atomic uint64_t tot_pages; /* pages "allocated" to it, in frames */
	_Atomic uint64_t max_pages;
	unsigned vcpus_count; /* length of vcpus (config.vcpus_max); entries appear once and stay */
	struct vcpu **vcpus;

	struct sched_domain sched;
	struct p2m p2m;
	struct evtchn_domain evtchn;
	struct watchdog_domain watchdog;
	struct grant_table grant;
	struct shared_info *shared_info; /* one Graft page, mapped where the guest asks */
	uint64_t hvm_params[HVM_NR_PARAMS];
	uint32_t vm_assist;
	int64_t time_offset_seconds;
	struct ratelimit log_limit; /* of guest_printk(); guarded inside core/printk.c */
	struct domain_console *console; /* partial line of console_io, guest log prefix */
	struct arch_domain arch;
};

extern struct domain *hardware_domain; /* Dom0; NULL before it is built */

void domain_init_list(void);

/*
 * Makes a domain without vCPUs and memory, paused by the toolstack: domain_unpause_by_toolstack() starts it.
 * id DOMID_FIRST_RESERVED or above: the next free one. 0, -EINVAL, -EEXIST, -ENOMEM; on failure nothing is
 * left. It has one reference, which domain_kill() puts at the end.
 */
int domain_create(domain_id_t id, const struct domain_config *config, struct domain **out);

/* Makes vCPU id of d: not online. 0, -EINVAL (no such id, or dying), -EEXIST, -ENOMEM. */
int vcpu_create(struct domain *d, unsigned id);

/* Holds the domain, or NULL. Paired with domain_put(). DOMID_SELF is the caller's business. */
struct domain *domain_get(domain_id_t id);
/* The first domain with an id >= id, held; NULL after the last. */
struct domain *domain_get_next(domain_id_t id);
void domain_hold(struct domain *d);
void domain_put(struct domain *d);

struct vcpu *domain_vcpu(const struct domain *d, unsigned id); /* NULL when there is none */

/*
 * Counted. Returns with every vCPU off its CPU, unless the caller is a vCPU of d: then they are only made to
 * leave guest code, and stop (the caller too) on their way back. No lock is held.
 */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_toolstack(struct domain *d); /* nests; -EINVAL: too deep */
int domain_unpause_by_toolstack(struct domain *d); /* -EINVAL: not paused so */

/* SCHEDOP_shutdown: stops all vCPUs, tells the toolstack (VIRQ_DOM_EXC). The machine's if it is Dom0. */
void domain_shutdown(struct domain *d, unsigned reason);
/* The domain did what it cannot continue from: report with registers, then shutdown(SHUTDOWN_crash). */
void domain_crash(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* SCHEDOP_shutdown_code: whatever the reason of d's next shutdown is, it is reported as this one. */
void domain_latch_shutdown_code(struct domain *d, unsigned reason);
/*
 * The hardware domain's kernel has said that it panicked, or no longer takes interrupts: a report with every
 * vCPU's registers. The domain itself is left as it is.
 */
void domain_report(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* XEN_DOMCTL_resumedomain: goes on after a shutdown. */
void domain_resume(struct domain *d);

/*
 * Starts or goes on dying: 0 when all is given back, -ERESTART to call again, -EINVAL for Dom0. The caller
 * holds d and is not one of its vCPUs. What layers above gave to d is taken back first, by the functions
 * they registered (at most DOMAIN_HOOKS_MAX; 0, or -ERESTART to be called again).
 */
int domain_kill(struct domain *d);
#define DOMAIN_HOOKS_MAX 4
void domain_on_kill(int (*relinquish)(struct domain *d));

/*
 * A vCPU comes up (PSCI CPU_ON) with this context, or goes down. 0, -EINVAL dying, -EEXIST already on,
 * -ERESTART: it went down just now and its CPU has not let go of it; issue the call again by way of the
 * entry path.
 */
int vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t context);
/* VCPUOP_up: with the context it has. 0 (also if it was up), -EINVAL: it has none, or dying. */
int vcpu_bring_up(struct vcpu *v);
/* The current vCPU goes on until the entry path, another one until it leaves its guest code. */
void vcpu_power_off(struct vcpu *v);

/*
 * VCPUOP_register_runstate_memory_area: an address of the current guest, v one of its vCPUs; 0 for none.
 * 0, -EINVAL (not aligned), -EFAULT (not mapped to writable RAM of its own).
 */
int vcpu_register_runstate_area(struct vcpu *v, gva_t area);
/* Brings the registered area up to date. No lock is held. */
void vcpu_publish_runstate(struct vcpu *v);
void vcpu_drop_runstate_area(struct vcpu *v);

/* 0, -EINVAL (crosses a page, not the guest's own writable RAM). */
int guest_area_map(struct domain *d, ipa_t ipa, size_t size, struct guest_area *area);
void guest_area_unmap(struct guest_area *area); /* an unmapped one: nothing */
