/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of an overlay as a list: each node once, disabled ones too. */
#pragma once

#include "dt/device.h"

struct devices {
	const struct dt_node **at;
	size_t count, room;
};

/* Nodes that a live overlay brings, enables, or gives other resources. */
void devices_find(struct devices *devices, const struct dt_overlay *overlay);
