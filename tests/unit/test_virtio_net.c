// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_net.c and net_slirp.c: the user network answers ARP and DHCP, a
 * forwarded port listens, and an error of a forward or a tap is one line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>
#include <trapline/vmm.h>
#include <unistd.h>
#include "fake_virtio.h"

#define RX     0
#define TX     1
#define HEADER 12
#define RX_BUF (FAKE_DATA + 0x1000)
#define RX_LEN 1600

static struct fake_bus f;
static struct fake_driver d;
static char err[256];

/* Who has 10.0.2.2? Tell 10.0.2.15. */
static const uint8_t arp[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52,
			       0x54, 0x00, 0x54, 0x4c, 0x00, 0x08, 0x06,
			       0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00,
			       0x01, 0x52, 0x54, 0x00, 0x54, 0x4c, 0x00,
			       10,   0,    2,    15,   0,    0,    0,
			       0,    0,    0,    10,   0,    2,    2 };

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

static int net_open(const struct vmm_net *net)
{
	struct device *dev;

	return virtio_net_create(&f.bus, MAP_VIRTIO, IRQ_VIRTIO, net, err,
				 sizeof(err), &dev);
}

static void start(void)
{
	const struct vmm_net net = { 0 };

	assert_int_equal(net_open(&net), 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(VIRTIO_NET_F_MAC), 2,
			      16));
}

static void post(uint32_t len)
{
	const struct fake_seg seg = { RX_BUF, len, true };

	drv_add(&d, RX, &seg, 1);
	drv_kick(&d, RX);
}

static void send_frame(const uint8_t *frame, uint32_t len)
{
	const struct fake_seg segs[] = { { FAKE_DATA, HEADER, false },
					 { FAKE_DATA + 64, len, false } };

	memset(drv_mem(&d, FAKE_DATA), 0, HEADER);
	memcpy(drv_mem(&d, FAKE_DATA + 64), frame, len);
	drv_add(&d, TX, segs, 2);
	drv_kick(&d, TX);
	fake_bus_turn(&f, 50);
}

static void test_config(void **state)
{
	uint64_t mac = 0;

	start();
	for (int i = 5; i >= 0; i--) {
		uint64_t byte;

		assert_true(bus_read(&f.bus, MAP_VIRTIO + 0x100 + i, 1, &byte));
		mac = mac << 8 | byte;
	}
	assert_int_equal(mac & 0xffffff, 0x005452);
}

static void test_arp(void **state)
{
	const uint8_t *answer;

	start();
	answer = (const uint8_t *)drv_mem(&d, RX_BUF) + HEADER;
	post(RX_LEN);
	send_frame(arp, sizeof(arp));
	assert_int_equal(drv_used(&d, TX), 0);
	assert_true(drv_used(&d, RX) >= HEADER + 42);
	assert_int_equal(answer[21], 2); /* a reply */
	assert_memory_equal(answer + 28, "\x0a\0\2\2", 4);
}

/*
 * An answer waits until a buffer is there. If it does not fit the next buffer,
 * it is lost, and the buffer stays unused.
 */
static void test_no_buffers(void **state)
{
	start();
	send_frame(arp, sizeof(arp));
	send_frame(arp, sizeof(arp));
	assert_int_equal(drv_used(&d, RX), -1);
	post(RX_LEN);
	assert_true(drv_used(&d, RX) >= HEADER + 42);
	post(HEADER + 8);
	assert_int_equal(drv_used(&d, RX), -1);
	/* The short buffer is still the next one to be used. */
	assert_false(drv_broken(&d));
	d.q[RX].desc[1].len = RX_LEN;
	send_frame(arp, sizeof(arp));
	assert_true(drv_used(&d, RX) >= HEADER + 42);
}

/* Frames of absurd lengths are dropped without harm. */
static void test_absurd_frames(void **state)
{
	static uint8_t junk[0x8000];
	struct fake_seg seg = { FAKE_DATA, 1, false };

	start();
	memset(junk, 0x45, sizeof(junk));
	for (uint32_t len = 1; len <= sizeof(junk); len *= 2)
		send_frame(junk, len);
	for (seg.len = 1; seg.len <= 16; seg.len++) {
		drv_add(&d, TX, &seg, 1);
		drv_kick(&d, TX);
	}
	assert_false(drv_broken(&d));
}

static int bound(int type, uint16_t *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, type, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&sa, &len);
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

static void test_forward(void **state)
{
	struct vmm_net net = { .nr_forwards = 1, .forward[0].guest_port = 22 };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	uint16_t port;
	int fd = bound(SOCK_STREAM, &port);

	net.forward[0].host_port = port;
	assert_int_equal(net_open(&net), -EADDRINUSE);
	assert_non_null(strstr(err, "in use"));
	close(fd);
	bus_destroy(&f.bus);
	assert_int_equal(net_open(&net), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_port = htons(port);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	/* slirp looks for the guest by ARP. */
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 2, 16));
	post(RX_LEN);
	fake_bus_turn(&f, 200);
	fake_bus_turn(&f, 200);
	assert_true(drv_used(&d, RX) > HEADER);
	close(fd);
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	uint8_t old[8];

	memcpy(old, a, size);
	memcpy(a, b, size);
	memcpy(b, old, size);
}

/* A datagram to a forwarded port. The guest sends the datagram back. */
static void test_forward_udp(void **state)
{
	struct vmm_net net = { .nr_forwards = 1,
			       .forward[0] = { .udp = true, .guest_port = 7 } };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	uint8_t frame[64] = { 0 };
	uint16_t port;
	int64_t len;
	int fd = bound(SOCK_DGRAM, &port);

	close(fd);
	net.forward[0].host_port = port;
	assert_int_equal(net_open(&net), 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, 0, 2, 16));
	post(RX_LEN);
	send_frame(arp, sizeof(arp));
	assert_true(drv_used(&d, RX) > HEADER);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(port);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(write(fd, "hello", 5), 5);
	post(RX_LEN);
	fake_bus_turn(&f, 200);
	len = drv_used(&d, RX) - HEADER;
	assert_in_range(len, 47, sizeof(frame));
	memcpy(frame, (uint8_t *)drv_mem(&d, RX_BUF) + HEADER, (size_t)len);
	assert_int_equal(frame[37], 7); /* destination port: the guest's */
	assert_memory_equal(frame + 42, "hello", 5);
	swap(frame, frame + 6, 6);
	swap(frame + 26, frame + 30, 4);
	swap(frame + 34, frame + 36, 2);
	send_frame(frame, (uint32_t)len);
	assert_int_equal(recv(fd, frame, sizeof(frame), MSG_DONTWAIT), 5);
	close(fd);
}

static void test_tap_errors(void **state)
{
	struct vmm_net net = { .tap = "a-name-that-is-too-long" };

	assert_int_equal(net_open(&net), -EINVAL);
	assert_non_null(strstr(err, "1 to 15 characters"));
	net.tap = "lo";
	assert_true(net_open(&net) < 0);
	assert_non_null(strstr(err, "tap lo: "));
}

/* If many frames wait, a vCPU sends some and the device thread the rest. */
static void test_bounded(void **state)
{
	const struct vmm_net net = { 0 };
	const struct fake_seg segs[] = { { FAKE_DATA, HEADER, false },
					 { FAKE_DATA + 64, sizeof(arp),
					   false } };
	unsigned int done = 0;

	assert_int_equal(net_open(&net), 0);
	assert_true(drv_start(&d, &f, MAP_VIRTIO, BIT_ULL(VIRTIO_NET_F_MAC), 2,
			      256));
	memset(drv_mem(&d, FAKE_DATA), 0, HEADER);
	memcpy(drv_mem(&d, FAKE_DATA + 64), arp, sizeof(arp));
	for (unsigned int i = 0; i < 120; i++)
		drv_add(&d, TX, segs, 2);
	drv_write(&d, VIRTIO_MMIO_QUEUE_NOTIFY, TX);
	while (drv_used(&d, TX) >= 0)
		done++;
	assert_true(done && done < 100);
	fake_bus_turn(&f, 0);
	while (drv_used(&d, TX) >= 0)
		done++;
	assert_int_equal(done, 120);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bounded),       TEST(test_config),
		TEST(test_arp),           TEST(test_no_buffers),
		TEST(test_absurd_frames), TEST(test_forward),
		TEST(test_forward_udp),   TEST(test_tap_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
