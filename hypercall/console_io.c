/* SPDX-License-Identifier: Apache-2.0 */
/* console_io: a guest's characters, the hardware domain's keyboard (xen/xen.h, CONSOLEIO_*). */
#include "core/console.h"
#include "core/panic_watch.h"
#include "hypercall/priv.h"

#define CHUNK 128U

static void watch_for_panic(struct domain *d, const char *text, size_t size)
{
	static struct spinlock lock = SPINLOCK_INIT; /* a panic is told by several vCPUs */
	static struct panic_watch watch;
	bool panicked;

	if (d != hardware_domain)
		return;
	spin_lock(&lock);
	panicked = panic_watch(&watch, text, size);
	spin_unlock(&lock);
	if (panicked)
		domain_report(d,
				"panicked: its kernel says so. Registers as the vCPUs last left it:");
}

/* args: command, count, buffer. What is done moves count and buffer on, so it can be continued. */
static int64_t write_text(uint64_t args[HYPERCALL_ARGS])
{
	while ((uint32_t)args[1]) {
		char text[CHUNK];
		uint32_t n = MIN((uint32_t)args[1], CHUNK);
		int rc;

		if (guest_read(text, GVA(args[2]), n))
			return -EFAULT;
		rc = console_write_guest(caller_domain(), text, n);
		if (rc)
			return rc;
		watch_for_panic(caller_domain(), text, n);
		args[1] = (uint32_t)args[1] - n;
		args[2] += n;
		if (args[1] && arch_irq_pending())
			return HYPERCALL_AGAIN;
	}
	return 0;
}

/* Bounded by the input buffer: no need to be continued. */
static int64_t read_text(uint32_t count, gva_t buffer)
{
	uint32_t done = 0;

	if (caller_domain() != hardware_domain)
		return -EPERM;
	if (count > INT32_MAX)
		return -E2BIG; /* the result could not say how many were read */
	while (done < count) {
		char text[CHUNK];
		size_t n = console_read_guest(text, MIN(count - done, CHUNK));

		if (n == 0)
			break;
		if (guest_write(gva_add(buffer, done), text, n))
			return -EFAULT;
		done += (uint32_t)n;
	}
	return done;
}

int64_t do_console_io(uint64_t args[HYPERCALL_ARGS])
{
	switch ((uint32_t)args[0]) {
	case CONSOLEIO_write:
		return write_text(args);
	case CONSOLEIO_read:
		return read_text((uint32_t)args[1], GVA(args[2]));
	default:
		return -ENOSYS;
	}
}
