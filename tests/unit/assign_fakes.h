/* SPDX-License-Identifier: Apache-2.0 */
/* What of core and the architecture the tests of assign/ stand in for. Included by assign_env.h alone. */
#pragma once

#include "tests/unit/assign_env.h"

static int (*kill_hooks[DOMAIN_HOOKS_MAX])(struct domain *d);
static unsigned kill_hook_count;

void domain_on_kill(int (*relinquish)(struct domain *d))
{
	assert_true(kill_hook_count < DOMAIN_HOOKS_MAX);
	kill_hooks[kill_hook_count++] = relinquish;
}

/* As core/domain_kill.c runs them. */
static inline int on_kill(struct domain *d)
{
	int err = 0;

	for (unsigned i = 0; i < kill_hook_count && !err; i++)
		err = kill_hooks[i](d);
	return err;
}

/* dom2 may have one. */
static bool env_has_vuart;

bool arch_domain_emulates(const struct domain *d, ipa_t ipa, uint64_t size)
{
	return env_has_vuart && d == dom2 && ipa.v <= GUEST_PL011_BASE &&
	       GUEST_PL011_BASE - ipa.v < size;
}

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}
