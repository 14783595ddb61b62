/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Xen's public ABI, with the arm64 layout in every build.
 *
 * The structures are those of Debian's libxen-dev, untouched. They choose their architecture by the
 * compiler's predefined macros, so those are exchanged for arm64's while the headers are read: a host
 * test then sees the very bytes that an arm64 guest passes. Guest handles are 64-bit (arch-arm.h).
 */
#pragma once

/* Before the exchange: these may themselves ask for the compiler's architecture. */
#include <stddef.h>
#include <stdint.h>

#pragma push_macro("__x86_64__")
#pragma push_macro("__aarch64__")
#pragma push_macro("__STRICT_ANSI__")
#undef __x86_64__
#undef __aarch64__
#undef __STRICT_ANSI__ /* else the headers leave out their anonymous unions, which C11 has */
#define __aarch64__   1
#define __XEN_TOOLS__ 1

#include <xen/xen.h>
#include <xen/version.h>
#include <xen/features.h>
#include <xen/memory.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/hypfs.h>
#include <xen/nmi.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/device_tree_defs.h>
#include <xen/io/console.h>

#pragma pop_macro("__STRICT_ANSI__")
#pragma pop_macro("__aarch64__")
#pragma pop_macro("__x86_64__")

/*
 * XEN_ABI(fact): a layout, a number or an interface version that Graft's code relies on. A value that Graft
 * passes on, or takes from the header as it is, is not asserted: an update of the package may change it.
 */
#define XEN_ABI(fact)                                                                              \
	_Static_assert(fact, "libxen-dev 4.20 is needed: these headers are another Xen's")

XEN_ABI(XEN_SYSCTL_INTERFACE_VERSION == 0x15);
XEN_ABI(XEN_DOMCTL_INTERFACE_VERSION == 0x17);
XEN_ABI(sizeof(xen_ulong_t) == 8);
XEN_ABI(sizeof(xen_pfn_t) == 8);
XEN_ABI(sizeof(XEN_GUEST_HANDLE(void)) == 8);
XEN_ABI(XEN_LEGACY_MAX_VCPUS == 1);
XEN_ABI(offsetof(struct shared_info, evtchn_pending) == sizeof(struct vcpu_info));
XEN_ABI(offsetof(struct vcpu_guest_context, user_regs) == 8);
XEN_ABI(offsetof(struct xen_domctl, u) == 16);
XEN_ABI(sizeof(struct xen_domctl) == 16 + 128);
XEN_ABI(sizeof(struct xen_sysctl) == 8 + 128);
XEN_ABI(offsetof(struct xen_arch_domainconfig, clock_frequency) == 8);
