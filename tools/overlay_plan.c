/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay plan: what an operation on the running hypervisor would do. Nothing changes. */
#include <stdio.h>

#include "tools/hyper.h"
#include "tools/say.h"
#include "tools/verb.h"

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

static int run(const struct request *request)
{
	struct hyper_blob blob;
	struct hyper_plan plan;
	uint16_t domain = 0;
	uint32_t op;
	int error, status = read_options(request, &op, &domain);

	if (status != DONE)
		return status;
	if (!hyper_open_graft("dry run") || !hyper_read_blob(request->operands[0], &blob))
		return REFUSED;
	error = hyper_overlay_plan(op, domain, &blob, &plan);
	if (error)
		return hyper_say("overlay plan", error);
	printf("%.*s", (int)plan.size, plan.text);
	if (plan.left_out)
		say_warning("%u bytes more are left out", plan.left_out);
	return plan.refused ? REFUSED : DONE;
}

const struct verb verb_overlay_plan = {
	.name = "overlay plan",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Show what an operation would do to the live tree",
	.details = "A dry run by Graft itself, of an add unless an option says else. Exits with 1 when it\n"
		   "would be refused; the last line says why. Xen has no dry run.\n",
	.options = options,
	.run = run,
};
