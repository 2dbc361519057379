// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net_guard.c - see net_guard.h
 *
 * Source: RFC 791 (IPv4), RFC 1122 ("Addressing": addresses that must not be on
 * any wire), RFC 768 and 9293 (UDP, TCP). Frames with a VLAN tag and IPv6
 * frames need no check: libslirp, as this VMM starts it, does not accept them.
 */
#include "net_guard.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <trapline/util.h>

#define NET_OF(address) ((address) >> 24)
#define NET_THIS_HOST   0U
#define NET_LOOPBACK    127U
#define BROADCAST       0xffffffffU
#define PORT_DHCP       67
/* Of these flags, a segment that opens a connection has only SYN set. */
#define TCP_OPENS_MASK  (TH_SYN | TH_FIN | TH_RST | TH_URG | TH_ACK)

/* An IPv4 packet in its frame. */
struct packet {
	uint32_t from, to;
	uint8_t protocol;
	bool is_fragment;
	const uint8_t *data; /* after the header */
	size_t len;
};

static bool packet_parse(const uint8_t *frame, size_t len, struct packet *ret)
{
	struct ether_header ether;
	struct iphdr ip;
	size_t header;

	if (len < sizeof(ether) + sizeof(ip))
		return false;
	memcpy(&ether, frame, sizeof(ether));
	memcpy(&ip, frame + sizeof(ether), sizeof(ip));
	header = sizeof(ether) + ip.ihl * 4U;
	if (ether.ether_type != htons(ETHERTYPE_IP))
		return false;
	*ret = (struct packet){
		.from = ntohl(ip.saddr),
		.to = ntohl(ip.daddr),
		.protocol = ip.protocol,
		.is_fragment = ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK),
		.data = frame + (min(header, len)),
		.len = header < len ? len - header : 0,
	};
	return true;
}

static bool udp_header(const struct packet *p, struct udphdr *ret)
{
	if (p->protocol != IPPROTO_UDP || p->is_fragment ||
	    p->len < sizeof(*ret))
		return false;
	memcpy(ret, p->data, sizeof(*ret));
	return true;
}

static bool is_peer(const struct net_guard *g, uint16_t host_port,
		    uint16_t guest_port)
{
	for (unsigned int i = 0; i < NET_GUARD_PEERS; i++)
		if (g->peer[i].host_port == host_port &&
		    g->peer[i].guest_port == guest_port && host_port)
			return true;
	return false;
}

static bool opens_connection(const struct packet *p)
{
	struct tcphdr tcp;

	if (p->is_fragment || p->len < sizeof(tcp))
		return true;
	memcpy(&tcp, p->data, sizeof(tcp));
	return (tcp.th_flags & TCP_OPENS_MASK) == TH_SYN;
}

/* A packet to the host itself: only these kinds may pass. */
static bool may_reach_host(const struct net_guard *g, const struct packet *p)
{
	struct udphdr udp;

	switch (p->protocol) {
	case IPPROTO_ICMP:
		return true;
	case IPPROTO_TCP:
		return !opens_connection(p);
	case IPPROTO_UDP:
		return udp_header(p, &udp) &&
		       (udp.dest == htons(PORT_DHCP) ||
			is_peer(g, udp.dest, udp.source));
	default:
		return false;
	}
}

bool net_guard_may_send(const struct net_guard *g, const uint8_t *frame,
			size_t len)
{
	struct packet p;

	if (!packet_parse(frame, len, &p))
		return true;
	if (p.is_fragment)
		return false;
	if (NET_OF(p.to) == NET_THIS_HOST || NET_OF(p.to) == NET_LOOPBACK)
		return false;
	if (g->host_loopback || (p.to != g->host && p.to != BROADCAST))
		return true;
	return may_reach_host(g, &p);
}

bool net_guard_opens(const uint8_t *frame, size_t len, struct net_flow *ret)
{
	struct packet p;
	struct udphdr udp;

	*ret = (struct net_flow){ 0 };
	if (!packet_parse(frame, len, &p))
		return false;
	switch (p.protocol) {
	case IPPROTO_TCP:
		return opens_connection(&p);
	case IPPROTO_UDP:
		/* A fragment may belong to any flow. */
		if (!udp_header(&p, &udp))
			return true;
		*ret = (struct net_flow){
			.from = p.from,
			.port = udp.source,
			.protocol = p.protocol,
		};
		return udp.dest != htons(PORT_DHCP);
	default:
		return true;
	}
}

void net_guard_learn(struct net_guard *g, const uint8_t *frame, size_t len)
{
	struct packet p;
	struct udphdr udp;

	if (!packet_parse(frame, len, &p) || p.from != g->host ||
	    !udp_header(&p, &udp) || is_peer(g, udp.source, udp.dest))
		return;
	g->peer[g->next_peer++ % NET_GUARD_PEERS] = (struct net_guard_peer){
		.host_port = udp.source,
		.guest_port = udp.dest,
	};
}
