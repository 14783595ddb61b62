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

static_assert(XEN_SYSCTL_INTERFACE_VERSION == 0x15, "libxen-dev is not Xen 4.20's");
static_assert(XEN_DOMCTL_INTERFACE_VERSION == 0x17, "libxen-dev is not Xen 4.20's");
static_assert(sizeof(xen_ulong_t) == 8, "arm64 layout");
static_assert(sizeof(xen_pfn_t) == 8, "arm64 layout");
static_assert(sizeof(XEN_GUEST_HANDLE(void)) == 8, "arm64 layout");
static_assert(XEN_LEGACY_MAX_VCPUS == 1, "arm64 layout");
static_assert(offsetof(struct shared_info, evtchn_pending) == sizeof(struct vcpu_info),
		"arm64 layout");
static_assert(offsetof(struct vcpu_guest_context, user_regs) == 8, "arm64 layout");
static_assert(offsetof(struct xen_domctl, u) == 16, "arm64 layout");
static_assert(sizeof(struct xen_domctl) == 16 + 128, "arm64 layout");
static_assert(sizeof(struct xen_sysctl) == 8 + 128, "arm64 layout");
static_assert(offsetof(struct xen_arch_domainconfig, clock_frequency) == 8, "arm64 layout");
