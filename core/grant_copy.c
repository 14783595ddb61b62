/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between pages that were granted or are one's own, and cache maintenance of them. */
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/grant_identity.h"
#include "core/page.h"
#include "lib/string.h"

/* An end that is open: the frame is held, by the pin or by ourselves. */
struct open_end {
	struct grant_pin pin;
	struct page *page;
	bool own;
};

static int open_own(struct domain *d, uint64_t gfn, struct open_end *end)
{
	enum p2m_type type = P2M_NONE;

	end->own = true;
	end->page = p2m_get_page(d, ipa_of_gfn(gfn), end->pin.write, &type);
	if (end->page == NULL)
		return GNTST_bad_page;
	/* What others lent it has a grant reference of its own. */
	if (type == P2M_RAM || type == P2M_RAM_RO)
		return GNTST_okay;
	page_put(end->page);
	return GNTST_bad_page;
}

static int open_end(struct domain *d, const struct grant_copy_end *which, bool write,
		struct open_end *end)
{
	*end = (struct open_end){ .pin = {
						  .granter = which->domain,
						  .ref = which->ref,
						  .grantee = d->id,
						  .write = write,
						  .count = 1,
				  } };
	if (which->domain == NULL)
		return open_own(d, which->gfn, end);
	return grant_pin(&end->pin, &end->page);
}

static void close_end(const struct open_end *end)
{
	if (end->own)
		page_put(end->page);
	else
		grant_unpin(&end->pin, 1);
}

static bool crosses_page(unsigned offset, unsigned size)
{
	return offset > PAGE_SIZE || size > PAGE_SIZE - offset;
}

int grant_copy(struct domain *d, const struct grant_copy *copy)
{
	struct open_end source, dest;
	int status;

	if (crosses_page(copy->source.offset, copy->size) ||
			crosses_page(copy->dest.offset, copy->size))
		return GNTST_bad_copy_arg;
	status = open_end(d, &copy->source, false, &source);
	if (status != GNTST_okay)
		return status;
	status = open_end(d, &copy->dest, true, &dest);
	if (status == GNTST_okay) {
		memmove((char *)page_virt(dest.page) + copy->dest.offset,
				(const char *)page_virt(source.page) + copy->source.offset,
				copy->size);
		close_end(&dest);
	}
	close_end(&source);
	return status;
}

/* The page that d's devices reach at the address, held, if it is one that d has or has mapped. */
static struct page *device_page(struct domain *d, uint64_t addr)
{
	struct page *page = grant_identity_get(d, PADDR(addr));
	enum p2m_type type = P2M_NONE;

	if (page != NULL)
		return page;
	page = p2m_get_page(d, IPA(addr), false, &type);
	/* What a direct-mapped domain borrowed is not at the address where it has put it. */
	if (page != NULL && d->config.direct_mapped && type != P2M_RAM && type != P2M_RAM_RO) {
		page_put(page);
		return NULL;
	}
	return page;
}

int grant_cache_flush(struct domain *d, uint64_t device_addr, unsigned offset, unsigned size)
{
	struct page *page;

	if (crosses_page(offset, size))
		return -EINVAL;
	page = device_page(d, device_addr & PAGE_MASK);
	if (page == NULL)
		return -EPERM;
	if (size != 0)
		arch_cache_clean((const char *)page_virt(page) + offset, size);
	page_put(page);
	return 0;
}
