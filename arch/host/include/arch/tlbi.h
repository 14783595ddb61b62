/* SPDX-License-Identifier: Apache-2.0 */
/* TLBI on the host: a step of the trace (arch/host/include/arch/sysreg.h). */
#pragma once

#include <arch/sysreg.h>

#define tlbi(op)            host_trace("tlbi " #op, 0)
#define tlbi_arg(op, value) host_trace("tlbi " #op, (value))
