/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The byte transport: see transport.h.
 *
 * A virtio-serial port (Linux drivers/char/virtio_console.c) reports POLLHUP
 * when the host's end is closed. read() then returns 0, and write() returns
 * EAGAIN for ever, so only poll(2) shows a hang-up, not write().
 *
 * The port's state and the port's data arrive in different queues (virtio,
 * "Console Device", VIRTIO_CONSOLE_PORT_OPEN). So the next debugger's bytes may
 * arrive before, during or after the time in which the port shows the last
 * debugger's hang-up. A hang-up therefore never discards input, and a hang-up
 * seen just after a session has begun does not belong to that session.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <trapline/util.h>

#include "transport.h"
#include "listen.h"

int transport_open(struct transport *t, const char *spec, char *err,
		   size_t err_size)
{
	int error;

	memset(t, 0, sizeof(*t));
	peer_door_init(&t->door, -1);
	t->fd = -1;
	peer_check_init(&t->peers, true);
	error = listen_open(t, spec, err, err_size);
	/* A device counts as hung up until the first poll. */
	t->hung_up = !error && t->kind == TRANSPORT_DEV;
	return error;
}

void transport_close(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	peer_door_deinit(&t->door);
	if (t->path[0])
		unlink(t->path);
	peer_check_deinit(&t->peers);
	free(t->queue);
	t->queue = NULL;
	t->fd = -1;
}

unsigned int transport_pollfds(struct transport *t, struct pollfd *fds,
			       bool want_input)
{
	unsigned int nr = 0;

	if (peer_door_is_open(&t->door))
		fds[nr++] =
			(struct pollfd){ .fd = t->door.fd, .events = POLLIN };
	if (transport_is_connected(t) && !t->absent) {
		short events = POLLRDHUP;

		if (want_input)
			events |= POLLIN;
		if (transport_is_queued(t))
			events |= POLLOUT;
		fds[nr++] = (struct pollfd){ .fd = t->fd, .events = events };
	}
	return nr;
}

static int connection_timeout(const struct transport *t)
{
	uint64_t waited;

	if (t->lost)
		return 0;
	if (t->hung_up || t->absent)
		return TRANSPORT_HUNG_UP_MS;
	if (!transport_is_queued(t))
		return -1;
	waited = now_ms() - t->progress_ms;
	if (waited >= TRANSPORT_PATIENCE_MS)
		return 0;
	return (int)(TRANSPORT_PATIENCE_MS - waited);
}

int transport_timeout(const struct transport *t)
{
	int connection = connection_timeout(t);
	int door = peer_door_timeout(&t->door);

	if (connection < 0 || (door >= 0 && door < connection))
		return door;
	return connection;
}

/*
 * Returns how many bytes the peer took, 0 when it takes none now, or a negative
 * errno.
 */
static ssize_t fd_write(const struct transport *t, const void *data,
			size_t size)
{
	ssize_t done;

	do {
		if (t->kind == TRANSPORT_DEV)
			done = write(t->fd, data, size);
		else
			done = send(t->fd, data, size, MSG_NOSIGNAL);
	} while (done < 0 && errno == EINTR);
	if (done >= 0)
		return done;
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

static void queue_flush(struct transport *t)
{
	while (transport_is_queued(t)) {
		ssize_t done = fd_write(t, t->queue + t->queue_at,
					t->queue_length - t->queue_at);

		if (done < 0)
			t->lost = true;
		if (done <= 0)
			return;
		t->queue_at += (size_t)done;
		t->progress_ms = now_ms();
	}
	t->queue_at = 0;
	t->queue_length = 0;
}

static int queue_reserve(struct transport *t, size_t more)
{
	size_t need, size;
	uint8_t *queue;

	if (t->queue_at) {
		t->queue_length -= t->queue_at;
		memmove(t->queue, t->queue + t->queue_at, t->queue_length);
		t->queue_at = 0;
	}
	need = t->queue_length + more;
	if (need > TRANSPORT_QUEUE_MAX)
		return -ENOBUFS;
	if (need <= t->queue_size)
		return 0;
	for (size = SZ_64K; size < need; size *= 2)
		;
	queue = realloc(t->queue, size);
	if (!queue)
		return -ENOMEM;
	t->queue = queue;
	t->queue_size = size;
	return 0;
}

void transport_send(struct transport *t, const void *data, size_t size)
{
	const uint8_t *at = data;

	if (t->lost || !transport_is_connected(t))
		return;
	/* A virtio-serial port takes at most 32 KiB per write. */
	while (!transport_is_queued(t)) {
		ssize_t done = fd_write(t, at, size);

		if (done < 0) {
			t->lost = true;
			return;
		}
		if ((size_t)done == size)
			return;
		at += done;
		size -= (size_t)done;
		t->progress_ms = now_ms();
		if (!done)
			break;
	}
	if (queue_reserve(t, size)) {
		t->lost = true;
		return;
	}
	memcpy(t->queue + t->queue_length, at, size);
	t->queue_length += size;
}

void transport_begun(struct transport *t)
{
	t->grace_ms = now_ms() + TRANSPORT_GRACE_MS;
	t->speech.answered = true;
}

/* True when the hang-up seen now belongs to the previous debugger. */
static bool is_late_hang_up(struct transport *t)
{
	t->absent = t->kind == TRANSPORT_DEV && now_ms() < t->grace_ms;
	return t->absent;
}

bool transport_peer_gone(struct transport *t, const struct pollfd *fds,
			 unsigned int nr_fds)
{
	for (unsigned int i = 0; i < nr_fds; i++) {
		if (fds[i].fd == t->fd &&
		    fds[i].revents & (POLLERR | POLLHUP | POLLRDHUP))
			return !is_late_hang_up(t);
	}
	return false;
}

/*
 * Bytes of a device are not checked: another program has forwarded them, and
 * they may begin in the middle of a packet.
 */
static bool speaks_well(struct transport *t, const void *data, size_t size)
{
	if (t->kind == TRANSPORT_DEV ||
	    peer_speech_feed(&t->speech, data, size))
		return true;
	t->lost = true;
	if (peer_refusal_count(&t->peers))
		snprintf(t->refusal, sizeof(t->refusal),
			 "gdb stub: closed a connection that sent bytes of no "
			 "debugger (a web page? a port scan?); %u refused so "
			 "far",
			 t->peers.refusals);
	return false;
}

ssize_t transport_read(struct transport *t, void *buf, size_t size)
{
	ssize_t done;

	if (!transport_is_connected(t))
		return 0;
	do {
		done = read(t->fd, buf, size);
	} while (done < 0 && errno == EINTR);
	if (done > 0)
		return speaks_well(t, buf, (size_t)done) ? done : -EPIPE;
	if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return is_late_hang_up(t) ? 0 : -EPIPE;
}

void transport_hang_up(struct transport *t)
{
	t->queue_at = 0;
	t->queue_length = 0;
	t->lost = false;
	if (t->kind == TRANSPORT_DEV) {
		t->hung_up = true;
		t->absent = false;
	} else if (t->fd >= 0) {
		close(t->fd);
		t->fd = -1;
	}
}

void transport_drain(struct transport *t, int timeout_ms)
{
	uint64_t end = now_ms() + (uint64_t)timeout_ms;

	while (transport_is_queued(t) && !t->lost && now_ms() < end) {
		struct pollfd pfd = { .fd = t->fd, .events = POLLOUT };

		if (poll(&pfd, 1, (int)(end - now_ms())) <= 0 ||
		    pfd.revents & POLLHUP)
			return;
		queue_flush(t);
	}
}

static short poll_now(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, 0) > 0 ? pfd.revents : 0;
}

/*
 * Returns false also if the debugger was just killed; the next debugger may
 * connect at once.
 */
static bool peer_is_there(const struct transport *t)
{
	return t->fd >= 0 &&
	       !(poll_now(t->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP | POLLERR));
}

static bool is_welcome(struct transport *t, int fd)
{
	char why[80];

	if (!peer_check_fd(&t->peers, fd, why, sizeof(why)))
		return true;
	if (peer_refusal_count(&t->peers))
		snprintf(
			t->refusal, sizeof(t->refusal),
			"gdb stub: refused a connection: %s; --gdb PORT,any-user "
			"lets every user of this machine in; %u refused so far",
			why, t->peers.refusals);
	return false;
}

static bool connection_accept(struct transport *t, bool replace)
{
	int one = 1;
	int fd = peer_door_accept(&t->door);

	if (fd < 0)
		return false;
	if ((!replace && peer_is_there(t)) || !is_welcome(t, fd)) {
		close(fd);
		return false;
	}
	transport_hang_up(t);
	if (t->kind == TRANSPORT_TCP) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	}
	t->fd = fd;
	peer_speech_reset(&t->speech);
	return true;
}

/* A device that is present is polled, and its end is seen by reading. */
static enum transport_event device_dispatch(struct transport *t)
{
	bool gone;

	if (!t->hung_up && !t->absent)
		return TRANSPORT_NOTHING;
	gone = poll_now(t->fd, 0) & (POLLHUP | POLLERR);
	if (t->hung_up) {
		t->hung_up = gone;
		return gone ? TRANSPORT_NOTHING : TRANSPORT_NEW;
	}
	t->absent = gone;
	return gone && !is_late_hang_up(t) ? TRANSPORT_LOST : TRANSPORT_NOTHING;
}

enum transport_event transport_dispatch(struct transport *t,
					const struct pollfd *fds,
					unsigned int nr_fds, bool replace)
{
	enum transport_event event = TRANSPORT_NOTHING;

	for (unsigned int i = 0; i < nr_fds; i++) {
		if (fds[i].fd == t->door.fd && fds[i].revents &&
		    connection_accept(t, replace))
			event = TRANSPORT_NEW;
	}
	if (t->kind == TRANSPORT_DEV)
		event = device_dispatch(t);
	if (event == TRANSPORT_LOST)
		return event;
	if (transport_is_queued(t))
		queue_flush(t);
	if (transport_is_queued(t) &&
	    now_ms() - t->progress_ms >= TRANSPORT_PATIENCE_MS)
		t->lost = true;
	return t->lost ? TRANSPORT_LOST : event;
}
