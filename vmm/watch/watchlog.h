/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchlog.h - who touched watched bytes: one entry, and a ring of a million
 *
 * The ring is address space until it is used. No lock: the caller's
 * (engine.lock of watch.h).
 */
#ifndef TRAPLINE_VMM_WATCHLOG_H
#define TRAPLINE_VMM_WATCHLOG_H

#include <trapline/guest.h>

/* One watched piece touched by one access, as people want to know it. */
struct watch_hit {
	uint64_t time; /* virtual counter */
	uint64_t old, new; /* of size bytes at va, little-endian */
	va_t va; /* of the first byte old and new are about */
	va_t pc;
	int32_t pid;
	char comm[16]; /* "": not known */
	const char *device; /* NULL: a vCPU */
	uint16_t vcpu; /* or the device's queue */
	uint16_t watch; /* watch.id */
	uint8_t size; /* 1 to 8 */
	uint8_t access; /* enum guest_access, of the access itself */
	bool same; /* a write that changed nothing of what is watched */
	bool late; /* the instruction has been executed already */
};

#define WATCHLOG_SIZE 1000000U

struct watchlog {
	struct watch_hit *ring;
	uint64_t nr; /* ever added since it was cleared */
};

/* -ENOMEM */
int watchlog_init(struct watchlog *log);
void watchlog_deinit(struct watchlog *log);
void watchlog_add(struct watchlog *log, const struct watch_hit *hit);
void watchlog_clear(struct watchlog *log);
/* How many are still there, and the i-th of them, oldest first. */
unsigned int watchlog_count(const struct watchlog *log);
const struct watch_hit *watchlog_get(const struct watchlog *log,
				     unsigned int i);

#endif
