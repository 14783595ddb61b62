/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_table_op: arrays of requests, each answered by a status of its own (xen/grant_table.h). What is done
 * moves the array on, so a long one can be continued.
 */
#include "core/grant.h"
#include "hypercall/priv.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct gnttab_map_grant_ref) == 32);
XEN_ABI(offsetof(struct gnttab_map_grant_ref, dev_bus_addr) == 24);
XEN_ABI(sizeof(struct gnttab_unmap_grant_ref) == 24);
XEN_ABI(sizeof(struct gnttab_unmap_and_replace) == 24);
XEN_ABI(sizeof(struct gnttab_setup_table) == 24);
XEN_ABI(sizeof(struct gnttab_transfer) == 24);
XEN_ABI(sizeof(struct gnttab_copy) == 40);
XEN_ABI(offsetof(struct gnttab_copy, status) == 36);
XEN_ABI(sizeof(struct gnttab_query_size) == 16);
XEN_ABI(sizeof(struct gnttab_get_status_frames) == 16);
XEN_ABI(sizeof(struct gnttab_swap_grant_ref) == 12);
XEN_ABI(sizeof(struct gnttab_cache_flush) == 16);

#define BATCH       256U /* requests done before Graft looks around, interrupt or not */
#define LIST_FRAMES 64U /* of a frame list, written to the guest at once */

union request {
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_unmap_and_replace replace;
	struct gnttab_setup_table setup;
	struct gnttab_dump_table dump;
	struct gnttab_transfer transfer;
	struct gnttab_copy copy;
	struct gnttab_query_size size;
	struct gnttab_set_version set_version;
	struct gnttab_get_version get_version;
	struct gnttab_get_status_frames status_frames;
	struct gnttab_swap_grant_ref swap;
	struct gnttab_cache_flush flush;
};

/* Requests that ask about a table: one's own, or any for the toolstack. Status. */
static int find_table(domid_t id, struct domain **d)
{
	if (id == DOMID_SELF || id == caller_domain()->id) {
		*d = caller_domain();
		domain_hold(*d);
		return GNTST_okay;
	}
	if (!caller_privileged())
		return GNTST_permission_denied;
	*d = domain_get(id);
	return *d != NULL ? GNTST_okay : GNTST_bad_domain;
}

static int map_from(struct domain *granter, struct gnttab_map_grant_ref *op)
{
	struct grant_map map = {
		.granter = granter,
		.ref = op->ref,
		.write = (op->flags & GNTMAP_readonly) == 0,
		.parts = ((op->flags & GNTMAP_host_map) != 0 ? GRANT_HOST : 0U) |
		         ((op->flags & GNTMAP_device_map) != 0 ? GRANT_DEVICE : 0U),
		.host = IPA(op->host_addr),
	};
	int status = grant_map(caller_domain(), &map);

	if (status == GNTST_okay) {
		op->handle = map.handle;
		op->dev_bus_addr = map.device_addr;
	}
	return status;
}

static bool map_flags_ok(uint32_t flags)
{
	/* No page tables of the guest's are written on Arm; the uppermost bits are its own. */
	uint32_t known = GNTMAP_device_map | GNTMAP_host_map | GNTMAP_readonly |
	                 GNTMAP_guest_avail_mask;

	return (flags & ~known) == 0 && (flags & (GNTMAP_device_map | GNTMAP_host_map)) != 0;
}

static int map_grant_ref(union request *request)
{
	struct gnttab_map_grant_ref *op = &request->map;
	struct domain *granter;

	if (!map_flags_ok(op->flags)) {
		op->status = GNTST_general_error;
		return 0;
	}
	granter = domain_get(op->dom);
	if (granter == NULL) {
		op->status = GNTST_bad_domain;
		return 0;
	}
	op->status = (int16_t)map_from(granter, op);
	domain_put(granter);
	return 0;
}

static int unmap_grant_ref(union request *request)
{
	struct gnttab_unmap_grant_ref *op = &request->unmap;

	op->status = (int16_t)grant_unmap(
			caller_domain(), op->handle, IPA(op->host_addr), op->dev_bus_addr);
	return 0;
}

/* Exchanges entries in the guest's own page tables, which Arm guests write themselves. */
static int unmap_and_replace(union request *request)
{
	request->replace.status = GNTST_general_error;
	return 0;
}

static int write_frame_list(struct domain *d, const struct gnttab_setup_table *op)
{
	gva_t at = HANDLE_GVA(op->frame_list);
	xen_pfn_t gfns[LIST_FRAMES];

	for (unsigned done = 0; done < op->nr_frames; done += LIST_FRAMES) {
		unsigned n = MIN(op->nr_frames - done, LIST_FRAMES);

		for (unsigned i = 0; i < n; i++)
			gfns[i] = grant_frame_gfn(d, done + i);
		if (guest_write(gva_add(at, done * sizeof(gfns[0])), gfns, n * sizeof(gfns[0])))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static int setup_status(int err)
{
	if (err == 0)
		return GNTST_okay;
	return err == -EINVAL ? GNTST_general_error : GNTST_no_space;
}

static int setup_table(union request *request)
{
	struct gnttab_setup_table *op = &request->setup;
	struct domain *d;
	int status = find_table(op->dom, &d);
	int err = 0;

	if (status == GNTST_okay) {
		err = grant_setup(d, op->nr_frames);
		status = setup_status(err);
		if (status == GNTST_okay)
			status = write_frame_list(d, op);
		domain_put(d);
	}
	op->status = (int16_t)status;
	return err == -ERESTART ? err : 0;
}

static int dump_table(union request *request)
{
	struct domain *d;
	int status = GNTST_permission_denied;

	if (caller_privileged())
		status = find_table(request->dump.dom, &d);
	if (status == GNTST_okay) {
		grant_dump(d);
		domain_put(d);
	}
	request->dump.status = (int16_t)status;
	return 0;
}

/* For guests without a p2m. Of all refusals this one tells the caller that the page is still its own. */
static int transfer(union request *request)
{
	request->transfer.status = GNTST_bad_page;
	return 0;
}

static int find_copy_end(const struct gnttab_copy_ptr *ptr, bool by_ref, struct grant_copy_end *end)
{
	*end = (struct grant_copy_end){ .offset = ptr->offset };
	if (!by_ref) {
		end->gfn = ptr->u.gmfn;
		return ptr->domid == DOMID_SELF ? GNTST_okay : GNTST_permission_denied;
	}
	end->ref = ptr->u.ref;
	end->domain = domain_get(ptr->domid == DOMID_SELF ? caller_domain()->id : ptr->domid);
	return end->domain != NULL ? GNTST_okay : GNTST_bad_domain;
}

static void forget_copy_end(const struct grant_copy_end *end)
{
	if (end->domain != NULL)
		domain_put(end->domain);
}

static int copy(union request *request)
{
	struct gnttab_copy *op = &request->copy;
	struct grant_copy copy = { .size = op->len };
	int status;

	status = find_copy_end(&op->source, (op->flags & GNTCOPY_source_gref) != 0, &copy.source);
	if (status == GNTST_okay)
		status = find_copy_end(&op->dest, (op->flags & GNTCOPY_dest_gref) != 0, &copy.dest);
	if (status == GNTST_okay)
		status = grant_copy(caller_domain(), &copy);
	forget_copy_end(&copy.source);
	forget_copy_end(&copy.dest);
	op->status = (int16_t)status;
	return 0;
}

static int query_size(union request *request)
{
	struct gnttab_query_size *op = &request->size;
	struct domain *d;
	int status = find_table(op->dom, &d);

	if (status == GNTST_okay) {
		grant_query_size(d, &op->nr_frames, &op->max_nr_frames);
		domain_put(d);
	}
	op->status = (int16_t)status;
	return 0;
}

static int set_version(union request *request)
{
	int err = grant_set_version(caller_domain(), request->set_version.version);

	request->set_version.version = caller_domain()->grant.version;
	return err;
}

static int get_version(union request *request)
{
	struct domain *d;

	switch (find_table(request->get_version.dom, &d)) {
	case GNTST_okay:
		request->get_version.version = d->grant.version;
		domain_put(d);
		return 0;
	case GNTST_permission_denied:
		return -EPERM;
	default:
		return -ESRCH;
	}
}

/* Version 1 has the status in the entries. */
static int get_status_frames(union request *request)
{
	request->status_frames.status = GNTST_general_error;
	return 0;
}

static int swap_grant_ref(union request *request)
{
	struct gnttab_swap_grant_ref *op = &request->swap;

	op->status = (int16_t)grant_swap(caller_domain(), op->ref_a, op->ref_b);
	return 0;
}

static int cache_flush(union request *request)
{
	const struct gnttab_cache_flush *op = &request->flush;

	if ((op->op & ~(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF)) != 0)
		return -EINVAL;
	if ((op->op & GNTTAB_CACHE_SOURCE_GREF) != 0)
		return -EOPNOTSUPP;
	if ((op->op & (GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL)) == 0)
		return 0;
	/* Both at once also where one was asked for: lines that are only dropped would lose another's data. */
	return grant_cache_flush(caller_domain(), op->a.dev_bus_addr, op->offset, op->length);
}

struct grant_op {
	size_t size;
	bool single; /* not an array */
	bool silent; /* nothing comes back but the result of the call */
	int (*run)(union request *request); /* -ERESTART: not done yet, and nothing to answer */
};

static const struct grant_op ops[] = {
	[GNTTABOP_map_grant_ref] = { sizeof(struct gnttab_map_grant_ref), .run = map_grant_ref },
	[GNTTABOP_unmap_grant_ref] = { sizeof(struct gnttab_unmap_grant_ref),
			.run = unmap_grant_ref },
	[GNTTABOP_setup_table] = { sizeof(struct gnttab_setup_table), true, .run = setup_table },
	[GNTTABOP_dump_table] = { sizeof(struct gnttab_dump_table), true, .run = dump_table },
	[GNTTABOP_transfer] = { sizeof(struct gnttab_transfer), .run = transfer },
	[GNTTABOP_copy] = { sizeof(struct gnttab_copy), .run = copy },
	[GNTTABOP_query_size] = { sizeof(struct gnttab_query_size), true, .run = query_size },
	[GNTTABOP_unmap_and_replace] = { sizeof(struct gnttab_unmap_and_replace),
			.run = unmap_and_replace },
	[GNTTABOP_set_version] = { sizeof(struct gnttab_set_version), true, .run = set_version },
	[GNTTABOP_get_status_frames] = { sizeof(struct gnttab_get_status_frames), true,
			.run = get_status_frames },
	[GNTTABOP_get_version] = { sizeof(struct gnttab_get_version), true, .run = get_version },
	[GNTTABOP_swap_grant_ref] = { sizeof(struct gnttab_swap_grant_ref), .run = swap_grant_ref },
	[GNTTABOP_cache_flush] = { sizeof(struct gnttab_cache_flush), .silent = true,
			.run = cache_flush },
};

static int run_one(const struct grant_op *op, gva_t at)
{
	union request request;
	int err, write_err = 0;

	if (guest_read(&request, at, op->size) != 0)
		return -EFAULT;
	err = op->run(&request);
	if (err == -ERESTART)
		return err;
	/* set_version also answers when it refuses. */
	if (!op->silent)
		write_err = guest_write(at, &request, op->size);
	return err != 0 ? err : write_err;
}

/* args: command, array, count of requests. */
int64_t do_grant_table_op(uint64_t args[HYPERCALL_ARGS])
{
	uint32_t command = (uint32_t)args[0];
	uint32_t count = (uint32_t)args[2];
	const struct grant_op *op;

	if (command >= ARRAY_SIZE(ops) || caller_domain()->grant.version == 0)
		return -ENOSYS;
	op = &ops[index_nospec(command, ARRAY_SIZE(ops))];
	if (count > INT32_MAX || (op->single && count != 1))
		return -EINVAL;
	for (unsigned done = 0; count > 0; done++) {
		int err;

		if (done == BATCH || (done > 0 && arch_irq_pending()))
			return HYPERCALL_AGAIN;
		err = run_one(op, GVA(args[1]));
		if (err != 0)
			return err == -ERESTART ? HYPERCALL_AGAIN : err;
		args[1] += op->size;
		args[2] = --count;
	}
	return 0;
}
