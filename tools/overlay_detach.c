/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay detach: its devices back from a domain. */
#include "core/xen_abi.h"
#include "tools/hyper.h"
#include "tools/verb.h"

static int run(const struct request *request)
{
	struct hyper_blob blob;
	uint16_t domain;

	if (!hyper_read_domain(request->operands[1], &domain))
		return BAD_USAGE;
	if (!hyper_open() || !hyper_read_blob(request->operands[0], &blob))
		return REFUSED;
	return hyper_finish("overlay detach", &blob,
		hyper_overlay_domctl(GRAFT_DOMCTL_DT_OVERLAY_DETACH, domain, &blob));
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
