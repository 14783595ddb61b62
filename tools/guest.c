/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl guest: the overlay that a guest applies, made from the host's. */
#include <string.h>

#include "tools/cmdline.h"
#include "tools/guest_make.h"
#include "tools/memory.h"
#include "tools/say.h"

enum {
	OPTION_BASE,
	OPTION_AT,
	OPTION_OUTPUT,
	OPTION_RATE,
	OPTION_FORCE,
	OPTION_LABELS,
	OPTION_HOST_PART,
};

static const struct option options[] = {
	[OPTION_BASE] = { "base", 'b', "BASE.dtb", true, "the host's tree, without the overlay" },
	[OPTION_AT] = { "at", 'a', "ADDRESS", false,
			"the lowest physical page goes here, others follow" },
	[OPTION_OUTPUT] = { "output", 'o', "A_domu.dtbo", true,
			"where the guest's overlay goes; - is stdout" },
	[OPTION_RATE] = { "clock-rate", 'c', "[NAME=]HZ", false,
			"of one clock, or of all whose rate is not in the tree", true },
	[OPTION_FORCE] = { "force-without-iommu", 0, NULL, false,
			"xen,force-assign-without-iommu: the guest can reach all memory by DMA" },
	[OPTION_LABELS] = { "labels", 'l', NULL, false,
			"keep the labels: Linux wants /__symbols__ in the guest's tree for that" },
	[OPTION_HOST_PART] = { "host-part", 0, "FILE", false,
			"write what stays with the host, for Dom0's kernel" },
	{ 0 },
};

static bool read_rate(struct guest_order *order, const char *text, size_t *room)
{
	const char *equals = strchr(text, '=');
	struct guest_rate rate = { 0 };

	if (!cmdline_number(equals ? equals + 1 : text, &rate.hz) || rate.hz - 1 >= UINT32_MAX ||
			equals == text)
		return false;
	if (!equals) {
		order->rate = rate.hz;
		return true;
	}
	rate.name = memory_print("%.*s", (int)(equals - text), text);
	order->rates = memory_grow(order->rates, order->rate_count, room, sizeof(*order->rates));
	order->rates[order->rate_count++] = rate;
	return true;
}

static bool read_rates(struct guest_order *order, const char *list)
{
	char *copy = memory_print("%s", list), *state = NULL, *text;
	bool good = list[0] != '\0';
	size_t room = 0;

	for (text = strtok_r(copy, ",", &state); text && good; text = strtok_r(NULL, ",", &state))
		good = read_rate(order, text, &room);
	if (!good)
		cmdline_bad_value("--clock-rate", list);
	return good;
}

bool guest_read_options(
		struct guest_order *order, const char *at, const char *rate, const char *force)
{
	order->placed = at;
	order->forced = force;
	if (at && !cmdline_number(at, &order->at)) {
		cmdline_bad_value("--at", at);
		return false;
	}
	return !rate || read_rates(order, rate);
}

/* Both files or none: the guest's is the one that a refusal leaves as it was. */
static bool write_files(const struct request *request, struct bytes blob, struct bytes host_part)
{
	const char *name = request->values[OPTION_HOST_PART];

	if (name && !host_part.size)
		say_warning("nothing stays with the host: %s is not written", name);
	else if (name && !file_write(name, host_part))
		return false;
	return file_write(request->values[OPTION_OUTPUT], blob);
}

static int run(const struct request *request)
{
	struct bytes blob, host_part = { 0 };
	struct guest_order order = { .base_name = request->values[OPTION_BASE],
		.overlay_name = request->operands[0],
		.labelled = request->values[OPTION_LABELS],
		.host_part = request->values[OPTION_HOST_PART] ? &host_part : NULL };

	if (!guest_read_options(&order, request->values[OPTION_AT], request->values[OPTION_RATE],
			    request->values[OPTION_FORCE]))
		return BAD_USAGE;
	if (!file_read(order.base_name, &order.base) ||
			!file_read(order.overlay_name, &order.overlay) ||
			!guest_make(&order, &blob))
		return REFUSED;
	return write_files(request, blob, host_part) ? DONE : REFUSED;
}

const struct verb verb_guest = {
	.name = "guest",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Make the guest's overlay from the host's",
	.details = "Nodes that the overlay brings or enables go to the guest: registers to free guest\n"
		   "addresses, interrupts to its controller; clocks that stay with the host become\n"
		   "fixed-clocks. What else stays behind is said, and --host-part writes it. NAME of a\n"
		   "clock is one of clock-names, or PROVIDER[:CELL], by name, label or path. The result\n"
		   "passes `graftctl check` against a guest's tree, or there is none.\n",
	.options = options,
	.run = run,
};
