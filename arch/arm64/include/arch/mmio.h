/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device registers. Base-register loads and stores: their syndrome is valid if Graft itself ever runs below another
 * hypervisor. Ordering towards memory is the caller's (arch/barrier.h). Loads are LDAR: a plain load from Device memory
 * beside a store-exclusive may hang a Cortex-A57 (erratum 832075).
 */
#pragma once

#include <stdint.h>

static inline uint32_t mmio_read32(const volatile void *addr)
{
	uint32_t value;

	__asm__ volatile("ldar %w0, [%1]" : "=r"(value) : "r"(addr) : "memory");
	return value;
}

static inline void mmio_write32(volatile void *addr, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"rZ"(value), "r"(addr) : "memory");
}

static inline uint64_t mmio_read64(const volatile void *addr)
{
	uint64_t value;

	__asm__ volatile("ldar %0, [%1]" : "=r"(value) : "r"(addr) : "memory");
	return value;
}

static inline void mmio_write64(volatile void *addr, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" ::"rZ"(value), "r"(addr) : "memory");
}
