/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the online verbs ask of the hypervisor: Xen's two calls about overlays, which Graft has too, and
 * Graft's own sysctls (include/graft/sysctl.h). What goes wrong is said here, with Graft's reason.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/graft/sysctl.h"
#include "tools/file.h"

/* Find the hypervisor; before all else. False, and said why, when there is none that lets us. */
bool hyper_open(void);

/* The same, and it must be Graft; `what` Xen lacks: "list of overlays". */
bool hyper_open_graft(const char *what);
/* Is the one that was found Graft? False, and said. */
bool hyper_must_be_graft(const char *what);
bool hyper_is_graft(void);

/* A blob where the hypervisor can read it. */
struct hyper_blob {
	const char *file;
	void *at;
	uint32_t size;
};

bool hyper_read_blob(const char *file, struct hyper_blob *out);
/* The same of bytes that are here; `file` is for messages. */
struct hyper_blob hyper_blob_of(const char *file, struct bytes bytes);

/* XEN_SYSCTL_dt_overlay: op XEN_SYSCTL_DT_OVERLAY_... 0 or -errno. */
int hyper_overlay_sysctl(uint8_t op, const struct hyper_blob *blob);
/* XEN_DOMCTL_dt_overlay: op XEN_DOMCTL_DT_OVERLAY_ATTACH or GRAFT_DOMCTL_DT_OVERLAY_DETACH. */
int hyper_overlay_domctl(uint8_t op, uint16_t domain, const struct hyper_blob *blob);

/* What a dry run says: lines, each with its newline. */
struct hyper_plan {
	const char *text;
	uint32_t size, left_out; /* bytes */
	bool refused; /* the last line says why */
};

/* One of GRAFT_PLAN_...; Graft alone has it. 0, or -errno when it cannot be made at all. */
int hyper_overlay_plan(uint32_t op, uint16_t domain, const struct hyper_blob *blob,
		struct hyper_plan *out);

/* Say that `verb` on this blob was refused, and why as far as the hypervisor tells. REFUSED; DONE for 0. */
int hyper_finish(const char *verb, const struct hyper_blob *blob, int error);

/* A cleared command of Graft's in memory for hypercalls. */
struct graft_sysctl *hyper_graft_new(void);
/* Make it. 0 or -errno. */
int hyper_graft(uint32_t cmd, struct graft_sysctl *op);
/* What an error means that comes with no reason. */
int hyper_say(const char *what, int error);

/* A domain in an operand: its number, 0 to 0x7fef, or its name. DONE, or an exit status, and why was said. */
int hyper_read_domain(const char *text, uint16_t *out);

/* The overlays of the live tree, oldest first; NULL, and said, when they cannot be had. */
const struct graft_overlay *hyper_list_overlays(uint32_t *count);
/* "Dom0", "domain 5", "Graft" or "nobody", in a buffer that lives to the next call. */
const char *hyper_owner_name(uint16_t owner);
