/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer.h - check the peer of a debugger's connection
 *
 * A peer that can talk to the stub controls the guest. A port of the loopback
 * address is open to every user of the machine, to every web page that a user
 * opens, and to other programs that can be made to send bytes. The stub makes
 * two checks:
 *
 *	peer_check	the user: for a TCP connection from this machine, the
 *			kernel tells which user the peer's socket belongs to
 *			(/proc/net/tcp, proc(5))
 *	peer_speech	the bytes: a debugger sends packets of the remote serial
 *			protocol and nothing else; a browser cannot do that
 *
 * The program that accepts the connection makes the checks: the stub, or the
 * lab in front of its machine. It accepts connections through peer_door, which
 * does not spin when the process has no free descriptor. No function here
 * blocks. Two threads must not use one struct at the same time.
 *
 * docs/security.md lists what is not checked.
 */
#ifndef TRAPLINE_PEER_H
#define TRAPLINE_PEER_H

#include <sys/types.h>
#include <trapline/types.h>

/* ---- the door ------------------------------------------------------------ */

/*
 * A listening socket. A process without free descriptors cannot accept(2), but
 * poll(2) continues to report the waiting connection. So the door keeps one
 * descriptor in reserve. When the reserve is used up as well, the socket is not
 * polled for a while.
 */
struct peer_door {
	int fd; /* listens; -1: none */
	int spare; /* the reserve: a copy of fd; -1: used up */
	uint64_t shut_until_ms; /* not polled until then; 0: polled */
	unsigned int shut_ms; /* length of the next pause */
};

/* Takes over fd, a non-blocking socket; -1: no door. */
void peer_door_init(struct peer_door *door, int fd);
void peer_door_deinit(struct peer_door *door);
/* Should the caller poll the socket for POLLIN now? */
bool peer_door_is_open(struct peer_door *door);
/* Time in ms until the socket is polled again; -1: there is no pause. */
int peer_door_timeout(const struct peer_door *door);
/*
 * Accept the next connection, non-blocking and close-on-exec. -EAGAIN: there is
 * no connection, or it has to wait.
 */
int peer_door_accept(struct peer_door *door);

/* ---- the user ----------------------------------------------------------- */

struct peer_check {
	bool any_user; /* every user may debug */
	int tcp, tcp6; /* the kernel's tables of connections; -1: unreadable */
	uid_t user; /* may debug, as root may */
	unsigned int refusals; /* number so far */
};

/*
 * The user who may debug is the user of this process. If root runs the process
 * by sudo(8), it is the user who called sudo (SUDO_UID). The function opens the
 * tables now, because the process may have no free descriptor later.
 */
void peer_check_init(struct peer_check *check, bool any_user);
void peer_check_deinit(struct peer_check *check);

/*
 * fd is a TCP connection that was just accepted. May its peer debug? A peer on
 * this machine may if its socket belongs to root or to check->user. A peer on
 * another machine may, too: only a listener on a non-loopback address accepts
 * it.
 *
 * Returns 0, or -EACCES with one line in why: the socket belongs to another
 * user, or its user cannot be determined.
 */
int peer_check_fd(const struct peer_check *check, int fd, char *why,
		  size_t why_size);

/*
 * Count a refusal. True if it should be reported: the first, the second, the
 * fourth, the eighth and so on, so that refused peers cannot fill a log.
 */
bool peer_refusal_count(struct peer_check *check);

/* ---- the bytes ---------------------------------------------------------- */

/* The most bytes that a connection may send before the first answer. */
#define PEER_FIRST_MAX 8192U

enum peer_speech_state {
	PEER_BETWEEN, /* between packets */
	PEER_BODY,
	PEER_SUM_HIGH,
	PEER_SUM_LOW,
};

struct peer_speech {
	enum peer_speech_state state;
	bool has_packet; /* the first packet is complete */
	bool answered; /* set by the caller: see peer_speech_feed() */
	uint32_t said; /* bytes received, until answered is set */
};

/* Start with a new connection. */
void peer_speech_reset(struct peer_speech *speech);
/*
 * Feed the bytes that the connection sends, in any pieces, before acting on
 * them. False: no debugger sends these bytes. Then close the connection, and
 * act on none of these bytes.
 *
 * Between packets, '+', '-', 0x03 and the '$' of the next packet are allowed.
 * Until the first packet is complete, the rules are stricter: no '-', only
 * printable characters and no '$' in the packet's body, and two hexadecimal
 * digits at its end.
 *
 * Before acting on the first packet, feed all bytes that can be read; then set
 * answered. Until answered is set, at most PEER_FIRST_MAX bytes may come. So
 * the check sees a whole HTTP request, whatever its method is.
 */
bool peer_speech_feed(struct peer_speech *speech, const uint8_t *data,
		      size_t size);

#endif
