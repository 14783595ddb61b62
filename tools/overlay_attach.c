/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay attach: its devices to a domain. */
#include "core/xen_abi.h"
#include "tools/handover.h"

static int run(const struct request *request)
{
	struct handover handover;
	int status = handover_read(request, &handover);

	if (status != DONE)
		return status;
	return hyper_finish("overlay attach", &handover.blob,
		hyper_overlay_domctl(
			XEN_DOMCTL_DT_OVERLAY_ATTACH, handover.domain, &handover.blob));
}

const struct verb verb_overlay_attach = {
	.name = "overlay attach",
	.operands = "A.dtbo DOMAIN",
	.operands_least = 2,
	.operands_most = 2,
	.summary = "Give the devices of an added overlay to a domain",
	.details = "DOMAIN is a number; 0 is Dom0. Xen takes direct-mapped domains only.\n",
	.run = run,
};
