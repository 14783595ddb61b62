/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's memory by guest-physical address in host tests: through its p2m, page by page. */
#include "core/arch.h"
#include "core/error.h"
#include "core/p2m.h"
#include "lib/string.h"

static int copy(struct domain *d, ipa_t ipa, void *host, size_t size, bool write)
{
	for (size_t done = 0; done < size;) {
		uint64_t at = ipa.v + done, offset = at & ~PAGE_MASK;
		size_t n = MIN(size - done, PAGE_SIZE - offset);
		struct page *page = p2m_get_page(d, IPA(at & PAGE_MASK), write, NULL);
		unsigned char *guest;

		if (!page)
			return -EFAULT;
		guest = (unsigned char *)page_virt(page) + offset;
		if (write)
			memcpy(guest, (unsigned char *)host + done, n);
		else
			memcpy((unsigned char *)host + done, guest, n);
		page_put(page);
		done += n;
	}
	return 0;
}

int guest_read_phys(struct domain *d, void *dst, ipa_t src, size_t size)
{
	return copy(d, src, dst, size, false);
}

int guest_write_phys(struct domain *d, ipa_t dst, const void *src, size_t size)
{
	return copy(d, dst, (void *)(uintptr_t)src, size, true);
}
