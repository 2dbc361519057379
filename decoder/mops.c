// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mops.c - FEAT_MOPS: CPY* and SET*, one step at a time
 *
 * Source: Arm ARM, "CPYP, CPYM, CPYE" and "SETP, SETM, SETE". An implementation
 * chooses how many bytes each of the three instructions copies or sets. Here
 * the prologue only sets up the registers. The main instruction does all bytes,
 * in steps of at most MOPS_CHUNK; between two steps the PC stays on the main
 * instruction, as after an interrupt. The epilogue has no bytes left to do,
 * unless the CPU executed the main instruction and left some.
 *
 * PSTATE.C selects the format of the registers:
 * - Option A (C clear): Xn counts to zero, up from a negative number when
 *   going forward. Xd and Xs point to the end of the region (forward) or to
 *   its start (backward).
 * - Option B (C set): Xn is the number of bytes left; Xd and Xs move. If N is
 *   set, the direction is backward.
 */
#include "forms.h"

#include <string.h>
#include <trapline/arm64.h>

#define FLAGS             GENMASK_ULL(31, 28)
#define VA_BITS           GENMASK_ULL(55, 0)
#define SIZE_MAX_FORWARD  GENMASK_ULL(62, 0)
#define SIZE_MAX_DIRECTED GENMASK_ULL(54, 0)
#define SIZE_MAX_TAGGED   GENMASK_ULL(62, 4)

enum stage {
	PROLOGUE,
	MAIN,
	EPILOGUE
};

static enum stage stage_of(const struct insn *insn)
{
	if (insn->op == INSN_OP_FILL)
		return (enum stage)FIELD_GET(MOPS_STAGE_SET, insn->word);
	return (enum stage)FIELD_GET(MOPS_STAGE_CPY, insn->word);
}

static bool is_backward(const struct insn *insn, const struct insn_regs *regs)
{
	if (insn->op == INSN_OP_FILL || !(insn->word & MOPS_DIRECTED))
		return false;
	if (regs->pstate & PSTATE_C)
		return regs->pstate & PSTATE_N;
	return (int64_t)regs->x[insn->rn] > 0;
}

static uint64_t bytes_left(const struct insn *insn,
			   const struct insn_regs *regs)
{
	uint64_t n = regs->x[insn->rn];

	if (regs->pstate & PSTATE_C || is_backward(insn, regs))
		return n;
	/* Option A, forward: bytes are left only while Xn is negative. */
	return (int64_t)n < 0 ? 0 - n : 0;
}

/* The address of the next chunk, by register x (Xd or Xs). */
static va_t chunk_at(const struct insn *insn, const struct insn_regs *regs,
		     unsigned int x, uint64_t chunk)
{
	uint64_t at = regs->x[x];

	if (!(regs->pstate & PSTATE_C))
		at += regs->x[insn->rn];
	return is_backward(insn, regs) ? at - chunk : at;
}

static void region_set(struct access_mem *mem, va_t addr, uint64_t size,
		       unsigned int flags)
{
	mem->addr = addr;
	mem->size = (uint32_t)size;
	mem->unit = 1;
	mem->align = flags & ACCESS_TAGS ? 16 : 1;
	mem->flags = (uint8_t)flags;
}

void mops_access(const struct insn *insn, const struct insn_regs *regs,
		 struct access *ret)
{
	uint64_t chunk = bytes_left(insn, regs);
	unsigned int flags = ACCESS_WRITE;

	if (chunk > MOPS_CHUNK)
		chunk = MOPS_CHUNK;
	if (!chunk || stage_of(insn) == PROLOGUE)
		return;
	if (insn->op == INSN_OP_FILL) {
		ret->nr = 1;
		flags |= insn->flags & INSN_UNPRIV ? ACCESS_UNPRIV : 0;
		flags |= insn->flags & INSN_TAGS ? ACCESS_TAGS : 0;
		region_set(&ret->mem[0], chunk_at(insn, regs, insn->rt, chunk),
			   chunk, flags);
		return;
	}
	ret->nr = 2;
	region_set(&ret->mem[0], chunk_at(insn, regs, insn->rs, chunk), chunk,
		   ACCESS_READ |
			   (insn->word & MOPS_CPY_READ_UNPRIV ? ACCESS_UNPRIV
							      : 0));
	region_set(&ret->mem[1], chunk_at(insn, regs, insn->rt, chunk), chunk,
		   ACCESS_WRITE |
			   (insn->word & MOPS_CPY_WRITE_UNPRIV ? ACCESS_UNPRIV
							       : 0));
}

/* "MemCpyDirectionChoice": backward if forward would overwrite the source. */
static bool overlaps(uint64_t src, uint64_t dst, uint64_t size)
{
	src &= VA_BITS;
	dst &= VA_BITS;
	return src < dst && ((src + size) & VA_BITS) > dst;
}

static void prologue(const struct insn *insn, struct insn_regs *regs,
		     const struct decoder_env *env)
{
	bool fill = insn->op == INSN_OP_FILL;
	bool directed = insn->word & MOPS_DIRECTED;
	uint64_t size = regs->x[insn->rn], max = SIZE_MAX_FORWARD;
	uint64_t flags = 0;
	bool backward;

	if (directed)
		max = fill ? SIZE_MAX_TAGGED : SIZE_MAX_DIRECTED;
	if (size > max)
		size = max;
	backward = !fill && directed &&
		   overlaps(regs->x[insn->rs], regs->x[insn->rt], size);
	/* Option A forward and option B backward begin at the regions' end. */
	if (env->mops_option_b == backward) {
		regs->x[insn->rt] += size;
		if (!fill)
			regs->x[insn->rs] += size;
	}
	if (env->mops_option_b)
		flags = PSTATE_C | (backward ? PSTATE_N : 0);
	else if (!backward)
		size = 0 - size;
	regs->x[insn->rn] = size;
	regs->pstate = (regs->pstate & ~FLAGS) | flags;
}

static void advance(const struct insn *insn, struct insn_regs *regs,
		    uint64_t chunk)
{
	bool backward = is_backward(insn, regs);
	uint64_t move = backward ? 0 - chunk : chunk;

	if (regs->pstate & PSTATE_C) {
		regs->x[insn->rt] += move;
		if (insn->op == INSN_OP_COPY)
			regs->x[insn->rs] += move;
		regs->x[insn->rn] -= chunk;
	} else {
		regs->x[insn->rn] += move;
	}
}

int mops_apply(const struct insn *insn, const struct access *acc,
	       struct insn_regs *regs, const struct decoder_env *env,
	       const void *old, void *stored)
{
	uint32_t chunk = acc->nr ? acc->mem[0].size : 0;

	if (stage_of(insn) == PROLOGUE) {
		prologue(insn, regs, env);
	} else if (chunk) {
		if (insn->op == INSN_OP_COPY)
			memcpy(stored, old, chunk);
		else
			memset(stored,
			       insn->rs < 31 ? (uint8_t)regs->x[insn->rs] : 0,
			       chunk);
		advance(insn, regs, chunk);
	}
	if (stage_of(insn) == PROLOGUE || !bytes_left(insn, regs))
		regs->pc += sizeof(insn->word);
	return chunk != 0;
}
