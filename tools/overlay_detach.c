/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay detach: its devices back from a domain. */
#include "core/xen_abi.h"
#include "tools/handover.h"

static int run(const struct request *request)
{
	struct handover handover;
	int status = handover_read(request, &handover);

	if (status != DONE)
		return status;
	return hyper_finish("overlay detach", &handover.blob,
		hyper_overlay_domctl(
			GRAFT_DOMCTL_DT_OVERLAY_DETACH, handover.domain, &handover.blob));
}

const struct verb verb_overlay_detach = {
	.name = "overlay detach",
	.operands = "A.dtbo DOMAIN",
	.operands_least = 2,
	.operands_most = 2,
	.summary = "Take the devices of an overlay back from a domain",
	.details = "By the blob that was attached. Xen has no such operation.\n",
	.run = run,
};
