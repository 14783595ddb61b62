/* SPDX-License-Identifier: Apache-2.0 */
/* The system registers of the faked machine, one CPU's. */
#include <arch/sysreg.h>

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "arch/host/fake.h"

#define REGISTERS_MAX 128

static struct {
	const char *name; /* a literal of the caller's */
	uint64_t value;
} registers[REGISTERS_MAX];

static uint64_t *find(const char *name)
{
	for (unsigned i = 0; i < REGISTERS_MAX; i++) {
		if (!registers[i].name)
			registers[i].name = name;
		if (strcmp(registers[i].name, name) == 0)
			return &registers[i].value;
	}
	assert(!"more system registers than there is room for");
	return NULL;
}

uint64_t (*host_counter_hook)(void);

uint64_t host_sysreg_read(const char *name)
{
	if (host_counter_hook && strcmp(name, "cntpct_el0") == 0)
		return host_counter_hook();
	return strcmp(name, "cntpct_el0") == 0 ? host_now : *find(name);
}

void host_sysreg_write(const char *name, uint64_t value)
{
	assert(strcmp(name, "cntpct_el0") != 0);
	*find(name) = value;
	host_trace(name, value);
}

struct host_step host_steps[HOST_STEPS_MAX];
unsigned host_step_count;
bool host_trace_on;

void host_trace(const char *what, uint64_t value)
{
	if (!host_trace_on)
		return;
	assert(host_step_count < HOST_STEPS_MAX);
	host_steps[host_step_count++] = (struct host_step){ what, value };
}

void host_sysreg_reset(void)
{
	host_step_count = 0;
	host_trace_on = false;
	host_counter_hook = NULL;
	memset(registers, 0, sizeof(registers));
}
