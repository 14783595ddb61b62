/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for a program that runs once: none left ends it, and nothing was written by then. */
#pragma once

#include <stddef.h>

/* Cleared. */
void *memory_get(size_t size);
void *memory_copy(const void *from, size_t size);
/* A string made as printf() would. */
char *memory_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Room for one object more in an array of `count`, which has `*room` places. */
void *memory_grow(void *array, size_t count, size_t *room, size_t size);
