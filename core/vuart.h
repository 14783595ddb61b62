/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's emulated serial port (`vuart = "sbsa_uart"`): an SBSA UART at GUEST_PL011_BASE with interrupt
 * GUEST_VPL011_SPI, whose bytes go through a ring in a page of the domain's (xen/io/console.h) to a console
 * daemon in another domain. Implemented by the architecture.
 */
#pragma once

#include "core/types.h"
#include "core/xen_abi.h"

struct domain;
struct vcpu;

/*
 * XEN_DOMCTL_vuart_op, INIT: d has one from now on. gfn: its page for the ring; console: who may bind to *port.
 * 0; -EINVAL: d is dying, is direct-mapped, has no such SPI or no vCPU yet, or gfn is not its writable RAM;
 * -EEXIST: it has one; -EBUSY: the SPI or the address is taken; -ENOSPC, -ENOMEM.
 */
int vuart_init(struct domain *d, uint64_t gfn, domain_id_t console, evtchn_port_t *port);

/* A dying domain lets go of the ring's page; then, with its last reference, of the rest. None: nothing. */
void vuart_drop_ring(struct domain *d);
void vuart_free(struct domain *d);

/* A stage-2 fault at ipa. True: it was the UART's, and *value is read or value written. */
bool vuart_mmio_read(struct vcpu *v, ipa_t ipa, uint64_t *value);
bool vuart_mmio_write(struct vcpu *v, ipa_t ipa, uint64_t value);
bool vuart_overlaps(const struct domain *d, ipa_t ipa, uint64_t size);
