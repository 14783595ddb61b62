/* SPDX-License-Identifier: Apache-2.0 */
/* System registers by the names of the Arm ARM; those an assembler may not know, by their encoding. */
#pragma once

#include <stdint.h>

#define sysreg_read(name)                                                                          \
	({                                                                                         \
		uint64_t sysreg_value_;                                                            \
		__asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_));                          \
		sysreg_value_;                                                                     \
	})

#define sysreg_write(name, value)                                                                  \
	do {                                                                                       \
		uint64_t sysreg_new_ = (value);                                                    \
		__asm__ volatile("msr " #name ", %0" ::"r"(sysreg_new_) : "memory");               \
	} while (0)

/* As above for a macro that stands for an encoding such as ICH_LR0_EL2 below. */
#define sysreg_read_enc(name)      sysreg_read_enc_(name)
#define sysreg_read_enc_(name)     sysreg_read(name)
#define sysreg_write_enc(name, v)  sysreg_write_enc_(name, v)
#define sysreg_write_enc_(name, v) sysreg_write(name, v)
