/* SPDX-License-Identifier: Apache-2.0 */
/* A host's overlay with a UART and a timer, and guests' blobs for it. */
#pragma once

#include "tests/unit/assign_guest.h"

/* The host's: a UART and a timer. */
static inline struct blob host_blob(void)
{
	return OVERLAY({ .name = "uart@a010000",
				       .base = WINDOW + 0x10000,
				       .size = 0x1000,
				       .spi = 50 },
			{ .name = "timer@a011000",
					.base = WINDOW + 0x11000,
					.size = 0x2000,
					.spi = 51,
					.edge = true });
}

/* As the guest has them; arguments change `dev`. */
static const struct guest_device guest_uart = {
	.name = "uart@a010000", .base = WINDOW + 0x10000, .size = 0x1000, .at = GUEST, .spi = 50
};
static const struct guest_device guest_timer = { .name = "timer@a011000",
	.base = WINDOW + 0x11000,
	.size = 0x2000,
	.at = GUEST + 0x1000,
	.spi = 51,
	.edge = true };

#define CHANGED(what, ...)                                                                         \
	({                                                                                         \
		struct guest_device dev = (what);                                                  \
		__VA_ARGS__;                                                                       \
		dev;                                                                               \
	})
#define GUEST_UART(...)  CHANGED(guest_uart, __VA_ARGS__)
#define GUEST_TIMER(...) CHANGED(guest_timer, __VA_ARGS__)

static struct blob added; /* by add_host() */

static inline void add_host(void)
{
	added = host_blob();
	assert_int_equal(add(added), 0);
}

static inline void drop_host(void)
{
	assert_int_equal(removes(added), 0);
	free(added.at);
}

static inline void assert_has_uart(struct domain *d)
{
	assert_true(sees_at(d, GUEST, WINDOW + 0x10000));
	assert_ptr_equal(irq_owner(50), d);
}

static inline void assert_has_no_uart(struct domain *d)
{
	assert_false(sees_at(d, GUEST, WINDOW + 0x10000));
	assert_int_equal(p2m_lookup(d, IPA(GUEST)).type, P2M_NONE);
	assert_ptr_not_equal(irq_owner(50), d);
}

static inline void attach_and_detach(struct blob blob)
{
	assert_int_equal(attach(dom2, blob), 0);
	assert_has_uart(dom2);
	assert_false(sees_at(dom2, GUEST + 0x1000, WINDOW + 0x11000));
	assert_false(sees(dom2, WINDOW + 0x10000));
	assert_ptr_equal(ledger_find(RESOURCE_MMIO, (WINDOW + 0x10000) >> PAGE_SHIFT)->owner, dom2);
	refuse(dom2, blob, -EEXIST, "attached to d2 already");
	refuse(dom3, blob, -EBUSY, "attached to d2");
	assert_int_equal(detach(dom3, blob), -ENOENT);
	assert_int_equal(detach(dom2, blob), 0);
	assert_has_no_uart(dom2);
	assert_null(ledger_find(RESOURCE_MMIO, (WINDOW + 0x10000) >> PAGE_SHIFT));
	assert_int_equal(detach(dom2, blob), -ENOENT);
	free(blob.at);
}
