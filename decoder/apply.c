// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * apply.c - compute the registers and bytes after a load or store
 *
 * The data is little-endian, and so is the host (x86-64 or arm64). All sources
 * are read before anything is written. So the overlaps that the architecture
 * allows (STR of its base register, SWP with one register twice) give the right
 * result. The decoder refuses the overlaps that the architecture does not
 * allow.
 */
#include "forms.h"

#include <string.h>
#include <trapline/arm64.h>

#define XT_TAG GENMASK_ULL(59, 56)

static uint64_t x_get(const struct insn_regs *regs, unsigned int n)
{
	return n < 31 ? regs->x[n] : 0;
}

static void x_set(struct insn_regs *regs, unsigned int n, uint64_t value)
{
	if (n < 31)
		regs->x[n] = value;
}

static uint64_t bytes_get(const void *from, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, from, 1U << size);
	return value;
}

static void bytes_set(void *to, unsigned int size, uint64_t value)
{
	memcpy(to, &value, 1U << size);
}

static int64_t signed_of(uint64_t value, unsigned int size)
{
	unsigned int shift = 64 - (8U << size);

	return (int64_t)(value << shift) >> shift;
}

/* The register of the i-th element of a plain transfer. */
static unsigned int reg_of(const struct insn *insn, unsigned int i)
{
	return insn->nr == 2 && i ? insn->rt2 : insn->rt + i;
}

static void load(const struct insn *insn, struct insn_regs *regs,
		 unsigned __int128 *v, const uint8_t *old)
{
	for (unsigned int i = 0; i < insn->nr; i++) {
		const uint8_t *at = old + (i << insn->size);
		unsigned int reg = reg_of(insn, i);
		uint64_t value;

		if (insn->flags & INSN_VEC) {
			v[reg] = 0;
			memcpy(&v[reg], at, 1U << insn->size);
			continue;
		}
		value = bytes_get(at, insn->size);
		if (insn->flags & INSN_SIGN64)
			value = (uint64_t)signed_of(value, insn->size);
		else if (insn->flags & INSN_SIGN32)
			value = (uint32_t)signed_of(value, insn->size);
		x_set(regs, reg, value);
	}
}

static int store(const struct insn *insn, struct insn_regs *regs,
		 const unsigned __int128 *v, bool passed, uint8_t *stored)
{
	for (unsigned int i = 0; i < insn->nr; i++) {
		uint8_t *to = stored + (i << insn->size);
		unsigned int reg = reg_of(insn, i);

		if (insn->flags & INSN_VEC)
			memcpy(to, &v[reg], 1U << insn->size);
		else
			bytes_set(to, insn->size, x_get(regs, reg));
	}
	if (!(insn->flags & INSN_EXCLUSIVE))
		return 1;
	x_set(regs, insn->rs, !passed);
	return passed;
}

/* CAS and CASP. The pair's first register belongs to the lower address. */
static int compare_and_swap(const struct insn *insn, struct insn_regs *regs,
			    const uint8_t *old, uint8_t *stored)
{
	unsigned int nr = insn->op == INSN_OP_CASP ? 2 : 1;
	unsigned int bytes = 1U << insn->size;
	uint8_t compare[16];
	bool same;

	for (unsigned int i = 0; i < nr; i++) {
		bytes_set(compare + i * bytes, insn->size,
			  x_get(regs, insn->rs + i));
		bytes_set(stored + i * bytes, insn->size,
			  x_get(regs, insn->rt + i));
	}
	same = !memcmp(compare, old, nr * bytes);
	for (unsigned int i = 0; i < nr; i++)
		x_set(regs, insn->rs + i,
		      bytes_get(old + i * bytes, insn->size));
	return same;
}

static int read_modify_write(const struct insn *insn, struct insn_regs *regs,
			     const uint8_t *from, uint8_t *stored)
{
	unsigned int size = insn->size;
	uint64_t old = bytes_get(from, size), new = 0;
	uint64_t operand = x_get(regs, insn->rs);
	int64_t a = signed_of(old, size), b = signed_of(operand, size);

	operand = bytes_get(&operand, size);
	switch (insn->op) {
	case INSN_OP_SWP:
		new = operand;
		break;
	case INSN_OP_ADD:
		new = old + operand;
		break;
	case INSN_OP_CLR:
		new = old & ~operand;
		break;
	case INSN_OP_EOR:
		new = old ^ operand;
		break;
	case INSN_OP_SET:
		new = old | operand;
		break;
	case INSN_OP_SMAX:
		new = a > b ? old : operand;
		break;
	case INSN_OP_SMIN:
		new = a < b ? old : operand;
		break;
	case INSN_OP_UMAX:
		new = old > operand ? old : operand;
		break;
	case INSN_OP_UMIN:
		new = old < operand ? old : operand;
		break;
	}
	bytes_set(stored, size, new);
	x_set(regs, insn->rt, old);
	return 1;
}

static int perform(const struct insn *insn, const struct access *acc,
		   struct insn_regs *regs, unsigned __int128 *v, bool passed,
		   const void *old, void *stored)
{
	switch (insn->op) {
	case INSN_OP_LOAD:
		load(insn, regs, v, old);
		return 0;
	case INSN_OP_STORE:
		return store(insn, regs, v, passed, stored);
	case INSN_OP_CAS:
	case INSN_OP_CASP:
		return compare_and_swap(insn, regs, old, stored);
	case INSN_OP_LOAD_STRUCT:
	case INSN_OP_LOAD_LANE:
	case INSN_OP_LOAD_ALL:
		struct_load(insn, v, old);
		return 0;
	case INSN_OP_STORE_STRUCT:
	case INSN_OP_STORE_LANE:
		struct_store(insn, v, stored);
		return 1;
	case INSN_OP_ZERO:
		memset(stored, 0, acc->mem[0].size);
		return 1;
	case INSN_OP_LDG:
		x_set(regs, insn->rt, x_get(regs, insn->rt) & ~XT_TAG);
		return 0;
	case INSN_OP_LDGM:
		x_set(regs, insn->rt, 0);
		return 0;
	case INSN_OP_TAG:
	case INSN_OP_CACHE:
	case INSN_OP_PREFETCH:
		return 0;
	default:
		return read_modify_write(insn, regs, old, stored);
	}
}

int decoder_apply(const struct insn *insn, const struct access *acc,
		  struct insn_regs *regs, unsigned __int128 *v,
		  const struct decoder_env *env, bool passed, const void *old,
		  void *stored)
{
	int ret;

	if (insn->error)
		return 0;
	/* Every instruction except a branch clears PSTATE.BTYPE. */
	regs->pstate &= ~PSTATE_BTYPE;
	if (insn->form->mode == MODE_MOPS)
		return mops_apply(insn, acc, regs, env, old, stored);
	ret = perform(insn, acc, regs, v, passed, old, stored);
	if (insn->flags & INSN_WRITEBACK) {
		if (insn->rn == 31)
			regs->sp = acc->writeback;
		else
			regs->x[insn->rn] = acc->writeback;
	}
	regs->pc += sizeof(insn->word);
	return ret;
}
