/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Graft says it is: the release of Xen whose ABI it speaks, and from what it was built
 * (xen/version.h; `xl info`).
 */
#pragma once

#include <stddef.h>

#define VERSION_MAJOR 4
#define VERSION_MINOR 20

struct version {
	const char *release; /* Graft's own version, of the file VERSION */
	const char *extra; /* after major and minor: ".0-graft-" and the release */
	const char *capabilities; /* kinds of guests, separated by spaces */
	const char *changeset;
	const char *compiler;
	const char *compile_by;
	const char *compile_domain;
	const char *compile_date; /* of the source: the same source makes the same image */
};

extern const struct version version;

/* The linker's build id; its size in bytes, 0 when the program was linked without. */
size_t version_build_id(const unsigned char **id);
