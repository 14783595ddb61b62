/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_op: a domain's memory and what else appears in its address space (xen/memory.h). Bits of the
 * command from MEMOP_PROGRESS_SHIFT up count what a call that was interrupted has done.
 */
#include "core/memory.h"
#include "core/page.h"
#include "hypercall/priv.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct xen_memory_reservation) == 32);
XEN_ABI(offsetof(struct xen_memory_reservation, domid) == 24);
XEN_ABI(sizeof(struct xen_memory_domain) == 2);
XEN_ABI(sizeof(struct xen_add_to_physmap) == 24);
XEN_ABI(offsetof(struct xen_add_to_physmap, gpfn) == 16);
XEN_ABI(sizeof(struct xen_add_to_physmap_batch) == 32);
XEN_ABI(offsetof(struct xen_add_to_physmap_batch, errs) == 24);
XEN_ABI(sizeof(struct xen_remove_from_physmap) == 16);
XEN_ABI(sizeof(struct xen_mem_acquire_resource) == 32);
XEN_ABI(offsetof(struct xen_mem_acquire_resource, frame_list) == 24);

#define MEMOP_COMMAND        GENMASK(5, 0)
#define MEMOP_PROGRESS_SHIFT 6
#define MEMOP_PROGRESS_MAX   (UINT64_MAX >> MEMOP_PROGRESS_SHIFT)

struct memory_call {
	uint64_t *command; /* of the guest: takes the progress when the call is to be made again */
	gva_t arg;
	uint64_t done; /* by earlier rounds */
};

/* The guest makes the call again, of which so much is done. */
static int64_t again(const struct memory_call *call, uint64_t done)
{
	*call->command = (*call->command & MEMOP_COMMAND) | done << MEMOP_PROGRESS_SHIFT;
	return HYPERCALL_AGAIN;
}

/* After at least one step of a round: true if the guest should take its interrupts first. */
static bool should_make_way(const struct memory_call *call, uint64_t done)
{
	return done > call->done && arch_irq_pending();
}

/* The caller itself, or for the privileged any domain. Held. 0, -EPERM, -ESRCH. */
static int find_domain(domid_t id, struct domain **d)
{
	struct domain *self = caller_domain();

	if (id == DOMID_SELF || id == self->id) {
		domain_hold(self);
		*d = self;
		return 0;
	}
	if (!self->config.privileged)
		return -EPERM;
	*d = domain_get(id);
	return *d ? 0 : -ESRCH;
}

static int read_frame(gva_t list, uint64_t index, uint64_t *frame)
{
	return guest_read(frame, gva_add(list, index * sizeof(*frame)), sizeof(*frame));
}

/* Memory: extents of 2^order frames */

/*
 * A guest's own wish means nothing, as it does not learn where its frames are; and it would have every free block
 * looked at, of which a guest can make as many as it has pages.
 */
static unsigned address_bits_of(const struct xen_memory_reservation *r)
{
	return caller_privileged() ? XENMEMF_get_address_bits(r->mem_flags) : 0;
}

static int one_extent(
		struct domain *d, const struct xen_memory_reservation *r, uint64_t i, bool populate)
{
	uint64_t gfn;

	if (read_frame(HANDLE_GVA(r->extent_start), i, &gfn))
		return -EFAULT;
	if (populate)
		return memory_populate(d, gfn, r->extent_order, address_bits_of(r));
	return memory_decrease(d, gfn, r->extent_order);
}

/* How many extents are done is the answer, unless the first already cannot be, whatever memory there is. */
static int64_t each_extent(const struct memory_call *call, struct domain *d,
		const struct xen_memory_reservation *r, bool populate)
{
	uint64_t i = call->done;
	int err = 0;

	while (i < r->nr_extents) {
		err = one_extent(d, r, i, populate);
		if (err)
			break;
		i++;
		if (i < r->nr_extents && should_make_way(call, i))
			return again(call, i);
	}
	return i || err == -ENOMEM ? (int64_t)i : err;
}

static int64_t change_reservation(const struct memory_call *call, bool populate)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int64_t rc;
	int err;

	if (guest_read(&r, call->arg, sizeof(r)))
		return -EFAULT;
	if (r.nr_extents > MEMOP_PROGRESS_MAX || call->done > r.nr_extents)
		return -EINVAL;
	if (r.mem_flags & XENMEMF_populate_on_demand)
		return -EOPNOTSUPP;
	err = find_domain(r.domid, &d);
	if (err)
		return err;
	/* A larger extent is like one there is no memory for: the toolstack goes on with smaller ones. */
	rc = r.extent_order > MEMORY_ORDER_MAX ? 0 : each_extent(call, d, &r, populate);
	domain_put(d);
	return rc;
}

static int64_t populate_physmap(const struct memory_call *call)
{
	return change_reservation(call, true);
}

static int64_t decrease_reservation(const struct memory_call *call)
{
	return change_reservation(call, false);
}

/* Memory at no guest address is of no use to a guest that has a stage 2. */
static int64_t increase_reservation(const struct memory_call *call)
{
	(void)call;
	return -EOPNOTSUPP;
}

/* A claim would keep memory for a domain to be built; only dropping one is possible. */
static int64_t claim_pages(const struct memory_call *call)
{
	struct xen_memory_reservation r;

	if (!caller_privileged())
		return -EPERM;
	if (guest_read(&r, call->arg, sizeof(r)))
		return -EFAULT;
	if (r.extent_order || r.mem_flags || !HANDLE_NULL(r.extent_start))
		return -EINVAL;
	return r.nr_extents ? -EOPNOTSUPP : 0;
}

/* Questions */

static uint64_t tot_pages(const struct domain *d)
{
	return d->tot_pages;
}

/* Xen counts them in 32 bits, all ones for "no limit". */
static uint64_t max_pages(const struct domain *d)
{
	return MIN(d->max_pages, UINT32_MAX);
}

static uint64_t max_gfn(const struct domain *d)
{
	uint64_t count = p2m_max_gfn(d);

	return count ? count - 1 : 0;
}

static int64_t ask(const struct memory_call *call, uint64_t (*answer)(const struct domain *d))
{
	struct xen_memory_domain which;
	struct domain *d;
	int64_t rc;

	if (guest_read(&which, call->arg, sizeof(which)))
		return -EFAULT;
	rc = find_domain(which.domid, &d);
	if (rc)
		return rc;
	rc = (int64_t)answer(d);
	domain_put(d);
	return rc;
}

static int64_t current_reservation(const struct memory_call *call)
{
	return ask(call, tot_pages);
}

static int64_t maximum_reservation(const struct memory_call *call)
{
	return ask(call, max_pages);
}

static int64_t maximum_gpfn(const struct memory_call *call)
{
	return ask(call, max_gfn);
}

static int64_t maximum_ram_page(const struct memory_call *call)
{
	(void)call;
	return (int64_t)((page_ram_end().v >> PAGE_SHIFT) - 1);
}

/* Domains never share pages that are alike. */
static int64_t no_pages(const struct memory_call *call)
{
	(void)call;
	return 0;
}

/* The address space */

/* from: whose frames XENMAPSPACE_gmfn_foreign means; NULL where that is not possible. */
static int add_page(
		struct domain *d, unsigned space, struct domain *from, uint64_t index, uint64_t gfn)
{
	switch (space) {
	case XENMAPSPACE_shared_info:
		return memory_map_shared_info(d, index, gfn);
	case XENMAPSPACE_grant_table:
		return memory_map_grant_frame(d, index, gfn);
	case XENMAPSPACE_gmfn_foreign:
		return from ? memory_map_foreign(d, gfn, from, index) : -ENOSYS;
	case XENMAPSPACE_dev_mmio: /* devices come to a domain by assignment, never by a guest's word */
		return -EPERM;
	default:
		return -ENOSYS;
	}
}

static int64_t add_to_physmap(const struct memory_call *call)
{
	struct xen_add_to_physmap op;
	struct domain *d;
	int err;

	if (guest_read(&op, call->arg, sizeof(op)))
		return -EFAULT;
	err = find_domain(op.domid, &d);
	if (err)
		return err;
	err = add_page(d, op.space, NULL, op.idx, op.gpfn);
	domain_put(d);
	return err == -ERESTART ? again(call, 0) : err;
}

static int64_t add_each(const struct memory_call *call, const struct xen_add_to_physmap_batch *op,
		struct domain *d, struct domain *from)
{
	for (uint64_t i = call->done; i < op->size;) {
		uint64_t index, gfn;
		int32_t err;

		if (read_frame(HANDLE_GVA(op->idxs), i, &index) ||
				read_frame(HANDLE_GVA(op->gpfns), i, &gfn))
			return -EFAULT;
		err = add_page(d, op->space, from, index, gfn);
		if (err == -ERESTART)
			return again(call, i);
		if (guest_write(gva_add(HANDLE_GVA(op->errs), i * sizeof(err)), &err, sizeof(err)))
			return -EFAULT;
		i++;
		if (i < op->size && should_make_way(call, i))
			return again(call, i);
	}
	return 0;
}

static int64_t add_foreign(const struct memory_call *call,
		const struct xen_add_to_physmap_batch *op, struct domain *d)
{
	struct domain *from;
	int64_t rc;
	int err;

	if (!caller_privileged())
		return -EPERM;
	err = find_domain(op->u.foreign_domid, &from);
	if (err)
		return err;
	rc = from == d ? -EINVAL : add_each(call, op, d, from);
	domain_put(from);
	return rc;
}

static int64_t add_to_physmap_batch(const struct memory_call *call)
{
	struct xen_add_to_physmap_batch op;
	struct domain *d;
	int64_t rc;

	if (guest_read(&op, call->arg, sizeof(op)))
		return -EFAULT;
	if (call->done > op.size || (op.space != XENMAPSPACE_gmfn_foreign && op.u.res0))
		return -EINVAL;
	rc = find_domain(op.domid, &d);
	if (rc)
		return rc;
	rc = op.space == XENMAPSPACE_gmfn_foreign ? add_foreign(call, &op, d)
	                                          : add_each(call, &op, d, NULL);
	domain_put(d);
	return rc;
}

static int64_t remove_from_physmap(const struct memory_call *call)
{
	struct xen_remove_from_physmap op;
	struct domain *d;
	int err;

	if (guest_read(&op, call->arg, sizeof(op)))
		return -EFAULT;
	err = find_domain(op.domid, &d);
	if (err)
		return err;
	err = memory_remove(d, op.gpfn);
	domain_put(d);
	return err;
}

/* Resources: another domain's grant table */

static int64_t answer_size(const struct memory_call *call, struct domain *d)
{
	unsigned count, max;
	uint32_t nr_frames;

	grant_query_size(d, &count, &max);
	nr_frames = max;
	return guest_write(gva_add(call->arg, offsetof(struct xen_mem_acquire_resource, nr_frames)),
			&nr_frames, sizeof(nr_frames));
}

static int64_t map_resource(const struct memory_call *call,
		const struct xen_mem_acquire_resource *op, struct domain *d)
{
	for (uint64_t i = call->done; i < op->nr_frames;) {
		uint64_t gfn;
		int err = read_frame(HANDLE_GVA(op->frame_list), i, &gfn);

		if (!err)
			err = memory_map_foreign_grant_frame(
					caller_domain(), gfn, d, op->frame + i);
		if (err == -ERESTART)
			return again(call, i);
		if (err)
			return i ? -EIO : err; /* EIO says that the caller has some to unmap */
		i++;
		if (i < op->nr_frames && should_make_way(call, i))
			return again(call, i);
	}
	return 0;
}

static int64_t acquire_from(const struct memory_call *call,
		const struct xen_mem_acquire_resource *op, struct domain *d)
{
	unsigned count, max;

	if (op->type != XENMEM_resource_grant_table)
		return -EOPNOTSUPP;
	if (op->id != XENMEM_resource_grant_table_id_shared)
		return -EINVAL; /* status frames come with version 2 */
	if (HANDLE_NULL(op->frame_list) && !op->nr_frames)
		return answer_size(call, d);
	grant_query_size(d, &count, &max);
	if (HANDLE_NULL(op->frame_list) || !op->nr_frames || op->frame > max ||
			op->nr_frames > max - op->frame || call->done > op->nr_frames)
		return -EINVAL;
	return map_resource(call, op, d);
}

static int64_t acquire_resource(const struct memory_call *call)
{
	struct xen_mem_acquire_resource op;
	struct domain *d;
	int64_t rc;

	if (!caller_privileged())
		return -EPERM;
	if (guest_read(&op, call->arg, sizeof(op)))
		return -EFAULT;
	if (op.pad)
		return -EINVAL;
	d = domain_get(op.domid);
	if (!d)
		return -ESRCH;
	rc = d == caller_domain() ? -EPERM : acquire_from(call, &op, d);
	domain_put(d);
	return rc;
}

static const struct memory_command {
	int64_t (*run)(const struct memory_call *call);
	bool long_running; /* may have progress in the command */
} commands[] = {
	[XENMEM_increase_reservation] = { increase_reservation, false },
	[XENMEM_decrease_reservation] = { decrease_reservation, true },
	[XENMEM_maximum_ram_page] = { maximum_ram_page, false },
	[XENMEM_current_reservation] = { current_reservation, false },
	[XENMEM_maximum_reservation] = { maximum_reservation, false },
	[XENMEM_populate_physmap] = { populate_physmap, true },
	[XENMEM_add_to_physmap] = { add_to_physmap, false },
	[XENMEM_maximum_gpfn] = { maximum_gpfn, false },
	[XENMEM_remove_from_physmap] = { remove_from_physmap, false },
	[XENMEM_get_sharing_freed_pages] = { no_pages, false },
	[XENMEM_get_sharing_shared_pages] = { no_pages, false },
	[XENMEM_add_to_physmap_batch] = { add_to_physmap_batch, true },
	[XENMEM_claim_pages] = { claim_pages, false },
	[XENMEM_acquire_resource] = { acquire_resource, true },
};

int64_t do_memory_op(uint64_t args[HYPERCALL_ARGS])
{
	uint64_t number = args[0] & MEMOP_COMMAND;
	const struct memory_command *command =
			number < ARRAY_SIZE(commands)
					? &commands[index_nospec(number, ARRAY_SIZE(commands))]
					: NULL;
	struct memory_call call = {
		.command = &args[0],
		.arg = GVA(args[1]),
		.done = args[0] >> MEMOP_PROGRESS_SHIFT,
	};

	if (!command || !command->run || (call.done && !command->long_running))
		return -ENOSYS;
	return command->run(&call);
}
