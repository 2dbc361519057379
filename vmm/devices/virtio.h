/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.h - the virtio-mmio transport, version 2
 *
 * Source: VIRTIO 1.2, "Virtio Over MMIO" and "Basic Facilities of a Virtio
 * Device". A device type embeds a struct virtio, fills ops, features and
 * configuration space, and calls virtio_add(); the transport does
 * negotiation, queue set-up, interrupts and reset.
 *
 * All callbacks come with dev.lock held: kick on a vCPU thread or on the device
 * thread.
 *
 * To add a type: one file virtio_NAME.c, a constructor in device.h, a test
 * tests/unit/test_virtio_NAME.c against fake_bus.c and virtio_driver.c.
 */
#ifndef TRAPLINE_VMM_VIRTIO_H
#define TRAPLINE_VMM_VIRTIO_H

#include "virtq.h"

#define VIRTIO_MAX_QUEUES 2

struct virtio;

struct virtio_ops {
	uint32_t device_id;
	unsigned int nr_queues;
	bool is_slow; /* kick is called on the device thread only */
	/*
	 * The driver has put something into a queue. Another vCPU may fill the
	 * queue as fast as it is emptied, and a stop waits for this call to
	 * return: so it does a bounded piece of work. true: there is more; it
	 * is called again, on the device thread.
	 */
	bool (*kick)(struct virtio *v, unsigned int queue);
	/* Forget what was under way. NULL: nothing to do. */
	void (*reset)(struct virtio *v);
	/* The driver wrote to configuration space. NULL: ignored. */
	void (*config_write)(struct virtio *v, unsigned int offset,
			     uint64_t value, unsigned int size);
	/* Free it. */
	void (*destroy)(struct virtio *v);
};

struct virtio {
	struct device dev;
	const struct virtio_ops *ops;
	uint64_t features; /* of the type; the transport adds its own */
	const void *config;
	size_t config_size;

	/* The transport's own. */
	uint64_t accepted;
	uint32_t status, isr, generation;
	uint32_t features_sel, accepted_sel, queue_sel;
	bool complained;
	int again_fd; /* eventfd: queues of again are to be kicked */
	unsigned int again; /* a bit for each queue */
	struct virtq queue[VIRTIO_MAX_QUEUES];
};

/* Chains that a kick does before it says that there is more. */
#define VIRTIO_KICK_CHAINS 64

/*
 * Fill dev and register it, once ops, features and config are filled. 0 or a
 * negative errno; the bus owns it, and frees it, in either case.
 */
int virtio_add(struct virtio *v, struct bus *bus, ipa_t base, unsigned int irq);
/* Kick that queue soon, on the device thread. */
void virtio_kick_soon(struct virtio *v, unsigned int queue);

/* Does the driver run the device, and has it not broken it? */
bool virtio_is_live(const struct virtio *v);
bool virtio_has(const struct virtio *v, unsigned int feature_bit);
/*
 * virtq_pop() of a live device: 1 and *ret, or 0. A hostile ring stops the
 * device until reset (DEVICE_NEEDS_RESET), with one line on stderr.
 */
int virtio_pop(struct virtio *v, unsigned int queue, struct virtq_chain *ret);
/* The driver broke a rule of the device type: as above. */
void virtio_break(struct virtio *v, const char *why);
/* Interrupt for pushed chains, if the driver wants one. */
void virtio_notify(struct virtio *v, unsigned int queue);
/* *config has changed. */
void virtio_config_changed(struct virtio *v);

#endif
