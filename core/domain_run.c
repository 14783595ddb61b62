/* SPDX-License-Identifier: Apache-2.0 */
/* A domain stops and goes on: pauses, shutdown (xen/sched.h, SHUTDOWN_*), crash. */
#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/printk.h"
#include "lib/printf.h"
#include <arch/barrier.h>

/* How long a crash report waits for the registers of vCPUs that run elsewhere. */
#define REPORT_WAIT (100 * NS_PER_MS)
#define REASON_MAX  160
#define PAUSES_MAX  65535

void domain_pause(struct domain *d)
{
	sched_pause_domain(d, true);
}

void domain_unpause(struct domain *d)
{
	sched_unpause_domain(d);
}

int domain_pause_by_toolstack(struct domain *d)
{
	int err = 0;

	spin_lock(&d->lock);
	if (d->controller_pause_count < PAUSES_MAX)
		d->controller_pause_count++;
	else
		err = -EINVAL;
	spin_unlock(&d->lock);
	if (err)
		return fail(err, "d%u is paused %u times already", d->id, PAUSES_MAX);
	domain_pause(d);
	return 0;
}

int domain_unpause_by_toolstack(struct domain *d)
{
	int err = 0;

	spin_lock(&d->lock);
	if (d->controller_pause_count > 0)
		d->controller_pause_count--;
	else
		err = -EINVAL;
	spin_unlock(&d->lock);
	if (err)
		return fail(err, "d%u is not paused", d->id);
	domain_unpause(d);
	return 0;
}

/* False: somebody else has begun, and reports and tells. */
static bool begin_shutdown(struct domain *d, unsigned reason)
{
	bool first;

	spin_lock(&d->lock);
	first = !d->shutting_down;
	if (first) {
		d->shutting_down = true;
		if (!d->shutdown_code_latched)
			d->shutdown_code = reason;
	}
	spin_unlock(&d->lock);
	return first;
}

static void finish_shutdown(struct domain *d)
{
	sched_pause_domain(d, false);
	spin_lock(&d->lock);
	d->shut_down = true;
	spin_unlock(&d->lock);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
}

/*
 * The registers of a vCPU are those it left its CPU with. One that is stuck, or waits for the caller, must
 * not keep the report back.
 */
static bool settle(const struct vcpu *v, uint64_t deadline)
{
	if (v == current_vcpu())
		return true;
	while (!sched_vcpu_is_off(v)) {
		if (time_now() >= deadline)
			return false;
		cpu_relax();
	}
	return true;
}

static void dump_vcpus(struct domain *d)
{
	uint64_t deadline = time_now() + REPORT_WAIT;

	for (unsigned i = 0; i < d->vcpus_count; i++) {
		const struct vcpu *v = domain_vcpu(d, i);

		if (v == NULL || !v->initialised)
			continue;
		if (!settle(v, deadline))
			log_err("d%uv%u does not stop: its registers are older", d->id, i);
		arch_vcpu_dump(v);
	}
}

/* Everything about the crash of the hardware domain, once; the machine stays as it is. */
static void report_hardware_crash(struct domain *d, const char *reason)
{
	log_err("Domain %u crashed: %s", d->id, reason);
	dump_vcpus(d);
	log_err("Domain %u stays stopped and its memory as it is; Graft and the other domains go on. "
		"Nothing can manage them now: reset the machine when this report is saved.",
			d->id);
}

void domain_report(struct domain *d, const char *fmt, ...)
{
	char reason[REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	log_warn("Domain %u %s", d->id, reason);
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		const struct vcpu *v = domain_vcpu(d, i);

		if (v != NULL && v->initialised)
			arch_vcpu_dump(v);
	}
	log_warn("Graft and every other domain go on");
}

static void report_guest_crash(struct domain *d, const char *reason)
{
	struct vcpu *v = current_vcpu();

	log_warn("Domain %u crashed: %s", d->id, reason);
	if (v->domain == d)
		arch_vcpu_dump(v);
}

static void crash(struct domain *d, const char *reason)
{
	if (!begin_shutdown(d, SHUTDOWN_crash))
		return;
	sched_pause_domain(d, false);
	if (d == hardware_domain)
		report_hardware_crash(d, reason);
	else
		report_guest_crash(d, reason);
	finish_shutdown(d);
	sched_unpause_domain(d); /* finish_shutdown()'s pause stays */
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char reason[REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	crash(d, reason);
}

static const char *reason_name(unsigned reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "poweroff",
		[SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspend",
		[SHUTDOWN_crash] = "crash",
		[SHUTDOWN_watchdog] = "watchdog",
		[SHUTDOWN_soft_reset] = "soft reset",
	};

	return reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason";
}

/* The hardware domain's end is the machine's: nobody would be left to do anything with it. */
static _Noreturn void end_machine(const struct domain *d, unsigned reason)
{
	log_info("Domain %u shut down: %s", d->id, reason_name(reason));
	if (reason == SHUTDOWN_poweroff)
		arch_machine_poweroff();
	arch_machine_reset();
}

void domain_shutdown(struct domain *d, unsigned reason)
{
	if (reason == SHUTDOWN_crash) {
		crash(d, "its kernel says so");
		return;
	}
	if (!begin_shutdown(d, reason))
		return;
	if (d == hardware_domain)
		end_machine(d, d->shutdown_code);
	log_info("Domain %u shut down: %s", d->id, reason_name(d->shutdown_code));
	finish_shutdown(d);
}

void domain_latch_shutdown_code(struct domain *d, unsigned reason)
{
	spin_lock(&d->lock);
	if (!d->shutting_down) {
		d->shutdown_code = reason;
		d->shutdown_code_latched = true;
	}
	spin_unlock(&d->lock);
}

void domain_resume(struct domain *d)
{
	bool was_down;

	spin_lock(&d->lock);
	was_down = d->shut_down;
	if (was_down) {
		d->shut_down = false;
		d->shutting_down = false;
		d->shutdown_code = 0;
		d->shutdown_code_latched = false;
	}
	spin_unlock(&d->lock);
	if (was_down)
		domain_unpause(d);
}
