/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device.h - MMIO devices of the VMM, and the thread that serves them
 *
 * A device is a struct device with const ops, registered once before the vCPUs
 * start. Its MMIO callbacks run on vCPU threads while the bus holds the
 * device's own mutex. Its descriptor callbacks run on the device thread with
 * the same mutex held. So a device needs no lock of its own.
 *
 * The guest is untrusted: it chooses offset and size (1, 2, 4 or 8 bytes, any
 * alignment), ring addresses and lengths. Unknown registers read as 0 and
 * ignore writes. Nothing that a guest writes may crash the VMM.
 *
 * Lock order: device.lock, then the locks of ioloop.c and terminal.c, which are
 * leaf locks.
 *
 * To add a device: write one file, dev_NAME.c or virtio_NAME.c, here. Add a
 * constructor below, its place in the memory map (vmm/map.h), a node in its fdt
 * op, and a unit test against tests/unit/fake_bus.c.
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
	 * size is 1, 2, 4 or 8. The access lies inside the device: the bus
	 * itself answers an access that crosses the end (reads as 0, write
	 * ignored).
	 */
	uint64_t (*read)(struct device *dev, uint64_t offset,
			 unsigned int size);
	void (*write)(struct device *dev, uint64_t offset, uint64_t value,
		      unsigned int size);
	/*
	 * Return to the power-on state (PSCI SYSTEM_RESET); the vCPUs are
	 * stopped. The bus lowers the interrupt. NULL: nothing to do.
	 */
	void (*reset)(struct device *dev);
	/*
	 * Append this device's node to the tree (libfdt sequential write, at
	 * the root). Returns 0 or a negative libfdt error. NULL: no node.
	 */
	int (*fdt)(struct device *dev, void *fdt);
	/*
	 * Print more about the device for the user, each line indented. NULL:
	 * nothing.
	 */
	void (*print)(struct device *dev, FILE *out);
	/* Free the device. NULL: it is statically allocated. */
	void (*destroy)(struct device *dev);
};

struct device {
	const struct device_ops *ops;
	struct bus *bus;
	ipa_t base;
	uint64_t size;
	unsigned int irq; /* SPI number, from 0 (INTID - 32) */
	bool level; /* level of the SPI, as last driven */
	pthread_mutex_t lock;
	struct device *next;
};

/*
 * The services that devices need from a VM. The live VM implements them
 * (vmm/vm.c), and tests fake them (tests/unit/fake_bus.c).
 */
struct bus_ops {
	/* Drive the level of an SPI. Any thread. */
	void (*irq_set)(struct bus *bus, unsigned int spi, bool level);
	/*
	 * The host address of [ipa, ipa + len). NULL: not all of it is guest
	 * RAM.
	 */
	void *(*ram_at)(struct bus *bus, ipa_t ipa, uint64_t len);
	/*
	 * Call fn on the device thread, with dev->lock held, whenever fd polls
	 * one of events (POLLIN, POLLOUT). events 0 removes the watch. Any
	 * thread.
	 */
	int (*fd_watch)(struct bus *bus, struct device *dev, int fd,
			short events,
			void (*fn)(struct device *dev, int fd, short revents));
	/*
	 * For watchpoints: dev calls this before (done false) and after (done
	 * true) it writes these pieces of guest RAM for one of its queues, both
	 * times with dev->lock held. NULL: there are no watchpoints.
	 */
	void (*dma)(struct bus *bus, struct device *dev, unsigned int queue,
		    const struct iovec *iov, unsigned int nr, bool done);
	/* A console escape key made this request (terminal.c). Any thread. */
	void (*request)(struct bus *bus, int request);
};

enum bus_request {
	BUS_REQUEST_TOGGLE, /* stop the guest for the debugger, or continue */
	BUS_REQUEST_QUIT, /* end the VMM */
	BUS_REQUEST_RESET,
	BUS_REQUEST_STATUS, /* print where each vCPU is */
	BUS_REQUEST_SHELL, /* the terminal is lent to the shell (terminal.h) */
	BUS_REQUEST_INTERRUPT, /* Ctrl-C was typed: terminal.h */
};

struct bus {
	const struct bus_ops *ops;
	struct device *devices; /* all of them, in order of registration */
	struct device *last_hit; /* a hint for bus.c */
};

/* Call with dev->lock held. An unchanged level costs nothing. */
static inline void device_irq_set(struct device *dev, bool level)
{
	if (dev->level == level)
		return;
	dev->level = level;
	dev->bus->ops->irq_set(dev->bus, dev->irq, level);
}

/*
 * Register a device. The constructor fills dev->base, size, irq and ops; this
 * function sets the other members. Call it before the first vCPU runs.
 */
void bus_add(struct bus *bus, struct device *dev);
/* Find the device at ipa and call it. False: there is none. Any thread. */
bool bus_read(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t *ret);
bool bus_write(struct bus *bus, ipa_t ipa, unsigned int size, uint64_t value);
/*
 * Reset every device and lower its interrupt. The vCPUs must be stopped and the
 * ioloop paused.
 */
void bus_reset(struct bus *bus);
/*
 * Append all devices' nodes, in order of registration. Returns 0 or a libfdt
 * error.
 */
int bus_fdt(struct bus *bus, void *fdt);
/* Print one line per device, and the output of its print op. */
void bus_print(struct bus *bus, FILE *out);
/* Call after ioloop_stop() and before ioloop_destroy(). */
void bus_destroy(struct bus *bus);

/*
 * For a device's fdt op: begin "node@base" with reg (two cells each) and
 * interrupts. The caller adds the other properties and ends the node. Returns 0
 * or a libfdt error.
 */
int device_fdt_begin(struct device *dev, void *fdt, const char *node);

struct terminal; /* terminal.h */
struct vmm_disk;
struct vmm_net;

/*
 * Constructors: they register the device with the bus. They return 0 or a
 * negative errno. Those with err write one line that names the fault and says
 * what to do.
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
