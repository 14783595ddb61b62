/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the two checks: of a host's overlay, and of one that is made for a guest. */
#pragma once

#include "dt/overlay.h"
#include "tools/file.h"

struct check {
	const char *file; /* for messages */
	const char *first; /* fault */
	unsigned count; /* of faults */
	bool refused; /* by attach, and the reason was printed */
};

/* Print all faults of the overlay on the tree; it is live then, or NULL. */
struct dt_overlay *check_overlay(
		struct check *check, struct dt_tree *tree, struct bytes blob, bool has_base);

/* "... will take it", or will refuse it for the reason. */
void check_say(const struct check *check, const char *who, const char *reason);
/* The verdict on a live overlay, or on one that could not be added (NULL). */
void check_say_linux(const struct check *check, const struct dt_overlay *overlay, bool had_labels);

/*
 * check_guest.c: a guest's overlay, on the tree of a guest and against the host's overlay in the host's tree.
 * False when there is nothing to check it against, which was said.
 */
bool check_guest(struct check *check, struct bytes blob, const char *host, const char *base);
