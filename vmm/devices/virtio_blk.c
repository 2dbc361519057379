// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_blk.c - a disk for the guest
 *
 * Source: VIRTIO 1.2, "Block Device". Requests are done one after the other
 * on the device thread, straight between image and guest RAM; an eventfd
 * carries the driver's kick there, so that a slow disk does not hold a vCPU.
 * What is behind the image is blk_image.c's business.
 */
#include "blk_image.h"
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "virtio.h"

#define SECTOR            512ULL
#define QUEUE             0
/* Requests in a row, before vCPUs that wait for the device get their turn. */
#define BATCH             8
/* Discard and write-zeroes: one range per request, bounded. */
#define MAX_RANGE_SECTORS (SZ_1G / SECTOR)

struct virtio_blk {
	struct virtio v;
	struct blk_image image;
	struct virtio_blk_config config;
	int kick_fd;
};

static struct virtio_blk *to_blk(struct virtio *v)
{
	return (struct virtio_blk *)((char *)v -
				     offsetof(struct virtio_blk, v));
}

/* Is [sector, sector + len) on the disk? Nothing here may overflow. */
static bool range_is_valid(const struct virtio_blk *b, uint64_t sector,
			   uint64_t sectors)
{
	return sector <= b->config.capacity &&
	       sectors <= b->config.capacity - sector;
}

/*
 * The data of a request: all of the chain between header and status byte.
 */
static int do_transfer(struct virtio_blk *b, const struct virtq_chain *c,
		       uint64_t sector, bool in)
{
	size_t len = in ? c->in_len - 1
			: c->out_len - sizeof(struct virtio_blk_outhdr);
	size_t start = in ? 0 : sizeof(struct virtio_blk_outhdr);
	struct iovec iov[VIRTQ_MAX_SEGS];
	unsigned int nr;
	int err;

	if (len % SECTOR || !range_is_valid(b, sector, len / SECTOR))
		return -EIO;
	nr = virtq_slice(c, in, start, len, iov);
	if (!in)
		return blk_image_write(&b->image, iov, nr, sector * SECTOR);
	virtq_dma(c->q, iov, nr, false);
	err = blk_image_read(&b->image, iov, nr, sector * SECTOR);
	virtq_dma(c->q, iov, nr, true);
	return err;
}

static int do_ranges(struct virtio_blk *b, const struct virtq_chain *c,
		     bool zero)
{
	struct virtio_blk_discard_write_zeroes r;
	size_t len = c->out_len - sizeof(struct virtio_blk_outhdr);
	bool unmap;

	if (len != sizeof(r))
		return -EIO;
	virtq_copy_from(c, sizeof(struct virtio_blk_outhdr), &r, sizeof(r));
	unmap = r.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	if ((r.flags & ~VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) || (unmap && !zero))
		return -ENOTSUP;
	if (r.num_sectors > MAX_RANGE_SECTORS ||
	    !range_is_valid(b, r.sector, r.num_sectors))
		return -EIO;
	if (!zero)
		return blk_image_discard(&b->image, r.sector * SECTOR,
					 r.num_sectors * SECTOR);
	return blk_image_zero(&b->image, r.sector * SECTOR,
			      r.num_sectors * SECTOR, unmap);
}

static int do_get_id(struct virtio_blk *b, const struct virtq_chain *c)
{
	char id[VIRTIO_BLK_ID_BYTES] = { 0 };

	if (c->in_len < sizeof(id) + 1)
		return -EIO;
	/* Not terminated when it fills all of it. */
	memcpy(id, b->image.name, strnlen(b->image.name, sizeof(id)));
	virtq_copy_to(c, 0, id, sizeof(id));
	return 0;
}

/* 0, -EIO, or -ENOTSUP for a request that is not ours. */
static int request_do(struct virtio_blk *b, const struct virtq_chain *c,
		      const struct virtio_blk_outhdr *hdr)
{
	bool writes = hdr->type == VIRTIO_BLK_T_OUT ||
		      hdr->type == VIRTIO_BLK_T_DISCARD ||
		      hdr->type == VIRTIO_BLK_T_WRITE_ZEROES;

	if (writes && b->image.read_only)
		return -EIO;
	switch (hdr->type) {
	case VIRTIO_BLK_T_IN:
		return do_transfer(b, c, hdr->sector, true);
	case VIRTIO_BLK_T_OUT:
		return do_transfer(b, c, hdr->sector, false);
	case VIRTIO_BLK_T_FLUSH:
		return blk_image_flush(&b->image);
	case VIRTIO_BLK_T_GET_ID:
		return do_get_id(b, c);
	case VIRTIO_BLK_T_DISCARD:
		return do_ranges(b, c, false);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return do_ranges(b, c, true);
	}
	return -ENOTSUP;
}

static void request(struct virtio_blk *b, const struct virtq_chain *c)
{
	struct virtio_blk_outhdr hdr;
	uint8_t status = VIRTIO_BLK_S_OK;
	bool in = false;
	int err;

	if (virtq_copy_from(c, 0, &hdr, sizeof(hdr)) < sizeof(hdr) ||
	    !c->in_len) {
		virtio_break(&b->v, "a request without header or status");
		return;
	}
	err = request_do(b, c, &hdr);
	if (err)
		status = err == -ENOTSUP ? VIRTIO_BLK_S_UNSUPP
					 : VIRTIO_BLK_S_IOERR;
	in = hdr.type == VIRTIO_BLK_T_IN || hdr.type == VIRTIO_BLK_T_GET_ID;
	virtq_copy_to(c, c->in_len - 1, &status, 1);
	virtq_push(&b->v.queue[QUEUE], c, in ? (uint32_t)c->in_len : 1);
}

/* Device thread. */
static void blk_work(struct device *dev, int fd, short revents)
{
	struct virtio_blk *b = to_blk(
		(struct virtio *)((char *)dev - offsetof(struct virtio, dev)));
	struct virtq_chain chain;
	eventfd_t kicks;

	(void)revents;
	if (eventfd_read(fd, &kicks) < 0)
		return;
	for (int done = 0; done < BATCH; done++) {
		if (!virtio_pop(&b->v, QUEUE, &chain))
			return;
		request(b, &chain);
		virtio_notify(&b->v, QUEUE);
	}
	eventfd_write(fd, 1);
}

static void blk_kick(struct virtio *v, unsigned int queue)
{
	(void)queue;
	eventfd_write(to_blk(v)->kick_fd, 1);
}

static void blk_destroy(struct virtio *v)
{
	struct virtio_blk *b = to_blk(v);
	struct bus *bus = v->dev.bus;

	bus->ops->fd_watch(bus, &v->dev, b->kick_fd, 0, NULL);
	close(b->kick_fd);
	blk_image_close(&b->image);
	free(b);
}

static const struct virtio_ops blk_ops = {
	.device_id = VIRTIO_ID_BLOCK,
	.nr_queues = 1,
	.kick = blk_kick,
	.destroy = blk_destroy,
};

static void blk_configure(struct virtio_blk *b)
{
	b->config = (struct virtio_blk_config){
		.capacity = b->image.size / SECTOR,
		.blk_size = SECTOR,
		.seg_max = VIRTQ_MAX_SEGS - 2, /* header and status */
		.max_discard_sectors = MAX_RANGE_SECTORS,
		.max_discard_seg = 1,
		.discard_sector_alignment = 1,
		.max_write_zeroes_sectors = MAX_RANGE_SECTORS,
		.max_write_zeroes_seg = 1,
		.write_zeroes_may_unmap = 1,
	};
	b->v.config = &b->config;
	b->v.config_size = sizeof(b->config);
	b->v.features = BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |
			BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) |
			BIT_ULL(VIRTIO_BLK_F_FLUSH);
	if (b->image.read_only)
		b->v.features |= BIT_ULL(VIRTIO_BLK_F_RO);
	else
		b->v.features |= BIT_ULL(VIRTIO_BLK_F_DISCARD) |
				 BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES);
}

int virtio_blk_create(struct bus *bus, ipa_t base, unsigned int irq,
		      const struct vmm_disk *disk, char *err, size_t err_size,
		      struct device **ret)
{
	struct virtio_blk *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	rc = blk_image_open(&b->image, disk, err, err_size);
	if (rc < 0)
		goto free_blk;
	b->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->kick_fd < 0) {
		rc = -errno;
		snprintf(err, err_size, "eventfd: %s", strerror(errno));
		goto close_image;
	}
	b->v.ops = &blk_ops;
	blk_configure(b);
	virtio_add(&b->v, bus, base, irq);
	rc = bus->ops->fd_watch(bus, &b->v.dev, b->kick_fd, POLLIN, blk_work);
	if (rc < 0) {
		snprintf(err, err_size, "too many devices");
		return rc; /* the bus frees it */
	}
	*ret = &b->v.dev;
	return 0;

close_image:
	blk_image_close(&b->image);
free_blk:
	free(b);
	return rc;
}
