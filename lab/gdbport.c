// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gdbport.c - see gdbport.h
 *
 * The stub's answer may take long: the stub is busy, or no trapline runs in the
 * lab yet. A trapline that ends after reading the mark never answers. So the
 * mark is sent again, with a new number, when the next debugger connects and
 * while that debugger waits. Only the answer to the last mark counts, because
 * all other answers come before it.
 */
#include "gdbport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <trapline/peer.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include <unistd.h>

#define BUFFER_SIZE  65536
#define MARK_SIZE    64
#define ASK_FIRST_MS 2000
#define ASK_LAST_MS  60000
#define BACKLOG      4

struct buffer {
	uint8_t data[BUFFER_SIZE + MARK_SIZE];
	size_t length;
};

struct lab_gdb_port {
	struct peer_door door;
	struct peer_check peers;
	struct peer_speech speech;
	int device; /* -1: none yet, or QEMU is gone */
	int fd; /* the debugger; -1: none */
	bool in_use; /* the debugger's bytes go to the device */
	bool leaving; /* the answer to the last mark has not come yet */
	bool said; /* the user was told that a debugger waits for the answer */
	unsigned int number; /* of the last mark */
	char answer[MARK_SIZE];
	size_t matched; /* how many bytes of answer have come */
	uint64_t ask_ms; /* when to ask again */
	unsigned int ask_after;
	struct buffer up, down;
};

/* ---- open and close ---- */

static int port_listen(unsigned int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int lab_gdb_port_open(unsigned int port, bool any_user,
		      struct lab_gdb_port **x_port)
{
	struct lab_gdb_port *p = calloc(1, sizeof(*p));
	int fd = p ? port_listen(port) : -ENOMEM;

	if (fd < 0) {
		report(REPORT_ERROR,
		       "cannot listen on 127.0.0.1:%u: %s: choose another "
		       "port with --gdb",
		       port, strerror(-fd));
		free(p);
		return fd;
	}
	p->device = -1;
	p->fd = -1;
	peer_door_init(&p->door, fd);
	peer_check_init(&p->peers, any_user);
	*x_port = p;
	return 0;
}

void lab_gdb_port_close(struct lab_gdb_port *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	if (p->device >= 0)
		close(p->device);
	peer_check_deinit(&p->peers);
	peer_door_deinit(&p->door);
	free(p);
}

void lab_gdb_port_connect(struct lab_gdb_port *p, int device)
{
	p->device = device;
}

/* ---- the mark between two debuggers ---- */

/* A whole packet, with its '$' and checksum. */
static int packet_format(char *buf, size_t size, const char *name,
			 unsigned int number)
{
	int n = snprintf(buf, size, "$%s:%x", name, number);
	uint8_t sum = 0;

	for (int i = 1; i < n; i++)
		sum += (uint8_t)buf[i];
	return n + snprintf(buf + n, size - n, "#%02x", sum);
}

static void mark_send(struct lab_gdb_port *p)
{
	p->number++;
	p->up.length += packet_format((char *)p->up.data + p->up.length,
				      MARK_SIZE, "Qtrapline.left", p->number);
	packet_format(p->answer, sizeof(p->answer), "left", p->number);
	p->matched = 0;
	p->leaving = true;
}

/* A '$' occurs only at the start of a packet. */
static void mark_match(struct lab_gdb_port *p, char c)
{
	if (c == '$')
		p->matched = 1;
	else if (p->matched && c == p->answer[p->matched])
		p->matched++;
	else
		p->matched = 0;
	if (p->matched && !p->answer[p->matched])
		p->leaving = false;
}

/*
 * If up has bytes left, they end with the last mark: wait until they are sent.
 */
static void mark_repeat(struct lab_gdb_port *p)
{
	if (!p->up.length)
		mark_send(p);
	p->ask_ms = now_ms() + p->ask_after;
}

static void mark_again(struct lab_gdb_port *p)
{
	if (!p->leaving || p->fd < 0 || now_ms() < p->ask_ms)
		return;
	if (!p->said)
		report(REPORT_ERROR,
		       "a debugger waits: nothing in the lab answers at the gdb port yet");
	p->said = true;
	if (p->ask_after < ASK_LAST_MS)
		p->ask_after *= 2;
	mark_repeat(p);
}

/* ---- debuggers come and go ---- */

static void debugger_left(struct lab_gdb_port *p)
{
	close(p->fd);
	p->fd = -1;
	p->down.length = 0;
	p->said = false;
	if (!p->in_use) {
		/*
		 * Drop bytes that are no packet yet. While leaving, up has the
		 * mark.
		 */
		if (!p->leaving)
			p->up.length = 0;
		return;
	}
	p->in_use = false;
	mark_send(p);
}

static bool has_come(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, 0) > 0 &&
	       pfd.revents & (events | POLLERR | POLLHUP);
}

/*
 * A debugger that was just killed, or that has sent nothing, gives up its
 * place.
 */
static bool is_occupied(const struct lab_gdb_port *p)
{
	if (p->fd < 0 || has_come(p->fd, POLLRDHUP))
		return false;
	return p->in_use || p->speech.said || has_come(p->fd, POLLIN);
}

/* May the debugger's bytes be read? Not before the stub's answer has come. */
static bool is_heard(const struct lab_gdb_port *p)
{
	return !p->leaving && p->up.length < BUFFER_SIZE;
}

/*
 * Has the debugger sent bytes that were not read yet? A hang-up comes after
 * these bytes, so the lab cannot know yet whether the debugger is still there.
 * The connection of the next debugger waits in the queue until the bytes are
 * read.
 */
static bool has_unread(const struct lab_gdb_port *p)
{
	return p->fd >= 0 && has_come(p->fd, POLLIN) &&
	       !has_come(p->fd, POLLRDHUP);
}

static bool is_welcome(struct lab_gdb_port *p, int fd)
{
	char why[80];

	if (!peer_check_fd(&p->peers, fd, why, sizeof(why)))
		return true;
	if (peer_refusal_count(&p->peers))
		report(REPORT_ERROR,
		       "refused a debugger's connection: %s; --gdb PORT,any-user lets every user of this machine in; %u refused so far",
		       why, p->peers.refusals);
	return false;
}

static void debugger_accept(struct lab_gdb_port *p)
{
	int one = 1, fd = has_unread(p) ? -1 : peer_door_accept(&p->door);

	if (fd < 0)
		return;
	if (is_occupied(p) || !is_welcome(p, fd)) {
		close(fd);
		return;
	}
	if (p->fd >= 0)
		debugger_left(p);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	peer_speech_reset(&p->speech);
	p->fd = fd;
	p->ask_after = ASK_FIRST_MS;
	if (p->leaving)
		mark_repeat(p);
}

/* ---- bytes ---- */

static void stranger_refuse(struct lab_gdb_port *p)
{
	if (peer_refusal_count(&p->peers))
		report(REPORT_ERROR,
		       "closed a connection to the gdb port that sent bytes of no debugger (a web page? a port scan?); %u refused so far",
		       p->peers.refusals);
	debugger_left(p);
}

/*
 * Read one piece or, before the first packet, all available input (see
 * peer_speech_feed()). Until then, the bytes in up are no packet and are not
 * sent.
 */
static void debugger_read(struct lab_gdb_port *p)
{
	while (p->fd >= 0 && is_heard(p)) {
		uint8_t *at = p->up.data + p->up.length;
		ssize_t n = recv(p->fd, at, BUFFER_SIZE - p->up.length, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n > 0 && !peer_speech_feed(&p->speech, at, (size_t)n)) {
			if (!p->in_use)
				p->up.length = 0;
			stranger_refuse(p);
			return;
		}
		if (n > 0)
			p->up.length += (size_t)n;
		if (n > 0 && !p->in_use)
			continue;
		if (n <= 0) {
			p->in_use |= p->speech.has_packet;
			if (!p->in_use)
				p->up.length = 0;
			debugger_left(p);
		}
		return;
	}
	p->in_use |= p->speech.has_packet;
	p->speech.answered = p->in_use;
	/* No debugger begins with so many bytes and no packet among them. */
	if (p->fd >= 0 && !p->in_use && p->up.length >= BUFFER_SIZE) {
		p->up.length = 0;
		stranger_refuse(p);
	}
}

/* Returns false when the other end is gone. */
static bool buffer_flush(struct buffer *b, int fd)
{
	ssize_t n;

	if (!b->length)
		return true;
	n = send(fd, b->data, b->length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	b->length -= (size_t)n;
	memmove(b->data, b->data + n, b->length);
	return true;
}

static void device_lost(struct lab_gdb_port *p)
{
	close(p->device);
	p->device = -1;
}

static void device_read(struct lab_gdb_port *p)
{
	uint8_t *at = p->down.data + p->down.length;
	ssize_t n = read(p->device, at, BUFFER_SIZE - p->down.length);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		device_lost(p);
		return;
	}
	/*
	 * No bytes follow the answer, and no debugger is there to receive any.
	 */
	for (ssize_t i = 0; p->leaving && i < n; i++)
		mark_match(p, (char)at[i]);
	if (p->in_use)
		p->down.length += (size_t)n;
}

/* ---- the loop's side ---- */

static bool is_sent(const struct lab_gdb_port *p)
{
	return p->up.length && (p->in_use || p->leaving);
}

unsigned int lab_gdb_port_pollfds(struct lab_gdb_port *p, struct pollfd *fds)
{
	unsigned int nr = 0;
	short events;

	if (!p)
		return 0;
	if (peer_door_is_open(&p->door) && !has_unread(p))
		fds[nr++] =
			(struct pollfd){ .fd = p->door.fd, .events = POLLIN };
	if (p->fd >= 0) {
		/*
		 * While leaving, the hang-up of a new debugger is noticed when
		 * its bytes are read.
		 */
		events = p->leaving ? 0 : POLLRDHUP;
		if (is_heard(p))
			events |= POLLIN;
		if (p->down.length)
			events |= POLLOUT;
		fds[nr++] = (struct pollfd){ .fd = p->fd, .events = events };
	}
	if (p->device >= 0) {
		events = p->down.length < BUFFER_SIZE ? POLLIN : 0;
		if (is_sent(p))
			events |= POLLOUT;
		fds[nr++] =
			(struct pollfd){ .fd = p->device, .events = events };
	}
	return nr;
}

int lab_gdb_port_timeout(const struct lab_gdb_port *p)
{
	int door = p ? peer_door_timeout(&p->door) : -1;

	if (!p || !p->leaving || p->fd < 0)
		return door;
	return timeout_min(door, ms_until(p->ask_ms));
}

static void debugger_dispatch(struct lab_gdb_port *p, short revents)
{
	if (revents & POLLOUT && !buffer_flush(&p->down, p->fd)) {
		debugger_left(p);
		return;
	}
	if (revents & POLLIN)
		debugger_read(p);
	/* debugger_left() also drops bytes that were still to be sent to it. */
	else if (revents & (POLLRDHUP | POLLHUP | POLLERR))
		debugger_left(p);
}

static void device_dispatch(struct lab_gdb_port *p, short revents)
{
	if (revents & (POLLIN | POLLHUP | POLLERR) &&
	    p->down.length < BUFFER_SIZE)
		device_read(p);
	if (p->device >= 0 && is_sent(p) && !buffer_flush(&p->up, p->device))
		device_lost(p);
	/* Pass the bytes on at once, without waiting for POLLOUT. */
	if (p->fd >= 0 && !buffer_flush(&p->down, p->fd))
		debugger_left(p);
}

void lab_gdb_port_dispatch(struct lab_gdb_port *p, const struct pollfd *fds,
			   unsigned int nr_fds)
{
	for (unsigned int i = 0; p && i < nr_fds; i++) {
		if (fds[i].revents && fds[i].fd == p->fd)
			debugger_dispatch(p, fds[i].revents);
	}
	for (unsigned int i = 0; p && i < nr_fds; i++) {
		if (fds[i].fd == p->device && p->device >= 0)
			device_dispatch(p, fds[i].revents);
		else if (fds[i].revents && fds[i].fd == p->door.fd)
			debugger_accept(p);
	}
	if (p)
		mark_again(p);
}
