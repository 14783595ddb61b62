/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of domains: domain.c (the list, making and freeing), domain_run.c (pausing, shutting
 * down), domain_kill.c (dying), vcpu.c. */
#pragma once

#include "core/domain.h"

/* Takes d's vCPU apart: it never ran, or never will again. */
void vcpu_free(struct vcpu *v);
