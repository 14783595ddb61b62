/* SPDX-License-Identifier: Apache-2.0 */
/* PrimeCell UART, and the SBSA generic UART that is a part of it (Arm DDI 0183; Arm DEN0094 appendix B). */
#include "core/console.h"
#include "core/error.h"
#include "drivers/uart.h"
#include <arch/device.h>
#include <arch/mmio.h>

#define UARTDR   0x00
#define UARTFR   0x18
#define UARTIMSC 0x38
#define UARTICR  0x44

#define FR_RXFE BIT(4)
#define FR_TXFF BIT(5)
#define FR_BUSY BIT(3)
#define INT_RX  BIT(4)
#define INT_RT  BIT(6) /* bytes lie in the FIFO and no more come */
#define INT_ALL 0x7ff

#define REGISTERS_SIZE 0x1000

static char *registers;

static void put_byte(char c)
{
	while (mmio_read32(registers + UARTFR) & FR_TXFF)
		;
	mmio_write32(registers + UARTDR, (uint8_t)c);
}

static void put(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put_byte(text[i]);
}

static void flush(void)
{
	while (mmio_read32(registers + UARTFR) & FR_BUSY)
		;
}

static int get(void)
{
	if (mmio_read32(registers + UARTFR) & FR_RXFE)
		return -1;
	return (int)(mmio_read32(registers + UARTDR) & 0xff);
}

static const struct console_uart uart = { .put = put, .flush = flush, .get = get };

/* Speed and format stay as the firmware set them: it has talked to the user already. */
static int init(paddr_t base, uint64_t size)
{
	if (size < REGISTERS_SIZE)
		return fail(-EINVAL, "PL011 at %#llx: registers take 4 KiB",
				(unsigned long long)base.v);
	registers = device_map(base, size);
	if (!registers)
		return -ENOMEM;
	mmio_write32(registers + UARTIMSC, 0);
	mmio_write32(registers + UARTICR, INT_ALL);
	console_set_uart(&uart);
	return 0;
}

static void enable_receive(void)
{
	mmio_write32(registers + UARTIMSC, INT_RX | INT_RT);
}

/*
 * Reading ends both interrupts: the receive one below the FIFO's trigger level, the timeout one with its last
 * byte. Cleared by hand, they would not come again for what console_receive() leaves for its next turn.
 */
static void interrupt(uint32_t intid)
{
	(void)intid;
	console_receive();
}

UART_DRIVER(pl011) = { "arm,pl011", init, enable_receive, interrupt };
UART_DRIVER(sbsa) = { "arm,sbsa-uart", init, enable_receive, interrupt };
