/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls from user space. privcmd.c is the real one; tests link a fake in its place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Before anything else here. False, and said why, where there is no hypervisor to talk to. */
bool transport_open(void);

/*
 * Cleared memory that stays where it is and that the hypervisor can reach, to the end of the program. Every
 * address handed to a hypercall must lie in such memory. Ends the program when there is none.
 */
void *transport_memory(size_t size);

/* Make the hypercall (`number`: __HYPERVISOR_... of xen/xen.h) with one argument: its result, or -errno. */
int transport_call(unsigned number, void *argument);
