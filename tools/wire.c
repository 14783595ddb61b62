/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a fault the connection is not used again: an answer that comes late would be taken for another's.
 */
#include "tools/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define __maybe_unused __attribute__((unused)) /* Xen's header has it from whoever includes it */
#include <xen/io/xs_wire.h>

#include "core/xen_abi.h"
#include "tools/memory.h"
#include "tools/wait.h"

XEN_ABI(sizeof(struct xsd_sockmsg) == 16);

static int link_fd = -1;
static int fault = ENOTCONN;

int wire_fault(void)
{
	return fault;
}

/* Until bytes can move, or `until`. A signal ends no wait here: half a message would be the end of all. */
static int wait_for(short event, uint64_t until)
{
	struct pollfd link = { .fd = link_fd, .events = event };
	uint64_t now;

	while ((now = wait_now()) < until) {
		int count = poll(&link, 1, (int)(until - now));

		if (count > 0)
			return 0;
		if (count < 0 && errno != EINTR)
			return errno;
	}
	return ETIMEDOUT;
}

/* 0 to try again. */
static int not_yet(short event, uint64_t until)
{
	if (errno == EINTR)
		return 0;
	return errno == EAGAIN || errno == EWOULDBLOCK ? wait_for(event, until) : errno;
}

static int send_all(const uint8_t *at, size_t size, uint64_t until)
{
	int error = 0;

	while (size && !error) {
		ssize_t count = send(link_fd, at, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (count < 0) {
			error = not_yet(POLLOUT, until);
			continue;
		}
		at += count;
		size -= (size_t)count;
	}
	return error;
}

static int receive_all(void *to, size_t size, uint64_t until)
{
	uint8_t *at = to;
	int error = 0;

	while (size && !error) {
		ssize_t count = recv(link_fd, at, size, MSG_DONTWAIT);

		if (count <= 0) {
			error = count == 0 ? ECONNRESET : not_yet(POLLIN, until);
			continue;
		}
		at += count;
		size -= (size_t)count;
	}
	return error;
}

/* Sockets of xenstored hold few that it has not taken yet: one that is stopped fills them. */
int wire_open(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	uint64_t until = wait_now() + WIRE_PATIENCE;

	if (strlen(path) >= sizeof(name.sun_path))
		return fault = ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path));
	link_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link_fd < 0)
		return fault = errno;
	fault = 0;
	while (!fault && connect(link_fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			fault = errno;
		else if (wait_now() >= until)
			fault = ETIMEDOUT;
		else
			wait_moment();
	}
	return fault;
}

static int send_message(
		uint32_t type, uint32_t number, const void *payload, size_t size, uint64_t until)
{
	struct xsd_sockmsg head = { .type = type, .req_id = number, .len = (uint32_t)size };
	uint8_t message[sizeof(head) + XENSTORE_PAYLOAD_MAX];

	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), payload, size);
	return send_all(message, sizeof(head) + size, until);
}

static int receive_message(struct xsd_sockmsg *head, struct bytes *out, uint64_t until)
{
	int error = receive_all(head, sizeof(*head), until);

	if (error)
		return error;
	if (head->len > XENSTORE_PAYLOAD_MAX)
		return EPROTO;
	*out = (struct bytes){ memory_get(head->len + 1), head->len };
	error = receive_all(out->at, out->size, until);
	if (error)
		free(out->at);
	return error;
}

/* Errors come by name. */
static int refusal(struct bytes *answer)
{
	int error = EIO;

	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (strcmp((const char *)answer->at, xsd_errors[i].errstring) == 0)
			error = xsd_errors[i].errnum;
	free(answer->at);
	*answer = (struct bytes){ 0 };
	return error;
}

int wire_ask(uint32_t type, const void *payload, size_t size, struct bytes *answer)
{
	static uint32_t number;
	uint64_t until = wait_now() + WIRE_PATIENCE;
	struct xsd_sockmsg head;

	*answer = (struct bytes){ 0 };
	if (size > XENSTORE_PAYLOAD_MAX)
		return E2BIG;
	if (!fault)
		fault = send_message(type, ++number, payload, size, until);
	if (!fault)
		fault = receive_message(&head, answer, until);
	if (fault) {
		*answer = (struct bytes){ 0 };
		return fault;
	}
	if (head.req_id != number || (head.type != type && head.type != XS_ERROR)) {
		free(answer->at);
		*answer = (struct bytes){ 0 };
		return fault = EPROTO;
	}
	return head.type == XS_ERROR ? refusal(answer) : 0;
}
