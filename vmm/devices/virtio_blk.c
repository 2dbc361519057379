// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio_blk.c - a disk for the guest
 *
 * Source: VIRTIO 1.2, "Block Device". The device thread does one request after
 * another, so a slow disk does not delay a vCPU. Data goes straight between the
 * image and guest RAM, large requests in pieces. blk_image.c hides the kind of
 * image.
 */
#include "blk_image.h"
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "virtio.h"

#define SECTOR            512ULL
#define QUEUE             0
/*
 * The number of pieces done in a row. Then waiting vCPUs and stops get the
 * device's lock. A request counts as at least one piece.
 */
#define BATCH             8
#define PIECE             SZ_1M
/* Discard and write-zeroes: one range per request, of limited size. */
#define MAX_RANGE_SECTORS (SZ_1G / SECTOR)

struct blk_type;

/* The current request. */
struct blk_request {
	bool busy;
	struct virtq_chain chain;
	struct virtio_blk_outhdr hdr;
	const struct blk_type *type; /* NULL: unknown type */
	uint64_t offset, len; /* the range on the disk, in bytes */
	uint64_t done; /* bytes of that range already done */
	bool unmap;
};

struct virtio_blk {
	struct virtio v;
	struct blk_image image;
	struct virtio_blk_config config;
	struct blk_request request;
};

static struct virtio_blk *to_blk(struct virtio *v)
{
	return container_of(v, struct virtio_blk, v);
}

/* True when [sector, sector + sectors) is on the disk, without overflow. */
static bool range_is_valid(const struct virtio_blk *b, uint64_t sector,
			   uint64_t sectors)
{
	return sector <= b->config.capacity &&
	       sectors <= b->config.capacity - sector;
}

/* The data of a request: the chain without header and status byte. */
static int transfer_begin(struct virtio_blk *b)
{
	struct blk_request *r = &b->request;
	bool in = r->hdr.type == VIRTIO_BLK_T_IN;
	size_t len = in ? r->chain.in_len - 1
			: r->chain.out_len - sizeof(r->hdr);

	if (len % SECTOR || !range_is_valid(b, r->hdr.sector, len / SECTOR))
		return -EIO;
	r->offset = r->hdr.sector * SECTOR;
	r->len = len;
	return 0;
}

static int transfer_piece(struct virtio_blk *b, uint64_t len)
{
	struct blk_request *r = &b->request;
	bool in = r->hdr.type == VIRTIO_BLK_T_IN;
	size_t start = r->done + (in ? 0 : sizeof(r->hdr));
	struct iovec iov[VIRTQ_MAX_SEGS];
	unsigned int nr = virtq_slice(&r->chain, in, start, len, iov);
	int err;

	if (!in)
		return blk_image_write(&b->image, iov, nr, r->offset + r->done);
	virtq_dma(r->chain.q, iov, nr, false);
	err = blk_image_read(&b->image, iov, nr, r->offset + r->done);
	/* The read has changed iov: make it again. */
	virtq_slice(&r->chain, in, start, len, iov);
	virtq_dma(r->chain.q, iov, nr, true);
	return err;
}

static int range_begin(struct virtio_blk *b)
{
	struct blk_request *r = &b->request;
	struct virtio_blk_discard_write_zeroes range;
	bool zero = r->hdr.type == VIRTIO_BLK_T_WRITE_ZEROES;

	if (r->chain.out_len - sizeof(r->hdr) != sizeof(range))
		return -EIO;
	virtq_copy_from(&r->chain, sizeof(r->hdr), &range, sizeof(range));
	r->unmap = range.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	if ((range.flags & ~VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) ||
	    (r->unmap && !zero))
		return -ENOTSUP;
	if (range.num_sectors > MAX_RANGE_SECTORS ||
	    !range_is_valid(b, range.sector, range.num_sectors))
		return -EIO;
	r->offset = range.sector * SECTOR;
	r->len = range.num_sectors * SECTOR;
	return 0;
}

static int range_piece(struct virtio_blk *b, uint64_t len)
{
	struct blk_request *r = &b->request;

	if (r->hdr.type == VIRTIO_BLK_T_DISCARD)
		return blk_image_discard(&b->image, r->offset + r->done, len);
	return blk_image_zero(&b->image, r->offset + r->done, len, r->unmap);
}

static int id_begin(struct virtio_blk *b)
{
	const struct virtq_chain *c = &b->request.chain;
	char id[VIRTIO_BLK_ID_BYTES] = { 0 };

	if (c->in_len < sizeof(id) + 1)
		return -EIO;
	/* A name that fills all of id is not NUL-terminated. */
	memcpy(id, b->image.name, strnlen(b->image.name, sizeof(id)));
	virtq_copy_to(c, 0, id, sizeof(id));
	return 0;
}

/* To add a type: add a row, and its feature bit in blk_configure(). */
static const struct blk_type {
	uint32_t type;
	bool writes; /* fails on a read-only disk; see needs_flush() */
	bool fills; /* fills the driver's buffer */
	/*
	 * Check the request and set offset and len. NULL: the request has no
	 * data.
	 */
	int (*begin)(struct virtio_blk *b);
	/*
	 * Do len bytes from offset + done on. NULL: begin() has done all the
	 * work.
	 */
	int (*piece)(struct virtio_blk *b, uint64_t len);
} types[] = {
	{ VIRTIO_BLK_T_IN, false, true, transfer_begin, transfer_piece },
	{ VIRTIO_BLK_T_OUT, true, false, transfer_begin, transfer_piece },
	{ VIRTIO_BLK_T_FLUSH, false, false, NULL, NULL },
	{ VIRTIO_BLK_T_GET_ID, false, true, id_begin, NULL },
	{ VIRTIO_BLK_T_DISCARD, true, false, range_begin, range_piece },
	{ VIRTIO_BLK_T_WRITE_ZEROES, true, false, range_begin, range_piece },
};

static const struct blk_type *type_find(uint32_t type)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/*
 * VIRTIO 1.2, "Block Device", "Device Requirements: Device Operation": a driver
 * that was offered VIRTIO_BLK_F_FLUSH and did not accept it cannot flush, so
 * its writes must be stable when the request completes.
 */
static bool needs_flush(const struct virtio_blk *b)
{
	const struct blk_request *r = &b->request;

	return r->hdr.type == VIRTIO_BLK_T_FLUSH ||
	       (r->type->writes && !virtio_has(&b->v, VIRTIO_BLK_F_FLUSH));
}

/* Returns 0, -EIO, or -ENOTSUP for an unknown type of request. */
static int request_check(struct virtio_blk *b)
{
	struct blk_request *r = &b->request;

	r->type = type_find(r->hdr.type);
	if (!r->type)
		return -ENOTSUP;
	if (r->type->writes && b->image.read_only)
		return -EIO;
	return r->type->begin ? r->type->begin(b) : 0;
}

static void request_end(struct virtio_blk *b, int err)
{
	struct blk_request *r = &b->request;
	bool fills = r->type && r->type->fills;
	uint8_t status = VIRTIO_BLK_S_OK;

	if (err)
		status = err == -ENOTSUP ? VIRTIO_BLK_S_UNSUPP
					 : VIRTIO_BLK_S_IOERR;
	r->busy = false;
	virtq_copy_to(&r->chain, r->chain.in_len - 1, &status, 1);
	virtq_push(&b->v.queue[QUEUE], &r->chain,
		   fills ? (uint32_t)r->chain.in_len : 1);
	virtio_notify(&b->v, QUEUE);
}

/* Returns false when the queue is empty. */
static bool request_begin(struct virtio_blk *b)
{
	struct blk_request *r = &b->request;
	int err;

	if (!virtio_pop(&b->v, QUEUE, &r->chain))
		return false;
	if (virtq_copy_from(&r->chain, 0, &r->hdr, sizeof(r->hdr)) <
		    sizeof(r->hdr) ||
	    !r->chain.in_len) {
		virtio_break(&b->v, "a request without header or status");
		return false;
	}
	r->busy = true;
	r->offset = r->len = r->done = 0;
	err = request_check(b);
	if (err)
		request_end(b, err);
	return true;
}

/*
 * Do one piece of the current request, and end the request after the last
 * piece. Returns true after a flush, which takes long: the caller then stops.
 */
static bool request_go_on(struct virtio_blk *b)
{
	struct blk_request *r = &b->request;
	uint64_t len = r->len - r->done;
	bool flush;
	int err = 0;

	if (len > PIECE)
		len = PIECE;
	if (len)
		err = r->type->piece(b, len);
	r->done += len;
	if (!err && r->done < r->len)
		return false;
	flush = !err && needs_flush(b);
	if (flush)
		err = blk_image_flush(&b->image);
	if (err != -EAGAIN)
		request_end(b, err);
	return flush;
}

/*
 * A guest can ask for gigabytes in one request, and a stop waits for this
 * function to return. So it returns after a few pieces.
 */
static bool blk_kick(struct virtio *v, unsigned int queue)
{
	struct virtio_blk *b = to_blk(v);

	for (int done = 0; done < BATCH; done++) {
		if (!b->request.busy && !request_begin(b))
			return false;
		if (b->request.busy && request_go_on(b))
			break;
	}
	return true;
}

static void blk_reset(struct virtio *v)
{
	to_blk(v)->request.busy = false;
}

static void blk_destroy(struct virtio *v)
{
	struct virtio_blk *b = to_blk(v);

	blk_image_close(&b->image);
	free(b);
}

static const struct virtio_ops blk_ops = {
	.device_id = VIRTIO_ID_BLOCK,
	.nr_queues = 1,
	.is_slow = true,
	.kick = blk_kick,
	.reset = blk_reset,
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
	if (rc < 0) {
		free(b);
		return rc;
	}
	b->v.ops = &blk_ops;
	blk_configure(b);
	rc = virtio_add(&b->v, bus, base, irq);
	if (rc < 0)
		snprintf(err, err_size,
			 "the guest has too many devices: give fewer disks "
			 "and networks");
	else
		*ret = &b->v.dev;
	return rc;
}
