/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's access to a register frame of its GIC: finds the row, checks the width, and cuts the access into
 * fields, or the field out of the register. Nothing else knows of widths and shifts.
 */
#include "arch/arm64/vgic_priv.h"
#include <arch/nospec.h>

struct vgic_access {
	struct vgic_frame frame;
	const struct vgic_reg *reg; /* NULL: nothing there */
	unsigned bit;      /* of the access in the row */
	unsigned bits;      /* of the access */
};

static const struct vgic_reg *reg_find(const struct vgic_reg *regs, uint32_t offset, unsigned size)
{
	while (offset - regs->offset >= regs->size)
		regs++; /* the last row takes everything */
	return regs->widths & size && IS_ALIGNED(offset, size) ? regs : NULL;
}

static void access_aim(
		struct vgic_access *a, const struct vgic_reg *regs, uint32_t offset, unsigned size)
{
	a->reg = reg_find(regs, offset, size);
	a->bits = size * 8;
	if (a->reg)
		a->bit = (offset - a->reg->offset) * 8;
}

static uint64_t window_size(const struct domain *d, const struct vgic_window *w)
{
	unsigned end = MIN(w->end, d->vcpus_count);

	return w->first < end ? (end - w->first) * (uint64_t)VGIC_RDIST_SIZE : 0;
}

/* The window that has ipa, or NULL. */
static const struct vgic_window *find_window(const struct domain *d, ipa_t ipa)
{
	const struct vgic_domain *g = &d->arch.vgic;

	for (const struct vgic_window *w = g->windows; w < g->windows + g->window_count; w++)
		if (ipa.v - w->base.v < window_size(d, w))
			return w;
	return NULL;
}

/* False: not the GIC's address. */
static bool access_decode(struct vcpu *v, ipa_t ipa, unsigned size, struct vgic_access *a)
{
	struct domain *d = v->domain;
	const struct vgic_window *w;
	uint64_t offset = ipa.v - d->arch.vgic.dist_base.v;

	a->frame.domain = d;
	if (offset < VGIC_DIST_SIZE) {
		a->frame.owner = NULL;
		access_aim(a, vgic_dist_regs, (uint32_t)offset, size);
		return true;
	}
	w = find_window(d, ipa);
	if (!w)
		return false;
	offset = ipa.v - w->base.v;
	a->frame.owner =
			d->vcpus[index_nospec(w->first + offset / VGIC_RDIST_SIZE, d->vcpus_count)];
	a->reg = NULL;
	if (a->frame.owner)
		access_aim(a, vgic_rdist_regs, (uint32_t)(offset % VGIC_RDIST_SIZE), size);
	return true;
}

static struct virq *access_irq(const struct vgic_access *a, unsigned n)
{
	/* Private interrupts are the redistributor's alone when affinity routing is on. */
	if ((n < VGIC_PRIVATE_COUNT) != (a->frame.owner != NULL))
		return NULL;
	return virq_find(a->frame.domain, a->frame.owner, n);
}

static uint64_t field_get(const struct vgic_access *a, unsigned n)
{
	const struct vgic_reg *reg = a->reg;

	if (reg->get)
		return reg->get(&a->frame, n);
	struct virq *irq = reg->irq_get ? access_irq(a, n) : NULL;

	return irq ? reg->irq_get(irq) : 0;
}

static void field_set(const struct vgic_access *a, unsigned n, uint64_t value)
{
	const struct vgic_reg *reg = a->reg;

	if (reg->set)
		reg->set(&a->frame, n, value);
	struct virq *irq = reg->irq_set ? access_irq(a, n) : NULL;

	if (irq)
		reg->irq_set(irq, value);
}

static uint64_t bits_mask(unsigned bits)
{
	return ~UINT64_C(0) >> (64 - bits);
}

bool vgic_mmio_read(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t *value)
{
	struct vgic_access a;

	*value = 0;
	if (!access_decode(v, ipa, size, &a))
		return false;
	if (!a.reg)
		return true;
	unsigned width = a.reg->bits, n = a.bit / width;

	if (width >= a.bits) { /* a field or a part of one */
		*value = field_get(&a, n) >> a.bit % width & bits_mask(a.bits);
		return true;
	}
	for (unsigned at = 0; at < a.bits; at += width)
		*value |= (field_get(&a, n++) & bits_mask(width)) << at;
	return true;
}

bool vgic_mmio_write(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t value)
{
	struct vgic_access a;

	if (!access_decode(v, ipa, size, &a))
		return false;
	if (!a.reg)
		return true;
	unsigned width = a.reg->bits, n = a.bit / width;

	if (width > a.bits) { /* a part: the rest of the field stays */
		uint64_t mask = bits_mask(a.bits) << a.bit % width;

		value = value << a.bit % width & mask;
		field_set(&a, n, (field_get(&a, n) & ~mask) | value);
		return true;
	}
	for (unsigned at = 0; at < a.bits; at += width)
		field_set(&a, n++, value >> at & bits_mask(width));
	return true;
}

static bool overlaps(ipa_t a, uint64_t a_size, ipa_t b, uint64_t b_size)
{
	return b_size && (a.v - b.v < b_size || b.v - a.v < a_size);
}

bool vgic_overlaps(const struct domain *d, ipa_t ipa, uint64_t size)
{
	const struct vgic_domain *g = &d->arch.vgic;

	for (const struct vgic_window *w = g->windows; w < g->windows + g->window_count; w++)
		if (overlaps(ipa, size, w->base, window_size(d, w)))
			return true;
	return overlaps(ipa, size, g->dist_base, VGIC_DIST_SIZE);
}
