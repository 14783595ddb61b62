/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical interrupts: those that Graft handles itself (PPIs of each CPU, the SPIs of its few devices), and the
 * SPIs that domains own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct domain;

#define IRQ_HANDLERS 1020

/* Runs on the CPU that took it, no lock held. */
typedef void irq_handler_t(uint32_t intid);

/* At boot only. 0, -EINVAL. */
int irq_set_handler(uint32_t intid, irq_handler_t *handler);

/*
 * An SPI becomes d's, under the same number. edge: as the device tree says; the guest may configure it anew.
 * 0, -EINVAL (no such SPI), -EBUSY.
 */
int irq_route(struct domain *d, uint32_t intid, bool edge);
/* Takes it back in whatever state it is; afterwards it is disabled and inactive. */
void irq_unroute(struct domain *d, uint32_t intid);
/* Whose it is; NULL: nobody's, or Graft's. */
struct domain *irq_owner(uint32_t intid);
