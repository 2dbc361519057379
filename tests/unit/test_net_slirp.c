// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net_slirp.c: the parts of the host that a hostile guest reaches by the user
 * network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <trapline/vmm.h>
#include <unistd.h>
#include "fake_virtio.h"
#include "inet_sum.h"

#define RX       0
#define TX       1
#define HEADER   12
#define ETHERNET 14
#define RX_BUF   (FAKE_DATA + 0x1000)
#define RX_LEN   1600
#define GUEST    0x0a00020fU
#define HOST     0x0a000202U

static struct fake_bus f;
static struct fake_driver d;

static int setup(void **state)
{
	fake_bus_init(&f);
	return 0;
}

static int teardown(void **state)
{
	fake_bus_deinit(&f);
	return 0;
}

static void start(const struct vmm_net *net)
{
	char err[256];
	struct device *dev;

	assert_int_equal(virtio_net_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO, net,
					   err, sizeof(err), &dev),
			 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 2, 16));
}

static void send_frame(const uint8_t *frame, uint32_t len)
{
	const struct fake_seg segs[] = { { FAKE_DATA, HEADER, false },
					 { FAKE_DATA + 64, len, false } };

	memset(drv_mem(&d, FAKE_DATA), 0, HEADER);
	memcpy(drv_mem(&d, FAKE_DATA + 64), frame, len);
	drv_add(&d, TX, segs, 2);
	drv_kick(&d, TX);
	assert_true(drv_used(&d, TX) >= 0);
}

/* Send an IPv4 packet of the guest, or a part of one, to any address. */
static void send_ip_part(uint32_t to, uint8_t protocol, uint16_t part,
			 const void *data, size_t len)
{
	uint8_t frame[256] = { 0x52, 0x55, 10,   0,    2, 2, 0x52,
			       0x54, 0,    0x54, 0x4c, 0, 8, 0 };
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)(sizeof(ip) + len)),
		.ttl = 64,
		.frag_off = htons(part),
		.protocol = protocol,
		.saddr = htonl(GUEST),
		.daddr = htonl(to),
	};

	ip.check = sum_fold(sum_add(0, &ip, sizeof(ip)));
	memcpy(frame + ETHERNET, &ip, sizeof(ip));
	memcpy(frame + ETHERNET + sizeof(ip), data, len);
	send_frame(frame, (uint32_t)(ETHERNET + sizeof(ip) + len));
}

static void send_ip(uint32_t to, uint8_t protocol, const void *data, size_t len)
{
	send_ip_part(to, protocol, 0, data, len);
}

/* The checksum of the pseudo-header of TCP and UDP. */
static uint32_t pseudo_sum(uint32_t to, uint8_t protocol, size_t len)
{
	const uint32_t addresses[] = { htonl(GUEST), htonl(to) };

	return sum_add(0, addresses, sizeof(addresses)) + protocol +
	       (uint32_t)len;
}

static void send_syn(uint32_t to, uint16_t from_port, uint16_t port)
{
	struct tcphdr tcp = {
		.source = htons(from_port),
		.dest = htons(port),
		.seq = htonl(1000),
		.doff = 5,
		.syn = 1,
		.window = htons(8192),
	};

	tcp.check = sum_fold(sum_add(pseudo_sum(to, IPPROTO_TCP, sizeof(tcp)),
				     &tcp, sizeof(tcp)));
	send_ip(to, IPPROTO_TCP, &tcp, sizeof(tcp));
}

static void send_udp(uint32_t to, uint16_t from_port, uint16_t port)
{
	struct {
		struct udphdr udp;
		char text[4];
	} dgram = { { .source = htons(from_port), .dest = htons(port) },
		    "hey" };

	dgram.udp.len = htons(sizeof(dgram));
	dgram.udp.check =
		sum_fold(sum_add(pseudo_sum(to, IPPROTO_UDP, sizeof(dgram)),
				 &dgram, sizeof(dgram)));
	send_ip(to, IPPROTO_UDP, &dgram, sizeof(dgram));
}

static int bound(int type, uint16_t *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, (struct sockaddr *)&sa, &len);
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

/* All addresses that could reach the loopback of the guest's host. */
static const uint32_t loopbacks[] = {
	HOST,        0x0a000200U, 0x0a000201U, 0x0a000204U,
	0x0a0002ffU, 0x7f000001U, 0x7f010203U, 0x7fffffffU,
	0x00000000U, 0x00000001U, 0xffffffffU,
};

static bool is_reached(int listener)
{
	int fd;

	for (int i = 0; i < 3; i++)
		fake_bus_turn(&f, 30);
	fd = accept(listener, NULL, NULL);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void send_everywhere(uint16_t from_port, uint16_t port,
			    uint16_t udp_port)
{
	for (size_t i = 0; i < ARRAY_SIZE(loopbacks); i++) {
		send_syn(loopbacks[i], (uint16_t)(from_port + i), port);
		send_udp(loopbacks[i], (uint16_t)(from_port + i), udp_port);
	}
}

static bool is_told(int fd)
{
	char text[16];

	fake_bus_turn(&f, 30);
	return recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0;
}

static void host_is_out_of_reach(void **state)
{
	const struct vmm_net net = { 0 };
	uint16_t port, udp_port;
	int fd = bound(SOCK_STREAM, &port), udp = bound(SOCK_DGRAM, &udp_port);

	start(&net);
	send_everywhere(40000, port, udp_port);
	assert_false(is_reached(fd));
	assert_false(is_told(udp));
	close(fd);
	close(udp);
}

/*
 * ARP: who has 10.0.2.2? The test ignores the answer; slirp learns the sender's
 * address.
 */
static void send_arp(void)
{
	static const uint8_t arp[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52,
				       0x54, 0x00, 0x54, 0x4c, 0x00, 0x08, 0x06,
				       0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00,
				       0x01, 0x52, 0x54, 0x00, 0x54, 0x4c, 0x00,
				       10,   0,    2,    15,   0,    0,    0,
				       0,    0,    0,    10,   0,    2,    2 };

	send_frame(arp, sizeof(arp));
}

/* Read frames until one of that protocol comes. */
static bool receives(uint8_t protocol)
{
	const struct fake_seg seg = { RX_BUF, RX_LEN, true };
	const uint8_t *frame = (const uint8_t *)drv_mem(&d, RX_BUF) + HEADER;

	for (int i = 0; i < 30; i++) {
		drv_add(&d, RX, &seg, 1);
		drv_kick(&d, RX);
		fake_bus_turn(&f, 200);
		if (drv_used(&d, RX) > HEADER && frame[12] == 8 && !frame[13] &&
		    frame[ETHERNET + 9] == protocol)
			return true;
	}
	return false;
}

static int port_unused(void)
{
	uint16_t port;

	close(bound(SOCK_DGRAM, &port));
	return port;
}

/* The guest's answer by a forwarded port reaches only the client that asked. */
static void forward_reaches_who_asked(void **state)
{
	struct vmm_net net = { .nr_forwards = 1,
			       .forward[0] = { .udp = true, .guest_port = 7 } };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	uint16_t port, asks_port, other_port;
	int fd = bound(SOCK_STREAM, &port);
	int asks = bound(SOCK_DGRAM, &asks_port);
	int other = bound(SOCK_DGRAM, &other_port);

	net.forward[0].host_port = (uint16_t)port_unused();
	start(&net);
	send_arp();
	send_everywhere(40000, port, other_port);
	send_udp(HOST, 7, asks_port);
	send_udp(HOST, 7, other_port);
	assert_false(is_reached(fd));
	assert_false(is_told(asks) || is_told(other));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(net.forward[0].host_port);
	assert_int_equal(
		sendto(asks, "?", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
	assert_true(receives(IPPROTO_UDP));
	send_udp(HOST, 7, other_port);
	send_udp(HOST, 8, asks_port);
	send_udp(0xffffffffU, 7, other_port);
	assert_false(is_told(asks) || is_told(other));
	send_udp(HOST, 7, asks_port);
	assert_true(is_told(asks));
	send_everywhere(41000, port, other_port);
	assert_false(is_reached(fd) || is_told(other));
	close(fd);
	close(asks);
	close(other);
}

/*
 * A datagram in two fragments. While libslirp 4.7 puts some sequences of
 * fragments together, it follows pointers that they have overwritten. So it
 * must not get any.
 */
static void fragments_are_dropped(void **state)
{
	const struct vmm_net net = { .host_loopback = true };
	uint16_t port;
	int fd = bound(SOCK_DGRAM, &port);
	struct udphdr udp = { .source = htons(1000),
			      .dest = htons(port),
			      .len = htons(sizeof(udp) + 4) };

	start(&net);
	send_ip_part(HOST, IPPROTO_UDP, IP_MF, &udp, sizeof(udp));
	send_ip_part(HOST, IPPROTO_UDP, sizeof(udp) / 8, "hey", 4);
	assert_false(is_told(fd));
	send_udp(HOST, 1000, port);
	assert_true(is_told(fd));
	close(fd);
}

static unsigned int nr_descriptors(void)
{
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir = opendir("/proc/self/fd");

	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	return nr;
}

#define LIMIT 160U

static struct rlimit old_limit;

static void limit_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &old_limit);
	limit = old_limit;
	limit.rlim_cur = LIMIT;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* The guest gets one socket for each of its ports, up to a limit. */
static void sockets_have_an_end(void **state)
{
	const struct vmm_net net = { .host_loopback = true };
	uint16_t port;
	int udp = bound(SOCK_DGRAM, &port);

	limit_descriptors();
	start(&net);
	send_udp(HOST, 1000, port);
	assert_true(is_told(udp));
	for (unsigned int i = 0; i < 2 * LIMIT; i++) {
		send_udp(HOST, (uint16_t)(2000 + i), 9);
		send_udp(0xc0000201U, (uint16_t)(4000 + i), 9);
	}
	assert_in_range(nr_descriptors(), LIMIT / 4, LIMIT - 32);
	/* Flows that have a socket keep it; new flows get none. */
	while (is_told(udp))
		;
	send_udp(HOST, 5000, port);
	send_syn(HOST, 5001, port);
	assert_false(is_told(udp));
	send_udp(HOST, 1000, port);
	assert_true(is_told(udp));
	close(udp);
	setrlimit(RLIMIT_NOFILE, &old_limit);
}

/* Connections to a forwarded port have a limit, too: the next one waits. */
static void forwards_have_an_end(void **state)
{
	struct vmm_net net = { .nr_forwards = 1,
			       .forward[0] = { .guest_port = 22 } };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd[LIMIT], nr = 0;

	net.forward[0].host_port = (uint16_t)port_unused();
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(net.forward[0].host_port);
	limit_descriptors();
	start(&net);
	for (unsigned int i = 0; i < LIMIT; i++) {
		send_udp(0xc0000201U, (uint16_t)(4000 + i), 9);
		fake_bus_turn(&f, 0);
	}
	while (nr_descriptors() < LIMIT - 10) {
		fd[nr] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fd[nr++], (struct sockaddr *)&sa, sizeof(sa));
	}
	/* fake_bus_turn() aborts if a descriptor stays ready for ever. */
	fake_bus_turn(&f, 30);
	assert_in_range(nr_descriptors(), LIMIT - 10, LIMIT - 1);
	while (nr)
		close(fd[--nr]);
	setrlimit(RLIMIT_NOFILE, &old_limit);
}

static void host_on_request(void **state)
{
	const struct vmm_net net = { .host_loopback = true };
	uint16_t port;
	int fd = bound(SOCK_STREAM, &port);

	start(&net);
	send_syn(HOST, 40000, port);
	assert_true(is_reached(fd));
	/* The guest reaches the host by 10.0.2.2 and by no other address. */
	for (size_t i = 0; i < ARRAY_SIZE(loopbacks); i++)
		if (loopbacks[i] >> 24 == 127 || !(loopbacks[i] >> 24))
			send_syn(loopbacks[i], (uint16_t)(40001 + i), port);
	assert_false(is_reached(fd));
	close(fd);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(host_is_out_of_reach), TEST(forward_reaches_who_asked),
		TEST(host_on_request),      TEST(fragments_are_dropped),
		TEST(sockets_have_an_end),  TEST(forwards_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
