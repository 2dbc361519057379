/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2.h - a guest's stage-2 tables, built on demand
 *
 * Pages of the kernel's granule. Every change of an entry goes through one
 * function (entry_set() in stage2.c), which does the TLBI an old valid entry
 * needs, break before make where the output address changes.
 *
 * The MMU notifier's two counters: a fault handler notes inv_seq, gets the
 * page, takes the lock, and starts again if an invalidation is running
 * (inv_count) or has run (inv_seq) since.
 */
#ifndef TRAPLINE_KMOD_STAGE2_H
#define TRAPLINE_KMOD_STAGE2_H

#include <linux/spinlock.h>
#include <linux/types.h>

#define STAGE2_MAX_LEVELS 4
#define STAGE2_W          1U
#define STAGE2_X          2U

struct stage2 {
	spinlock_t lock;
	u64 *root;
	unsigned int root_order, nr_levels, ipa_bits;
	u64 vtcr, vttbr;
	int vmid;
	unsigned long inv_seq;
	int inv_count;
	unsigned long nr_pages; /* mapped; accounting */
};

/* Table pages at hand, so that none is allocated under the lock. */
struct stage2_cache {
	void *page[STAGE2_MAX_LEVELS];
	unsigned int nr;
};

/* Widest IPA this CPU can do. */
unsigned int stage2_max_ipa_bits(void);
/* 0, -EINVAL (ipa_bits), -ENOSPC (no VMID left), -ENOMEM. */
int stage2_init(struct stage2 *s2, unsigned int ipa_bits);
void stage2_deinit(struct stage2 *s2);

/* Before stage2_map(), may sleep. 0 or -ENOMEM. */
int stage2_cache_fill(struct stage2_cache *cache);
void stage2_cache_drain(struct stage2_cache *cache);

/* Under s2->lock. perm: STAGE2_W, STAGE2_X. Reads are always allowed. */
void stage2_map(struct stage2 *s2, struct stage2_cache *cache, u64 ipa, u64 pa,
		unsigned int perm);
/* Under s2->lock. What is mapped at ipa: STAGE2_* or -ENOENT. */
int stage2_lookup(struct stage2 *s2, u64 ipa);
/* Under s2->lock. */
void stage2_unmap(struct stage2 *s2, u64 ipa, u64 size);
/* Takes s2->lock: everything mapped is written back to memory. */
void stage2_clean_all(struct stage2 *s2);
/* Kernel address: clean and invalidate to the point of coherency. */
void stage2_clean_page(void *va);

#endif
