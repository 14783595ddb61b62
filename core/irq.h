/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device interrupts given to domains: SPIs, under the same number in the guest. Implemented by the
 * architecture. Who may have which is decided elsewhere (assign/ledger.h), one decision at a time.
 */
#pragma once

#include "core/types.h"

struct domain;

/*
 * Whether irq_route() would work: 0, -EINVAL (the machine or the domain has no such SPI, or the domain no
 * vCPU yet), -EBUSY (it is routed, or Graft's own). The answer holds until the next irq_route().
 */
int irq_may_route(struct domain *d, uint32_t intid);

/*
 * The SPI becomes d's; irq_may_route() has said yes, so it cannot fail. edge: as the device tree says; the
 * guest may configure it anew.
 */
void irq_route(struct domain *d, uint32_t intid, bool edge);

/* Takes it back in whatever state it is; afterwards it is disabled and inactive. */
void irq_unroute(struct domain *d, uint32_t intid);

/* Whether the kernel of d, whose it is, has it enabled: it drives the device. */
bool irq_is_enabled(const struct domain *d, uint32_t intid);

/* Whose it is; NULL: nobody's, or Graft's. */
struct domain *irq_owner(uint32_t intid);
