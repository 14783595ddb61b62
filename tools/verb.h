/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verb of graftctl: what it is called, what it takes, what it does. main reads the command line by the
 * verb's own table and prints its --help from it; a new verb is one file and one line in verbs.c.
 */
#pragma once

#include <stdbool.h>

enum {
	OPTIONS_MOST = 16,
	OPERANDS_MANY = 1 << 20,
};

/* Exit statuses, the same for every verb. */
enum {
	DONE = 0,
	REFUSED = 1, /* and the reason is on stderr */
	BAD_USAGE = 2,
};

struct option {
	const char *name; /* without the dashes */
	char letter;  /* 0: none */
	const char *argument; /* NULL: a switch */
	bool required;
	const char *help;
	bool many; /* may be given again: the values are joined by commas */
};

/* A command line that fits the verb's table. */
struct request {
	const char *values
			[OPTIONS_MOST]; /* in the table's order; NULL: not given; a switch: not NULL */
	char **operands;
	int operand_count;
};

struct verb {
	const char *name; /* one word, or two: "overlay add" */
	const char *operands; /* as --help shows them */
	int operands_least, operands_most;
	const char *summary; /* one line */
	const char *details; /* more lines, each with its newline; NULL: none */
	const struct option *options; /* ends with a NULL name; NULL: none */
	int (*run)(const struct request *request); /* an exit status */
};

/* Every verb, in the order of --help; ends with a NULL. */
extern const struct verb *const verbs[];

extern const struct verb verb_apply, verb_check, verb_plan, verb_diff, verb_guest;
extern const struct verb verb_overlay_add, verb_overlay_remove, verb_overlay_attach,
		verb_overlay_detach, verb_overlay_list, verb_overlay_plan, verb_tree;
