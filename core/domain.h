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
#include "core/sched.h"
#include "core/spinlock.h"
#include "core/types.h"
#include "core/xen_abi.h"
#include "lib/list.h"
#include <arch/domain.h> /* struct arch_domain, struct arch_vcpu */

#define DOMAIN_VCPUS_MAX 64
#define DOMAIN_IDLE_ID	 0x7fff /* Xen's DOMID_IDLE */

struct domain;

struct vcpu {
	struct arch_vcpu arch; /* first: the entry code finds the saved registers at offset 0 */
	struct domain *domain;
	unsigned id;
	struct sched_vcpu sched;
	struct evtchn_vcpu evtchn;
	/* guest areas that Graft writes: registered once, page held */
	struct guest_area *runstate_area;
	_Atomic bool online;	 /* PSCI: on; off means VPF_down */
	bool initialised;	 /* has a starting context */
};

enum domain_dying {
	DOMAIN_ALIVE,
	DOMAIN_DYING, /* resources are being given back */
	DOMAIN_DEAD,  /* waits for its last reference */
};

struct domain_config {
	bool privileged;    /* may call sysctl and domctl */
	bool hardware;	    /* Dom0: gets VIRQs of the machine, its shutdown is the machine's */
	bool direct_mapped;
	bool passthrough;   /* allowed devices behind an IOMMU */
	unsigned vcpus_max;
	unsigned spis;	    /* virtual SPIs 32 … 32 + spis - 1 */
	unsigned evtchn_port_max; /* highest port it may use */
	unsigned grant_frames_max;
	unsigned maptrack_frames_max;
	unsigned grant_version_max;
	uint32_t ssidref;
	uint32_t flags;	    /* XEN_DOMCTL_CDF_*: reported back by getdomaininfo */
	uint8_t handle[16]; /* UUID */
	bool vuart;
};

struct domain {
	domain_id_t id;
	struct domain_config config;
	struct list_node list_node; /* domain list lock */
	atomic_uint refs;

	struct spinlock lock;	    /* fields down to the next comment */
	enum domain_dying dying;
	bool shut_down;		    /* all vCPUs paused for it */
	bool shutting_down;
	unsigned shutdown_code;	    /* SHUTDOWN_* */
	unsigned controller_pause_count;
	uint64_t relinquish_cursor;
	unsigned relinquish_step;

	_Atomic uint64_t tot_pages; /* pages "allocated" to it, in frames */
	_Atomic uint64_t max_pages;
	unsigned vcpus_count;	    /* length of vcpus; entries appear once and stay */
	struct vcpu **vcpus;

	struct sched_domain sched;
	struct p2m p2m;
	struct evtchn_domain evtchn;
	struct grant_table grant;
	struct shared_info *shared_info;	/* one Graft page, mapped where the guest asks */
	uint64_t hvm_params[HVM_NR_PARAMS];
	uint32_t vm_assist;
	int64_t time_offset_seconds;
	struct domain_console *console;		/* partial line of console_io, guest log prefix */
	struct arch_domain arch;
};

extern struct domain *hardware_domain; /* Dom0; NULL before it is built */

void domain_init_list(void);

/*
 * Makes a paused domain with no vCPUs' contexts and no memory. id DOMID_FIRST_RESERVED or above: the next
 * free one. 0, -EINVAL, -EEXIST, -ENOMEM; on failure nothing is left.
 */
int domain_create(domain_id_t id, const struct domain_config *config, struct domain **out);

/* Holds the domain, or NULL. Paired with domain_put(). DOMID_SELF is the caller's business. */
struct domain *domain_get(domain_id_t id);
/* The first domain with an id >= id, held; NULL after the last. */
struct domain *domain_get_next(domain_id_t id);
void domain_hold(struct domain *d);
void domain_put(struct domain *d);

struct vcpu *domain_vcpu(const struct domain *d, unsigned id); /* NULL when there is none */

/* Counted by caller kind: the toolstack's pause nests by itself. */
void domain_pause(struct domain *d);	    /* returns with every vCPU off its CPU; not from d's own vCPU */
void domain_unpause(struct domain *d);
int domain_pause_by_toolstack(struct domain *d);
int domain_unpause_by_toolstack(struct domain *d); /* -EINVAL: not paused so */

/* SCHEDOP_shutdown: stops all vCPUs, tells the toolstack (VIRQ_DOM_EXC). The machine's if it is Dom0. */
void domain_shutdown(struct domain *d, unsigned reason);
/* The domain did what it cannot continue from: report with registers, then shutdown(SHUTDOWN_crash). */
void domain_crash(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Starts or goes on dying: 0 when all is given back, -ERESTART to call again, -EINVAL for Dom0. */
int domain_kill(struct domain *d);

/* A vCPU comes up (PSCI CPU_ON) or goes down. 0, -EINVAL, -EEXIST already on. */
int vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t context);
void vcpu_power_off(struct vcpu *v);

/* A guest page that Graft writes to, held. 0, -EINVAL (crosses a page, not the guest's RAM), -ENOMEM. */
struct guest_area {
	struct page *page;
	void *virt;
};
int guest_area_map(struct domain *d, ipa_t ipa, size_t size, struct guest_area *area);
void guest_area_unmap(struct guest_area *area);
