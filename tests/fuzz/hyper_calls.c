/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls that mean something: frames that are memory, entries that grant, ports and handles that came from
 * earlier calls. Random bytes alone seldom get past the checks, and never to the end of what was begun.
 */
#include "tests/fuzz/hyper.h"

#include <arch/mm.h>

#include "core/cpu.h"
#include "core/page.h"
#include "include/graft/sysctl.h"

#define GUESTS    3U /* ids from 0 on that know each other's ports and handles */
#define KEPT      8U /* results of one kind that a domain remembers */
#define REFS      6U /* grant references that are used */
#define HOLE_GFN  UINT64_C(0x80000) /* nothing is there at first */
#define HOLE_SIZE 8U
#define LIST      2048U /* places in the buffer: frame lists */
#define ERRORS    3072U

struct handle {
	grant_handle_t handle;
	uint64_t host, device;
};

static struct known {
	evtchn_port_t ports[KEPT];
	struct handle handles[KEPT];
	unsigned port_next, handle_next;
} known[GUESTS];

void shaped_reset(void)
{
	memset(known, 0, sizeof(known));
}

static struct known *mine(void)
{
	return &known[caller_domain()->id % GUESTS];
}

static domain_id_t self(void)
{
	return caller_domain()->id;
}

static domid_t some_guest(void)
{
	return (domid_t)(take() % GUESTS);
}

/* Where the caller has memory, had some, or has a hole to map things in. */
static uint64_t some_gfn(void)
{
	unsigned choice = take();

	if (choice % 4 == 0)
		return HOLE_GFN + choice / 4 % HOLE_SIZE;
	return ram_gfn(self() % GUESTS, choice / 4);
}

static uint64_t hole_gfn(void)
{
	unsigned choice = take();

	return choice % 8 ? HOLE_GFN + choice % HOLE_SIZE : some_gfn();
}

static int64_t call(uint64_t number, uint64_t command, const void *arg, size_t size, uint64_t count)
{
	gva_t at = take() % 16 ? buf_at : buf_readonly_at;
	uint64_t args[HYPERCALL_ARGS] = { command, at.v, count };

	memcpy(buf, arg, size);
	return issue(number, args);
}

static void put_list(unsigned at, unsigned count, uint64_t (*fn)(void))
{
	uint64_t *list = (void *)(buf + at);

	for (unsigned i = 0; i < count; i++)
		list[i] = fn();
}

/* Grants */

static void grant(void)
{
	struct domain *d = caller_domain();
	struct grant_entry_v1 *entry;

	if (!d->grant.frame_count || !d->grant.frames[0])
		return;
	entry = (struct grant_entry_v1 *)d->grant.frames[0] + take() % REFS;
	entry->frame = (uint32_t)some_gfn();
	entry->domid = some_guest();
	entry->flags = GTF_permit_access | (take() % 4 ? 0 : GTF_readonly);
}

static uint32_t some_map_flags(void)
{
	static const uint32_t flags[] = { GNTMAP_host_map, GNTMAP_host_map | GNTMAP_readonly,
		GNTMAP_host_map | GNTMAP_device_map, GNTMAP_device_map };

	return flags[take() % ARRAY_SIZE(flags)];
}

static void map_grant(void)
{
	struct gnttab_map_grant_ref op = { .dom = some_guest(),
		.ref = take() % REFS,
		.flags = some_map_flags(),
		.host_addr = hole_gfn() << PAGE_SHIFT };
	struct known *k = mine();

	if (call(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &op, sizeof(op), 1))
		return;
	memcpy(&op, buf, sizeof(op));
	if (op.status == GNTST_okay)
		k->handles[k->handle_next++ % KEPT] = (struct handle){
			op.handle,
			op.flags & GNTMAP_host_map ? op.host_addr : 0,
			op.flags & GNTMAP_device_map ? op.dev_bus_addr : 0,
		};
}

static void unmap_grant(void)
{
	const struct handle *h = &mine()->handles[take() % KEPT];
	unsigned parts = take();
	struct gnttab_unmap_grant_ref op = { .handle = h->handle,
		.host_addr = parts % 4 == 1 ? 0 : h->host,
		.dev_bus_addr = parts % 4 == 2 ? 0 : h->device };

	call(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1);
}

static void copy_end(struct gnttab_copy_ptr *end, bool by_ref)
{
	end->offset = (uint16_t)(take() % 64);
	end->domid = by_ref ? some_guest() : DOMID_SELF;
	if (by_ref)
		end->u.ref = take() % REFS;
	else
		end->u.gmfn = some_gfn();
}

static void copy_grant(void)
{
	unsigned how = take();
	struct gnttab_copy op = { .len = 64,
		.flags = (uint16_t)((how & 1 ? GNTCOPY_source_gref : 0) |
				    (how & 2 ? GNTCOPY_dest_gref : 0)) };

	copy_end(&op.source, how & 1);
	copy_end(&op.dest, how & 2);
	call(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &op, sizeof(op), 1);
}

static void table_of_grants(void)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = take() % 6 };

	op.frame_list.q = buf_at.v + LIST;
	call(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &op, sizeof(op), 1);
}

/* Memory */

static void change_reservation(void)
{
	struct xen_memory_reservation op = { .nr_extents = 1 + take() % 4,
		.extent_order = take() % 3,
		.domid = take() % 4 ? DOMID_SELF : some_guest() };
	bool more = take() % 2;

	op.extent_start.q = buf_at.v + LIST;
	put_list(LIST, 4, take() % 2 ? hole_gfn : some_gfn);
	call(__HYPERVISOR_memory_op, more ? XENMEM_populate_physmap : XENMEM_decrease_reservation,
			&op, sizeof(op), 0);
}

static void add_own_page(void)
{
	struct xen_add_to_physmap op = { .domid = take() % 4 ? DOMID_SELF : some_guest(),
		.space = take() % 2 ? XENMAPSPACE_grant_table : XENMAPSPACE_shared_info,
		.gpfn = hole_gfn() };

	op.idx = op.space == XENMAPSPACE_grant_table ? take() % 5 : 0;
	call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &op, sizeof(op), 0);
}

static void remove_page(void)
{
	struct xen_remove_from_physmap op = { .domid = take() % 4 ? DOMID_SELF : some_guest(),
		.gpfn = hole_gfn() };

	call(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, &op, sizeof(op), 0);
}

static domain_id_t from; /* whose frames are listed */

static uint64_t gfn_of_from(void)
{
	unsigned choice = take();

	return choice % 2 ? ram_gfn(from, choice / 2) : HOLE_GFN + choice / 2 % HOLE_SIZE;
}

static void add_foreign_pages(void)
{
	struct xen_add_to_physmap_batch op = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 3
	};

	become(0, 0);
	from = some_guest();
	op.u.foreign_domid = from;
	op.idxs.q = buf_at.v + LIST;
	op.gpfns.q = buf_at.v + LIST + 64;
	op.errs.q = buf_at.v + ERRORS;
	put_list(LIST, 3, gfn_of_from);
	put_list(LIST + 64, 3, hole_gfn);
	call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, &op, sizeof(op), 0);
}

static void acquire_grant_frames(void)
{
	struct xen_mem_acquire_resource op = { .domid = some_guest(),
		.type = XENMEM_resource_grant_table,
		.frame = take() % 3,
		.nr_frames = 1 + take() % 2 };

	become(0, 0);
	op.frame_list.q = buf_at.v + LIST;
	put_list(LIST, 2, hole_gfn);
	call(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &op, sizeof(op), 0);
}

/* Event channels */

static void learn_port(evtchn_port_t port)
{
	struct known *k = mine();

	k->ports[k->port_next++ % KEPT] = port;
}

static evtchn_port_t some_port(const struct known *k)
{
	return k->ports[take() % KEPT];
}

static int64_t event_op(uint64_t command, const void *op, size_t size)
{
	return call(__HYPERVISOR_event_channel_op, command, op, size, 0);
}

static void open_port(void)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = some_guest() };

	if (event_op(EVTCHNOP_alloc_unbound, &op, sizeof(op)) == 0)
		learn_port(((struct evtchn_alloc_unbound *)(void *)buf)->port);
}

static void bind_port(void)
{
	domid_t remote = some_guest();
	struct evtchn_bind_interdomain op = { .remote_dom = remote,
		.remote_port = some_port(&known[remote]) };

	if (event_op(EVTCHNOP_bind_interdomain, &op, sizeof(op)) == 0)
		learn_port(((struct evtchn_bind_interdomain *)(void *)buf)->local_port);
}

static void bind_virq(void)
{
	struct evtchn_bind_virq op = { .virq = take() % 8, .vcpu = take() % 2 };

	if (event_op(EVTCHNOP_bind_virq, &op, sizeof(op)) == 0)
		learn_port(((struct evtchn_bind_virq *)(void *)buf)->port);
}

static void bind_ipi(void)
{
	struct evtchn_bind_ipi op = { .vcpu = take() % 2 };

	if (event_op(EVTCHNOP_bind_ipi, &op, sizeof(op)) == 0)
		learn_port(((struct evtchn_bind_ipi *)(void *)buf)->port);
}

/* Close, send and unmask all have the port alone. */
static void use_port(void)
{
	static const unsigned commands[] = { EVTCHNOP_close, EVTCHNOP_send, EVTCHNOP_unmask,
		EVTCHNOP_close };
	evtchn_port_t port = some_port(mine());

	event_op(commands[take() % ARRAY_SIZE(commands)], &port, sizeof(port));
}

static void move_port(void)
{
	struct evtchn_bind_vcpu op = { .port = some_port(mine()), .vcpu = take() % 2 };

	event_op(EVTCHNOP_bind_vcpu, &op, sizeof(op));
}

static void reset_ports(void)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };

	event_op(EVTCHNOP_reset, &op, sizeof(op));
}

static void queues(void)
{
	struct evtchn_init_control control = { .control_gfn = some_gfn(), .vcpu = take() % 2 };
	struct evtchn_expand_array array = { .array_gfn = some_gfn() };

	event_op(EVTCHNOP_init_control, &control, sizeof(control));
	event_op(EVTCHNOP_expand_array, &array, sizeof(array));
}

static void wait_for_ports(void)
{
	struct sched_poll op = { .nr_ports = 1 + take() % 2, .timeout = take_word(2) };
	evtchn_port_t ports[] = { some_port(mine()), some_port(mine()) };

	op.ports.q = buf_at.v + LIST;
	memcpy(buf + LIST, ports, sizeof(ports));
	call(__HYPERVISOR_sched_op, SCHEDOP_poll, &op, sizeof(op), 0);
}

/* vCPUs */

static void register_area(void)
{
	struct vcpu_register_runstate_memory_area area = { 0 };
	struct vcpu_register_vcpu_info info = { .mfn = some_gfn(), .offset = take() * 8 };
	uint64_t args[HYPERCALL_ARGS] = { VCPUOP_register_vcpu_info, take() % 2, buf_at.v };

	memcpy(buf, &info, sizeof(info));
	if (take() % 2) {
		args[0] = VCPUOP_register_runstate_memory_area;
		area.addr.p = (some_gfn() << PAGE_SHIFT) + take() % 2 * (PAGE_SIZE - 24);
		memcpy(buf, &area, sizeof(area));
	}
	issue(__HYPERVISOR_vcpu_op, args);
}

/* The toolstack */

static struct xen_domctl *begin(uint32_t command, domid_t id)
{
	static struct xen_domctl op;

	op = (struct xen_domctl){
		.cmd = command, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = id
	};
	return &op;
}

static int64_t domctl(const struct xen_domctl *op)
{
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v };

	become(0, 0);
	memcpy(buf, op, sizeof(*op));
	return issue(__HYPERVISOR_domctl, args);
}

static void make_domain(void)
{
	struct xen_domctl *op = begin(XEN_DOMCTL_createdomain, (domid_t)(1 + take() % 3));

	op->u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	op->u.createdomain.max_vcpus = 2;
	op->u.createdomain.max_evtchn_port = 255;
	op->u.createdomain.max_grant_frames = 2;
	op->u.createdomain.max_maptrack_frames = (int32_t)(take() % 3);
	op->u.createdomain.grant_opts = 1;
	if (domctl(op))
		return;
	op = begin(XEN_DOMCTL_max_vcpus, ((struct xen_domctl *)(void *)buf)->domain);
	op->u.max_vcpus.max = 2;
	domctl(op);
	op = begin(XEN_DOMCTL_max_mem, op->domain);
	op->u.max_mem.max_memkb = 256;
	domctl(op);
	op = begin(XEN_DOMCTL_set_paging_mempool_size, op->domain);
	op->u.paging_mempool.size = 32 * PAGE_SIZE;
	domctl(op);
}

static void destroy_domain(void)
{
	domctl(begin(XEN_DOMCTL_destroydomain, (domid_t)(1 + take() % 3)));
}

static void give_uart(void)
{
	struct xen_domctl *op = begin(XEN_DOMCTL_vuart_op, (domid_t)(1 + take() % 2));

	op->u.vuart_op.cmd = XEN_DOMCTL_VUART_OP_INIT;
	op->u.vuart_op.type = XEN_DOMCTL_VUART_TYPE_VPL011;
	op->u.vuart_op.gfn = ram_gfn(op->domain, take());
	domctl(op);
}

static void permit_registers(void)
{
	struct xen_domctl *op = begin(XEN_DOMCTL_iomem_permission, (domid_t)(1 + take() % 2));

	op->u.iomem_permission.first_mfn = (DEVICES_WINDOW >> PAGE_SHIFT) + take() % 6;
	op->u.iomem_permission.nr_mfns = 1 + take() % 2;
	op->u.iomem_permission.allow_access = take() % 4 != 0;
	domctl(op);
}

static void map_registers(void)
{
	struct xen_domctl *op = begin(XEN_DOMCTL_memory_mapping, (domid_t)(1 + take() % 2));

	op->u.memory_mapping.first_mfn = (DEVICES_WINDOW >> PAGE_SHIFT) + take() % 6;
	op->u.memory_mapping.first_gfn = HOLE_GFN + take() % HOLE_SIZE;
	op->u.memory_mapping.nr_mfns = 1 + take() % 2;
	op->u.memory_mapping.add_mapping = take() % 4 != 0;
	domctl(op);
}

static void permit_interrupt(void)
{
	struct xen_domctl *op = begin(XEN_DOMCTL_irq_permission, (domid_t)(1 + take() % 2));

	op->u.irq_permission.pirq = DEVICES_SPI + take() % 6;
	op->u.irq_permission.allow_access = take() % 4 != 0;
	domctl(op);
}

static void bind_interrupt(void)
{
	uint32_t intid = DEVICES_SPI + take() % 6;
	struct xen_domctl *op =
			begin(take() % 3 ? XEN_DOMCTL_bind_pt_irq : XEN_DOMCTL_unbind_pt_irq,
					(domid_t)(1 + take() % 2));

	op->u.bind_pt_irq.machine_irq = intid;
	op->u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
	op->u.bind_pt_irq.u.spi.spi = (uint16_t)intid;
	domctl(op);
}

/* Overlays */

static void add_overlay(void)
{
	const struct devices_blob *blob = &devices_blobs[take() % DEVICES_BLOBS];
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_dt_overlay,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v };

	become(0, 0);
	op.u.dt_overlay.overlay_fdt.q = blob->at.v;
	op.u.dt_overlay.overlay_fdt_size = blob->size;
	op.u.dt_overlay.overlay_op =
			take() % 3 ? XEN_SYSCTL_DT_OVERLAY_ADD : XEN_SYSCTL_DT_OVERLAY_REMOVE;
	memcpy(buf, &op, sizeof(op));
	issue(__HYPERVISOR_sysctl, args);
}

static void plan_overlay(void)
{
	const struct devices_blob *blob = &devices_blobs[take() % DEVICES_BLOBS];
	struct graft_sysctl op = { .cmd = GRAFT_SYSCTL_overlay_plan,
		.interface_version = GRAFT_SYSCTL_VERSION };
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v };

	become(0, 0);
	op.u.overlay_plan.op = GRAFT_PLAN_ADD + take() % 4;
	op.u.overlay_plan.domain = some_guest();
	op.u.overlay_plan.blob = blob->at.v;
	op.u.overlay_plan.blob_size = blob->size;
	op.u.overlay_plan.text = buf_at.v + LIST;
	op.u.overlay_plan.text_size = take() * 4;
	memcpy(buf, &op, sizeof(op));
	issue(__HYPERVISOR_sysctl, args);
}

static void attach_overlay(void)
{
	const struct devices_blob *blob = &devices_blobs[take() % DEVICES_BLOBS];
	struct xen_domctl *op = begin(XEN_DOMCTL_dt_overlay, some_guest());

	op->u.dt_overlay.overlay_fdt.q = blob->at.v;
	op->u.dt_overlay.overlay_fdt_size = blob->size;
	op->u.dt_overlay.overlay_op =
			take() % 3 ? XEN_DOMCTL_DT_OVERLAY_ATTACH : GRAFT_DOMCTL_DT_OVERLAY_DETACH;
	domctl(op);
}

void shaped_call(void)
{
	static void (*const calls[])(void) = {
		grant,
		grant,
		map_grant,
		map_grant,
		unmap_grant,
		copy_grant,
		table_of_grants,
		change_reservation,
		change_reservation,
		add_own_page,
		remove_page,
		add_foreign_pages,
		acquire_grant_frames,
		open_port,
		bind_port,
		bind_virq,
		bind_ipi,
		use_port,
		move_port,
		reset_ports,
		queues,
		register_area,
		make_domain,
		destroy_domain,
		give_uart,
		permit_registers,
		map_registers,
		permit_interrupt,
		bind_interrupt,
		add_overlay,
		attach_overlay,
		plan_overlay,
		wait_for_ports,
	};

	calls[take() % ARRAY_SIZE(calls)]();
}
