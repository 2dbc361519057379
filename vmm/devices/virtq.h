/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtq.h - split virtqueues, as the device sees them
 *
 * Source: VIRTIO 1.2, "Split Virtqueues". The driver is untrusted: indices,
 * addresses and lengths are read once and checked before use. Any violation is
 * -EBADMSG, after which the device stops until reset (virtio.c). Rings and
 * buffers are used in place, in guest RAM.
 *
 * Locking: the device's own lock; these functions take none.
 */
#ifndef TRAPLINE_VMM_VIRTQ_H
#define TRAPLINE_VMM_VIRTQ_H

#include <linux/virtio_ring.h>
#include <sys/uio.h>
#include "device.h"

#define VIRTQ_MAX_SIZE 256U
/* Longest chain, indirect tables included; IOV_MAX is larger. */
#define VIRTQ_MAX_SEGS 256U

struct virtq {
	/* Values that the driver set; addresses are IPAs. */
	uint32_t size;
	bool ready;
	uint64_t desc_ipa, avail_ipa, used_ipa;

	/* The owner, for watchpoints; dev may be NULL in tests. */
	struct device *dev;
	unsigned int index;

	/* Pointers into guest RAM, valid while ready. */
	struct bus *bus;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	bool event_idx;
	bool indirect;
	uint16_t next_avail; /* the next entry of avail to take */
	uint16_t next_used; /* the next entry of used to fill */
	uint16_t told_used; /* next_used at the last interrupt decision */
};

/*
 * One chain of buffers: first nr_out segments that the device reads, then nr_in
 * segments that it writes. All lie inside guest RAM, and none is empty.
 */
struct virtq_chain {
	struct virtq *q;
	uint16_t head;
	unsigned int nr_out, nr_in;
	size_t out_len, in_len; /* bytes */
	struct iovec iov[VIRTQ_MAX_SEGS];
};

/*
 * Call when the driver says that the queue is set up. Returns 0, or -EBADMSG:
 * the size is no power of two up to VIRTQ_MAX_SIZE, or a ring is misaligned or
 * not in RAM.
 */
int virtq_enable(struct virtq *q, struct bus *bus, bool event_idx,
		 bool indirect);
/*
 * Take the next chain. Returns 1 and *ret, 0 when there is none, or -EBADMSG.
 */
int virtq_pop(struct virtq *q, struct virtq_chain *ret);
/*
 * True when virtq_pop() would return something other than 0 (a malformed queue
 * counts). If false, the driver has been asked to notify.
 */
bool virtq_waits(struct virtq *q);
/* Put the last popped chain back, as if it had not been taken. */
void virtq_unpop(struct virtq *q);
/* Return a chain to the driver. written: bytes that the device has filled. */
void virtq_push(struct virtq *q, const struct virtq_chain *chain,
		uint32_t written);
/* After a batch of virtq_push(): does the driver want an interrupt? */
bool virtq_wants_interrupt(struct virtq *q);

/*
 * Copy from the chain's readable part, or into its writable part, at a byte
 * offset; returns the bytes copied, less than len at the part's end.
 */
size_t virtq_copy_from(const struct virtq_chain *chain, size_t offset,
		       void *buf, size_t len);
size_t virtq_copy_to(const struct virtq_chain *chain, size_t offset,
		     const void *buf, size_t len);
/*
 * Write the segments of [offset, offset + len) of the chain's readable part (in
 * false) or writable part (in true) to iov[VIRTQ_MAX_SEGS]. Returns how many.
 */
unsigned int virtq_slice(const struct virtq_chain *chain, bool in,
			 size_t offset, size_t len, struct iovec *iov);

/*
 * Call around a write to guest RAM that goes straight to iov, without
 * virtq_copy_to(): before it with done false, after it with done true. So
 * watchpoints see the write.
 */
void virtq_dma(struct virtq *q, const struct iovec *iov, unsigned int nr,
	       bool done);

#endif
