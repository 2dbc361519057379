/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_guard.h - which of a guest's frames the user network may see
 *
 * libslirp does for the guest what its frames ask for, and asks nobody. Some
 * things are kept from it here, whatever else it is told:
 *
 *	loopback	packets to 127.0.0.0/8 and 0.0.0.0/8 belong on no wire;
 *			libslirp would connect to its own machine's loopback
 *	the host	10.0.2.2 and the broadcast address, which libslirp
 *			takes for that loopback, too, unless the user asked for
 *			host_loopback. Left are DHCP, pings, a connection that
 *			the host has begun, and UDP to who has sent some.
 *	sockets		each flow of the guest's is a socket of ours; which
 *			frames begin one, net_guard_opens() tells
 *
 * libslirp's own disable_host_loopback is not enough: it lets 127.0.0.0/8
 * pass, and drops the guest's answers on a forwarded UDP port.
 *
 * No lock, no allocation: the backend calls these with its device's lock held.
 * Frames are Ethernet and may be anything.
 */
#ifndef TRAPLINE_VMM_NET_GUARD_H
#define TRAPLINE_VMM_NET_GUARD_H

#include <trapline/types.h>

#define NET_GUARD_PEERS 64

/* A UDP port of the host's loopback that has sent to a port of the guest. */
struct net_guard_peer {
	uint16_t host_port, guest_port; /* big-endian; 0: none */
};

struct net_guard {
	uint32_t host; /* the guest's address for its host */
	bool host_loopback;
	struct net_guard_peer peer[NET_GUARD_PEERS]; /* the last ones */
	unsigned int next_peer;
};

/* Who sends: what libslirp keeps one UDP socket for. */
struct net_flow {
	uint32_t from;
	uint16_t port; /* big-endian */
	uint8_t protocol; /* 0: none */
};

static inline bool net_flow_is(const struct net_flow *a,
			       const struct net_flow *b)
{
	return a->protocol == b->protocol && a->from == b->from &&
	       a->port == b->port;
}

/* May this frame of the guest's go to libslirp? */
bool net_guard_may_send(const struct net_guard *g, const uint8_t *frame,
			size_t len);
/*
 * May libslirp open a socket for this frame? It does so for the first segment of
 * a connection, for each ping, and for the first datagram of a flow, which is
 * in *ret; of other frames *ret is a flow that is never seen again.
 */
bool net_guard_opens(const uint8_t *frame, size_t len, struct net_flow *ret);
/* A frame that goes to the guest: who may be answered is learned from it. */
void net_guard_learn(struct net_guard *g, const uint8_t *frame, size_t len);

#endif
