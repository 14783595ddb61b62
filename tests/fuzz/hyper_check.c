/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The books of the whole machine, kept twice: the counts that the core keeps against what is found by looking at
 * every table, channel and mapping. A reference that is lost or put twice shows after the very call that did it.
 */
#include "tests/fuzz/hyper.h"

#include <arch/mm.h>

#include "arch/arm64/p2m_table.h"
#include "core/evtchn_priv.h"
#include "core/grant_identity.h"
#include "core/grant_priv.h"
#include "core/page_priv.h"

#define PAGES       (RAM_SIZE >> PAGE_SHIFT)
#define DOMAINS_MAX 256U

static struct seen_domain {
	struct domain *d;
	unsigned pages, holders;
	bool keeps_pages; /* where this check cannot look: event queues, an emulated UART */
} seen[DOMAINS_MAX];
static unsigned seen_count;
static unsigned page_holders[PAGES];
static bool others_hold_domains;

void check_allow_holders(bool allow)
{
	others_hold_domains = allow;
}

static struct seen_domain *find(domain_id_t id)
{
	for (unsigned i = 0; i < seen_count; i++)
		if (seen[i].d->id == id)
			return &seen[i];
	return NULL;
}

static unsigned index_of(const struct page *page)
{
	return (unsigned)(page - page_frames.pages);
}

static void add_holder(const struct page *page)
{
	if (page)
		page_holders[index_of(page)]++;
}

/* Stage 2 */

static bool is_shown(const struct domain *d, const struct page *page)
{
	bool is = page_virt(page) == d->shared_info;

	for (unsigned i = 0; i < d->grant.frame_count && !is; i++)
		is = page_virt(page) == d->grant.frames[i];
	return is;
}

static void check_page(struct domain *d, uint64_t ipa, struct page *page, enum p2m_type type)
{
	uint64_t word;

	must(page != NULL, "what is mapped as memory is memory");
	word = atomic_load(&page->word);
	switch (type) {
	case P2M_RAM:
	case P2M_RAM_RO:
		must(page_owner(page) == d->id, "a domain's memory is its own");
		must(word & PAGE_WORD_ALLOCATED, "mapped memory is not given up");
		must(!d->config.direct_mapped || page_phys(page).v == ipa, "directly mapped");
		break;
	case P2M_SHARED:
		must(is_shown(d, page), "of Graft's pages a domain sees its own alone");
		break;
	default:
		must(page_owner(page) != PAGE_OWNER_NONE, "nothing maps a free page");
		add_holder(page);
	}
}

static void check_leaf(struct domain *d, uint64_t ipa, uint64_t pte, unsigned level)
{
	uint64_t pa = pte & PTE_ADDRESS;

	for (uint64_t i = 0; i < pte_size(level); i += PAGE_SIZE) {
		struct page *page = page_of_phys(PADDR(pa + i));

		if (pte_type(pte) == P2M_MMIO)
			must(!page, "memory is no device");
		else
			check_page(d, ipa + i, page, pte_type(pte));
	}
}

/* How many tables there are below these entries. */
static unsigned check_tables(struct domain *d, const pte_t *entries, unsigned count, unsigned level,
		uint64_t ipa)
{
	unsigned tables = 0;

	for (unsigned i = 0; i < count; i++, ipa += pte_size(level)) {
		uint64_t pte = atomic_load_explicit(&entries[i], memory_order_relaxed);

		if (pte_is_table(pte, level))
			tables += 1 + check_tables(d, phys_to_virt(PADDR(pte & PTE_ADDRESS)),
						      PTE_ENTRIES, level + 1, ipa);
		else if (pte)
			check_leaf(d, ipa, pte, level);
	}
	return tables;
}

static void check_p2m(struct domain *d)
{
	struct p2m *p2m = &d->p2m;
	unsigned level, entries;

	if (!p2m->root.v)
		return;
	level = p2m_start_level(p2m);
	entries = (unsigned)BIT(p2m->ipa_bits - pte_shift(level));
	must(BIT(p2m->root_order) + check_tables(d, p2m_root(p2m), entries, level, 0) ==
					p2m->table_pages,
			"tables are counted");
}

/* Grants */

static void pins_of(const struct domain *granter, grant_ref_t ref, unsigned *read_pins,
		unsigned *write_pins)
{
	*read_pins = *write_pins = 0;
	for (unsigned i = 0; i < seen_count; i++) {
		struct grant_table *table = &seen[i].d->grant;
		unsigned count = table->mapping_frame_count * GRANT_MAPPINGS_PER_FRAME;

		for (grant_handle_t h = 0; h < count; h++) {
			const struct grant_mapping *m = grant_mapping(table, h);

			if (m->parts && m->granter == granter && m->ref == ref)
				*(m->write ? write_pins : read_pins) += popcount(m->parts);
		}
	}
}

static void check_entry(const struct domain *d, grant_ref_t ref, const struct grant_active *active)
{
	unsigned read_pins, write_pins;

	if (!active->page) {
		must(!active->read_pins && !active->write_pins, "no page, no pins");
		return;
	}
	add_holder(active->page);
	pins_of(d, ref, &read_pins, &write_pins);
	must(read_pins + write_pins > 0, "a page is held for somebody");
	must(active->read_pins == read_pins && active->write_pins == write_pins,
			"each part of a mapping has a pin");
}

static void check_granted(const struct domain *d)
{
	for (unsigned frame = 0; frame < d->grant.frame_count; frame++) {
		const struct grant_active *active = d->grant.active[frame];

		must(active || d->grant.dying, "only a dying domain's frames go");
		for (unsigned i = 0; active && i < GRANT_ENTRIES_PER_FRAME; i++)
			check_entry(d, frame * GRANT_ENTRIES_PER_FRAME + i, &active[i]);
	}
}

static void check_mappings(struct domain *d)
{
	struct grant_table *table = &d->grant;
	unsigned count = table->mapping_frame_count * GRANT_MAPPINGS_PER_FRAME, used = 0;
	grant_handle_t free = table->mapping_free;

	for (grant_handle_t h = 0; h < count; h++) {
		const struct grant_mapping *m = grant_mapping(table, h);
		struct seen_domain *granter;

		must(!m->busy, "nobody is at it");
		if (!m->parts)
			continue;
		used++;
		granter = find(m->granter->id);
		must(granter && granter->d == m->granter, "who granted is there");
		granter->holders++;
		must(grant_active(&m->granter->grant, m->ref)->page == m->page,
				"what is mapped is what is pinned");
	}
	must(used == table->mapping_count, "mappings are counted");
	for (; free != GRANT_NO_HANDLE && used <= count; used++)
		free = grant_mapping(table, free)->next;
	must(used == count, "a handle is used or free");
}

/* Event channels */

static void check_channel(struct domain *d, const struct evtchn *chn, evtchn_port_t port)
{
	const struct evtchn *far;

	switch (chn->state) {
	case EVTCHNSTAT_interdomain:
		far = evtchn_find(chn->remote, chn->remote_port);
		must(chn->remote->dying != DOMAIN_DEAD, "a channel's end is not dead");
		must(far && far->state == EVTCHNSTAT_interdomain && far->remote == d &&
						far->remote_port == port,
				"two ends know each other");
		break;
	case EVTCHNSTAT_virq:
		must(d->vcpus[evtchn_virq_is_global(chn->virq) ? 0 : chn->vcpu]
								->evtchn.virq_port[chn->virq] ==
						port,
				"a VIRQ leads to its port");
		break;
	default:
		break;
	}
}

static void check_channels(struct domain *d)
{
	unsigned active = 0, graft = 0;

	for (evtchn_port_t p = 0; p < d->evtchn.bucket_count * EVTCHN_BUCKET_PORTS; p++) {
		const struct evtchn *chn = evtchn_find(d, p);

		if (!chn) {
			p |= EVTCHN_BUCKET_PORTS - 1;
			continue;
		}
		if (chn->state == EVTCHNSTAT_closed)
			continue;
		active++;
		graft += chn->consumer != 0;
		check_channel(d, chn, p);
	}
	must(active == d->evtchn.active_count, "ports in use are counted");
	must(graft == d->evtchn.graft_count, "Graft's ports are counted");
}

static void check_vcpu(struct domain *d, const struct vcpu *v)
{
	for (unsigned virq = 0; virq < NR_VIRQS; virq++) {
		evtchn_port_t port = v->evtchn.virq_port[virq];
		const struct evtchn *chn = port ? evtchn_find(d, port) : NULL;

		must(!port || (chn && chn->state == EVTCHNSTAT_virq && chn->virq == virq),
				"a bound VIRQ has a port");
	}
	add_holder(v->evtchn.info_page);
	add_holder(v->runstate_area.part[0].page);
	add_holder(v->runstate_area.part[1].page);
}

/* The whole */

static void check_domain(struct seen_domain *s)
{
	struct domain *d = s->d;

	check_p2m(d);
	check_granted(d);
	check_mappings(d);
	check_channels(d);
	for (unsigned i = 0; i < d->vcpus_count; i++)
		if (d->vcpus[i])
			check_vcpu(d, d->vcpus[i]);
	if (d->dying == DOMAIN_DEAD)
		must(!d->grant.mapping_count && !d->evtchn.active_count && !d->p2m.root.v,
				"the dead have mapped and bound nothing");
}

static void check_frame(uint64_t word, unsigned holders)
{
	uint64_t count = FIELD_GET(PAGE_WORD_COUNT, word);
	domain_id_t id = (domain_id_t)FIELD_GET(PAGE_WORD_OWNER, word);
	struct seen_domain *owner;

	if (id == PAGE_OWNER_GRAFT) {
		/* Its tables are pinned by plans; what others map is pinned by nobody else. */
		must(!holders || count == holders || count == holders + 1, "Graft's page is held");
		return;
	}
	owner = find(id);
	must(owner != NULL, "a page's owner is there");
	owner->pages++;
	holders += (word & PAGE_WORD_ALLOCATED) != 0 ? 1U : 0U;
	must(count >= holders, "a page is held by all who use it");
	must(count == holders || owner->keeps_pages, "a page is held by none but who uses it");
	must(count != 0, "a page of a domain is held");
}

static void check_frames(void)
{
	uint64_t free = 0;

	must(page_frames.count == PAGES, "the machine has that memory");
	for (unsigned i = 0; i < PAGES; i++) {
		const struct page *page = page_frames.pages + i;
		uint64_t word = atomic_load_explicit(&page->word, memory_order_relaxed);

		if (FIELD_GET(PAGE_WORD_OWNER, word) != PAGE_OWNER_NONE) {
			check_frame(word, page_holders[i]);
			continue;
		}
		must(FIELD_GET(PAGE_WORD_COUNT, word) == 0 && page_holders[i] == 0,
				"nobody holds a free page");
		free++;
	}
	must(page_count_free() == free, "free pages are counted");
}

/* Of Graft's frames that it sees. */
static void check_frames_of(const struct domain *d)
{
	const struct page *page = page_of_virt(d->shared_info);

	must(page_refcount(page) == 1 + page_holders[index_of(page)], "its page is held once");
	for (unsigned i = 0; i < d->grant.frame_count; i++) {
		if (!d->grant.frames[i]) /* check_granted() knows why */
			continue;
		page = page_of_virt(d->grant.frames[i]);
		must(page_refcount(page) == 1 + page_holders[index_of(page)],
				"a frame of its grant table is held once, and by who maps it");
	}
}

static void check_holders(const struct seen_domain *s)
{
	struct domain *d = s->d;
	unsigned refs = atomic_load(&d->refs), known = 1 + s->holders;

	known += (d->dying != DOMAIN_DEAD ? 1U : 0U) + (s->pages != 0 ? 1U : 0U);
	must(atomic_load(&d->tot_pages) == s->pages, "a domain's pages are counted");
	must(refs >= known, "a domain is held by all who use it");
	must(refs == known || others_hold_domains, "a domain is held by none but who uses it");
}

static void look_around(void)
{
	struct domain *d = domain_get_next(0);

	seen_count = 0;
	memset(page_holders, 0, sizeof(page_holders));
	while (d) {
		must(seen_count < DOMAINS_MAX, "the machine is small");
		seen[seen_count++] = (struct seen_domain){ .d = d,
			.keeps_pages = d->evtchn.fifo || d->arch.vuart };
		d = domain_get_next((domain_id_t)(d->id + 1));
	}
}

void check_all(void)
{
	look_around();
	for (unsigned i = 0; i < seen_count; i++)
		check_domain(&seen[i]);
	check_frames();
	for (unsigned i = 0; i < seen_count; i++) {
		check_frames_of(seen[i].d);
		check_holders(&seen[i]);
		domain_put(seen[i].d);
	}
}
