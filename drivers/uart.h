/* SPDX-License-Identifier: Apache-2.0 */
/* UARTs that can be Graft's console. A driver is one UART_DRIVER in its file: nothing else names it. */
#pragma once

#include "core/types.h"

struct uart_driver {
	const char *compatible;
	/* Maps the registers and becomes the console. 0, negative errno. */
	int (*init)(paddr_t base, uint64_t size);
	void (*enable_receive)(void);
	/* The UART's interrupt: acknowledges it and hands on what was received. */
	void (*interrupt)(uint32_t intid);
};

#define UART_DRIVER(name)                                                                          \
	static const struct uart_driver name __attribute__((used, section("uart_drivers")))

/* The linker gathers them between these. */
extern const struct uart_driver __start_uart_drivers[], __stop_uart_drivers[];
