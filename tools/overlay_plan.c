/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay plan: what an operation on the running hypervisor would do. Nothing changes. */
#include <stdio.h>

#include "tools/hyper.h"
#include "tools/say.h"
#include "tools/transport.h"
#include "tools/verb.h"

/* As much as Graft writes at most. */
#define TEXT_ROOM (64 * 1024)

enum {
	OPTION_ATTACH,
	OPTION_DETACH,
	OPTION_REMOVE,
};

static const struct option options[] = {
	[OPTION_ATTACH] = { "attach", 'a', "DOMAIN", false, "to give it to this domain" },
	[OPTION_DETACH] = { "detach", 'd', "DOMAIN", false, "to take it back from this domain" },
	[OPTION_REMOVE] = { "remove", 'r', NULL, false, "to remove it" },
	{ 0 },
};

static const uint32_t ops[] = {
	[OPTION_ATTACH] = GRAFT_PLAN_ATTACH,
	[OPTION_DETACH] = GRAFT_PLAN_DETACH,
	[OPTION_REMOVE] = GRAFT_PLAN_REMOVE,
};

/* Which operation the options name; without any, to add it. */
static int read_options(const struct request *request, uint32_t *op, uint16_t *domain)
{
	const char *text;
	int status = DONE;

	*op = 0;
	for (int i = OPTION_ATTACH; i <= OPTION_REMOVE; i++) {
		text = request->values[i];
		if (text && *op) {
			say_error("overlay plan: one operation at a time");
			return BAD_USAGE;
		}
		if (text && i != OPTION_REMOVE)
			status = hyper_read_domain(text, domain);
		if (status != DONE)
			return status;
		if (text)
			*op = ops[i];
	}
	if (!*op)
		*op = GRAFT_PLAN_ADD;
	return DONE;
}

static int print_plan(const struct graft_sysctl_overlay_plan *plan, const char *text)
{
	uint32_t shown = plan->text_size < TEXT_ROOM ? plan->text_size : TEXT_ROOM;

	printf("%.*s", (int)shown, text);
	if (shown < plan->text_size)
		say_warning("%u bytes more are left out", plan->text_size - shown);
	return plan->result ? REFUSED : DONE;
}

static int run(const struct request *request)
{
	struct graft_sysctl_overlay_plan *plan;
	struct graft_sysctl *call;
	struct hyper_blob blob;
	uint16_t domain = 0;
	char *text;
	uint32_t op;
	int error, status = read_options(request, &op, &domain);

	if (status != DONE)
		return status;
	if (!hyper_open_graft("dry run") || !hyper_read_blob(request->operands[0], &blob))
		return REFUSED;
	call = hyper_graft_new();
	text = transport_memory(TEXT_ROOM);
	plan = &call->u.overlay_plan;
	*plan = (struct graft_sysctl_overlay_plan){ .blob = (uintptr_t)blob.at,
		.blob_size = blob.size,
		.op = op,
		.text = (uintptr_t)text,
		.text_size = TEXT_ROOM,
		.domain = domain };
	error = hyper_graft(GRAFT_SYSCTL_overlay_plan, call);
	return error ? hyper_say("overlay plan", error) : print_plan(plan, text);
}

const struct verb verb_overlay_plan = {
	.name = "overlay plan",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Show what an operation would do to the live tree",
	.details =
		"A dry run by Graft itself, of an add unless an option says else. Exits with 1 when it\n"
		"would be refused; the last line says why. Xen has no dry run.\n",
	.options = options,
	.run = run,
};
