/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of domains: domain.c (the list, making and freeing), domain_run.c (pausing, shutting
 * down), domain_kill.c (dying), vcpu.c. */
#pragma once

#include "core/domain.h"

/* Ends the timers of a vCPU that never ran, or never will again: from then on nothing raises its interrupts. */
void vcpu_retire(struct vcpu *v);
/* The rest of it, once nothing of the domain's refers to it. */
void vcpu_free(struct vcpu *v);
