/* SPDX-License-Identifier: Apache-2.0 */
/* What `graftctl plan` found out, ready to be shown as a table or as JSON. */
#pragma once

#include "tools/conflict.h"
#include "tools/devices.h"

struct fault {
	const char *error;
	const char *text;
};

struct scheme {
	const char *overlay_file, *base_file;
	const struct dt_tree *tree;
	const struct dt_overlay *overlay; /* live */
	struct devices devices;
	struct uses uses; /* in the order of the devices */
	struct conflicts conflicts;
	struct fault *faults; /* of reading resources */
	size_t fault_count, fault_room;
	const char **remarks; /* on what is no fault, but hardly meant */
	size_t remark_count, remark_room;
};

/* A node by which overlays are managed, not one that they bring for its own sake. */
bool scheme_is_table(const struct dt_node *node);

/* Short words for one use: "0x9040000-0x9040fff", "SPI 8 level", "/smmu 0x10". The caller's to free. */
char *scheme_tell_use(const struct use *use);

void scheme_print_table(const struct scheme *scheme);
void scheme_print_json(const struct scheme *scheme);
