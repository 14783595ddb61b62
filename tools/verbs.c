/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommand table. */
#include "tools/verb.h"

#include <stddef.h>

const struct verb *const verbs[] = {
	&verb_apply,
	&verb_check,
	&verb_plan,
	&verb_guest,
	NULL,
};
