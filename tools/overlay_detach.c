/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay detach: its devices back from a domain, which with --deliver lets go of them first. */
#include <errno.h>
#include <stdio.h>

#include "core/xen_abi.h"
#include "tools/deliver.h"
#include "tools/handover.h"
#include "tools/say.h"
#include "tools/store.h"
#include "tools/wait.h"

enum {
	OPTION_DELIVER,
	OPTION_FORCE,
	OPTION_TIMEOUT,
};

static const struct option options[] = {
	[OPTION_DELIVER] = { "deliver", 'd', NULL, false,
			"of what was delivered: have the guest remove it first" },
	[OPTION_FORCE] = { "force", 'f', NULL, false,
			"with --deliver: take it whatever the guest answers" },
	[OPTION_TIMEOUT] = { "timeout", 't', "SECONDS", false,
			"with --deliver: how long the guest may take (30)" },
	{ 0 },
};

static int detach(const struct handover *handover, const struct hyper_blob *blob)
{
	return hyper_overlay_domctl(GRAFT_DOMCTL_DT_OVERLAY_DETACH, handover->domain, blob);
}

/* Does the guest let go, or is it not asked twice? Who calls it off wants no force. */
static bool ask(const struct handover *handover, const struct delivery *delivery, bool forced)
{
	if (deliver_guest_listens(delivery) && deliver_ask_remove(delivery) == DELIVER_DONE)
		return true;
	forced = forced && !wait_interrupted();
	if (forced)
		say_warning("taken from domain %u all the same", handover->domain);
	else
		say_error("domain %u keeps %s (--force takes it all the same)", handover->domain,
				handover->blob.file);
	return forced;
}

static int collect(const struct handover *handover, struct delivery *delivery, bool forced)
{
	struct hyper_blob blob;
	struct bytes bytes;
	int error;

	if (!hyper_must_be_graft("detach") ||
			!deliver_open(delivery, handover->domain, handover_bytes(handover)))
		return REFUSED;
	if (!deliver_recall(delivery, &bytes)) {
		say_error(store_is_broken() ? "%s: domain %u keeps what it has of it; without --deliver, detach needs no XenStore"
					    : "%s was not delivered to domain %u: detach without --deliver, by the blob that was attached",
				handover->blob.file, handover->domain);
		return REFUSED;
	}
	if (deliver_is_called_off() || !ask(handover, delivery, forced))
		return REFUSED;
	blob = hyper_blob_of(handover->blob.file, bytes);
	error = detach(handover, &blob);
	/* It may have been detached by hand. */
	if (error == 0 || error == -ENOENT)
		(void)deliver_forget(delivery);
	return hyper_finish("overlay detach", &blob, error);
}

static int run(const struct request *request)
{
	bool delivered = request->values[OPTION_DELIVER], forced = request->values[OPTION_FORCE];
	struct delivery delivery = { 0 };
	struct handover handover;
	int status;

	if (!delivered && (forced || request->values[OPTION_TIMEOUT])) {
		say_error("overlay detach: --force and --timeout are for --deliver");
		return BAD_USAGE;
	}
	if (!deliver_read_timeout(&delivery, request->values[OPTION_TIMEOUT]))
		return BAD_USAGE;
	status = handover_read(request, &handover);
	if (status != DONE)
		return status;
	if (delivered)
		return collect(&handover, &delivery, forced);
	return hyper_finish("overlay detach", &handover.blob, detach(&handover, &handover.blob));
}

const struct verb verb_overlay_detach = {
	.name = "overlay detach",
	.operands = "A.dtbo DOMAIN",
	.operands_least = 2,
	.operands_most = 2,
	.summary = "Take the devices of an overlay back from a domain",
	.details = "DOMAIN is a number or a name. Without --deliver, by the blob that was attached, or all\n"
		   "that it has of the overlay that was added, and at once. With it, by the overlay that\n"
		   "was delivered; the guest's kernel removes it first, and when it does not, the device\n"
		   "stays. Xen has no such operation.\n",
	.options = options,
	.run = run,
};
