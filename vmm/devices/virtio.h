/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio.h - the virtio-mmio transport, version 2
 *
 * Source: VIRTIO 1.2, "Virtio Over MMIO" and "Basic Facilities of a Virtio
 * Device". A device type embeds a struct virtio, fills ops, features and
 * configuration space, and calls virtio_add(); the transport does
 * negotiation, queue set-up, interrupts and reset.
 *
 * All callbacks come with dev.lock held: kick on a vCPU thread, unless the
 * type moves its work to the device thread itself.
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
	/* The driver has put something into a queue. */
	void (*kick)(struct virtio *v, unsigned int queue);
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
	struct virtq queue[VIRTIO_MAX_QUEUES];
};

/* Fill dev and register it, once ops, features and config are filled. */
void virtio_add(struct virtio *v, struct bus *bus, ipa_t base,
		unsigned int irq);

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
