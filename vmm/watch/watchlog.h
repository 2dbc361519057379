/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchlog.h - a ring of a million entries: who accessed watched bytes
 *
 * Only used parts of the ring take memory. No lock: the caller holds
 * engine.lock (watch.h).
 */
#ifndef TRAPLINE_VMM_WATCHLOG_H
#define TRAPLINE_VMM_WATCHLOG_H

#include <trapline/guest.h>

/* An access to a watched piece, with the data that a user sees. */
struct watch_hit {
	uint64_t time; /* virtual counter */
	uint64_t old, new; /* size bytes at va, little-endian */
	va_t va; /* of the first byte of old and new */
	va_t pc;
	int32_t pid;
	char comm[16]; /* "": unknown */
	const char *device; /* NULL: a vCPU */
	uint16_t vcpu; /* or a device's queue */
	uint16_t watch; /* watch.id */
	uint8_t size; /* 1 to 8 */
	uint8_t access; /* enum guest_access of the access */
	bool same; /* the write did not change watched bytes */
	bool late; /* reported after the access was done */
};

#define WATCHLOG_SIZE 1000000U

struct watchlog {
	struct watch_hit *ring;
	uint64_t nr; /* entries added since watchlog_clear() */
};

/* Returns 0 or -ENOMEM. */
int watchlog_init(struct watchlog *log);
void watchlog_deinit(struct watchlog *log);
void watchlog_add(struct watchlog *log, const struct watch_hit *hit);
void watchlog_clear(struct watchlog *log);
/* The number of entries that the ring still has; entry i, 0 is the oldest. */
unsigned int watchlog_count(const struct watchlog *log);
const struct watch_hit *watchlog_get(const struct watchlog *log,
				     unsigned int i);

#endif
