// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 tables. Source: Arm ARM, "VMSAv8-64 translation table format
 * descriptors", "VTCR_EL2", "Using break-before-make when updating translation
 * table entries". The walk starts with up to 16 concatenated tables if that
 * saves a level.
 */
#include "stage2.h"

#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "counts.h"
#include "el2map.h"
#include "gate.h"
#include "regs.h"

#define TABLE_SHIFT   (PAGE_SHIFT - 3)
#define TABLE_ENTRIES BIT(TABLE_SHIFT)
#define CONCAT_BITS   4U
#define IPA_BITS_MIN  32U
#define IPA_BITS_MAX  48U

#define DESC_VALID    BIT_ULL(0)
#define DESC_TABLE    BIT_ULL(1)
#define DESC_MEMATTR  GENMASK_ULL(5, 2)
#define DESC_R        BIT_ULL(6)
#define DESC_W        BIT_ULL(7)
#define DESC_SH_INNER GENMASK_ULL(9, 8)
#define DESC_AF       BIT_ULL(10)
#define DESC_ADDR     GENMASK_ULL(47, PAGE_SHIFT)
#define DESC_XN       BIT_ULL(54)
/* The hardware ignores these bits: see check_cache in stage2_check.h. */
#define DESC_RESETS   GENMASK_ULL(58, 55)

#define PARANGE_48 5U

/* For more pages than this, use one TLBI for the whole VMID. */
#define FLUSH_ALL_PAGES 16
/* After cleaning this many bytes, the lock may be released. */
#define CLEAN_AT_ONCE   SZ_256K

static unsigned int parange(void)
{
	return min_t(unsigned int, PARANGE_48,
		     FIELD_GET(MMFR0_PARANGE,
			       read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1)));
}

unsigned int stage2_max_ipa_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };

	return bits[parange()];
}

static unsigned int level_shift(const struct stage2 *s2, unsigned int level)
{
	return PAGE_SHIFT + (s2->nr_levels - 1 - level) * TABLE_SHIFT;
}

static unsigned long level_index(const struct stage2 *s2, u64 ipa,
				 unsigned int level)
{
	u64 index = ipa >> level_shift(s2, level);

	return level ? index & (TABLE_ENTRIES - 1) : index;
}

static unsigned long root_entries(const struct stage2 *s2)
{
	return BIT(s2->ipa_bits - level_shift(s2, 0));
}

static u64 vtcr_value(const struct stage2 *s2)
{
	u64 sl0 = s2->nr_levels - ((PAGE_SIZE == SZ_4K) ? 2 : 1);

	return VTCR_RES1 | VTCR_WBWA | VTCR_SH_INNER |
	       FIELD_PREP(VTCR_T0SZ, 64 - s2->ipa_bits) |
	       FIELD_PREP(VTCR_SL0, sl0) |
	       FIELD_PREP(VTCR_TG0, PAGE_SIZE == SZ_4K ? 0 : 2) |
	       FIELD_PREP(VTCR_PS, parange()) | (vmid_wide() ? VTCR_VS : 0);
}

int stage2_init(struct stage2 *s2, unsigned int ipa_bits,
		void (*failed)(struct stage2 *s2))
{
	if (ipa_bits < IPA_BITS_MIN || ipa_bits > stage2_max_ipa_bits())
		return -EINVAL;
	spin_lock_init(&s2->lock);
	s2->ipa_bits = ipa_bits;
	s2->nr_levels =
		DIV_ROUND_UP(ipa_bits - CONCAT_BITS - PAGE_SHIFT, TABLE_SHIFT);
	s2->root_order = get_order(root_entries(s2) * sizeof(u64));
	s2->root = (u64 *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO,
					   s2->root_order);
	if (!s2->root)
		return -ENOMEM;
	s2->gone = (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!s2->gone) {
		free_pages((unsigned long)s2->root, s2->root_order);
		return -ENOMEM;
	}
	s2->failed = failed;
	count(COUNT_TABLES, BIT(s2->root_order));
	s2->vtcr = vtcr_value(s2);
	return 0;
}

static bool is_table(const struct stage2 *s2, u64 desc, unsigned int level)
{
	return level < s2->nr_levels - 1 &&
	       (desc & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

/* Number of pages that an entry maps. */
static long leaf_pages(const struct stage2 *s2, u64 desc, unsigned int level)
{
	if (!(desc & DESC_VALID) || is_table(s2, desc, level))
		return 0;
	return BIT(level_shift(s2, level) - PAGE_SHIFT);
}

static void table_free(struct stage2 *s2, u64 *table, unsigned int level)
{
	unsigned long n = level ? TABLE_ENTRIES : root_entries(s2);
	unsigned int order = level ? 0 : s2->root_order;

	for (unsigned long i = 0; i < n; i++) {
		if (is_table(s2, table[i], level))
			table_free(s2, phys_to_virt(table[i] & DESC_ADDR),
				   level + 1);
		else
			count(COUNT_MAPPED, -leaf_pages(s2, table[i], level));
	}
	free_pages((unsigned long)table, order);
	count(COUNT_TABLES, -(int)BIT(order));
	cond_resched();
}

static u64 vttbr(const struct stage2 *s2, u16 vmid)
{
	return virt_to_phys(s2->root) | FIELD_PREP(VTTBR_VMID, vmid);
}

int stage2_vttbr(struct stage2 *s2, u64 *ret)
{
	u16 vmid = vmid_get(&s2->vmid);

	if (!vmid)
		return -EIO;
	*ret = vttbr(s2, vmid);
	return 0;
}

/*
 * The flush failed and the guest may still use these pages: keep them forever.
 */
static void gone_keep(struct stage2 *s2)
{
	for (unsigned int i = 0; i < s2->nr_gone; i++)
		get_page(pfn_to_page(PHYS_PFN(s2->gone[i] & DESC_ADDR)));
	count(COUNT_KEPT, s2->nr_gone);
	pr_err_once(
		"trapline: a TLB flush failed: this VM cannot run any more, and %u of its pages are never freed\n",
		s2->nr_gone);
}

/*
 * op is EL2_TLB_PAGE (entries of all sizes that map ipa) or EL2_TLB_VMID.
 * Returns 0 or -EIO.
 */
static int flush(struct stage2 *s2, enum el2_tlb op, u64 ipa)
{
	int ret = 0;
	u16 vmid;

	/*
	 * Pairs with vmid_get(): a CPU that gets a newer VMID than the one read
	 * here begins its walks after the change of the entry.
	 */
	smp_mb();
	vmid = vmid_peek(&s2->vmid);
	s2->nr_flushes++;
	if (vmid)
		ret = gate_tlb_flush(op, vttbr(s2, vmid), ipa);
	if (ret) {
		gone_keep(s2);
		if (s2->failed)
			s2->failed(s2);
	} else {
		stage2_check_flush(&s2->check, op, ipa);
	}
	s2->nr_gone = 0;
	return ret;
}

static void gone_flush(struct stage2 *s2)
{
	if (s2->nr_gone)
		flush(s2, EL2_TLB_VMID, 0);
}

void stage2_deinit(struct stage2 *s2)
{
	int ret;

	s2->failed = NULL;
	spin_lock(&s2->lock);
	ret = flush(s2, EL2_TLB_VMID, 0);
	spin_unlock(&s2->lock);
	vmid_put(&s2->vmid);
	/*
	 * After a failed flush a TLB may hold entries that point to tables:
	 * keep them.
	 */
	if (!ret)
		table_free(s2, s2->root, 0);
	free_page((unsigned long)s2->gone);
}

int stage2_cache_fill(struct stage2_cache *cache)
{
	while (cache->nr < ARRAY_SIZE(cache->page)) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			return -ENOMEM;
		cache->page[cache->nr++] = page;
	}
	if (!cache->pages)
		cache->pages = kvmalloc_array(TABLE_ENTRIES,
					      sizeof(*cache->pages),
					      GFP_KERNEL_ACCOUNT);
	return cache->pages ? 0 : -ENOMEM;
}

void stage2_cache_drain(struct stage2_cache *cache)
{
	while (cache->nr)
		free_page((unsigned long)cache->page[--cache->nr]);
	kvfree(cache->pages);
	cache->pages = NULL;
}

static void mapped_add(struct stage2 *s2, long nr)
{
	s2->nr_pages += nr;
	count(COUNT_MAPPED, nr);
}

static bool needs_break(const struct stage2 *s2, u64 old, u64 desc,
			unsigned int level)
{
	return (old & DESC_VALID) && (desc & DESC_VALID) &&
	       (((old ^ desc) & DESC_ADDR) ||
		is_table(s2, old, level) != is_table(s2, desc, level));
}

/*
 * All changes of entries go through this function. If flushes is false, the
 * caller must flush the whole VMID before it releases the lock, and before more
 * than STAGE2_BATCH leaves are gone. If the old entry is a table, the memory
 * that the table maps must be unmapped already. Returns 0, or -EIO: a flush has
 * failed. After -EIO, a new mapping that needed break-before-make does not
 * exist.
 */
static int entry_set(struct stage2 *s2, u64 *entry, u64 ipa, unsigned int level,
		     u64 desc, bool flushes)
{
	u64 old = *entry, size = BIT_ULL(level_shift(s2, level));
	enum el2_tlb op = is_table(s2, old, level) ? EL2_TLB_VMID
						   : EL2_TLB_PAGE;
	bool breaks = needs_break(s2, old, desc, level);
	int ret = 0;

	if (old == desc)
		return 0;
	if (old & DESC_VALID)
		stage2_check_change(&s2->check, ipa & ~(size - 1), size,
				    op == EL2_TLB_VMID);
	if (leaf_pages(s2, old, level) && (breaks || !(desc & DESC_VALID)))
		s2->gone[s2->nr_gone++] = old;
	if (breaks) {
		WRITE_ONCE(*entry, 0);
		ret = flush(s2, op, ipa);
		if (ret)
			desc = 0;
	}
	mapped_add(s2,
		   leaf_pages(s2, desc, level) - leaf_pages(s2, old, level));
	WRITE_ONCE(*entry, desc);
	if ((old & DESC_VALID) && !breaks && flushes)
		ret = flush(s2, op, ipa);
	else
		dsb(ishst);
	return ret;
}

/* The last entry of the walk for ipa: a leaf or a hole. */
static u64 *entry_find(struct stage2 *s2, u64 ipa, unsigned int *ret_level)
{
	u64 *table = s2->root, *entry;
	unsigned int level = 0;

	for (;;) {
		entry = &table[level_index(s2, ipa, level)];
		if (!is_table(s2, *entry, level))
			break;
		table = phys_to_virt(*entry & DESC_ADDR);
		level++;
	}
	*ret_level = level;
	return entry;
}

/* Replace an empty table by a block. */
static int table_replace(struct stage2 *s2, u64 *entry, u64 ipa,
			 unsigned int level, u64 desc)
{
	void *table = phys_to_virt(*entry & DESC_ADDR);
	int ret = entry_set(s2, entry, ipa, level, desc, true);

	/* After a failed flush walks may still use the table: never free it. */
	if (!ret)
		free_page((unsigned long)table);
	count(COUNT_TABLES, -1);
	return ret;
}

/* True: the entry maps pa already, and none of the bits in without is set. */
static bool leaf_maps(const struct stage2 *s2, u64 desc, unsigned int level,
		      u64 pa, u64 without)
{
	return leaf_pages(s2, desc, level) && (desc & DESC_ADDR) == pa &&
	       !(desc & without);
}

/* Replace the hole or the block at entry by an empty table. */
static int table_add(struct stage2 *s2, struct stage2_cache *cache, u64 *entry,
		     u64 ipa, unsigned int level)
{
	u64 pa = virt_to_phys(cache->page[cache->nr - 1]);
	int ret;

	dsb(ishst);
	ret = entry_set(s2, entry, ipa, level, pa | DESC_TABLE | DESC_VALID,
			true);
	if (ret)
		return ret;
	cache->nr--;
	count(COUNT_TABLES, 1);
	return 0;
}

int stage2_map(struct stage2 *s2, struct stage2_cache *cache, u64 ipa, u64 pa,
	       u64 size, unsigned int perm)
{
	unsigned int last = s2->nr_levels - (size == PAGE_SIZE ? 1 : 2), level;
	u64 desc = pa | DESC_MEMATTR | DESC_SH_INNER | DESC_AF | DESC_VALID;
	u64 *table = s2->root, *entry;
	int ret;

	lockdep_assert_held(&s2->lock);
	/* Descriptors without LPA have no room for higher addresses. */
	if (pa & ~DESC_ADDR)
		return -EFAULT;
	desc |= (size == PAGE_SIZE ? DESC_TABLE : 0) |
		(perm & STAGE2_R ? DESC_R : 0) |
		(perm & STAGE2_W ? DESC_W : 0) |
		(perm & STAGE2_X ? 0 : DESC_XN) |
		(stage2_cache_checked
			 ? FIELD_PREP(DESC_RESETS, s2->check.resets % 16)
			 : 0);
	for (level = 0; level < last; level++) {
		entry = &table[level_index(s2, ipa, level)];
		if (!is_table(s2, *entry, level)) {
			ret = table_add(s2, cache, entry, ipa, level);
			if (ret)
				return ret;
		}
		table = phys_to_virt(*entry & DESC_ADDR);
	}
	entry = &table[level_index(s2, ipa, last)];
	stage2_check_map(
		&s2->check, pa, size, !leaf_maps(s2, *entry, last, pa, 0),
		(perm & STAGE2_X) && !leaf_maps(s2, *entry, last, pa, DESC_XN));
	if (!is_table(s2, *entry, last))
		return entry_set(s2, entry, ipa, last, desc, true);
	stage2_unmap(s2, ipa, size, false);
	return table_replace(s2, entry, ipa, last, desc);
}

int stage2_lookup(struct stage2 *s2, u64 ipa, u64 *ret_size)
{
	unsigned int level;
	u64 desc = *entry_find(s2, ipa, &level);

	lockdep_assert_held(&s2->lock);
	if (!(desc & DESC_VALID))
		return -ENOENT;
	*ret_size = BIT_ULL(level_shift(s2, level));
	return (desc & DESC_R ? STAGE2_R : 0) | (desc & DESC_W ? STAGE2_W : 0) |
	       (desc & DESC_XN ? 0 : STAGE2_X);
}

void stage2_unmap(struct stage2 *s2, u64 ipa, u64 size, bool yields)
{
	bool each = size <= FLUSH_ALL_PAGES * PAGE_SIZE;
	u64 end = min(ipa + size, BIT_ULL(s2->ipa_bits));
	unsigned int level, n = 0;

	lockdep_assert_held(&s2->lock);
	while (ipa < end && s2->nr_pages) {
		u64 *entry = entry_find(s2, ipa, &level);
		u64 step = BIT_ULL(level_shift(s2, level));

		entry_set(s2, entry, ipa, level, 0, each);
		ipa = (ipa & ~(step - 1)) + step;
		if (++n % STAGE2_BATCH)
			continue;
		gone_flush(s2);
		if (yields)
			cond_resched_lock(&s2->lock);
	}
	gone_flush(s2);
}

void stage2_reset(struct stage2 *s2)
{
	spin_lock(&s2->lock);
	s2->check.resets++;
	stage2_unmap(s2, 0, BIT_ULL(s2->ipa_bits), true);
	spin_unlock(&s2->lock);
}

void stage2_check_reset(struct stage2 *s2)
{
	unsigned int level, old = 0;
	u64 ipa = 0;

	if (!stage2_cache_checked)
		return;
	spin_lock(&s2->lock);
	while (ipa < BIT_ULL(s2->ipa_bits) && s2->nr_pages) {
		u64 desc = *entry_find(s2, ipa, &level);
		u64 step = BIT_ULL(level_shift(s2, level));

		old += (desc & DESC_VALID) &&
		       FIELD_GET(DESC_RESETS, desc) != s2->check.resets % 16;
		ipa = (ipa & ~(step - 1)) + step;
	}
	spin_unlock(&s2->lock);
	WARN_ONCE(
		old,
		"trapline: %u mappings are left from before a reset of a vCPU\n",
		old);
}

bool stage2_young(struct stage2 *s2, u64 ipa, u64 size, bool clear)
{
	u64 end = min(ipa + size, BIT_ULL(s2->ipa_bits));
	unsigned int level;
	bool young = false;

	lockdep_assert_held(&s2->lock);
	while (ipa < end && s2->nr_pages) {
		u64 *entry = entry_find(s2, ipa, &level);
		u64 step = BIT_ULL(level_shift(s2, level));

		if ((*entry & DESC_VALID) && (*entry & DESC_AF)) {
			young = true;
			if (clear)
				entry_set(s2, entry, ipa, level,
					  *entry & ~DESC_AF, true);
		}
		ipa = (ipa & ~(step - 1)) + step;
	}
	return young;
}

void stage2_protect(struct stage2 *s2, u64 ipa, const unsigned long *map,
		    unsigned long nr)
{
	unsigned long i, n = 0;

	lockdep_assert_held(&s2->lock);
	for_each_set_bit(i, map, nr) {
		u64 page = ipa + i * PAGE_SIZE;
		unsigned int level;
		u64 *entry = entry_find(s2, page, &level);

		if (*entry & DESC_VALID)
			entry_set(s2, entry, page, level, *entry & ~DESC_W,
				  false);
		if (++n % STAGE2_BATCH)
			continue;
		flush(s2, EL2_TLB_VMID, 0);
		cond_resched_lock(&s2->lock);
	}
	flush(s2, EL2_TLB_VMID, 0);
}

void stage2_clean(struct stage2 *s2, u64 pa, u64 size)
{
	lockdep_assert_held(&s2->lock);
	el2map_clean(phys_to_virt(pa), size);
	stage2_check_clean(&s2->check, pa, size);
}

void stage2_icache(struct stage2 *s2)
{
	icache_invalidate();
	stage2_check_icache(&s2->check);
}

/*
 * Clean a part of the page or block at ipa. Returns the distance to the next
 * ipa.
 */
static u64 clean_some(struct stage2 *s2, u64 ipa)
{
	unsigned int level;
	u64 desc = *entry_find(s2, ipa, &level);
	u64 size = BIT_ULL(level_shift(s2, level));
	u64 offset = ipa & (size - 1), step = size - offset;

	if (desc & DESC_VALID) {
		step = min_t(u64, step, CLEAN_AT_ONCE);
		el2map_clean(phys_to_virt((desc & DESC_ADDR) + offset), step);
	}
	return step;
}

/*
 * Memory that is mapped while the lock is released was cleaned when it was
 * mapped.
 */
void stage2_clean_all(struct stage2 *s2)
{
	u64 ipa = 0;

	spin_lock(&s2->lock);
	while (ipa < BIT_ULL(s2->ipa_bits) && s2->nr_pages) {
		ipa += clean_some(s2, ipa);
		if (need_resched() || spin_is_contended(&s2->lock)) {
			spin_unlock(&s2->lock);
			cond_resched();
			spin_lock(&s2->lock);
		}
	}
	spin_unlock(&s2->lock);
}
