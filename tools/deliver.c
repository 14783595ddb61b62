/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, and replies of a guest that may write anything. docs/deliver.md. */
#include "tools/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tools/cmdline.h"
#include "tools/memory.h"
#include "tools/say.h"
#include "tools/store.h"
#include "tools/wait.h"

#define VERSION       "1"
#define PIECE         1024
#define BLOB_MAX      (1024 * 1024)
#define SHOWN_MOST    200 /* characters of a guest's sentence */
#define PATIENCE      30 /* seconds */
#define PATIENCE_MOST 86400

/* Why a guest is waited for no more, or that it is. */
enum event {
	WAITING,
	TIME_IS_UP,
	CALLED_OFF,
	DOMAIN_GONE,
	STORE_BROKEN,
};

enum state {
	NO_REPLY,
	WORKING,
	FINISHED,
	TURNED_DOWN,
};

static char *path_of(const struct delivery *delivery, const char *rest)
{
	return memory_print("/local/domain/%u/%s", delivery->domain, rest);
}

static char *path_of_blob(const struct delivery *delivery, const char *name)
{
	return memory_print(
			"/local/domain/%u/device-tree-overlay/overlays/%s", delivery->domain, name);
}

/* FNV-1a: every byte counts, unlike in the digest that Graft lists. */
static uint64_t hash_of(struct bytes bytes)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < bytes.size; i++)
		hash = (hash ^ bytes.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

bool deliver_read_timeout(struct delivery *delivery, const char *text)
{
	uint64_t seconds = PATIENCE;

	if (text && (!cmdline_number(text, &seconds) || seconds > PATIENCE_MOST)) {
		cmdline_bad_value("--timeout", text);
		return false;
	}
	delivery->patience = seconds * 1000;
	return true;
}

bool deliver_open(struct delivery *delivery, uint16_t domain, struct bytes overlay)
{
	delivery->domain = domain;
	delivery->until = wait_now() + delivery->patience;
	snprintf(delivery->name, sizeof(delivery->name), "graft-%016" PRIx64, hash_of(overlay));
	wait_catch_signals();
	return store_open() && store_lock(domain, delivery->until);
}

bool deliver_is_called_off(void)
{
	if (wait_interrupted())
		say_error("interrupted: nothing was changed");
	return wait_interrupted();
}

bool deliver_guest_listens(const struct delivery *delivery)
{
	char *path = path_of(delivery, "data/device-tree-overlay/version");
	struct bytes version;
	bool there = store_read(path, &version);

	free(path);
	if (there && strcmp((const char *)version.at, VERSION) == 0)
		return true;
	if (there)
		say_error("domain %u has a dt-overlay-configfs of another version than this graftctl",
				delivery->domain);
	else if (!store_is_broken())
		say_error("domain %u takes no delivery: the module dt-overlay-configfs is not loaded there; run "
			  "`modprobe dt-overlay-configfs` in it",
				delivery->domain);
	return false;
}

static bool recall(const struct delivery *delivery, const char *name, struct bytes *blob)
{
	char *folder = path_of_blob(delivery, name), *path;
	struct bytes value, piece = { 0 };
	uint64_t size = 0;
	bool good = store_read(folder, &value) && cmdline_number((const char *)value.at, &size) &&
	            size && size <= BLOB_MAX;

	if (good)
		*blob = (struct bytes){ memory_get(size), size };
	for (size_t at = 0; good && at < size; at += PIECE) {
		size_t part = size - at < PIECE ? size - at : PIECE;

		path = memory_print("%s/%zu", folder, at / PIECE);
		good = store_read(path, &piece) && piece.size == part;
		if (good)
			memcpy(blob->at + at, piece.at, part);
		free(piece.at);
		free(path);
	}
	free(folder);
	return good;
}

bool deliver_recall(const struct delivery *delivery, struct bytes *blob)
{
	return recall(delivery, delivery->name, blob);
}

struct bytes *deliver_recall_others(const struct delivery *delivery, size_t *count)
{
	char *top = path_of(delivery, "device-tree-overlay/overlays");
	unsigned name_count;
	char **names = store_list(top, &name_count);
	struct bytes *others = memory_get(name_count * sizeof(*others));

	*count = 0;
	for (unsigned i = 0; i < name_count; i++)
		if (strcmp(names[i], delivery->name) != 0 &&
				recall(delivery, names[i], &others[*count]))
			(*count)++;
	free(names);
	free(top);
	return others;
}

bool deliver_keep(const struct delivery *delivery, struct bytes blob)
{
	char *top = path_of(delivery, "device-tree-overlay"),
	     *folder = path_of_blob(delivery, delivery->name);
	char *size = memory_print("%zu", blob.size), *path;
	/* Of one that was given up half-way, more pieces could be there. */
	bool good = store_make_folder(top, delivery->domain) && store_remove(folder);

	for (size_t at = 0; good && at < blob.size; at += PIECE) {
		path = memory_print("%s/%zu", folder, at / PIECE);
		good = store_write(path, blob.at + at,
				blob.size - at < PIECE ? blob.size - at : PIECE);
		free(path);
	}
	good = good && store_write(folder, size, strlen(size));
	free(size);
	free(folder);
	free(top);
	return good;
}

bool deliver_forget(const struct delivery *delivery)
{
	char *folder = path_of_blob(delivery, delivery->name);
	bool good = store_remove(folder);

	free(folder);
	return good;
}

/* `field`, when `text` begins with it and a blank or the end follows: what comes behind; else NULL. */
static const char *skip_field(const char *text, const char *field)
{
	size_t length = strlen(field);

	if (strncmp(text, field, length) != 0)
		return NULL;
	text += length;
	return *text == ' ' ? text + 1 : *text ? NULL : text;
}

static void make_printable(char *text)
{
	if (strlen(text) > SHOWN_MOST)
		memcpy(text + SHOWN_MOST, "...", sizeof("..."));
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* What a guest says to this request. `*why` is the caller's. */
static enum state parse_reply(const char *reply, const char *sequence, char **why)
{
	const char *state = skip_field(reply, sequence);
	const char *error = state ? skip_field(state, "refused") : NULL;
	char *end = NULL;

	if (!state)
		return NO_REPLY;
	if (strcmp(state, "working") == 0)
		return WORKING;
	if (strcmp(state, "done") == 0)
		return FINISHED;
	if (!error)
		return NO_REPLY;
	/* Its number is for programs; the sentence says it all. */
	(void)strtoul(error, &end, 10);
	if (end == error || *end != ' ')
		return NO_REPLY;
	/* Room for the dots. */
	*why = memory_print("%s   ", end + 1);
	(*why)[strlen(end + 1)] = '\0';
	make_printable(*why);
	return TURNED_DOWN;
}

static enum state read_reply(const char *path, const char *sequence, char **why)
{
	struct bytes reply;
	enum state state;

	if (!store_read(path, &reply))
		return NO_REPLY;
	state = parse_reply((const char *)reply.at, sequence, why);
	free(reply.at);
	return state;
}

static void say_why_not(const struct delivery *delivery, enum event event, enum state state)
{
	if (event == CALLED_OFF)
		say_error("interrupted before domain %u answered", delivery->domain);
	else if (event == DOMAIN_GONE)
		say_error("domain %u is gone: destroyed, or started anew as another",
				delivery->domain);
	else if (event == TIME_IS_UP)
		say_error("domain %u %s in time (--timeout gives it more)", delivery->domain,
				state == WORKING ? "began, but did not finish" : "did not answer");
}

/* Only with all of its domain does xl take a request away. */
static bool is_still_asked(const char *path)
{
	struct bytes request;
	bool there = store_read(path, &request);

	free(request.at);
	return there;
}

static enum event pause_or_end(const struct delivery *delivery, const char *path)
{
	bool asked = is_still_asked(path);

	if (store_is_broken())
		return STORE_BROKEN;
	if (!asked)
		return DOMAIN_GONE;
	if (wait_interrupted())
		return CALLED_OFF;
	if (wait_now() >= delivery->until)
		return TIME_IS_UP;
	wait_moment();
	return WAITING;
}

static enum event await(const struct delivery *delivery, const char *path, const char *answer,
		const char *sequence, enum state *state, char **why)
{
	enum event event = WAITING;

	while (event == WAITING) {
		*state = read_reply(answer, sequence, why);
		if (*state > WORKING)
			break;
		event = pause_or_end(delivery, path);
	}
	return event;
}

/* Never 0, and never twice but by a chance of one to 2^64. */
static uint64_t draw_sequence(void)
{
	uint64_t sequence = 0;

	while (getrandom(&sequence, sizeof(sequence), 0) != sizeof(sequence) || sequence == 0)
		;
	return sequence;
}

/* WAITING: the guest may see it from now on, also when xenstored does not say so. */
static enum event put_request(
		const struct delivery *delivery, const char *path, const char *request)
{
	char *top = path_of(delivery, "device-tree-overlay");
	bool there = !wait_interrupted() && store_make_folder(top, delivery->domain);

	free(top);
	if (wait_interrupted())
		return CALLED_OFF;
	return there && (store_write(path, request, strlen(request)) || store_is_silent())
	                       ? WAITING
	                       : STORE_BROKEN;
}

static enum deliver_result conclude(const struct delivery *delivery, enum event event,
		enum state state, const char *why)
{
	if (state == FINISHED)
		return DELIVER_DONE;
	if (state == TURNED_DOWN) {
		say_error("domain %u refuses: %s", delivery->domain, why);
		return DELIVER_REFUSED;
	}
	say_why_not(delivery, event, state);
	return store_is_silent() ? DELIVER_IN_DOUBT : DELIVER_NO_ANSWER;
}

/* `request` begins with `sequence`. */
static enum deliver_result ask(
		const struct delivery *delivery, const char *sequence, const char *request)
{
	char *path = path_of(delivery, "device-tree-overlay/request"), *why = NULL;
	char *reply = path_of(delivery, "data/device-tree-overlay/reply");
	enum event event = put_request(delivery, path, request);
	bool asked = event == WAITING;
	enum state state = NO_REPLY;
	enum deliver_result result;

	if (asked)
		event = await(delivery, path, reply, sequence, &state, &why);
	/* The guest must not act on what nobody waits for; what it did until now, it has said by now. */
	if (asked)
		store_remove(path);
	if (asked && state <= WORKING)
		state = read_reply(reply, sequence, &why);
	result = conclude(delivery, event, state, why);
	free(why);
	free(reply);
	free(path);
	return result == DELIVER_IN_DOUBT && !asked ? DELIVER_NO_ANSWER : result;
}

enum deliver_result deliver_ask_apply(const struct delivery *delivery, size_t size)
{
	char *sequence = memory_print("%" PRIu64, draw_sequence());
	char *request = memory_print("%s apply %s %zu", sequence, delivery->name, size);
	enum deliver_result result = ask(delivery, sequence, request);

	free(request);
	free(sequence);
	return result;
}

enum deliver_result deliver_ask_remove(const struct delivery *delivery)
{
	char *sequence = memory_print("%" PRIu64, draw_sequence());
	char *request = memory_print("%s remove %s", sequence, delivery->name);
	enum deliver_result result = ask(delivery, sequence, request);

	free(request);
	free(sequence);
	return result;
}
