/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay add: into the live tree. */
#include "core/xen_abi.h"
#include "tools/hyper.h"
#include "tools/names.h"
#include "tools/verb.h"

static int run(const struct request *request)
{
	struct hyper_blob blob;
	int error;

	if (!hyper_open() || !hyper_read_blob(request->operands[0], &blob))
		return REFUSED;
	error = hyper_overlay_sysctl(XEN_SYSCTL_DT_OVERLAY_ADD, &blob);
	if (!error)
		names_note_added(&blob);
	return hyper_finish("overlay add", &blob, error);
}

const struct verb verb_overlay_add = {
	.name = "overlay add",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Add an overlay to the live tree",
	.details = "On the running hypervisor, Graft or Xen, from Dom0. The devices are nobody's yet.\n",
	.run = run,
};
