/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of device interrupts in host tests: a record of core/irq.h. */
#pragma once

#include "core/irq.h"

#define HOST_IRQS 1020

struct host_route {
	struct domain *owner;
	bool edge;
	bool enabled; /* by the owner's kernel: a test says so */
};

extern struct host_route host_routes[HOST_IRQS];
extern unsigned host_spi_count;   /* SPIs of the machine, from 32 on */
extern uint32_t host_irq_of_graft; /* the one SPI that Graft handles itself; 0: none */
extern const struct domain
		*host_domain_without_irqs; /* its virtual GIC has no SPI; NULL: all have */
