/* SPDX-License-Identifier: Apache-2.0 */
/* DMA and MSI links of Dom0's nodes: properties that lead to an IOMMU or to an MSI controller. */
#pragma once

#include "arch/arm64/dom0.h"
#include "dt/fdt_write.h"

/*
 * Writes the property less its entries that lead to what Graft keeps, or nothing when no entry is left. False: the
 * property is no such link, and nothing was written.
 */
bool dom0_links_write(const struct dom0 *dom0, struct dtb_writer *writer,
		const struct dt_node *node, const struct dt_prop *prop);
