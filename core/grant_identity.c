/* SPDX-License-Identifier: Apache-2.0 */
/* Granted frames by their own physical address, counted over all mappings of a frame. */
#include "core/grant_identity.h"

#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/printk.h"

#define BUCKETS 1024

static bool dma_translated;

void grant_set_dma_translated(bool translated)
{
	dma_translated = translated;
}

static uint32_t *bucket(struct grant_table *table, const struct page *page)
{
	return &table->identity[(page_phys(page).v >> PAGE_SHIFT) % BUCKETS];
}

int grant_identity_init(struct grant_table *table)
{
	table->identity = heap_alloc_array(BUCKETS, sizeof(*table->identity));
	if (table->identity == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < BUCKETS; i++)
		table->identity[i] = GRANT_NO_HANDLE;
	return 0;
}

void grant_unmap_page(struct domain *d, ipa_t ipa, paddr_t pa)
{
	int err = p2m_unmap_page(d, ipa, pa, P2M_GRANT);

	if (err == -ENOENT)
		err = p2m_unmap_page(d, ipa, pa, P2M_GRANT_RO);
	/* Grants are mapped page by page, so there is no block to split and no table to allocate. */
	ASSERT(err == 0 || err == -ENOENT);
}

static enum p2m_type wanted_type(struct grant_table *table, const struct page *page)
{
	enum p2m_type type = P2M_NONE;
	grant_handle_t handle = *bucket(table, page);

	while (handle != GRANT_NO_HANDLE) {
		const struct grant_mapping *m = grant_mapping(table, handle);

		if (m->page == page && m->write)
			return P2M_GRANT;
		if (m->page == page)
			type = P2M_GRANT_RO;
		handle = m->next;
	}
	return type;
}

static int put_entry(struct domain *d, const struct grant_mapping *m, enum p2m_type type)
{
	paddr_t pa = page_phys(m->page);
	int err;

	if (!page_get(m->page, m->granter))
		return GNTST_bad_page;
	err = p2m_map(d, IPA(pa.v), pa, 1, type);
	if (err == 0)
		return GNTST_okay;
	page_put(m->page);
	return GNTST_no_device_space;
}

static bool is_ours(const struct p2m_entry *entry, paddr_t pa)
{
	return (entry->type == P2M_GRANT || entry->type == P2M_GRANT_RO) && entry->pa.v == pa.v;
}

/* Under the lock: makes the entry what the mappings of the frame ask for. *taken: the address is not free for it. */
static int update(struct domain *d, const struct grant_mapping *m, bool *taken)
{
	paddr_t pa = page_phys(m->page);
	enum p2m_type wanted = wanted_type(&d->grant, m->page);
	struct p2m_entry now;

	if (!dma_translated)
		return GNTST_okay;
	now = p2m_lookup(d, IPA(pa.v));
	if (wanted == P2M_NONE) {
		grant_unmap_page(d, IPA(pa.v), pa);
		return GNTST_okay;
	}
	if (now.type == P2M_NONE || (is_ours(&now, pa) && now.type != wanted))
		return put_entry(d, m, wanted);
	/* The domain uses the address for something else: its devices must do without. */
	*taken = !is_ours(&now, pa);
	return GNTST_okay;
}

/* Less access than before must not fail: rather none at all. */
static void lower(struct domain *d, const struct grant_mapping *m)
{
	paddr_t pa = page_phys(m->page);
	bool taken;

	if (update(d, m, &taken) != GNTST_okay)
		grant_unmap_page(d, IPA(pa.v), pa);
}

static bool applies(const struct domain *d, const struct grant_mapping *m)
{
	/* Its own frames are there anyway. */
	return d->grant.identity != NULL && m->granter != d;
}

static void take_out(struct grant_table *table, struct grant_mapping *m)
{
	uint32_t *link = bucket(table, m->page);

	while (*link != m->handle)
		link = &grant_mapping(table, *link)->next;
	*link = m->next;
	m->next = GRANT_NO_HANDLE;
}

int grant_identity_link(struct domain *d, struct grant_mapping *m)
{
	struct grant_table *table = &d->grant;
	bool taken = false;
	int status;

	if (!applies(d, m))
		return GNTST_okay;
	spin_lock(&table->lock);
	m->next = *bucket(table, m->page);
	*bucket(table, m->page) = m->handle;
	status = update(d, m, &taken);
	if (status != GNTST_okay)
		take_out(table, m);
	spin_unlock(&table->lock);
	if (taken)
		guest_printk(LOG_WARN, "d%u: no DMA to a granted frame: address %#llx is taken",
				d->id, (unsigned long long)page_phys(m->page).v);
	return status;
}

static bool linked(struct grant_table *table, const struct page *page)
{
	grant_handle_t handle = *bucket(table, page);

	while (handle != GRANT_NO_HANDLE && grant_mapping(table, handle)->page != page)
		handle = grant_mapping(table, handle)->next;
	return handle != GRANT_NO_HANDLE;
}

struct page *grant_identity_get(struct domain *d, paddr_t pa)
{
	struct grant_table *table = &d->grant;
	struct page *page = page_of_phys(pa);
	bool held;

	if (page == NULL || table->identity == NULL)
		return NULL;
	spin_lock(&table->lock);
	held = linked(table, page) && page_get_any(page, NULL);
	spin_unlock(&table->lock);
	return held ? page : NULL;
}

void grant_identity_unlink(struct domain *d, struct grant_mapping *m)
{
	if (!applies(d, m))
		return;
	spin_lock(&d->grant.lock);
	take_out(&d->grant, m);
	lower(d, m);
	spin_unlock(&d->grant.lock);
}

void grant_identity_refresh(struct domain *d, struct grant_mapping *m)
{
	if (!applies(d, m))
		return;
	spin_lock(&d->grant.lock);
	lower(d, m);
	spin_unlock(&d->grant.lock);
}
