/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What XenStore knows of overlays and domains beside the hypervisor: the file that an overlay was added from, in
 * /graft/overlays/ID, written by graftctl; a domain's name, written by the toolstack. Without a XenStore nothing is
 * known, and nothing is said.
 */
#pragma once

#include "tools/hyper.h"

/* After the blob was added: remember its file. */
void names_note_added(const struct hyper_blob *blob);
/* Forget the files of overlays that are gone, whoever removed them. */
void names_tidy(void);

/* The file that the overlay was added from, NULL: not by graftctl, or nobody knows. For the caller to free. */
char *names_file_of(const struct graft_overlay *overlay);
/* A holder as `xl list` names domains, else as hyper_owner_name(). For the caller to free. */
char *names_holder(uint16_t owner);
