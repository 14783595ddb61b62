/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for Graft's own objects: size classes carved from pages, whole pages above. Everything comes
 * zeroed unless said, aligned to 16 bytes; freeing NULL is nothing.
 */
#pragma once

#include <stddef.h>

void *heap_alloc(size_t size);
/* Not zeroed: for large pieces that the caller fills at once, since zeroing 1 MiB takes as long as a hundred calls. */
void *heap_alloc_unset(size_t size);
void *heap_alloc_array(size_t count, size_t size); /* NULL also when the product overflows */
void heap_free(void *ptr);

/* Bytes now handed out: tests and the leak check of a dying domain compare it. */
size_t heap_bytes_used(void);
