/* SPDX-License-Identifier: Apache-2.0 */
/* TLBI by the names of the Arm ARM (C5.5). The barriers around each are the caller's. */
#pragma once

#define tlbi(op) __asm__ volatile("tlbi " #op ::: "memory")
#define tlbi_arg(op, value)                                                                        \
	__asm__ volatile("tlbi " #op ", %x0" ::"rZ"((uint64_t)(value)) : "memory")
