/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transport.h - the way to the debugger: bytes, never packets
 *
 * A listening socket (TCP or Unix) and one connection, or a character device
 * whose other end comes and goes. What comes in by a socket has to come from
 * one who may debug, and be a debugger's (trapline/peer.h); else the connection
 * is closed. Nothing here blocks: what the peer does
 * not take at once is queued, up to a limit, and a peer that takes nothing
 * for TRANSPORT_PATIENCE_MS or runs past the limit is lost.
 *
 * A device that is hung up polls as POLLHUP at once, always, so it is left
 * out of the descriptors and looked at every TRANSPORT_HUNG_UP_MS instead.
 * Its bytes are one stream: debuggers follow each other in it, and only what
 * they say tells for sure where one ends and the next begins.
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
	struct peer_door door; /* shut for ever: a device */
	int fd; /* the connection, or the device; -1: none */
	bool hung_up; /* a device without anybody at the other end */
	bool absent; /* the same to look at, but within grace_ms */
	uint64_t grace_ms; /* until then a hang-up is the one before's */
	bool lost; /* sending failed: the connection is over */
	uint8_t *queue; /* not yet taken by the peer */
	size_t queue_at;
	size_t queue_length;
	size_t queue_size;
	uint64_t progress_ms; /* when the peer last took something */
	struct peer_check peers;
	struct peer_speech speech;
	char refusal[256]; /* one line about the last one refused; or "" */
	char path[TRANSPORT_PATH_MAX];
	char target[160];
};

/* As gdbstub_create() documents spec, the errors and err. */
int transport_open(struct transport *t, const char *spec, char *err,
		   size_t err_size);
void transport_close(struct transport *t);

/*
 * Fill fds, at most two; returns how many. want_input: the connection is to
 * be read, too, not only watched for its end.
 */
unsigned int transport_pollfds(const struct transport *t, struct pollfd *fds,
			       bool want_input);
/* ms until transport_dispatch() has to be called whatever happens; or -1. */
int transport_timeout(const struct transport *t);

/*
 * Do what has become possible: look at a hung-up device, send from the
 * queue, and take a waiting connection -- in the place of the present one
 * only if replace is true, else it is closed at once.
 */
enum transport_event {
	TRANSPORT_NOTHING,
	TRANSPORT_NEW, /* a connection: forget everything about the last */
	TRANSPORT_LOST, /* transport_hang_up() is due */
};
enum transport_event transport_dispatch(struct transport *t,
					const struct pollfd *fds,
					unsigned int nr_fds, bool replace);

/*
 * A session has begun: the connection's first packet is being handled. On a
 * device, the last one's end may yet be seen.
 */
void transport_begun(struct transport *t);
/* Do fds, after poll(2), show the end of a connection? Input may be left. */
bool transport_peer_gone(struct transport *t, const struct pollfd *fds,
			 unsigned int nr_fds);
/*
 * Bytes read, 0 when there are none now, -EPIPE when the peer is gone; then,
 * with t->lost set, because no debugger says what it has said: nothing that it
 * has said before and that was not handled yet is to be.
 */
ssize_t transport_read(struct transport *t, void *buf, size_t size);
/* Send or queue all of it; on failure t->lost is set. */
void transport_send(struct transport *t, const void *data, size_t size);
static inline bool transport_is_queued(const struct transport *t)
{
	return t->queue_at < t->queue_length;
}
static inline bool transport_is_connected(const struct transport *t)
{
	return t->fd >= 0 && !t->hung_up;
}
/* Close the connection; a device stays open and waits for the next. */
void transport_hang_up(struct transport *t);
/* Let the queue drain for at most timeout_ms: only before closing. */
void transport_drain(struct transport *t, int timeout_ms);

#endif
