/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2.h - a guest's stage-2 tables, built on demand
 *
 * Pages of the kernel's granule, and blocks of one table of them (2 MiB with
 * 4 KiB pages, 32 MiB with 16). Every change of an entry goes through one
 * function (entry_set() in stage2.c), which does the TLBI an old valid entry
 * needs, break before make where the output address or the size changes. A
 * change within a block takes all of the block away; it comes back by faults.
 *
 * A flush may fail, on a CPU whose EL2 is not ours. The guest may then use what
 * its TLB still has of entries that are gone, so their pages get a reference
 * that is never given back, and the VM ends: stage2_init()'s failed().
 *
 * The MMU notifier's two counters: a fault handler notes inv_seq, gets the
 * page, takes the lock, and starts again if an invalidation is running
 * (inv_count) or has run (inv_seq) since.
 */
#ifndef TRAPLINE_KMOD_STAGE2_H
#define TRAPLINE_KMOD_STAGE2_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include "stage2_check.h"
#include "vmid.h"

#define STAGE2_MAX_LEVELS 4
#define STAGE2_BLOCK      (PAGE_SIZE << (PAGE_SHIFT - 3))
#define STAGE2_R          1U
#define STAGE2_W          2U
#define STAGE2_X          4U

/* Of all CPUs. */
static inline void icache_invalidate(void)
{
	asm volatile("ic ialluis\n\tdsb ish" : : : "memory");
}

/* Leaves that one flush of the VMID may cover. */
#define STAGE2_BATCH (PAGE_SIZE / sizeof(u64))

struct stage2 {
	spinlock_t lock;
	u64 *root;
	unsigned int root_order, nr_levels, ipa_bits;
	u64 vtcr;
	struct vmid vmid;
	unsigned long inv_seq;
	int inv_count;
	unsigned long nr_pages; /* mapped */
	/* Leaves taken away that no flush has covered yet: STAGE2_BATCH at most. */
	u64 *gone;
	unsigned int nr_gone;
	void (*failed)(struct stage2 *s2);
	struct stage2_check check;
};

/* Table pages at hand, so that none is allocated under the lock. */
struct stage2_cache {
	void *page[STAGE2_MAX_LEVELS];
	unsigned int nr;
	struct page **pages; /* room for those of a block */
};

/* Widest IPA this CPU can do. */
unsigned int stage2_max_ipa_bits(void);
/*
 * 0, -EINVAL (ipa_bits), -ENOMEM. failed() is called, under s2->lock, when a
 * flush has failed: it has to see to it that no guest runs on this any more.
 * Not called by stage2_deinit().
 */
int stage2_init(struct stage2 *s2, unsigned int ipa_bits,
		void (*failed)(struct stage2 *s2));
void stage2_deinit(struct stage2 *s2);
/*
 * VTTBR_EL2 for this CPU, preemption off: good until it is another VM's. 0, or
 * -EIO: no VMID can be had, because a flush has failed.
 */
int stage2_vttbr(struct stage2 *s2, u64 *ret);

/* Before stage2_map(), may sleep. 0 or -ENOMEM. */
int stage2_cache_fill(struct stage2_cache *cache);
void stage2_cache_drain(struct stage2_cache *cache);

/*
 * Under s2->lock. perm: STAGE2_*; size: a page, or STAGE2_BLOCK. 0, or -EIO: a
 * flush has failed, and nothing is mapped there.
 */
int stage2_map(struct stage2 *s2, struct stage2_cache *cache, u64 ipa, u64 pa,
	       u64 size, unsigned int perm);
/* Under s2->lock. What is mapped at ipa: STAGE2_* and its size, or -ENOENT. */
int stage2_lookup(struct stage2 *s2, u64 ipa, u64 *ret_size);
/*
 * Under s2->lock, which is let go of now and then if yields is true: so that
 * others run while gigabytes are unmapped.
 */
void stage2_unmap(struct stage2 *s2, u64 ipa, u64 size, bool yields);
/*
 * Under s2->lock. Has any of it been accessed since the last one with clear,
 * or since it was mapped?
 */
bool stage2_young(struct stage2 *s2, u64 ipa, u64 size, bool clear);
/*
 * Under s2->lock, which is let go of now and then: a store to those of nr pages
 * that are in map faults.
 */
void stage2_protect(struct stage2 *s2, u64 ipa, const unsigned long *map,
		    unsigned long nr);
/* May sleep, takes s2->lock: everything mapped is written back to memory. */
void stage2_clean_all(struct stage2 *s2);
/*
 * Under s2->lock, before stage2_map(). stage2_clean(): clean and invalidate to
 * the point of coherency what becomes accessible, because the guest's caches
 * may be off. stage2_icache(): after that, where it becomes executable.
 */
void stage2_clean(struct stage2 *s2, u64 pa, u64 size);
void stage2_icache(struct stage2 *s2);
/*
 * A used vCPU starts anew. The VMM writes, or has written, the guest's memory
 * through its caches, and the guest begins with its own off: all memory is
 * taken away, and the fault path cleans it before the guest sees it again.
 * May sleep, takes s2->lock.
 */
void stage2_reset(struct stage2 *s2);
/* Before that vCPU runs: stage2_check.h, check_cache. Takes s2->lock. */
void stage2_check_reset(struct stage2 *s2);

#endif
