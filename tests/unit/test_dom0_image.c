/* SPDX-License-Identifier: Apache-2.0 */
/* Dom0's kernel and ramdisk into its first bank (the arm64 Image format, Linux's booting.rst). */
#include "tests/unit/boot_env.h"

#include "arch/arm64/dom0.h"
#include <arch/mm.h>

#define BANK    (HOST_RAM_BASE + MIB(1))
#define MODULE  (HOST_RAM_BASE + MIB(32))
#define INITRD  (HOST_RAM_BASE + MIB(40))
#define DTB_MAX KIB(100)

static struct dom0 dom0;
static uint8_t *kernel;

static void store(size_t at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		kernel[at + i] = (uint8_t)(value >> (8 * i));
}

/* A raw Image of `size` bytes that says of itself what it is told. */
static void image(uint64_t offset, uint64_t image_size, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		kernel[i] = (uint8_t)(i * 7);
	store(8, offset);
	store(16, image_size);
	store(24, 0xa); /* little-endian, 4 KiB pages, anywhere */
	memcpy(kernel + 56, "ARM\x64", 4);
	boot_info.modules[MODULE_KERNEL] = (struct boot_module){ PADDR(MODULE), size, NULL };
}

static int set_up(void **state)
{
	(void)state;
	memset(&boot_info, 0, sizeof(boot_info));
	memset(&dom0, 0, sizeof(dom0));
	host_ram_init(MIB(48));
	kernel = phys_to_virt(PADDR(MODULE));
	dom0.bank_count = 1;
	dom0.banks[0] = (struct page_range){ PADDR(BANK), MIB(24) };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_ram_free();
	return 0;
}

static void assert_kernel_at(uint64_t at, uint64_t size)
{
	assert_int_equal(dom0.entry, at);
	assert_memory_equal(phys_to_virt(PADDR(at)), kernel, size);
}

static void test_raw(void **state)
{
	uint8_t *initrd = phys_to_virt(PADDR(INITRD));

	(void)state;
	image(0, MIB(3), MIB(2));
	memset(initrd, 0x5a, 123457);
	boot_info.modules[MODULE_RAMDISK] = (struct boot_module){ PADDR(INITRD), 123457, NULL };
	dom0_load_images(&dom0, DTB_MAX);
	assert_kernel_at(HOST_RAM_BASE + MIB(2), MIB(2));
	/* Tree in 2 MiB of its own below the bank's end, ramdisk below it, neither over the kernel. */
	assert_int_equal(dom0.dtb % MIB(2), 0);
	assert_true(dom0.dtb + DTB_MAX <= BANK + MIB(24));
	assert_int_equal(dom0.initrd.size, 123457);
	assert_true(dom0.initrd.base.v + 123457 <= dom0.dtb);
	assert_true(dom0.initrd.base.v >= dom0.entry + MIB(3));
	assert_memory_equal(phys_to_virt(dom0.initrd.base), initrd, 123457);
}

static void test_text_offset(void **state)
{
	(void)state;
	image(0x80000, MIB(3), MIB(2));
	dom0_load_images(&dom0, DTB_MAX);
	assert_kernel_at(HOST_RAM_BASE + MIB(2) + 0x80000, MIB(2));
	assert_int_equal(dom0.initrd.size, 0);
}

/* A bank that is too small is passed over, of those that are all too small the largest is told. */
static void test_bank_that_fits(void **state)
{
	(void)state;
	image(0, MIB(3), MIB(2));
	dom0.bank_count = 2;
	dom0.banks[0] = (struct page_range){ PADDR(BANK), MIB(4) };
	dom0.banks[1] = (struct page_range){ PADDR(BANK + MIB(6)), MIB(20) };
	dom0_load_images(&dom0, DTB_MAX);
	assert_kernel_at(BANK + MIB(7), MIB(2));
	assert_true(dom0.dtb >= BANK + MIB(9) && dom0.dtb + DTB_MAX <= BANK + MIB(26));
	dom0.banks[1].size = MIB(5);
	expect_refusal("Dom0's 5 MiB in one piece are too small", dom0_load_images(&dom0, DTB_MAX));
}

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = ~UINT32_C(0);

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* RFC 1952 around stored blocks of RFC 1951, in place of the module. Returns what is packed, to be freed. */
static uint8_t *pack(uint64_t size)
{
	static const uint8_t header[10] = { 0x1f, 0x8b, 8 };
	uint8_t *plain = malloc(size), *to = kernel;
	uint32_t tail[2] = { 0, (uint32_t)size };

	memcpy(plain, kernel, size);
	tail[0] = crc32_of(plain, size);
	memcpy(to, header, sizeof(header));
	to += sizeof(header);
	for (uint64_t at = 0; at < size;) {
		uint16_t length = (uint16_t)(size - at < 65535 ? size - at : 65535);
		uint16_t lengths[2] = { length, (uint16_t)~length };

		*to++ = at + length == size;
		memcpy(to, lengths, 4);
		memcpy(to + 4, plain + at, length);
		to += 4 + length;
		at += length;
	}
	memcpy(to, tail, 8);
	boot_info.modules[MODULE_KERNEL].size = (uint64_t)(to + 8 - kernel);
	return plain;
}

static void test_gzip(void **state)
{
	(void)state;
	for (uint64_t offset = 0; offset <= 0x80000; offset += 0x80000) {
		uint8_t *plain;

		image(offset, MIB(3), MIB(2) + 5);
		plain = pack(MIB(2) + 5);
		dom0_load_images(&dom0, DTB_MAX);
		assert_int_equal(dom0.entry, HOST_RAM_BASE + MIB(2) + offset);
		assert_memory_equal(phys_to_virt(PADDR(dom0.entry)), plain, MIB(2) + 5);
		free(plain);
	}
}

static void refuse(const char *words)
{
	expect_refusal(words, dom0_load_images(&dom0, DTB_MAX));
}

static void test_no_kernel(void **state)
{
	(void)state;
	refuse("no kernel for Dom0");
	image(0, MIB(3), MIB(2));
	kernel[56] = 'X';
	refuse("no arm64 Image");
	image(0, MIB(3), 40); /* shorter than its header */
	refuse("no arm64 Image");
	image(0, MIB(3), MIB(2));
	kernel[24] |= 1;
	refuse("big-endian");
	image(0, 0, MIB(2));
	refuse("without image_size");
	image(0, MIB(3), MIB(2));
	memcpy(kernel, "MZ\0\0zimg", 8);
	refuse("EFI zboot");
	image(0, MIB(3), KIB(64));
	free(pack(KIB(64)));
	boot_info.modules[MODULE_KERNEL].size -= 100;
	refuse("gzip data is damaged");
}

static void test_no_room(void **state)
{
	(void)state;
	image(0, MIB(24), MIB(2));
	refuse("too small for its kernel");
	image(0, MIB(20), MIB(2)); /* fits alone */
	boot_info.modules[MODULE_RAMDISK] = (struct boot_module){ PADDR(INITRD), MIB(4), NULL };
	refuse("too small for its kernel and ramdisk");
	/* The file is longer than what it says it is. */
	dom0.banks[0].size = MIB(4);
	image(0, KIB(64), MIB(4));
	refuse("too small for its kernel");
	image(0x1ff000, KIB(64), MIB(2) + KIB(512));
	free(pack(MIB(2) + KIB(512)));
	refuse("too small for its kernel");
	dom0.banks[0].size = KIB(512); /* not one 2 MiB boundary in it */
	image(0, KIB(64), KIB(64));
	refuse("too small for its kernel");
}

/* Sums that wrap around would put it anywhere. */
static void test_wild_headers(void **state)
{
	static const uint64_t wild[][2] = {
		{ ~UINT64_C(0) - MIB(2) + 1, MIB(3) },
		{ ~UINT64_C(0), 1 },
		{ 0, ~UINT64_C(0) },
		{ 0, ~UINT64_C(0) - HOST_RAM_BASE },
		{ UINT64_C(1) << 63, UINT64_C(1) << 63 },
		{ MIB(2), MIB(3) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		image(wild[i][0], wild[i][1], KIB(64));
		refuse("cannot be right");
		free(pack(KIB(64)));
		refuse("cannot be right");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bank_that_fits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_offset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gzip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wild_headers, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
