/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the hardware domain and makes its first vCPU ready. */
#include "arch/arm64/dom0.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/boot_console.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/host_tree.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/options.h"
#include "core/printk.h"

/* Xen's limits for a domain it builds itself. */
#define EVTCHN_PORT_MAX     ((1U << 17) - 1)
#define GRANT_FRAMES_MAX    64
#define MAPTRACK_FRAMES_MAX 1024

static unsigned vcpu_count(const struct dom0 *dom0)
{
	unsigned asked = options.dom0_max_vcpus ? options.dom0_max_vcpus : cpu_count;
	unsigned room = dom0_gic_room(dom0), max = MIN(room, (unsigned)DOMAIN_VCPUS_MAX);

	if (asked > room)
		log_warn("Dom0 gets %u vCPUs, not %u: no more fit into the GIC's %u redistributor regions",
				max, asked, dom0->gicr_count);
	else if (asked > max)
		log_warn("Dom0 gets %u vCPUs, not %u: no domain has more", max, asked);
	return MIN(asked, max);
}

static void create(struct dom0 *dom0)
{
	struct domain_config config = {
		.privileged = true,
		.hardware = true,
		.direct_mapped = true,
		.passthrough = true,
		.vcpus_max = dom0->vcpus,
		.spis = gic_info.spi_count,
		.evtchn_port_max = EVTCHN_PORT_MAX,
		.grant_frames_max = GRANT_FRAMES_MAX,
		.maptrack_frames_max = MAPTRACK_FRAMES_MAX,
		.grant_version_max = 1,
		.gic_dist = dom0->gicd.base.v,
		.gic_redist = dom0->gicrs[0].base.v,
	};
	int err = domain_create(0, &config, &dom0->domain);

	if (!err)
		dom0_place_rdists(dom0);
	for (unsigned i = 0; !err && i < dom0->vcpus; i++)
		err = vcpu_create(dom0->domain, i);
	if (err)
		boot_refuse("Dom0 cannot be created: error %d", err);
}

/* Reserved memory is kept, also where a boot module lies in it. */
static void release(struct page_range range)
{
	page_release_range(range, boot_info.reserved, boot_info.reserved_count);
}

static void release_boot_memory(void)
{
	for (unsigned kind = 0; kind < MODULE_KINDS; kind++) {
		struct boot_module *module = &boot_info.modules[kind];
		uint64_t start = ALIGN_DOWN(module->base.v, PAGE_SIZE);
		uint64_t end = ALIGN_UP(module->base.v + module->size, PAGE_SIZE);

		if (module->size)
			release((struct page_range){ PADDR(start), end - start });
	}
	release(boot_info.dtb_range);
}

void dom0_build(void)
{
	static struct dom0 dom0;
	size_t tree_size = dom0_tree_size();

	dom0.uart = boot_console_node(&host_tree);
	dom0_find_gic(&dom0);
	dom0.vcpus = vcpu_count(&dom0);
	create(&dom0);
	dom0_allocate_memory(&dom0, dom0_image_load_size(tree_size));
	dom0_assign_devices(&dom0);
	dom0_load_images(&dom0, tree_size);
	dom0_write_tree(&dom0, tree_size);
	host_tree_open();
	release_boot_memory();
	log_info("Dom0: %u vCPUs, %llu MiB, kernel at %#llx, device tree at %#llx", dom0.vcpus,
			(unsigned long long)(atomic_load(&dom0.domain->tot_pages) >>
					     (20 - PAGE_SHIFT)),
			(unsigned long long)dom0.entry, (unsigned long long)dom0.dtb);
	if (vcpu_power_on(domain_vcpu(dom0.domain, 0), dom0.entry, dom0.dtb))
		boot_refuse("Dom0's first vCPU cannot be started");
	domain_unpause_by_toolstack(dom0.domain);
}
