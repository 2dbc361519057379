// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stage1.c - stage-1 translation of a guest's EL1&0 regime
 *
 * Source: Arm ARM (DDI 0487), "The AArch64 Virtual Memory System
 * Architecture": "Translation table walk properties", "VMSAv8-64 translation
 * table format descriptors", "Hierarchical control of data access
 * permissions". The walk does what the hardware walker does for 4, 16 and 64
 * KiB granules with 48 and 52 bits. It has no memory attributes, no TLB (it
 * reads the tables in memory, not the copies that the CPU has cached), no
 * access flag faults (a debugger may read old pages), and no VMSAv9-128.
 *
 * The tables belong to the guest. They may change during the walk, or contain
 * any address. So each descriptor is read once, and only from RAM.
 */
#include <trapline/stage1.h>

#include <errno.h>
#include <string.h>
#include <trapline/arm64.h>

#define IPS_52_BITS 6 /* of TCR_EL1 */

/* TTBRn_EL1: BADDR, and the field with address bits 51:48. */
#define TTBR_BADDR      GENMASK_ULL(47, 1)
#define TTBR_BADDR_HIGH GENMASK_ULL(5, 2)

/* Output address bits above 47: 64 KiB with LPA; 4 and 16 KiB with DS. */
#define DESC_OA_64K_HIGH GENMASK_ULL(15, 12)
#define DESC_OA_DS_MID   GENMASK_ULL(49, 48)
#define DESC_OA_DS_HIGH  GENMASK_ULL(9, 8)

#define IPA_LIMIT    BIT_ULL(52)
#define NO_MMU_CHUNK SZ_1G

_Static_assert(FIELD_GET(TCR_TG1_MASK, 0x80000000ULL) == 2, "TG1 of 4 KiB");

/* One of the two halves of the address space, decoded from TCR_EL1. */
struct half {
	uint64_t table; /* address of the first table */
	unsigned int va_bits;
	unsigned int granule; /* log2 */
	bool ds; /* 52-bit descriptors, 4 and 16 KiB granules */
	bool lpa; /* 52-bit descriptors, 64 KiB granule */
	bool hpd; /* hierarchical permissions disabled */
	bool dirty; /* DBM means writable */
	bool big_endian;
	bool wxn;
};

/* The hierarchical permissions of the tables above a descriptor. */
struct hierarchy {
	bool read_only;
	bool no_el0;
	bool pxn;
};

static unsigned int granule_shift(uint64_t tcr, bool upper)
{
	static const uint8_t tg0[4] = { 12, 16, 14, 0 };
	static const uint8_t tg1[4] = { 0, 14, 12, 16 };

	return upper ? tg1[FIELD_GET(TCR_TG1_MASK, tcr)]
		     : tg0[FIELD_GET(TCR_TG0_MASK, tcr)];
}

static unsigned int start_level(const struct half *h)
{
	unsigned int stride = h->granule - 3;

	return 4 - (h->va_bits - h->granule + stride - 1) / stride;
}

static uint64_t table_base(const struct half *h, uint64_t ttbr, uint64_t tcr)
{
	unsigned int stride = h->granule - 3;
	unsigned int index_bits = (h->va_bits - h->granule - 1) % stride + 1;
	uint64_t base = ALIGN_DOWN(ttbr & TTBR_BADDR, 8ULL << index_bits);

	if (FIELD_GET(TCR_IPS_MASK, tcr) != IPS_52_BITS || !(h->ds || h->lpa))
		return base;
	/* Tables are 64-byte aligned: the low bits hold address bits 51:48. */
	base &= ~GENMASK_ULL(5, 0);
	return base | FIELD_GET(TTBR_BADDR_HIGH, ttbr) << 48;
}

static int half_decode(const struct stage1_regs *regs, bool upper,
		       struct half *ret)
{
	uint64_t tcr = regs->tcr;
	uint64_t tsz = upper ? FIELD_GET(TCR_T1SZ_MASK, tcr)
			     : FIELD_GET(TCR_T0SZ_MASK, tcr);
	bool ips52 = FIELD_GET(TCR_IPS_MASK, tcr) == IPS_52_BITS;
	struct half h = {
		.granule = granule_shift(tcr, upper),
		.hpd = tcr & (upper ? TCR_HPD1 : TCR_HPD0),
		.dirty = tcr & TCR_HD,
		.big_endian = regs->sctlr & SCTLR_ELx_EE,
		.wxn = regs->sctlr & SCTLR_ELx_WXN,
	};

	if (tcr & (upper ? TCR_EPD1_MASK : TCR_EPD0_MASK))
		return -EFAULT;
	if (!h.granule)
		return -EINVAL;
	h.lpa = h.granule == 16 && ips52;
	h.ds = h.granule != 16 && (tcr & TCR_DS);
	/*
	 * 52-bit VAs need FEAT_LVA with 64 KiB granules (IPS does not show
	 * whether the CPU has that), and DS with the others. The smallest
	 * address space is that of FEAT_TTST.
	 */
	if (tsz < (h.ds || h.granule == 16 ? 12U : 16U) ||
	    tsz > (h.granule == 16 ? 47U : 48U))
		return -EINVAL;
	h.va_bits = 64 - tsz;
	h.table = table_base(&h, upper ? regs->ttbr1 : regs->ttbr0, tcr);
	*ret = h;
	return 0;
}

static inline uint64_t desc_order(const struct half *h, uint64_t desc)
{
	return h->big_endian ? __builtin_bswap64(desc) : desc;
}

/* The rare part of desc_read(), a function of its own to keep walks fast. */
static __attribute__((noinline)) int desc_gather(const struct guest *g,
						 const struct half *h,
						 ipa_t ipa, uint64_t *ret)
{
	uint64_t desc;

	if (!guest_ram_gather(g, ipa, &desc, sizeof(desc)))
		return -EFAULT;
	*ret = desc_order(h, desc);
	return 0;
}

static int desc_read(const struct guest *g, const struct half *h, ipa_t ipa,
		     uint64_t *ret)
{
	const uint8_t *p = guest_ram_at(g, ipa, sizeof(*ret));
	uint64_t desc;

	if (!p)
		return desc_gather(g, h, ipa, ret);
	memcpy(&desc, p, sizeof(desc));
	*ret = desc_order(h, desc);
	return 0;
}

/* The address of the output or of the next table, aligned to 2^shift. */
static uint64_t desc_address(const struct half *h, uint64_t desc,
			     unsigned int shift)
{
	uint64_t high = 0;

	if (h->ds)
		high = (desc & DESC_OA_DS_MID) |
		       FIELD_GET(DESC_OA_DS_HIGH, desc) << 50;
	else if (h->lpa)
		high = FIELD_GET(DESC_OA_64K_HIGH, desc) << 48;
	return high | (desc & GENMASK_ULL(47, shift));
}

/* Block descriptors are valid at some levels only; at others they fault. */
static bool block_allowed(const struct half *h, int level)
{
	switch (h->granule) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && h->ds);
	case 14:
		return level == 2 || (level == 1 && h->ds);
	default:
		return level == 2 || (level == 1 && h->lpa);
	}
}

static void leaf_fill(const struct half *h, const struct hierarchy *up,
		      uint64_t desc, struct stage1_mapping *ret)
{
	bool writable = !(desc & DESC_AP_RO) || (h->dirty && (desc & DESC_DBM));
	bool el0 = desc & DESC_AP_EL0;

	ret->desc = desc;
	ret->writable = writable && !up->read_only;
	ret->el0 = el0 && !up->no_el0;
	/* EL1 never executes memory that EL0 may write. */
	ret->exec_el1 = !(desc & DESC_PXN) && !up->pxn &&
			!(ret->writable && (ret->el0 || h->wxn));
}

static void hierarchy_add(const struct half *h, uint64_t desc,
			  struct hierarchy *up)
{
	if (h->hpd)
		return;
	up->read_only |= !!(desc & DESC_AP_TABLE_RO);
	up->no_el0 |= !!(desc & DESC_AP_TABLE_NO_EL0);
	up->pxn |= !!(desc & DESC_PXN_TABLE);
}

static bool is_leaf(const struct half *h, uint64_t desc, int level)
{
	return level == 3 ? desc & DESC_TABLE
			  : !(desc & DESC_TABLE) && block_allowed(h, level);
}

/* The steps of a walk are stored here; steps NULL: they are not stored. */
struct trace {
	struct stage1_step *steps;
	unsigned int *nr;
};

static inline int half_walk(const struct guest *g, const struct half *h,
			    va_t va, const struct trace *trace,
			    struct stage1_mapping *ret)
{
	unsigned int stride = h->granule - 3, shift = h->granule;
	unsigned int top = h->va_bits;
	struct hierarchy up = { 0 };
	uint64_t table = h->table, desc = 0, index;
	int level, err;

	for (level = (int)start_level(h); level <= 3; level++) {
		shift = h->granule + stride * (3 - level);
		index = (va & GENMASK_ULL(top - 1, shift)) >> shift;
		err = desc_read(g, h, table + index * 8, &desc);
		if (err)
			return err;
		if (trace->steps)
			trace->steps[(*trace->nr)++] = (struct stage1_step){
				.level = level,
				.at = table + index * 8,
				.desc = desc,
			};
		if (!(desc & DESC_VALID))
			return -EFAULT;
		if (level == 3 || !(desc & DESC_TABLE))
			break;
		hierarchy_add(h, desc, &up);
		table = desc_address(h, desc, h->granule);
		top = shift;
	}
	if (!is_leaf(h, desc, level))
		return -EFAULT;
	leaf_fill(h, &up, desc, ret);
	ret->size = 1ULL << shift;
	ret->ipa = desc_address(h, desc, shift) | (va & (ret->size - 1));
	ret->level = (unsigned int)level;
	return 0;
}

/* Are the bits above va_bits (with TBI: up to bit 55) equal to bit 55? */
static bool va_is_canonical(const struct half *h, va_t va, bool upper,
			    uint64_t tcr)
{
	bool tbi = tcr & (upper ? TCR_TBI1 : TCR_TBI0);
	unsigned int last = tbi ? 55 : 63;
	uint64_t mask = GENMASK_ULL(last, h->va_bits);

	return (va & mask) == (upper ? mask : 0);
}

static inline int walk(const struct guest *g, const struct stage1_regs *regs,
		       va_t va, const struct trace *trace,
		       struct stage1_mapping *ret)
{
	bool upper = va & VA_UPPER_HALF;
	struct stage1_mapping m = { 0 };
	struct half h;
	int err;

	if (!(regs->sctlr & SCTLR_ELx_M)) {
		if (va >= IPA_LIMIT)
			return -EFAULT;
		*ret = (struct stage1_mapping){
			.ipa = va,
			.size = NO_MMU_CHUNK,
			.writable = true,
			.el0 = true,
			.exec_el1 = true,
			.level = 3,
		};
		return 0;
	}
	err = half_decode(regs, upper, &h);
	if (err)
		return err;
	if (!va_is_canonical(&h, va, upper, regs->tcr))
		return -EFAULT;
	err = half_walk(g, &h, va, trace, &m);
	if (!err)
		*ret = m;
	return err;
}

int stage1_walk(const struct guest *g, const struct stage1_regs *regs, va_t va,
		struct stage1_mapping *ret)
{
	static const struct trace none;

	return walk(g, regs, va, &none, ret);
}

int stage1_walk_steps(const struct guest *g, const struct stage1_regs *regs,
		      va_t va, struct stage1_step *steps, unsigned int *nr,
		      struct stage1_mapping *ret)
{
	struct trace trace = { .steps = steps, .nr = nr };

	*nr = 0;
	return walk(g, regs, va, &trace, ret);
}

/* log2 of the bytes that an entry of a table at that level maps. */
static unsigned int level_shift(const struct half *h, int level)
{
	return h->granule + (h->granule - 3) * (unsigned int)(3 - level);
}

/* The number of entries of the first table, which may be smaller. */
static unsigned int first_entries(const struct half *h)
{
	return 1U << (h->va_bits - level_shift(h, (int)start_level(h)));
}

/*
 * The most descriptors that a search for tables reads: 65,536 tables of 4 KiB,
 * more than a real guest has. The limit counts descriptors, not tables, because
 * a table of 64 KiB has 16 times as many.
 */
#define MAX_DESCS (65536 * 512)

/*
 * A search for a table that lies in, or a VA that maps to, [ipa, ipa + size).
 */
struct search {
	const struct guest *g;
	const struct half *h;
	ipa_t ipa;
	uint64_t size;
	unsigned int left; /* descriptors that may still be read */
	uint64_t found; /* the IPA of a table, or a VA */
};

/* Tables at the last level are not read, because they point to no tables. */
static bool table_search(struct search *s, uint64_t table, unsigned int entries,
			 int level)
{
	uint64_t bytes = entries * 8ULL, desc;

	if (s->left < entries)
		return false;
	s->left -= entries;
	if (table < s->ipa + s->size && s->ipa < table + bytes) {
		s->found = table;
		return true;
	}
	for (unsigned int i = 0; level < 3 && i < entries; i++) {
		if (desc_read(s->g, s->h, table + i * 8, &desc))
			return false;
		if ((desc & (DESC_VALID | DESC_TABLE)) ==
			    (DESC_VALID | DESC_TABLE) &&
		    table_search(s, desc_address(s->h, desc, s->h->granule),
				 1U << (s->h->granule - 3), level + 1))
			return true;
	}
	return false;
}

bool stage1_table_in(const struct guest *g, const struct stage1_regs *regs,
		     ipa_t ipa, uint64_t size, ipa_t *ret)
{
	if (!(regs->sctlr & SCTLR_ELx_M))
		return false;
	for (int upper = 0; upper < 2; upper++) {
		struct half h;
		struct search s = {
			.g = g,
			.h = &h,
			.ipa = ipa,
			.size = size,
			.left = MAX_DESCS,
		};

		if (half_decode(regs, upper, &h))
			continue;
		if (table_search(&s, h.table, first_entries(&h),
				 (int)start_level(&h))) {
			*ret = s.found;
			return true;
		}
	}
	return false;
}

/*
 * The most descriptors that a search for executable memory reads: they map 16
 * GiB of pages of 4 KiB. The search does not read the tables below PXNTable; in
 * Linux that is most tables.
 */
#define MAX_EXEC_DESCS (8192 * 512)

static bool exec_leaf(struct search *s, uint64_t desc, int level,
		      const struct hierarchy *up, va_t va)
{
	unsigned int shift = level_shift(s->h, level);
	ipa_t ipa = desc_address(s->h, desc, shift);
	struct stage1_mapping m;

	if (!is_leaf(s->h, desc, level) || ipa >= s->ipa + s->size ||
	    ipa + (1ULL << shift) <= s->ipa)
		return false;
	leaf_fill(s->h, up, desc, &m);
	s->found = va + (s->ipa > ipa ? s->ipa - ipa : 0);
	return m.exec_el1;
}

static bool exec_search(struct search *s, uint64_t table, unsigned int entries,
			int level, const struct hierarchy *above, va_t va)
{
	unsigned int next = 1U << (s->h->granule - 3);
	uint64_t desc;

	if (s->left < entries)
		return false;
	s->left -= entries;
	for (unsigned int i = 0; i < entries;
	     i++, va += 1ULL << level_shift(s->h, level)) {
		struct hierarchy up = *above;

		if (desc_read(s->g, s->h, table + i * 8, &desc))
			return false;
		if (!(desc & DESC_VALID))
			continue;
		if (level == 3 || !(desc & DESC_TABLE)) {
			if (exec_leaf(s, desc, level, &up, va))
				return true;
			continue;
		}
		hierarchy_add(s->h, desc, &up);
		if (!up.pxn &&
		    exec_search(s, desc_address(s->h, desc, s->h->granule),
				next, level + 1, &up, va))
			return true;
	}
	return false;
}

bool stage1_exec_find(const struct guest *g, const struct stage1_regs *regs,
		      ipa_t ipa, uint64_t size, va_t *ret)
{
	struct search s = {
		.g = g,
		.ipa = ipa,
		.size = size,
		.left = MAX_EXEC_DESCS,
	};
	struct hierarchy up = { 0 };
	struct half h;

	if (!(regs->sctlr & SCTLR_ELx_M) || half_decode(regs, true, &h))
		return false;
	s.h = &h;
	if (!exec_search(&s, h.table, first_entries(&h), (int)start_level(&h),
			 &up, GENMASK_ULL(63, h.va_bits)))
		return false;
	*ret = s.found;
	return true;
}

struct each_search {
	const struct guest *g;
	const struct half *h;
	bool (*each)(void *opaque, va_t va, ipa_t ipa, uint64_t size);
	void *opaque;
	unsigned int left; /* descriptors that may still be read */
};

/* false: end the search. */
static bool each_search(struct each_search *s, uint64_t table,
			unsigned int entries, int level, va_t va)
{
	unsigned int shift = level_shift(s->h, level);
	uint64_t desc, before = 0;

	if (s->left < entries)
		return false;
	s->left -= entries;
	for (unsigned int i = 0; i < entries; i++, va += 1ULL << shift) {
		if (desc_read(s->g, s->h, table + i * 8, &desc))
			return true;
		if (!(desc & DESC_VALID) || desc == before)
			continue;
		before = desc;
		if (is_leaf(s->h, desc, level)) {
			if (!s->each(s->opaque, va,
				     desc_address(s->h, desc, shift),
				     1ULL << shift))
				return false;
		} else if (level < 3 && desc & DESC_TABLE &&
			   !each_search(
				   s, desc_address(s->h, desc, s->h->granule),
				   1U << (s->h->granule - 3), level + 1, va)) {
			return false;
		}
	}
	return true;
}

void stage1_each(const struct guest *g, const struct stage1_regs *regs,
		 bool (*each)(void *opaque, va_t va, ipa_t ipa, uint64_t size),
		 void *opaque)
{
	struct half h;
	struct each_search s = { g, &h, each, opaque, MAX_DESCS };

	if (regs->sctlr & SCTLR_ELx_M && !half_decode(regs, true, &h))
		each_search(&s, h.table, first_entries(&h),
			    (int)start_level(&h), GENMASK_ULL(63, h.va_bits));
}
