// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net_slirp.c - the guest's cable ends in libslirp, a network without root
 *
 * The guest is 10.0.2.15 by DHCP, the host 10.0.2.2, DNS 10.0.2.3. Forwards
 * listen on the host's loopback. IPv6 is off: on a host without IPv6, guests
 * would try it first and wait. Guests cannot reach other servers on the host's
 * loopback, unless the user gave host-loopback=on (net_guard.h).
 *
 * libslirp's sockets must be polled. Before each poll, libslirp names the
 * sockets and the events. The sockets are in an epoll set of this file, which
 * is itself one descriptor for the device thread. A timer implements libslirp's
 * timeout. The set is changed only where libslirp's request differs from its
 * last one.
 *
 * Each UDP port and each connection of the guest is a socket of this process.
 * The number of sockets is limited, so that the VMM keeps enough descriptors.
 */
#include "net_backend.h"
#include "net_guard.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <trapline/util.h>
#include <trapline/vmm.h>
#include <unistd.h>

#define NET         0x0a000200U /* 10.0.2.0 */
#define HOST        (NET + 2)
#define DNS         (NET + 3)
#define GUEST       (NET + 15)
/* All descriptors of this process have numbers below this. */
#define MAX_FDS     4096
/*
 * Limit for libslirp's sockets of all networks together: a TCP socket has 256
 * KiB of buffers. If the process may have few descriptors, the limit is lower,
 * so that RESERVED ones remain for the rest of the VMM.
 */
#define MAX_SOCKETS 512
#define MIN_SOCKETS 8
#define RESERVED    64
/* How often to check for room for the next connection to a forwarded port. */
#define FULL_MS     1000

/* State of one descriptor; the index is its number. */
struct slirp_fd {
	uint32_t in_set; /* epoll events it is registered for; 0: none */
	uint32_t wanted; /* events of the last slirp_pollfds_fill() */
	uint32_t ready;
	bool is_open; /* counted in nr_sockets */
	bool listens; /* for a forwarded port */
	struct net_flow flow; /* the flow that opened it */
};

static unsigned int nr_sockets; /* of all networks: atomic */

struct net_slirp {
	struct net_backend base;
	struct net_guard guard;
	Slirp *slirp;
	int epoll_fd;
	int timer_fd;
	bool soon; /* the timer is set to fire at once */
	bool full; /* a forwarded port is not polled now */
	unsigned int max_sockets;
	const struct net_flow *flow; /* of the frame being sent */
	int max_fd;
	struct slirp_fd fds[MAX_FDS];
};

static struct net_slirp *to_slirp(struct net_backend *b)
{
	return container_of(b, struct net_slirp, base);
}

static uint32_t to_epoll(int events)
{
	return (events & SLIRP_POLL_IN ? (uint32_t)EPOLLIN : 0) |
	       (events & SLIRP_POLL_OUT ? (uint32_t)EPOLLOUT : 0) |
	       (events & SLIRP_POLL_PRI ? (uint32_t)EPOLLPRI : 0) | EPOLLERR |
	       EPOLLHUP;
}

static int from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? SLIRP_POLL_IN : 0) |
	       (events & EPOLLOUT ? SLIRP_POLL_OUT : 0) |
	       (events & EPOLLPRI ? SLIRP_POLL_PRI : 0) |
	       (events & EPOLLERR ? SLIRP_POLL_ERR : 0) |
	       (events & EPOLLHUP ? SLIRP_POLL_HUP : 0);
}

static bool sockets_full(const struct net_slirp *s)
{
	return __atomic_load_n(&nr_sockets, __ATOMIC_RELAXED) >= s->max_sockets;
}

static void socket_opened(struct net_slirp *s, int fd)
{
	struct slirp_fd *f = &s->fds[fd];
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (f->is_open)
		return;
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	if (fd > s->max_fd)
		s->max_fd = fd;
	f->is_open = true;
	f->listens = listens;
	f->flow = s->flow ? *s->flow : (struct net_flow){ 0 };
	__atomic_add_fetch(&nr_sockets, 1, __ATOMIC_RELAXED);
}

static void socket_closed(struct net_slirp *s, int fd)
{
	struct slirp_fd *f = &s->fds[fd];

	if (!f->is_open)
		return;
	f->is_open = false;
	f->flow = (struct net_flow){ 0 };
	__atomic_sub_fetch(&nr_sockets, 1, __ATOMIC_RELAXED);
}

/*
 * The index that libslirp gets is the descriptor's number. When there are too
 * many sockets, the next connection to a forwarded port waits.
 */
static int on_add_poll(int fd, int events, void *opaque)
{
	struct net_slirp *s = opaque;

	if (fd < 0 || fd >= MAX_FDS)
		return -1;
	socket_opened(s, fd);
	if (s->fds[fd].listens && sockets_full(s)) {
		s->full = true;
		return -1;
	}
	s->fds[fd].wanted = to_epoll(events);
	s->fds[fd].ready = 0;
	return fd;
}

static int on_get_revents(int index, void *opaque)
{
	struct net_slirp *s = opaque;

	return index < 0 ? 0 : from_epoll(s->fds[index].ready);
}

static void fd_sync(struct net_slirp *s, int fd)
{
	struct slirp_fd *f = &s->fds[fd];
	struct epoll_event ev = { .events = f->wanted, .data.fd = fd };

	if (f->wanted == f->in_set)
		return;
	if (!f->wanted)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, fd, &ev) < 0 &&
		 epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		f->wanted = 0;
	f->in_set = f->wanted;
}

/* Ask libslirp which sockets to wait for, and how long. */
static void slirp_rearm(struct net_slirp *s)
{
	uint32_t timeout = UINT32_MAX;
	struct itimerspec when = { 0 };

	for (int fd = 0; fd <= s->max_fd; fd++)
		s->fds[fd].wanted = 0;
	s->full = false;
	slirp_pollfds_fill(s->slirp, &timeout, on_add_poll, s);
	for (int fd = 0; fd <= s->max_fd; fd++)
		fd_sync(s, fd);
	if (s->full && timeout > FULL_MS)
		timeout = FULL_MS;
	if (timeout != UINT32_MAX) {
		when.it_value.tv_sec = timeout / 1000;
		when.it_value.tv_nsec = (long)(timeout % 1000) * 1000000 + 1;
	}
	timerfd_settime(s->timer_fd, 0, &when, NULL);
	s->soon = false;
}

/* On a vCPU thread: let the device thread call slirp_rearm(). */
static void rearm_soon(struct net_slirp *s)
{
	struct itimerspec now = { .it_value = { .tv_nsec = 1 } };

	if (s->soon)
		return;
	s->soon = true;
	timerfd_settime(s->timer_fd, 0, &now, NULL);
}

/* On the device thread: sockets are ready, or the timeout has passed. */
static void slirp_work(struct device *dev, int fd, short revents)
{
	struct net_slirp *s = to_slirp(net_backend_of(dev));
	struct epoll_event ready[64];
	uint64_t ticks;
	int nr;

	(void)revents;
	if (fd == s->timer_fd && read(fd, &ticks, sizeof(ticks)) < 0)
		return;
	nr = epoll_wait(s->epoll_fd, ready, ARRAY_SIZE(ready), 0);
	for (int i = 0; i < nr; i++)
		s->fds[ready[i].data.fd].ready = ready[i].events;
	slirp_pollfds_poll(s->slirp, nr < 0, on_get_revents, s);
	slirp_rearm(s);
}

/* ---- the callbacks of libslirp ---- */

static ssize_t on_send_packet(const void *buf, size_t len, void *opaque)
{
	struct net_slirp *s = opaque;

	net_guard_learn(&s->guard, buf, len);
	net_receive(&s->base, buf, len);
	return (ssize_t)len;
}

/* libslirp drops a guest's malformed packet; report nothing. */
static void on_guest_error(const char *msg, void *opaque)
{
	(void)msg;
	(void)opaque;
}

static int64_t on_clock_get_ns(void *opaque)
{
	struct timespec ts;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Only IPv6 router advertisements use timers, and IPv6 is off. */
static void *on_timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
	(void)cb;
	(void)cb_opaque;
	return opaque;
}

static void on_timer_free(void *timer, void *opaque)
{
	(void)timer;
	(void)opaque;
}

static void on_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
	(void)timer;
	(void)expire_ms;
	(void)opaque;
}

static void on_register(int fd, void *opaque)
{
	if (fd >= 0 && fd < MAX_FDS)
		socket_opened(opaque, fd);
}

/* libslirp will close fd, and a later socket may get the same number. */
static void on_unregister(int fd, void *opaque)
{
	struct net_slirp *s = opaque;

	if (fd < 0 || fd >= MAX_FDS)
		return;
	s->fds[fd].wanted = 0;
	s->fds[fd].ready = 0;
	fd_sync(s, fd);
	socket_closed(s, fd);
	if (s->full)
		rearm_soon(s);
}

static void on_notify(void *opaque)
{
	rearm_soon(opaque);
}

static const SlirpCb callbacks = {
	.send_packet = on_send_packet,
	.guest_error = on_guest_error,
	.clock_get_ns = on_clock_get_ns,
	.timer_new = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_mod,
	.register_poll_fd = on_register,
	.unregister_poll_fd = on_unregister,
	.notify = on_notify,
};

/* ---- the backend ---- */

/* True when this flow has a socket already. */
static bool flow_is_open(const struct net_slirp *s, const struct net_flow *flow)
{
	for (int fd = 0; flow->protocol && fd <= s->max_fd; fd++)
		if (s->fds[fd].is_open && net_flow_is(&s->fds[fd].flow, flow))
			return true;
	return false;
}

/* When there are too many sockets, frames that begin a new flow are dropped. */
static void net_slirp_send(struct net_backend *b, const uint8_t *frame,
			   size_t len)
{
	struct net_slirp *s = to_slirp(b);
	struct net_flow flow;

	if (!net_guard_may_send(&s->guard, frame, len))
		return;
	if (net_guard_opens(frame, len, &flow)) {
		if (sockets_full(s) && !flow_is_open(s, &flow))
			return;
		s->flow = &flow;
	}
	slirp_input(s->slirp, frame, (int)len);
	s->flow = NULL;
	rearm_soon(s);
}

static void net_slirp_destroy(struct net_backend *b)
{
	struct net_slirp *s = to_slirp(b);
	struct bus *bus = b->dev->bus;

	bus->ops->fd_watch(bus, b->dev, s->epoll_fd, 0, NULL);
	bus->ops->fd_watch(bus, b->dev, s->timer_fd, 0, NULL);
	if (s->slirp)
		slirp_cleanup(s->slirp);
	for (int fd = 0; fd < MAX_FDS; fd++)
		socket_closed(s, fd);
	close(s->epoll_fd);
	close(s->timer_fd);
	free(s);
}

static const struct net_backend_ops slirp_ops = {
	.send = net_slirp_send,
	.destroy = net_slirp_destroy,
};

static struct in_addr address(uint32_t a)
{
	return (struct in_addr){ .s_addr = htonl(a) };
}

/*
 * With a UDP forward, libslirp's own check is off, and net_guard.c alone keeps
 * the guest off the host's loopback.
 */
static bool forwards_udp(const struct vmm_net *net)
{
	for (unsigned int i = 0; i < net->nr_forwards; i++)
		if (net->forward[i].udp)
			return true;
	return false;
}

static Slirp *slirp_start(struct net_slirp *s, const struct vmm_net *net)
{
	SlirpConfig cfg = {
		.version = 1,
		.in_enabled = true,
		.vnetwork = address(NET),
		.vnetmask = address(0xffffff00U),
		.vhost = address(HOST),
		.vdhcp_start = address(GUEST),
		.vnameserver = address(DNS),
		.vhostname = "guest",
		.disable_host_loopback = !net->host_loopback &&
					 !forwards_udp(net),
	};

	return slirp_new(&cfg, &callbacks, s);
}

static int forward_add(struct net_slirp *s, const struct vmm_forward *f,
		       char *err, size_t err_size)
{
	int rc;

	errno = 0;
	if (slirp_add_hostfwd(s->slirp, f->udp,
			      address(f->any ? INADDR_ANY : INADDR_LOOPBACK),
			      f->host_port, address(GUEST), f->guest_port) == 0)
		return 0;
	rc = errno ? -errno : -EADDRINUSE;
	snprintf(err, err_size, "--net hostfwd of port %u: %s", f->host_port,
		 rc == -EADDRINUSE ? "the port is in use: choose another one"
		 : rc == -EACCES ? "the port needs root: choose one above 1023"
				 : strerror(-rc));
	return rc;
}

/* The limit that leaves enough descriptors for the rest of the VMM. */
static unsigned int max_sockets(int highest_fd)
{
	unsigned int used = (unsigned int)highest_fd + 1 + RESERVED;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) ||
	    limit.rlim_cur >= used + MAX_SOCKETS)
		return MAX_SOCKETS;
	if (limit.rlim_cur < used + MIN_SOCKETS)
		return MIN_SOCKETS;
	return (unsigned int)limit.rlim_cur - used;
}

int net_slirp_create(struct device *dev, const struct vmm_net *net, char *err,
		     size_t err_size, struct net_backend **ret)
{
	struct net_slirp *s = calloc(1, sizeof(*s));
	struct bus *bus = dev->bus;
	int rc = 0;

	snprintf(err, err_size, "the user network cannot be set up");
	if (!s)
		return -ENOMEM;
	s->base.ops = &slirp_ops;
	s->base.dev = dev;
	s->guard.host = HOST;
	/*
	 * libslirp's own check sends an answer to a packet that it refuses. So
	 * use that check where it works.
	 */
	s->guard.host_loopback = net->host_loopback || !forwards_udp(net);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->max_sockets = max_sockets(s->timer_fd);
	s->slirp = slirp_start(s, net);
	if (s->epoll_fd < 0 || s->timer_fd < 0 || !s->slirp)
		rc = -EIO;
	for (unsigned int i = 0; !rc && i < net->nr_forwards; i++)
		rc = forward_add(s, &net->forward[i], err, err_size);
	if (!rc)
		rc = bus->ops->fd_watch(bus, dev, s->epoll_fd, POLLIN,
					slirp_work);
	if (!rc)
		rc = bus->ops->fd_watch(bus, dev, s->timer_fd, POLLIN,
					slirp_work);
	if (rc) {
		net_slirp_destroy(&s->base);
		return rc;
	}
	rearm_soon(s);
	*ret = &s->base;
	return 0;
}
