/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs: made, switched on and off (Arm DEN0022 CPU_ON/CPU_OFF, xen/vcpu.h), and the guest's pages they write. */
#include "core/arch.h"
#include "core/domain_priv.h"
#include "core/error.h"
#include "core/heap.h"
#include "lib/string.h"
#include <arch/barrier.h>

XEN_ABI(sizeof(struct vcpu_runstate_info) == 48);
XEN_ABI(offsetof(struct vcpu_runstate_info, state_entry_time) == 8);
XEN_ABI((int)VCPU_RUNNING == RUNSTATE_running && (int)VCPU_RUNNABLE == RUNSTATE_runnable);
XEN_ABI((int)VCPU_BLOCKED == RUNSTATE_blocked && (int)VCPU_OFFLINE == RUNSTATE_offline);

static struct vcpu *make(struct domain *d, unsigned id)
{
	struct vcpu *v = heap_alloc(sizeof(*v));

	if (v == NULL)
		return NULL;
	v->domain = d;
	v->id = id;
	if (sched_init_vcpu(v))
		goto undo_alloc;
	if (arch_vcpu_init(v))
		goto undo_sched;
	evtchn_init_vcpu(v);
	return v;

undo_sched:
	sched_destroy_vcpu(v);
undo_alloc:
	heap_free(v);
	return NULL;
}

void vcpu_retire(struct vcpu *v)
{
	if (v != NULL)
		arch_vcpu_free(v);
}

void vcpu_free(struct vcpu *v)
{
	if (v == NULL)
		return;
	sched_destroy_vcpu(v);
	heap_free(v);
}

/* Only one that will stay is made: shared interrupts belong to vCPU 0 from arch_vcpu_init() on. */
static int create_locked(struct domain *d, unsigned id)
{
	struct vcpu *v;

	if (d->dying != DOMAIN_ALIVE)
		return -EINVAL;
	if (d->vcpus[id] != NULL)
		return -EEXIST;
	v = make(d, id);
	if (v == NULL)
		return -ENOMEM;
	__atomic_store_n(&d->vcpus[id], v, __ATOMIC_RELEASE);
	return 0;
}

int vcpu_create(struct domain *d, unsigned id)
{
	int err;

	if (id >= d->vcpus_count)
		return -EINVAL;
	spin_lock(&d->lock);
	err = create_locked(d, id);
	spin_unlock(&d->lock);
	return err;
}

static int power_on_locked(struct vcpu *v, uint64_t entry, uint64_t context)
{
	if (v->domain->dying != DOMAIN_ALIVE)
		return -EINVAL;
	if (v->online)
		return -EEXIST;
	/* Waiting here could be mutual: two vCPUs that switch each other off and on. */
	if (!sched_vcpu_is_off(v))
		return -ERESTART;
	arch_vcpu_reset(v, entry, context);
	v->initialised = true;
	atomic_store(&v->sched.blocked, false);
	atomic_store(&v->online, true);
	return 0;
}

int vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t context)
{
	int err;

	spin_lock(&v->domain->lock);
	err = power_on_locked(v, entry, context);
	spin_unlock(&v->domain->lock);
	if (!err)
		sched_update(v);
	return err;
}

int vcpu_bring_up(struct vcpu *v)
{
	int err = 0;

	spin_lock(&v->domain->lock);
	if (!v->initialised || v->domain->dying != DOMAIN_ALIVE)
		err = -EINVAL;
	else
		atomic_store(&v->online, true);
	spin_unlock(&v->domain->lock);
	if (!err)
		sched_update(v);
	return err;
}

void vcpu_power_off(struct vcpu *v)
{
	spin_lock(&v->domain->lock);
	atomic_store(&v->online, false);
	spin_unlock(&v->domain->lock);
	sched_update(v);
}

int guest_area_map(struct domain *d, ipa_t ipa, size_t size, struct guest_area *area)
{
	uint64_t offset = ipa.v & ~PAGE_MASK;
	enum p2m_type type;
	struct page *page;

	if (size == 0 || size > PAGE_SIZE - offset)
		return -EINVAL;
	page = p2m_get_page(d, ipa, true, &type);
	if (page == NULL)
		return -EINVAL;
	/* Another domain's page would outlive this domain's right to it. */
	if (type != P2M_RAM) {
		page_put(page);
		return -EINVAL;
	}
	area->page = page;
	area->virt = (unsigned char *)page_virt(page) + offset;
	return 0;
}

void guest_area_unmap(struct guest_area *area)
{
	struct page *page = area->page;

	*area = (struct guest_area){ .page = NULL };
	if (page != NULL)
		page_put(page);
}

/* Both parts, or none. */
static int map_runstate(struct vcpu *v, gva_t gva, struct guest_area part[2], size_t *split)
{
	size_t size = sizeof(struct vcpu_runstate_info);
	size_t first = (size_t)MIN((uint64_t)size, PAGE_SIZE - (gva.v & ~PAGE_MASK));
	ipa_t ipa;

	if (guest_translate(gva, true, &ipa) || guest_area_map(v->domain, ipa, first, &part[0]))
		return -EFAULT;
	*split = first;
	if (first == size)
		return 0;
	if (guest_translate(GVA(gva.v + first), true, &ipa) ||
			guest_area_map(v->domain, ipa, size - first, &part[1])) {
		guest_area_unmap(&part[0]);
		return -EFAULT;
	}
	return 0;
}

static void replace_area(struct vcpu *v, const struct guest_area part[2], size_t split)
{
	struct vcpu_runstate_area *area = &v->runstate_area;
	struct guest_area old[2];

	spin_lock(&area->lock);
	memcpy(old, area->part, sizeof(old));
	memcpy(area->part, part, sizeof(old));
	area->split = split;
	spin_unlock(&area->lock);
	guest_area_unmap(&old[0]);
	guest_area_unmap(&old[1]);
}

void vcpu_drop_runstate_area(struct vcpu *v)
{
	const struct guest_area none[2] = { { .page = NULL }, { .page = NULL } };

	replace_area(v, none, 0);
}

int vcpu_register_runstate_area(struct vcpu *v, gva_t gva)
{
	struct guest_area part[2] = { { .page = NULL }, { .page = NULL } };
	size_t split = 0;
	int err = 0;

	if (!IS_ALIGNED(gva.v, sizeof(uint64_t)))
		return -EINVAL;
	if (gva.v != 0)
		err = map_runstate(v, gva, part, &split);
	if (err)
		return err;
	replace_area(v, part, split);
	vcpu_publish_runstate(v);
	return 0;
}

/* Words do not cross the page, since the area is aligned; the guest reads each whole. */
static void area_write(struct vcpu_runstate_area *area, size_t word, uint64_t value)
{
	size_t offset = word * sizeof(value);
	unsigned char *at = offset < area->split ? (unsigned char *)area->part[0].virt + offset
	                                         : (unsigned char *)area->part[1].virt +
	                                                           (offset - area->split);

	__atomic_store_n((uint64_t *)(void *)at, value, __ATOMIC_RELAXED);
}

/* A guest that asked for it sees the flag before and while the words change (VMASST_TYPE_runstate_update_flag). */
static void area_publish(
		struct vcpu_runstate_area *area, const struct runstate_snapshot *s, bool flagged)
{
	uint64_t flag = flagged ? XEN_RUNSTATE_UPDATE : 0;
	size_t first_time = offsetof(struct vcpu_runstate_info, time) / sizeof(uint64_t);

	area_write(area, 1, s->since | flag);
	smp_wmb();
	area_write(area, 0, (uint64_t)s->state);
	for (size_t i = 0; i < ARRAY_SIZE(s->time_in); i++)
		area_write(area, first_time + i, s->time_in[i]);
	smp_wmb();
	area_write(area, 1, s->since);
}

void vcpu_publish_runstate(struct vcpu *v)
{
	bool flagged = v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);
	struct runstate_snapshot snapshot;

	if (v->runstate_area.split == 0)
		return;
	snapshot = sched_runstate(v);
	spin_lock(&v->runstate_area.lock);
	if (v->runstate_area.split != 0)
		area_publish(&v->runstate_area, &snapshot, flagged);
	spin_unlock(&v->runstate_area.lock);
}
