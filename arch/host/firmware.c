/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware and the vectors of the faked machine. */
#include "arch/arm64/boot.h"
#include "arch/arm64/psci.h"
#include "arch/arm64/serror.h"
#include "arch/host/fake.h"

const char vectors[1], vectors_loop[1], vectors_clrbhb[1], vectors_firmware[1];

int (*host_workaround_hook)(uint32_t function);
uint32_t host_firmware_called;
unsigned host_firmware_calls;
uint64_t host_serror;
unsigned host_serror_windows;

int firmware_workaround(uint32_t function)
{
	return host_workaround_hook ? host_workaround_hook(function) : SMCCC_NOT_SUPPORTED;
}

void firmware_call(uint32_t function, uint64_t argument)
{
	(void)argument;
	host_firmware_called = function;
	host_firmware_calls++;
}

uint64_t serror_window(void)
{
	uint64_t esr = host_serror;

	host_serror_windows++;
	host_serror = 0;
	return esr;
}
