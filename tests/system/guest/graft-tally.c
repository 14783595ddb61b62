/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graft-tally DOMID GFN: what a guest of tests/guest/hostile counts in that page of its memory, as
 *	state=begins|work|done
 *	NAME=DONE/REFUSED	of all its vCPUs together
 * Status 2: the page is not there, or not a table of counts.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__
#include <xen/privcmd.h>

#define PAGE_SIZE 4096
#define MAGIC     UINT64_C(0x796c6c6174667267)
#define NAME_SIZE 16
#define NO_TABLE  2

/* As tests/guest/hostile/report.c writes it: rows of a name and pairs of numbers. */
struct head {
	uint64_t magic;
	uint32_t state, rows, columns, pad;
};

static void *map(domid_t domain, xen_pfn_t gfn)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), err = 0;
	struct privcmd_mmapbatch_v2 batch = { .num = 1, .dom = domain, .arr = &gfn, .err = &err };
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return NULL;
	batch.addr = (uintptr_t)page;
	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) == 0 && err == 0 ? page : NULL;
}

static void show(const unsigned char *row, uint32_t columns)
{
	uint64_t done = 0, refused = 0;
	uint32_t cells[2];

	for (uint32_t i = 0; i < columns; i++) {
		memcpy(cells, row + NAME_SIZE + i * sizeof(cells), sizeof(cells));
		done += cells[0];
		refused += cells[1];
	}
	printf("%.*s=%" PRIu64 "/%" PRIu64 "\n", NAME_SIZE, (const char *)row, done, refused);
}

int main(int argc, char **argv)
{
	static const char *const states[] = { "begins", "work", "done" };
	unsigned char page[PAGE_SIZE];
	const void *mapped;
	struct head head;
	size_t size;

	if (argc != 3)
		return 1;
	mapped = map((domid_t)atoi(argv[1]), strtoull(argv[2], NULL, 0));
	if (mapped == NULL)
		return NO_TABLE;
	memcpy(page, mapped, sizeof(page));
	memcpy(&head, page, sizeof(head));
	size = NAME_SIZE + (size_t)head.columns * 8;
	if (head.magic != MAGIC || head.state > 2 || head.columns > 64 ||
			head.rows > (PAGE_SIZE - sizeof(head)) / size)
		return NO_TABLE;
	printf("state=%s\n", states[head.state]);
	for (uint32_t i = 0; i < head.rows; i++)
		show(page + sizeof(head) + i * size, head.columns);
	return 0;
}
