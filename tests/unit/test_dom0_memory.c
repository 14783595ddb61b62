/* SPDX-License-Identifier: Apache-2.0 */
/* Dom0's RAM and the free guest-physical space around it, on machines whose memory is in pieces. */
#include "tests/unit/mem_env.h"

#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "arch/host/fake.h"
#include "core/options.h"
#include "core/printk.h"

#define RAM_SIZE  MIB(512)
#define FRAMES    (RAM_SIZE / PAGE_SIZE)
#define ALIGNMENT MIB(2)

/* What each frame from HOST_RAM_BASE on is. */
enum frame {
	HOLE,
	FREE,
	TAKEN, /* by the image or a module */
	RESERVED,
	BANK,
	REGION,
	GRANT,
};

static enum frame frames[FRAMES];
static struct dom0 dom0;
static uint64_t load_size;
static jmp_buf refused;

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static void come_back(void)
{
	longjmp(refused, 1);
}

static uint64_t at_mib(uint64_t mib)
{
	return HOST_RAM_BASE + MIB(mib);
}

static void mark(uint64_t base, uint64_t size, enum frame from, enum frame to)
{
	for (uint64_t at = base; at < base + size; at += PAGE_SIZE) {
		enum frame *frame = &frames[(at - HOST_RAM_BASE) / PAGE_SIZE];

		assert_true(at >= HOST_RAM_BASE && at < HOST_RAM_BASE + RAM_SIZE);
		if (from && *frame != from)
			fail_msg("%#llx is %d, not %d", (unsigned long long)at, *frame, from);
		*frame = to;
	}
}

static void ram(uint64_t base, uint64_t size)
{
	boot_info.ram[boot_info.ram_count++] = (struct page_range){ PADDR(base), size };
	mark(base, size, HOLE, FREE);
}

static void reserved(uint64_t base, uint64_t size)
{
	boot_info.reserved[boot_info.reserved_count++] = (struct page_range){ PADDR(base), size };
	mark(base, size, HOLE, RESERVED);
}

static void begin(void)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(&dom0, 0, sizeof(dom0));
	memset(frames, 0, sizeof(frames));
	env_reset_domains(0);
	dom0.domain = &env_domains[0];
	host_noreturn_hook = come_back;
	host_ram_init(RAM_SIZE);
}

/* False: refused. */
static bool build(uint64_t dom0_mem, const struct page_range *taken, size_t taken_count)
{
	struct page_range all[64];
	size_t count = 0;

	for (; count < taken_count; count++) {
		all[count] = taken[count];
		mark(taken[count].base.v, taken[count].size, HOLE, TAKEN);
	}
	for (size_t i = 0; i < boot_info.reserved_count; i++)
		all[count++] = boot_info.reserved[i];
	assert_int_equal(page_init(boot_info.ram, boot_info.ram_count, all, count), 0);
	p2m_setup(PADDR(HOST_RAM_BASE + RAM_SIZE));
	assert_int_equal(p2m_init(dom0.domain), 0);
	options.dom0_mem = (struct option_size){ true, (int64_t)dom0_mem };
	if (setjmp(refused))
		return false;
	dom0_allocate_memory(&dom0, load_size);
	return true;
}

static void end(void)
{
	host_ram_free();
}

static void check_banks(uint64_t dom0_mem)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < dom0.bank_count; i++) {
		const struct page_range *bank = &dom0.banks[i];

		mark(bank->base.v, bank->size, FREE, BANK);
		for (uint64_t at = 0; at < bank->size; at += PAGE_SIZE) {
			struct p2m_entry entry = p2m_lookup(dom0.domain, IPA(bank->base.v + at));

			assert_int_equal(entry.type, P2M_RAM);
			assert_int_equal(entry.pa.v, bank->base.v + at);
		}
		/* Sorted, and what touches is one. */
		if (i > 0)
			assert_true(bank[-1].base.v + bank[-1].size < bank->base.v);
		sum += bank->size;
	}
	assert_int_equal(sum, dom0_mem);
	assert_int_equal(atomic_load(&dom0.domain->tot_pages), dom0_mem / PAGE_SIZE);
}

/* Free space is the host's RAM, whoever uses that: but not what Dom0 has at that address. */
static void check_region(const struct page_range *region, enum frame to)
{
	assert_int_equal(region->base.v % ALIGNMENT, 0);
	assert_int_equal(region->size % ALIGNMENT, 0);
	mark(region->base.v, region->size, FREE, to);
}

static void check_regions(void)
{
	unsigned run = 0;

	assert_int_equal(dom0.grant_region.size, MIB(2));
	check_region(&dom0.grant_region, GRANT);
	for (size_t i = 0; i < dom0.region_count; i++) {
		assert_true(dom0.regions[i].size >= MIB(64));
		check_region(&dom0.regions[i], REGION);
	}
	/* Nothing large is left out: 64 MiB with 2 MiB to align at either end. */
	for (unsigned i = 0; i < FRAMES; i++) {
		run = frames[i] == FREE ? run + 1 : 0;
		if (run >= MIB(68) / PAGE_SIZE && dom0.region_count < DOM0_REGIONS_MAX)
			fail_msg("free up to %#llx",
					(unsigned long long)(HOST_RAM_BASE + i * PAGE_SIZE));
	}
}

static void check(uint64_t dom0_mem)
{
	check_banks(dom0_mem);
	/* What only Graft has is free space for Dom0. */
	for (unsigned i = 0; i < FRAMES; i++)
		if (frames[i] == TAKEN)
			frames[i] = FREE;
	check_regions();
}

static void test_one_bank(void **state)
{
	struct page_range taken = { PADDR(at_mib(40)), MIB(3) };

	(void)state;
	begin();
	mark(taken.base.v, taken.size, HOLE, HOLE);
	ram(HOST_RAM_BASE, MIB(256));
	mark(taken.base.v, taken.size, FREE, HOLE);
	assert_true(build(MIB(32), &taken, 1));
	check(MIB(32));
	assert_int_equal(dom0.bank_count, 1);
	assert_int_equal(dom0.banks[0].base.v, HOST_RAM_BASE);
	end();
}

/* A size that is no multiple of 2 MiB comes out to the page. */
static void test_exact_sizes(void **state)
{
	static const uint64_t sizes[] = { PAGE_SIZE, 3 * PAGE_SIZE, MIB(2) - PAGE_SIZE, MIB(2),
		MIB(2) + PAGE_SIZE, MIB(31) + KIB(36) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin();
		ram(HOST_RAM_BASE, MIB(128));
		assert_true(build(sizes[i], NULL, 0));
		check(sizes[i]);
		end();
	}
}

/* Reserved memory is mapped for Dom0 where it lies: no page of another domain may come there. */
static void test_reserved_is_not_free(void **state)
{
	(void)state;
	begin();
	ram(HOST_RAM_BASE, MIB(400));
	mark(at_mib(200), MIB(1), FREE, HOLE);
	reserved(at_mib(200), MIB(1));
	mark(at_mib(64), MIB(2), FREE, HOLE);
	reserved(at_mib(64), MIB(2));
	assert_true(build(MIB(16), NULL, 0));
	check(MIB(16));
	assert_int_equal(dom0.region_count, 2);
	end();
}

static void test_refusals(void **state)
{
	(void)state;
	begin();
	ram(HOST_RAM_BASE, MIB(16));
	assert_false(build(MIB(16), NULL, 0));
	if (!strstr(host_refusal, "dom0_mem: 16 MiB asked for"))
		fail_msg("%s", host_refusal);
	end();
	/* Nothing left for the grant table. */
	begin();
	ram(HOST_RAM_BASE, MIB(5));
	assert_false(build(MIB(2) + KIB(1024), NULL, 0));
	assert_non_null(strstr(host_refusal, "dom0_mem: no 2 MiB of the host's RAM are left"));
	end();
}

/*
 * Crumbs at the bottom, then 132 and 190 MiB at odd addresses: neither holds an aligned block of 128 MiB, but
 * Dom0 has one piece of that size, of what kernel and ramdisk need, and takes crumbs only when nothing else is left.
 */
static void test_first_bank(void **state)
{
	static const struct {
		uint64_t dom0_mem, load_size, base, size;
		unsigned banks;
	} cases[] = {
		{ MIB(130), MIB(20), MIB(34), MIB(130), 1 },
		{ MIB(180), MIB(150), MIB(210), MIB(180), 1 },
		{ MIB(340), MIB(150), MIB(210), MIB(190), 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool found = false;
		uint64_t sum = 0;

		begin();
		for (unsigned crumb = 0; crumb < 3; crumb++)
			ram(at_mib(8 * crumb), MIB(6));
		ram(at_mib(34), MIB(132));
		ram(at_mib(210), MIB(190));
		ram(at_mib(440), MIB(4));
		load_size = cases[i].load_size;
		assert_true(build(cases[i].dom0_mem, NULL, 0));
		load_size = 0;
		assert_int_equal(dom0.bank_count, cases[i].banks);
		for (size_t bank = 0; bank < dom0.bank_count; bank++) {
			found |= dom0.banks[bank].base.v == HOST_RAM_BASE + cases[i].base &&
			         dom0.banks[bank].size == cases[i].size;
			sum += dom0.banks[bank].size;
		}
		assert_true(found);
		assert_int_equal(sum, cases[i].dom0_mem);
		end();
	}
}

/* More pieces than Dom0's tree may name: every other 2 MiB is taken. */
static void test_many_pieces(void **state)
{
	struct page_range taken[40];

	(void)state;
	for (unsigned pieces = 8; pieces <= 36; pieces += 28) {
		begin();
		ram(HOST_RAM_BASE, MIB(160));
		for (unsigned i = 0; i < 39; i++) {
			taken[i] = (struct page_range){ PADDR(at_mib(4 * i + 2)), MIB(2) };
			mark(taken[i].base.v, MIB(2), FREE, HOLE);
		}
		if (build(MIB(2 * pieces), taken, 39)) {
			assert_int_equal(pieces, 8);
			assert_int_equal(dom0.bank_count, 8);
			check(MIB(2 * pieces));
		} else {
			assert_int_equal(pieces, 36);
			assert_non_null(strstr(host_refusal, "more than 32 pieces"));
		}
		end();
	}
}

/* Any RAM, any holes, any size. */
static void test_random(void **state)
{
	unsigned built = 0;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		struct page_range taken[8];
		size_t taken_count = 0;
		uint64_t at = HOST_RAM_BASE, size, stop;
		uint64_t dom0_mem = PAGE_SIZE * (1 + env_random(MIB(40) / PAGE_SIZE));

		begin();
		for (unsigned bank = 0; bank < 3; bank++) {
			at += PAGE_SIZE * (1 + env_random(MIB(20) / PAGE_SIZE));
			size = PAGE_SIZE * (1 + env_random(MIB(140) / PAGE_SIZE));
			ram(at, size);
			stop = at + size;
			/* Some of it taken, some reserved. */
			while (taken_count < ARRAY_SIZE(taken)) {
				uint64_t hole = PAGE_SIZE * (1 + env_random(MIB(30) / PAGE_SIZE));

				at += PAGE_SIZE * (1 + env_random(MIB(40) / PAGE_SIZE));
				if (at + hole >= stop)
					break;
				mark(at, hole, FREE, HOLE);
				if (env_random(2))
					reserved(at, hole);
				else
					taken[taken_count++] =
							(struct page_range){ PADDR(at), hole };
				at += hole;
			}
			at = stop;
		}
		if (build(dom0_mem, taken, taken_count)) {
			check(dom0_mem);
			built++;
		}
		end();
	}
	assert_true(built > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_bank),
		cmocka_unit_test(test_exact_sizes),
		cmocka_unit_test(test_reserved_is_not_free),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_first_bank),
		cmocka_unit_test(test_many_pieces),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
