/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_backend.h - the other end of the guest's network cable
 *
 * A backend belongs to a virtio_net and has no lock of its own: every call, in
 * both directions, is made with the device's lock held. Frames are whole
 * Ethernet frames without frame checksum, and never longer than NET_MAX_FRAME.
 *
 * To add a backend: write one file net_NAME.c, declare a constructor below, and
 * call the constructor in virtio_net_create().
 */
#ifndef TRAPLINE_VMM_NET_BACKEND_H
#define TRAPLINE_VMM_NET_BACKEND_H

#include "device.h"

#define NET_MAX_FRAME 0x4000U

struct net_backend;

struct net_backend_ops {
	/* Send a frame of the guest. A frame that cannot be sent is dropped. */
	void (*send)(struct net_backend *b, const uint8_t *frame, size_t len);
	/* net_receive() can succeed again. NULL: the backend need not know. */
	void (*receive_ready)(struct net_backend *b);
	void (*destroy)(struct net_backend *b);
};

struct net_backend {
	const struct net_backend_ops *ops;
	struct device *dev;
};

/* The backend of that device, for a backend's fd_watch callbacks. */
struct net_backend *net_backend_of(struct device *dev);
/* For backends: pass a frame to the guest. Without room it is dropped. */
void net_receive(struct net_backend *b, const uint8_t *frame, size_t len);
/*
 * Does the guest have a buffer for a frame? If not, receive_ready is called
 * when the guest has one.
 */
bool net_can_receive(struct net_backend *b);

/*
 * Constructors: they return 0, or a negative errno with one line in err. dev is
 * already registered with its bus.
 */
int net_slirp_create(struct device *dev, const struct vmm_net *net, char *err,
		     size_t err_size, struct net_backend **ret);
int net_tap_create(struct device *dev, const char *name, char *err,
		   size_t err_size, struct net_backend **ret);

#endif
