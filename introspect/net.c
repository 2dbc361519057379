// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net.c - network devices, and the sockets that tasks have open
 */
#include "state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_DEVICES   4096
#define MAX_ADDRESSES 16

#define MODE_FORMAT 0170000
#define MODE_SOCKET 0140000

/* Families, as in the kernel's include/linux/socket.h. */
#define FAMILY_UNIX  1
#define FAMILY_INET  2
#define FAMILY_INET6 10

/* --- devices ----------------------------------------------------------------- */

/* Read the IPv4 addresses from the list of struct in_ifaddr. */
static void addresses_read(struct introspect *in, va_t dev,
			   struct introspect_netdev *ret)
{
	char text[INET_ADDRSTRLEN];
	uint64_t address, length;
	uint32_t word;
	size_t len = 0;
	va_t at;

	if (introspect_get(in, "net_device", dev, "ip_ptr", &at) || !at ||
	    introspect_get(in, "in_device", at, "ifa_list", &at))
		return;
	for (unsigned int i = 0; at && i < MAX_ADDRESSES; i++) {
		if (introspect_get(in, "in_ifaddr", at, "ifa_local",
				   &address) ||
		    introspect_get(in, "in_ifaddr", at, "ifa_prefixlen",
				   &length) ||
		    introspect_get(in, "in_ifaddr", at, "ifa_next", &at))
			return;
		word = (uint32_t)address;
		inet_ntop(AF_INET, &word, text, sizeof(text));
		if (len < sizeof(ret->addresses))
			len += (size_t)snprintf(ret->addresses + len,
						sizeof(ret->addresses) - len,
						"%s%s/%u", len ? " " : "", text,
						(unsigned int)length & 0xff);
	}
}

static int device_read(struct introspect *in, va_t dev,
		       struct introspect_netdev *ret)
{
	struct introspect_netdev d = { .va = dev };
	uint64_t index, mtu, flags, mac;
	uint32_t name;

	if (layout_offset(in, "net_device", "name", &name))
		return -ENOENT;
	if (introspect_get(in, "net_device", dev, "ifindex", &index) ||
	    introspect_get(in, "net_device", dev, "mtu", &mtu) ||
	    introspect_get(in, "net_device", dev, "flags", &flags) ||
	    kva_read_string(in, dev + name, d.name, sizeof(d.name)) < 0)
		return -EFAULT;
	text_clean(d.name, strlen(d.name));
	d.index = (unsigned int)index;
	d.mtu = (unsigned int)mtu;
	d.flags = (unsigned int)flags;
	if (!introspect_get(in, "net_device", dev, "dev_addr", &mac))
		introspect_read(in, mac, d.mac, sizeof(d.mac));
	addresses_read(in, dev, &d);
	*ret = d;
	return 0;
}

int introspect_netdev_each(struct introspect *in,
			   bool (*see)(void *opaque,
				       const struct introspect_netdev *dev),
			   void *opaque)
{
	struct introspect_netdev dev;
	struct introspect_list l;
	uint32_t head, node;
	va_t net, at;
	int err;

	if (introspect_symbol_by_name(in, "init_net", &net) ||
	    layout_offset(in, "net", "dev_base_head", &head) ||
	    layout_offset(in, "net_device", "dev_list", &node))
		return -ENOENT;
	introspect_list_init(&l, net + head);
	while ((err = introspect_list_next(in, &l, &at)) > 0) {
		if (l.nr > MAX_DEVICES)
			return -ELOOP;
		err = device_read(in, at - node, &dev);
		if (err || !see(opaque, &dev))
			break;
	}
	return err > 0 ? 0 : err;
}

/* --- sockets ------------------------------------------------------------------- */

static uint64_t common(struct introspect *in, va_t sk, const char *name)
{
	uint64_t value = 0;
	char path[48];

	snprintf(path, sizeof(path), "__sk_common.%s", name);
	introspect_get(in, "sock", sk, path, &value);
	return value;
}

static void inet_address(struct introspect *in, va_t sk, int family,
			 const char *v4, const char *v6, unsigned int port,
			 char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	uint8_t bytes[16] = { 0 };
	char path[48];
	uint32_t at, word;

	if (family == FAMILY_INET) {
		word = (uint32_t)common(in, sk, v4);
		inet_ntop(AF_INET, &word, text, sizeof(text));
		snprintf(buf, size, "%s:%u", text, port);
		return;
	}
	snprintf(path, sizeof(path), "__sk_common.%s", v6);
	if (!layout_offset(in, "sock", path, &at) &&
	    !introspect_read(in, sk + at, bytes, sizeof(bytes)))
		inet_ntop(AF_INET6, bytes, text, sizeof(text));
	snprintf(buf, size, "[%s]:%u", text, port);
}

/*
 * Read the name of a Unix socket; '@' stands for the NUL of an abstract name.
 */
static void unix_name(struct introspect *in, va_t sk, char *buf, size_t size)
{
	uint32_t name, path;
	va_t address;

	if (introspect_get(in, "unix_sock", sk, "addr", &address) || !address ||
	    layout_offset(in, "unix_address", "name", &name) ||
	    layout_offset(in, "sockaddr_un", "sun_path", &path))
		return;
	if (kva_read_string(in, address + name + path, buf, size) == 0) {
		buf[0] = '@';
		kva_read_string(in, address + name + path + 1, buf + 1,
				size - 1);
	}
	text_clean(buf, strlen(buf));
}

int introspect_socket_of(struct introspect *in, va_t file,
			 struct introspect_socket *ret)
{
	struct introspect_socket s = { 0 };
	uint64_t mode, type = 0, protocol = 0;

	if (introspect_get(in, "file", file, "f_inode->i_mode", &mode) ||
	    (mode & MODE_FORMAT) != MODE_SOCKET)
		return -ENOENT;
	if (introspect_get(in, "file", file, "private_data", &s.va) ||
	    introspect_get(in, "socket", s.va, "sk", &s.sk))
		return -EFAULT;
	if (!s.sk)
		return -ENOENT;
	introspect_get(in, "socket", s.va, "type", &type);
	introspect_get(in, "sock", s.sk, "sk_protocol", &protocol);
	s.family = (int)common(in, s.sk, "skc_family");
	s.type = (int)type;
	s.protocol = (int)protocol;
	s.state = (int)common(in, s.sk, "skc_state");
	if (s.family == FAMILY_UNIX) {
		unix_name(in, s.sk, s.local, sizeof(s.local));
	} else if (s.family == FAMILY_INET || s.family == FAMILY_INET6) {
		inet_address(in, s.sk, s.family, "skc_rcv_saddr",
			     "skc_v6_rcv_saddr",
			     (unsigned int)common(in, s.sk, "skc_num"), s.local,
			     sizeof(s.local));
		inet_address(in, s.sk, s.family, "skc_daddr", "skc_v6_daddr",
			     ntohs((uint16_t)common(in, s.sk, "skc_dport")),
			     s.remote, sizeof(s.remote));
	}
	*ret = s;
	return 0;
}
