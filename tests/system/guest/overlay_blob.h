/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays of any number of devices, put together in `blob`. */
#pragma once

#include "tests/system/guest/overlay.h"

static inline void put32(size_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(blob + *at, &value, 4);
	*at += 4;
}

static inline void put_text(size_t *at, const char *text)
{
	size_t size = strlen(text) + 1;

	memcpy(blob + *at, text, size);
	memset(blob + *at + size, 0, 3);
	*at += (size + 3) & ~(size_t)3;
}

static const char names[] =
		"target-path\0compatible\0reg\0status\0interrupts\0clock-frequency\0label\0reset-lines";
enum {
	TARGET_PATH = 0,
	COMPATIBLE = 12,
	REG = 23,
	STATUS = 27,
	INTERRUPTS = 34,
	CLOCK_FREQUENCY = 45,
	LABEL = 61,
	RESET_LINES = 67,
};

static inline void put_string(size_t *at, unsigned name, const char *value)
{
	put32(at, 3);
	put32(at, (uint32_t)strlen(value) + 1);
	put32(at, name);
	put_text(at, value);
}

static inline void put_cells(size_t *at, unsigned name, const uint32_t *cells, unsigned count)
{
	put32(at, 3);
	put32(at, count * 4);
	put32(at, name);
	for (unsigned i = 0; i < count; i++)
		put32(at, cells[i]);
}

static inline void begin_node(size_t *at, const char *name)
{
	put32(at, 1);
	put_text(at, name);
}

/* One of 217 bytes on the average, each its own page of free address space, with an SPI while there are any. */
static inline void put_device(size_t *at, unsigned n)
{
	uint32_t reg[] = { 0, 0x0b000000 + n * 0x1000, 0, 0x1000 };
	uint32_t irq[] = { 0, 100 + n, 4 }, clock = 100000000;
	char name[64], label[64];

	snprintf(name, sizeof(name), "graft-device@%x", reg[1]);
	snprintf(label, sizeof(label), "measured device %08u%s", n, n % 4 ? "" : " of");
	begin_node(at, name);
	put_string(at, COMPATIBLE, "graft,test-device-with-some-longer-name-1.0");
	put_cells(at, REG, reg, 4);
	put_cells(at, n < 100 ? INTERRUPTS : RESET_LINES, irq, 3);
	put_cells(at, CLOCK_FREQUENCY, &clock, 1);
	put_string(at, LABEL, label);
	put_string(at, STATUS, "okay");
	put32(at, 2);
}

static inline void make(unsigned nodes)
{
	size_t at = 40 + 16, structure = at;

	memset(blob, 0, at);
	begin_node(&at, "");
	begin_node(&at, "fragment@0");
	put_string(&at, TARGET_PATH, "/");
	begin_node(&at, "__overlay__");
	for (unsigned n = 0; n < nodes; n++)
		put_device(&at, n);
	put32(&at, 2);
	put32(&at, 2);
	put32(&at, 2);
	put32(&at, 9);
	size_t strings = at, head = 0;

	memcpy(blob + at, names, sizeof(names));
	blob_size = at + sizeof(names);
	put32(&head, 0xd00dfeed);
	put32(&head, (uint32_t)blob_size);
	put32(&head, (uint32_t)structure);
	put32(&head, (uint32_t)strings);
	put32(&head, 40);
	put32(&head, 17);
	put32(&head, 16);
	put32(&head, 0);
	put32(&head, sizeof(names));
	put32(&head, (uint32_t)(strings - structure));
}
