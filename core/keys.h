/* SPDX-License-Identifier: Apache-2.0 */
/* Debug keys: one table of key, what it prints, and the function (`xl debug-keys`, 'h' lists them). */
#pragma once

/* Runs the handler of a key; unknown keys print a hint. */
void keys_handle(char key);
