/* SPDX-License-Identifier: Apache-2.0 */
/* build_info.h is made by scripts/build-info from the checkout. */
#include "tools/version.h"

#include <build_info.h>

const char tool_version[] = BUILD_VERSION " (" BUILD_CHANGESET ")";
