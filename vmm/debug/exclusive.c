// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exclusive.c - find the end of a load-exclusive/store-exclusive sequence
 *
 * The sequence goes from the load-exclusive to the first store-exclusive.
 * Conditional branches may leave it in between, and each such target is an
 * exit. A branch back into the sequence is no exit: a loop that waits for a
 * value repeats the load until it sees the value.
 *
 * Some instructions never stand between the load and the store in real code:
 * calls, jumps, exceptions, system registers, waiting for an event. If one is
 * found, the load has no store-exclusive. The kernel's wait loops are like
 * that.
 */
#include "exclusive.h"

#include <trapline/arm64.h>
#include <trapline/decoder.h>

#define BRANCH_IMM GENMASK_ULL(23, 5)

/*
 * The encoding group "Branches, Exception Generating and System instructions".
 * Apart from the exceptions below, these end a sequence.
 */
#define GROUP_MASK   0x1c000000U
#define GROUP_BRANCH 0x14000000U
/* CLREX, DSB, DMB, ISB, SB may stand in a sequence. */
#define BARRIER_MASK 0xfffff01fU
#define BARRIER      0xd503301fU

/*
 * B.cond; CBZ, CBNZ; TBZ, TBNZ. bits: low bits of BRANCH_IMM that are the
 * offset, in words.
 */
struct branch_form {
	uint32_t mask, value;
	unsigned int bits;
};

static const struct branch_form branches[] = {
	{ 0xff000000, 0x54000000, 19 },
	{ 0x7e000000, 0x34000000, 19 },
	{ 0x7e000000, 0x36000000, 14 },
};

/* Is insn a conditional branch? *ret is its target. */
static bool branch_target(uint32_t insn, va_t pc, va_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++) {
		const struct branch_form *form = &branches[i];
		unsigned int unused = 64 - form->bits;
		int64_t words;

		if ((insn & form->mask) != form->value)
			continue;
		words = (int64_t)(FIELD_GET(BRANCH_IMM, insn) << unused);
		words >>= unused;
		*ret = pc + (uint64_t)words * INSN_SIZE;
		return true;
	}
	return false;
}

static bool is_plain(uint32_t insn)
{
	return (insn & GROUP_MASK) != GROUP_BRANCH ||
	       (insn & BARRIER_MASK) == BARRIER ||
	       decoder_insn_class(insn) == INSN_NOP;
}

/*
 * The number of instructions from the load to its store, both included; or 0.
 */
static unsigned int sequence_length(const uint32_t *insns, unsigned int nr)
{
	va_t target;

	for (unsigned int i = 1; i < nr && i < EXCLUSIVE_MAX_INSNS; i++) {
		if (decoder_insn_class(insns[i]) == INSN_STORE_EXCL)
			return i + 1;
		if (!is_plain(insns[i]) && !branch_target(insns[i], 0, &target))
			return 0;
	}
	return 0;
}

static bool is_exit(const va_t *exits, unsigned int nr, va_t va)
{
	for (unsigned int i = 0; i < nr; i++)
		if (exits[i] == va)
			return true;
	return false;
}

unsigned int exclusive_exits(const uint32_t *insns, unsigned int nr, va_t pc,
			     va_t *exits, unsigned int max, va_t *end)
{
	unsigned int length = sequence_length(insns, nr), found = 1;
	va_t behind = pc + (uint64_t)length * INSN_SIZE, target;

	if (!length || !max)
		return 0;
	exits[0] = behind;
	for (unsigned int i = 1; i < length; i++) {
		va_t at = pc + (uint64_t)i * INSN_SIZE;

		if (!branch_target(insns[i], at, &target) ||
		    target - pc < behind - pc || is_exit(exits, found, target))
			continue;
		if (found == max)
			return 0;
		exits[found++] = target;
	}
	*end = behind;
	return found;
}
