/* SPDX-License-Identifier: Apache-2.0 */
/* gzip members (RFC 1952) with DEFLATE data (RFC 1951), unpacked in one go without allocation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool gzip_is_member(const void *data, size_t size);

/* Size that the member's trailer states: of the data unpacked, modulo 4 GiB. 0: no member. */
uint32_t gzip_stated_size(const void *data, size_t size);

/*
 * Unpacks into out. Bytes written, or -1: damaged, cut short, the checksum is wrong, or there is no room.
 * Safe against any input.
 */
int64_t gzip_unpack(void *out, size_t out_size, const void *data, size_t size);
