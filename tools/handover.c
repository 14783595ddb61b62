/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay and a domain from the command line. */
#include "tools/handover.h"

int handover_read(const struct request *request, struct handover *out)
{
	int status = hyper_read_domain(request->operands[1], &out->domain);

	if (status != DONE)
		return status;
	if (!hyper_open() || !hyper_read_blob(request->operands[0], &out->blob))
		return REFUSED;
	return DONE;
}
