/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dom0's GIC stands where the machine's is (arm,gic-v3 binding). The machine may have its redistributors in several
 * regions; Dom0's fill them in the order of its vCPUs.
 */
#include "arch/arm64/boot.h"
#include "arch/arm64/dom0.h"
#include "arch/arm64/host_tree.h"
#include "arch/arm64/vgic.h"

/* An emulated redistributor has the two frames of a GICv3, whatever the machine's have (IHI 0069, 12.10). */
static unsigned room_in(const struct page_range *region)
{
	return (unsigned)MIN(region->size / VGIC_RDIST_SIZE, (uint64_t)DOMAIN_VCPUS_MAX);
}

void dom0_find_gic(struct dom0 *dom0)
{
	uint32_t regions = 1;
	struct dt_window window;
	struct dt_list list;

	dom0->gic = dt_find_compatible(&host_tree, NULL, "arm,gic-v3");
	dt_prop_u32(&host_tree, dom0->gic, "#redistributor-regions", &regions);
	list = dt_reg(&host_tree, dom0->gic);
	if (dt_reg_next(&list, &window, NULL) <= 0)
		boot_refuse("%s: no distributor in reg", dt_path(dom0->gic));
	dom0->gicd = (struct page_range){ PADDR(window.base), window.size };
	dom0->gicr_count = 0;
	while (regions-- && dom0->gicr_count < VGIC_WINDOWS_MAX &&
			dt_reg_next(&list, &window, NULL) > 0) {
		struct page_range region = { PADDR(window.base), window.size };

		if (room_in(&region))
			dom0->gicrs[dom0->gicr_count++] = region;
	}
	if (!dom0->gicr_count)
		boot_refuse("%s: no redistributors in reg", dt_path(dom0->gic));
}

unsigned dom0_gic_room(const struct dom0 *dom0)
{
	unsigned room = 0;

	for (unsigned i = 0; i < dom0->gicr_count; i++)
		room += room_in(&dom0->gicrs[i]);
	return room;
}

void dom0_place_rdists(struct dom0 *dom0)
{
	struct vgic_window windows[VGIC_WINDOWS_MAX];
	unsigned first = 0, count = 0;

	while (count < dom0->gicr_count && first < dom0->vcpus) {
		unsigned end = first + room_in(&dom0->gicrs[count]);

		windows[count] = (struct vgic_window){ IPA(dom0->gicrs[count].base.v), first, end };
		first = end;
		count++;
	}
	vgic_set_windows(dom0->domain, windows, count);
	dom0->gicr_count = count;
}
