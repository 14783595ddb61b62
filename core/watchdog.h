/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's watchdogs (xen/sched.h, SCHEDOP_watchdog): not poked in time, they shut it down. */
#pragma once

#include "core/spinlock.h"
#include "core/timer.h"

#define WATCHDOGS_PER_DOMAIN 2U

struct domain;

struct watchdog {
	struct timer timer;
	struct domain *domain;
	bool used;
};

struct watchdog_domain {
	struct spinlock lock;
	struct watchdog dogs[WATCHDOGS_PER_DOMAIN];
};

void watchdog_init_domain(struct domain *d);
/* No watchdog bites once it returns. With none of d's vCPUs running. */
void watchdog_stop_domain(struct domain *d);

/*
 * id 0: a new one, due in so many seconds; its id. Else: another so many seconds; 0 seconds: away with it;
 * 0. -EINVAL: no such one, or a new one without a time; -ENOSPC: all are in use.
 */
int watchdog_set(struct domain *d, unsigned id, unsigned seconds);
