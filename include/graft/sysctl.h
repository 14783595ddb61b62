/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graft's own commands of the sysctl hypercall (number 35), and of domctl: what Xen has no command for. Both
 * sides include this header; it needs nothing but C. Described in docs/abi.md.
 *
 * The structure is laid out as Xen's struct xen_sysctl (8 bytes of head, 128 of argument), so that it goes
 * through privcmd like any sysctl. Addresses are of the caller's memory, which must be locked in (as
 * libxencall's buffers are). Xen answers -EACCES to all of them, a Graft without the command -ENOSYS.
 */
#pragma once

#include <stdint.h>

/* The interface version of these commands: in interface_version, else -EACCES. Not Xen's. */
#define GRAFT_SYSCTL_VERSION 0x47520001U

#define GRAFT_SYSCTL_overlay_list 0x80
#define GRAFT_SYSCTL_overlay_plan 0x81
#define GRAFT_SYSCTL_last_reason  0x82
#define GRAFT_SYSCTL_tree         0x83
#define GRAFT_SYSCTL_device       0x84

/*
 * XEN_DOMCTL_dt_overlay (87) has op 1, attach; this takes back what an attach of the same blob gave, or all that
 * the domain has of the overlay whose blob it is.
 */
#define GRAFT_DOMCTL_DT_OVERLAY_DETACH 2

/* Owners, where a domain id is expected (Xen's DOMID_XEN and DOMID_INVALID). */
#define GRAFT_OWNER_GRAFT  0x7ff2 /* kept by the hypervisor */
#define GRAFT_OWNER_NOBODY 0x7ff4

#define GRAFT_REASON_MAX       256 /* bytes of a reason, its NUL counted */
#define GRAFT_OVERLAY_NAME_MAX 64

enum graft_overlay_state {
	GRAFT_OVERLAY_ADDED = 1,
	GRAFT_OVERLAY_ATTACHED = 2,
};

/* One overlay of the live tree. */
struct graft_overlay {
	uint32_t id; /* 1 and up, never given twice */
	uint32_t state; /* enum graft_overlay_state */
	uint32_t nodes; /* that it brought */
	uint32_t blob_size; /* bytes */
	uint64_t digest; /* of the blob: equal blobs have equal digests */
	uint32_t dependents; /* overlays that build on it: it cannot be removed before them */
	uint32_t ranges; /* attached: ranges of registers */
	uint32_t interrupts; /* attached: SPIs */
	uint16_t holder; /* domain id, of the oldest attachment; GRAFT_OWNER_NOBODY unless attached */
	uint16_t attachments; /* several when domains have parts of it each */
	/* Path of the first node it brings or changes, its beginning cut off if too long; NUL-terminated. */
	char name[GRAFT_OVERLAY_NAME_MAX];
};

/*
 * List the overlays, oldest first. In: room in `count` for so many records at `buffer`. Out: how many were
 * written, and how many there are.
 */
struct graft_sysctl_overlay_list {
	uint64_t buffer; /* struct graft_overlay[] */
	uint32_t count;
	uint32_t total;
};

enum graft_plan_op {
	GRAFT_PLAN_ADD = 1,
	GRAFT_PLAN_REMOVE,
	GRAFT_PLAN_ATTACH,
	GRAFT_PLAN_DETACH,
};

/*
 * A dry run: what the operation would do, as lines of text ending in '\n', and whether it would be refused.
 * Nothing changes. Text that does not fit is left out; text_size comes back as the whole text's length.
 * The command itself answers 0 also when the operation would be refused.
 */
struct graft_sysctl_overlay_plan {
	uint64_t blob;
	uint32_t blob_size;
	uint32_t op; /* enum graft_plan_op */
	uint64_t text; /* where to; may be 0 when text_size is */
	uint32_t text_size;
	uint16_t domain; /* attach and detach */
	uint16_t pad; /* 0 */
	int32_t result; /* out: 0, or the operation's -errno; the text then ends with the reason */
	uint32_t pad2; /* 0 */
};

/*
 * Why the last overlay operation that this domain asked for was refused. In: room in `size` at `text`. Out:
 * the reason, NUL-terminated, its length without the NUL in `size` (0: nothing was refused since the last
 * operation that succeeded), and the error.
 */
struct graft_sysctl_last_reason {
	uint64_t text;
	uint32_t size;
	int32_t error; /* -errno; 0: none */
};

/*
 * The live tree as a flattened blob. In: room in `size` at `buffer`. Out: its size, and a number that is
 * another one after each change of the tree. With too little room (0 at the first call) nothing is written
 * and the answer is -ENOBUFS with `size` set: call again with so much.
 */
struct graft_sysctl_tree {
	uint64_t buffer;
	uint32_t size;
	uint32_t generation;
};

/* Whose a node of the live tree is. -ENOENT: no such node. */
struct graft_sysctl_device {
	uint64_t path; /* in: a full path, not NUL-terminated */
	uint32_t path_size; /* in: its length */
	uint32_t overlay; /* out: the overlay that brought it, 0: it was there at boot */
	uint32_t ranges; /* out: ranges of registers it has as a device (of the CPU's address space) */
	uint32_t interrupts; /* out: SPIs */
	uint32_t streams; /* out: DMA streams behind an IOMMU */
	uint16_t owner; /* out: of its first resource that has one; else GRAFT_OWNER_NOBODY */
	uint8_t shared; /* out: 1 if not all of its resources have that owner */
	uint8_t enabled; /* out: 0 if its status says it is disabled */
};

struct graft_sysctl {
	uint32_t cmd;
	uint32_t interface_version; /* GRAFT_SYSCTL_VERSION */
	union {
		struct graft_sysctl_overlay_list overlay_list;
		struct graft_sysctl_overlay_plan overlay_plan;
		struct graft_sysctl_last_reason last_reason;
		struct graft_sysctl_tree tree;
		struct graft_sysctl_device device;
		uint8_t pad[128];
	} u;
};
