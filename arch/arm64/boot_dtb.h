/* SPDX-License-Identifier: Apache-2.0 */
/* The size of the host's blob, before anything of it is mapped. */
#pragma once

#include <stdint.h>

#define BOOT_DTB_HEADER 40 /* bytes of struct fdt_header */

/*
 * Bytes at header to be mapped: the blob's size as its header says (Devicetree 0.4, 5.2), or of the header alone when it
 * is none or too large, for dtb_check() to say so. Runs with the MMU off.
 */
uint64_t boot_dtb_size(const void *header);
