/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays of `count` things of one kind, for tests/dts/base. */
#pragma once

#include "tests/unit/dt_help.h"

#include "dt/fdt_write.h"

enum { KIND_ROOM = 2 * DT_BLOB_MAX };

typedef void kind_write(struct dtb_writer *w, unsigned count);

kind_write kind_small; /* nodes as small as a device can be */
kind_write kind_tens; /* the same, ten in each fragment */
kind_write kind_devices; /* as boards have them: about 200 bytes, one reference to a label of the base */
kind_write kind_labels; /* of small nodes */
kind_write kind_linked; /* as dtc -@ writes them: each has a label and refers to another */
kind_write kind_fragments; /* each in a fragment of its own, below the one before it */
kind_write kind_wide; /* properties of one node */
kind_write kind_props; /* new properties of a node that is there */
kind_write kind_bare; /* nodes with nothing in them */
kind_write kind_flags; /* nodes with nothing but names */
kind_write kind_values; /* of the nodes of kind_small(), in one fragment */
kind_write kind_value_fragments; /* the same, each in a fragment of its own */
kind_write kind_status_fragments; /* a new property for each of them */

void kind_begin_fragment(struct dtb_writer *w, unsigned index, const char *target);
void kind_end_fragment(struct dtb_writer *w);
/* The whole blob. */
struct bytes kind_blob(kind_write *write, unsigned count);
