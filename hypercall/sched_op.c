/* SPDX-License-Identifier: Apache-2.0 */
/* SCHEDOP_*: a guest gives up its CPU, waits for events, or ends (xen/sched.h). */
#include "core/evtchn.h"
#include "core/sched.h"
#include "core/watchdog.h"
#include "hypercall/priv.h"
#include <arch/nospec.h>

#define POLL_PORTS_MAX 128U

XEN_ABI(sizeof(struct sched_poll) == 24);
XEN_ABI(offsetof(struct sched_poll, nr_ports) == 8);
XEN_ABI(sizeof(struct sched_remote_shutdown) == 8);
XEN_ABI(sizeof(struct sched_watchdog) == 8);

static int64_t yield(gva_t at)
{
	(void)at;
	sched_yield();
	return 0;
}

/* Blocking lets events in, as the ABI has it: a guest that called with interrupts masked still wakes. */
static int64_t block(gva_t at)
{
	(void)at;
	current_vcpu()->arch.regs.pstate &= ~(uint64_t)PSR_IRQ_MASK;
	sched_block();
	return 0;
}

static int64_t shutdown(gva_t at)
{
	struct sched_shutdown op;

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	domain_shutdown(caller_domain(), op.reason);
	return 0;
}

static int64_t shutdown_code(gva_t at)
{
	struct sched_shutdown op;

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	domain_latch_shutdown_code(caller_domain(), op.reason);
	return 0;
}

static int64_t remote_shutdown(gva_t at)
{
	struct sched_remote_shutdown op;
	struct domain *d;

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	if (!caller_privileged())
		return -EPERM;
	if (op.reason > SHUTDOWN_MAX)
		return -EINVAL;
	d = domain_get(op.domain_id == DOMID_SELF ? caller_domain()->id : op.domain_id);
	if (!d)
		return -ESRCH;
	domain_shutdown(d, op.reason);
	domain_put(d);
	return 0;
}

static int64_t poll(gva_t at)
{
	struct sched_poll op;
	evtchn_port_t ports[POLL_PORTS_MAX];

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	if (op.nr_ports > POLL_PORTS_MAX)
		return -EINVAL;
	if (guest_read(ports, HANDLE_GVA(op.ports), op.nr_ports * sizeof(ports[0])))
		return -EFAULT;
	return evtchn_poll(
			current_vcpu(), ports, op.nr_ports, op.timeout ? op.timeout : TIME_NEVER);
}

static int64_t watchdog(gva_t at)
{
	struct sched_watchdog op;

	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	return watchdog_set(caller_domain(), op.id, op.timeout);
}

static int64_t (*const operations[])(gva_t at) = {
	[SCHEDOP_yield] = yield,
	[SCHEDOP_block] = block,
	[SCHEDOP_shutdown] = shutdown,
	[SCHEDOP_poll] = poll,
	[SCHEDOP_remote_shutdown] = remote_shutdown,
	[SCHEDOP_shutdown_code] = shutdown_code,
	[SCHEDOP_watchdog] = watchdog,
};

int64_t do_sched_op(uint64_t args[HYPERCALL_ARGS])
{
	int64_t (*operation)(gva_t at) = NULL;

	if (args[0] < ARRAY_SIZE(operations))
		operation = operations[index_nospec(args[0], ARRAY_SIZE(operations))];
	return operation ? operation(GVA(args[1])) : -ENOSYS;
}
