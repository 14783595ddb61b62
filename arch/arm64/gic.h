/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical GICv3: distributor, redistributors, CPU interface with EOImode 1 (priority drop and
 * deactivation apart). arch/host has a fake of the same functions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/types.h"

#define GIC_INTID_SPI_BASE 32
#define GIC_INTID_SPECIAL  1020 /* 1020 … 1023: nothing to acknowledge */
#define GIC_INTID_LPI_BASE 8192

/* SGIs that Graft's CPUs send each other. */
enum gic_sgi {
	GIC_SGI_KICK,  /* leave the guest, look around */
	GIC_SGI_HALT,  /* panic: stop */
	GIC_SGI_COUNT,
};

struct gic_info {
	unsigned spi_count;    /* SPIs implemented: 32 … 32 + spi_count - 1 */
	unsigned lr_count;
	unsigned priority_bits;    /* virtual: implemented bits of a priority */
	unsigned preemption_bits;  /* virtual: 32 of them to an active priorities register */
	bool dir_traps;     /* ICC_DIR_EL1 alone can be trapped (ICH_HCR_EL2.TDIR) */
	uint32_t maintenance_intid;
	uint32_t vtimer_intid; /* PPI of the virtual timer; guests see theirs at VGIC_PPI_VTIMER */
	uint32_t phandle;
};
extern struct gic_info gic_info;

/* CPU interface, this CPU. */
uint32_t gic_acknowledge(void); /* ICC_IAR1_EL1 */
void gic_drop_priority(uint32_t intid); /* ICC_EOIR1_EL1 */
void gic_deactivate(uint32_t intid); /* ICC_DIR_EL1 */
void gic_send_sgi(unsigned cpu, enum gic_sgi sgi);

/* Distributor, any CPU, INTID an SPI. */
void gic_spi_enable(uint32_t intid, bool enable); /* disable waits until it holds */
void gic_spi_configure(uint32_t intid, bool edge); /* while disabled */
void gic_spi_set_target(uint32_t intid, unsigned cpu);
void gic_spi_set_active(uint32_t intid, bool active);
void gic_spi_set_pending(uint32_t intid, bool pending);
bool gic_spi_is_pending(uint32_t intid);

/* Redistributor of this CPU, INTID a PPI. */
void gic_ppi_enable(uint32_t intid, bool enable);
void gic_ppi_set_active(uint32_t intid, bool active);
/* That of any CPU. Of a level: its line, active or not. */
bool gic_ppi_is_pending(unsigned cpu, uint32_t intid);

/* List registers and virtual interface, this CPU. */
uint64_t gic_lr_read(unsigned n);
void gic_lr_write(unsigned n, uint64_t value);
uint32_t gic_elrsr(void); /* ICH_ELRSR_EL2: empty list registers */
uint64_t gic_misr(void);
uint64_t gic_vmcr_read(void);
void gic_vmcr_write(uint64_t value);
uint64_t gic_hcr_read(void);
void gic_hcr_write(uint64_t value);
uint32_t gic_ap0r_read(unsigned n);
void gic_ap0r_write(unsigned n, uint32_t value);
uint32_t gic_ap1r_read(unsigned n);
void gic_ap1r_write(unsigned n, uint32_t value);

/*
 * Bring-up from the node of an arm,gic-v3. 0, -ENODEV with the reason on the log. The handler of the
 * maintenance interrupt (gic_info.maintenance_intid) only drops and deactivates: the exit did the work.
 */
struct dt_node;
struct dt_tree;
int gic_init(const struct dt_tree *tree, const struct dt_node *node);
int gic_init_cpu(void); /* each CPU, also the first; -ENODEV: no redistributor is its own */
