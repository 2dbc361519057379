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
 * Lock order: device.lock, then the locks of ioloop.c and terminal.c, which
 * are leaves.
 *
 * To add a device: one file vmm/dev_NAME.c or vmm/virtio_NAME.c, a
 * constructor below, its place in the map (vmm/map.h), a node in its fdt op,
 * a unit test against tests/unit/fake_bus.c.
 */
#ifndef TRAPLINE_VMM_DEVICE_H
#define TRAPLINE_VMM_DEVICE_H

#include <pthread.h>
#include <stdio.h>
#include <sys/uio.h>
#include <trapline/guest.h>

struct vm;
struct device;

struct device_ops {
	const char *name;
	/*
	 * size is 1, 2, 4 or 8. The access lies inside the device: one that
	 * crosses its end is answered by the bus (0, ignored).
	 */
	uint64_t (*read)(struct device *dev, uint64_t offset,
			 unsigned int size);
	void (*write)(struct device *dev, uint64_t offset, uint64_t value,
		      unsigned int size);
	/*
	 * Back to power-on state (PSCI SYSTEM_RESET), vCPUs stopped. The bus
	 * lowers the interrupt. NULL: nothing to do.
	 */
	void (*reset)(struct device *dev);
	/*
	 * Append this device's node to the tree (libfdt sequential write, at
	 * the root). NULL: none. 0 or a negative libfdt error.
	 */
	int (*fdt)(struct device *dev, void *fdt);
	/* More about it, for people, each line indented. NULL: nothing. */
	void (*print)(struct device *dev, FILE *out);
	/* Free it. NULL: statically allocated. */
	void (*destroy)(struct device *dev);
};

struct device {
	const struct device_ops *ops;
	struct bus *bus;
	ipa_t base;
	uint64_t size;
	unsigned int irq; /* SPI number, from 0 (INTID - 32) */
	bool level; /* of the SPI, as last driven */
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
	/*
	 * dev is about to write (done false), then has written, these pieces
	 * of guest RAM for one of its queues: watchpoints want to know. Both,
	 * with dev->lock held. NULL: nobody watches.
	 */
	void (*dma)(struct bus *bus, struct device *dev, unsigned int queue,
		    const struct iovec *iov, unsigned int nr, bool done);
	/* A console escape key asks for this (terminal.c). Any thread. */
	void (*request)(struct bus *bus, int request);
};

enum bus_request {
	BUS_REQUEST_TOGGLE, /* stop the guest for the debugger, or continue */
	BUS_REQUEST_QUIT, /* end the VMM */
	BUS_REQUEST_RESET,
	BUS_REQUEST_STATUS, /* print where each vCPU is */
	BUS_REQUEST_INTERRUPT, /* Ctrl-C was typed: terminal.h */
};

struct bus {
	const struct bus_ops *ops;
	struct device *devices; /* all of them, in order of registration */
	struct device *last_hit; /* a hint for bus.c */
};

/* With dev->lock held. A level that stays as it is costs nothing. */
static inline void device_irq_set(struct device *dev, bool level)
{
	if (dev->level == level)
		return;
	dev->level = level;
	dev->bus->ops->irq_set(dev->bus, dev->irq, level);
}

/*
 * Register. dev->base, size, irq and ops are filled by the constructor;
 * everything else is set here. Before the first vCPU runs.
 */
void bus_add(struct bus *bus, struct device *dev);
/* Find and call: false when no device is at ipa. Any thread. */
bool bus_read(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t *ret);
bool bus_write(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t value);
/* Reset every device and lower its interrupt. vCPUs and ioloop stopped. */
void bus_reset(struct bus *bus);
/* All devices' nodes, in order of registration; 0 or a libfdt error. */
int bus_fdt(struct bus *bus, void *fdt);
/* One line each, and what they say of themselves. */
void bus_print(struct bus *bus, FILE *out);
/* After ioloop_stop(), before ioloop_destroy(). */
void bus_destroy(struct bus *bus);

/*
 * For a device's fdt op: begin "node@base" with reg (two cells each) and
 * interrupts; the caller adds the rest and ends the node. 0 or a libfdt
 * error.
 */
int device_fdt_begin(struct device *dev, void *fdt, const char *node);

struct terminal; /* terminal.h */
struct vmm_disk;
struct vmm_net;

/*
 * Constructors: they register with the bus. 0 or a negative errno; where
 * there is an err, it gets one line that says what was wrong and what to do.
 */
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
