/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the virtual GIC: which interrupts a domain has, whose queue each is in, and how they become
 * pending (IHI 0069 chapter 4). The locking is explained in vgic.h.
 */
#include "arch/arm64/vgic_priv.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/nospec.h>

#define SGI1R_TARGETS GENMASK(15, 0)
#define SGI1R_AFF1    GENMASK(23, 16)
#define SGI1R_INTID   GENMASK(27, 24)
#define SGI1R_AFF2    GENMASK(39, 32)
#define SGI1R_IRM     BIT(40)
#define SGI1R_RS      GENMASK(47, 44)
#define SGI1R_AFF3    GENMASK(55, 48)

static void virq_init(struct virq *irq, unsigned intid)
{
	list_init(&irq->node);
	irq->intid = (uint16_t)intid;
	irq->edge = intid < 16;
}

static_assert(VGIC_WINDOWS_MAX >= DOMAIN_VCPUS_MAX, "each vCPU may have a window of its own");

void vgic_set_windows(struct domain *d, const struct vgic_window *windows, unsigned count)
{
	struct vgic_domain *g = &d->arch.vgic;

	ASSERT(count <= VGIC_WINDOWS_MAX);
	memcpy(g->windows, windows, count * sizeof(*windows));
	g->window_count = count;
}

int vgic_init_domain(struct domain *d, unsigned spi_count, ipa_t dist_base, ipa_t rdist_base)
{
	struct vgic_domain *g = &d->arch.vgic;

	if (spi_count > VGIC_SPIS_MAX)
		return -EINVAL;
	spi_count = MIN(ALIGN_UP(spi_count, 32U), VGIC_SPIS_MAX);
	g->spi_count = 0;
	g->spis = NULL;
	g->dist_base = dist_base;
	vgic_set_windows(d, &(struct vgic_window){ rdist_base, 0, DOMAIN_VCPUS_MAX }, 1);
	atomic_store(&g->ctlr, 0);
	if (!spi_count)
		return 0;
	g->spis = heap_alloc_array(spi_count, sizeof(*g->spis));
	if (!g->spis)
		return -ENOMEM;
	g->spi_count = spi_count;
	for (unsigned i = 0; i < spi_count; i++)
		virq_init(&g->spis[i], GIC_INTID_SPI_BASE + i);
	return 0;
}

void vgic_free_domain(struct domain *d)
{
	struct vgic_domain *g = &d->arch.vgic;

	for (unsigned i = 0; i < g->spi_count; i++)
		vgic_unroute_hw(d, GIC_INTID_SPI_BASE + i);
	heap_free(g->spis);
	g->spis = NULL;
	g->spi_count = 0;
}

void vgic_init_vcpu(struct vcpu *v)
{
	struct vgic_domain *d = &v->domain->arch.vgic;
	struct vgic_vcpu *g = &v->arch.vgic;

	list_init(&g->queue);
	for (unsigned i = 0; i < VGIC_PRIVATE_COUNT; i++) {
		virq_init(&g->private[i], i);
		atomic_store(&g->private[i].home, v);
		g->private[i].target = v;
	}
	g->private[VGIC_PPI_VTIMER].hw_intid = (uint16_t)gic_info.vtimer_intid;
	for (unsigned i = 0; v->id == 0 && i < d->spi_count; i++) {
		d->spis[i].target = v;
		atomic_store(&d->spis[i].home, v);
	}
}

struct virq *virq_find(const struct domain *d, struct vcpu *v, vintid_t intid)
{
	const struct vgic_domain *g = &d->arch.vgic;

	if (intid < VGIC_PRIVATE_COUNT)
		return v ? &v->arch.vgic.private[index_nospec(intid, VGIC_PRIVATE_COUNT)] : NULL;
	if (intid - GIC_INTID_SPI_BASE >= g->spi_count)
		return NULL;
	return &g->spis[index_nospec(intid - GIC_INTID_SPI_BASE, g->spi_count)];
}

struct vcpu *virq_lock(struct virq *irq)
{
	for (;;) {
		struct vcpu *v = atomic_load_explicit(&irq->home, memory_order_acquire);

		spin_lock(&v->arch.vgic.lock);
		if (likely(atomic_load_explicit(&irq->home, memory_order_relaxed) == v))
			return v;
		spin_unlock(&v->arch.vgic.lock);
	}
}

void virq_unlock(struct vcpu *home)
{
	spin_unlock(&home->arch.vgic.lock);
}

/* Ends one exit of v's guest after it was seen running; not long, see vgic.h. */
static void wait_for_exit(struct vcpu *v, uint32_t listed)
{
	arch_cpu_kick(v->sched.cpu);
	while (atomic_load_explicit(&v->arch.vgic.listed, memory_order_acquire) == listed)
		cpu_relax();
}

void vgic_wait_synced(struct vcpu *v)
{
	uint32_t listed = atomic_load(&v->arch.vgic.listed);

	if (listed & 1 && v != current_vcpu())
		wait_for_exit(v, listed);
}

struct vcpu *virq_lock_synced(struct virq *irq)
{
	for (;;) {
		struct vcpu *v = virq_lock(irq);
		uint32_t listed = atomic_load(&v->arch.vgic.listed);

		if (!irq->in_lr || !(listed & 1))
			return v;
		virq_unlock(v);
		if (v == current_vcpu())
			vgic_sync(v);
		else
			wait_for_exit(v, listed);
	}
}

struct vcpu *virq_lock_taken(struct virq *irq)
{
	struct vcpu *v = virq_lock_synced(irq);

	virq_take_back(v, irq);
	return v;
}

void virq_mark(struct vcpu *v)
{
	v->arch.vgic.changed = true;
	atomic_store_explicit(&v->arch.vgic.dirty, true, memory_order_relaxed);
}

void virq_take_back(struct vcpu *v, struct virq *irq)
{
	if (!irq->in_lr)
		return;
	v->arch.vgic.lr_irq[irq->lr] = NULL;
	irq->in_lr = false;
	/* What a level made pending is still told by the line, or by a latch that was never moved. */
	if (irq->lr_pending && (irq->edge || irq->hw_intid))
		irq->latch = true;
	irq->lr_pending = false;
	virq_mark(v);
}

bool virq_is_wanted(const struct vcpu *v, const struct virq *irq)
{
	return irq->active || irq->in_lr ||
	       (irq->enabled && irq->target == v && virq_is_pending(irq));
}

bool virq_must_move(const struct vcpu *v, const struct virq *irq)
{
	return irq->target && irq->target != v && !irq->active && !irq->in_lr;
}

/* Equal priorities: what is active cannot be preempted by what is not; otherwise first come. */
static bool virq_before(const struct virq *a, const struct virq *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->active && !b->active;
}

void virq_enqueue(struct vgic_vcpu *g, struct virq *irq)
{
	struct list_node *at = g->queue.prev;

	while (at != &g->queue && virq_before(irq, list_entry(at, struct virq, node)))
		at = at->prev;
	list_insert_between(&irq->node, at, at->next);
}

bool virq_place(struct vcpu *v, struct virq *irq)
{
	bool was = !list_empty(&irq->node), wanted = virq_is_wanted(v, irq);

	if (was)
		list_remove(&irq->node);
	if (wanted)
		virq_enqueue(&v->arch.vgic, irq);
	if (was || wanted)
		virq_mark(v);
	return was || wanted;
}

/*
 * The virtual timer's PPI is still active at the redistributor of its CPU for an interrupt that has ended
 * otherwise than by the guest's deactivation. v's own CPU releases it (lr_fill()).
 */
static bool virq_must_release(const struct vcpu *v, const struct virq *irq)
{
	return irq->intid == VGIC_PPI_VTIMER && v->arch.vgic.timer_held && !irq->active &&
	       !virq_is_pending(irq);
}

void virq_commit(struct vcpu *home, struct virq *irq)
{
	while (virq_must_move(home, irq)) {
		list_remove(&irq->node);
		atomic_store_explicit(&irq->home, irq->target, memory_order_release);
		virq_unlock(home);
		home = virq_lock(irq);
	}
	if (virq_list_now(home, irq)) {
		virq_unlock(home);
		return;
	}
	bool look = virq_place(home, irq);

	if (virq_must_release(home, irq)) {
		virq_mark(home);
		look = true;
	}
	virq_unlock(home);
	if (look)
		sched_kick(home);
}

/*
 * While the vCPU is on a CPU the hardware tells of its interrupts itself, and what is active there does not
 * fire again before it is deactivated. So the only news of them is about a timer of a vCPU that is away.
 */
static void virq_set_level(const struct vcpu *home, struct virq *irq, bool level)
{
	if (irq->hw_intid) {
		if (!level || irq->intid >= VGIC_PRIVATE_COUNT || irq->active ||
				home->arch.vgic.loaded)
			return;
		irq->by_line |= !irq->latch;
		irq->latch = true;
	} else if (irq->edge) {
		irq->latch |= level;
	} else {
		irq->line = level;
	}
}

void vgic_set_line(struct vcpu *v, vintid_t intid, bool level)
{
	struct virq *irq = virq_find(v->domain, v, intid);

	if (!irq)
		return;
	struct vcpu *home = virq_lock(irq);
	bool was = virq_is_pending(irq);

	virq_set_level(home, irq, level);
	/* In a list register it may have been acknowledged since: then this is news. */
	if (irq->in_lr || was != virq_is_pending(irq))
		virq_commit(home, irq);
	else
		virq_unlock(home);
}

void vgic_set_sample(struct vcpu *v, vintid_t intid, bool (*sample)(const struct vcpu *v),
		bool rise_told)
{
	ASSERT(intid < VGIC_PRIVATE_COUNT);
	v->arch.vgic.private[intid].sample = sample;
	v->arch.vgic.private[intid].rise_told = rise_told;
}

void virq_resample(struct vcpu *v, struct virq *irq)
{
	if (!irq->sample)
		return;
	if (!irq->hw_intid)
		irq->line = irq->sample(v);
	else if (irq->latch && irq->by_line)
		irq->latch = irq->sample(v);
}

/* The short way of a virtual IPI: an SGI's home never changes, and it is always an edge. */
static void vgic_pend_sgi(struct vcpu *v, unsigned intid)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	struct virq *irq = &g->private[intid];
	bool look = false;

	spin_lock(&g->lock);
	if (irq->group1 && !irq->latch) {
		irq->latch = true;
		look = !virq_list_now(v, irq) && virq_place(v, irq);
	}
	spin_unlock(&g->lock);
	if (look)
		sched_kick(v);
}

void vgic_send_sgi(struct vcpu *from, uint64_t sgi1r)
{
	const struct domain *d = from->domain;
	unsigned intid = (unsigned)FIELD_GET(SGI1R_INTID, sgi1r);

	if (unlikely(sgi1r & SGI1R_IRM)) {
		for (unsigned i = 0; i < d->vcpus_count; i++)
			if (d->vcpus[i] && d->vcpus[i] != from)
				vgic_pend_sgi(d->vcpus[i], intid);
		return;
	}
	if (unlikely(sgi1r & (SGI1R_AFF3 | SGI1R_AFF2 | SGI1R_RS)))
		return; /* no vCPU has such an affinity */
	unsigned first = (unsigned)FIELD_GET(SGI1R_AFF1, sgi1r) << 4;

	for (unsigned targets = (unsigned)(sgi1r & SGI1R_TARGETS); targets;
			targets &= targets - 1) {
		unsigned id = first + (unsigned)__builtin_ctz(targets);

		struct vcpu *to = NULL;

		if (likely(id < d->vcpus_count))
			to = d->vcpus[index_nospec(id, d->vcpus_count)];
		if (likely(to))
			vgic_pend_sgi(to, intid);
	}
}

static void virq_reset(struct vcpu *v, struct virq *irq)
{
	ASSERT(!irq->in_lr);
	if (!list_empty(&irq->node))
		list_remove(&irq->node);
	irq->enabled = irq->group1 = irq->latch = irq->active = false;
	irq->priority = 0;
	virq_resample(v, irq);
}

void vgic_reset_vcpu(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;

	spin_lock(&g->lock);
	ASSERT(!g->loaded);
	for (unsigned i = 0; i < VGIC_PRIVATE_COUNT; i++)
		virq_reset(v, &g->private[i]);
	g->vmcr = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(g->ap0r); i++)
		g->ap0r[i] = g->ap1r[i] = 0;
	g->rdist_awake = false;
	virq_mark(v);
	spin_unlock(&g->lock);
}

/* Priority bits that decide preemption (IHI 0069 4.8.3). */
static unsigned vmcr_group_mask(uint64_t vmcr, const struct virq *irq)
{
	if (irq->group1 && !(vmcr & VMCR_VCBPR))
		return 0xffU << FIELD_GET(VMCR_VBPR1, vmcr) & 0xff;
	return 0xffU << (FIELD_GET(VMCR_VBPR0, vmcr) + 1) & 0xff;
}

static unsigned apr_running_priority(const uint32_t *ap0r, const uint32_t *ap1r)
{
	for (unsigned n = 0; n < 4; n++)
		if (ap0r[n] | ap1r[n]) {
			unsigned level = n * 32 + (unsigned)__builtin_ctz(ap0r[n] | ap1r[n]);

			return level << (8 - gic_info.preemption_bits);
		}
	return 0x100;
}

static void apr_read(const struct vgic_vcpu *g, bool live, uint32_t *ap0r, uint32_t *ap1r)
{
	unsigned count = 1U << (gic_info.preemption_bits - 5);

	for (unsigned n = 0; n < 4; n++) {
		ap0r[n] = live && n < count ? gic_ap0r_read(n) : g->ap0r[n];
		ap1r[n] = live && n < count ? gic_ap1r_read(n) : g->ap1r[n];
	}
}

/* The CPU interface's view: what it would signal of the queue. */
static bool vgic_would_signal(const struct vgic_vcpu *g, uint32_t groups, bool live)
{
	uint64_t vmcr = live ? gic_vmcr_read() : g->vmcr;
	uint32_t ap0r[4], ap1r[4];
	const struct virq *irq;

	apr_read(g, live, ap0r, ap1r);
	unsigned running = apr_running_priority(ap0r, ap1r);

	list_for_each_entry (irq, &g->queue, node) {
		if (irq->active || !irq->enabled || !virq_is_pending(irq))
			continue;
		if (virq_group_in(irq, groups & (uint32_t)vmcr) &&
				irq->priority < FIELD_GET(VMCR_VPMR, vmcr) &&
				(irq->priority & vmcr_group_mask(vmcr, irq)) < running)
			return true;
	}
	return false;
}

bool vgic_irq_pending(const struct vcpu *cv)
{
	struct vcpu *v = (struct vcpu *)(uintptr_t)cv; /* for its lock alone */
	struct vgic_vcpu *g = &v->arch.vgic;
	bool pending;

	spin_lock(&g->lock);
	if (list_empty(&g->queue))
		pending = false;
	else if (g->loaded && v != current_vcpu())
		pending = true; /* its mask is out of reach; it looks itself before it sleeps */
	else
		pending = vgic_would_signal(g, atomic_load(&v->domain->arch.vgic.ctlr), g->loaded);
	spin_unlock(&g->lock);
	return pending;
}

#define DUMP_IRQS 16U /* shown of a vCPU's queue: more than list registers there are */

struct queued_irq {
	vintid_t intid;
	uint8_t priority;
	bool active, pending, in_lr, hw, enabled;
};

/* How many are queued; the first of them, as they are at one moment. */
static unsigned read_queue(struct vgic_vcpu *g, struct queued_irq irqs[DUMP_IRQS])
{
	unsigned count = 0;
	struct virq *irq;

	list_for_each_entry (irq, &g->queue, node) {
		unsigned i = count++;

		if (i >= DUMP_IRQS)
			continue;
		irqs[i] = (struct queued_irq){ .intid = irq->intid,
			.priority = irq->priority,
			.active = irq->active,
			.pending = virq_is_pending(irq),
			.in_lr = irq->in_lr,
			.hw = irq->hw_intid != 0,
			.enabled = irq->enabled };
	}
	return count;
}

static void vgic_dump_vcpu(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	struct queued_irq irqs[DUMP_IRQS];
	unsigned long long vmcr, hcr;
	unsigned count;
	bool loaded;

	spin_lock(&g->lock);
	vmcr = g->vmcr;
	hcr = g->hcr;
	loaded = g->loaded;
	count = read_queue(g, irqs);
	spin_unlock(&g->lock);
	log_info("  vCPU %u: vmcr %#llx hcr %#llx%s", v->id, vmcr, hcr, loaded ? ", loaded" : "");
	for (unsigned i = 0; i < MIN(count, DUMP_IRQS); i++)
		log_info("    %u: priority %#x%s%s%s%s%s", irqs[i].intid, irqs[i].priority,
				irqs[i].active ? " active" : "", irqs[i].pending ? " pending" : "",
				irqs[i].in_lr ? " listed" : "", irqs[i].hw ? " hardware" : "",
				irqs[i].enabled ? "" : " disabled");
	if (count > DUMP_IRQS)
		log_info("    and %u more", count - DUMP_IRQS);
}

void vgic_dump(struct domain *d)
{
	log_info("vGIC: groups %#x, %u SPIs", atomic_load(&d->arch.vgic.ctlr),
			d->arch.vgic.spi_count);
	for (unsigned i = 0; i < d->vcpus_count; i++)
		if (d->vcpus[i])
			vgic_dump_vcpu(d->vcpus[i]);
}

bool vgic_is_waiting(const struct vcpu *v, vintid_t intid)
{
	const struct virq *irq = &v->arch.vgic.private[intid];

	return irq->enabled && virq_is_pending(irq);
}
