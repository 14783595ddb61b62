/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the virtual GIC: every offset in every width against a model that knows the architecture's
 * map of registers but nothing of rows and fields (IHI 0069 12.8 to 12.11).
 */
#include "tests/unit/vgic_env_ops.h"

#include "arch/arm64/vgic_priv.h"

#define INTIDS (32 + ENV_SPIS)

/* One interrupt each; private ones once per vCPU. */
struct model_irq {
	bool enabled, pending, active, group1, edge;
	uint8_t priority;
	uint64_t route;
};

static struct model_irq model_spis[INTIDS], model_private[ENV_VCPUS][32];
static uint32_t model_ctlr;
static bool model_awake[ENV_VCPUS];

static uint32_t random_u32(void)
{
	static uint64_t state = 88172645463325252U;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

/* NULL: there is no such interrupt in this frame. owner < 0: the distributor's. */
static struct model_irq *model_irq(int owner, unsigned intid)
{
	if (owner >= 0)
		return intid < 32 ? &model_private[owner][intid] : NULL;
	return intid >= 32 && intid < INTIDS ? &model_spis[intid] : NULL;
}

static void model_init(void)
{
	memset(model_spis, 0, sizeof(model_spis));
	memset(model_private, 0, sizeof(model_private));
	memset(model_awake, 0, sizeof(model_awake));
	model_ctlr = 0;
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		for (unsigned n = 0; n < 16; n++)
			model_private[i][n].edge = true;
}

static bool bank(uint32_t offset, uint32_t from, uint32_t bytes, uint32_t *byte)
{
	*byte = offset - from;
	return offset >= from && offset < from + bytes;
}

static bool *model_flag(struct model_irq *irq, uint32_t reg)
{
	switch (reg) {
	case 0x080:
		return &irq->group1;
	case 0x100:
	case 0x180:
		return &irq->enabled;
	case 0x200:
	case 0x280:
		return &irq->pending;
	default:
		return &irq->active;
	}
}

/* Registers of one bit per interrupt; offset from the start of the frame that has them. */
static uint32_t model_read_bits(int owner, uint32_t offset)
{
	uint32_t value = 0, reg = offset & ~0x7fU;

	for (unsigned i = 0; i < 32; i++) {
		struct model_irq *irq = model_irq(owner, (offset & 0x7f) * 8 + i);

		if (irq && *model_flag(irq, reg))
			value |= UINT32_C(1) << i;
	}
	return value;
}

static void model_write_bits(int owner, uint32_t offset, uint32_t value)
{
	uint32_t reg = offset & ~0x7fU;
	bool clears = reg == 0x180 || reg == 0x280 || reg == 0x380;

	for (unsigned i = 0; i < 32; i++) {
		struct model_irq *irq = model_irq(owner, (offset & 0x7f) * 8 + i);
		bool bit = value >> i & 1;

		if (irq && reg == 0x080)
			irq->group1 = bit;
		else if (irq && bit)
			*model_flag(irq, reg) = !clears;
	}
}

/* Registers per interrupt, as a 4-byte register or (priorities) a byte. False: none is there. */
static bool model_read_irq(int owner, uint32_t offset, unsigned size, uint64_t *value)
{
	uint32_t byte;

	*value = 0;
	if (bank(offset, 0x400, 0x400, &byte) && (size == 1 || size == 4)) {
		for (unsigned i = 0; i < size; i++)
			if (model_irq(owner, byte + i))
				*value |= (uint64_t)model_irq(owner, byte + i)->priority << i * 8;
		return true;
	}
	if (size != 4)
		return false;
	if (bank(offset, 0x80, 0x380, &byte)) {
		*value = model_read_bits(owner, offset);
		return true;
	}
	if (!bank(offset, 0xc00, 0x100, &byte))
		return false;
	for (unsigned i = 0; i < 16; i++)
		if (model_irq(owner, byte * 4 + i) && model_irq(owner, byte * 4 + i)->edge)
			*value |= UINT64_C(2) << i * 2;
	return true;
}

static void model_write_irq(int owner, uint32_t offset, unsigned size, uint64_t value)
{
	uint32_t byte;

	if (bank(offset, 0x400, 0x400, &byte) && (size == 1 || size == 4)) {
		for (unsigned i = 0; i < size; i++)
			if (model_irq(owner, byte + i))
				model_irq(owner, byte + i)->priority = value >> i * 8 & 0xf8;
	} else if (size == 4 && bank(offset, 0x80, 0x380, &byte)) {
		model_write_bits(owner, offset, (uint32_t)value);
	} else if (size == 4 && owner < 0 && bank(offset, 0xc00, 0x100, &byte)) {
		for (unsigned i = 0; i < 16; i++)
			if (model_irq(owner, byte * 4 + i))
				model_irq(owner, byte * 4 + i)->edge = value >> i * 2 & 2;
	}
}

static uint64_t model_read_dist(uint32_t offset, unsigned size)
{
	uint64_t value;
	uint32_t byte;

	if (offset % size)
		return 0;
	if (size == 4 && offset == 0)
		return model_ctlr | 0x50;
	if (size == 4 && offset == 4)
		return 9 << 19 | (INTIDS / 32 - 1);
	if (size == 4 && offset == 8)
		return VGIC_IIDR;
	if (size == 4 && offset == 0xffe8)
		return 0x3b;
	if ((size == 4 || size == 8) && bank(offset, 0x6000, 0x2000, &byte)) {
		struct model_irq *irq = model_irq(-1, byte / 8);

		value = irq ? irq->route >> byte % 8 * 8 : 0;
		return size == 4 ? (uint32_t)value : value;
	}
	return model_read_irq(-1, offset, size, &value) ? value : 0;
}

static void model_write_dist(uint32_t offset, unsigned size, uint64_t value)
{
	uint32_t byte;

	if (offset % size)
		return;
	if (size == 4 && offset == 0)
		model_ctlr = value & 3;
	if ((size == 4 || size == 8) && bank(offset, 0x6000, 0x2000, &byte)) {
		struct model_irq *irq = model_irq(-1, byte / 8);

		if (!irq)
			return;
		if (size == 4 && byte % 8)
			value = value << 32 | (uint32_t)irq->route;
		else if (size == 4)
			value = (irq->route & ~UINT64_C(0xffffffff)) | (uint32_t)value;
		irq->route = value & UINT64_C(0xff80ffffff);
		return;
	}
	model_write_irq(-1, offset, size, value);
}

static uint64_t model_read_rdist(unsigned owner, uint32_t offset, unsigned size)
{
	uint64_t typer = (uint64_t)owner << 32 | owner << 8 | (owner == ENV_VCPUS - 1 ? 0x10 : 0);
	uint64_t value;

	if (offset % size)
		return 0;
	if (size == 4 && offset == 4)
		return VGIC_IIDR;
	if (size == 8 && offset == 8)
		return typer;
	if (size == 4 && (offset == 8 || offset == 12))
		return (uint32_t)(typer >> (offset - 8) * 8);
	if (size == 4 && offset == 0x14)
		return model_awake[owner] ? 0 : 6;
	if (size == 4 && offset == 0xffe8)
		return 0x3b;
	if (offset < 0x10000)
		return 0;
	return model_read_irq((int)owner, offset - 0x10000, size, &value) ? value : 0;
}

static void model_write_rdist(unsigned owner, uint32_t offset, unsigned size, uint64_t value)
{
	if (offset % size)
		return;
	if (size == 4 && offset == 0x14)
		model_awake[owner] = !(value & 2);
	if (offset >= 0x10000)
		model_write_irq((int)owner, offset - 0x10000, size, value);
}

static uint64_t model_read(uint64_t at, unsigned size)
{
	uint64_t rdist = at - ENV_RDIST;

	if (at < ENV_DIST + VGIC_DIST_SIZE)
		return model_read_dist((uint32_t)(at - ENV_DIST), size);
	return model_read_rdist((unsigned)(rdist / VGIC_RDIST_SIZE),
			(uint32_t)(rdist % VGIC_RDIST_SIZE), size);
}

static void model_write(uint64_t at, unsigned size, uint64_t value)
{
	uint64_t rdist = at - ENV_RDIST;

	if (at < ENV_DIST + VGIC_DIST_SIZE)
		model_write_dist((uint32_t)(at - ENV_DIST), size, value);
	else
		model_write_rdist((unsigned)(rdist / VGIC_RDIST_SIZE),
				(uint32_t)(rdist % VGIC_RDIST_SIZE), size, value);
}

static void write_both(uint64_t at, unsigned size, uint64_t value)
{
	env_write(&env_v[random_u32() % ENV_VCPUS], at, size, value);
	model_write(at, size, size == 8 ? value : value & ((UINT64_C(1) << size * 8) - 1));
}

static void compare(uint64_t at, unsigned size)
{
	uint64_t is = env_read(&env_v[random_u32() % ENV_VCPUS], at, size);
	uint64_t should = model_read(at, size);

	if (is != should)
		fail_msg("%u bytes at %#llx: %#llx, should be %#llx", size, (unsigned long long)at,
				(unsigned long long)is, (unsigned long long)should);
}

static void compare_frame(uint64_t base, uint64_t bytes)
{
	for (unsigned size = 1; size <= 8; size *= 2)
		for (uint64_t at = base; at < base + bytes; at++)
			compare(at, size);
}

/* Not aligned accesses too: they read zero. */
static void compare_all(void)
{
	compare_frame(ENV_DIST, VGIC_DIST_SIZE);
	compare_frame(ENV_RDIST, ENV_VCPUS * VGIC_RDIST_SIZE);
}

/* Half of them where interrupts have their registers, the rest anywhere. */
static uint64_t random_address(void)
{
	uint64_t frame = random_u32() % (1 + 2 * ENV_VCPUS);
	uint64_t base = frame ? ENV_RDIST + (frame - 1) * 0x10000 : ENV_DIST;

	switch (random_u32() % 4) {
	case 0:
		return base + random_u32() % 0x10000;
	case 1:
		return ENV_DIST + 0x6000 + random_u32() % (INTIDS * 8 + 16);
	default:
		return base + random_u32() % 0xd00;
	}
}

static void test_reset_state(void **state)
{
	(void)state;
	env_init(4);
	model_init();
	compare_all();
	env_free();
}

static void test_random_accesses(void **state)
{
	(void)state;
	env_init(4);
	model_init();
	for (unsigned i = 0; i < 300000; i++) {
		unsigned size = 1U << random_u32() % 4;
		uint64_t at = random_address();

		if (random_u32() % 4)
			at &= ~(uint64_t)(size - 1);
		if (random_u32() % 2)
			write_both(at, size, (uint64_t)random_u32() << 32 | random_u32());
		compare(at, size);
	}
	compare_all();
	env_free();
}

static bool is_catch_all(const struct vgic_reg *row, uint32_t frame)
{
	return row->offset == 0 && row->size == frame;
}

static void check_row(const struct vgic_reg *row, const struct vgic_reg *next, uint32_t frame)
{
	assert_true(row->size > 0 && row->offset + row->size <= frame);
	assert_true(row->widths && row->bits);
	assert_int_equal(row->size * 8 % row->bits, 0);
	assert_false(row->get && row->irq_get);
	assert_true(row->get || row->irq_get || (!row->set && !row->irq_set));
	for (; !is_catch_all(next, frame); next++)
		assert_true(row->offset + row->size <= next->offset ||
				next->offset + next->size <= row->offset);
}

/* No row runs into another, each has a width that fits its fields, and the last takes what is left. */
static void check_rows(const struct vgic_reg *row, uint32_t frame)
{
	for (; !is_catch_all(row, frame); row++)
		check_row(row, row + 1, frame);
	assert_null(row->get);
	assert_null(row->set);
	assert_null(row->irq_get);
	assert_null(row->irq_set);
}

static void test_rows(void **state)
{
	(void)state;
	check_rows(vgic_dist_regs, VGIC_DIST_SIZE);
	check_rows(vgic_rdist_regs, VGIC_RDIST_SIZE);
}

static void test_edges_of_frames(void **state)
{
	uint64_t value;

	(void)state;
	env_init(4);
	assert_false(vgic_mmio_read(&env_v[0], IPA(ENV_DIST - 4), 4, &value));
	assert_false(vgic_mmio_read(&env_v[0], IPA(ENV_DIST + VGIC_DIST_SIZE), 4, &value));
	assert_false(vgic_mmio_write(&env_v[0], IPA(ENV_RDIST - 4), 4, 0));
	assert_false(vgic_mmio_write(
			&env_v[0], IPA(ENV_RDIST + ENV_VCPUS * VGIC_RDIST_SIZE), 4, 0));
	assert_true(vgic_mmio_write(
			&env_v[0], IPA(ENV_RDIST + ENV_VCPUS * VGIC_RDIST_SIZE - 4), 4, 0));
	env_free();
}

/* Redistributors in three places, the last one larger than what is left; ends and neighbours of each. */
static void test_windows(void **state)
{
	static const struct vgic_window windows[] = {
		{ IPA(ENV_RDIST), 0, 1 },
		{ IPA(0x40000000), 1, 3 },
		{ IPA(0x20000000), 3, 9 },
	};
	static const uint64_t typers[] = {
		UINT64_C(0) << 32 | 0 << 8 | 0x10,
		UINT64_C(1) << 32 | 1 << 8,
		UINT64_C(2) << 32 | 2 << 8 | 0x10,
		UINT64_C(3) << 32 | 3 << 8 | 0x10,
	};
	static const uint64_t at[] = { ENV_RDIST, 0x40000000, 0x40020000, 0x20000000 };
	uint64_t value;

	(void)state;
	env_init(4);
	vgic_set_windows(&env_d, windows, ARRAY_SIZE(windows));
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(env_read(&env_v[0], at[i] + 8, 8), typers[i]);
		env_write(&env_v[0], at[i] + 0x14, 4, 0);
		assert_true(env_v[i].arch.vgic.rdist_awake);
		assert_true(vgic_mmio_read(&env_v[0], IPA(at[i] + VGIC_RDIST_SIZE - 4), 4, &value));
		assert_true(vgic_overlaps(&env_d, IPA(at[i] + VGIC_RDIST_SIZE - 4), 4));
		assert_true(vgic_overlaps(&env_d, IPA(at[i] - 4), 8));
		if (i == 1)
			continue; /* the next one is right behind it */
		assert_false(vgic_mmio_read(&env_v[0], IPA(at[i] + VGIC_RDIST_SIZE), 4, &value));
		assert_false(vgic_overlaps(&env_d, IPA(at[i] + VGIC_RDIST_SIZE), 4));
	}
	assert_false(vgic_mmio_read(&env_v[0], IPA(0x40000000 - 4), 4, &value));
	assert_false(vgic_overlaps(&env_d, IPA(0x20000000 - 4), 4));
	env_free();
}

/* A slot whose vCPU has not been made yet: there, but empty. */
static void test_missing_vcpu(void **state)
{
	uint64_t at = ENV_RDIST + 2 * VGIC_RDIST_SIZE;

	(void)state;
	env_init(4);
	env_vcpus[2] = NULL;
	env_write(&env_v[0], at + 0x14, 4, 0);
	assert_int_equal(env_read(&env_v[0], at + 8, 8), 0);
	assert_int_equal(env_read(&env_v[0], at + 0xffe8, 4), 0);
	env_vcpus[2] = &env_v[2];
	assert_int_equal(env_read(&env_v[0], at + 0x14, 4), 6);
	env_free();
}

static void test_spi_counts(void **state)
{
	static const struct {
		unsigned wanted, count, lines;
	} cases[] = { { 0, 0, 0 }, { 1, 32, 1 }, { 32, 32, 1 }, { 33, 64, 2 }, { 961, 988, 31 },
		{ 988, 988, 31 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		env_init(4);
		vgic_free_domain(&env_d);
		assert_int_equal(vgic_init_domain(&env_d, cases[i].wanted, IPA(ENV_DIST),
						 IPA(ENV_RDIST)),
				0);
		vgic_init_vcpu(&env_v[0]);
		assert_int_equal(env_d.arch.vgic.spi_count, cases[i].count);
		assert_int_equal(env_read(&env_v[0], ENV_DIST + 4, 4) & 0x1f, cases[i].lines);
		env_write(&env_v[0], ENV_DIST + 0x100 + 31 * 4, 4, UINT32_MAX);
		assert_int_equal(env_read(&env_v[0], ENV_DIST + 0x100 + 31 * 4, 4),
				cases[i].count == 988 ? 0x0fffffff : 0);
		env_free();
	}
	assert_int_equal(vgic_init_domain(&env_d, 989, IPA(ENV_DIST), IPA(ENV_RDIST)), -EINVAL);
}

static void test_no_memory(void **state)
{
	(void)state;
	env_init(4);
	env_free();
	host_fail_at = 1;
	assert_int_equal(vgic_init_domain(&env_d, 32, IPA(ENV_DIST), IPA(ENV_RDIST)), -ENOMEM);
	vgic_free_domain(&env_d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_reset_state),
		cmocka_unit_test(test_random_accesses),
		cmocka_unit_test(test_edges_of_frames),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_missing_vcpu),
		cmocka_unit_test(test_spi_counts),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("vgic registers", tests, NULL, NULL);
}
