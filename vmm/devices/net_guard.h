/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_guard.h - which of a guest's frames may reach the user network
 *
 * libslirp does everything that a guest's frames ask for, without any check.
 * This code keeps some frames from libslirp, however libslirp is configured:
 *
 *	loopback	packets to 127.0.0.0/8 and 0.0.0.0/8 must not be on any
 *			wire; libslirp would connect to the loopback of its own
 *			machine
 *	the host	packets to 10.0.2.2 and the broadcast address, which
 *			libslirp also maps to that loopback, unless the user set
 *			host_loopback. Still allowed are DHCP, pings, a
 *			connection that the host has begun, and UDP to a port
 *			that has sent datagrams to the guest.
 *	fragments	parts of IPv4 packets: libslirp 4.7 puts them together
 *			with the help of pointers that they can overwrite
 *	sockets		each flow of the guest uses a socket of this process;
 *			net_guard_opens() tells which frames begin a flow
 *
 * libslirp's own disable_host_loopback is not enough: it lets 127.0.0.0/8 pass,
 * and drops the guest's answers on a forwarded UDP port.
 *
 * No lock, no allocation: the backend calls these functions with its device's
 * lock held. The Ethernet frames are untrusted.
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
	uint32_t host; /* the address that the guest uses for the host */
	bool host_loopback;
	struct net_guard_peer peer[NET_GUARD_PEERS]; /* the most recent ones */
	unsigned int next_peer;
};

/* A sender: libslirp keeps one UDP socket for each flow. */
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

/* True when this frame of the guest may go to libslirp. */
bool net_guard_may_send(const struct net_guard *g, const uint8_t *frame,
			size_t len);
/*
 * True when libslirp may open a socket for this frame. libslirp opens one for
 * the first segment of a connection, for each ping, and for the first datagram
 * of a flow. *ret is the flow of a datagram. For other frames, *ret is a flow
 * that matches none.
 */
bool net_guard_opens(const uint8_t *frame, size_t len, struct net_flow *ret);
/* A frame goes to the guest. Note its sender, if the guest may answer. */
void net_guard_learn(struct net_guard *g, const uint8_t *frame, size_t len);

#endif
