/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the image that the linker script names. */
#pragma once

extern char image_start[], image_text_end[], image_rodata_end[], image_end[];
extern char image_build_id[];
