/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a domain dies: a list of steps, each of which gives a kind of resource back in bounded time. The
 * caller comes again until all are done; then only its struct is left, for whoever still refers to it.
 */
#include "core/domain.h"
#include "core/error.h"
#include "core/panic.h"
#include "core/vuart.h"

static int (*hooks[DOMAIN_HOOKS_MAX])(struct domain *d);
static unsigned hook_count;

void domain_on_kill(int (*relinquish)(struct domain *d))
{
	ASSERT(hook_count < DOMAIN_HOOKS_MAX);
	hooks[hook_count++] = relinquish;
}

/* The pause is never taken back. */
static int stop_vcpus(struct domain *d)
{
	domain_pause(d);
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct vcpu *v = domain_vcpu(d, i);

		if (v != NULL)
			vcpu_power_off(v);
	}
	watchdog_stop_domain(d);
	return 0;
}

/* Those that are done say 0 again when one behind them is not. */
static int run_hooks(struct domain *d)
{
	int err = 0;

	for (unsigned i = 0; i < hook_count && !err; i++)
		err = hooks[i](d);
	return err;
}

static int drop_areas(struct domain *d)
{
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct vcpu *v = domain_vcpu(d, i);

		if (v != NULL)
			vcpu_drop_runstate_area(v);
	}
	vuart_drop_ring(d);
	return 0;
}

static int relinquish_pages(struct domain *d)
{
	return page_relinquish_domain(d, &d->relinquish_cursor);
}

/* What holds pages goes before the pages. */
static int (*const steps[])(struct domain *d) = {
	stop_vcpus,
	run_hooks,
	evtchn_relinquish,
	grant_relinquish,
	drop_areas,
	p2m_teardown,
	grant_relinquish_table,
	relinquish_pages,
};

static int relinquish(struct domain *d)
{
	while (d->relinquish_step < ARRAY_SIZE(steps)) {
		int err = steps[d->relinquish_step](d);

		if (err)
			return err;
		d->relinquish_step++;
	}
	return 0;
}

/* True: the caller is to do it; false: it is done (*err 0) or being done (-ERESTART). */
static bool begin(struct domain *d, int *err)
{
	bool mine;

	spin_lock(&d->lock);
	mine = d->dying != DOMAIN_DEAD && !d->relinquishing;
	*err = d->dying == DOMAIN_DEAD ? 0 : -ERESTART;
	if (mine) {
		d->dying = DOMAIN_DYING;
		d->relinquishing = true;
	}
	spin_unlock(&d->lock);
	return mine;
}

static void end(struct domain *d, bool dead)
{
	spin_lock(&d->lock);
	d->relinquishing = false;
	if (dead)
		d->dying = DOMAIN_DEAD;
	spin_unlock(&d->lock);
}

int domain_kill(struct domain *d)
{
	int err;

	if (d == hardware_domain)
		return fail(-EINVAL, "d%u is the hardware domain: it cannot be destroyed", d->id);
	if (!begin(d, &err))
		return err;
	err = relinquish(d);
	end(d, !err);
	if (err)
		return err;
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	domain_put(d); /* domain_create()'s: the caller holds its own */
	return 0;
}
