/* SPDX-License-Identifier: Apache-2.0 */
/* Bring-up in order: what can be read, what can be allocated, what can interrupt, who runs. */
#include <stdatomic.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/boot_console.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/cache.h"
#include "arch/arm64/cpu_kinds.h"
#include "arch/arm64/dom0.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/host_tree.h"
#include "arch/arm64/irq.h"
#include "arch/arm64/layout.h"
#include "arch/arm64/mm.h"
#include "arch/arm64/p2m_table.h"
#include "arch/arm64/psci.h"
#include "arch/arm64/smp.h"
#include "arch/arm64/time.h"
#include "arch/arm64/timer_node.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/options.h"
#include "core/page.h"
#include "core/printk.h"
#include "core/sched.h"
#include "core/timer.h"
#include "core/version.h"
#include "lib/string.h"
#include <arch/sysreg.h>

#define RANGES_MAX (BOOT_RANGES_MAX + 8)

/* PPI of the EL2 physical timer, and the only other one a CPU of Graft takes. */
static uint32_t hyp_timer_ppi;

static void hyp_timer_interrupt(uint32_t intid)
{
	(void)intid;
	timer_interrupt();
}

/* A list register ran empty while more waits: the exit that this is brings them in. */
static void maintenance_interrupt(uint32_t intid)
{
	(void)intid;
}

static void init_timers(void)
{
	struct timer_node timer;

	timer_node_read(&host_tree, &timer);
	counter_init(timer.erratum);
	arch_time_init(timer.frequency);
	if (!arch_time_is_known())
		boot_refuse("%s: clock-frequency is needed: the firmware has left CNTFRQ_EL0 at 0",
				dt_path(timer.node));
	hyp_timer_ppi = timer.hypervisor_intid;
	gic_info.vtimer_intid = timer.virtual_intid;
	irq_set_handler(hyp_timer_ppi, hyp_timer_interrupt);
	timer_init_cpu(0);
}

void boot_enable_ppis(void)
{
	gic_ppi_enable(hyp_timer_ppi, true);
	gic_ppi_enable(gic_info.vtimer_intid, true);
}

static void init_memory(void)
{
	static struct page_range taken[RANGES_MAX];
	size_t count = bootinfo_taken(taken, RANGES_MAX);

	for (size_t i = 0; i < boot_info.ram_count; i++)
		mm_map_ram(&boot_info.ram[i]);
	if (page_init(boot_info.ram, boot_info.ram_count, taken, count))
		boot_refuse("not enough memory for the frame table");
	mm_use_page_allocator();
}

static void init_gic(void)
{
	const struct dt_node *node = dt_find_compatible(&host_tree, NULL, "arm,gic-v3");

	if (!node)
		boot_refuse("no GICv3 in the device tree: Graft needs one (QEMU: -M virt,gic-version=3)");
	if (gic_init(&host_tree, node) || gic_init_cpu())
		boot_refuse("%s: the GICv3 cannot be used", dt_path(node));
	irq_set_handler(gic_info.maintenance_intid, maintenance_interrupt);
}

static void raise_to_end(struct dt_list list,
		int (*next)(struct dt_list *, struct dt_window *, struct dt_why *), uint64_t *end)
{
	struct dt_window window;

	while (next(&list, &window, NULL) > 0) {
		if (window.size && window.base + window.size > *end)
			*end = window.base + window.size;
	}
}

/* Dom0 sees RAM and devices at their own addresses: its address space must reach the highest. */
static void init_guest_addresses(void)
{
	uint64_t end = page_ram_end().v;
	const struct dt_node *node;

	dt_for_each_node (node, host_tree.root) {
		raise_to_end(dt_reg(&host_tree, node), dt_reg_next, &end);
		if (dt_is_pci_host(&host_tree, node))
			raise_to_end(dt_ranges(&host_tree, node), dt_ranges_next, &end);
	}
	p2m_setup(PADDR(end));
}

/* On the boot CPU's own stack, behind guard pages. */
static void boot_rest(void)
{
	init_guest_addresses();
	init_timers();
	init_gic();
	(void)firmware_init(&host_tree);
	guest_init_cpu();
	boot_enable_ppis();
	smp_start_others(&host_tree);
	cpu_group_kinds();
	errata_report();
	if (p2m_init_empty())
		boot_refuse("no memory for an empty stage 2");
	guest_init_stage2();
	log_info("%u CPUs, %llu MiB of RAM", cpu_count,
			(unsigned long long)(page_count_total() >> (20 - PAGE_SHIFT)));
	domain_init_list();
	if (sched_init(cpu_count))
		boot_refuse("no memory for the scheduler");
	boot_console_enable_receive(&host_tree);
	dom0_build();
	smp_release_others();
	sched_start_cpu();
}

_Noreturn void boot_main(uint64_t dtb_pa, uint64_t image_pa)
{
	const void *dtb = (const void *)(LAYOUT_DTB_BASE + (dtb_pa & (LAYOUT_DTB_MAX - 1)));

	cache_init_cpu();
	mm_init(image_pa);
	smp_init_boot_cpu();
	arch_time_init(0);
	bootinfo_open(dtb, PADDR(dtb_pa));
	options_parse(boot_info.command_line);
	if (strcmp(options.console, "none") != 0)
		boot_console_init(&boot_info.dtb, options.dtuart);
	log_info("Graft %s, speaking Xen %u.%u%s", version.release, VERSION_MAJOR, VERSION_MINOR,
			version.extra);
	log_info("command line: %s", boot_info.command_line);
	bootinfo_read();
	init_memory();
	host_tree_init();
	if (mm_map_stacks(&cpus[0]))
		boot_refuse("no memory for the first CPU's stack");
	boot_switch_stack(cpus[0].stack_top, boot_rest);
}
