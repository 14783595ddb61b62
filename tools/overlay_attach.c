/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay attach: its devices to a domain, and with --deliver into the domain's kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/base.h"
#include "tools/deliver.h"
#include "tools/guest_make.h"
#include "tools/handover.h"
#include "tools/say.h"

enum {
	OPTION_DELIVER,
	OPTION_AT,
	OPTION_RATE,
	OPTION_FORCE,
	OPTION_TIMEOUT,
};

static const struct option options[] = {
	[OPTION_DELIVER] = { "deliver", 'd', NULL, false,
			"make the guest's overlay, and have its kernel apply it" },
	[OPTION_AT] = { "at", 'a', "ADDRESS", false,
			"with --deliver: the lowest physical page goes here" },
	[OPTION_RATE] = { "clock-rate", 'c', "[NAME=]HZ", false,
			"with --deliver: of one clock, or of all whose rate is not in the tree",
			true },
	[OPTION_FORCE] = { "force-without-iommu", 0, NULL, false,
			"with --deliver: the guest may reach all memory by DMA" },
	[OPTION_TIMEOUT] = { "timeout", 't', "SECONDS", false,
			"with --deliver: how long the guest may take (30)" },
	{ 0 },
};

/* What an attach that goes through says to the log alone: all lines of its plan but those of what is given. */
static void warn(const struct handover *handover, const struct hyper_blob *blob)
{
	struct hyper_plan plan;
	size_t length;

	if (!hyper_is_graft() ||
			hyper_overlay_plan(GRAFT_PLAN_ATTACH, handover->domain, blob, &plan) != 0 ||
			plan.refused)
		return;
	for (uint32_t at = 0; at < plan.size; at += (uint32_t)length + 1) {
		length = strcspn(plan.text + at, "\n");
		if (strncmp(plan.text + at, "give ", strlen("give ")) != 0)
			say_warning("%.*s", (int)length, plan.text + at);
	}
}

static int attach(const struct handover *handover, const struct hyper_blob *blob)
{
	warn(handover, blob);
	return hyper_finish("overlay attach", blob,
			hyper_overlay_domctl(XEN_DOMCTL_DT_OVERLAY_ATTACH, handover->domain, blob));
}

/* Dom0 sees devices where the host does: there the overlay is the host's own. */
static bool make_blob(const struct handover *handover, const struct delivery *delivery,
		struct guest_order *order, struct bytes *out)
{
	order->overlay = handover_bytes(handover);
	order->overlay_name = handover->blob.file;
	order->base_name = "the live tree";
	if (handover->domain == 0) {
		*out = order->overlay;
		return true;
	}
	order->others = deliver_recall_others(delivery, &order->other_count);
	return base_without(order->overlay, order->overlay_name, &order->base, &order->live) &&
	       guest_make(order, out);
}

static int undo(const struct handover *handover, const struct hyper_blob *blob,
		const struct delivery *delivery)
{
	int error = hyper_overlay_domctl(GRAFT_DOMCTL_DT_OVERLAY_DETACH, handover->domain, blob);

	(void)deliver_forget(delivery);
	/* Where the domain is gone, or is going, the hypervisor was quicker. */
	if (error && error != -ESRCH && error != -ENOENT)
		return hyper_finish("the attach cannot be undone:", blob, error);
	say_error("the attach is undone: domain %u has nothing of %s", handover->domain,
			blob->file);
	return REFUSED;
}

static int leave(const struct handover *handover)
{
	say_error("%s stays attached to domain %u, whose kernel may still apply it; when xenstored answers again, "
		  "`graftctl overlay detach %s %u --deliver` takes it back",
			handover->blob.file, handover->domain, handover->blob.file,
			handover->domain);
	return REFUSED;
}

static int hand_over(const struct handover *handover, const struct hyper_blob *blob,
		const struct delivery *delivery, struct bytes bytes)
{
	enum deliver_result result = DELIVER_NO_ANSWER;

	if (deliver_keep(delivery, bytes))
		result = deliver_ask_apply(delivery, bytes.size);
	/* The guest's driver must not find the device gone. */
	if (result == DELIVER_IN_DOUBT)
		return leave(handover);
	if (result != DELIVER_DONE)
		return undo(handover, blob, delivery);
	printf("domain %u has applied %s, as %s\n", handover->domain, blob->file, delivery->name);
	return DONE;
}

static int deliver(const struct handover *handover, struct delivery *delivery,
		struct guest_order *order)
{
	struct hyper_blob blob;
	struct bytes bytes;
	int status;

	if (!hyper_must_be_graft("live tree to make a guest's overlay from") ||
			!deliver_open(delivery, handover->domain, handover_bytes(handover)) ||
			!deliver_guest_listens(delivery) ||
			!make_blob(handover, delivery, order, &bytes) || deliver_is_called_off())
		return REFUSED;
	blob = hyper_blob_of(handover->blob.file, bytes);
	status = attach(handover, &blob);
	return status == DONE ? hand_over(handover, &blob, delivery, bytes) : status;
}

static int check_options(const struct request *request)
{
	for (int i = OPTION_AT; i <= OPTION_TIMEOUT; i++)
		if (request->values[i] && !request->values[OPTION_DELIVER]) {
			say_error("overlay attach: --%s is for --deliver", options[i].name);
			return BAD_USAGE;
		}
	return DONE;
}

static int run(const struct request *request)
{
	struct guest_order order = { 0 };
	struct delivery delivery = { 0 };
	struct handover handover;
	int status = check_options(request);

	if (status != DONE)
		return status;
	if (!guest_read_options(&order, request->values[OPTION_AT], request->values[OPTION_RATE],
			    request->values[OPTION_FORCE]) ||
			!deliver_read_timeout(&delivery, request->values[OPTION_TIMEOUT]))
		return BAD_USAGE;
	status = handover_read(request, &handover);
	if (status != DONE)
		return status;
	return request->values[OPTION_DELIVER] ? deliver(&handover, &delivery, &order)
	                                       : attach(&handover, &handover.blob);
}

const struct verb verb_overlay_attach = {
	.name = "overlay attach",
	.operands = "A.dtbo DOMAIN",
	.operands_least = 2,
	.operands_most = 2,
	.summary = "Give the devices of an added overlay to a domain",
	.details = "DOMAIN is a number or a name; 0 is Dom0. Without --deliver, A.dtbo is the overlay that\n"
		   "was added or one made for the guest (graftctl guest), and whoever is in the guest\n"
		   "applies it. With --deliver it is the one that was added, and all is done; it takes\n"
		   "the module dt-overlay-configfs in the guest. Xen takes direct-mapped domains only.\n",
	.options = options,
	.run = run,
};
