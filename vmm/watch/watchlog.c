// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watchlog.c - a ring of a million entries
 *
 * The ring is mapped without reservation, so a page exists only once it is
 * written.
 */
#include "watchlog.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <trapline/util.h>

#define RING_BYTES (WATCHLOG_SIZE * sizeof(struct watch_hit))

int watchlog_init(struct watchlog *log)
{
	void *ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (ring == MAP_FAILED)
		return -ENOMEM;
	log->ring = ring;
	log->nr = 0;
	return 0;
}

void watchlog_deinit(struct watchlog *log)
{
	if (log->ring)
		munmap(log->ring, RING_BYTES);
	log->ring = NULL;
}

void watchlog_add(struct watchlog *log, const struct watch_hit *hit)
{
	log->ring[log->nr++ % WATCHLOG_SIZE] = *hit;
}

void watchlog_clear(struct watchlog *log)
{
	log->nr = 0;
	/* Return the used pages to the host. */
	madvise(log->ring, RING_BYTES, MADV_DONTNEED);
}

unsigned int watchlog_count(const struct watchlog *log)
{
	return (unsigned int)min(log->nr, (uint64_t)WATCHLOG_SIZE);
}

const struct watch_hit *watchlog_get(const struct watchlog *log, unsigned int i)
{
	uint64_t first = log->nr - watchlog_count(log);

	return &log->ring[(first + i) % WATCHLOG_SIZE];
}
