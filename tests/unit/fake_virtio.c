// SPDX-License-Identifier: GPL-2.0-or-later
/* fake_virtio.c - the driver's half of virtio-mmio; see fake_virtio.h */
#include "fake_virtio.h"

uint32_t drv_read(struct fake_driver *d, uint32_t offset)
{
	return fake_read(d->f, d->base + offset);
}

void drv_write(struct fake_driver *d, uint32_t offset, uint32_t value)
{
	fake_write(d->f, d->base + offset, value);
}

void *drv_mem(struct fake_driver *d, ipa_t ipa)
{
	return d->f->ram + (ipa - FAKE_RAM);
}

static void queue_start(struct fake_driver *d, unsigned int n, uint16_t size)
{
	ipa_t base = FAKE_RAM + n * SZ_64K;

	d->q[n] = (struct fake_queue){
		.size = size,
		.desc = drv_mem(d, base),
		.avail = drv_mem(d, base + 0x2000),
		.used = drv_mem(d, base + 0x3000),
	};
	d->q[n].avail->idx = 0;
	d->q[n].used->idx = 0;
	drv_write(d, VIRTIO_MMIO_QUEUE_SEL, n);
	drv_write(d, VIRTIO_MMIO_QUEUE_NUM, size);
	drv_write(d, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)base);
	drv_write(d, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0);
	drv_write(d, VIRTIO_MMIO_QUEUE_AVAIL_LOW, (uint32_t)base + 0x2000);
	drv_write(d, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0);
	drv_write(d, VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)base + 0x3000);
	drv_write(d, VIRTIO_MMIO_QUEUE_USED_HIGH, 0);
	drv_write(d, VIRTIO_MMIO_QUEUE_READY, 1);
}

bool drv_start(struct fake_driver *d, struct fake_bus *f, ipa_t base,
	       uint64_t features, unsigned int nr_queues, uint16_t size)
{
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	*d = (struct fake_driver){ .f = f, .base = base };
	features |= BIT_ULL(VIRTIO_F_VERSION_1);
	drv_write(d, VIRTIO_MMIO_STATUS, 0);
	drv_write(d, VIRTIO_MMIO_STATUS, status);
	for (uint32_t i = 0; i < 2; i++) {
		drv_write(d, VIRTIO_MMIO_DRIVER_FEATURES_SEL, i);
		drv_write(d, VIRTIO_MMIO_DRIVER_FEATURES,
			  (uint32_t)(features >> 32 * i));
	}
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	drv_write(d, VIRTIO_MMIO_STATUS, status);
	if (drv_read(d, VIRTIO_MMIO_STATUS) != status)
		return false;
	for (unsigned int n = 0; n < nr_queues; n++)
		queue_start(d, n, size);
	drv_write(d, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
	return true;
}

void drv_offer(struct fake_driver *d, unsigned int queue, uint16_t head)
{
	struct fake_queue *q = &d->q[queue];

	q->avail->ring[q->avail->idx % q->size] = head;
	q->avail->idx++;
}

uint16_t drv_add(struct fake_driver *d, unsigned int queue,
		 const struct fake_seg *segs, unsigned int nr)
{
	struct fake_queue *q = &d->q[queue];
	uint16_t head = q->next_desc;

	for (unsigned int i = 0; i < nr; i++) {
		uint16_t next = (uint16_t)((q->next_desc + 1) % q->size);

		q->desc[q->next_desc] = (struct vring_desc){
			.addr = segs[i].ipa,
			.len = segs[i].len,
			.flags = (uint16_t)((segs[i].write ? VRING_DESC_F_WRITE
							   : 0) |
					    (i + 1 < nr ? VRING_DESC_F_NEXT
							: 0)),
			.next = next,
		};
		q->next_desc = next;
	}
	drv_offer(d, queue, head);
	return head;
}

void drv_kick(struct fake_driver *d, unsigned int queue)
{
	drv_write(d, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
	fake_bus_turn(d->f, 0);
}

int64_t drv_used(struct fake_driver *d, unsigned int queue)
{
	struct fake_queue *q = &d->q[queue];

	if (q->seen == q->used->idx)
		return -1;
	return q->used->ring[q->seen++ % q->size].len;
}

bool drv_broken(struct fake_driver *d)
{
	return drv_read(d, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}
