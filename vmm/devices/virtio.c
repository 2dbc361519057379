// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio.c - the virtio-mmio transport, version 2
 *
 * Source: VIRTIO 1.2, "MMIO Device Register Layout". Registers can only be
 * accessed with 32 bits, configuration space with every size that fits. Any
 * other read returns 0. A legacy driver does not acknowledge
 * VIRTIO_F_VERSION_1, so it never gets FEATURES_OK.
 */
#include "virtio.h"
#include <errno.h>
#include <libfdt.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include "vmm/map.h"

#define MAGIC        0x74726976U /* "virt" */
#define MMIO_VERSION 2U
#define VENDOR       0x4c505254U /* "TRPL" */
#define ISR_USED     VIRTIO_MMIO_INT_VRING
#define ISR_CONFIG   VIRTIO_MMIO_INT_CONFIG
#define LOW          GENMASK_ULL(31, 0)
#define HIGH         GENMASK_ULL(63, 32)

/* Features that the transport and the rings offer for every device type. */
#define TRANSPORT_FEATURES                                                    \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | \
	 BIT_ULL(VIRTIO_RING_F_EVENT_IDX))

static struct virtio *to_virtio(struct device *dev)
{
	return container_of(dev, struct virtio, dev);
}

static void irq_update(struct virtio *v)
{
	device_irq_set(&v->dev, v->isr);
}

bool virtio_is_live(const struct virtio *v)
{
	return (v->status &
		(VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) ==
	       VIRTIO_CONFIG_S_DRIVER_OK;
}

bool virtio_has(const struct virtio *v, unsigned int feature_bit)
{
	return v->accepted & BIT_ULL(feature_bit);
}

void virtio_config_changed(struct virtio *v)
{
	v->generation++;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		v->isr |= ISR_CONFIG;
	irq_update(v);
}

void virtio_break(struct virtio *v, const char *why)
{
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	virtio_config_changed(v);
	/*
	 * Report this once: a guest that resets and errs again must not flood
	 * the user.
	 */
	if (!v->complained)
		report(REPORT_ERROR,
		       "%s: %s: the device waits for a reset by "
		       "the guest",
		       v->dev.ops->name, why);
	v->complained = true;
}

int virtio_pop(struct virtio *v, unsigned int queue, struct virtq_chain *ret)
{
	int got;

	if (!virtio_is_live(v))
		return 0;
	got = virtq_pop(&v->queue[queue], ret);
	if (got >= 0)
		return got;
	virtio_break(v, "the guest's driver gave it a malformed queue");
	return 0;
}

void virtio_notify(struct virtio *v, unsigned int queue)
{
	if (!v->queue[queue].ready || !virtq_wants_interrupt(&v->queue[queue]))
		return;
	v->isr |= ISR_USED;
	irq_update(v);
}

static void virtio_reset(struct device *dev)
{
	struct virtio *v = to_virtio(dev);

	v->accepted = 0;
	v->status = 0;
	v->isr = 0;
	v->features_sel = 0;
	v->accepted_sel = 0;
	v->queue_sel = 0;
	v->again = 0;
	memset(v->queue, 0, sizeof(v->queue));
	irq_update(v);
	if (v->ops->reset)
		v->ops->reset(v);
}

static uint64_t offered(const struct virtio *v)
{
	return v->features | TRANSPORT_FEATURES;
}

static struct virtq *selected_queue(struct virtio *v)
{
	return v->queue_sel < v->ops->nr_queues ? &v->queue[v->queue_sel]
						: NULL;
}

static uint64_t config_read(const struct virtio *v, uint64_t offset,
			    unsigned int size)
{
	uint64_t value = 0;

	if (offset < v->config_size && size <= v->config_size - offset)
		memcpy(&value, (const char *)v->config + offset, size);
	return value;
}

static uint32_t half(uint64_t value, uint32_t sel)
{
	if (sel > 1)
		return 0;
	return (uint32_t)(sel ? FIELD_GET(HIGH, value) : FIELD_GET(LOW, value));
}

static uint32_t register_read(struct virtio *v, uint64_t offset)
{
	struct virtq *q = selected_queue(v);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return MMIO_VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return v->ops->device_id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return half(offered(v), v->features_sel);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return q ? VIRTQ_MAX_SIZE : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return q ? q->ready : 0;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return v->isr;
	case VIRTIO_MMIO_STATUS:
		return v->status;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return v->generation;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return ~0U; /* there is no shared memory */
	}
	return 0;
}

static uint64_t virtio_read(struct device *dev, uint64_t offset,
			    unsigned int size)
{
	struct virtio *v = to_virtio(dev);

	if (offset >= VIRTIO_MMIO_CONFIG)
		return config_read(v, offset - VIRTIO_MMIO_CONFIG, size);
	return size == 4 ? register_read(v, offset) : 0;
}

static void accept_features(struct virtio *v, uint32_t bits)
{
	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	if (v->accepted_sel == 0)
		v->accepted = (v->accepted & HIGH) | bits;
	else if (v->accepted_sel == 1)
		v->accepted = (v->accepted & LOW) | FIELD_PREP(HIGH, bits);
}

/* If this is false, FEATURES_OK stays clear, so the driver sees the refusal. */
static bool features_are_fine(const struct virtio *v)
{
	return !(v->accepted & ~offered(v)) &&
	       virtio_has(v, VIRTIO_F_VERSION_1);
}

static void kick(struct virtio *v, uint32_t queue, bool on_vcpu)
{
	if (queue >= v->ops->nr_queues || !v->queue[queue].ready ||
	    !virtio_is_live(v))
		return;
	if ((on_vcpu && v->ops->is_slow) || v->ops->kick(v, queue))
		virtio_kick_soon(v, queue);
}

void virtio_kick_soon(struct virtio *v, unsigned int queue)
{
	v->again |= 1U << queue;
	eventfd_write(v->again_fd, 1);
}

/* Runs on the device thread. */
static void kick_again(struct device *dev, int fd, short revents)
{
	struct virtio *v = to_virtio(dev);
	unsigned int again = v->again;
	eventfd_t ignored;

	(void)revents;
	eventfd_read(fd, &ignored);
	v->again = 0;
	for (uint32_t i = 0; i < v->ops->nr_queues; i++)
		if (again & 1U << i)
			kick(v, i, false);
}

static void status_write(struct virtio *v, uint32_t status)
{
	uint32_t fresh = status & ~v->status;

	if (!status) {
		virtio_reset(&v->dev);
		return;
	}
	if ((fresh & VIRTIO_CONFIG_S_FEATURES_OK) && !features_are_fine(v))
		status &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	/*
	 * A driver can neither clear bits nor run a device without FEATURES_OK.
	 */
	v->status |= status & 0xff & ~(uint32_t)VIRTIO_CONFIG_S_NEEDS_RESET;
	if (!(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
		v->status &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	if (!(fresh & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	/* The driver may have queued buffers, and kicked, before DRIVER_OK. */
	for (uint32_t i = 0; i < v->ops->nr_queues; i++)
		kick(v, i, true);
}

static void ready_write(struct virtio *v, struct virtq *q, uint32_t value)
{
	if (!(value & 1)) {
		q->ready = false;
		return;
	}
	q->dev = &v->dev;
	q->index = v->queue_sel;
	if (!q->ready &&
	    virtq_enable(q, v->dev.bus, virtio_has(v, VIRTIO_RING_F_EVENT_IDX),
			 virtio_has(v, VIRTIO_RING_F_INDIRECT_DESC)) < 0)
		virtio_break(v,
			     "the guest's driver set up an impossible queue");
}

static void set_low(uint64_t *address, uint32_t value)
{
	*address = (*address & HIGH) | value;
}

static void set_high(uint64_t *address, uint32_t value)
{
	*address = (*address & LOW) | FIELD_PREP(HIGH, value);
}

static void queue_write(struct virtio *v, uint64_t offset, uint32_t value)
{
	struct virtq *q = selected_queue(v);

	if (!q)
		return;
	if (offset == VIRTIO_MMIO_QUEUE_READY) {
		ready_write(v, q, value);
		return;
	}
	if (q->ready)
		return;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		q->size = value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		set_low(&q->desc_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_high(&q->desc_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		set_low(&q->avail_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_high(&q->avail_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		set_low(&q->used_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_high(&q->used_ipa, value);
		break;
	}
}

static void register_write(struct virtio *v, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		v->features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		accept_features(v, value);
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		v->accepted_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		v->queue_sel = value;
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		kick(v, value, true);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		v->isr &= ~value;
		irq_update(v);
		break;
	case VIRTIO_MMIO_STATUS:
		status_write(v, value);
		break;
	default:
		queue_write(v, offset, value);
		break;
	}
}

static void virtio_write(struct device *dev, uint64_t offset, uint64_t value,
			 unsigned int size)
{
	struct virtio *v = to_virtio(dev);

	if (offset >= VIRTIO_MMIO_CONFIG) {
		if (v->ops->config_write)
			v->ops->config_write(
				v, (unsigned int)(offset - VIRTIO_MMIO_CONFIG),
				value, size);
		return;
	}
	if (size == 4)
		register_write(v, offset, (uint32_t)value);
}

static int virtio_fdt(struct device *dev, void *fdt)
{
	int err = device_fdt_begin(dev, fdt, "virtio_mmio");

	if (!err)
		err = fdt_property_string(fdt, "compatible", "virtio,mmio");
	if (!err)
		err = fdt_property(fdt, "dma-coherent", NULL, 0);
	return err ? err : fdt_end_node(fdt);
}

static void virtio_print(struct device *dev, FILE *out)
{
	const struct virtio *v = to_virtio(dev);

	for (unsigned int i = 0; i < v->ops->nr_queues; i++) {
		const struct virtq *q = &v->queue[i];

		if (q->ready)
			fprintf(out,
				"    queue %u: %u entries, descriptors at IPA "
				"0x%llx, available 0x%llx, used 0x%llx\n",
				i, q->size, (unsigned long long)q->desc_ipa,
				(unsigned long long)q->avail_ipa,
				(unsigned long long)q->used_ipa);
	}
}

static void virtio_destroy(struct device *dev)
{
	struct virtio *v = to_virtio(dev);

	if (v->again_fd >= 0) {
		dev->bus->ops->fd_watch(dev->bus, dev, v->again_fd, 0, NULL);
		close(v->again_fd);
	}
	v->ops->destroy(v);
}

/* clang-format off */
#define VIRTIO_DEVICE_OPS(NAME)                                             \
	{                                                                   \
		.name = (NAME), .read = virtio_read, .write = virtio_write, \
		.reset = virtio_reset, .fdt = virtio_fdt,                   \
		.print = virtio_print, .destroy = virtio_destroy,           \
	}
/* clang-format on */

/* By device ID (VIRTIO 1.2, "Device Types"). */
static const struct device_ops type_ops[] = {
	[0] = VIRTIO_DEVICE_OPS("virtio"),
	[1] = VIRTIO_DEVICE_OPS("virtio-net"),
	[2] = VIRTIO_DEVICE_OPS("virtio-blk"),
	[3] = VIRTIO_DEVICE_OPS("hvc0 (virtio-console)"),
	[4] = VIRTIO_DEVICE_OPS("virtio-rng"),
};

int virtio_add(struct virtio *v, struct bus *bus, ipa_t base, unsigned int irq)
{
	uint32_t id = v->ops->device_id;

	v->dev.ops = &type_ops[id < ARRAY_SIZE(type_ops) ? id : 0];
	v->dev.base = base;
	v->dev.size = MAP_VIRTIO_SIZE;
	v->dev.irq = irq;
	v->again_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bus_add(bus, &v->dev);
	if (v->again_fd < 0)
		return -errno;
	return bus->ops->fd_watch(bus, &v->dev, v->again_fd, POLLIN,
				  kick_again);
}
