/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day: what it was when Graft's clock was zero, copied to every domain (xen/xen.h, wc_*). */
#include "core/wallclock.h"

#include <arch/barrier.h>

#include "core/domain.h"
#include "core/time.h"

static struct spinlock lock = SPINLOCK_INIT;
static uint64_t base_ns; /* lock */

/* Readers take an odd or a changed version as "read again". */
static void write_page(struct shared_info *page, uint64_t sec, uint32_t nsec)
{
	volatile uint32_t *version = &page->wc_version;
	uint32_t v = *version | 1;

	*version = v;
	smp_wmb();
	page->wc_sec = (uint32_t)sec;
	page->wc_sec_hi = (uint32_t)(sec >> 32);
	page->wc_nsec = nsec;
	smp_wmb();
	*version = v + 1;
}

void wallclock_update_domain(struct domain *d)
{
	spin_lock(&lock);
	if (d->shared_info)
		write_page(d->shared_info, base_ns / NS_PER_S + (uint64_t)d->time_offset_seconds,
				(uint32_t)(base_ns % NS_PER_S));
	spin_unlock(&lock);
}

void wallclock_set(uint64_t ns, uint64_t at_ns)
{
	struct domain *d;

	spin_lock(&lock);
	base_ns = ns - at_ns;
	spin_unlock(&lock);
	d = domain_get_next(0);
	while (d) {
		domain_id_t next = (domain_id_t)(d->id + 1);

		wallclock_update_domain(d);
		domain_put(d);
		d = domain_get_next(next);
	}
}
