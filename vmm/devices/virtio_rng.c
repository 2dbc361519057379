// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_rng.c - entropy for the guest
 *
 * Source: VIRTIO 1.2, "Entropy Device". The vCPU thread that asks fills the
 * buffer at once from getrandom(2). A guest can ask for gigabytes, so the size
 * of one request is bounded, and so is the number of requests handled at a
 * time.
 */
#include <linux/virtio_ids.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <trapline/util.h>
#include "virtio.h"

#define MAX_BYTES 4096U

struct virtio_rng {
	struct virtio v;
};

static bool rng_kick(struct virtio *v, unsigned int queue)
{
	unsigned int left = VIRTIO_KICK_CHAINS;
	struct virtq_chain chain;

	while (left && virtio_pop(v, queue, &chain)) {
		uint8_t bytes[MAX_BYTES];
		size_t len = chain.in_len < MAX_BYTES ? chain.in_len
						      : MAX_BYTES;
		ssize_t got = getrandom(bytes, len, 0);

		left--;
		if (got < 0)
			got = 0;
		virtq_copy_to(&chain, 0, bytes, (size_t)got);
		virtq_push(&v->queue[queue], &chain, (uint32_t)got);
	}
	virtio_notify(v, queue);
	return !left;
}

static void rng_destroy(struct virtio *v)
{
	free(container_of(v, struct virtio_rng, v));
}

static const struct virtio_ops rng_ops = {
	.device_id = VIRTIO_ID_RNG,
	.nr_queues = 1,
	.kick = rng_kick,
	.destroy = rng_destroy,
};

int virtio_rng_create(struct bus *bus, ipa_t base, unsigned int irq,
		      struct device **ret)
{
	struct virtio_rng *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->v.ops = &rng_ops;
	*ret = &r->v.dev;
	return virtio_add(&r->v, bus, base, irq);
}
