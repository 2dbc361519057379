// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_frames.c - a guest on the user network that looks for a way out
 *
 * The input is a list of frames. Each is ARP, or IPv4 with TCP, UDP, ICMP, DHCP
 * or DNS, with correct checksums, or raw bytes; the input chooses the fields.
 * Everything runs in a new network namespace, where a TCP and a UDP socket
 * listen on 127.0.0.1. No frame may reach these sockets: net_guard.c promises
 * this. If the machine does not allow a new network namespace, only the guard
 * runs.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <trapline/vmm.h>

#include "input.h"
#include "isolate.h"
#include "tests/unit/fake_virtio.h"
#include "tests/unit/inet_sum.h"
#include "vmm/devices/net_guard.h"

#define RX         0
#define TX         1
#define HEADER     12
#define ETHERNET   14
#define MAX_FRAMES 32
#define FRAME_MAX  600
#define GUEST      0x0a00020fU
#define HOST       0x0a000202U
#define PORT       1234

static struct fake_bus f;
static struct fake_driver d;
static bool isolated, is_set_up;
static int tcp_fd, udp_fd;

static int listener(int type)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	must(!bind(fd, (const struct sockaddr *)&at, sizeof(at)) &&
		     (type == SOCK_DGRAM || !listen(fd, 16)),
	     "no listener");
	return fd;
}

static void set_up(void)
{
	static const struct vmm_net net = { 0 };
	struct device *dev;
	char err[256];

	is_set_up = true;
	isolated = isolate_network();
	if (!isolated)
		return;
	tcp_fd = listener(SOCK_STREAM);
	udp_fd = listener(SOCK_DGRAM);
	fake_bus_init(&f);
	must(!virtio_net_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO, &net, err,
				sizeof(err), &dev),
	     "no network");
}

static uint32_t address(struct input *in)
{
	static const uint32_t limits[] = {
		HOST,        0x0a000200U, 0x0a000201U, 0x0a000203U, 0x0a0002ffU,
		0x7f000001U, 0x7f010203U, 0x7fffffffU, 0x00000000U, 0x00000001U,
		0xffffffffU, GUEST,       0xe0000001U, 0xa9fe0001U,
	};
	uint8_t n = input_next(in);

	return n < ARRAY_SIZE(limits) ? limits[n] : n * 0x01010101U;
}

static uint16_t port(struct input *in)
{
	static const uint16_t limits[] = { PORT, 53, 67, 68, 69, 0, 65535, 7 };
	uint8_t n = input_next(in);

	return n < ARRAY_SIZE(limits) ? limits[n] : n;
}

static size_t bytes(uint8_t *at, size_t most, struct input *in)
{
	size_t size = input_next(in);

	if (size > most)
		size = most;
	for (size_t i = 0; i < size; i++)
		at[i] = input_next(in);
	return size;
}

static uint32_t pseudo_sum(const struct iphdr *ip, size_t len)
{
	return sum_add(0, &ip->saddr, 8) + ip->protocol + (uint32_t)len;
}

static size_t tcp_put(uint8_t *at, const struct iphdr *ip, struct input *in)
{
	struct tcphdr tcp = {
		.source = htons(port(in)),
		.dest = htons(port(in)),
		.seq = htonl(input_next(in)),
		.ack_seq = htonl(input_next(in)),
		.window = htons(8192),
	};
	uint8_t flags = input_next(in);
	size_t size;

	((uint8_t *)&tcp)[13] = flags ? flags : 2; /* SYN */
	tcp.doff = 5 + (flags >> 6);
	memcpy(at, &tcp, sizeof(tcp));
	size = sizeof(tcp) + bytes(at + sizeof(tcp), 200, in);
	tcp.check = sum_fold(sum_add(pseudo_sum(ip, size), at, size));
	memcpy(at, &tcp, sizeof(tcp));
	return size;
}

static size_t udp_put(uint8_t *at, const struct iphdr *ip, struct input *in)
{
	struct udphdr udp = { .source = htons(port(in)),
			      .dest = htons(port(in)) };
	size_t size = sizeof(udp) + bytes(at + sizeof(udp), 255, in);
	uint8_t lie = input_next(in);

	udp.len = htons((uint16_t)(lie < 0xf0 ? size : lie));
	memcpy(at, &udp, sizeof(udp));
	udp.check = sum_fold(sum_add(pseudo_sum(ip, size), at, size));
	memcpy(at, &udp, sizeof(udp));
	return size;
}

/* BOOTP: op, htype, hlen, hops, then mostly zeros, a cookie and options. */
static size_t dhcp_put(uint8_t *at, const struct iphdr *ip, struct input *in)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99, 53, 1 };
	struct udphdr udp = { .source = htons(68), .dest = htons(67) };
	size_t size = sizeof(udp) + 236;

	memset(at, 0, size);
	memcpy(at + sizeof(udp), "\1\1\6", 3);
	memcpy(at + sizeof(udp) + 28, "\x52\x54\0\x54\x4c\0", 6);
	memcpy(at + size, cookie, sizeof(cookie));
	size += sizeof(cookie);
	at[size++] = input_next(in); /* the message's type */
	size += bytes(at + size, 200, in);
	udp.len = htons((uint16_t)size);
	memcpy(at, &udp, sizeof(udp));
	udp.check = sum_fold(sum_add(pseudo_sum(ip, size), at, size));
	memcpy(at, &udp, sizeof(udp));
	return size;
}

static size_t icmp_put(uint8_t *at, struct input *in)
{
	struct icmphdr icmp = { .type = input_next(in) };
	size_t size = sizeof(icmp) + bytes(at + sizeof(icmp), 200, in);

	memcpy(at, &icmp, sizeof(icmp));
	icmp.checksum = sum_fold(sum_add(0, at, size));
	memcpy(at, &icmp, sizeof(icmp));
	return size;
}

static size_t ip_put(uint8_t *at, unsigned int kind, struct input *in)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64 };
	uint8_t *data = at + sizeof(ip), odd = input_next(in);
	size_t size;

	ip.saddr = htonl(odd & 1 ? address(in) : GUEST);
	ip.daddr = htonl(address(in));
	ip.frag_off = htons(odd & 2 ? (uint16_t)(input_next(in) << 8) : 0);
	ip.protocol = kind == 0   ? IPPROTO_TCP
		      : kind == 3 ? IPPROTO_ICMP
				  : IPPROTO_UDP;
	if (kind == 0)
		size = tcp_put(data, &ip, in);
	else if (kind == 1)
		size = udp_put(data, &ip, in);
	else if (kind == 2)
		size = dhcp_put(data, &ip, in);
	else
		size = icmp_put(data, in);
	size += sizeof(ip);
	if (odd & 4)
		ip.ihl = input_next(in) & 15;
	ip.tot_len = htons((uint16_t)(odd & 8 ? input_next(in) : size));
	ip.check = sum_fold(sum_add(0, &ip, sizeof(ip)));
	memcpy(at, &ip, sizeof(ip));
	return size;
}

static size_t arp_put(uint8_t *at, struct input *in)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0 };
	const uint32_t from = htonl(address(in)), to = htonl(address(in));

	memset(at, 0, 28);
	memcpy(at, head, sizeof(head));
	at[7] = input_next(in);
	memcpy(at + 14, &from, 4);
	memcpy(at + 24, &to, 4);
	return 28;
}

static size_t frame_make(uint8_t *frame, struct input *in)
{
	static const uint8_t head[] = { 0x52, 0x55, 10,   0,    2, 2, 0x52,
					0x54, 0,    0x54, 0x4c, 0, 8, 0 };
	unsigned int kind = input_next(in) & 7;

	memcpy(frame, head, sizeof(head));
	if (kind == 7)
		return bytes(frame, 255, in);
	if (kind == 6) {
		frame[13] = 6;
		return ETHERNET + arp_put(frame + ETHERNET, in);
	}
	return ETHERNET + ip_put(frame + ETHERNET, kind, in);
}

static void frame_send(const uint8_t *frame, size_t size)
{
	const struct fake_seg segs[] = { { FAKE_DATA, HEADER, false },
					 { FAKE_DATA + 64, (uint32_t)size,
					   false } };
	const struct fake_seg room = { FAKE_DATA + 0x1000, 1600, true };

	if (!size)
		return;
	memset(drv_mem(&d, FAKE_DATA), 0, HEADER);
	memcpy(drv_mem(&d, FAKE_DATA + 64), frame, size);
	drv_add(&d, RX, &room, 1);
	drv_add(&d, TX, segs, 2);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, TX);
	for (int i = 0; i < 4; i++)
		ioloop_run_once(f.loop, 0);
}

static void check_unreached(void)
{
	char text[16];

	must(accept(tcp_fd, NULL, NULL) < 0, "a connection to 127.0.0.1");
	must(recv(udp_fd, text, sizeof(text), 0) < 0,
	     "a datagram to 127.0.0.1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_guard guard = { .host = HOST };
	struct input in = { data, data + size };
	uint8_t frame[FRAME_MAX];
	struct net_flow flow;

	if (!is_set_up)
		set_up();
	if (isolated)
		drv_start(&d, &f, MAP_VIRTIO, 0, 2, 256);
	for (int i = 0; i < MAX_FRAMES && in.at < in.end; i++) {
		size_t length = frame_make(frame, &in);
		uint8_t *copy = malloc(length + !length);

		/* A copy of its own size, for the address sanitizer. */
		memcpy(copy, frame, length);
		net_guard_may_send(&guard, copy, length);
		net_guard_opens(copy, length, &flow);
		net_guard_learn(&guard, copy, length);
		free(copy);
		if (isolated)
			frame_send(frame, length);
	}
	if (isolated) {
		check_unreached();
		bus_reset(&f.bus);
	}
	return 0;
}
