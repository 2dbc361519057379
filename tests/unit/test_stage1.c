// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_stage1.c - stage1_walk() over tables built here, for each granule
 *
 * The builder below is the inverse of the walker. It puts one mapping into
 * tables of any granule, size and descriptor format, following the text of the
 * Arm ARM. So a test only names the mapping.
 */
#include "fake_guest.h"

#include <trapline/stage1.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define RAM      0x40000000ULL
#define RAM_SIZE (16 * SZ_1M)
#define TABLES   (RAM + SZ_1M)

#define TG1_16K    1ULL
#define TG1_4K     2ULL
#define TG1_64K    3ULL
#define PAGE_DESC  3ULL
#define TABLE_DESC 3ULL
#define BLOCK_DESC 1ULL
#define AF         BIT_ULL(10)
#define IPS_48     (5ULL << 32)
#define IPS_52     (6ULL << 32)
#define DS         BIT_ULL(59)
#define TBI1       BIT_ULL(38)
#define TBI0       BIT_ULL(37)
#define EPD0       BIT_ULL(7)
#define EPD1       BIT_ULL(23)
#define HPD1       BIT_ULL(42)
#define HD         BIT_ULL(40)

/* A set of tables being built. */
struct tables {
	struct fake_guest *fake;
	unsigned int granule; /* log2 */
	unsigned int va_bits;
	bool ds, lpa;
	ipa_t root, next;
	uint64_t last_ipa; /* IPA of the last leaf descriptor */
	uint64_t table_attrs;
};

static uint64_t *at(struct tables *t, ipa_t ipa)
{
	return (uint64_t *)(void *)fake_guest_at(t->fake, ipa, 8);
}

static uint64_t encode(const struct tables *t, uint64_t pa)
{
	uint64_t desc = pa & GENMASK_ULL(47, t->granule);

	if (t->ds)
		desc = (pa & GENMASK_ULL(49, t->granule)) | ((pa >> 50) & 3)
								    << 8;
	else if (t->lpa)
		desc |= ((pa >> 48) & 0xf) << 12;
	return desc;
}

static void tables_init(struct tables *t, struct fake_guest *fake,
			unsigned int granule, unsigned int va_bits)
{
	*t = (struct tables){ .fake = fake,
			      .granule = granule,
			      .va_bits = va_bits };
	t->root = TABLES;
	t->next = TABLES + (1ULL << granule);
}

/* Map va to pa by a descriptor on the given level (3: a page). */
static void map(struct tables *t, va_t va, uint64_t pa, int level,
		uint64_t attrs)
{
	unsigned int stride = t->granule - 3, shift = t->va_bits;
	int first = 3 - (int)((t->va_bits - t->granule - 1) / stride);
	ipa_t table = t->root;

	for (int l = first;; l++) {
		uint64_t top = shift, index;

		shift = t->granule + stride * (3 - l);
		index = (va & GENMASK_ULL(top - 1, shift)) >> shift;
		t->last_ipa = table + index * 8;
		if (l == level) {
			*at(t, t->last_ipa) = encode(t, pa) | attrs | AF |
					      (l == 3 ? PAGE_DESC : BLOCK_DESC);
			return;
		}
		if (!*at(t, t->last_ipa)) {
			*at(t, t->last_ipa) = encode(t, t->next) | TABLE_DESC |
					      t->table_attrs;
			t->next += 1ULL << t->granule;
		}
		table = *at(t, t->last_ipa) & GENMASK_ULL(47, t->granule);
	}
}

static struct stage1_regs upper_regs(const struct tables *t, uint64_t tg1,
				     uint64_t more)
{
	return (struct stage1_regs){
		.sctlr = 1,
		.tcr = (uint64_t)(64 - t->va_bits) << 16 | tg1 << 30 | more,
		.ttbr1 = t->root,
	};
}

static int setup(void **state)
{
	*state = fake_guest_create(1, RAM, RAM_SIZE);
	return 0;
}

static int teardown(void **state)
{
	fake_guest_destroy(*state);
	return 0;
}

#define KVA 0xffff800008123000ULL

static void test_mmu_off(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs = { .sctlr = 0 };
	struct stage1_mapping m;

	assert_int_equal(stage1_walk(&fake->guest, &regs, 0x40001234, &m), 0);
	assert_int_equal(m.ipa, 0x40001234);
	assert_int_equal(m.desc, 0);
	assert_true(m.writable);
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), -EFAULT);
}

static void test_4k_page(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m = { 0 };
	struct tables t;

	tables_init(&t, fake, 12, 48);
	map(&t, KVA, 0x41234000, 3, 0);
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA + 0x567, &m), 0);
	assert_int_equal(m.ipa, 0x41234567);
	assert_int_equal(m.size, SZ_4K);
	assert_int_equal(m.level, 3);
	assert_true(m.writable);
	assert_false(m.el0);
	assert_true(m.exec_el1);
	/*
	 * Neighbouring pages are not mapped, and a failure leaves m unchanged.
	 */
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA + SZ_4K, &m),
			 -EFAULT);
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA - 1, &m),
			 -EFAULT);
	assert_int_equal(m.ipa, 0x41234567);
	/* The ASID and CnP do not belong to the table's address. */
	regs.ttbr1 |= 0x1234000000000001ULL;
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), 0);
}

static void test_4k_blocks(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 12, 48);
	map(&t, 0xffff800000000000ULL, 0x80000000, 1, 0);
	map(&t, 0xffff800040200000ULL, 0x40400000, 2, 0);
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffff80003fffffffULL, &m), 0);
	assert_int_equal(m.ipa, 0xbfffffff);
	assert_int_equal(m.size, SZ_1G);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffff800040212345ULL, &m), 0);
	assert_int_equal(m.ipa, 0x40412345);
	assert_int_equal(m.size, SZ_2M);
	assert_int_equal(m.level, 2);
	/* Without 52-bit descriptors a block at level 0 is reserved. */
	map(&t, 0xffff880000000000ULL, 0, 0, 0);
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0xffff880000000000ULL,
				     &m),
			 -EFAULT);
	/* Descriptor type 0b01 at level 3 is reserved, too. */
	map(&t, 0xffff900000123000ULL, 0x41234000, 3, 0);
	*at(&t, t.last_ipa) &= ~2ULL;
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0xffff900000123000ULL,
				     &m),
			 -EFAULT);
}

static void test_16k(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 14, 47);
	map(&t, 0xffffc00008124000ULL, 0x40208000, 3, 0);
	map(&t, 0xffffc0000c000000ULL, 0x44000000, 2, 0);
	regs = upper_regs(&t, TG1_16K, IPS_48);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffffc00008127abcULL, &m), 0);
	assert_int_equal(m.ipa, 0x4020babc);
	assert_int_equal(m.size, 0x4000);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffffc0000d234567ULL, &m), 0);
	assert_int_equal(m.ipa, 0x45234567);
	assert_int_equal(m.size, 32 * SZ_1M);
	/* 48 bits: a level 0 of two entries. */
	tables_init(&t, fake, 14, 48);
	memset(at(&t, TABLES), 0, SZ_1M);
	map(&t, 0xffff800008124000ULL, 0x40208000, 3, 0);
	regs = upper_regs(&t, TG1_16K, IPS_48);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffff800008124008ULL, &m), 0);
	assert_int_equal(m.ipa, 0x40208008);
}

static void test_64k(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 16, 48);
	map(&t, 0xffff800008120000ULL, 0x40230000, 3, 0);
	map(&t, 0xffff800020000000ULL, 0x60000000, 2, 0);
	regs = upper_regs(&t, TG1_64K, IPS_48);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffff80000812abcdULL, &m), 0);
	assert_int_equal(m.ipa, 0x4023abcd);
	assert_int_equal(m.size, SZ_64K);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xffff800021234567ULL, &m), 0);
	assert_int_equal(m.ipa, 0x61234567);
	assert_int_equal(m.size, 512 * SZ_1M);
}

static void test_64k_52_bits(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 16, 52);
	t.lpa = true;
	map(&t, 0xfff8000008120000ULL, 0xd000040230000ULL, 3, 0);
	regs = upper_regs(&t, TG1_64K, IPS_52);
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0xfff800000812abcdULL, &m), 0);
	assert_true(m.ipa == 0xd00004023abcdULL);
	/* Bits 5:2 of TTBR are address bits 51:48, where no RAM is. */
	regs.ttbr1 |= 4;
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0xfff800000812abcdULL,
				     &m),
			 -EFAULT);
}

static void test_lpa2(void **state)
{
	static const struct {
		unsigned int granule;
		uint64_t tg1;
	} kinds[] = { { 12, TG1_4K }, { 14, TG1_16K } };
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;
	va_t va = 0xfff8123408124000ULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		memset(fake_guest_at(fake, TABLES, SZ_1M), 0, SZ_1M);
		tables_init(&t, fake, kinds[i].granule, 52);
		t.ds = true;
		map(&t, va, 0xe800040230000ULL, 3, 0);
		regs = upper_regs(&t, kinds[i].tg1, IPS_52 | DS);
		assert_int_equal(
			stage1_walk(&fake->guest, &regs, va + 0x123, &m), 0);
		assert_true(m.ipa == 0xe800040230123ULL);
		/* Without TCR.DS such a VA does not exist. */
		regs.tcr &= ~DS;
		assert_int_equal(stage1_walk(&fake->guest, &regs, va, &m),
				 -EINVAL);
	}
}

static void test_lower_half(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs = { .sctlr = 1 };
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 12, 39);
	map(&t, 0x1234567000ULL, 0x40777000, 3, BIT_ULL(6));
	regs.tcr = 25;
	regs.ttbr0 = t.root;
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0x1234567890ULL, &m),
			 0);
	assert_int_equal(m.ipa, 0x40777890);
	assert_true(m.el0);
	/* EL1 cannot execute a page that EL0 may write. */
	assert_false(m.exec_el1);
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0x5600001234567890ULL,
				     &m),
			 -EFAULT);
	regs.tcr |= TBI0;
	assert_int_equal(
		stage1_walk(&fake->guest, &regs, 0x5600001234567890ULL, &m), 0);
	/* No VA above 39 bits is mapped, with or without a tag. */
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0x9234567890ULL, &m),
			 -EFAULT);
	regs.tcr |= EPD0;
	assert_int_equal(stage1_walk(&fake->guest, &regs, 0x1234567890ULL, &m),
			 -EFAULT);
}

static void test_upper_tag_and_epd(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;
	va_t tagged = KVA & ~GENMASK_ULL(63, 56);

	tables_init(&t, fake, 12, 48);
	map(&t, KVA, 0x41234000, 3, 0);
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_int_equal(stage1_walk(&fake->guest, &regs, tagged, &m), -EFAULT);
	regs.tcr |= TBI1;
	assert_int_equal(stage1_walk(&fake->guest, &regs, tagged, &m), 0);
	regs.tcr |= EPD1;
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), -EFAULT);
}

static void test_permissions(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 12, 48);
	map(&t, KVA, 0x41234000, 3, BIT_ULL(7) | BIT_ULL(53));
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), 0);
	assert_false(m.writable);
	assert_false(m.exec_el1);
	/* A read-only page with DBM is writable: hardware makes it dirty. */
	*at(&t, t.last_ipa) |= BIT_ULL(51);
	regs.tcr |= HD;
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), 0);
	assert_true(m.writable);
}

static void test_hierarchical(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct stage1_mapping m;
	struct tables t;

	tables_init(&t, fake, 12, 48);
	t.table_attrs = BIT_ULL(62) | BIT_ULL(61) | BIT_ULL(59);
	map(&t, KVA, 0x41234000, 3, BIT_ULL(6));
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), 0);
	assert_false(m.writable);
	assert_false(m.el0);
	assert_false(m.exec_el1);
	regs.tcr |= HPD1;
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), 0);
	assert_true(m.writable);
	assert_true(m.el0);
}

static void test_reserved(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs = { .sctlr = 1, .ttbr1 = TABLES };
	struct stage1_mapping m;

	regs.tcr = 16ULL << 16; /* TG1 = 0 */
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), -EINVAL);
	regs.tcr = TG1_4K << 30; /* T1SZ = 0 */
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), -EINVAL);
	regs.tcr = TG1_4K << 30 | 63ULL << 16;
	assert_int_equal(stage1_walk(&fake->guest, &regs, KVA, &m), -EINVAL);
}

#define PXN       BIT_ULL(53)
#define PXN_TABLE BIT_ULL(59)
#define TEXT_PA   0x41230000ULL

/* A linear map that is not executable, and the text at a higher address. */
static void exec_maps(struct tables *t, struct fake_guest *fake,
		      unsigned int granule, unsigned int va_bits, va_t low,
		      va_t high)
{
	tables_init(t, fake, granule, va_bits);
	map(t, low, TEXT_PA, 3, PXN);
	map(t, high, TEXT_PA, 3, 0);
}

static void test_exec_find(void **state)
{
	static const struct {
		unsigned int granule, va_bits;
		uint64_t tg1;
	} kinds[] = {
		{ 12, 48, TG1_4K },
		{ 12, 39, TG1_4K },
		{ 14, 47, TG1_16K },
		{ 16, 48, TG1_64K },
	};
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct tables t;
	va_t low, high, va;

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		memset(fake_guest_at(fake, TABLES, 2 * SZ_1M), 0, 2 * SZ_1M);
		low = GENMASK_ULL(63, kinds[i].va_bits) + SZ_64K;
		high = 0xffffffff80000000ULL + 3 * SZ_64K;
		exec_maps(&t, fake, kinds[i].granule, kinds[i].va_bits, low,
			  high);
		regs = upper_regs(&t, kinds[i].tg1, IPS_48);
		assert_true(stage1_exec_find(&fake->guest, &regs,
					     TEXT_PA + 0x124, 4, &va));
		assert_true(va == high + 0x124);
		/*
		 * The search finds the first executable byte of a larger range.
		 */
		assert_true(stage1_exec_find(&fake->guest, &regs,
					     TEXT_PA - SZ_1M, 2 * SZ_1M, &va));
		assert_true(va == high);
		assert_false(stage1_exec_find(&fake->guest, &regs, TEXT_PA - 4,
					      4, &va));
		assert_false(stage1_exec_find(&fake->guest, &regs,
					      TEXT_PA + SZ_64K, 4, &va));
		regs.sctlr = 0;
		assert_false(
			stage1_exec_find(&fake->guest, &regs, TEXT_PA, 4, &va));
	}
}

/* The search skips tables below PXNTable, unless TCR.HPD disables PXNTable. */
static void test_exec_find_hierarchy(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct tables t;
	va_t va;

	tables_init(&t, fake, 12, 48);
	t.table_attrs = PXN_TABLE;
	map(&t, KVA, TEXT_PA, 3, 0);
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_false(stage1_exec_find(&fake->guest, &regs, TEXT_PA, 4, &va));
	regs.tcr |= HPD1;
	assert_true(stage1_exec_find(&fake->guest, &regs, TEXT_PA, 4, &va));
	assert_true(va == KVA);
}

/* A block, and tables that point to themselves: 2^36 pages. */
static void test_exec_find_ends(void **state)
{
	struct fake_guest *fake = *state;
	struct stage1_regs regs;
	struct tables t;
	va_t va;

	tables_init(&t, fake, 12, 48);
	map(&t, KVA, ALIGN_DOWN(TEXT_PA, SZ_2M), 2, 0);
	regs = upper_regs(&t, TG1_4K, IPS_48);
	assert_true(stage1_exec_find(&fake->guest, &regs, TEXT_PA, 4, &va));
	assert_true(va == ALIGN_DOWN(KVA, SZ_2M) + TEXT_PA % SZ_2M);
	for (unsigned int i = 0; i < 512; i++)
		*at(&t, t.root + i * 8) = t.root | TABLE_DESC;
	assert_false(stage1_exec_find(&fake->guest, &regs, TEXT_PA, 4, &va));
}

/* No register value and no table makes the walk read outside RAM or loop. */
static void test_garbage(void **state)
{
	struct fake_guest *fake = *state;
	uint64_t *ram = (uint64_t *)(void *)fake_guest_at(fake, RAM, RAM_SIZE);
	struct stage1_regs regs;
	struct stage1_mapping m;
	uint64_t x = 88172645463325252ULL;
	va_t va;

#define NEXT (x ^= x << 13, x ^= x >> 7, x ^= x << 17)
	for (unsigned int i = 0; i < RAM_SIZE / 8; i++) {
		NEXT;
		/* Half of the descriptors point into RAM. */
		ram[i] = x & 1 ? (x & 0xffffff) | RAM | 1 : x;
	}
	for (unsigned int i = 0; i < 200000; i++) {
		regs.sctlr = NEXT | 1;
		regs.tcr = NEXT;
		if (i % 2)
			regs.tcr = (regs.tcr & ~0x3f003fULL) | 0x100010;
		regs.ttbr0 = NEXT % RAM_SIZE + RAM;
		regs.ttbr1 = NEXT % RAM_SIZE + RAM;
		stage1_walk(&fake->guest, &regs,
			    (i & 2 ? GENMASK_ULL(63, 48) : 0) | NEXT >> 16, &m);
		if (i % 10000 == 0)
			stage1_exec_find(&fake->guest, &regs, NEXT % RAM_SIZE,
					 SZ_4K, &va);
	}
}

int main(void)
{
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_mmu_off),
		T(test_4k_page),
		T(test_4k_blocks),
		T(test_16k),
		T(test_64k),
		T(test_64k_52_bits),
		T(test_lpa2),
		T(test_lower_half),
		T(test_upper_tag_and_epd),
		T(test_permissions),
		T(test_hierarchical),
		T(test_reserved),
		T(test_exec_find),
		T(test_exec_find_hierarchy),
		T(test_exec_find_ends),
		T(test_garbage),
	};

	return fake_guest_run_tests(tests);
}
