/* SPDX-License-Identifier: Apache-2.0 */
/* Graft's version, and from which source the tool was built. */
#pragma once

extern const char tool_version[];
