/* SPDX-License-Identifier: Apache-2.0 */
/* Graftctl's side of docs/deliver.md: a blob into a running guest's kernel, or out of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/file.h"

enum deliver_result {
	DELIVER_DONE,
	DELIVER_REFUSED, /* by the guest */
	DELIVER_NO_ANSWER,
	DELIVER_IN_DOUBT, /* xenstored is silent: the guest may still do it when that goes on */
};

struct delivery {
	uint16_t domain;
	char name[64]; /* of the overlay in the guest: by the host's blob */
	uint64_t patience; /* milliseconds that the guest is given, from deliver_open() on */
	uint64_t until; /* wait_now() at which it ends */
};

/* The option --timeout as it came, NULL for 30 seconds. False, and said, when it is no such number. */
bool deliver_read_timeout(struct delivery *delivery, const char *text);

/*
 * Reach XenStore, and be alone with this domain. `overlay` is the host's. False, and said. From then on signals
 * only end waiting: nothing is left half-done.
 */
bool deliver_open(struct delivery *delivery, uint16_t domain, struct bytes overlay);

/* Did a signal come? Said; for before anything is changed. */
bool deliver_is_called_off(void);

/* Is the module in the guest? False, and said with what to do, when it is not. */
bool deliver_guest_listens(const struct delivery *delivery);

/* The blob that was delivered, kept for detach. False when there is none. */
bool deliver_recall(const struct delivery *delivery, struct bytes *blob);
/* Those of all others that were delivered there; they live to the end of the program. */
struct bytes *deliver_recall_others(const struct delivery *delivery, size_t *count);
bool deliver_keep(const struct delivery *delivery, struct bytes blob);
bool deliver_forget(const struct delivery *delivery);

/* Have the guest apply the blob that is kept, or remove it; what it answers is said. */
enum deliver_result deliver_ask_apply(const struct delivery *delivery, size_t size);
enum deliver_result deliver_ask_remove(const struct delivery *delivery);
