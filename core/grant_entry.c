/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The granter's side of an access: its entry, which it may change at any moment, and our own record of who
 * uses it. Only the record is trusted; the marks in the entry tell the granter what is in use.
 */
#include "core/domain.h"
#include "core/grant_priv.h"
#include "core/guest_atomic.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/printk.h"

/* An entry's flags and domid are changed together. */
#define WORD_DOMID UINT32_C(0xffff0000)

static uint32_t *entry_word(struct grant_entry_v1 *entry)
{
	return (uint32_t *)(void *)entry;
}

/* What is left to do once the lock is free. */
struct after {
	struct page *unused; /* to be put */
	const char *why; /* of a refusal: the UART may be slow, and others wait for the lock */
};

static int refuse(struct after *after, int status, const char *why)
{
	after->why = why;
	return status;
}

static void report(const struct grant_pin *pin, const char *why)
{
	guest_printk(LOG_DEBUG, "d%u may not %s grant %u of d%u: %s", pin->grantee,
			pin->write ? "write" : "read", pin->ref, pin->granter->id, why);
}

static const char *objection(const struct grant_pin *pin, uint32_t word)
{
	if ((word & GTF_type_mask) != GTF_permit_access)
		return "not a grant of access";
	if ((domain_id_t)FIELD_GET(WORD_DOMID, word) != pin->grantee)
		return "granted to another";
	if (pin->write && (word & GTF_readonly) != 0)
		return "granted for reading";
	return NULL;
}

/*
 * Checks the entry and sets its marks in one step. Here, unlike guest_update32(), a guest that keeps changing
 * the word gets nothing: what is stored must be what was checked.
 */
static int mark(const struct grant_pin *pin, struct grant_entry_v1 *entry, struct after *after)
{
	uint32_t *word = entry_word(entry);
	uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	uint32_t marks = GTF_reading | (pin->write ? GTF_writing : 0);

	for (unsigned tries = 0; tries < GUEST_ATOMIC_TRIES; tries++) {
		const char *why = objection(pin, seen);

		if (why != NULL)
			return refuse(after, GNTST_general_error, why);
		if (__atomic_compare_exchange_n(word, &seen, seen | marks, true, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED))
			return GNTST_okay;
	}
	return refuse(after, GNTST_general_error, "the entry keeps changing");
}

static void clear_marks(struct grant_entry_v1 *entry, const struct grant_active *active)
{
	uint32_t marks = 0;

	if (active->write_pins == 0)
		marks |= GTF_writing;
	if (active->read_pins + active->write_pins == 0)
		marks |= GTF_reading;
	if (marks != 0)
		guest_update32(entry_word(entry), marks, 0);
}

/*
 * The frame behind an entry nobody uses yet: the granter's own RAM and nothing it borrowed itself. What is to
 * be put once the lock is free goes to *after.
 */
static int hold_frame(const struct grant_pin *pin, struct grant_active *active, uint64_t gfn,
		struct after *after)
{
	enum p2m_type type = P2M_NONE;
	struct page *page = p2m_get_page(pin->granter, ipa_of_gfn(gfn), pin->write, &type);

	if (page == NULL)
		return refuse(after, GNTST_bad_page, "no memory there");
	if (type != P2M_RAM && type != P2M_RAM_RO) {
		after->unused = page;
		return refuse(after, GNTST_bad_page, "not its own memory");
	}
	*active = (struct grant_active){
		.page = page,
		.gfn = gfn,
		.grantee = pin->grantee,
		.writable = type == P2M_RAM,
	};
	return GNTST_okay;
}

static int check_active(const struct grant_pin *pin, const struct grant_active *active,
		uint64_t gfn, struct after *after)
{
	if (active->grantee != pin->grantee)
		return refuse(after, GNTST_general_error, "in use by another");
	if (active->gfn != gfn)
		return refuse(after, GNTST_general_error, "changed while in use");
	if (pin->write && !active->writable)
		return refuse(after, GNTST_bad_page, "read-only memory");
	return GNTST_okay;
}

static int pin_locked(const struct grant_pin *pin, struct after *after)
{
	struct grant_table *table = &pin->granter->grant;
	struct grant_entry_v1 *entry = grant_entry(table, pin->ref);
	struct grant_active *active = grant_active(table, pin->ref);
	uint64_t gfn;
	int status;

	if (entry == NULL)
		return refuse(after, GNTST_bad_gntref, "beyond its table");
	status = mark(pin, entry, after);
	if (status != GNTST_okay)
		return status;
	gfn = __atomic_load_n(&entry->frame, __ATOMIC_RELAXED);
	if (active->page == NULL)
		status = hold_frame(pin, active, gfn, after);
	else
		status = check_active(pin, active, gfn, after);
	if (status != GNTST_okay) {
		clear_marks(entry, active);
		return status;
	}
	if (active->read_pins + active->write_pins == 0)
		grant_entry_used(table, pin->ref);
	*(pin->write ? &active->write_pins : &active->read_pins) += pin->count;
	return GNTST_okay;
}

int grant_pin(const struct grant_pin *pin, struct page **page)
{
	struct grant_table *table = &pin->granter->grant;
	struct after after = { NULL, NULL };
	int status;

	spin_lock(&table->lock);
	status = pin_locked(pin, &after);
	if (status == GNTST_okay)
		*page = grant_active(table, pin->ref)->page;
	spin_unlock(&table->lock);
	if (after.why != NULL)
		report(pin, after.why);
	if (after.unused != NULL)
		page_put(after.unused);
	return status;
}

void grant_unpin(const struct grant_pin *pin, unsigned count)
{
	struct grant_table *table = &pin->granter->grant;
	struct grant_active *active;
	struct page *unused = NULL;
	unsigned *pins;

	spin_lock(&table->lock);
	active = grant_active(table, pin->ref);
	pins = pin->write ? &active->write_pins : &active->read_pins;
	ASSERT(*pins >= count);
	*pins -= count;
	clear_marks(grant_entry(table, pin->ref), active);
	if (active->read_pins + active->write_pins == 0) {
		unused = active->page;
		*active = (struct grant_active){ 0 };
		grant_entry_unused(table, pin->ref);
	}
	spin_unlock(&table->lock);
	if (unused != NULL)
		page_put(unused);
}
