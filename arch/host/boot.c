/* SPDX-License-Identifier: Apache-2.0 */
/* The boot of the faked machine: where its image lies, and a refusal that a test can read. */
#include "arch/arm64/boot.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/arm64/mm.h"
#include "arch/host/fake.h"
#include "lib/printf.h"

struct page_range host_image;
char host_refusal[256];

struct page_range mm_image_range(void)
{
	return host_image;
}

_Noreturn void boot_refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(host_refusal, sizeof(host_refusal), fmt, args);
	va_end(args);
	if (host_noreturn_hook != NULL)
		host_noreturn_hook();
	fprintf(stderr, "refused: %s\n", host_refusal);
	abort();
}
