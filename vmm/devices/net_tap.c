// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net_tap.c - the guest's cable ends in a tap device of the host
 *
 * Source: Documentation/networking/tuntap.rst. While the guest has no buffers,
 * this code does not read, so the host's own queue fills and slows the senders.
 */
#include "net_backend.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <trapline/util.h>

struct net_tap {
	struct net_backend base;
	int fd;
	uint8_t frame[NET_MAX_FRAME];
};

static struct net_tap *to_tap(struct net_backend *b)
{
	return container_of(b, struct net_tap, base);
}

static void on_frame(struct device *dev, int fd, short revents);

static void tap_watch(struct net_tap *t, short events)
{
	struct device *dev = t->base.dev;

	dev->bus->ops->fd_watch(dev->bus, dev, t->fd, events, on_frame);
}

static void tap_pump(struct net_tap *t)
{
	/* Bounded: the device thread also serves other devices. */
	for (int budget = 64; budget; budget--) {
		ssize_t len;

		if (!net_can_receive(&t->base)) {
			tap_watch(t, 0);
			return;
		}
		len = read(t->fd, t->frame, sizeof(t->frame));
		if (len <= 0)
			return;
		net_receive(&t->base, t->frame, (size_t)len);
	}
}

static void tap_send(struct net_backend *b, const uint8_t *frame, size_t len)
{
	/*
	 * If the queue is full or the link is down, the frame is lost, as on a
	 * cable.
	 */
	if (write(to_tap(b)->fd, frame, len) < 0)
		return;
}

static void tap_receive_ready(struct net_backend *b)
{
	tap_watch(to_tap(b), POLLIN);
}

static void tap_destroy(struct net_backend *b)
{
	struct net_tap *t = to_tap(b);

	tap_watch(t, 0);
	close(t->fd);
	free(t);
}

static const struct net_backend_ops tap_ops = {
	.send = tap_send,
	.receive_ready = tap_receive_ready,
	.destroy = tap_destroy,
};

static void on_frame(struct device *dev, int fd, short revents)
{
	(void)fd;
	(void)revents;
	tap_pump(to_tap(net_backend_of(dev)));
}

static const char *open_error(int code)
{
	switch (code) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "no /dev/net/tun: load the tun module";
	case EACCES:
		return "no permission on /dev/net/tun: ask its owner, or use "
		       "the user network (-n user)";
	}
	return strerror(code);
}

static const char *attach_error(int code)
{
	switch (code) {
	case EPERM:
		return "not yours: as root, \"ip tuntap add dev NAME mode tap "
		       "user USER\" first";
	case EBUSY:
		return "in use by another process";
	case EINVAL:
		return "exists, but is no tap device";
	}
	return strerror(code);
}

/* Ignore errors: the user who made the device may have set the link up. */
static void link_up(const struct ifreq *of)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memcpy(ifr.ifr_name, of->ifr_name, sizeof(ifr.ifr_name));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && !(ifr.ifr_flags & IFF_UP)) {
		ifr.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
}

static int tap_open(const char *name, char *err, size_t err_size)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	size_t len = strlen(name);
	int fd, rc;

	if (!len || len >= sizeof(ifr.ifr_name)) {
		snprintf(err, err_size,
			 "tap %s: the name must have 1 to %zu characters", name,
			 sizeof(ifr.ifr_name) - 1);
		return -EINVAL;
	}
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		rc = -errno;
		snprintf(err, err_size, "tap %s: %s", name, open_error(-rc));
		return rc;
	}
	memcpy(ifr.ifr_name, name, len);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		rc = -errno;
		snprintf(err, err_size, "tap %s: %s", name, attach_error(-rc));
		close(fd);
		return rc;
	}
	link_up(&ifr);
	return fd;
}

int net_tap_create(struct device *dev, const char *name, char *err,
		   size_t err_size, struct net_backend **ret)
{
	struct net_tap *t = calloc(1, sizeof(*t));

	if (!t) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	t->base.ops = &tap_ops;
	t->base.dev = dev;
	t->fd = tap_open(name, err, err_size);
	if (t->fd < 0) {
		int rc = t->fd;

		free(t);
		return rc;
	}
	*ret = &t->base;
	tap_watch(t, POLLIN);
	return 0;
}
