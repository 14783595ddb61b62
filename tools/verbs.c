/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommand table. */
#include "tools/verb.h"

#include <stddef.h>

const struct verb *const verbs[] = {
	&verb_apply,
	&verb_check,
	&verb_plan,
	&verb_diff,
	&verb_guest,
	&verb_overlay_add,
	&verb_overlay_remove,
	&verb_overlay_attach,
	&verb_overlay_detach,
	&verb_overlay_list,
	&verb_overlay_plan,
	&verb_tree,
	NULL,
};
