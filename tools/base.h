/* SPDX-License-Identifier: Apache-2.0 */
/* The host's tree as it was before an overlay that is in it now: what a guest's overlay is made from. */
#pragma once

#include <stdbool.h>

#include "tools/file.h"

/* From the running Graft. `name` is for messages. False, and said, when the overlay was not added. */
bool base_without(struct bytes overlay, const char *name, struct bytes *out);
