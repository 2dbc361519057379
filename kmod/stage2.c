// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 tables. Source: Arm ARM, "VMSAv8-64 translation table format
 * descriptors", "VTCR_EL2", "Using break-before-make when updating
 * translation table entries". The walk starts with concatenated tables, up to
 * 16 of them, where that saves a level.
 *
 * A VM has one VMID for life; there are as many VMs as there are VMIDs.
 */
#include "stage2.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cputype.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "el2map.h"
#include "gate.h"

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
#define DESC_SH_INNER (3ULL << 8)
#define DESC_AF       BIT_ULL(10)
#define DESC_ADDR     GENMASK_ULL(47, PAGE_SHIFT)
#define DESC_XN       BIT_ULL(54)

#define VTCR_T0SZ     GENMASK_ULL(5, 0)
#define VTCR_SL0      GENMASK_ULL(7, 6)
#define VTCR_WBWA     (BIT_ULL(8) | BIT_ULL(10))
#define VTCR_SH_INNER (3ULL << 12)
#define VTCR_TG0      GENMASK_ULL(15, 14)
#define VTCR_PS       GENMASK_ULL(18, 16)
#define VTCR_VS       BIT_ULL(19)
#define VTCR_RES1     BIT_ULL(31)
#define VTTBR_VMID    GENMASK_ULL(63, 48)

#define MMFR0_PARANGE GENMASK_ULL(3, 0)
#define MMFR1_VMID    GENMASK_ULL(7, 4)
#define VMID_16_BITS  2
#define PARANGE_48    5U

/* More pages than this at once: one TLBI for the whole VMID. */
#define FLUSH_ALL_PAGES 16

static DEFINE_IDA(vmids);

static unsigned int parange(void)
{
	return min_t(unsigned int, PARANGE_48,
		     FIELD_GET(MMFR0_PARANGE, read_cpuid(ID_AA64MMFR0_EL1)));
}

unsigned int stage2_max_ipa_bits(void)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48 };

	return bits[parange()];
}

static bool vmid16(void)
{
	return FIELD_GET(MMFR1_VMID, read_cpuid(ID_AA64MMFR1_EL1)) ==
	       VMID_16_BITS;
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
	u64 sl0 = s2->nr_levels - (PAGE_SIZE == SZ_4K ? 2 : 1);

	return VTCR_RES1 | VTCR_WBWA | VTCR_SH_INNER |
	       FIELD_PREP(VTCR_T0SZ, 64 - s2->ipa_bits) |
	       FIELD_PREP(VTCR_SL0, sl0) |
	       FIELD_PREP(VTCR_TG0, PAGE_SIZE == SZ_4K ? 0 : 2) |
	       FIELD_PREP(VTCR_PS, parange()) | (vmid16() ? VTCR_VS : 0);
}

int stage2_init(struct stage2 *s2, unsigned int ipa_bits)
{
	if (ipa_bits < IPA_BITS_MIN || ipa_bits > stage2_max_ipa_bits())
		return -EINVAL;
	spin_lock_init(&s2->lock);
	s2->ipa_bits = ipa_bits;
	s2->nr_levels =
		DIV_ROUND_UP(ipa_bits - CONCAT_BITS - PAGE_SHIFT, TABLE_SHIFT);
	s2->root_order = get_order(root_entries(s2) * sizeof(u64));
	/* 0 is the host's. */
	s2->vmid = ida_alloc_range(&vmids, 1, vmid16() ? 0xffff : 0xff,
				   GFP_KERNEL);
	if (s2->vmid < 0)
		return s2->vmid;
	s2->root = (u64 *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO,
					   s2->root_order);
	if (!s2->root) {
		ida_free(&vmids, s2->vmid);
		return -ENOMEM;
	}
	s2->vtcr = vtcr_value(s2);
	s2->vttbr = virt_to_phys(s2->root) | FIELD_PREP(VTTBR_VMID, s2->vmid);
	return 0;
}

static void table_free(struct stage2 *s2, u64 *table, unsigned int level)
{
	unsigned long n = level ? TABLE_ENTRIES : root_entries(s2);

	for (unsigned long i = 0; level < s2->nr_levels - 1 && i < n; i++)
		if (table[i] & DESC_VALID)
			table_free(s2, phys_to_virt(table[i] & DESC_ADDR),
				   level + 1);
	free_pages((unsigned long)table, level ? 0 : s2->root_order);
}

void stage2_deinit(struct stage2 *s2)
{
	gate_tlb_flush(s2->vttbr, EL2_TLB_ALL);
	table_free(s2, s2->root, 0);
	ida_free(&vmids, s2->vmid);
}

int stage2_cache_fill(struct stage2_cache *cache)
{
	while (cache->nr < ARRAY_SIZE(cache->page)) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			return -ENOMEM;
		cache->page[cache->nr++] = page;
	}
	return 0;
}

void stage2_cache_drain(struct stage2_cache *cache)
{
	while (cache->nr)
		free_page((unsigned long)cache->page[--cache->nr]);
}

/*
 * The one function that changes a leaf. With flush false the caller flushes
 * the whole VMID before it lets go of the lock.
 */
static void entry_set(struct stage2 *s2, u64 *entry, u64 ipa, u64 desc,
		      bool flush)
{
	u64 old = *entry;

	if (old == desc)
		return;
	s2->nr_pages += (desc & DESC_VALID) - (old & DESC_VALID);
	if ((old & DESC_VALID) && (desc & DESC_VALID) &&
	    (old ^ desc) & DESC_ADDR) {
		WRITE_ONCE(*entry, 0);
		gate_tlb_flush(s2->vttbr, ipa);
		old = 0;
	}
	WRITE_ONCE(*entry, desc);
	if ((old & DESC_VALID) && flush)
		gate_tlb_flush(s2->vttbr, ipa);
	else
		dsb(ishst);
}

/*
 * The leaf of ipa, NULL if a table is missing; *ret_size is then what the
 * hole covers at least.
 */
static u64 *entry_find(struct stage2 *s2, u64 ipa, u64 *ret_size)
{
	u64 *table = s2->root;
	unsigned int level;

	for (level = 0; level < s2->nr_levels - 1; level++) {
		u64 desc = table[level_index(s2, ipa, level)];

		if (!(desc & DESC_VALID)) {
			*ret_size = BIT_ULL(level_shift(s2, level));
			return NULL;
		}
		table = phys_to_virt(desc & DESC_ADDR);
	}
	*ret_size = PAGE_SIZE;
	return &table[level_index(s2, ipa, level)];
}

void stage2_map(struct stage2 *s2, struct stage2_cache *cache, u64 ipa, u64 pa,
		unsigned int perm)
{
	u64 desc = pa | DESC_MEMATTR | DESC_R | DESC_SH_INNER | DESC_AF |
		   DESC_TABLE | DESC_VALID;
	u64 *table = s2->root;
	unsigned int level;

	for (level = 0; level < s2->nr_levels - 1; level++) {
		u64 *entry = &table[level_index(s2, ipa, level)];

		if (!(*entry & DESC_VALID)) {
			void *page = cache->page[--cache->nr];

			dsb(ishst);
			WRITE_ONCE(*entry, virt_to_phys(page) | DESC_TABLE |
						   DESC_VALID);
		}
		table = phys_to_virt(*entry & DESC_ADDR);
	}
	if (perm & STAGE2_W)
		desc |= DESC_W;
	if (!(perm & STAGE2_X))
		desc |= DESC_XN;
	entry_set(s2, &table[level_index(s2, ipa, level)], ipa, desc, true);
}

int stage2_lookup(struct stage2 *s2, u64 ipa)
{
	u64 size;
	u64 *entry = entry_find(s2, ipa, &size);

	if (!entry || !(*entry & DESC_VALID))
		return -ENOENT;
	return (*entry & DESC_W ? STAGE2_W : 0) |
	       (*entry & DESC_XN ? 0 : STAGE2_X);
}

void stage2_unmap(struct stage2 *s2, u64 ipa, u64 size)
{
	bool each = size <= FLUSH_ALL_PAGES * PAGE_SIZE;
	u64 end = min(ipa + size, BIT_ULL(s2->ipa_bits));
	u64 step;

	while (ipa < end) {
		u64 *entry = entry_find(s2, ipa, &step);

		if (entry)
			entry_set(s2, entry, ipa, 0, each);
		ipa = (ipa & ~(step - 1)) + step;
	}
	if (!each)
		gate_tlb_flush(s2->vttbr, EL2_TLB_ALL);
}

void stage2_clean_page(void *va)
{
	el2map_clean(va, PAGE_SIZE);
}

void stage2_clean_all(struct stage2 *s2)
{
	u64 ipa = 0, step;

	spin_lock(&s2->lock);
	while (ipa < BIT_ULL(s2->ipa_bits) && s2->nr_pages) {
		u64 *entry = entry_find(s2, ipa, &step);

		if (entry && (*entry & DESC_VALID))
			stage2_clean_page(phys_to_virt(*entry & DESC_ADDR));
		ipa = (ipa & ~(step - 1)) + step;
	}
	spin_unlock(&s2->lock);
}
