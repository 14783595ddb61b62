/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's memory by virtual address in host tests: a list of regions, a hole after each. */
#include <assert.h>

#include <arch/guest.h>

#include "core/arch.h"
#include "core/error.h"
#include "lib/string.h"

#define FIRST_ADDRESS UINT64_C(0xffff000010000000)

struct region {
	uint64_t base;
	size_t size;
	unsigned char *memory;
	bool readonly;
};

static struct region regions[HOST_GUEST_REGIONS_MAX];
static unsigned region_count;
static uint64_t next_address = FIRST_ADDRESS;

unsigned host_guest_fault_at;

static const struct region *find(uint64_t at)
{
	for (unsigned i = 0; i < region_count; i++)
		if (at - regions[i].base < regions[i].size)
			return &regions[i];
	return NULL;
}

static void add(uint64_t at, void *memory, size_t size, bool readonly)
{
	assert(region_count < HOST_GUEST_REGIONS_MAX);
	assert(size == 0 || (!find(at) && !find(at + size - 1)));
	regions[region_count++] = (struct region){ at, size, memory, readonly };
}

static gva_t add_next(void *memory, size_t size, bool readonly)
{
	uint64_t at = next_address;

	add(at, memory, size, readonly);
	next_address = ALIGN_UP(at + size, PAGE_SIZE) + PAGE_SIZE;
	return GVA(at);
}

gva_t host_guest_map(void *memory, size_t size)
{
	return add_next(memory, size, false);
}

gva_t host_guest_map_readonly(const void *memory, size_t size)
{
	return add_next((void *)(uintptr_t)memory, size, true);
}

void host_guest_map_at(gva_t at, void *memory, size_t size)
{
	add(at.v, memory, size, false);
}

void host_guest_unmap(gva_t at)
{
	for (unsigned i = 0; i < region_count; i++)
		if (regions[i].base == at.v)
			regions[i].size = 0;
	while (region_count && regions[region_count - 1].size == 0)
		region_count--;
}

void host_guest_reset(void)
{
	region_count = 0;
	next_address = FIRST_ADDRESS;
	host_guest_fault_at = 0;
}

/* What is mapped at a guest address, and for how long; NULL: nothing. */
static unsigned char *translate(uint64_t at, bool write, size_t *size)
{
	const struct region *r = find(at);

	if (!r || (write && r->readonly))
		return NULL;
	*size = MIN(*size, r->size - (at - r->base));
	return r->memory + (at - r->base);
}

static bool fault_now(void)
{
	return host_guest_fault_at && --host_guest_fault_at == 0;
}

int guest_read(void *dst, gva_t src, size_t size)
{
	if (fault_now())
		return -EFAULT;
	for (size_t done = 0; done < size;) {
		size_t n = size - done;
		const unsigned char *from = translate(src.v + done, false, &n);

		if (!from)
			return -EFAULT;
		memcpy((unsigned char *)dst + done, from, n);
		done += n;
	}
	return 0;
}

int guest_write(gva_t dst, const void *src, size_t size)
{
	if (fault_now())
		return -EFAULT;
	for (size_t done = 0; done < size;) {
		size_t n = size - done;
		unsigned char *to = translate(dst.v + done, true, &n);

		if (!to)
			return -EFAULT;
		memcpy(to, (const unsigned char *)src + done, n);
		done += n;
	}
	return 0;
}

/* The guest's stage 1 maps every address to itself. */
int guest_translate(gva_t va, bool write, ipa_t *ipa)
{
	(void)write;
	*ipa = IPA(va.v);
	return 0;
}
