/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_virtio.h - the driver's half of virtio-mmio, over a fake_bus
 *
 * It makes no checks on purpose: a test can overwrite every field between two
 * calls. Queue q's rings are at FAKE_RAM + q * 64 KiB: desc at offset 0, avail
 * at 0x2000, used at 0x3000. Data starts at FAKE_DATA.
 */
#ifndef TRAPLINE_TESTS_FAKE_VIRTIO_H
#define TRAPLINE_TESTS_FAKE_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include "fake_bus.h"

#define FAKE_DATA   (FAKE_RAM + 0x40000)
#define FAKE_QUEUES 2

struct fake_queue {
	uint16_t size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next_desc; /* next index to use; wraps around */
	uint16_t seen; /* number of used entries fetched */
};

struct fake_driver {
	struct fake_bus *f;
	ipa_t base;
	struct fake_queue q[FAKE_QUEUES];
};

/* One segment of a chain: data lies at an IPA already. */
struct fake_seg {
	ipa_t ipa;
	uint32_t len;
	bool write; /* the device writes to it */
};

uint32_t drv_read(struct fake_driver *d, uint32_t offset);
void drv_write(struct fake_driver *d, uint32_t offset, uint32_t value);

/*
 * Reset the device, negotiate exactly these features (VERSION_1 is added), set
 * up nr_queues queues of this size, and set DRIVER_OK. False: the device has
 * cleared FEATURES_OK.
 */
bool drv_start(struct fake_driver *d, struct fake_bus *f, ipa_t base,
	       uint64_t features, unsigned int nr_queues, uint16_t size);
/* Put a chain into the avail ring; returns its head. No notification. */
uint16_t drv_add(struct fake_driver *d, unsigned int queue,
		 const struct fake_seg *segs, unsigned int nr);
/* Make head available without any check. */
void drv_offer(struct fake_driver *d, unsigned int queue, uint16_t head);
/* Notify and let the device thread work. */
void drv_kick(struct fake_driver *d, unsigned int queue);
/* Fetch one used entry. Returns its length, or -1 when there is no entry. */
int64_t drv_used(struct fake_driver *d, unsigned int queue);
/* Guest memory for the test to fill and read. */
void *drv_mem(struct fake_driver *d, ipa_t ipa);
bool drv_broken(struct fake_driver *d);

#endif
