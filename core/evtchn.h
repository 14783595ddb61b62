/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event channels: one-bit notifications between domains, from Graft (VIRQs) and between vCPUs, in the two
 * layouts of Xen's ABI, 2-level and FIFO (xen/event_channel.h). Core operations take valid objects; the
 * ABI is decoded in hypercall/. Locks and their order: core/evtchn_priv.h.
 */
#pragma once

#include "core/spinlock.h"
#include "core/timer.h"
#include "core/types.h"
#include "core/xen_abi.h"

struct domain;
struct vcpu;
struct page;
struct evtchn;
struct evtchn_ops;
struct evtchn_fifo_domain;
struct evtchn_fifo_vcpu;

struct evtchn_domain {
	struct spinlock lock;
	struct evtchn *_Atomic *buckets; /* a table of arrays: neither it nor a port ever moves */
	unsigned bucket_count;
	uint8_t *bucket_used; /* ports in use of each */
	unsigned port_limit;  /* one past the highest port that may be used */
	unsigned active_count;  /* ports in use */
	unsigned graft_count;  /* of these, Graft's own: no guest may close them */
	evtchn_port_t first_free; /* no port below it is free */
	_Atomic evtchn_port_t reset_cursor; /* how far evtchn_reset() has come: it may never end */
	evtchn_port_t relinquish_cursor; /* how far evtchn_relinquish() has come */
	bool dying; /* no new ports */
	const struct evtchn_ops *_Atomic ops; /* layout: 2-level or FIFO */
	struct evtchn_fifo_domain *fifo;
	_Atomic uint64_t pollers; /* a bit per vCPU that may be in SCHEDOP_poll */
};

struct evtchn_vcpu {
	/* In shared_info (vCPU 0), or where the guest registered it; NULL before that. */
	struct vcpu_info *_Atomic info;
	struct page *info_page; /* held, when registered */
	evtchn_port_t virq_port[NR_VIRQS]; /* 0: not bound */
	struct evtchn_fifo_vcpu *_Atomic fifo;
	struct spinlock virq_lock;
	/* SCHEDOP_poll */
	_Atomic evtchn_port_t poll_port; /* 0: not polling; EVTCHN_POLL_ANY: several */
	struct timer poll_timer;
};

#define EVTCHN_POLL_ANY (~(evtchn_port_t)0)

/* d->config and d->shared_info are set. 0, -ENOMEM. */
int evtchn_init_domain(struct domain *d);
/* v->domain and v->id are set. */
void evtchn_init_vcpu(struct vcpu *v);
/* Closes every port and lets go of the guest's pages, in bounded steps: 0, -ERESTART. */
int evtchn_relinquish(struct domain *d);
/*
 * After evtchn_relinquish(), or when d never ran, and not before the last reference to d goes: ports are looked up
 * without a lock by whoever holds d. There are 1 024 buckets at most, which takes less than a millisecond.
 */
void evtchn_free_domain(struct domain *d);

/*
 * EVTCHNOP_*, each for the domain whose ports they are. -EINVAL: no such port, or not in a state that
 * allows it; -ENOENT: no such vCPU; -ENOSPC: all ports in use; -ENOMEM.
 */
int evtchn_alloc_unbound(struct domain *d, domain_id_t remote, evtchn_port_t *port);
/* Leaves the local port pending, since the peer may have sent before there was a channel. */
int evtchn_bind_interdomain(struct domain *d, struct domain *remote, evtchn_port_t remote_port,
		evtchn_port_t *port);
int evtchn_bind_virq(
		struct domain *d, unsigned virq, unsigned vcpu, evtchn_port_t *port); /* -EEXIST */
int evtchn_bind_ipi(struct domain *d, unsigned vcpu, evtchn_port_t *port);
/* The other end of an interdomain channel is left unbound, waiting for d again; nobody tells it. */
int evtchn_close(struct domain *d, evtchn_port_t port);
/* 0 also when the port has no peer (any more). */
int evtchn_send(struct domain *d, evtchn_port_t port);
int evtchn_get_status(struct domain *d, evtchn_port_t port, struct evtchn_status *status);
int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, unsigned vcpu);
int evtchn_unmask(struct domain *d, evtchn_port_t port);
/* Closes every port and goes back to the 2-level layout, in bounded steps: 0, -ERESTART. */
int evtchn_reset(struct domain *d);
/* The FIFO layout: control block of a vCPU, next page of the event array, a port's queue. */
int evtchn_init_control(struct domain *d, unsigned vcpu, ipa_t page, unsigned offset);
int evtchn_expand_array(struct domain *d, ipa_t page); /* -EOPNOTSUPP: not FIFO */
int evtchn_set_priority(
		struct domain *d, evtchn_port_t port, unsigned priority); /* -ENOSYS: not FIFO */

/*
 * Ports of which Graft is the user: a device that it emulates for d. `notify` runs, with no lock held, when
 * the remote sends; the guest can neither send on the port nor close it.
 */
typedef void evtchn_consumer(struct domain *d, evtchn_port_t port);
int evtchn_alloc_for_graft(
		struct domain *d, domain_id_t remote, evtchn_consumer *notify, evtchn_port_t *port);
int evtchn_notify(struct domain *d, evtchn_port_t port);
int evtchn_close_for_graft(struct domain *d, evtchn_port_t port);

/* Sends a virtual interrupt: per-vCPU ones to v, global ones to wherever d bound them. */
void evtchn_send_vcpu_virq(struct vcpu *v, unsigned virq);
void evtchn_send_global_virq(struct domain *d, unsigned virq);
/* A global VIRQ of the machine: to the domain set below, else to the hardware domain. */
void evtchn_raise_global_virq(unsigned virq);
/* XEN_DOMCTL_set_virq_handler. 0, -EINVAL. A domain that dies gives its VIRQs back. */
int evtchn_set_virq_handler(struct domain *d, unsigned virq);

/* VCPUOP_register_vcpu_info: once, within one page. 0, -EINVAL, -ENOMEM. */
int evtchn_register_vcpu_info(struct vcpu *v, ipa_t ipa, unsigned offset);

/* The vCPU's line of event upcalls: arch's PPI follows it. */
bool evtchn_upcall_pending(const struct vcpu *v);

/* 1 if a port's event is pending, 0, -EINVAL. */
int evtchn_is_pending(struct domain *d, evtchn_port_t port);

/*
 * SCHEDOP_poll of the current vCPU: blocks it until one of the ports is pending or system time is
 * deadline_ns (TIME_NEVER: no limit). Returns at once; a vCPU may also be woken for another reason.
 */
int evtchn_poll(struct vcpu *v, const evtchn_port_t *ports, size_t count, uint64_t deadline_ns);

void evtchn_dump(struct domain *d);
