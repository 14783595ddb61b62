/* SPDX-License-Identifier: Apache-2.0 */
/* From which source the tool was built. */
#pragma once

extern const char tool_version[];
