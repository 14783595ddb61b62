/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's console without a person before it, through the terminal that xenconsoled offers:
 *	graft-console DOMID SECONDS wait TEXT		passes on what comes until TEXT has come
 *	graft-console DOMID SECONDS run COMMAND		COMMAND in the guest's shell: its output, its status
 *	graft-console DOMID SECONDS type TEXT		types TEXT and a line feed
 * DOMID may be a path below /local/domain that has a tty, such as 3/vuart/0. Status 124: time is up; 125: no guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TIME_IS_UP 124
#define GONE       125

static int tty = -1;
static double end;
static char seen[1 << 20];
static size_t seen_count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void leave(int status, const char *why)
{
	fwrite(seen, 1, seen_count, stdout);
	fflush(stdout);
	fprintf(stderr, "graft-console: %s\n", why);
	exit(status);
}

/* The path of the terminal, "" while there is none. */
static void find_terminal(const char *guest, char *path, size_t size)
{
	char command[256];
	FILE *reader;

	snprintf(command, sizeof(command), "xenstore-read /local/domain/%s%s/tty 2>/dev/null",
			guest, strchr(guest, '/') ? "" : "/console");
	reader = popen(command, "r");
	path[0] = '\0';
	if (reader == NULL)
		return;
	if (fgets(path, (int)size, reader) == NULL)
		path[0] = '\0';
	path[strcspn(path, "\n")] = '\0';
	pclose(reader);
}

static void open_terminal(const char *guest)
{
	char path[128];
	struct termios raw;

	for (;;) {
		find_terminal(guest, path, sizeof(path));
		tty = path[0] ? open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
		if (tty >= 0)
			break;
		if (now() > end)
			leave(GONE, "the guest has no console");
		usleep(100000);
	}
	if (tcgetattr(tty, &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(tty, TCSANOW, &raw);
	}
}

static short await(short events)
{
	struct pollfd fd = { .fd = tty, .events = events };
	double left = end - now();

	if (left <= 0 || poll(&fd, 1, (int)(left * 1000) + 1) == 0)
		leave(TIME_IS_UP, "time is up");
	return fd.revents;
}

static void take(void)
{
	ssize_t count = read(tty, seen + seen_count, sizeof(seen) - 1 - seen_count);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0)
		leave(GONE, "the console has ended");
	/* What is not text would end the search. */
	for (ssize_t i = 0; i < count; i++)
		if (seen[seen_count + (size_t)i] == '\0')
			seen[seen_count + (size_t)i] = '?';
	seen_count += (size_t)count;
	seen[seen_count] = '\0';
}

static void put(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		short events = await(POLLIN | POLLOUT);
		ssize_t count;

		if (events & POLLIN)
			take();
		if (!(events & POLLOUT))
			continue;
		count = write(tty, text, left);
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			leave(GONE, "the console has ended");
		if (count > 0) {
			text += count;
			left -= (size_t)count;
		}
	}
}

/* Where text ends in what came from start on; it waits until it comes. */
static char *find(char *start, const char *text)
{
	char *found;

	while ((found = strstr(start, text)) == NULL) {
		await(POLLIN);
		take();
	}
	return found + strlen(text);
}

/*
 * The command is echoed, perhaps with escapes of the shell's line editor; the marks in it are not followed by a
 * carriage return there, as they are when printf prints them.
 */
static int run(const char *command)
{
	static char line[8192];
	char mark[32], *start, *stop, *rest;
	long status;

	snprintf(mark, sizeof(mark), "@%d", (int)getpid());
	if (snprintf(line, sizeof(line),
			    "printf '%s@\\n'; { %s\n} 2>&1 </dev/null; printf '%s:%%d@\\n' $?\n",
			    mark, command, mark) >= (int)sizeof(line))
		leave(GONE, "the command is too long");
	put(line);
	snprintf(line, sizeof(line), "%s@\r\n", mark);
	start = find(seen, line);
	snprintf(line, sizeof(line), "%s:", mark);
	do {
		stop = find(start, line);
		find(stop, "@");
		status = strtol(stop, &rest, 10);
	} while (rest == stop);
	for (char *c = start; c < stop - strlen(line); c++)
		if (*c != '\r')
			putchar(*c);
	fflush(stdout);
	return (int)status;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "graft-console DOMID SECONDS wait|run|type TEXT\n");
		return GONE;
	}
	end = now() + atof(argv[2]);
	open_terminal(argv[1]);
	if (strcmp(argv[3], "run") == 0)
		return run(argv[4]);
	if (strcmp(argv[3], "type") == 0) {
		put(argv[4]);
		put("\n");
		return 0;
	}
	find(seen, argv[4]);
	fwrite(seen, 1, seen_count, stdout);
	return 0;
}
