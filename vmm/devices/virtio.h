/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.h - the virtio-mmio transport, version 2
 *
 * Source: VIRTIO 1.2, "Virtio Over MMIO" and "Basic Facilities of a Virtio
 * Device". A device type embeds a struct virtio, fills ops, features and
 * configuration space, and calls virtio_add(). The transport does negotiation,
 * queue set-up, interrupts and reset.
 *
 * All callbacks run with dev.lock held; kick runs on a vCPU thread or on the
 * device thread.
 *
 * To add a type: write one file virtio_NAME.c, a constructor in device.h, and a
 * test tests/unit/test_virtio_NAME.c against fake_bus.c and virtio_driver.c.
 */
#ifndef TRAPLINE_VMM_VIRTIO_H
#define TRAPLINE_VMM_VIRTIO_H

#include "virtq.h"

#define VIRTIO_MAX_QUEUES 2

struct virtio;

struct virtio_ops {
	uint32_t device_id;
	unsigned int nr_queues;
	bool is_slow; /* call kick on the device thread only */
	/*
	 * The driver has put buffers into a queue. Another vCPU may fill the
	 * queue as fast as this call empties it, and a stop waits for this call
	 * to return. So a call does a bounded amount of work. It returns true
	 * when more work remains; kick is then called again, on the device
	 * thread.
	 */
	bool (*kick)(struct virtio *v, unsigned int queue);
	/* Drop unfinished work. NULL: nothing to do. */
	void (*reset)(struct virtio *v);
	/* The driver wrote to configuration space. NULL: ignored. */
	void (*config_write)(struct virtio *v, unsigned int offset,
			     uint64_t value, unsigned int size);
	/* Free the device. */
	void (*destroy)(struct virtio *v);
};

struct virtio {
	struct device dev;
	const struct virtio_ops *ops;
	uint64_t features; /* of the type; the transport adds its own */
	const void *config;
	size_t config_size;

	/* Private to the transport. */
	uint64_t accepted;
	uint32_t status, isr, generation;
	uint32_t features_sel, accepted_sel, queue_sel;
	bool complained;
	int again_fd; /* eventfd: kick the queues of the mask below */
	unsigned int again; /* a mask, one bit for each queue */
	struct virtq queue[VIRTIO_MAX_QUEUES];
};

/* The number of chains that one kick handles before it returns true. */
#define VIRTIO_KICK_CHAINS 64

/*
 * Fill dev and register it. ops, features and config must be filled before.
 * Returns 0 or a negative errno. In either case the bus owns the device and
 * frees it.
 */
int virtio_add(struct virtio *v, struct bus *bus, ipa_t base, unsigned int irq);
/* Kick that queue soon, on the device thread. */
void virtio_kick_soon(struct virtio *v, unsigned int queue);

/* True when the driver runs the device and has not broken it. */
bool virtio_is_live(const struct virtio *v);
bool virtio_has(const struct virtio *v, unsigned int feature_bit);
/*
 * virtq_pop() for a live device: returns 1 and *ret, or 0. A malformed ring
 * stops the device until reset (DEVICE_NEEDS_RESET), with one report().
 */
int virtio_pop(struct virtio *v, unsigned int queue, struct virtq_chain *ret);
/*
 * The driver broke a rule of the device type: stop the device in the same way.
 */
void virtio_break(struct virtio *v, const char *why);
/* Raise an interrupt for pushed chains, if the driver wants one. */
void virtio_notify(struct virtio *v, unsigned int queue);
/* *config has changed. */
void virtio_config_changed(struct virtio *v);

#endif
