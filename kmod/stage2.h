/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stage2.h - a guest's stage-2 tables, built on demand
 *
 * Leaves are pages of the kernel's granule, and blocks of the size that one
 * table maps (2 MiB with 4 KiB pages, 32 MiB with 16 KiB). Every change of an
 * entry goes through entry_set() in stage2.c. That function does the TLBI that
 * an old valid entry needs, and break-before-make if the output address or the
 * size changes. A change to a part of a block removes the whole block; faults
 * map it again.
 *
 * A flush can fail, on a CPU whose EL2 is not ours. The guest may then still
 * use entries in its TLB that are gone from the tables. So the pages of those
 * entries get a reference that is never put, and the VM ends (see failed() at
 * stage2_init()).
 *
 * The MMU notifier has two counters. A fault handler reads inv_seq, gets the
 * page, and takes the lock. It starts again if an invalidation is running
 * (inv_count) or has run since (inv_seq).
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

/* On all CPUs. */
static inline void icache_invalidate(void)
{
	asm volatile("ic ialluis\n\tdsb ish" : : : "memory");
}

/* The most leaves that one flush of the VMID may cover. */
#define STAGE2_BATCH (PAGE_SIZE / sizeof(u64))

struct stage2 {
	spinlock_t lock; /* protects the tables, the counters and gone */
	u64 *root;
	unsigned int root_order, nr_levels, ipa_bits;
	u64 vtcr;
	struct vmid vmid;
	unsigned long inv_seq;
	int inv_count;
	unsigned long nr_pages; /* number of mapped guest pages */
	unsigned long nr_flushes;
	/*
	 * Removed leaves that no flush has covered yet, at most STAGE2_BATCH.
	 */
	u64 *gone;
	unsigned int nr_gone;
	void (*failed)(struct stage2 *s2);
	struct stage2_check check;
};

/* Spare table pages, so that none has to be allocated under the lock. */
struct stage2_cache {
	void *page[STAGE2_MAX_LEVELS];
	unsigned int nr;
	struct page **pages; /* array for the pages of one block */
};

/* The widest IPA that this CPU supports. */
unsigned int stage2_max_ipa_bits(void);
/*
 * Returns 0, -EINVAL (ipa_bits) or -ENOMEM. failed() is called under s2->lock
 * when a flush has failed. It must ensure that no guest runs on these tables
 * any more. stage2_deinit() does not call it.
 */
int stage2_init(struct stage2 *s2, unsigned int ipa_bits,
		void (*failed)(struct stage2 *s2));
void stage2_deinit(struct stage2 *s2);
/*
 * Get VTTBR_EL2 for this CPU. Preemption is off. The value is valid until this
 * CPU gets another VM's. Returns 0, or -EIO: no VMID is available, because a
 * flush has failed.
 */
int stage2_vttbr(struct stage2 *s2, u64 *ret);

/* Call this before stage2_map(). May sleep. Returns 0 or -ENOMEM. */
int stage2_cache_fill(struct stage2_cache *cache);
void stage2_cache_drain(struct stage2_cache *cache);

/*
 * Under s2->lock. perm is STAGE2_*. size is a page or STAGE2_BLOCK. Returns 0,
 * or -EIO: a flush has failed, and nothing is mapped at ipa.
 */
int stage2_map(struct stage2 *s2, struct stage2_cache *cache, u64 ipa, u64 pa,
	       u64 size, unsigned int perm);
/*
 * Under s2->lock. Returns STAGE2_* and the size of the mapping at ipa, or
 * -ENOENT.
 */
int stage2_lookup(struct stage2 *s2, u64 ipa, u64 *ret_size);
/*
 * Under s2->lock. If yields is true, the lock is released from time to time, so
 * that others can run while gigabytes are unmapped.
 */
void stage2_unmap(struct stage2 *s2, u64 ipa, u64 size, bool yields);
/*
 * Under s2->lock. True: a part of the range was accessed since the last call
 * with clear, or since it was mapped.
 */
bool stage2_young(struct stage2 *s2, u64 ipa, u64 size, bool clear);
/*
 * Under s2->lock, which is released from time to time. map selects pages among
 * the nr pages from ipa; a store to a selected page faults afterwards.
 */
void stage2_protect(struct stage2 *s2, u64 ipa, const unsigned long *map,
		    unsigned long nr);
/* Write all mapped memory back. May sleep; takes s2->lock. */
void stage2_clean_all(struct stage2 *s2);
/*
 * Under s2->lock, before stage2_map(). Memory that becomes accessible needs
 * stage2_clean(): it cleans and invalidates the memory to the point of
 * coherency, because the guest's caches may be off. Memory that becomes
 * executable needs stage2_icache() after that.
 */
void stage2_clean(struct stage2 *s2, u64 pa, u64 size);
void stage2_icache(struct stage2 *s2);
/*
 * A used vCPU is initialised again. The VMM writes, or has written, the guest's
 * memory through its caches, and the guest starts with its caches off. So all
 * memory is unmapped, and the fault path cleans it before the guest accesses it
 * again. May sleep; takes s2->lock.
 */
void stage2_reset(struct stage2 *s2);
/*
 * For check_cache (stage2_check.h): call this before that vCPU runs. Takes
 * s2->lock.
 */
void stage2_check_reset(struct stage2 *s2);

#endif
