// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client.c - see trapline/gdbclient.h
 *
 * Source: the GDB manual, "GDB Remote Serial Protocol". The framing is that of
 * the stub (rsp.h, reply.h). Acknowledgements are turned off at once, so each
 * packet is sent once, and a damaged answer ends the connection.
 */
#include <trapline/gdbclient.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <trapline/util.h>
#include <unistd.h>

#include "args.h"
#include "listen.h"
#include "reply.h"
#include "rsp.h"

/* The stub sends 6 MiB of text at most, as two digits for each byte. */
#define ANSWER_MAX  (32 * SZ_1M)
#define GREET_MS    30000
#define SEND_MS     30000
#define FAREWELL_MS 5000

struct gdbclient {
	int fd; /* -1: the connection is closed */
	int signal_fd; /* SIGINT */
	bool heard; /* the other end has sent something */
	size_t taken; /* bytes of the answer so far */
	struct rsp rsp;
	struct reply packet;
	uint8_t input[0x10000];
	size_t at, length;
};

static int hang_up(struct gdbclient *c, int err)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	return err;
}

/* --- packets -------------------------------------------------------------- */

/* Wait for events of the connection. timeout_ms -1: no limit. */
static int connection_wait(struct gdbclient *c, short events, int timeout_ms)
{
	struct pollfd fds[2] = { { .fd = c->fd, .events = events },
				 { .fd = c->signal_fd, .events = POLLIN } };
	struct signalfd_siginfo info;
	int ready = poll(fds, 2, timeout_ms);

	if (ready < 0)
		return errno == EINTR ? 0 : hang_up(c, -errno);
	if (!ready)
		return hang_up(c, -ETIMEDOUT);
	if (fds[1].revents &&
	    read(c->signal_fd, &info, sizeof(info)) == sizeof(info))
		return hang_up(c, -EINTR);
	return 0;
}

/* Send all bytes. A peer that takes none for SEND_MS is lost. */
static int bytes_send(struct gdbclient *c, const void *data, size_t size)
{
	const uint8_t *at = data, *end = at + size;
	int err = 0;

	while (!err && at < end) {
		ssize_t n = send(c->fd, at, (size_t)(end - at),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			at += n;
		else if (errno == EAGAIN)
			err = connection_wait(c, POLLOUT, SEND_MS);
		else if (errno != EINTR)
			err = hang_up(c, -ENOTCONN);
	}
	return err;
}

static int packet_send(struct gdbclient *c)
{
	reply_end(&c->packet);
	c->taken = 0;
	return bytes_send(c, c->packet.data, c->packet.length);
}

/* Read more input, if there is some. timeout_ms -1: no limit. */
static int input_fill(struct gdbclient *c, int timeout_ms)
{
	int err = connection_wait(c, POLLIN, timeout_ms);
	ssize_t n;

	if (err)
		return err;
	n = recv(c->fd, c->input, sizeof(c->input), MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return hang_up(c, -ENOTCONN);
	c->heard = true;
	c->at = 0;
	c->length = (size_t)n;
	c->taken += (size_t)n;
	return c->taken > ANSWER_MAX ? hang_up(c, -EPROTO) : 0;
}

/* Wait for a packet, which is then in c->rsp. */
static int packet_wait(struct gdbclient *c, int timeout_ms)
{
	uint64_t end = now_ms() + (uint64_t)timeout_ms;
	enum rsp_event event;
	int err = 0;

	if (c->fd < 0)
		return -ENOTCONN;
	while (!err) {
		c->at += rsp_feed(&c->rsp, c->input + c->at, c->length - c->at,
				  &event);
		switch (event) {
		case RSP_PACKET:
			return 0;
		case RSP_CORRUPT:
		case RSP_OVERSIZE:
		case RSP_NAK:
			return hang_up(c, -EPROTO);
		default:
			break;
		}
		if (c->at == c->length)
			err = input_fill(c,
					 timeout_ms < 0 ? -1 : ms_until(end));
	}
	return err;
}

static bool answer_is(const struct gdbclient *c, const char *text)
{
	return !strcmp(c->rsp.packet, text);
}

/* Send a packet of plain text, and wait for the answer. */
static int ask(struct gdbclient *c, const char *text, int timeout_ms)
{
	int err;

	reply_begin(&c->packet);
	reply_text(&c->packet, text);
	err = packet_send(c);
	return err ? err : packet_wait(c, timeout_ms);
}

/* --- the session ---------------------------------------------------------- */

static int greet(struct gdbclient *c)
{
	int err = ask(c, "qSupported:error-message+;trapline.look+", GREET_MS);

	/* Every answer is acknowledged until no-ack mode begins. */
	if (!err)
		err = bytes_send(c, "+", 1);
	if (!err)
		err = ask(c, "QStartNoAckMode", GREET_MS);
	if (!err)
		err = bytes_send(c, "+", 1);
	if (!err && !answer_is(c, "OK"))
		err = hang_up(c, -EPROTO);
	return err;
}

static void explain(const struct gdbclient *c, const char *address, int error,
		    char *err, size_t err_size)
{
	const char *why = strerror(-error);

	if (error == -ENOTCONN && !c->heard)
		why = "the connection was closed at once. A debugger may be "
		      "connected already, only one can be; or the guest "
		      "belongs to another user";
	else if (error == -ENOTCONN)
		why = "the connection was closed";
	else if (error == -ETIMEDOUT)
		why = "no answer: is it trapline's port for gdb?";
	else if (error == -EPROTO)
		why = "the other end does not keep to gdb's remote protocol";
	snprintf(err, err_size, "%s: %s", address, why);
}

int gdbclient_begin(int fd, const char *address, char *err, size_t err_size,
		    struct gdbclient **ret)
{
	struct gdbclient *c = calloc(1, sizeof(*c));
	sigset_t set;
	int error;

	if (!c) {
		close(fd);
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	c->fd = fd;
	c->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	error = greet(c);
	if (error) {
		explain(c, address, error, err, err_size);
		gdbclient_close(c);
		return error;
	}
	*ret = c;
	return 0;
}

void gdbclient_close(struct gdbclient *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		ask(c, "Qtrapline.leave", FAREWELL_MS);
	hang_up(c, 0);
	if (c->signal_fd >= 0)
		close(c->signal_fd);
	free(c);
}

/* --- commands ------------------------------------------------------------- */

/* Print pairs of digits. false: text has something else. */
static bool hex_print(const char *text, FILE *out)
{
	struct args args = { .at = text, .end = text + strlen(text) };
	char byte;

	while (args_bytes(&args, &byte, 1))
		fputc(byte, out);
	return args_at_end(&args);
}

/*
 * Handle one packet of the answer. Returns 1 if more follow, else the result of
 * the command.
 */
static int answer(struct gdbclient *c, bool *has_text, FILE *out)
{
	const char *packet = c->rsp.packet;

	if (strlen(packet) != c->rsp.length)
		return hang_up(c, -EPROTO);
	if (!strcmp(packet, "OK"))
		return 0;
	if (*packet == 'O') {
		*has_text = true;
		return hex_print(packet + 1, out) ? 1 : hang_up(c, -EPROTO);
	}
	if (!*packet) {
		fprintf(out, "the other end has no monitor commands\n");
		return -ENOTSUP;
	}
	if (*packet != 'E')
		return hang_up(c, -EPROTO);
	/* The command's own text says more than an error's number or name. */
	if (!*has_text)
		fprintf(out, "error: %s\n", packet + 1 + (packet[1] == '.'));
	return -EIO;
}

static int lost(int err, FILE *out)
{
	switch (err) {
	case -EPROTO:
		fprintf(out, "the other end does not keep to gdb's remote "
			     "protocol: the connection is closed\n");
		break;
	case -EINTR:
		fprintf(out, "interrupted: the connection is closed\n");
		break;
	default:
		fprintf(out, "there is no connection any more\n");
		break;
	}
	return err;
}

int gdbclient_monitor(struct gdbclient *c, const char *command, FILE *out)
{
	bool has_text = false;
	int err;

	if (c->fd < 0)
		return lost(-ENOTCONN, out);
	reply_begin(&c->packet);
	reply_text(&c->packet, "qRcmd,");
	reply_hex(&c->packet, command, strlen(command));
	if (c->packet.overflow) {
		fprintf(out, "the command is too long\n");
		return -EMSGSIZE;
	}
	err = packet_send(c);
	while (!err) {
		err = packet_wait(c, -1);
		if (!err)
			err = answer(c, &has_text, out);
		if (err <= 0)
			break;
		err = 0;
	}
	return c->fd < 0 ? lost(err, out) : err;
}

/* --- connecting ----------------------------------------------------------- */

bool gdbclient_is_address(const char *text)
{
	struct endpoint to;
	bool any;

	return !strncmp(text, "unix:", 5) || !endpoint_parse(text, &to, &any);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int connect_tcp(const struct endpoint *to)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	int fd, err = -EHOSTUNREACH;

	if (getaddrinfo(to->host, to->port, &hints, &found))
		return err;
	for (struct addrinfo *a = found; a; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (!connect(fd, a->ai_addr, a->ai_addrlen)) {
			freeaddrinfo(found);
			return fd;
		}
		err = -errno;
		close(fd);
	}
	freeaddrinfo(found);
	return err;
}

int gdbclient_open(const char *address, char *err, size_t err_size,
		   struct gdbclient **ret)
{
	struct endpoint to;
	bool any;
	int fd;

	if (!strncmp(address, "unix:", 5))
		fd = connect_unix(address + 5);
	else
		fd = endpoint_parse(address, &to, &any) ? -EINVAL
							: connect_tcp(&to);
	if (fd < 0) {
		snprintf(err, err_size, "cannot connect to %s: %s", address,
			 strerror(-fd));
		return fd;
	}
	return gdbclient_begin(fd, address, err, err_size, ret);
}
