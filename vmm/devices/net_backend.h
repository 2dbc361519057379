/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_backend.h - what is at the other end of the guest's network cable
 *
 * A backend belongs to a virtio_net and has no lock of its own: everything
 * here, in both directions, happens with the device's lock held. Frames are
 * Ethernet, without checksum of the frame, whole, and never longer than
 * NET_MAX_FRAME.
 *
 * To add a backend: one file net_NAME.c, a constructor below, its choice in
 * virtio_net_create().
 */
#ifndef TRAPLINE_VMM_NET_BACKEND_H
#define TRAPLINE_VMM_NET_BACKEND_H

#include "device.h"

#define NET_MAX_FRAME 0x4000U

struct net_backend;

struct net_backend_ops {
	/* A frame from the guest. What cannot be sent is dropped. */
	void (*send)(struct net_backend *b, const uint8_t *frame, size_t len);
	/* net_receive() would succeed again. NULL: not interested. */
	void (*receive_ready)(struct net_backend *b);
	void (*destroy)(struct net_backend *b);
};

struct net_backend {
	const struct net_backend_ops *ops;
	struct device *dev;
};

/* For a backend's fd_watch callbacks: the backend of that device. */
struct net_backend *net_backend_of(struct device *dev);
/* For backends: a frame for the guest. It is dropped when there is no room. */
void net_receive(struct net_backend *b, const uint8_t *frame, size_t len);
/*
 * Has the guest a buffer for a frame? If not, receive_ready comes when it
 * has.
 */
bool net_can_receive(struct net_backend *b);

/*
 * Constructors: 0 or a negative errno with one line in err. dev is
 * registered with its bus already.
 */
int net_slirp_create(struct device *dev, const struct vmm_net *net, char *err,
		     size_t err_size, struct net_backend **ret);
int net_tap_create(struct device *dev, const char *name, char *err,
		   size_t err_size, struct net_backend **ret);

#endif
