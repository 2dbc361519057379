// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read_flat.c - flattened dumps
 *
 * QEMU's dump-guest-memory -z and makedumpfile -F write such files. The records
 * are copied to their offsets in anonymous memory, which then replaces the
 * file. A file of small records at distant offsets would need much more memory
 * than its own size; such a file is refused.
 */
#include "core.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <trapline/util.h>
#include "kdump.h"

#define MOST_HOLES (64 * SZ_1M) /* allowed for a file of any size */

/* Read the record at *at, and move *at to the next; false: there is none. */
static bool record_next(struct vmcore *c, uint64_t *at, struct flat_record *ret)
{
	if (!core_has(c, *at, sizeof(*ret))) {
		core_lacks(c, "the dump ends too early: its last records are "
			      "missing");
		return false;
	}
	memcpy(ret, c->file + *at, sizeof(*ret));
	ret->offset = be64toh(ret->offset);
	ret->size = be64toh(ret->size);
	if (ret->offset == FLAT_END)
		return false;
	*at += sizeof(*ret);
	if (!core_has(c, *at, ret->size)) {
		core_lacks(c, "the dump ends too early: its last records are "
			      "missing");
		ret->size = c->size - *at;
	}
	*at += ret->size;
	return true;
}

/* The size of the dump that the records describe; 0: it is too large. */
static uint64_t records_size(struct vmcore *c)
{
	uint64_t most = 2 * c->size + MOST_HOLES, size = 0, at = FLAT_HEADER;
	struct flat_record r;

	while (record_next(c, &at, &r)) {
		if (r.offset > most || r.size > most - r.offset)
			return 0;
		if (size < r.offset + r.size)
			size = r.offset + r.size;
	}
	return size;
}

int core_flat_read(struct vmcore *c, char *err, size_t err_size)
{
	uint64_t size = c->was_flat ? 0 : records_size(c), at = FLAT_HEADER;
	struct flat_record r;
	uint8_t *file;

	if (!size) {
		snprintf(err, err_size,
			 "a flattened dump, but its records make no file");
		return -EBADMSG;
	}
	file = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (file == MAP_FAILED)
		return -ENOMEM;
	while (record_next(c, &at, &r))
		memcpy(file + r.offset, c->file + at - r.size, r.size);
	munmap((void *)(uintptr_t)c->file, c->size);
	c->file = file;
	c->size = size;
	c->was_flat = true;
	return core_read(c, err, err_size);
}
