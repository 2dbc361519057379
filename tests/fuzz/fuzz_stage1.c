// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_stage1.c - page tables that a hostile guest has made
 *
 * The input has the four registers, an address, and words for the tables, which
 * are repeated until all of RAM (256 KiB) is full. A word with bit 63 set gets
 * the address of a page of RAM, so that walks go on. RAM is also given in
 * pieces, as a dump gives it.
 *
 * These must hold: the size of a mapping is a power of two; an address that is
 * found as executable is in the upper half, and a walk leads from there to the
 * range that was asked for; both kinds of RAM give the same answers.
 */
#include <string.h>
#include <trapline/stage1.h>

#include "input.h"
#include "tests/unit/fake_guest.h"

#define RAM      0x40000000ULL
#define RAM_SIZE SZ_256K
#define SZ_256K  (4 * SZ_64K)

static struct fake_guest *whole, *pieces;

static void set_up(void)
{
	whole = fake_guest_create(1, RAM, RAM_SIZE);
	fake_guest_pieces = true;
	pieces = fake_guest_create(1, RAM, RAM_SIZE);
}

static void fill(struct input *in)
{
	uint64_t *ram = (void *)fake_guest_at(whole, RAM, RAM_SIZE);
	uint64_t words[32];
	unsigned int nr = 0;

	while (in->at < in->end && nr < ARRAY_SIZE(words)) {
		uint64_t word = input_word(in);

		if (word & BIT_ULL(63))
			word = RAM + (word & (RAM_SIZE - 1)) +
			       (word & GENMASK_ULL(58, 50));
		words[nr++] = word;
	}
	for (size_t i = 0; i < RAM_SIZE / 8; i++)
		ram[i] = nr ? words[i % nr] : 0;
	memcpy(fake_guest_at(pieces, RAM, RAM_SIZE), ram, RAM_SIZE);
}

static void check_walk(const struct stage1_regs *regs, va_t va)
{
	struct stage1_mapping one = { 0 }, other = { 0 };
	int error = stage1_walk(&whole->guest, regs, va, &one);

	must(stage1_walk(&pieces->guest, regs, va, &other) == error,
	     "two kinds of RAM, two errors");
	must(one.ipa == other.ipa && one.size == other.size &&
		     one.desc == other.desc,
	     "two kinds of RAM, two mappings");
	must(error || (one.size && !(one.size & (one.size - 1))),
	     "a size that is no power of two");
}

static void check_exec(const struct stage1_regs *regs, ipa_t ipa)
{
	struct stage1_mapping m;
	va_t va;

	if (!stage1_exec_find(&whole->guest, regs, ipa, SZ_4K, &va))
		return;
	must(va >> 63, "executable, but in the lower half");
	must(!stage1_walk(&whole->guest, regs, va, &m) && m.exec_el1,
	     "found as executable, but a walk says otherwise");
	must(m.ipa - ipa < SZ_4K, "the walk leads elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct stage1_regs regs;
	ipa_t table;
	va_t va;

	if (!whole)
		set_up();
	regs.sctlr = input_next(&in);
	regs.tcr = input_word(&in);
	regs.ttbr0 = input_word(&in);
	regs.ttbr1 = input_word(&in);
	va = input_word(&in);
	fill(&in);
	check_walk(&regs, va);
	check_walk(&regs, ~va);
	check_exec(&regs, RAM + (va & (RAM_SIZE - SZ_4K)));
	stage1_table_in(&whole->guest, &regs, RAM + (va & 0xffff), 64, &table);
	return 0;
}
