/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's watchdogs (xen/sched.h, SCHEDOP_watchdog). */
#include "core/watchdog.h"

#include "core/domain.h"
#include "core/error.h"
#include "core/printk.h"
#include <arch/nospec.h>

static void expire(void *data)
{
	struct watchdog *dog = data;

	guest_printk(LOG_WARN, "d%u: watchdog fired", dog->domain->id);
	domain_shutdown(dog->domain, SHUTDOWN_watchdog);
}

void watchdog_init_domain(struct domain *d)
{
	for (unsigned i = 0; i < WATCHDOGS_PER_DOMAIN; i++) {
		d->watchdog.dogs[i].domain = d;
		timer_init(&d->watchdog.dogs[i].timer, expire, &d->watchdog.dogs[i]);
	}
}

void watchdog_stop_domain(struct domain *d)
{
	for (unsigned i = 0; i < WATCHDOGS_PER_DOMAIN; i++) {
		timer_stop(&d->watchdog.dogs[i].timer);
		d->watchdog.dogs[i].used = false;
	}
}

static void start(struct watchdog *dog, unsigned seconds)
{
	dog->used = true;
	timer_set(&dog->timer, time_now() + seconds * NS_PER_S);
}

static int add(struct watchdog_domain *w, unsigned seconds)
{
	if (seconds == 0)
		return -EINVAL;
	for (unsigned i = 0; i < WATCHDOGS_PER_DOMAIN; i++) {
		if (w->dogs[i].used)
			continue;
		start(&w->dogs[i], seconds);
		return (int)i + 1;
	}
	return -ENOSPC;
}

static int change(struct watchdog *dog, unsigned seconds)
{
	if (!dog->used)
		return -EINVAL;
	if (seconds > 0) {
		start(dog, seconds);
	} else {
		dog->used = false;
		timer_stop(&dog->timer);
	}
	return 0;
}

int watchdog_set(struct domain *d, unsigned id, unsigned seconds)
{
	struct watchdog_domain *w = &d->watchdog;
	int result;

	if (id > WATCHDOGS_PER_DOMAIN)
		return -EINVAL;
	spin_lock(&w->lock);
	result = id == 0 ? add(w, seconds)
	                 : change(&w->dogs[index_nospec(id - 1, WATCHDOGS_PER_DOMAIN)], seconds);
	spin_unlock(&w->lock);
	return result;
}
