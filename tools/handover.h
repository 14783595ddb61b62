/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs have in common that hand an overlay's devices to a domain or take them back. */
#pragma once

#include "tools/hyper.h"
#include "tools/verb.h"

struct handover {
	struct hyper_blob blob;
	uint16_t domain;
};

/* The operands A.dtbo and DOMAIN, the hypervisor found. DONE, or an exit status, and why was said. */
int handover_read(const struct request *request, struct handover *out);

static inline struct bytes handover_bytes(const struct handover *handover)
{
	return (struct bytes){ handover->blob.at, handover->blob.size };
}
