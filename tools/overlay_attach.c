/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay attach: its devices to a domain. */
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
	return hyper_finish("overlay attach", &blob,
		hyper_overlay_domctl(XEN_DOMCTL_DT_OVERLAY_ATTACH, domain, &blob));
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
