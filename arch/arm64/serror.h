/* SPDX-License-Identifier: Apache-2.0 */
/* SErrors: asynchronous external aborts, to whom each one belongs (Arm ARM D1.3.6). */
#pragma once

#include "core/types.h"

struct vcpu;

/* An SError that v caused, with its ESR_EL2: v, which is current, takes it as a virtual SError. */
void serror_charge(struct vcpu *v, uint64_t esr);

/* HCR_EL2 is set: takes the SError that firmware left pending, and says so; what FEAT_RAS needs once on each CPU. */
void serror_init_cpu(void);

/*
 * Takes an SError that is pending while no guest's accesses are outstanding: the way out of a guest has taken those.
 * No guest is charged with it. Any context: serror_report() writes it to the log later.
 */
void serror_take_stray(void);
/* No lock is held. */
void serror_report(void);

/* vectors.S: opens PSTATE.A for as long as it takes; ESR_EL2 of the SError that came, 0: none did. */
uint64_t serror_window(void);
