/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day, as the hardware domain sets it and all domains read it in their shared info page. */
#pragma once

#include <stdint.h>

struct domain;

/* It was ns after 1 January 1970, 00:00:00 UTC when time_now() was at_ns. All domains are told. */
void wallclock_set(uint64_t ns, uint64_t at_ns);

/* Writes it to d's shared info page: when the page is new, or after d's time_offset_seconds changed. */
void wallclock_update_domain(struct domain *d);
