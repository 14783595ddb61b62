/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event channels: one-bit notifications between domains, from Graft (VIRQs) and between vCPUs, in the two
 * layouts of Xen's ABI, 2-level and FIFO (xen/event_channel.h). Core operations take valid objects; the
 * ABI is decoded in hypercall/.
 */
#pragma once

#include "core/spinlock.h"
#include "core/types.h"
#include "core/xen_abi.h"

struct domain;
struct vcpu;
struct evtchn;
struct evtchn_ops;
struct evtchn_fifo_domain;
struct evtchn_fifo_vcpu;

struct evtchn_domain {
	struct spinlock lock;
	struct evtchn **buckets;	/* a table of arrays: ports never move */
	unsigned bucket_count;
	unsigned port_limit;		/* one past the highest port that may be used */
	unsigned active_count;
	const struct evtchn_ops *ops;	/* layout: 2-level or FIFO */
	struct evtchn_fifo_domain *fifo;
};

struct evtchn_vcpu {
	struct vcpu_info *info;		/* in shared_info, or where the guest registered it; never NULL once online */
	struct page *info_page;		/* held, when registered */
	evtchn_port_t virq_port[NR_VIRQS]; /* 0: not bound */
	struct evtchn_fifo_vcpu *fifo;
	struct spinlock virq_lock;
	/* SCHEDOP_poll */
	_Atomic evtchn_port_t poll_port; /* 0: not polling; ~0: several */
};

int evtchn_init_domain(struct domain *d);
void evtchn_init_vcpu(struct vcpu *v);
/* Closes every port, in bounded steps: 0, -ERESTART. */
int evtchn_relinquish(struct domain *d);
void evtchn_free_domain(struct domain *d);

/* Sends a virtual interrupt: per-vCPU ones to v, global ones to wherever d bound them. */
void evtchn_send_vcpu_virq(struct vcpu *v, unsigned virq);
void evtchn_send_global_virq(struct domain *d, unsigned virq);

/* VCPUOP_register_vcpu_info. 0, -EINVAL, -ENOMEM. */
int evtchn_register_vcpu_info(struct vcpu *v, ipa_t ipa, unsigned offset);

/* True if the vCPU has an unmasked pending upcall. */
bool evtchn_upcall_pending(const struct vcpu *v);

/* Ports Graft itself notifies through on behalf of a domain (console, ioreq-like uses): allocates one
 * unbound for remote in d. */
int evtchn_alloc_unbound(struct domain *d, domain_id_t remote, evtchn_port_t *port);
/* Sends on a port of d as if d's vCPU had called EVTCHNOP_send. 0, -EINVAL, -ENOENT. */
int evtchn_send(struct domain *d, evtchn_port_t port);

void evtchn_dump(struct domain *d);
