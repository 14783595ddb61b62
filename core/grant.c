/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's grant table itself: its frames, limits and version (xen/grant_table.h). */
#include "core/grant.h"

#include "core/domain.h"
#include "core/error.h"
#include "core/grant_identity.h"
#include "core/heap.h"
#include "core/keys.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/printk.h"
#include <arch/mm.h>
#include <arch/nospec.h>

#define RELEASE_AT_ONCE 32U /* frames freed in one step */
#define DUMP_FRAMES     64U /* looked through by grant_dump(): all of them by default */

XEN_ABI(sizeof(struct grant_entry_v1) == 8);
XEN_ABI(offsetof(struct grant_entry_v1, domid) == 2);
XEN_ABI(offsetof(struct grant_entry_v1, frame) == 4);

#define GFN_NOWHERE UINT64_MAX
#define GROW_AT_ONCE                                                                               \
	16 /* frames added in one step: each is cleared, with the record of its entries */

struct grant_entry_v1 *grant_entry(struct grant_table *table, grant_ref_t ref)
{
	struct grant_entry_v1 *entries;

	if (ref / GRANT_ENTRIES_PER_FRAME >= table->frame_count)
		return NULL;
	entries = table->frames[index_nospec(ref / GRANT_ENTRIES_PER_FRAME, table->frame_count)];
	return entries == NULL ? NULL : &entries[ref % GRANT_ENTRIES_PER_FRAME];
}

struct grant_active *grant_active(struct grant_table *table, grant_ref_t ref)
{
	struct grant_active *active;

	if (ref / GRANT_ENTRIES_PER_FRAME >= table->frame_count)
		return NULL;
	active = table->active[index_nospec(ref / GRANT_ENTRIES_PER_FRAME, table->frame_count)];
	return active == NULL ? NULL : &active[ref % GRANT_ENTRIES_PER_FRAME];
}

/* A frame that others map (acquire_resource) stays theirs: page_free_virt() gives up Graft's hold of it. */
static void release_frame(struct grant_table *table, unsigned i)
{
	heap_free(table->active[i]);
	page_free_virt(table->frames[i]);
	table->active[i] = NULL;
	table->frames[i] = NULL;
}

void grant_entry_used(struct grant_table *table, grant_ref_t ref)
{
	table->frame_used[ref / GRANT_ENTRIES_PER_FRAME]++;
	table->used_count++;
}

void grant_entry_unused(struct grant_table *table, grant_ref_t ref)
{
	unsigned i = ref / GRANT_ENTRIES_PER_FRAME;

	table->frame_used[i]--;
	table->used_count--;
	if (table->dying && table->frame_used[i] == 0)
		release_frame(table, i);
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
	if (table->dying)
		return -EINVAL;
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
	table->frame_used = heap_alloc_array(frame_max, sizeof(*table->frame_used));
	if (table->frames == NULL || table->active == NULL || table->frame_gfns == NULL ||
			table->frame_used == NULL)
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

/* True when all frames were looked at: those that are left are in use. */
static bool release_frames(struct grant_table *table, unsigned count)
{
	for (; count != 0 && table->release_next < table->frame_count; count--) {
		if (table->frame_used[table->release_next] == 0)
			release_frame(table, table->release_next);
		table->release_next++;
	}
	return table->release_next == table->frame_count;
}

int grant_relinquish_table(struct domain *d)
{
	struct grant_table *table = &d->grant;
	bool done;

	spin_lock(&table->lock);
	table->dying = true;
	done = release_frames(table, RELEASE_AT_ONCE) &&
	       grant_maptrack_release(table, RELEASE_AT_ONCE);
	spin_unlock(&table->lock);
	return done ? 0 : -ERESTART;
}

/* domain_kill() has left the arrays alone; a domain that never was has a frame. */
void grant_free_domain(struct domain *d)
{
	struct grant_table *table = &d->grant;

	ASSERT(table->mapping_count == 0 && table->used_count == 0);
	while (grant_relinquish_table(d) == -ERESTART)
		;
	heap_free(table->frames);
	heap_free(table->active);
	heap_free(table->frame_gfns);
	heap_free(table->frame_used);
	grant_maptrack_free(table);
	*table = no_table;
}

int grant_frame(struct domain *d, unsigned idx, struct page **page)
{
	struct grant_table *table = &d->grant;
	int err = -EINVAL;

	spin_lock(&table->lock);
	if (idx < table->frame_max)
		err = grow(table, idx + 1);
	if (err == 0)
		*page = page_of_virt(table->frames[index_nospec(idx, table->frame_count)]);
	if (err == 0 && !page_get_any(*page, NULL))
		err = -EINVAL; /* held too often */
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

struct used_entry {
	grant_ref_t ref;
	struct grant_entry_v1 entry;
	struct grant_active active;
};

/* The next entry in use from *ref on in its frame; *ref moves behind what was looked at. */
static bool find_used(struct grant_table *table, grant_ref_t *ref, struct used_entry *found)
{
	grant_ref_t end = ALIGN_DOWN(*ref, GRANT_ENTRIES_PER_FRAME) + GRANT_ENTRIES_PER_FRAME;
	bool used = false;

	spin_lock(&table->lock);
	for (; !used && *ref < end; ++*ref) {
		const struct grant_active *active = grant_active(table, *ref);

		used = active != NULL && active->page != NULL;
		if (used)
			*found = (struct used_entry){ *ref, *grant_entry(table, *ref), *active };
	}
	spin_unlock(&table->lock);
	return used;
}

static void dump_entry(const struct domain *d, const struct used_entry *used)
{
	const struct grant_active *active = &used->active;

	log_info("d%u: grant %u: flags %#x to d%u, gfn %#x; in use by d%u: gfn %#llx, %u read, %u write",
			d->id, used->ref, used->entry.flags, used->entry.domid, used->entry.frame,
			active->grantee, (unsigned long long)active->gfn, active->read_pins,
			active->write_pins);
}

void grant_dump(struct domain *d)
{
	const struct grant_table *table = &d->grant;
	grant_ref_t end = MIN(table->frame_count, DUMP_FRAMES) * GRANT_ENTRIES_PER_FRAME;
	unsigned used = table->used_count, shown = 0;
	struct used_entry entry;

	log_info("d%u: grant table version %u, %u of %u frames, %u entries in use, %u mappings in %u of %u frames",
			d->id, table->version, table->frame_count, table->frame_max, used,
			table->mapping_count, table->mapping_frame_count, table->mapping_frame_max);
	for (grant_ref_t ref = 0; ref < end && shown < MIN(used, KEYS_LINES_MAX);) {
		if (!find_used(&d->grant, &ref, &entry))
			continue;
		dump_entry(d, &entry);
		shown++;
	}
	if (used > shown)
		log_info("d%u: and %u more", d->id, used - shown);
}
