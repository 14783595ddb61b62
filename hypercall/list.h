/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of hypercalls: number, name, count of arguments. It generates the enumeration, the
 * dispatch table, the names in traces, and docs/abi.md. Numbers are those of xen/xen.h.
 */
#pragma once

/* clang-format off */
#define HYPERCALL_LIST(H)	\
	H(7,  platform_op,      1)	\
	H(12, memory_op,        2)	\
	H(13, multicall,        2)	\
	H(17, xen_version,      2)	\
	H(18, console_io,       3)	\
	H(20, grant_table_op,   3)	\
	H(21, vm_assist,        2)	\
	H(24, vcpu_op,          3)	\
	H(27, xsm_op,           1)	\
	H(29, sched_op,         2)	\
	H(32, event_channel_op, 2)	\
	H(33, physdev_op,       2)	\
	H(34, hvm_op,           2)	\
	H(35, sysctl,           1)	\
	H(36, domctl,           1)	\
	H(42, hypfs_op,         5)
/* clang-format on */
