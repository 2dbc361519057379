// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The debugger's side of the GDB remote protocol (GDB manual, "Overview" of the
 * remote protocol). Nothing is acknowledged after QStartNoAckMode.
 */
#include "rsp_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int rsp_send(struct rsp_client *c, const char *packet, size_t len)
{
	char *buf = malloc(len + 4);
	unsigned char sum = 0;
	int ret;

	if (!buf)
		return -1;
	buf[0] = '$';
	memcpy(buf + 1, packet, len);
	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)packet[i];
	buf[len + 1] = '#';
	buf[len + 2] = "0123456789abcdef"[sum >> 4];
	buf[len + 3] = "0123456789abcdef"[sum & 15];
	ret = send_all(c->fd, buf, len + 4);
	free(buf);
	return ret;
}

/* Make sure that there is input to take. */
static int fill(struct rsp_client *c)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	ssize_t n;

	if (c->in_pos < c->in_len)
		return 0;
	if (poll(&pfd, 1, RSP_TIMEOUT_MS) <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	n = read(c->fd, c->in, sizeof(c->in));
	if (n <= 0) {
		if (!n)
			errno = ECONNRESET;
		return -1;
	}
	c->in_len = (size_t)n;
	c->in_pos = 0;
	return 0;
}

static int next_byte(struct rsp_client *c)
{
	return fill(c) ? -1 : c->in[c->in_pos++];
}

/* Take the body of a packet, up to its '#'. */
static int take_body(struct rsp_client *c)
{
	const unsigned char *from, *hash;
	size_t len, room;

	c->len = 0;
	do {
		if (fill(c))
			return -1;
		from = c->in + c->in_pos;
		len = c->in_len - c->in_pos;
		hash = memchr(from, '#', len);
		if (hash)
			len = (size_t)(hash - from);
		c->in_pos += len + (hash ? 1 : 0);
		room = sizeof(c->packet) - 1 - c->len;
		if (len > room)
			len = room;
		memcpy(c->packet + c->len, from, len);
		c->len += len;
	} while (!hash);
	c->packet[c->len] = '\0';
	return 0;
}

int rsp_recv_any(struct rsp_client *c)
{
	int byte;

	do {
		byte = next_byte(c);
	} while (byte >= 0 && byte != '$');
	if (byte < 0 || take_body(c) || next_byte(c) < 0 || next_byte(c) < 0)
		return -1;
	return 0;
}

int rsp_recv(struct rsp_client *c)
{
	do {
		if (rsp_recv_any(c))
			return -1;
	} while (c->packet[0] == 'O' && !rsp_is(c, "OK"));
	return 0;
}

int rsp_ask(struct rsp_client *c, const char *packet)
{
	return rsp_send(c, packet, strlen(packet)) ? -1 : rsp_recv(c);
}

int rsp_interrupt(struct rsp_client *c)
{
	return send_all(c->fd, "\x03", 1);
}

bool rsp_is(const struct rsp_client *c, const char *prefix)
{
	return !strncmp(c->packet, prefix, strlen(prefix));
}

static int connect_retry(const struct sockaddr *addr, socklen_t size)
{
	for (int tries = 0; tries < RSP_TIMEOUT_MS / 10; tries++) {
		int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || !connect(fd, addr, size))
			return fd;
		close(fd);
		usleep(10000);
	}
	errno = ETIMEDOUT;
	return -1;
}

static int attach(struct rsp_client *c)
{
	const char *size;

	c->in_len = c->in_pos = 0;
	if (c->fd < 0)
		return -1;
	if (rsp_ask(c, "qSupported:swbreak+;hwbreak+;vContSupported+"))
		goto close_fd;
	size = strstr(c->packet, "PacketSize=");
	c->packet_size = size ? strtoul(size + 11, NULL, 16) : 400;
	/* The reply to this packet must still be acknowledged. */
	if (send_all(c->fd, "+", 1) || rsp_ask(c, "QStartNoAckMode") ||
	    send_all(c->fd, "+", 1) || rsp_ask(c, "?"))
		goto close_fd;
	return 0;

close_fd:
	rsp_close(c);
	return -1;
}

int rsp_open(struct rsp_client *c, int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;

	c->fd = connect_retry((struct sockaddr *)&addr, sizeof(addr));
	if (c->fd >= 0)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return attach(c);
}

int rsp_open_unix(struct rsp_client *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	c->fd = connect_retry((struct sockaddr *)&addr, sizeof(addr));
	return attach(c);
}

void rsp_close(struct rsp_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
