/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Through Xen's own libxenstore, which finds the socket of xenstored and speaks its protocol. Without a
 * xenstored it would go to /dev/xen/xenbus and wait for ever, so whether there is one is tried before. Its
 * static form has no thread that could tell watch events from answers, so nothing is watched here.
 */
#include "tools/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#include "core/xen_abi.h"
#include "tools/cmdline.h"
#include "tools/memory.h"
#include "tools/say.h"

/* Between two looks at what another may have changed, in milliseconds. */
#define PAUSE 20

static struct xs_handle *store;
static bool broken;
static volatile sig_atomic_t interrupted;

static bool answers(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = -1, error = -1;

	if (strlen(path) < sizeof(name.sun_path))
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		memcpy(name.sun_path, path, strlen(path));
		error = connect(fd, (struct sockaddr *)&name, sizeof(name));
		close(fd);
	}
	return error == 0;
}

bool store_open(void)
{
	const char *path = xs_daemon_socket();

	if (store)
		return true;
	if (path && answers(path))
		store = xs_open(0);
	if (!store)
		say_error(
			"XenStore cannot be reached at %s: %s (is xenstored running, and are you root on Dom0?)",
			path ? path : "its socket", strerror(errno));
	return store;
}

static bool failed(const char *what, const char *path)
{
	say_error("cannot %s %s in XenStore: %s", what, path, strerror(errno));
	return false;
}

bool store_read(const char *path, struct bytes *out)
{
	unsigned size = 0;

	out->at = xs_read(store, XBT_NULL, path, &size);
	out->size = size;
	if (!out->at && errno != ENOENT && errno != EACCES)
		broken = true;
	return out->at;
}

bool store_write(const char *path, const void *value, size_t size)
{
	return xs_write(store, XBT_NULL, path, value, (unsigned)size) || failed("write", path);
}

char **store_list(const char *path, unsigned *count)
{
	*count = 0;
	return xs_directory(store, XBT_NULL, path, count);
}

bool store_remove(const char *path)
{
	return xs_rm(store, XBT_NULL, path) || errno == ENOENT || failed("remove", path);
}

bool store_make_folder(const char *path, uint16_t reader)
{
	/* The first is the owner, and what all others may. */
	struct xs_permissions permissions[] = {
		{ .id = 0, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	return (xs_mkdir(store, XBT_NULL, path) &&
		       xs_set_permissions(store, XBT_NULL, path, permissions, 2)) ||
	       failed("make", path);
}

static void note_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void store_catch_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

uint64_t store_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum store_event store_pause(uint64_t until)
{
	struct timespec pause = { .tv_nsec = PAUSE * 1000000 };

	if (broken)
		return STORE_BROKEN;
	if (interrupted)
		return STORE_INTERRUPTED;
	if (store_now() >= until)
		return STORE_TIMEOUT;
	nanosleep(&pause, NULL);
	return STORE_GO_ON;
}

bool store_lock(uint16_t domain, uint64_t until)
{
	char *name = memory_print("%s/graftctl.lock", xs_daemon_rundir());
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = domain, .l_len = 1
	};
	struct timespec pause = { .tv_nsec = PAUSE * 1000000 };
	/* Not closed: it is given back when the program ends, however it does. */
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		say_error("cannot open %s: %s", name, strerror(errno));
		return false;
	}
	while (fcntl(fd, F_SETLK, &lock) != 0) {
		if (store_now() >= until || (errno != EAGAIN && errno != EACCES)) {
			say_error(
				"another graftctl is handing something to domain %u, or %s cannot be locked: %s",
				domain, name, strerror(errno));
			return false;
		}
		nanosleep(&pause, NULL);
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
