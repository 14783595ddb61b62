/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants against a naive model: domains give, map, unmap, copy, rewrite entries in use and die at random.
 * After each step every answer, stage-2 entry, mark and reference count is the model's.
 */
#include "tests/unit/grant_env.h"

#define EPISODES 200
#define STEPS    300
#define REFS     3 /* of each domain, 8 and up */
#define PAGES    3 /* of each domain that are granted */
#define SLOTS    4 /* places of each domain to map at */
#define MAPS_MAX 64
#define NO_PAGE  PAGES /* an entry that names no memory */

struct model_entry {
	unsigned type; /* GTF_* as the guest wrote it */
	bool readonly;
	unsigned to;
	unsigned page;
};

struct model_map {
	bool used;
	unsigned mapper, granter, ref, page, slot, parts;
	bool write;
	grant_handle_t handle;
	uint64_t device_addr;
};

/* What is in a slot: a page of `granter`, or nothing. */
struct model_slot {
	bool used, write;
	unsigned granter, page;
};

static struct model_entry entries[ENV_DOMAINS][REFS];
static struct model_map maps[MAPS_MAX];
static struct model_slot slots[ENV_DOMAINS][SLOTS];
static bool dead[ENV_DOMAINS];
static bool translated;
static unsigned answers[16]; /* how often each status was given: all must have been */

static unsigned pick(unsigned below)
{
	static uint32_t seed = 7;

	seed = seed * 1664525 + 1013904223;
	return (unsigned)(((uint64_t)seed * below) >> 32);
}

static uint64_t slot_ipa(unsigned slot)
{
	return HOLE_IPA + slot * MIB(4);
}

static const struct model_map *active(unsigned granter, unsigned ref)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (maps[i].used && maps[i].granter == granter && maps[i].ref == ref)
			return &maps[i];
	return NULL;
}

/* A dead domain's frame goes with the last of its entries in use; all entries of the model are in one frame. */
static bool is_frame_gone(unsigned granter)
{
	for (unsigned ref = 0; ref < REFS; ref++)
		if (active(granter, ref) != NULL)
			return false;
	return dead[granter];
}

/* What an access must answer. */
static int verdict(unsigned to, unsigned granter, unsigned ref, bool write)
{
	const struct model_entry *e = &entries[granter][ref];
	const struct model_map *a = active(granter, ref);

	if (is_frame_gone(granter))
		return GNTST_bad_gntref;
	if (e->type != GTF_permit_access || e->to != to || (write && e->readonly))
		return GNTST_general_error;
	if (a != NULL)
		return a->mapper == to && a->page == e->page ? GNTST_okay : GNTST_general_error;
	return e->page == NO_PAGE || dead[granter] ? GNTST_bad_page : GNTST_okay;
}

static void expect_status(int status, int expected)
{
	assert_int_equal(status, expected);
	answers[-status]++;
}

/* Steps */

static void step_give(void)
{
	unsigned d = pick(ENV_DOMAINS), ref = pick(REFS);
	struct model_entry *e = &entries[d][ref];

	if (is_frame_gone(d))
		return;
	*e = (struct model_entry){
		.type = pick(8) != 0 ? GTF_permit_access : pick(4),
		.readonly = pick(3) == 0,
		.to = pick(ENV_DOMAINS),
		.page = pick(8) != 0 ? pick(PAGES) : NO_PAGE,
	};
	/* also over the marks of an entry in use: they come back with the next change of its pins */
	give(d, 8 + ref, e->to, e->page == NO_PAGE ? 5 : ram_gfn(d, e->page),
			e->readonly ? GTF_readonly : 0);
	entry_of(d, 8 + ref)->flags =
			(uint16_t)(e->type | (e->readonly ? GTF_readonly : 0U) |
					(active(d, ref) != NULL ? GTF_reading | GTF_writing : 0U));
}

static void step_map(void)
{
	struct model_map *m = &maps[pick(MAPS_MAX)];
	struct model_map want = {
		.used = true,
		.mapper = pick(ENV_DOMAINS),
		.granter = pick(ENV_DOMAINS),
		.ref = pick(REFS),
		.slot = pick(SLOTS),
		.parts = GRANT_HOST | (pick(2) != 0 ? GRANT_DEVICE : 0U),
		.write = pick(2) != 0,
	};
	struct grant_map map = {
		.granter = D(want.granter),
		.ref = 8 + want.ref,
		.write = want.write,
		.parts = want.parts,
		.host = IPA(slot_ipa(want.slot)),
	};
	int expected;

	if (pick(4) != 0)
		want.mapper = entries[want.granter][want.ref].to;
	if (m->used || dead[want.mapper])
		return;
	expected = verdict(want.mapper, want.granter, want.ref, want.write);
	expect_status(grant_map(D(want.mapper), &map), expected);
	if (expected != GNTST_okay)
		return;
	want.page = entries[want.granter][want.ref].page;
	want.handle = map.handle;
	want.device_addr = map.device_addr;
	*m = want;
	slots[m->mapper][m->slot] = (struct model_slot){ true, m->write, m->granter, m->page };
}

static void model_unmap(struct model_map *m, unsigned parts)
{
	struct model_slot *s = &slots[m->mapper][m->slot];

	if ((parts & GRANT_HOST) != 0 && s->granter == m->granter && s->page == m->page)
		s->used = false;
	m->parts &= ~parts;
	m->used = m->parts != 0;
}

static void step_unmap(void)
{
	struct model_map *m = &maps[pick(MAPS_MAX)];
	unsigned parts = m->parts & (1 + pick(3));
	ipa_t host = IPA((parts & GRANT_HOST) != 0 ? slot_ipa(m->slot) : 0);
	uint64_t device = (parts & GRANT_DEVICE) != 0 ? m->device_addr : 0;

	if (!m->used) {
		expect_status(grant_unmap(D(m->mapper), 1000, IPA(HOLE_IPA), 0), GNTST_bad_handle);
		return;
	}
	expect_status(grant_unmap(D(m->mapper), m->handle, host, device), GNTST_okay);
	model_unmap(m, parts);
}

/* The guest takes away what is in a slot without a word about the grant. */
static void step_clear_slot(void)
{
	unsigned d = pick(ENV_DOMAINS), slot = pick(SLOTS);

	if (dead[d])
		return;
	assert_int_equal(p2m_unmap(D(d), IPA(slot_ipa(slot)), 1), 0);
	slots[d][slot].used = false;
}

static void step_copy(void)
{
	unsigned d = pick(ENV_DOMAINS), from = pick(ENV_DOMAINS), to = pick(ENV_DOMAINS);
	unsigned from_ref = pick(REFS), to_ref = pick(REFS);
	struct grant_copy copy = {
		.source = { .domain = D(from), .ref = 8 + from_ref },
		.dest = { .domain = D(to), .ref = 8 + to_ref },
		.size = 64,
	};
	int expected;

	if (pick(4) != 0)
		d = entries[from][from_ref].to;
	if (dead[d])
		return;
	expected = verdict(d, from, from_ref, false);
	if (expected == GNTST_okay)
		expected = verdict(d, to, to_ref, true);
	expect_status(grant_copy(D(d), &copy), expected);
}

static void step_kill(void)
{
	unsigned d = pick(ENV_DOMAINS);

	if (pick(40) != 0)
		return;
	kill_domain(d);
	dead[d] = true;
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (maps[i].mapper == d)
			maps[i].used = false;
	memset(slots[d], 0, sizeof(slots[d]));
}

/* What is, against what the model says */

static void check_slot(unsigned d, unsigned slot)
{
	const struct model_slot *s = &slots[d][slot];
	struct p2m_entry found = p2m_lookup(D(d), IPA(slot_ipa(slot)));

	assert_int_equal(found.type, !s->used ? P2M_NONE : s->write ? P2M_GRANT : P2M_GRANT_RO);
	if (s->used)
		assert_int_equal(found.pa.v, page_phys(env_pages[s->granter][s->page]).v);
}

static unsigned count_slots(unsigned granter, unsigned page)
{
	unsigned count = 0;

	for (unsigned d = 0; d < ENV_DOMAINS; d++)
		for (unsigned i = 0; i < SLOTS; i++)
			count += slots[d][i].used && slots[d][i].granter == granter &&
			         slots[d][i].page == page;
	return count;
}

static unsigned count_active(unsigned granter, unsigned page)
{
	unsigned count = 0;

	for (unsigned ref = 0; ref < REFS; ref++) {
		const struct model_map *a = active(granter, ref);

		count += a != NULL && a->page == page;
	}
	return count;
}

/* Domain 0 is direct-mapped. */
static enum p2m_type identity(unsigned granter, unsigned page)
{
	enum p2m_type type = P2M_NONE;

	for (unsigned i = 0; translated && i < MAPS_MAX; i++) {
		const struct model_map *m = &maps[i];

		if (!m->used || m->mapper != 0 || m->granter != granter || m->page != page)
			continue;
		if (m->write)
			return P2M_GRANT;
		type = P2M_GRANT_RO;
	}
	return type;
}

static void check_page(unsigned d, unsigned n)
{
	struct page *page = env_pages[d][n];
	unsigned refs = (dead[d] ? 0 : 1) + count_slots(d, n) + count_active(d, n);

	if (d != 0) {
		enum p2m_type type = identity(d, n);

		assert_int_equal(p2m_lookup(D(0), IPA(page_phys(page).v)).type, type);
		refs += type != P2M_NONE;
	}
	/* a frame nobody holds belongs to nobody */
	if (refs == 0)
		assert_int_not_equal(page_owner(page), d);
	else
		assert_int_equal(page_refcount(page), refs);
}

static void check_pins(unsigned d, unsigned ref)
{
	const struct grant_active *a = grant_active(&D(d)->grant, 8 + ref);
	unsigned reads = 0, writes = 0;

	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct model_map *m = &maps[i];
		unsigned parts = (unsigned)__builtin_popcount(m->parts);

		if (m->used && m->granter == d && m->ref == ref)
			*(m->write ? &writes : &reads) += parts;
	}
	assert_true((a == NULL) == is_frame_gone(d));
	if (a == NULL)
		return;
	assert_int_equal(a->read_pins, reads);
	assert_int_equal(a->write_pins, writes);
	/* marks may be missing where the guest wiped them, but none stays when nothing is pinned */
	if (reads + writes == 0)
		assert_int_equal(marks_of(d, 8 + ref), 0);
}

static void check(void)
{
	for (unsigned d = 0; d < ENV_DOMAINS; d++) {
		for (unsigned i = 0; i < SLOTS; i++)
			check_slot(d, i);
		for (unsigned i = 0; i < PAGES; i++)
			check_page(d, i);
		for (unsigned i = 0; i < REFS; i++)
			check_pins(d, i);
	}
}

static void (*const steps[])(void) = {
	step_give,
	step_map,
	step_map,
	step_map,
	step_unmap,
	step_unmap,
	step_unmap,
	step_clear_slot,
	step_copy,
	step_kill,
};

static void episode(void)
{
	grant_env_init();
	translated = pick(2) != 0;
	grant_set_dma_translated(translated);
	memset(entries, 0, sizeof(entries));
	memset(maps, 0, sizeof(maps));
	memset(slots, 0, sizeof(slots));
	memset(dead, 0, sizeof(dead));
	for (unsigned i = 0; i < STEPS; i++) {
		steps[pick(ARRAY_SIZE(steps))]();
		check();
	}
	grant_env_free();
}

static void test_against_model(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EPISODES; i++)
		episode();
	assert_true(answers[-GNTST_okay] > 1000);
	assert_true(answers[-GNTST_general_error] > 1000);
	assert_true(answers[-GNTST_bad_page] > 100);
	assert_true(answers[-GNTST_bad_handle] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests_name("grant model", tests, NULL, NULL);
}
