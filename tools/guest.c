/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl guest: the overlay that a guest applies, made from the host's. */
#include "tools/cmdline.h"
#include "tools/guest_make.h"

enum {
	OPTION_BASE,
	OPTION_AT,
	OPTION_OUTPUT,
	OPTION_RATE,
	OPTION_FORCE,
	OPTION_LABELS,
};

static const struct option options[] = {
	[OPTION_BASE] = { "base", 'b', "BASE.dtb", true, "the host's tree, without the overlay" },
	[OPTION_AT] = { "at", 'a', "ADDRESS", false,
			"the lowest physical page goes here, others follow" },
	[OPTION_OUTPUT] = { "output", 'o', "A_domu.dtbo", true,
			"where the guest's overlay goes; - is stdout" },
	[OPTION_RATE] = { "clock-rate", 'c', "HZ", false,
			"of clocks whose rate is not in the tree" },
	[OPTION_FORCE] = { "force-without-iommu", 0, NULL, false,
			"xen,force-assign-without-iommu: the guest can reach all memory by DMA" },
	[OPTION_LABELS] = { "labels", 'l', NULL, false,
			"keep the labels: Linux wants /__symbols__ in the guest's tree for that" },
	{ 0 },
};

bool guest_read_options(
		struct guest_order *order, const char *at, const char *rate, const char *force)
{
	order->placed = at;
	order->forced = force;
	if (at && !cmdline_number(at, &order->at)) {
		cmdline_bad_value("--at", at);
		return false;
	}
	if (rate && (!cmdline_number(rate, &order->rate) || order->rate - 1 >= UINT32_MAX)) {
		cmdline_bad_value("--clock-rate", rate);
		return false;
	}
	return true;
}

static int run(const struct request *request)
{
	struct guest_order order = { .base_name = request->values[OPTION_BASE],
		.overlay_name = request->operands[0],
		.labelled = request->values[OPTION_LABELS] };
	struct bytes blob;

	if (!guest_read_options(&order, request->values[OPTION_AT], request->values[OPTION_RATE],
			    request->values[OPTION_FORCE]))
		return BAD_USAGE;
	if (!file_read(order.base_name, &order.base) ||
			!file_read(order.overlay_name, &order.overlay) ||
			!guest_make(&order, &blob))
		return REFUSED;
	return file_write(request->values[OPTION_OUTPUT], blob) ? DONE : REFUSED;
}

const struct verb verb_guest = {
	.name = "guest",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Make the guest's overlay from the host's",
	.details = "Registers go to free guest addresses, interrupts to the guest's controller, clocks\n"
		   "that stay with the host become fixed-clocks. What else stays behind is said.\n",
	.options = options,
	.run = run,
};
