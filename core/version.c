/* SPDX-License-Identifier: Apache-2.0 */
/* What Graft says it is. build_info.h is made by scripts/build-info from the checkout. */
#include "core/version.h"

#include <build_info.h>
#include <stdint.h>

#include "lib/bits.h"
#include "lib/string.h"

const struct version version = {
	.extra = ".0-graft-" BUILD_VERSION,
	.capabilities = "xen-3.0-aarch64",
	.release = BUILD_VERSION,
	.changeset = BUILD_CHANGESET,
	.compiler = __VERSION__,
	.compile_by = BUILD_BY,
	.compile_domain = BUILD_DOMAIN,
	.compile_date = BUILD_DATE,
};

/* An ELF note (ELF gABI, "Note Section"); the linker script gives it the name, where there is one. */
struct note {
	uint32_t name_size, desc_size, type;
	char name[4];
	unsigned char desc[];
};

extern const struct note image_build_id __attribute__((weak));

#define NOTE_GNU_BUILD_ID 3

size_t version_build_id(const unsigned char **id)
{
	if (!&image_build_id || image_build_id.type != NOTE_GNU_BUILD_ID ||
			memcmp(image_build_id.name, "GNU", 4) != 0)
		return 0;
	*id = image_build_id.desc;
	return image_build_id.desc_size;
}
