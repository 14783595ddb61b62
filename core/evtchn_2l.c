/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 2-level layout (xen/xen.h, struct shared_info): a bit per port in evtchn_pending and evtchn_mask, and
 * per vCPU a selector bit for each word of those. Every word belongs to the guest: Graft indexes by its
 * own port numbers only, and believes nothing it reads.
 */
#include "core/evtchn_priv.h"

#include "core/guest_atomic.h"
#include "lib/bits.h"
#include <arch/barrier.h>

#define WORD_BITS 64U

/* A selector bit for each word. */
XEN_ABI(EVTCHN_2L_NR_CHANNELS == WORD_BITS * ARRAY_SIZE(((struct shared_info *)0)->evtchn_pending));
XEN_ABI(sizeof(((struct vcpu_info *)0)->evtchn_pending_sel) == 8);

static bool bit_is_set(const uint64_t *words, evtchn_port_t port)
{
	return __atomic_load_n(&words[port / WORD_BITS], __ATOMIC_RELAXED) & BIT(port % WORD_BITS);
}

static void select_word(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	uint64_t bit = BIT(port / WORD_BITS);
	struct vcpu *v = evtchn_target(d, chn);
	struct vcpu_info *info = v ? atomic_load(&v->evtchn.info) : NULL;

	/* Without an area nothing is lost: registering one selects every word. */
	if (!info)
		return;
	if (!(guest_update64(&info->evtchn_pending_sel, 0, bit) & bit))
		evtchn_raise_upcall(v);
}

static void clear_pending(struct domain *d, evtchn_port_t port)
{
	guest_update64(&d->shared_info->evtchn_pending[port / WORD_BITS], BIT(port % WORD_BITS), 0);
}

static void set_pending(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	struct shared_info *shared = d->shared_info;
	uint64_t bit = BIT(port % WORD_BITS);

	if (guest_update64(&shared->evtchn_pending[port / WORD_BITS], 0, bit) & bit)
		return;
	/* The guest clears the mask bit, then looks at the pending bit: one of us sees the other's. */
	smp_mb();
	/* The layout has changed since the caller looked: the bit may be too late to be carried over. */
	if (unlikely(evtchn_ops(d) != &evtchn_2l_ops)) {
		clear_pending(d, port);
		evtchn_set_pending(d, chn, port);
		return;
	}
	if (!bit_is_set(shared->evtchn_mask, port))
		select_word(d, chn, port);
	evtchn_wake_pollers(d, port);
}

static void unmask(struct domain *d, struct evtchn *chn, evtchn_port_t port)
{
	struct shared_info *shared = d->shared_info;
	uint64_t bit = BIT(port % WORD_BITS);

	if (!(guest_update64(&shared->evtchn_mask[port / WORD_BITS], bit, 0) & bit))
		return;
	smp_mb();
	if (bit_is_set(shared->evtchn_pending, port))
		select_word(d, chn, port);
}

static bool is_pending(struct domain *d, evtchn_port_t port)
{
	return bit_is_set(d->shared_info->evtchn_pending, port);
}

static bool is_masked(struct domain *d, evtchn_port_t port)
{
	return bit_is_set(d->shared_info->evtchn_mask, port);
}

static bool is_busy(struct domain *d, evtchn_port_t port)
{
	(void)d;
	(void)port;
	return false;
}

const struct evtchn_ops evtchn_2l_ops = {
	.set_pending = set_pending,
	.clear_pending = clear_pending,
	.unmask = unmask,
	.is_pending = is_pending,
	.is_masked = is_masked,
	.is_busy = is_busy,
};
