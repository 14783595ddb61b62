/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl: finds the verb, reads the command line by the verb's table, runs it. */
#include <stdio.h>
#include <string.h>

#include "tools/cmdline.h"
#include "tools/say.h"
#include "tools/version.h"

static int print_help(void)
{
	printf("usage: graftctl VERB ...\n\n"
	       "Device tree overlays for Graft. `graftctl VERB --help` tells more.\n\n");
	for (size_t i = 0; verbs[i]; i++)
		printf("  %-16s %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\n  --version        which graftctl this is\n");
	return DONE;
}

static int print_version(void)
{
	printf("graftctl %s\n", tool_version);
	return DONE;
}

/* How many words of the command line name this verb; 0 when they do not. */
static int match_verb(const struct verb *verb, int count, char **words)
{
	const char *rest = verb->name;
	size_t length;

	for (int i = 0; i < count; i++) {
		length = strcspn(rest, " ");
		if (strlen(words[i]) != length || strncmp(words[i], rest, length) != 0)
			return 0;
		if (rest[length] == '\0')
			return i + 1;
		rest += length + 1;
	}
	return 0;
}

static int run_verb(int count, char **words)
{
	for (size_t i = 0; verbs[i]; i++) {
		int used = match_verb(verbs[i], count, words);

		if (used)
			return cmdline_run(verbs[i], count - used, words + used);
	}
	say_error("there is no verb '%s': see graftctl --help", words[0]);
	return BAD_USAGE;
}

/* Output that nobody could write is a failure, whatever the verb thought. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	say_error("cannot write the output");
	return status == DONE ? REFUSED : status;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		say_error("no verb given: see graftctl --help");
		return BAD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return finish(print_help());
	if (strcmp(argv[1], "--version") == 0)
		return finish(print_version());
	return finish(run_verb(argc - 1, argv + 1));
}
