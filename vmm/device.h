/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - MMIO devices of the VMM, and the thread that serves them
 *
 * A device is a struct device with const ops, registered once before the
 * vCPUs start. Its MMIO callbacks run on vCPU threads with the device's own
 * mutex held by the bus; its descriptor callbacks run on the device thread
 * with the same mutex held. So a device needs no lock of its own.
 *
 * The guest is hostile: offset and size come from it (1, 2, 4 or 8 bytes, any
 * alignment), ring addresses and lengths, too. Reads of unknown registers
 * give 0, writes are ignored; nothing a guest writes may crash the VMM.
 *
 * To add a device: one file vmm/dev_NAME.c or vmm/virtio_NAME.c, a
 * constructor below, its place in the map (vmm/map.h), a node in its fdt op,
 * a unit test against tests/unit/fake_bus.c.
 */
#ifndef TRAPLINE_VMM_DEVICE_H
#define TRAPLINE_VMM_DEVICE_H

#include <pthread.h>
#include <trapline/guest.h>

struct vm;
struct device;

struct device_ops {
	const char *name;
	/* size is 1, 2, 4 or 8; offset + size may cross the end: give 0. */
	uint64_t (*read)(struct device *dev, uint64_t offset,
			 unsigned int size);
	void (*write)(struct device *dev, uint64_t offset, uint64_t value,
		      unsigned int size);
	/* Back to power-on state (PSCI SYSTEM_RESET). NULL: nothing to do. */
	void (*reset)(struct device *dev);
	/*
	 * Append this device's node to the tree (libfdt sequential write, at
	 * the root). NULL: none. 0 or a negative libfdt error.
	 */
	int (*fdt)(struct device *dev, void *fdt);
	/* Free it. NULL: statically allocated. */
	void (*destroy)(struct device *dev);
};

struct device {
	const struct device_ops *ops;
	struct bus *bus;
	ipa_t base;
	uint64_t size;
	unsigned int irq; /* SPI number, from 0 (INTID - 32) */
	pthread_mutex_t lock;
	struct device *next;
};

/*
 * What devices need of a VM. The live VM implements it (vmm/vm.c), tests
 * fake it (tests/unit/fake_bus.c).
 */
struct bus_ops {
	/* Drive the level of an SPI. Any thread. */
	void (*irq_set)(struct bus *bus, unsigned int spi, bool level);
	/* Guest RAM in place, or NULL: all of [ipa, ipa + len) or nothing. */
	void *(*ram_at)(struct bus *bus, ipa_t ipa, uint64_t len);
	/*
	 * Call fn on the device thread, dev->lock held, whenever fd polls one
	 * of events (POLLIN, POLLOUT); events 0 removes it. Any thread.
	 */
	int (*fd_watch)(struct bus *bus, struct device *dev, int fd,
			short events,
			void (*fn)(struct device *dev, int fd, short revents));
	/* A console escape key asks for this (dev_console). Any thread. */
	void (*request)(struct bus *bus, int request);
};

enum bus_request {
	BUS_REQUEST_STOP,  /* stop the guest for the debugger */
	BUS_REQUEST_QUIT,  /* end the VMM */
	BUS_REQUEST_RESET,
	BUS_REQUEST_CONTINUE,
	BUS_REQUEST_STATUS, /* print where each vCPU is */
};

struct bus {
	const struct bus_ops *ops;
	struct device *devices; /* all of them, in order of registration */
};

static inline void device_irq_set(struct device *dev, bool level)
{
	dev->bus->ops->irq_set(dev->bus, dev->irq, level);
}

/* Register. dev->base, size, irq and ops are filled by the constructor. */
void bus_add(struct bus *bus, struct device *dev);
/* Find and call: false when no device is at [ipa, ipa + size). */
bool bus_read(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t *ret);
bool bus_write(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t value);
void bus_reset(struct bus *bus);
int bus_fdt(struct bus *bus, void *fdt);
void bus_destroy(struct bus *bus);

/*
 * The terminal behind a console: stdin/stdout in raw mode when they are a
 * terminal, as they are otherwise. One console device at a time gets input
 * (the last one the guest opened: PL011 until the virtio console is used).
 */
struct terminal;
struct vmm_disk;
struct vmm_net;

/* Constructors. 0 or a negative errno with one line in err. */
int pl011_create(struct bus *bus, ipa_t base, unsigned int irq,
		 struct terminal *term, struct device **ret);
int pl031_create(struct bus *bus, ipa_t base, unsigned int irq,
		 struct device **ret);
int virtio_console_create(struct bus *bus, ipa_t base, unsigned int irq,
			  struct terminal *term, struct device **ret);
int virtio_blk_create(struct bus *bus, ipa_t base, unsigned int irq,
		      const struct vmm_disk *disk, char *err, size_t err_size,
		      struct device **ret);
int virtio_net_create(struct bus *bus, ipa_t base, unsigned int irq,
		      const struct vmm_net *net, char *err, size_t err_size,
		      struct device **ret);
int virtio_rng_create(struct bus *bus, ipa_t base, unsigned int irq,
		      struct device **ret);

#endif
