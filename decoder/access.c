// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * access.c - compute the memory that a decoded load or store accesses
 *
 * Addresses are those of the Arm ARM's pseudocode before translation: the tag
 * in the top byte stays, and sums wrap at 64 bits. In every form the elements
 * are contiguous in memory, so an access is one region, or two for a copy.
 */
#include "forms.h"

#include <errno.h>
#include <trapline/arm64.h>

#define DEFAULT_BLOCK 64 /* DC ZVA block, cache line */
#define TAG_GRANULE   16ULL

static uint64_t x_get(const struct insn_regs *regs, unsigned int n)
{
	return n < 31 ? regs->x[n] : 0;
}

static uint64_t base_get(const struct insn *insn, const struct insn_regs *regs,
			 const struct decoder_env *env)
{
	uint64_t base;

	if (insn->flags & INSN_LITERAL)
		return regs->pc;
	if (insn->rn == 31 && !(insn->flags & INSN_BASE_XZR))
		base = regs->sp;
	else
		base = x_get(regs, insn->rn);
	if (!(insn->flags & INSN_PAC))
		return base;
	return base & VA_UPPER_HALF ? base | env->pac_mask[1]
				    : base & ~env->pac_mask[0];
}

/* "ExtendReg" */
static uint64_t offset_get(const struct insn *insn,
			   const struct insn_regs *regs)
{
	uint64_t value;

	if (insn->rm == INSN_REG_NONE)
		return (uint64_t)(int64_t)insn->imm;
	value = x_get(regs, insn->rm);
	if (insn->extend == 2)
		value = (uint32_t)value;
	else if (insn->extend == 6)
		value = (uint64_t)(int64_t)(int32_t)value;
	return value << insn->shift;
}

/* Set the region of an instruction that accesses the block at its address. */
static void block_set(const struct insn *insn, const struct decoder_env *env,
		      struct access_mem *mem)
{
	uint32_t size = env->zva_size ? env->zva_size : DEFAULT_BLOCK;
	bool two = insn->op != INSN_OP_LDG &&
		   FIELD_GET(INSN_TAG_TWO, insn->word);

	if (insn->form->mode == MODE_TAG) {
		/* STG and STZG: one granule. ST2G and STZ2G: two. */
		mem->size = two ? 2 * TAG_GRANULE : TAG_GRANULE;
		if (insn->op == INSN_OP_LDG)
			mem->addr = ALIGN_DOWN(mem->addr, TAG_GRANULE);
		else
			mem->align = TAG_GRANULE;
		return;
	}
	if (insn->op == INSN_OP_CACHE && env->line_size)
		size = env->line_size;
	else if (insn->op == INSN_OP_CACHE)
		size = DEFAULT_BLOCK;
	mem->size = size;
	mem->addr = ALIGN_DOWN(mem->addr, (uint64_t)size);
}

#define R  ACCESS_READ
#define W  ACCESS_WRITE
#define RW (ACCESS_READ | ACCESS_WRITE)

static const uint8_t directions[] = {
	[INSN_OP_LOAD] = R,
	[INSN_OP_STORE] = W,
	[INSN_OP_SWP] = RW,
	[INSN_OP_CAS] = RW,
	[INSN_OP_CASP] = RW,
	[INSN_OP_ADD] = RW,
	[INSN_OP_CLR] = RW,
	[INSN_OP_EOR] = RW,
	[INSN_OP_SET] = RW,
	[INSN_OP_SMAX] = RW,
	[INSN_OP_SMIN] = RW,
	[INSN_OP_UMAX] = RW,
	[INSN_OP_UMIN] = RW,
	[INSN_OP_LOAD_STRUCT] = R,
	[INSN_OP_STORE_STRUCT] = W,
	[INSN_OP_LOAD_LANE] = R,
	[INSN_OP_STORE_LANE] = W,
	[INSN_OP_LOAD_ALL] = R,
	[INSN_OP_ZERO] = W,
	[INSN_OP_TAG] = 0,
	[INSN_OP_LDG] = 0,
	[INSN_OP_LDGM] = 0,
	[INSN_OP_CACHE] = ACCESS_CACHE,
	[INSN_OP_PREFETCH] = 0,
	[INSN_OP_COPY] = 0,
	[INSN_OP_FILL] = 0,
	[INSN_OP_REFUSED] = 0,
};

/* Ordered, exclusive and atomic accesses must be aligned as a whole. */
#define INSN_ALIGNED                                                      \
	(INSN_EXCLUSIVE | INSN_ACQUIRE | INSN_ACQUIRE_PC | INSN_RELEASE | \
	 INSN_ATOMIC)

static void region_set(const struct insn *insn, const struct decoder_env *env,
		       struct access_mem *mem)
{
	uint32_t nr = insn->op == INSN_OP_CASP ? 2 : insn->nr;

	mem->flags = directions[insn->op];
	if (insn->flags & INSN_UNPRIV)
		mem->flags |= ACCESS_UNPRIV;
	if (insn->flags & INSN_TAGS)
		mem->flags |= ACCESS_TAGS;
	mem->align = 1;
	mem->unit = 1;
	if (insn->op >= INSN_OP_ZERO) {
		block_set(insn, env, mem);
		return;
	}
	mem->size = nr << insn->size;
	/* Without LSE2 a quadword is two single-copy atomic doublewords. */
	mem->unit = (uint8_t)(insn->size > 3 ? 8 : 1 << insn->size);
	if (insn->form->mode == MODE_BLOCK) {
		mem->unit = mem->align = 64;
	} else if (insn->form->mode == MODE_PAIR_TAG) {
		mem->align = TAG_GRANULE;
	} else if (insn->flags & INSN_ALIGNED) {
		mem->align = (uint8_t)mem->size;
		mem->unit = (uint8_t)mem->size;
	}
}

int decoder_access(const struct insn *insn, const struct insn_regs *regs,
		   const struct decoder_env *env, struct access *ret)
{
	uint64_t base, offset;

	if (insn->error)
		return insn->error;
	if (env->big_endian)
		return -ENOTSUP;
	ret->nr = 0;
	if (insn->form->mode == MODE_MOPS) {
		mops_access(insn, regs, ret);
		return 0;
	}
	base = base_get(insn, regs, env);
	offset = offset_get(insn, regs);
	ret->writeback = base + offset;
	if (insn->op == INSN_OP_PREFETCH)
		return 0;
	ret->nr = 1;
	ret->mem[0].addr = insn->flags & INSN_POST ? base : base + offset;
	region_set(insn, env, &ret->mem[0]);
	return 0;
}
