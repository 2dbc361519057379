/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transport.h - the way to the debugger: bytes, never packets
 *
 * The transport is a listening socket (TCP or Unix) with one connection, or a
 * character device whose other end comes and goes. On a socket, the peer must
 * be a user who may debug, and its bytes must be those of a debugger
 * (trapline/peer.h); otherwise the transport closes the connection. No function
 * blocks. Bytes that the peer does not take at once are queued, up to a limit.
 * A peer that takes nothing for TRANSPORT_PATIENCE_MS, or whose queue passes
 * the limit, is lost.
 *
 * poll(2) reports POLLHUP at once, every time, for a device that is hung up.
 * Such a device is therefore left out of the descriptors and checked every
 * TRANSPORT_HUNG_UP_MS instead. The bytes of a device are one stream in which
 * debuggers follow each other. Only the packets themselves tell for sure where
 * one debugger ends and the next begins.
 */
#ifndef GDBSTUB_TRANSPORT_H
#define GDBSTUB_TRANSPORT_H

#include <poll.h>
#include <sys/types.h>
#include <trapline/peer.h>
#include <trapline/types.h>

#define TRANSPORT_QUEUE_MAX   (16 * SZ_1M)
#define TRANSPORT_PATIENCE_MS 30000
#define TRANSPORT_HUNG_UP_MS  30
#define TRANSPORT_GRACE_MS    1000
#define TRANSPORT_PATH_MAX    108 /* sizeof(sun_path) */

enum transport_kind {
	TRANSPORT_TCP,
	TRANSPORT_UNIX,
	TRANSPORT_DEV,
};

struct transport {
	enum transport_kind kind;
	struct peer_door door; /* never open for a device */
	int fd; /* the connection, or the device; -1: none */
	bool hung_up; /* a device whose other end is closed */
	bool absent; /* looks hung up, but within grace_ms */
	uint64_t grace_ms; /* until then a hang-up is the old debugger's */
	bool lost; /* sending failed: the connection is over */
	uint8_t *queue; /* bytes that the peer has not taken yet */
	size_t queue_at;
	size_t queue_length;
	size_t queue_size;
	uint64_t progress_ms; /* when the peer last took a byte */
	struct peer_check peers;
	struct peer_speech speech;
	char refusal[256]; /* one line about the last refused peer, or "" */
	char path[TRANSPORT_PATH_MAX];
	char target[160];
};

/* gdbstub_create() documents spec, the errors and err. */
int transport_open(struct transport *t, const char *spec, char *err,
		   size_t err_size);
void transport_close(struct transport *t);

/*
 * Fill fds, at most two, and return how many were filled. want_input: watch the
 * connection for input, too, not only for its end.
 */
unsigned int transport_pollfds(struct transport *t, struct pollfd *fds,
			       bool want_input);
/* The ms until transport_dispatch() must be called in any case, or -1. */
int transport_timeout(const struct transport *t);

/*
 * Do the pending work: check a hung-up device, send from the queue, and
 * accept a waiting connection. If replace is true, the new connection takes the
 * place of the present one. If it is false and there is a present connection,
 * the new connection is closed at once.
 */
enum transport_event {
	TRANSPORT_NOTHING,
	TRANSPORT_NEW, /* a new connection: forget all state of the last one */
	TRANSPORT_LOST, /* the caller must call transport_hang_up() */
};
enum transport_event transport_dispatch(struct transport *t,
					const struct pollfd *fds,
					unsigned int nr_fds, bool replace);

/*
 * A session has begun: the first packet of the connection is being handled. On
 * a device, the hang-up of the last debugger may still be seen later.
 */
void transport_begun(struct transport *t);
/*
 * True when fds, after poll(2), show the end of a connection. Unread input may
 * remain.
 */
bool transport_peer_gone(struct transport *t, const struct pollfd *fds,
			 unsigned int nr_fds);
/*
 * Returns the number of bytes read, 0 when there are none now, or -EPIPE when
 * the peer is gone. -EPIPE with t->lost set means that the peer is not a
 * debugger: the caller must not handle any earlier input of this peer, either.
 */
ssize_t transport_read(struct transport *t, void *buf, size_t size);
/* Send or queue all of data; on failure t->lost is set. */
void transport_send(struct transport *t, const void *data, size_t size);
static inline bool transport_is_queued(const struct transport *t)
{
	return t->queue_at < t->queue_length;
}
static inline bool transport_is_connected(const struct transport *t)
{
	return t->fd >= 0 && !t->hung_up;
}
/* Close the connection. A device stays open and waits for the next debugger. */
void transport_hang_up(struct transport *t);
/* Let the queue drain for at most timeout_ms. Use this only before closing. */
void transport_drain(struct transport *t, int timeout_ms);

#endif
