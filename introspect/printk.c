// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * printk.c - the records of the kernel's log, even if no console has shown them
 *
 * The log is a ring of descriptors, a ring of infos beside it, and a ring of
 * texts (kernel/printk/printk_ringbuffer.h, since 896fbe20b4e2 "printk: use the
 * lockless ringbuffer"). A descriptor's number and state are in one word. The
 * variable prb points to the ring. Without KALLSYMS_ALL prb has no symbol; its
 * address is then taken from the code of functions that read the log.
 *
 * A running guest may overwrite a record while it is read. Each text begins
 * with the number of its descriptor, so such a record is noticed and left out.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#define CANDIDATES 32
#define MAX_BITS   25 /* CONFIG_LOG_BUF_SHIFT */
#define MAX_TEXT   (2 * SZ_4K)

/* enum desc_state, in the upper bits of state_var */
#define DESC_STATE     GENMASK_ULL(63, 62)
#define DESC_ID        GENMASK_ULL(61, 0)
#define DESC_COMMITTED 1
#define DESC_FINALIZED 2

struct ring {
	uint64_t count_bits, descs, infos, head, tail; /* of descriptors */
	uint64_t size_bits, data; /* of texts */
	uint32_t desc_size, info_size;
	uint32_t state, begin, next; /* in a descriptor */
	uint32_t seq, ts, len, facility, caller; /* in an info */
};

static int ring_read(struct introspect *in, va_t at, struct ring *r)
{
	const struct {
		const char *path;
		uint64_t *ret;
	} want[] = {
		{ "desc_ring.count_bits", &r->count_bits },
		{ "desc_ring.descs", &r->descs },
		{ "desc_ring.infos", &r->infos },
		{ "desc_ring.head_id.counter", &r->head },
		{ "desc_ring.tail_id.counter", &r->tail },
		{ "text_data_ring.size_bits", &r->size_bits },
		{ "text_data_ring.data", &r->data },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		int err = introspect_get(in, "printk_ringbuffer", at,
					 want[i].path, want[i].ret);

		if (err)
			return err;
	}
	if (!r->count_bits || r->count_bits > MAX_BITS || !r->size_bits ||
	    r->size_bits > MAX_BITS + 7 || !kva_is_kernel(r->descs) ||
	    !kva_is_kernel(r->infos) || !kva_is_kernel(r->data))
		return -EBADMSG;
	return 0;
}

static int fields_read(struct introspect *in, struct ring *r)
{
	const struct {
		const char *type, *path;
		uint32_t *ret, size; /* the bytes that are read there */
	} want[] = {
		{ "prb_desc", "state_var", &r->state, 8 },
		{ "prb_desc", "text_blk_lpos.begin", &r->begin, 8 },
		{ "prb_desc", "text_blk_lpos.next", &r->next, 8 },
		{ "printk_info", "seq", &r->seq, 8 },
		{ "printk_info", "ts_nsec", &r->ts, 8 },
		{ "printk_info", "text_len", &r->len, 2 },
		{ "printk_info", "facility", &r->facility, 2 },
		{ "printk_info", "caller_id", &r->caller, 4 },
	};
	uint32_t size;

	if (layout_size(in, "prb_desc", &r->desc_size) ||
	    layout_size(in, "printk_info", &r->info_size))
		return -ENOENT;
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		size = strcmp(want[i].type, "prb_desc") ? r->info_size
							: r->desc_size;
		if (layout_offset(in, want[i].type, want[i].path, want[i].ret))
			return -ENOENT;
		/* The guest's BTF can state any offset. */
		if (size < want[i].size || *want[i].ret > size - want[i].size)
			return -EBADMSG;
	}
	return 0;
}

static int ring_find(struct introspect *in, struct ring *ret)
{
	static const char *const readers[] = { "kmsg_dump_get_line",
					       "kmsg_dump_rewind",
					       "kmsg_dump_get_buffer",
					       "devkmsg_read" };
	uint64_t ref[CANDIDATES];
	int err = -ENOENT;
	va_t text, at;

	if (introspect_text_va(in, &text))
		return -ENOENT;
	if (!introspect_symbol_by_name(in, "prb", &at))
		return introspect_read(in, at, &at, sizeof(at))
			       ? -EFAULT
			       : ring_read(in, at, ret);
	for (unsigned int f = 0; f < ARRAY_SIZE(readers); f++) {
		unsigned int nr = textref_scan(in, readers[f], ref, CANDIDATES);

		for (unsigned int i = 0; i < nr; i++)
			if (!kva_read_image(in, ref[i], &at, sizeof(at)) &&
			    kva_is_kernel(at)) {
				err = ring_read(in, at, ret);
				if (!err)
					return 0;
			}
	}
	return err;
}

static uint64_t word(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Read the text of a record into text; its length is len. */
static int text_read(struct introspect *in, const struct ring *r, uint64_t id,
		     uint64_t begin, uint64_t next, char *text, uint16_t len)
{
	uint64_t size = 1ULL << r->size_bits, at = begin & (size - 1), owner;

	/* begin and next are odd in a record without text. */
	if (begin & 1 || !len) {
		*text = '\0';
		return 0;
	}
	/* A text is in one piece: if it would wrap, it starts the ring. */
	if (begin >> r->size_bits != (next - 1) >> r->size_bits)
		at = 0;
	if (at + sizeof(owner) + len > size ||
	    introspect_read(in, r->data + at, &owner, sizeof(owner)))
		return -EFAULT;
	if (owner != id)
		return -ESTALE;
	if (introspect_read(in, r->data + at + sizeof(owner), text, len))
		return -EFAULT;
	text[len] = '\0';
	return 0;
}

static int record_read(struct introspect *in, const struct ring *r, uint64_t id,
		       char *text, struct introspect_log_record *ret)
{
	uint64_t index = id & ((1ULL << r->count_bits) - 1), state;
	uint8_t desc[64], info[256];
	uint16_t len;
	int err;

	if (r->desc_size > sizeof(desc) || r->info_size > sizeof(info))
		return -EBADMSG;
	if (introspect_read(in, r->descs + index * r->desc_size, desc,
			    r->desc_size) ||
	    introspect_read(in, r->infos + index * r->info_size, info,
			    r->info_size))
		return -EFAULT;
	state = word(desc + r->state);
	if (FIELD_GET(DESC_ID, state) != (id & DESC_ID))
		return -ESTALE;
	if (FIELD_GET(DESC_STATE, state) != DESC_COMMITTED &&
	    FIELD_GET(DESC_STATE, state) != DESC_FINALIZED)
		return -ESTALE;
	memcpy(&len, info + r->len, sizeof(len));
	len = min(len, (uint16_t)(MAX_TEXT - 1));
	err = text_read(in, r, id, word(desc + r->begin), word(desc + r->next),
			text, len);
	if (err)
		return err;
	*ret = (struct introspect_log_record){
		.seq = word(info + r->seq),
		.ns = word(info + r->ts),
		.facility = info[r->facility],
		/* u8 flags:5, level:3 follow the facility. */
		.level = info[r->facility + 1] >> 5,
		.text = text,
	};
	memcpy(&ret->caller, info + r->caller, sizeof(ret->caller));
	return 0;
}

int introspect_log(struct introspect *in,
		   void (*see)(void *opaque,
			       const struct introspect_log_record *record),
		   void *opaque, unsigned int *lost_ret)
{
	struct introspect_log_record record;
	struct ring r;
	uint64_t nr;
	char *text;
	int err = ring_find(in, &r);

	if (!err)
		err = fields_read(in, &r);
	if (err)
		return err;
	text = malloc(MAX_TEXT);
	if (!text)
		return -ENOMEM;
	*lost_ret = 0;
	nr = ((r.head - r.tail) & DESC_ID) + 1;
	nr = min(nr, (uint64_t)1 << r.count_bits);
	for (uint64_t i = 0; i < nr; i++) {
		err = record_read(in, &r, (r.tail + i) & DESC_ID, text,
				  &record);
		if (!err)
			see(opaque, &record);
		else if (err != -ESTALE)
			++*lost_ret;
	}
	free(text);
	return 0;
}
