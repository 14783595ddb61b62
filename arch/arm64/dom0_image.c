/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel (arm64 Image, raw or gzip) and ramdisk into Dom0's RAM (Linux's arm64 booting.rst). */
#include "arch/arm64/boot.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "core/arch.h"
#include "core/printk.h"
#include "lib/inflate.h"
#include "lib/string.h"
#include <arch/mm.h>

struct image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe_offset;
};

#define IMAGE_MAGIC     UINT32_C(0x644d5241) /* "ARM\x64" */
#define FLAG_BIG_ENDIAN BIT(0)
#define IMAGE_ALIGN     MIB(2)
#define BSS_USUAL       MIB(16) /* of a kernel beyond what is packed */
#define DTB_ALIGN       MIB(2) /* so that one 2 MiB block of the guest's boot tables shows it */

static const void *module_data(const struct boot_module *module)
{
	return phys_to_virt(module->base);
}

static bool is_zboot(const void *data, uint64_t size)
{
	return size > 8 && memcmp(data, "MZ", 2) == 0 &&
	       memcmp((const char *)data + 4, "zimg", 4) == 0;
}

static void check_header(const struct image_header *header, uint64_t size)
{
	if (size < sizeof(*header) || header->magic != IMAGE_MAGIC)
		boot_refuse("Dom0's kernel is no arm64 Image (raw or gzip): the multiboot,kernel module is something else");
	if (header->flags & FLAG_BIG_ENDIAN)
		boot_refuse("Dom0's kernel is big-endian: only little-endian ones are supported");
	if (!header->image_size)
		boot_refuse("Dom0's kernel has an Image header without image_size: older than Linux 3.17");
	/* No sum of the two and of an address may wrap; the boot protocol has an offset below 2 MiB. */
	if (header->text_offset >= IMAGE_ALIGN || header->image_size > GIB(1))
		boot_refuse("Dom0's kernel has an Image header that cannot be right: offset %#llx, size %#llx",
				(unsigned long long)header->text_offset,
				(unsigned long long)header->image_size);
}

/* Where the kernel goes in the bank, its unpacked header read. */
static uint64_t place_kernel(const struct page_range *load_bank, const struct image_header *header,
		uint64_t *end)
{
	uint64_t base = ALIGN_UP(load_bank->base.v, IMAGE_ALIGN) + header->text_offset;

	*end = base + header->image_size;
	return base;
}

static uint64_t room(const struct page_range *load_bank, uint64_t from)
{
	uint64_t end = load_bank->base.v + load_bank->size;

	return from < end ? end - from : 0;
}

static void require_room(
		const struct page_range *load_bank, uint64_t from, uint64_t size, const char *what)
{
	if (size > room(load_bank, from))
		boot_refuse("dom0_mem: Dom0's %llu MiB in one piece are too small for its %s",
				(unsigned long long)(load_bank->size >> 20), what);
}

/* Unpacked to where it will stay; only a kernel with a text offset (before Linux 5.8) has to move. */
static uint64_t load_gzip(
		const struct page_range *load_bank, const struct boot_module *module, uint64_t *end)
{
	uint64_t base = ALIGN_UP(load_bank->base.v, IMAGE_ALIGN);
	char *to = phys_to_virt(PADDR(base));
	const struct image_header *header = (const struct image_header *)to;
	int64_t size = gzip_unpack(to, room(load_bank, base), module_data(module), module->size);
	uint64_t offset;

	if (size < 0)
		boot_refuse("Dom0's kernel: the gzip data is damaged, or unpacked it does not fit into Dom0's %llu MiB in one piece",
				(unsigned long long)(load_bank->size >> 20));
	check_header(header, (uint64_t)size);
	base = place_kernel(load_bank, header, end);
	require_room(load_bank, base, MAX(*end - base, (uint64_t)size), "kernel");
	offset = header->text_offset;
	if (offset)
		memmove(to + offset, to, (size_t)size);
	return base;
}

static uint64_t load_raw(
		const struct page_range *load_bank, const struct boot_module *module, uint64_t *end)
{
	const struct image_header *header = module_data(module);
	uint64_t base;

	check_header(header, module->size);
	base = place_kernel(load_bank, header, end);
	require_room(load_bank, base, MAX(*end - base, module->size), "kernel");
	memcpy(phys_to_virt(PADDR(base)), header, module->size);
	return base;
}

static uint64_t load_kernel(struct dom0 *dom0, const struct page_range *load_bank)
{
	const struct boot_module *module = &boot_info.modules[MODULE_KERNEL];
	uint64_t end;

	if (!module->size)
		boot_refuse("no kernel for Dom0: /chosen has no module compatible with multiboot,kernel or xen,linux-zimage");
	if (is_zboot(module_data(module), module->size))
		boot_refuse("Dom0's kernel is an EFI zboot image: give Graft the Image that is packed in it");
	if (gzip_is_member(module_data(module), module->size))
		dom0->entry = load_gzip(load_bank, module, &end);
	else
		dom0->entry = load_raw(load_bank, module, &end);
	return end;
}

/* Bytes of memory that the kernel takes from an aligned address on, as far as it tells before it is unpacked. */
static uint64_t kernel_size(const struct boot_module *module)
{
	const struct image_header *header = module_data(module);
	uint32_t unpacked;

	if (module->size < sizeof(*header))
		return 0; /* refused later */
	if (gzip_is_member(header, module->size)) {
		memcpy(&unpacked, (const char *)module_data(module) + module->size - 4, 4);
		return unpacked + BSS_USUAL;
	}
	return header->image_size <= GIB(1) ? IMAGE_ALIGN + MAX(header->image_size, module->size)
	                                    : 0;
}

uint64_t dom0_image_load_size(size_t dtb_max)
{
	/* IMAGE_ALIGN: a bank may begin anywhere. */
	return IMAGE_ALIGN + kernel_size(&boot_info.modules[MODULE_KERNEL]) +
	       boot_info.modules[MODULE_RAMDISK].size + dtb_max + 2 * DTB_ALIGN;
}

static const struct page_range *find_load_bank(const struct dom0 *dom0, uint64_t size)
{
	const struct page_range *largest = &dom0->banks[0];

	for (size_t i = 0; i < dom0->bank_count && largest->size < size; i++) {
		if (dom0->banks[i].size > largest->size)
			largest = &dom0->banks[i];
	}
	return largest;
}

/* Ramdisk and tree go to the end of the bank, the tree highest, clear of the kernel. */
void dom0_load_images(struct dom0 *dom0, size_t dtb_max)
{
	const struct boot_module *module = &boot_info.modules[MODULE_RAMDISK];
	const struct page_range *load_bank = find_load_bank(dom0, dom0_image_load_size(dtb_max));
	uint64_t kernel_end = load_kernel(dom0, load_bank);
	uint64_t bank_end = load_bank->base.v + load_bank->size;
	uint64_t need = module->size + dtb_max + 2 * DTB_ALIGN;

	require_room(load_bank, kernel_end, need, "kernel and ramdisk");
	dom0->dtb = ALIGN_DOWN(bank_end - dtb_max, DTB_ALIGN);
	dom0->initrd.size = module->size;
	if (module->size) {
		dom0->initrd.base = PADDR(ALIGN_DOWN(dom0->dtb - module->size, PAGE_SIZE));
		memcpy(phys_to_virt(dom0->initrd.base), module_data(module), module->size);
		arch_cache_clean(phys_to_virt(dom0->initrd.base), module->size);
	}
	arch_cache_clean(phys_to_virt(PADDR(dom0->entry)), kernel_end - dom0->entry);
}
