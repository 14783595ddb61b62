/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mapper's side: handles, and what each one stands for. An access ends in this order, so that the
 * granter never sees a frame as free that somebody still reaches: stage 2, pins, handle.
 */
#include "core/domain.h"
#include "core/error.h"
#include "core/grant_identity.h"
#include "core/grant_priv.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include <arch/nospec.h>

#define RELINQUISH_UNDO 64   /* mappings undone in one step: each flushes TLBs */
#define RELINQUISH_LOOK 4096 /* handles looked at in one step */

int grant_maptrack_init(struct domain *d)
{
	struct grant_table *table = &d->grant;

	table->mapping_frame_max = d->config.maptrack_frames_max;
	if (table->mapping_frame_max == 0)
		return 0;
	table->mappings = heap_alloc_array(table->mapping_frame_max, sizeof(*table->mappings));
	if (table->mappings == NULL)
		return -ENOMEM;
	return d->config.direct_mapped ? grant_identity_init(table) : 0;
}

bool grant_maptrack_release(struct grant_table *table, unsigned count)
{
	table->mapping_free = GRANT_NO_HANDLE;
	table->mapping_frame_max = 0; /* none comes */
	for (; count != 0 && table->mapping_frame_count != 0; count--)
		page_free_virt(table->mappings[--table->mapping_frame_count]);
	return table->mapping_frame_count == 0;
}

void grant_maptrack_free(struct grant_table *table)
{
	heap_free(table->mappings);
	heap_free(table->identity);
}

struct grant_mapping *grant_mapping(struct grant_table *table, grant_handle_t handle)
{
	unsigned frame = handle / GRANT_MAPPINGS_PER_FRAME;

	if (frame >= table->mapping_frame_count)
		return NULL;
	frame = (unsigned)index_nospec(frame, table->mapping_frame_count);
	return &table->mappings[frame][handle % GRANT_MAPPINGS_PER_FRAME];
}

static void push_free(struct grant_table *table, grant_handle_t handle)
{
	grant_mapping(table, handle)->next = table->mapping_free;
	table->mapping_free = handle;
}

static bool grow(struct grant_table *table)
{
	grant_handle_t first = table->mapping_frame_count * GRANT_MAPPINGS_PER_FRAME;
	void *frame;

	if (table->mapping_frame_count == table->mapping_frame_max)
		return false;
	frame = page_alloc_zeroed();
	if (frame == NULL)
		return false;
	table->mappings[table->mapping_frame_count++] = frame;
	for (unsigned i = GRANT_MAPPINGS_PER_FRAME; i > 0; i--)
		push_free(table, first + i - 1);
	return true;
}

/* A handle that nobody else may touch yet, or GRANT_NO_HANDLE. */
static grant_handle_t take_handle(struct grant_table *table)
{
	grant_handle_t handle = GRANT_NO_HANDLE;

	spin_lock(&table->lock);
	if (table->mapping_free != GRANT_NO_HANDLE || grow(table)) {
		struct grant_mapping *m = grant_mapping(table, table->mapping_free);

		handle = table->mapping_free;
		table->mapping_free = m->next;
		table->mapping_count++;
		*m = (struct grant_mapping){ .busy = true, .next = GRANT_NO_HANDLE };
	}
	spin_unlock(&table->lock);
	return handle;
}

static void release_handle(struct grant_table *table, grant_handle_t handle)
{
	spin_lock(&table->lock);
	*grant_mapping(table, handle) = (struct grant_mapping){ 0 };
	push_free(table, handle);
	table->mapping_count--;
	spin_unlock(&table->lock);
}

static struct grant_pin pin_of(const struct domain *d, const struct grant_mapping *m)
{
	return (struct grant_pin){
		.granter = m->granter,
		.ref = m->ref,
		.grantee = d->id,
		.write = m->write,
	};
}

static unsigned part_count(unsigned parts)
{
	return popcount(parts);
}

/* Where d's devices see the frame: through its p2m, if not past it. */
static uint64_t device_addr(const struct domain *d, const struct grant_mapping *m)
{
	return d->config.direct_mapped ? page_phys(m->page).v : m->host.v;
}

static int map_host(struct domain *d, const struct grant_mapping *m)
{
	struct p2m_entry old = p2m_lookup(d, m->host);
	int err;

	/* RAM and older grants may give way, as on a ballooned page; devices and our own pages may not. */
	if (old.type == P2M_MMIO || old.type == P2M_SHARED)
		return GNTST_bad_virt_addr;
	if (!page_get(m->page, m->granter))
		return GNTST_bad_page;
	err = p2m_map(d, m->host, page_phys(m->page), 1, m->write ? P2M_GRANT : P2M_GRANT_RO);
	if (err == 0)
		return GNTST_okay;
	page_put(m->page);
	return err == -EINVAL ? GNTST_bad_virt_addr : GNTST_no_space;
}

/* The guest may have put something else there since: that is left alone. */
static void unmap_host(struct domain *d, const struct grant_mapping *m)
{
	grant_unmap_page(d, m->host, page_phys(m->page));
}

/* The handle is busy and has all that grant_map() asks for but its parts. */
static int establish(struct domain *d, struct grant_mapping *m, unsigned parts)
{
	int status = grant_identity_link(d, m);

	if (status != GNTST_okay)
		return status;
	if ((parts & GRANT_HOST) != 0)
		status = map_host(d, m);
	if (status != GNTST_okay)
		grant_identity_unlink(d, m);
	return status;
}

static int map_handle(struct domain *d, struct grant_map *map, struct grant_mapping *m)
{
	struct grant_pin pin;
	int status;

	m->granter = map->granter;
	m->ref = map->ref;
	m->write = map->write;
	m->host = map->host;
	m->handle = map->handle;
	pin = pin_of(d, m);
	pin.count = part_count(map->parts);
	status = grant_pin(&pin, &m->page);
	if (status != GNTST_okay)
		return status;
	status = establish(d, m, map->parts);
	if (status != GNTST_okay) {
		grant_unpin(&pin, pin.count);
		return status;
	}
	domain_hold(m->granter);
	map->device_addr = device_addr(d, m);
	return GNTST_okay;
}

int grant_map(struct domain *d, struct grant_map *map)
{
	struct grant_table *table = &d->grant;
	struct grant_mapping *m;
	int status;

	ASSERT(map->parts != 0);
	if (!IS_ALIGNED(map->host.v, PAGE_SIZE))
		return GNTST_bad_virt_addr;
	/* Nothing would bring the device there. */
	if ((map->parts & GRANT_HOST) == 0 && !d->config.direct_mapped)
		return GNTST_no_device_space;
	map->handle = take_handle(table);
	if (map->handle == GRANT_NO_HANDLE)
		return GNTST_no_space;
	m = grant_mapping(table, map->handle);
	status = map_handle(d, map, m);
	if (status != GNTST_okay) {
		release_handle(table, map->handle);
		return status;
	}
	spin_lock(&table->lock);
	m->parts = map->parts;
	m->busy = false;
	spin_unlock(&table->lock);
	return GNTST_okay;
}

/* Ends the parts of a mapping that the caller has made busy. */
static void undo(struct domain *d, struct grant_mapping *m, unsigned parts)
{
	struct grant_table *table = &d->grant;
	struct grant_pin pin = pin_of(d, m);
	bool last = parts == m->parts;

	if ((parts & GRANT_HOST) != 0)
		unmap_host(d, m);
	if (last)
		grant_identity_unlink(d, m);
	else
		grant_identity_refresh(d, m);
	grant_unpin(&pin, part_count(parts));
	if (last) {
		release_handle(table, m->handle);
		domain_put(pin.granter);
		return;
	}
	spin_lock(&table->lock);
	m->parts &= ~parts;
	m->busy = false;
	spin_unlock(&table->lock);
}

/* Under the lock: which parts the addresses mean. A second caller finds the mapping busy. */
static int claim(struct domain *d, struct grant_mapping *m, ipa_t host, uint64_t device,
		unsigned *parts)
{
	*parts = 0;
	if (m == NULL || m->parts == 0 || m->busy)
		return GNTST_bad_handle;
	if (host.v != 0) {
		if ((m->parts & GRANT_HOST) == 0 || m->host.v != host.v)
			return GNTST_bad_virt_addr;
		*parts |= GRANT_HOST;
	}
	if (device != 0 && (m->parts & GRANT_DEVICE) != 0) {
		if (device != device_addr(d, m))
			return GNTST_bad_dev_addr;
		*parts |= GRANT_DEVICE;
	}
	m->busy = *parts != 0;
	return GNTST_okay;
}

int grant_unmap(struct domain *d, grant_handle_t handle, ipa_t host, uint64_t device)
{
	struct grant_table *table = &d->grant;
	struct grant_mapping *m;
	unsigned parts;
	int status;

	spin_lock(&table->lock);
	m = grant_mapping(table, handle);
	status = claim(d, m, host, device, &parts);
	spin_unlock(&table->lock);
	if (status == GNTST_okay && parts != 0)
		undo(d, m, parts);
	return status;
}

int grant_relinquish(struct domain *d)
{
	struct grant_table *table = &d->grant;
	unsigned undone = 0;

	/* No vCPU of d runs, so nobody else takes or frees handles. */
	for (unsigned looked = 0; looked < RELINQUISH_LOOK && undone < RELINQUISH_UNDO; looked++) {
		struct grant_mapping *m = grant_mapping(table, table->relinquish_next);

		if (m == NULL)
			return 0;
		if (m->parts != 0) {
			undo(d, m, m->parts);
			undone++;
		}
		table->relinquish_next++;
	}
	return -ERESTART;
}
