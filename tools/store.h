/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XenStore, as far as handing over overlays needs it. Paths are whole. What cannot be done is said here; that
 * something is not there is no fault. Nothing waits for ever: when xenstored answers no more, that is said
 * once, and all that comes after fails at once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/file.h"

/* Before all else. False, and said, when there is no xenstored that lets us. */
bool store_open(void);

/* The same, and nothing is said: what is asked for can do without. */
bool store_open_quietly(void);

/* Is xenstored gone, or does it not answer? It was said then. */
bool store_is_broken(void);
/* Of the two: it is there, and may do later what it was asked. */
bool store_is_silent(void);

/* The value, with a NUL behind it; the bytes are the caller's. False when there is none. */
bool store_read(const char *path, struct bytes *out);
bool store_write(const char *path, const void *value, size_t size);
/* Names of what is right below it, for the caller to free at once; NULL: nothing. */
char **store_list(const char *path, unsigned *count);
/* With all below it; it need not be there. */
bool store_remove(const char *path);
/* An empty folder of Dom0's, which a domain may read with all that is written below it. */
bool store_make_folder(const char *path, uint16_t reader);

/*
 * Be the only graftctl at work on a domain until the end of the program. False, and said, when not by then, a
 * time of wait_now(), or when a signal came.
 */
bool store_lock(uint16_t domain, uint64_t until);

/* The domain of this name; false when there is none. */
bool store_find_domain(const char *name, uint16_t *out);
