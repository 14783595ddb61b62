/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay remove: out of the live tree. */
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
	error = hyper_overlay_sysctl(XEN_SYSCTL_DT_OVERLAY_REMOVE, &blob);
	if (!error)
		names_tidy();
	return hyper_finish("overlay remove", &blob, error);
}

const struct verb verb_overlay_remove = {
	.name = "overlay remove",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Remove an overlay from the live tree",
	.details = "It is known by its bytes: the blob that was added. What Dom0 has of it is taken away\n"
		   "first; Xen leaves Dom0 its access.\n",
	.run = run,
};
