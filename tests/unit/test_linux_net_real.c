// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_linux_net_real.c - devices, sockets, configuration and the last crash
 *
 * Like test_linux_real.c, the test uses each of Debian's kernels in the cache.
 */
#include "fake_linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define DEVICE (HEAP_VA + 11 * SZ_64K)
#define INET   (HEAP_VA + 12 * SZ_64K)
#define TABLE  (HEAP_VA + 13 * SZ_64K)
#define FILES  (HEAP_VA + 14 * SZ_64K)
#define SOCKET (HEAP_VA + 15 * SZ_64K)
#define SOCK   (HEAP_VA + 24 * SZ_64K)

static void set16(struct setup *s, va_t object, const char *type,
		  const char *path, uint16_t value)
{
	memcpy(at(s, field(s, object, type, path)), &value, sizeof(value));
}

static void test_devices(void **state)
{
	struct setup *s = *state;
	va_t head, node;

	run(s, "net", -ENOENT);
	run(s, "net nothing", -EINVAL);
	start(s);
	head = field(s, symbol(s, "init_net"), "net", "dev_base_head");
	node = field(s, DEVICE, "net_device", "dev_list");
	*at(s, head) = node;
	*at(s, node) = head;
	strcpy((char *)at(s, field(s, DEVICE, "net_device", "name")),
	       "et\033h0");
	set32(s, DEVICE, "net_device", "ifindex", 2);
	set32(s, DEVICE, "net_device", "mtu", 1500);
	set32(s, DEVICE, "net_device", "flags", 0x1003);
	set(s, DEVICE, "net_device", "dev_addr", INET + 0x800);
	memcpy(at(s, INET + 0x800), "\x52\x54\x00\x12\x34\x56", 6);
	set(s, DEVICE, "net_device", "ip_ptr", INET);
	set(s, INET, "in_device", "ifa_list", INET + 0x1000);
	set32(s, INET + 0x1000, "in_ifaddr", "ifa_local", 0x0f02000a);
	*(uint8_t *)at(s, field(s, INET + 0x1000, "in_ifaddr",
				"ifa_prefixlen")) = 24;
	expect(run(s, "net", 0),
	       "    2 et?h0            up     1500 52:54:00:12:34:56 ");
	expect(linux_text, " 10.0.2.15/24\n");
	set32(s, DEVICE, "net_device", "flags", 0);
	expect(run(s, "net --json", 0), "\"is\": \"down\"");
	/* Lists of addresses and of devices that form a circle. */
	set(s, INET + 0x1000, "in_ifaddr", "ifa_next", INET + 0x1000);
	expect(run(s, "net", 0), " 10.0.2.15/24 10.0.2.15/24 ");
	*at(s, node) = node;
	expect(run(s, "net", -ELOOP), "it does not end");
	*at(s, node) = NOWHERE;
	expect(run(s, "net", -EFAULT), "cannot be read");
}

/* fd 3 of SECOND is a socket. */
static void socket_put(struct setup *s)
{
	set(s, SECOND, "task_struct", "files", TABLE);
	set(s, TABLE, "files_struct", "fdt", TABLE + 0x800);
	set32(s, TABLE + 0x800, "fdtable", "max_fds", 4);
	set(s, TABLE + 0x800, "fdtable", "fd", TABLE + 0xc00);
	*at(s, TABLE + 0xc00 + 3 * 8) = FILES;
	set(s, FILES, "file", "f_inode", FILES + 0x1000);
	set16(s, FILES + 0x1000, "inode", "i_mode", 0140777);
	set(s, FILES, "file", "private_data", SOCKET);
	set(s, SOCKET, "socket", "sk", SOCK);
	set16(s, SOCKET, "socket", "type", 1);
}

static void test_sockets(void **state)
{
	static const struct {
		uint16_t family;
		const char *name;
	} others[] = { { 16, "netlink" },
		       { 17, "packet" },
		       { 40, "vsock" },
		       { 99, "?" } };
	uint32_t name = 0, path = 0;
	struct setup *s = *state;

	run(s, "net sockets", -ENOENT);
	start(s);
	tasks_put(s);
	expect(run(s, "net sockets", 0), "no process has a socket");
	socket_put(s);
	set16(s, SOCK, "sock", "__sk_common.skc_family", 2);
	set16(s, SOCK, "sock", "sk_protocol", 6);
	*(uint8_t *)at(s, field(s, SOCK, "sock", "__sk_common.skc_state")) = 10;
	set32(s, SOCK, "sock", "__sk_common.skc_rcv_saddr", 0x0100007f);
	set16(s, SOCK, "sock", "__sk_common.skc_num", 4321);
	set16(s, SOCK, "sock", "__sk_common.skc_dport", 0x5000);
	expect(run(s, "net sockets", 0),
	       "      1    3 inet    tcp    LISTEN      127.0.0.1:4321        0.0.0.0:80 ");
	set16(s, SOCKET, "socket", "type", 2);
	set16(s, SOCK, "sock", "sk_protocol", 17);
	set16(s, SOCK, "sock", "__sk_common.skc_family", 10);
	expect(run(s, "net sockets --json", 0),
	       "\"family\": \"inet6\", \"type\": \"udp\"");
	expect(linux_text, "\"local\": \"[::]:4321\"");
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		set16(s, SOCK, "sock", "__sk_common.skc_family",
		      others[i].family);
		set16(s, SOCKET, "socket", "type", (uint16_t)(i + 1));
		expect(run(s, "net sockets", 0), others[i].name);
	}
	set16(s, SOCK, "sock", "__sk_common.skc_family", 1);
	set(s, SOCK, "unix_sock", "addr", SOCK + 0x2000);
	if (introspect_offset(s->in, "unix_address", "name", &name) ||
	    introspect_offset(s->in, "sockaddr_un", "sun_path", &path))
		fail();
	strcpy((char *)at(s, SOCK + 0x2000) + name + path, "/run/x");
	expect(run(s, "net sockets", 0), " unix    ");
	expect(linux_text, " /run/x ");
	strcpy((char *)at(s, SOCK + 0x2000) + name + path + 1, "abs");
	*((char *)at(s, SOCK + 0x2000) + name + path) = '\0';
	expect(run(s, "net sockets", 0), " @abs ");
	set(s, TABLE, "files_struct", "fdt", NOWHERE);
	expect(run(s, "net sockets", 0), "its files cannot be read");
}

/* Let the code read the Image again: it has a copy if RAM is in pieces. */
static void again(struct setup *s)
{
	introspect_reset(s->in);
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
}

static void test_config(void **state)
{
	static const char text[] =
		"CONFIG_ARM64=y\n\n# CONFIG_K\033 is not set";
	struct setup *s = *state;
	/* A part of the Image that the commands of this test do not read. */
	uint8_t *place, *end;
	z_stream z = { 0 };

	expect(run(s, "config", -ENOENT), "without CONFIG_IKCONFIG=y");
	start(s);
	expect(run(s, "config", -ENOENT), "without CONFIG_IKCONFIG=y");
	place = (uint8_t *)at(s, symbol(s, "init_task"));
	memcpy(place, "IKCFG_ST", 8);
	deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = sizeof(text) - 1;
	z.next_out = place + 8;
	z.avail_out = 512;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	end = z.next_out;
	deflateEnd(&z);
	again(s);
	assert_string_equal(run(s, "config", 0),
			    "configuration\nCONFIG_ARM64=y\n"
			    "# CONFIG_K? is not set\n");
	assert_string_equal(run(s, "config ARM64 --json", 0),
			    "{\"rows\": [\n{\"configuration\": "
			    "\"CONFIG_ARM64=y\"}\n], \"notes\": []}\n");
	expect(run(s, "config nothing", 0), "no line has \"nothing\"");
	end[-10] ^= 0xff;
	end[-12] ^= 0xff;
	again(s);
	expect(run(s, "config", -EBADMSG), "is damaged");
}

static void test_oops(void **state)
{
	struct setup *s = *state;
	struct guest *g = &s->fake->guest;

	expect(run(s, "oops", -ENOENT), "has not crashed");
	start(s);
	expect(run(s, "oops", -ENOENT), "has not crashed");
	g->has_fault = true;
	g->fault = (struct guest_regs){ .pc = symbol(s, "panic") + 4 };
	g->last = (struct guest_stop){ .kind = GUEST_STOP_CRASH, .vcpu = 1 };
	strcpy(g->last.text, "Oops: some\033thing");
	expect(run(s, "oops", 0), "CPU 1: Oops: some?thing\n");
	expect(linux_text, "\npc     0x");
	expect(linux_text, " panic+0x4/");
	expect(linux_text, "\nx30    0x0000000000000000");
	expect(run(s, "oops --json", 0), "\"reg\": \"x30\"");
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_devices), T(test_sockets), T(test_config), T(test_oops),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
