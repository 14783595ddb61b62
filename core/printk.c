/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor log: one call makes one line, in one piece, with its prefix. */
#include "core/printk.h"

#include "core/console.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/options.h"
#include "core/printk_priv.h"
#include "core/ratelimit.h"
#include "core/time.h"
#include "lib/printf.h"

#define LINE_MAX 256

static struct spinlock limit_lock = SPINLOCK_INIT;
static struct ratelimit log_limit; /* limit_lock */

/* snprintf says what it would have written; this is what it did write. */
static size_t written(int result, size_t room)
{
	return result < 0 ? 0 : MIN((size_t)result, room - 1);
}

static size_t put_time(char *line, size_t room)
{
	uint64_t us = time_now() / NS_PER_US;

	if (!options.console_timestamps)
		return 0;
	return written(snprintf(line, room, "[%5u.%06u] ", (unsigned)(us / 1000000),
				       (unsigned)(us % 1000000)),
			room);
}

/* The current vCPU if it is a guest's; NULL: Graft's own work. */
static const struct vcpu *guest_vcpu(void)
{
	const struct vcpu *v = current_vcpu();

	return v && v->domain && v->domain->id < DOMID_FIRST_RESERVED ? v : NULL;
}

static size_t put_guest(char *line, size_t room)
{
	const struct vcpu *v = guest_vcpu();

	if (!v)
		return 0;
	return written(snprintf(line, room, "d%uv%u ", v->domain->id, v->id), room);
}

static void emit(bool of_guest, const char *fmt, va_list args)
{
	char line[LINE_MAX];
	size_t room = sizeof(line) - 1; /* the last byte is the newline's */
	size_t n = put_time(line, room);

	n += written(snprintf(line + n, room - n, "(GRAFT) "), room - n);
	if (of_guest)
		n += put_guest(line + n, room - n);
	n += written(vsnprintf(line + n, room - n, fmt, args), room - n);
	line[n++] = '\n';
	console_write(line, n);
}

static void emit_fmt(bool of_guest, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void emit_fmt(bool of_guest, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit(of_guest, fmt, args);
	va_end(args);
}

static bool take(struct ratelimit *limit, uint32_t *refused)
{
	bool may;

	spin_lock(&limit_lock);
	may = ratelimit_take(limit, time_now(), refused);
	spin_unlock(&limit_lock);
	return may;
}

/* Below the lower threshold always, below the upper one as long as there are not too many. */
static bool passes(enum log_level level, const struct log_threshold *t, struct ratelimit *limit)
{
	uint32_t refused = 0;

	if ((unsigned)level < t->always)
		return true;
	if ((unsigned)level >= t->limited || !take(limit, &refused))
		return false;
	if (refused)
		emit_fmt(limit != &log_limit, "%u messages were left out: too many at a time",
				refused);
	return true;
}

void vprintk(enum log_level level, const char *fmt, va_list args)
{
	if (passes(level, &options.loglvl, &log_limit))
		emit(false, fmt, args);
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(level, fmt, args);
	va_end(args);
}

/* A limit per domain: a domain that causes many messages does not hide those of another. */
static struct ratelimit *guest_limit(void)
{
	const struct vcpu *v = guest_vcpu();

	return v ? &v->domain->log_limit : &log_limit;
}

void guest_vprintk(enum log_level level, const char *fmt, va_list args)
{
	if (passes(level, &options.guest_loglvl, guest_limit()))
		emit(true, fmt, args);
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	guest_vprintk(level, fmt, args);
	va_end(args);
}

bool printk_guest_is_unprivileged(void)
{
	const struct vcpu *v = guest_vcpu();

	return v && !v->domain->config.privileged;
}
