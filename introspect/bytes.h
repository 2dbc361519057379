/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes.h - write the numbers of DWARF to memory
 *
 * The functions count bytes beyond the end of the buffer, and do not write them.
 * So a first pass without a buffer gives the size of the data. After the last
 * byte, size > max says that the buffer was too small.
 */
#ifndef TRAPLINE_INTROSPECT_BYTES_H
#define TRAPLINE_INTROSPECT_BYTES_H

#include <string.h>
#include <trapline/types.h>

struct bytes {
	uint8_t *p;
	size_t size; /* bytes put so far */
	size_t max; /* the size of the buffer; 0: only count */
};

static inline void bytes_put8(struct bytes *b, unsigned int byte)
{
	if (b->size < b->max)
		b->p[b->size] = (uint8_t)byte;
	b->size++;
}

/* The low bytes of a number; like all hosts, the files are little-endian. */
static inline void bytes_put(struct bytes *b, uint64_t value, unsigned int size)
{
	if (b->size + size <= b->max)
		memcpy(b->p + b->size, &value, size);
	b->size += size;
}

static inline void bytes_put_uleb(struct bytes *b, uint64_t value)
{
	do {
		bytes_put8(b, (value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
}

static inline void bytes_put_sleb(struct bytes *b, int64_t value)
{
	bool more;

	do {
		unsigned int low = value & 0x7f;

		value >>= 7;
		more = value != (low & 0x40 ? -1 : 0);
		bytes_put8(b, low | (more ? 0x80 : 0));
	} while (more);
}

/* A string, with its NUL. */
static inline void bytes_put_string(struct bytes *b, const char *text)
{
	do
		bytes_put8(b, (unsigned char)*text);
	while (*text++);
}

#endif
