/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, in and out. What goes wrong is said here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *at;
	size_t size;
};

/* Read all of it, at most one byte over what the engine takes; `-` is stdin. The bytes are the caller's. */
bool file_read(const char *name, struct bytes *out);

/* Write it whole or not at all: a file that is there is replaced in one step. `-` is stdout. */
bool file_write(const char *name, struct bytes content);
