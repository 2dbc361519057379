// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_net.c - a network card for the guest
 *
 * Source: VIRTIO 1.2, "Network Device". One pair of queues, no offloads: a
 * buffer holds one frame as it is on the wire. Frames for the guest that arrive
 * before it has posted buffers wait in a short line, because the user network
 * cannot hold them back. The vCPU thread sends the guest's frames at once, a
 * limited number at a time.
 */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <trapline/util.h>
#include <trapline/vmm.h>
#include "net_backend.h"
#include "virtio.h"

#define RX              0
#define TX              1
/* With VIRTIO_F_VERSION_1 the header always has num_buffers. */
#define HEADER_LEN      sizeof(struct virtio_net_hdr_v1)
#define LINE_MAX_FRAMES 256

struct line_frame {
	struct line_frame *next;
	size_t len;
	uint8_t data[];
};

struct virtio_net {
	struct virtio v;
	struct net_backend *backend;
	struct virtio_net_config config;
	struct line_frame *line, **line_end;
	unsigned int line_frames;
	bool starved; /* call receive_ready when there are new buffers */
	uint8_t frame[NET_MAX_FRAME];
	struct virtq_chain chain;
};

static struct virtio_net *to_net(struct virtio *v)
{
	return container_of(v, struct virtio_net, v);
}

static struct virtio_net *backend_to_net(struct net_backend *b)
{
	return to_net(container_of(b->dev, struct virtio, dev));
}

struct net_backend *net_backend_of(struct device *dev)
{
	return to_net(container_of(dev, struct virtio, dev))->backend;
}

/* Returns false when the guest has no buffer. */
static bool rx_put(struct virtio_net *n, const uint8_t *frame, size_t len)
{
	struct virtio_net_hdr_v1 hdr = { .num_buffers = 1 };

	if (!virtio_pop(&n->v, RX, &n->chain))
		return false;
	if (n->chain.in_len < HEADER_LEN + len) {
		virtq_unpop(&n->v.queue[RX]); /* too long: drop the frame */
		return true;
	}
	virtq_copy_to(&n->chain, 0, &hdr, HEADER_LEN);
	virtq_copy_to(&n->chain, HEADER_LEN, frame, len);
	virtq_push(&n->v.queue[RX], &n->chain, (uint32_t)(HEADER_LEN + len));
	return true;
}

static void line_drop_first(struct virtio_net *n)
{
	struct line_frame *f = n->line;

	n->line = f->next;
	if (!n->line)
		n->line_end = &n->line;
	n->line_frames--;
	free(f);
}

static void line_add(struct virtio_net *n, const uint8_t *frame, size_t len)
{
	struct line_frame *f;

	if (n->line_frames == LINE_MAX_FRAMES)
		return;
	f = malloc(sizeof(*f) + len);
	if (!f)
		return;
	f->next = NULL;
	f->len = len;
	memcpy(f->data, frame, len);
	*n->line_end = f;
	n->line_end = &f->next;
	n->line_frames++;
}

void net_receive(struct net_backend *b, const uint8_t *frame, size_t len)
{
	struct virtio_net *n = backend_to_net(b);

	if (!virtio_is_live(&n->v) || len > NET_MAX_FRAME)
		return;
	if (n->line || !rx_put(n, frame, len))
		line_add(n, frame, len);
	else
		virtio_notify(&n->v, RX);
}

bool net_can_receive(struct net_backend *b)
{
	struct virtio_net *n = backend_to_net(b);

	n->starved = !virtio_is_live(&n->v) || !virtq_waits(&n->v.queue[RX]);
	return !n->starved;
}

static void rx_kick(struct virtio_net *n)
{
	while (n->line && rx_put(n, n->line->data, n->line->len))
		line_drop_first(n);
	virtio_notify(&n->v, RX);
	if (n->starved && n->backend->ops->receive_ready) {
		n->starved = false;
		n->backend->ops->receive_ready(n->backend);
	}
}

static bool tx_kick(struct virtio_net *n)
{
	unsigned int left = VIRTIO_KICK_CHAINS;

	while (left && virtio_pop(&n->v, TX, &n->chain)) {
		size_t len = virtq_copy_from(&n->chain, HEADER_LEN, n->frame,
					     sizeof(n->frame));
		bool whole = n->chain.out_len - len == HEADER_LEN;

		left--;
		/*
		 * Push before sending: the frame may bring an answer at once.
		 */
		virtq_push(&n->v.queue[TX], &n->chain, 0);
		if (len && whole)
			n->backend->ops->send(n->backend, n->frame, len);
	}
	virtio_notify(&n->v, TX);
	return !left;
}

static bool net_kick(struct virtio *v, unsigned int queue)
{
	if (queue == TX)
		return tx_kick(to_net(v));
	/* Bounded by the frames in line; none is added meanwhile. */
	rx_kick(to_net(v));
	return false;
}

static void net_reset(struct virtio *v)
{
	struct virtio_net *n = to_net(v);

	while (n->line)
		line_drop_first(n);
}

static void net_destroy(struct virtio *v)
{
	struct virtio_net *n = to_net(v);

	net_reset(v);
	if (n->backend)
		n->backend->ops->destroy(n->backend);
	free(n);
}

static const struct virtio_ops net_ops = {
	.device_id = VIRTIO_ID_NET,
	.nr_queues = 2,
	.kick = net_kick,
	.reset = net_reset,
	.destroy = net_destroy,
};

/*
 * The user network belongs to one VM, so its MAC address is always the same. On
 * a tap, the address must differ from those of other VMs on the same bridge.
 */
static void mac_choose(uint8_t mac[6], const struct vmm_net *net, ipa_t base)
{
	static const uint8_t prefix[3] = { 0x52, 0x54, 0x00 };

	memcpy(mac, prefix, sizeof(prefix));
	if (net->tap && getrandom(mac + 3, 3, 0) == 3)
		return;
	mac[3] = 0x54; /* "TL" */
	mac[4] = 0x4c;
	mac[5] = (uint8_t)(base >> 9); /* bases are MAP_VIRTIO_SIZE apart */
}

int virtio_net_create(struct bus *bus, ipa_t base, unsigned int irq,
		      const struct vmm_net *net, char *err, size_t err_size,
		      struct device **ret)
{
	struct virtio_net *n = calloc(1, sizeof(*n));
	int rc;

	if (!n) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	n->line_end = &n->line;
	n->config.status = VIRTIO_NET_S_LINK_UP;
	mac_choose(n->config.mac, net, base);
	n->v.ops = &net_ops;
	n->v.config = &n->config;
	n->v.config_size = sizeof(n->config);
	n->v.features = BIT_ULL(VIRTIO_NET_F_MAC) |
			BIT_ULL(VIRTIO_NET_F_STATUS);
	rc = virtio_add(&n->v, bus, base, irq);
	/* From here on the bus frees n. */
	if (rc)
		snprintf(err, err_size,
			 "the guest has too many devices: give fewer disks "
			 "and networks");
	else if (net->tap)
		rc = net_tap_create(&n->v.dev, net->tap, err, err_size,
				    &n->backend);
	else
		rc = net_slirp_create(&n->v.dev, net, err, err_size,
				      &n->backend);
	if (!rc)
		*ret = &n->v.dev;
	return rc;
}
