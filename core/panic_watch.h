/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Linux kernel that panics on Arm makes no hypercall about it: it says so on its console and spins. So the
 * hardware domain's console output, which passes through Graft anyway, is watched for those words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct panic_watch {
	unsigned matched; /* characters of the words seen in a row */
	bool line_open;   /* they were all seen: the rest of their line comes */
	bool told;
};

/* The next bytes of the output, cut anywhere. True once: the first line with the words has ended. */
bool panic_watch(struct panic_watch *watch, const char *text, size_t size);
