/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical interrupts that Graft handles itself: PPIs of each CPU, the SPIs of its few devices. Those of domains
 * are in core/irq.h.
 */
#pragma once

#include "core/irq.h"

#define IRQ_HANDLERS 1020

/* Runs on the CPU that took it, no lock held. */
typedef void irq_handler_t(uint32_t intid);

/* At boot only. 0, -EINVAL. */
int irq_set_handler(uint32_t intid, irq_handler_t *handler);

/* Logs which SPIs are routed to d, neighbours together. */
void irq_dump_routes(const struct domain *d);
