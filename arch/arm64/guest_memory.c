/* SPDX-License-Identifier: Apache-2.0 */
/* Copying from and to a guest: its virtual addresses by its own tables, then its p2m, page by page. */
#include "arch/arm64/guest.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/p2m.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

#define PAR_F  BIT(0)
#define PAR_S  BIT(9) /* the fault was stage 2's, in the walk of stage 1 */
#define PAR_PA GENMASK(47, 12)

/* So often a walk may meet an entry that is being changed (break before make, core/p2m.h). */
#define TRANSLATE_TRIES 8

/* AT answers in PAR_EL1, which is the guest's: it may have been about to read it (Arm ARM D8.15). */
static uint64_t address_translate(gva_t va, bool write)
{
	uint64_t guest_par = guest_read_par();
	uint64_t par;

	if (write)
		__asm__ volatile("at s1e1w, %0" ::"r"(va.v));
	else
		__asm__ volatile("at s1e1r, %0" ::"r"(va.v));
	isb();
	par = guest_read_par();
	sysreg_write(par_el1, guest_par);
	return par;
}

int guest_translate(gva_t va, bool write, ipa_t *ipa)
{
	uint64_t par = address_translate(va, write);

	for (unsigned i = 1; i < TRANSLATE_TRIES && (par & PAR_F) && (par & PAR_S); i++) {
		(void)p2m_lookup(current_vcpu()->domain, IPA(0)); /* waits for a change under way */
		par = address_translate(va, write);
	}
	if (par & PAR_F)
		return -EFAULT;
	*ipa = IPA((par & PAR_PA) | (va.v & ~PAGE_MASK));
	return 0;
}

static size_t to_page_end(uint64_t address, size_t size)
{
	return MIN(size, (size_t)(PAGE_SIZE - (address & ~PAGE_MASK)));
}

/* Within one page. The frame is held while it is used, so it cannot become somebody else's. */
static int copy_page(struct domain *d, ipa_t ipa, void *buf, size_t size, bool write)
{
	struct page *page = p2m_get_page(d, IPA(ipa.v & PAGE_MASK), write, NULL);
	char *at;

	if (!page)
		return -EFAULT;
	at = (char *)page_virt(page) + (ipa.v & ~PAGE_MASK);
	if (write)
		memcpy(at, buf, size);
	else
		memcpy(buf, at, size);
	page_put(page);
	return 0;
}

static int copy_virt(void *buf, gva_t va, size_t size, bool write)
{
	struct domain *d = current_vcpu()->domain;

	while (size) {
		size_t part = to_page_end(va.v, size);
		ipa_t ipa;

		if (guest_translate(va, write, &ipa) || copy_page(d, ipa, buf, part, write))
			return -EFAULT;
		buf = (char *)buf + part;
		va.v += part;
		size -= part;
	}
	return 0;
}

static int copy_phys(struct domain *d, void *buf, ipa_t ipa, size_t size, bool write)
{
	while (size) {
		size_t part = to_page_end(ipa.v, size);

		if (copy_page(d, ipa, buf, part, write))
			return -EFAULT;
		buf = (char *)buf + part;
		ipa.v += part;
		size -= part;
	}
	return 0;
}

int guest_read(void *dst, gva_t src, size_t size)
{
	return copy_virt(dst, src, size, false);
}

int guest_write(gva_t dst, const void *src, size_t size)
{
	return copy_virt((void *)(uintptr_t)src, dst, size, true);
}

int guest_read_phys(struct domain *d, void *dst, ipa_t src, size_t size)
{
	return copy_phys(d, dst, src, size, false);
}

int guest_write_phys(struct domain *d, ipa_t dst, const void *src, size_t size)
{
	return copy_phys(d, (void *)(uintptr_t)src, dst, size, true);
}

uint64_t guest_context(void)
{
	return sysreg_read(sp_el1);
}
