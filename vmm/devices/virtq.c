// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtq.c - split virtqueues, as the device sees them
 *
 * Source: VIRTIO 1.2, "Split Virtqueues". All of guest memory may change while
 * this code reads it: every field is loaded exactly once (load16, load32,
 * load64), then checked, then used.
 *
 * Hosts are little-endian, as the rings are.
 */
#include "virtq.h"
#include <errno.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "virtio rings are little-endian");
_Static_assert(sizeof(struct vring_desc) == 16, "struct virtq_desc");

static uint16_t load16(const uint16_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static uint32_t load32(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static uint64_t load64(const void *p)
{
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
}

/* The two event fields stand after the rings. */
static uint16_t *used_event(struct virtq *q)
{
	return &q->avail->ring[q->size];
}

static uint16_t *avail_event(struct virtq *q)
{
	return (uint16_t *)&q->used->ring[q->size];
}

static void *ring_at(struct bus *bus, uint64_t ipa, uint64_t len,
		     unsigned int align)
{
	return ipa & (align - 1) ? NULL : bus->ops->ram_at(bus, ipa, len);
}

int virtq_enable(struct virtq *q, struct bus *bus, bool event_idx,
		 bool indirect)
{
	uint32_t n = q->size;

	if (!n || n > VIRTQ_MAX_SIZE || (n & (n - 1)))
		return -EBADMSG;
	q->desc = ring_at(bus, q->desc_ipa, n * sizeof(struct vring_desc),
			  VRING_DESC_ALIGN_SIZE);
	/* flags, idx, ring, used_event; flags, idx, ring, avail_event */
	q->avail = ring_at(bus, q->avail_ipa, 6 + n * sizeof(uint16_t),
			   VRING_AVAIL_ALIGN_SIZE);
	q->used = ring_at(bus, q->used_ipa,
			  6 + n * sizeof(struct vring_used_elem),
			  VRING_USED_ALIGN_SIZE);
	if (!q->desc || !q->avail || !q->used)
		return -EBADMSG;
	q->bus = bus;
	q->event_idx = event_idx;
	q->indirect = indirect;
	q->next_avail = 0;
	q->next_used = 0;
	q->told_used = 0;
	q->ready = true;
	return 0;
}

static int chain_add(struct virtq *q, struct virtq_chain *c, uint64_t addr,
		     uint32_t len, uint16_t flags)
{
	unsigned int nr = c->nr_out + c->nr_in;
	bool in = flags & VRING_DESC_F_WRITE;
	void *host;

	if (nr == VIRTQ_MAX_SEGS || !len || (c->nr_in && !in))
		return -EBADMSG;
	host = q->bus->ops->ram_at(q->bus, addr, len);
	if (!host)
		return -EBADMSG;
	c->iov[nr] = (struct iovec){ .iov_base = host, .iov_len = len };
	if (in) {
		c->nr_in++;
		c->in_len += len;
	} else {
		c->nr_out++;
		c->out_len += len;
	}
	return 0;
}

/*
 * Follow one table from entry first. A walk with more steps than the table has
 * entries is a loop. Returns 0 or -EBADMSG. After 0, *ret_table is NULL, or the
 * last entry was indirect and *ret_table and *ret_size describe its table.
 */
static int table_walk(struct virtq *q, const struct vring_desc *table,
		      uint32_t size, uint32_t first, struct virtq_chain *c,
		      const struct vring_desc **ret_table, uint32_t *ret_size)
{
	uint32_t i = first;

	for (uint32_t steps = 0; steps < size && i < size; steps++) {
		const struct vring_desc *d = &table[i];
		uint64_t addr = load64(&d->addr);
		uint32_t len = load32(&d->len);
		uint16_t flags = load16(&d->flags);

		if (flags & VRING_DESC_F_INDIRECT) {
			if (!q->indirect || (flags & VRING_DESC_F_NEXT) ||
			    !len || len % sizeof(*d))
				return -EBADMSG;
			*ret_table = ring_at(q->bus, addr, len, 1);
			*ret_size = len / sizeof(*d);
			return *ret_table ? 0 : -EBADMSG;
		}
		if (chain_add(q, c, addr, len, flags) < 0)
			return -EBADMSG;
		if (!(flags & VRING_DESC_F_NEXT))
			return 0;
		i = load16(&d->next);
	}
	return -EBADMSG;
}

static int chain_read(struct virtq *q, uint16_t head, struct virtq_chain *c)
{
	const struct vring_desc *table = NULL, *nested = NULL;
	struct vring_desc copy[VIRTQ_MAX_SEGS];
	uint32_t size;
	int err;

	c->q = q;
	c->head = head;
	c->nr_out = c->nr_in = 0;
	c->out_len = c->in_len = 0;
	err = table_walk(q, q->desc, q->size, head, c, &table, &size);
	if (err || !table)
		return err;
	if (size > VIRTQ_MAX_SEGS)
		return -EBADMSG;
	/*
	 * Copy the table: it may be misaligned, and must not change during the
	 * walk.
	 */
	memcpy(copy, table, size * sizeof(copy[0]));
	err = table_walk(q, copy, size, 0, c, &nested, &size);
	return nested ? -EBADMSG : err;
}

/* Returns how many entries wait. If none does, asks the driver to notify. */
static int avail_count(struct virtq *q)
{
	uint16_t idx = __atomic_load_n(&q->avail->idx, __ATOMIC_ACQUIRE);

	if (idx == q->next_avail && q->event_idx) {
		__atomic_store_n(avail_event(q), q->next_avail,
				 __ATOMIC_RELAXED);
		/*
		 * The driver writes idx before it reads avail_event: fence and
		 * read idx again.
		 */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		idx = __atomic_load_n(&q->avail->idx, __ATOMIC_ACQUIRE);
	}
	idx -= q->next_avail;
	return idx <= q->size ? idx : -EBADMSG;
}

bool virtq_waits(struct virtq *q)
{
	return q->ready && avail_count(q) != 0;
}

int virtq_pop(struct virtq *q, struct virtq_chain *ret)
{
	int waiting = q->ready ? avail_count(q) : 0;
	uint16_t head;

	if (waiting <= 0)
		return waiting;
	head = load16(&q->avail->ring[q->next_avail & (q->size - 1)]);
	if (head >= q->size || chain_read(q, head, ret) < 0)
		return -EBADMSG;
	q->next_avail++;
	return 1;
}

void virtq_unpop(struct virtq *q)
{
	q->next_avail--;
}

void virtq_dma(struct virtq *q, const struct iovec *iov, unsigned int nr,
	       bool done)
{
	if (q->dev && q->bus->ops->dma)
		q->bus->ops->dma(q->bus, q->dev, q->index, iov, nr, done);
}

void virtq_push(struct virtq *q, const struct virtq_chain *chain,
		uint32_t written)
{
	struct vring_used_elem *e =
		&q->used->ring[q->next_used & (q->size - 1)];
	const struct iovec iov[] = {
		{ .iov_base = e, .iov_len = sizeof(*e) },
		{ .iov_base = &q->used->idx, .iov_len = sizeof(q->used->idx) },
	};

	virtq_dma(q, iov, ARRAY_SIZE(iov), false);
	__atomic_store_n(&e->id, chain->head, __ATOMIC_RELAXED);
	__atomic_store_n(&e->len, written, __ATOMIC_RELAXED);
	q->next_used++;
	__atomic_store_n(&q->used->idx, q->next_used, __ATOMIC_RELEASE);
	virtq_dma(q, iov, ARRAY_SIZE(iov), true);
}

bool virtq_wants_interrupt(struct virtq *q)
{
	uint16_t old = q->told_used;

	if (old == q->next_used)
		return false;
	/* The driver writes flags or used_event before it reads used->idx. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	q->told_used = q->next_used;
	if (!q->event_idx)
		return !(load16(&q->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	return vring_need_event(load16(used_event(q)), q->next_used, old);
}

unsigned int virtq_slice(const struct virtq_chain *c, bool in, size_t offset,
			 size_t len, struct iovec *iov)
{
	const struct iovec *seg = in ? c->iov + c->nr_out : c->iov;
	unsigned int nr_segs = in ? c->nr_in : c->nr_out;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_segs && len; i++) {
		size_t part = seg[i].iov_len;

		if (offset >= part) {
			offset -= part;
			continue;
		}
		part -= offset;
		if (part > len)
			part = len;
		iov[nr].iov_base = (char *)seg[i].iov_base + offset;
		iov[nr++].iov_len = part;
		offset = 0;
		len -= part;
	}
	return nr;
}

static size_t chain_copy(const struct virtq_chain *c, bool in, size_t offset,
			 uint8_t *buf, size_t len)
{
	struct iovec iov[VIRTQ_MAX_SEGS];
	unsigned int nr = virtq_slice(c, in, offset, len, iov);
	size_t done = 0;

	if (in)
		virtq_dma(c->q, iov, nr, false);
	for (unsigned int i = 0; i < nr; i++) {
		if (in)
			memcpy(iov[i].iov_base, buf + done, iov[i].iov_len);
		else
			memcpy(buf + done, iov[i].iov_base, iov[i].iov_len);
		done += iov[i].iov_len;
	}
	if (in)
		virtq_dma(c->q, iov, nr, true);
	return done;
}

size_t virtq_copy_from(const struct virtq_chain *c, size_t offset, void *buf,
		       size_t len)
{
	return chain_copy(c, false, offset, buf, len);
}

size_t virtq_copy_to(const struct virtq_chain *c, size_t offset,
		     const void *buf, size_t len)
{
	/* buf is only read: with in set, chain_copy() copies from buf. */
	return chain_copy(c, true, offset, (uint8_t *)(uintptr_t)buf, len);
}
