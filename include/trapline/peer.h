/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer.h - who is at the other end of a debugger's connection
 *
 * Whoever speaks to the stub owns the guest, and a port of the loopback
 * address is open to every user of the machine, to every web page that one of
 * them looks at, and to what other programs can be talked into sending. Two
 * checks stand in front of the stub:
 *
 *	peer_check	the user: of a TCP connection from this machine the
 *			kernel tells whose socket the other end is
 *			(/proc/net/tcp, proc(5))
 *	peer_speech	the bytes: a debugger sends packets of the remote serial
 *			protocol and nothing else, and a browser cannot
 *
 * Both are used where the connection is accepted: by the stub, and by the lab
 * in front of its machine. So is peer_door, which accepts them, and does not
 * spin when there is no descriptor for one more. Nothing here blocks; no two
 * threads may use one struct at a time.
 *
 * What is not checked, docs/security.md says.
 */
#ifndef TRAPLINE_PEER_H
#define TRAPLINE_PEER_H

#include <sys/types.h>
#include <trapline/types.h>

/* ---- the door ------------------------------------------------------------ */

/*
 * A listening socket. A process without descriptors cannot accept(2), while
 * poll(2) goes on reporting who waits. So one descriptor is kept for that time;
 * when it is used up as well, the socket is not polled for a while.
 */
struct peer_door {
	int fd; /* listens; -1: none */
	int spare; /* a copy of it; -1: used up */
	uint64_t shut_until_ms; /* 0: open */
	unsigned int shut_ms; /* for how long the next time */
};

/* Takes fd over, which is non-blocking; -1: no door. */
void peer_door_init(struct peer_door *door, int fd);
void peer_door_deinit(struct peer_door *door);
/* Is it to be polled for POLLIN now? */
bool peer_door_is_open(const struct peer_door *door);
/* ms until it is again; -1: nothing to wait for. */
int peer_door_timeout(const struct peer_door *door);
/*
 * The next connection, non-blocking and close-on-exec, or -EAGAIN: nobody is
 * there, or it has to wait.
 */
int peer_door_accept(struct peer_door *door);

/* ---- the user ----------------------------------------------------------- */

struct peer_check {
	bool any_user; /* all are welcome */
	int tcp, tcp6; /* the kernel's tables of connections; -1: unreadable */
	uid_t user; /* who may debug besides root */
	unsigned int refusals; /* so far */
};

/*
 * Who may debug is this process's user; for one that root runs by sudo(8), the
 * user who called that (SUDO_UID). Opens the tables now, because descriptors may
 * have run out later.
 */
void peer_check_init(struct peer_check *check, bool any_user);
void peer_check_deinit(struct peer_check *check);

/*
 * May the other end of the TCP connection fd, just accepted, debug? It may if
 * its socket belongs to root or to that user, and if it is on another machine,
 * which only a listener on a real address lets in.
 *
 * 0, or -EACCES with one line in why: somebody else's, or it cannot be told.
 */
int peer_check_fd(const struct peer_check *check, int fd, char *why,
		  size_t why_size);

/*
 * Count a refusal. True when it should be said: the first, the second, the
 * fourth, the eighth and so on, so that nobody fills a log by being refused.
 */
bool peer_refusal_count(struct peer_check *check);

/* ---- the bytes ---------------------------------------------------------- */

/* A connection may say this much before its first answer. */
#define PEER_FIRST_MAX 8192U

enum peer_speech_state {
	PEER_BETWEEN, /* packets */
	PEER_BODY,
	PEER_SUM_HIGH,
	PEER_SUM_LOW,
};

struct peer_speech {
	enum peer_speech_state state;
	bool has_packet; /* the first one is complete */
	bool answered; /* set by the user of this struct: see below */
	uint32_t said; /* bytes, until answered */
};

/* A new connection. */
void peer_speech_reset(struct peer_speech *speech);
/*
 * Feed what the connection says, in any pieces, before acting on it. False: no
 * debugger says so; close the connection, and act on none of these bytes.
 *
 * Between packets there are '+', '-', 0x03 and the next packet's '$'. Until the
 * first packet is complete the rules are narrower: no '-', printable characters
 * and no '$' in its body, two hexadecimal digits at its end.
 *
 * Before the first packet is acted on, feed all that can be read, and set
 * answered then: until that at most PEER_FIRST_MAX bytes may come. So a
 * request of HTTP is seen whole, whatever its method is called.
 */
bool peer_speech_feed(struct peer_speech *speech, const uint8_t *data,
		      size_t size);

#endif
