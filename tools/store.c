/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By the socket of xenstored. Without a xenstored, /dev/xen/xenbus would take messages too, and wait for ever.
 */
#include "tools/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/xen_abi.h"
#define __maybe_unused __attribute__((unused)) /* Xen's header has it from whoever includes it */
#include <xen/io/xs_wire.h>
#include "tools/cmdline.h"
#include "tools/memory.h"
#include "tools/say.h"
#include "tools/wait.h"
#include "tools/wire.h"

static bool broken;

/* As Xen's own tools let it be moved. */
static const char *run_folder(void)
{
	const char *folder = getenv("XENSTORED_RUNDIR");

	return folder && folder[0] ? folder : "/run/xenstored";
}

static char *socket_path(void)
{
	const char *named = getenv("XENSTORED_PATH");

	return named && named[0] ? memory_print("%s", named)
	                         : memory_print("%s/socket", run_folder());
}

/* 0, or the error of the one attempt. */
static int open_once(const char *path)
{
	static bool tried;
	static int error;

	if (!tried)
		error = wire_open(path);
	tried = true;
	return error;
}

bool store_open_quietly(void)
{
	char *path = socket_path();
	int error = open_once(path);

	free(path);
	return !error;
}

bool store_open(void)
{
	char *path = socket_path();
	int error = open_once(path);

	if (error == ETIMEDOUT)
		say_error("XenStore: xenstored takes no connection at %s (is it stopped?)", path);
	else if (error)
		say_error("XenStore cannot be reached at %s: %s (is xenstored running, and are you root on Dom0?)",
				path, strerror(error));
	free(path);
	return !error;
}

bool store_is_broken(void)
{
	return broken;
}

bool store_is_silent(void)
{
	return broken && wire_fault() == ETIMEDOUT;
}

/* 0, or what XenStore refused with, or, said once, that nobody is there to refuse: EPIPE. */
static int ask(uint32_t type, const void *payload, size_t size, struct bytes *answer)
{
	int error = broken ? EPIPE : wire_ask(type, payload, size, answer);

	if (broken || !wire_fault())
		return error;
	broken = true;
	if (store_is_silent())
		say_error("XenStore: xenstored has not answered for %d s (is it stopped?)",
				WIRE_PATIENCE / 1000);
	else
		say_error("XenStore went away: %s", strerror(error));
	return EPIPE;
}

static int ask_path(uint32_t type, const char *path, struct bytes *answer)
{
	return ask(type, path, strlen(path) + 1, answer);
}

/* The answer is no more than yes. */
static int tell(uint32_t type, const void *payload, size_t size)
{
	struct bytes answer;
	int error = ask(type, payload, size, &answer);

	if (!error)
		free(answer.at);
	return error;
}

static bool check(int error, const char *what, const char *path)
{
	if (error && !broken)
		say_error("cannot %s %s in XenStore: %s", what, path, strerror(error));
	return !error;
}

bool store_read(const char *path, struct bytes *out)
{
	*out = (struct bytes){ 0 };
	return ask_path(XS_READ, path, out) == 0;
}

/* A path and what is behind its NUL. */
static int tell_about(uint32_t type, const char *path, const void *more, size_t size)
{
	size_t length = strlen(path) + 1;
	uint8_t *message = memory_get(length + size);
	int error;

	memcpy(message, path, length);
	if (size)
		memcpy(message + length, more, size);
	error = tell(type, message, length + size);
	free(message);
	return error;
}

bool store_write(const char *path, const void *value, size_t size)
{
	return check(tell_about(XS_WRITE, path, value, size), "write", path);
}

static char **split(struct bytes names, unsigned *count)
{
	char **list = NULL;
	size_t room = 0, number = 0;

	for (size_t at = 0; at < names.size; at += strlen(list[number++]) + 1) {
		list = memory_grow(list, number, &room, sizeof(*list));
		list[number] = (char *)names.at + at;
	}
	*count = (unsigned)number;
	return list;
}

char **store_list(const char *path, unsigned *count)
{
	struct bytes names; /* which the list points to, to the end of the program */
	int error = ask_path(XS_DIRECTORY, path, &names);

	*count = 0;
	if (error == ENOENT || !check(error, "list", path))
		return NULL;
	return split(names, count);
}

bool store_remove(const char *path)
{
	int error = tell_about(XS_RM, path, NULL, 0);

	return error == ENOENT || check(error, "remove", path);
}

bool store_make_folder(const char *path, uint16_t reader)
{
	/* The first is the owner, and what all others may: nothing. */
	char *permissions = memory_print("n0%cr%u", '\0', reader);
	int error = tell_about(XS_MKDIR, path, NULL, 0);

	if (!error)
		error = tell_about(XS_SET_PERMS, path, permissions, strlen(permissions + 3) + 4);
	free(permissions);
	return check(error, "make", path);
}

bool store_lock(uint16_t domain, uint64_t until)
{
	char *name = memory_print("%s/graftctl.lock", run_folder());
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = domain, .l_len = 1
	};
	/* Not closed: it is given back when the program ends, however it does. */
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		say_error("cannot open %s: %s", name, strerror(errno));
		return false;
	}
	while (fcntl(fd, F_SETLK, &lock) != 0) {
		if (wait_interrupted()) {
			say_error("interrupted: nothing was changed");
			return false;
		}
		if (wait_now() >= until || (errno != EAGAIN && errno != EACCES)) {
			say_error("another graftctl is handing something to domain %u, or %s cannot be locked: %s",
					domain, name, strerror(errno));
			return false;
		}
		wait_moment();
	}
	free(name);
	return true;
}

/* Names are written by the toolstack; a folder that is no domain is passed over. */
static bool has_name(const char *folder, const char *name)
{
	char *path = memory_print("/local/domain/%s/name", folder);
	struct bytes value;
	bool same = store_read(path, &value) && strcmp((const char *)value.at, name) == 0;

	free(value.at);
	free(path);
	return same;
}

bool store_find_domain(const char *name, uint16_t *out)
{
	unsigned count = 0;
	char **folders = store_list("/local/domain", &count);
	uint64_t number;
	bool found = false;

	for (unsigned i = 0; i < count && !found; i++) {
		found = cmdline_number(folders[i], &number) && number < DOMID_FIRST_RESERVED &&
		        has_name(folders[i], name);
		if (found)
			*out = (uint16_t)number;
	}
	free(folders);
	return found;
}
