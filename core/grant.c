/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's grant table itself: its frames, limits and version (xen/grant_table.h). */
#include "core/grant.h"

#include "core/domain.h"
#include "core/error.h"
#include "core/grant_identity.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/printk.h"
#include <arch/mm.h>
#include <arch/nospec.h>

static_assert(sizeof(struct grant_entry_v1) == 8, "xen/grant_table.h");
static_assert(offsetof(struct grant_entry_v1, domid) == 2, "xen/grant_table.h");
static_assert(offsetof(struct grant_entry_v1, frame) == 4, "xen/grant_table.h");

#define GFN_NOWHERE UINT64_MAX
#define GROW_AT_ONCE                                                                               \
	16 /* frames added in one step: each is cleared, with the record of its entries */

struct grant_entry_v1 *grant_entry(struct grant_table *table, grant_ref_t ref)
{
	struct grant_entry_v1 *entries;

	if (ref / GRANT_ENTRIES_PER_FRAME >= table->frame_count)
		return NULL;
	entries = table->frames[index_nospec(ref / GRANT_ENTRIES_PER_FRAME, table->frame_count)];
	return &entries[ref % GRANT_ENTRIES_PER_FRAME];
}

struct grant_active *grant_active(struct grant_table *table, grant_ref_t ref)
{
	struct grant_active *active;

	if (ref / GRANT_ENTRIES_PER_FRAME >= table->frame_count)
		return NULL;
	active = table->active[index_nospec(ref / GRANT_ENTRIES_PER_FRAME, table->frame_count)];
	return &active[ref % GRANT_ENTRIES_PER_FRAME];
}

static int add_frame(struct grant_table *table)
{
	struct grant_active *active = heap_alloc_array(GRANT_ENTRIES_PER_FRAME, sizeof(*active));
	void *frame = active == NULL ? NULL : page_alloc_for_guests();

	if (frame == NULL) {
		heap_free(active);
		return -ENOMEM;
	}
	table->active[table->frame_count] = active;
	table->frames[table->frame_count] = frame;
	table->frame_gfns[table->frame_count] = GFN_NOWHERE;
	table->frame_count++;
	return 0;
}

/* Under the lock. Frames that were added stay when a later one fails: the guest may use them. */
static int grow(struct grant_table *table, unsigned count)
{
	for (unsigned added = 0; table->frame_count < count; added++) {
		int err = added == GROW_AT_ONCE ? -ERESTART : add_frame(table);

		if (err != 0)
			return err;
	}
	return 0;
}

static int check_limits(const struct domain_config *config)
{
	if (config->grant_version_max > GRANT_VERSION_MAX)
		return fail(-EINVAL, "grant table version %u is not offered",
				config->grant_version_max);
	if (config->grant_frames_max == 0 || config->grant_frames_max > GRANT_FRAMES_LIMIT)
		return fail(-EINVAL, "%u grant frames: 1 to %u are possible",
				config->grant_frames_max, GRANT_FRAMES_LIMIT);
	if (config->maptrack_frames_max > GRANT_MAPTRACK_FRAMES_LIMIT)
		return fail(-EINVAL, "%u maptrack frames: up to %u are possible",
				config->maptrack_frames_max, GRANT_MAPTRACK_FRAMES_LIMIT);
	return 0;
}

static int alloc_table(struct grant_table *table, unsigned frame_max)
{
	table->frame_max = frame_max;
	table->frames = heap_alloc_array(frame_max, sizeof(*table->frames));
	table->active = heap_alloc_array(frame_max, sizeof(*table->active));
	table->frame_gfns = heap_alloc_array(frame_max, sizeof(*table->frame_gfns));
	if (table->frames == NULL || table->active == NULL || table->frame_gfns == NULL)
		return -ENOMEM;
	/* The toolstack writes the first entries before the domain runs. */
	return grow(table, 1);
}

/* Of a domain that has none: every reference and handle is beyond it. */
static const struct grant_table no_table = {
	.lock = SPINLOCK_INIT,
	.mapping_free = GRANT_NO_HANDLE,
};

int grant_init_domain(struct domain *d)
{
	struct grant_table *table = &d->grant;
	int err;

	*table = no_table;
	if (d->config.grant_version_max == 0)
		return 0;
	err = check_limits(&d->config);
	if (err != 0)
		return err;
	table->version = 1;
	err = alloc_table(table, d->config.grant_frames_max);
	if (err == 0)
		err = grant_maptrack_init(d);
	if (err != 0)
		grant_free_domain(d);
	return err;
}

static bool frame_is_idle(const struct grant_active *active)
{
	for (unsigned i = 0; i < GRANT_ENTRIES_PER_FRAME; i++) {
		if (active[i].page != NULL)
			return false;
	}
	return true;
}

void grant_free_domain(struct domain *d)
{
	struct grant_table *table = &d->grant;

	ASSERT(table->mapping_count == 0);
	for (unsigned i = 0; i < table->frame_count; i++) {
		ASSERT(frame_is_idle(table->active[i]));
		heap_free(table->active[i]);
		page_free_virt(table->frames[i]);
	}
	heap_free(table->frames);
	heap_free(table->active);
	heap_free(table->frame_gfns);
	grant_maptrack_free(table);
	*table = no_table;
}

int grant_frame(struct domain *d, unsigned idx, paddr_t *pa)
{
	struct grant_table *table = &d->grant;
	int err = -EINVAL;

	spin_lock(&table->lock);
	if (idx < table->frame_max)
		err = grow(table, idx + 1);
	if (err == 0)
		*pa = virt_to_phys(table->frames[index_nospec(idx, table->frame_count)]);
	spin_unlock(&table->lock);
	return err;
}

void grant_place_frame(struct domain *d, unsigned idx, uint64_t gfn)
{
	struct grant_table *table = &d->grant;

	spin_lock(&table->lock);
	if (idx < table->frame_count)
		table->frame_gfns[index_nospec(idx, table->frame_count)] = gfn;
	spin_unlock(&table->lock);
}

uint64_t grant_frame_gfn(struct domain *d, unsigned idx)
{
	struct grant_table *table = &d->grant;
	uint64_t gfn = GFN_NOWHERE;

	spin_lock(&table->lock);
	if (idx < table->frame_count)
		gfn = table->frame_gfns[index_nospec(idx, table->frame_count)];
	spin_unlock(&table->lock);
	return gfn;
}

int grant_setup(struct domain *d, unsigned count)
{
	struct grant_table *table = &d->grant;
	int err;

	if (count > table->frame_max)
		return -EINVAL;
	spin_lock(&table->lock);
	err = grow(table, count);
	spin_unlock(&table->lock);
	return err;
}

void grant_query_size(struct domain *d, unsigned *count, unsigned *max)
{
	struct grant_table *table = &d->grant;

	spin_lock(&table->lock);
	*count = table->frame_count;
	*max = table->frame_max;
	spin_unlock(&table->lock);
}

int grant_set_version(struct domain *d, unsigned version)
{
	if (version == d->grant.version && version != 0)
		return 0;
	return version == 1 || version == 2 ? -ENOSYS : -EINVAL;
}

int grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b)
{
	struct grant_table *table = &d->grant;
	struct grant_entry_v1 *entry_a, *entry_b;
	int status = GNTST_bad_gntref;

	spin_lock(&table->lock);
	entry_a = grant_entry(table, a);
	entry_b = grant_entry(table, b);
	if (entry_a != NULL && entry_b != NULL) {
		status = GNTST_eagain;
		if (grant_active(table, a)->page == NULL && grant_active(table, b)->page == NULL) {
			struct grant_entry_v1 saved = *entry_a;

			*entry_a = *entry_b;
			*entry_b = saved;
			status = GNTST_okay;
		}
	}
	spin_unlock(&table->lock);
	return status;
}

static void dump_entry(const struct domain *d, grant_ref_t ref, const struct grant_active *active,
		const struct grant_entry_v1 *entry)
{
	log_info("d%u: grant %u: flags %#x to d%u, gfn %#x; in use by d%u: gfn %#llx, %u read, %u write",
			d->id, ref, entry->flags, entry->domid, entry->frame, active->grantee,
			(unsigned long long)active->gfn, active->read_pins, active->write_pins);
}

void grant_dump(struct domain *d)
{
	struct grant_table *table = &d->grant;

	spin_lock(&table->lock);
	log_info("d%u: grant table version %u, %u of %u frames, %u mappings in %u of %u frames",
			d->id, table->version, table->frame_count, table->frame_max,
			table->mapping_count, table->mapping_frame_count, table->mapping_frame_max);
	for (grant_ref_t ref = 0; ref < table->frame_count * GRANT_ENTRIES_PER_FRAME; ref++) {
		const struct grant_active *active = grant_active(table, ref);

		if (active->page != NULL)
			dump_entry(d, ref, active, grant_entry(table, ref));
	}
	spin_unlock(&table->lock);
}
