/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's side of event channels: its vcpu_info, the upcall, and SCHEDOP_poll (xen/vcpu.h, xen/sched.h). */
#include "core/evtchn_priv.h"

#include "core/arch.h"
#include "core/error.h"
#include "core/guest_atomic.h"
#include "lib/string.h"
#include <arch/barrier.h>

static_assert(DOMAIN_VCPUS_MAX <= 64, "evtchn_domain.pollers has a bit per vCPU");

static void end_poll(struct vcpu *v)
{
	atomic_fetch_and(&v->domain->evtchn.pollers, ~BIT(v->id));
	atomic_store(&v->evtchn.poll_port, 0);
	sched_wake(v);
}

static void poll_expired(void *data)
{
	end_poll(data);
}

void evtchn_init_vcpu(struct vcpu *v)
{
	timer_init(&v->evtchn.poll_timer, poll_expired, v);
	if (v->id < XEN_LEGACY_MAX_VCPUS)
		atomic_store(&v->evtchn.info, &v->domain->shared_info->vcpu_info[v->id]);
}

void evtchn_raise_upcall(struct vcpu *v)
{
	struct vcpu_info *info = atomic_load(&v->evtchn.info);

	/* Without an area there is nowhere to say it; registering one does. */
	if (!info || guest_exchange8(&info->evtchn_upcall_pending, 1))
		return;
	arch_vcpu_raise_upcall(v);
	sched_wake(v);
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
	const struct vcpu_info *info = atomic_load(&v->evtchn.info);

	return info && __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_RELAXED);
}

static int install_info(struct vcpu *v, struct guest_area *area)
{
	struct domain *d = v->domain;
	struct vcpu_info *info = area->virt;
	const struct vcpu_info *before;

	spin_lock(&d->evtchn.lock);
	if (v->evtchn.info_page || d->evtchn.dying) {
		spin_unlock(&d->evtchn.lock);
		return -EINVAL;
	}
	before = atomic_load(&v->evtchn.info);
	if (before)
		memcpy(info, before, sizeof(*info));
	else
		memset(info, 0, sizeof(*info));
	v->evtchn.info_page = area->page;
	atomic_store(&v->evtchn.info, info);
	spin_unlock(&d->evtchn.lock);
	return 0;
}

int evtchn_register_vcpu_info(struct vcpu *v, ipa_t ipa, unsigned offset)
{
	struct guest_area area;
	struct vcpu_info *info;
	int err;

	if (offset > PAGE_SIZE - sizeof(*info) || !IS_ALIGNED(offset, _Alignof(struct vcpu_info)))
		return -EINVAL;
	err = guest_area_map(v->domain, IPA(ipa.v + offset), sizeof(*info), &area);
	if (err)
		return err;
	err = install_info(v, &area);
	if (err) {
		guest_area_unmap(&area);
		return err;
	}
	/*
	 * A sender sets its event pending, then loads the pointer: if that was the old one, the event is
	 * there to be found by the look at everything that is asked for now.
	 */
	smp_mb();
	info = area.virt;
	guest_update64(&info->evtchn_pending_sel, 0, ~UINT64_C(0));
	guest_exchange8(&info->evtchn_upcall_pending, 1);
	arch_vcpu_raise_upcall(v);
	sched_wake(v);
	return 0;
}

/* With every port closed nobody sends any more. */
void evtchn_release_vcpu_info(struct vcpu *v)
{
	struct guest_area area = { .page = v->evtchn.info_page,
		.virt = atomic_load(&v->evtchn.info) };

	if (!area.page)
		return;
	atomic_store(&v->evtchn.info, NULL);
	v->evtchn.info_page = NULL;
	guest_area_unmap(&area);
}

static bool polls_for(const struct vcpu *v, evtchn_port_t port)
{
	evtchn_port_t wanted = atomic_load(&v->evtchn.poll_port);

	return wanted == port || wanted == EVTCHN_POLL_ANY;
}

void evtchn_wake_pollers(struct domain *d, evtchn_port_t port)
{
	uint64_t pollers = atomic_load_explicit(&d->evtchn.pollers, memory_order_relaxed);

	for (; unlikely(pollers); pollers &= pollers - 1) {
		struct vcpu *v = d->vcpus[__builtin_ctzll(pollers)];

		if (polls_for(v, port))
			end_poll(v);
	}
}

static int any_pending(struct domain *d, const evtchn_port_t *ports, size_t count)
{
	int pending = 0;

	for (size_t i = 0; i < count && !pending; i++)
		pending = evtchn_is_pending(d, ports[i]);
	return pending;
}

/*
 * The vCPU is blocked before its ports are looked at: whoever sets one pending after the look finds it
 * polling and blocked, and wakes it.
 */
int evtchn_poll(struct vcpu *v, const evtchn_port_t *ports, size_t count, uint64_t deadline_ns)
{
	struct domain *d = v->domain;
	int pending = any_pending(d, ports, count);

	if (pending)
		return MIN(pending, 0);
	atomic_store(&v->evtchn.poll_port, count == 1 ? ports[0] : EVTCHN_POLL_ANY);
	atomic_fetch_or(&d->evtchn.pollers, BIT(v->id));
	if (deadline_ns != TIME_NEVER)
		timer_set(&v->evtchn.poll_timer, deadline_ns);
	else
		timer_stop(&v->evtchn.poll_timer); /* an earlier poll's, if an event ended that */
	sched_block();
	smp_mb();
	if (any_pending(d, ports, count))
		end_poll(v);
	return 0;
}
