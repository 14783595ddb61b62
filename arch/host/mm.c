/* SPDX-License-Identifier: Apache-2.0 */
/* The physical memory of host tests: one anonymous mapping at HOST_RAM_BASE. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, in older C libraries */
#include <arch/mm.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "core/fault.h"

unsigned char *host_ram;
static uint64_t host_ram_size;

void host_ram_init(uint64_t size)
{
	void *ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (ram == MAP_FAILED)
		abort();
	host_ram = ram;
	host_ram_size = size;
}

void host_ram_free(void)
{
	memory_show(host_ram, host_ram_size);
	munmap(host_ram, host_ram_size);
	host_ram = NULL;
}
