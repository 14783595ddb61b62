/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls: any number with anything, and those that there are with arguments that look right. What would end
 * the run before its time is left out (end.c has it): the guest's shutdown, and its first vCPU's end.
 */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define LIST_MAX    16
#define ENTRIES_MAX 6

struct call {
	uint64_t number, args[HVC_ARGS];
};

int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t args[HVC_ARGS] = { a, b, c };

	return hypercall_raw(number, args);
}

/* Where it is put may not be mapped, now or soon. */
static uint64_t put(struct me *m, const void *from, size_t size)
{
	uint64_t at = random_pointer(m);
	uint64_t faults = m->faults;

	for (size_t i = 0; i < size && m->faults < faults + 2; i++)
		poke8(at + i, ((const uint8_t *)from)[i]);
	if (size && one_in(m, 8))
		poke8(at + random_below(m, size), (uint8_t)random64(m));
	return at;
}

/* Now and then more than there are, and seldom so many that the call takes seconds, with others let in between. */
static uint64_t random_count(struct me *m, uint64_t count)
{
	if (one_in(m, 2000))
		return random_value(m);
	return one_in(m, 16) ? random_below(m, 70) : count;
}

static void fill(struct me *m, void *buf, size_t size)
{
	uint8_t *at = buf;

	for (size_t i = 0; i < size;) {
		uint64_t value = random_value(m);
		size_t n = MIN(one_in(m, 2) ? 8U : one_in(m, 2) ? 4U : 2U, size - i);

		for (size_t k = 0; k < n; k++)
			at[i + k] = (uint8_t)(value >> 8 * k);
		i += n;
	}
}

static uint64_t put_gfns(struct me *m, unsigned count)
{
	uint64_t list[LIST_MAX] = { 0 };

	for (unsigned i = 0; i < count; i++)
		list[i] = random_gfn(m);
	return put(m, list, count * sizeof(list[0]));
}

static uint64_t put_indices(struct me *m, unsigned count)
{
	uint64_t list[LIST_MAX] = { 0 };

	for (unsigned i = 0; i < count; i++)
		list[i] = one_in(m, 2) ? random_below(m, 80) : random_gfn(m);
	return put(m, list, count * sizeof(list[0]));
}

static uint64_t reservation(struct me *m)
{
	unsigned count = (unsigned)random_below(m, LIST_MAX);
	struct xen_memory_reservation r = {
		.extent_start.q = put_gfns(m, count),
		.nr_extents = random_count(m, count),
		.extent_order = (unsigned)(one_in(m, 3) ? random_below(m, 12) : 0),
		.mem_flags = (unsigned)(one_in(m, 8) ? random_value(m) : 0),
		.domid = (domid_t)random_domain(m),
	};

	return put(m, &r, sizeof(r));
}

static uint64_t physmap(struct me *m)
{
	struct xen_add_to_physmap op = {
		.domid = (domid_t)random_domain(m),
		.size = (uint16_t)random_below(m, 4),
		.space = (unsigned)random_below(m, 7),
		.idx = one_in(m, 4) ? random_value(m) : random_below(m, 70),
		.gpfn = random_gfn(m),
	};

	return put(m, &op, sizeof(op));
}

static uint64_t physmap_batch(struct me *m)
{
	unsigned count = (unsigned)random_below(m, LIST_MAX);
	struct xen_add_to_physmap_batch op = {
		.domid = (domid_t)random_domain(m),
		.space = (uint16_t)random_below(m, 7),
		.size = (uint16_t)random_count(m, count),
		.u.foreign_domid = (domid_t)(one_in(m, 2) ? random_domain(m) : 0),
		.idxs.q = put_indices(m, count),
		.gpfns.q = put_gfns(m, count),
		.errs.q = random_pointer(m),
	};

	return put(m, &op, sizeof(op));
}

static uint64_t resource(struct me *m)
{
	struct xen_mem_acquire_resource op = {
		.domid = (domid_t)random_domain(m),
		.type = (uint16_t)random_below(m, 3),
		.id = (uint32_t)random_below(m, 3),
		.nr_frames = (uint32_t)random_below(m, LIST_MAX),
		.frame = random_below(m, 70),
		.frame_list.q = put_gfns(m, LIST_MAX),
	};

	return put(m, &op, sizeof(op));
}

static void make_memory_op(struct me *m, struct call *c)
{
	static const uint8_t commands[] = { XENMEM_increase_reservation,
		XENMEM_decrease_reservation, XENMEM_populate_physmap, XENMEM_populate_physmap,
		XENMEM_add_to_physmap, XENMEM_add_to_physmap_batch, XENMEM_remove_from_physmap,
		XENMEM_acquire_resource, XENMEM_maximum_gpfn, XENMEM_current_reservation,
		XENMEM_maximum_reservation, XENMEM_claim_pages };
	struct xen_remove_from_physmap removed = { .domid = (domid_t)random_domain(m),
		.gpfn = random_gfn(m) };
	uint64_t command = commands[random_below(m, ARRAY_SIZE(commands))];

	c->number = __HYPERVISOR_memory_op;
	c->args[0] = !one_in(m, 12) ? command
	             : one_in(m, 4) ? random_value(m)
	                            : random_below(m, 32);
	if (command == XENMEM_add_to_physmap)
		c->args[1] = physmap(m);
	else if (command == XENMEM_add_to_physmap_batch)
		c->args[1] = physmap_batch(m);
	else if (command == XENMEM_acquire_resource)
		c->args[1] = resource(m);
	else if (command == XENMEM_remove_from_physmap)
		c->args[1] = put(m, &removed, sizeof(removed));
	else
		c->args[1] = reservation(m);
	if (one_in(m, 32))
		c->args[0] |= random_below(m, 20) << 6; /* as if part of it were done */
}

static void make_map(struct me *m, struct gnttab_map_grant_ref *op)
{
	*op = (struct gnttab_map_grant_ref){
		.host_addr = random_gfn(m) << PAGE_SHIFT,
		.flags = (uint32_t)(one_in(m, 8) ? random_below(m, 64)
						 : GNTMAP_host_map | random_below(m, 2) << 2),
		.ref = (grant_ref_t)(one_in(m, 8) ? random_value(m) : random_below(m, 40)),
		.dom = (domid_t)random_domain(m),
	};
}

static void make_unmap(struct me *m, struct gnttab_unmap_grant_ref *op)
{
	*op = (struct gnttab_unmap_grant_ref){
		.host_addr = one_in(m, 4) ? 0 : random_gfn(m) << PAGE_SHIFT,
		.dev_bus_addr = one_in(m, 4) ? random_value(m) : 0,
		.handle = (grant_handle_t)(one_in(m, 8) ? random_value(m) : random_below(m, 64)),
	};
}

static void make_copy_end(struct me *m, struct gnttab_copy_ptr *end, bool by_ref)
{
	end->domid = (domid_t)(one_in(m, 2) ? DOMID_SELF : random_domain(m));
	end->offset = (uint16_t)(one_in(m, 4) ? random64(m) : random_below(m, 4096));
	if (by_ref)
		end->u.ref = (grant_ref_t)random_below(m, 40);
	else
		end->u.gmfn = random_gfn(m);
}

static void make_copy(struct me *m, struct gnttab_copy *op)
{
	*op = (struct gnttab_copy){ .len = (uint16_t)random_below(m, 5000),
		.flags = (uint16_t)random_below(m, 4) };
	make_copy_end(m, &op->source, op->flags & GNTCOPY_source_gref);
	make_copy_end(m, &op->dest, op->flags & GNTCOPY_dest_gref);
}

static void make_grant_table_op(struct me *m, struct call *c)
{
	union {
		struct gnttab_map_grant_ref map[4];
		struct gnttab_unmap_grant_ref unmap[4];
		struct gnttab_copy copy[4];
		uint8_t bytes[160];
	} u;

	c->number = __HYPERVISOR_grant_table_op;
	c->args[0] = random_below(m, 16);
	c->args[2] = random_count(m, one_in(m, 2) ? 1 : 4);
	fill(m, &u, sizeof(u));
	for (unsigned i = 0; i < 4; i++) {
		if (c->args[0] == GNTTABOP_map_grant_ref)
			make_map(m, &u.map[i]);
		else if (c->args[0] == GNTTABOP_unmap_grant_ref)
			make_unmap(m, &u.unmap[i]);
		else if (c->args[0] == GNTTABOP_copy)
			make_copy(m, &u.copy[i]);
	}
	c->args[1] = put(m, &u, sizeof(u));
}

static void make_event_channel_op(struct me *m, struct call *c)
{
	uint32_t words[8];

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = (uint32_t)(one_in(m, 8) ? random_value(m) : random_below(m, 40));
	if (one_in(m, 2))
		words[0] = (uint32_t)(random_domain(m) | random_domain(m) << 16);
	c->number = __HYPERVISOR_event_channel_op;
	c->args[0] = random_below(m, 15);
	if (c->args[0] == EVTCHNOP_init_control || c->args[0] == EVTCHNOP_expand_array) {
		uint64_t gfn = random_gfn(m);

		words[0] = (uint32_t)gfn;
		words[1] = (uint32_t)(gfn >> 32);
		words[2] = (uint32_t)random_below(m, PAGE_SIZE);
		words[3] = (uint32_t)random_below(m, VCPUS_MAX);
	}
	c->args[1] = put(m, words, sizeof(words));
}

static void make_sched_op(struct me *m, struct call *c)
{
	static const uint8_t commands[] = { SCHEDOP_yield, SCHEDOP_block, SCHEDOP_poll,
		SCHEDOP_watchdog, SCHEDOP_remote_shutdown };
	struct sched_poll poll = { .ports.q = random_pointer(m),
		.nr_ports = (unsigned)random_below(m, one_in(m, 8) ? 200 : 8),
		.timeout = seldom(m) ? random_value(m) : 1 };
	struct sched_watchdog dog = { .id = (uint32_t)random_below(m, 5),
		.timeout = one_in(m, 2) ? 0 : 1000000 };
	struct sched_remote_shutdown remote = { .domain_id = (domid_t)random_below(m, 3),
		.reason = (unsigned)random_below(m, 6) };

	c->number = __HYPERVISOR_sched_op;
	c->args[0] = commands[random_below(m, ARRAY_SIZE(commands))];
	if (c->args[0] == SCHEDOP_block && !seldom(m))
		c->args[0] = SCHEDOP_yield;
	if (c->args[0] == SCHEDOP_poll)
		c->args[1] = put(m, &poll, sizeof(poll));
	else if (c->args[0] == SCHEDOP_watchdog)
		c->args[1] = put(m, &dog, sizeof(dog));
	else
		c->args[1] = put(m, &remote, sizeof(remote));
}

static void make_vcpu_op(struct me *m, struct call *c)
{
	struct vcpu_register_vcpu_info info = { .mfn = random_gfn(m),
		.offset = (uint32_t)(random_below(m, 64) * 64) };
	uint64_t area = random_pointer(m);

	c->number = __HYPERVISOR_vcpu_op;
	c->args[0] = random_below(m, 16);
	if (c->args[0] == VCPUOP_down && !seldom(m))
		c->args[0] = VCPUOP_is_up;
	c->args[1] = random_below(m, one_in(m, 8) ? 70 : VCPUS_MAX);
	c->args[2] = c->args[0] == VCPUOP_register_vcpu_info ? put(m, &info, sizeof(info))
	                                                     : put(m, &area, sizeof(area));
}

static void make_hvm_op(struct me *m, struct call *c)
{
	static const uint8_t known[] = { HVM_PARAM_CALLBACK_IRQ, HVM_PARAM_STORE_PFN,
		HVM_PARAM_STORE_EVTCHN, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN };
	struct xen_hvm_param param = { .domid = (domid_t)random_domain(m),
		.index = one_in(m, 2) ? known[random_below(m, ARRAY_SIZE(known))]
		                      : (uint32_t)random_below(m, 45),
		.value = random_value(m) };

	c->number = __HYPERVISOR_hvm_op;
	c->args[0] = random_below(m, one_in(m, 4) ? 32 : 3);
	c->args[1] = put(m, &param, sizeof(param));
}

/* The version is right and the domain may exist: only who asks is wrong. */
static void make_control(struct me *m, struct call *c)
{
	union {
		struct xen_domctl domctl;
		struct xen_sysctl sysctl;
		struct xen_platform_op platform;
	} u;

	fill(m, &u, sizeof(u));
	switch (random_below(m, 4)) {
	case 0:
		c->number = __HYPERVISOR_sysctl;
		u.sysctl.cmd = (uint32_t)random_below(m, one_in(m, 4) ? 140 : 32);
		u.sysctl.interface_version =
				u.sysctl.cmd < 128 ? XEN_SYSCTL_INTERFACE_VERSION : 0x47520001U;
		break;
	case 1:
		c->number = __HYPERVISOR_platform_op;
		u.platform.interface_version = XENPF_INTERFACE_VERSION;
		u.platform.cmd = (uint32_t)random_below(m, 70);
		break;
	default:
		c->number = __HYPERVISOR_domctl;
		u.domctl.cmd = (uint32_t)random_below(m, 95);
		u.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		u.domctl.domain = (domid_t)random_domain(m);
		break;
	}
	c->args[0] = put(m, &u, sizeof(u));
}

/* Those with a number, a command and little more; most of them are not there. */
static void make_small(struct me *m, struct call *c)
{
	static const uint8_t numbers[] = { __HYPERVISOR_xen_version, __HYPERVISOR_xen_version,
		__HYPERVISOR_console_io, __HYPERVISOR_vm_assist, __HYPERVISOR_xsm_op,
		__HYPERVISOR_physdev_op, __HYPERVISOR_hypfs_op, __HYPERVISOR_argo_op,
		__HYPERVISOR_xenpmu_op, __HYPERVISOR_dm_op };
	uint8_t bytes[96];

	fill(m, bytes, sizeof(bytes));
	c->number = numbers[random_below(m, ARRAY_SIZE(numbers))];
	c->args[0] = random_below(m, 34);
	c->args[1] = put(m, bytes, sizeof(bytes));
	if (c->number == __HYPERVISOR_console_io) {
		c->args[0] = random_below(m, 3);
		c->args[1] = random_count(m, random_below(m, 200));
		c->args[2] = put(m, bytes, sizeof(bytes));
	} else if (c->number == __HYPERVISOR_vm_assist) {
		c->args[0] = random_below(m, 3);
		c->args[1] = one_in(m, 2) ? VMASST_TYPE_runstate_update_flag : random_below(m, 8);
	} else if (c->number == __HYPERVISOR_xsm_op) {
		c->args[0] = c->args[1];
	} else if (c->number == __HYPERVISOR_dm_op) {
		c->args[0] = random_domain(m);
		c->args[1] = random_count(m, 2);
		c->args[2] = put(m, bytes, sizeof(bytes));
	}
}

static void make_any(struct me *m, struct call *c)
{
	uint8_t bytes[128];

	fill(m, bytes, sizeof(bytes));
	c->number = one_in(m, 8) ? random_value(m) : random_below(m, 64);
	for (unsigned i = 0; i < HVC_ARGS; i++)
		c->args[i] = one_in(m, 2) ? put(m, bytes, sizeof(bytes)) : random_below(m, 70);
	c->args[0] = one_in(m, 2) ? random_below(m, 32) : c->args[0];
}

static void make_multicall(struct me *m, struct call *c);

static void (*const makers[])(struct me *m, struct call *c) = { make_memory_op, make_memory_op,
	make_grant_table_op, make_grant_table_op, make_event_channel_op, make_event_channel_op,
	make_sched_op, make_vcpu_op, make_hvm_op, make_control, make_small, make_any,
	make_multicall };

static bool ends_run(const struct me *m, const struct call *c)
{
	uint32_t command = (uint32_t)c->args[0];

	if (c->number == __HYPERVISOR_sched_op)
		return command == SCHEDOP_shutdown || command == SCHEDOP_shutdown_code ||
		       (command == SCHEDOP_block && m->id == 0);
	return c->number == __HYPERVISOR_vcpu_op && command == VCPUOP_down &&
	       (uint32_t)c->args[1] == 0;
}

static void make(struct me *m, struct call *c, bool nested)
{
	size_t kinds = ARRAY_SIZE(makers) - (nested && !one_in(m, 8));

	*c = (struct call){ .number = 0 };
	for (unsigned i = 0; i < HVC_ARGS; i++)
		c->args[i] = random_value(m);
	makers[random_below(m, kinds)](m, c);
	if (ends_run(m, c))
		*c = (struct call){ .number = __HYPERVISOR_sched_op, .args = { SCHEDOP_yield } };
}

static void make_multicall(struct me *m, struct call *c)
{
	static struct multicall_entry lists[VCPUS_MAX][ENTRIES_MAX];
	static unsigned depth[VCPUS_MAX];
	struct multicall_entry *list = lists[m->id];
	unsigned count = 1 + (unsigned)random_below(m, ENTRIES_MAX - 1);

	c->number = __HYPERVISOR_multicall;
	c->args[1] = random_count(m, count);
	if (depth[m->id]++ == 0)
		for (unsigned i = 0; i < count; i++) {
			struct call inner;

			make(m, &inner, true);
			list[i] = (struct multicall_entry){ .op = inner.number };
			for (unsigned k = 0; k < HVC_ARGS; k++)
				list[i].args[k] = inner.args[k];
		}
	depth[m->id]--;
	c->args[0] = put(m, list, count * sizeof(*list));
}

static bool is_control(const struct call *c)
{
	return c->number == __HYPERVISOR_domctl || c->number == __HYPERVISOR_sysctl ||
	       c->number == __HYPERVISOR_platform_op || c->number == __HYPERVISOR_hypfs_op ||
	       (c->number == __HYPERVISOR_sched_op && c->args[0] == SCHEDOP_remote_shutdown);
}

static enum tally family(uint64_t number)
{
	static const uint8_t families[] = {
		[__HYPERVISOR_platform_op] = TALLY_PLATFORM + 1,
		[__HYPERVISOR_memory_op] = TALLY_MEMORY + 1,
		[__HYPERVISOR_multicall] = TALLY_MULTICALL + 1,
		[__HYPERVISOR_xen_version] = TALLY_VERSION + 1,
		[__HYPERVISOR_console_io] = TALLY_CONSOLE + 1,
		[__HYPERVISOR_grant_table_op] = TALLY_GRANT + 1,
		[__HYPERVISOR_vm_assist] = TALLY_ASSIST + 1,
		[__HYPERVISOR_vcpu_op] = TALLY_VCPU + 1,
		[__HYPERVISOR_xsm_op] = TALLY_XSM + 1,
		[__HYPERVISOR_sched_op] = TALLY_SCHED + 1,
		[__HYPERVISOR_event_channel_op] = TALLY_EVTCHN + 1,
		[__HYPERVISOR_physdev_op] = TALLY_PHYSDEV + 1,
		[__HYPERVISOR_hvm_op] = TALLY_HVM + 1,
		[__HYPERVISOR_sysctl] = TALLY_SYSCTL + 1,
		[__HYPERVISOR_domctl] = TALLY_DOMCTL + 1,
		[__HYPERVISOR_argo_op] = TALLY_ARGO + 1,
		[__HYPERVISOR_xenpmu_op] = TALLY_XENPMU + 1,
		[__HYPERVISOR_dm_op] = TALLY_DM + 1,
		[__HYPERVISOR_hypfs_op] = TALLY_HYPFS + 1,
	};

	if (number >= ARRAY_SIZE(families) || families[number] == 0)
		return TALLY_UNKNOWN;
	return (enum tally)(families[number] - 1);
}

void do_hypercall(struct me *m)
{
	struct call c;
	int64_t rc;

	make(m, &c, false);
	rc = hypercall_raw(c.number, c.args);
	tally(m, family(c.number), rc >= 0);
	if (is_control(&c))
		tally(m, TALLY_CONTROL, rc >= 0);
}
