/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers on the host: plain memory that a test looks at. */
#pragma once

#include <stdint.h>

static inline uint32_t mmio_read32(const volatile void *addr)
{
	return *(const volatile uint32_t *)addr;
}

static inline void mmio_write32(volatile void *addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

static inline uint64_t mmio_read64(const volatile void *addr)
{
	return *(const volatile uint64_t *)addr;
}

static inline void mmio_write64(volatile void *addr, uint64_t value)
{
	*(volatile uint64_t *)addr = value;
}
