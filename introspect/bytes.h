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
	uint8_t *p; /* NULL: only count */
	size_t size; /* bytes put so far */
	size_t max; /* the size of the buffer */
};

static inline void bytes_put8(struct bytes *b, unsigned int byte)
{
	if (b->p && b->size < b->max)
		b->p[b->size] = (uint8_t)byte;
	b->size++;
}

/* A little-endian number of size bytes. */
static inline void bytes_put(struct bytes *b, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		bytes_put8(b, (unsigned int)(value >> (8 * i)) & 0xff);
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
