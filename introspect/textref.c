// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * textref.c - follow the address arithmetic of one kernel function
 *
 * Source: Arm ARM (DDI 0487), "A64 Instruction Set Encoding": "PC-rel.
 * addressing", "Add/subtract (immediate)", "Load/store register", "Logical
 * (shifted register)", "Unconditional branch (immediate)". The scan
 * reads the function's words in order and ignores branches. It does not track
 * the results of other instructions. So a register may have a stale value,
 * which can give a wrong candidate; the caller checks each candidate.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <string.h>

#define INSN_MAX 256
#define MAX_NAME 32

#define ADRP_MASK  0x9f000000U
#define ADRP       0x90000000U
#define ADRP_IMMLO GENMASK_ULL(30, 29)
#define ADRP_IMMHI GENMASK_ULL(23, 5)

#define ADD_IMM_MASK 0xff800000U /* 64-bit ADD (immediate) */
#define ADD_IMM      0x91000000U
#define ADD_SH       BIT_ULL(22)
#define IMM12        GENMASK_ULL(21, 10)

#define LDR_UNSIGNED_MASK 0xffc00000U /* LDR Xt, [Xn, #imm] */
#define LDR_UNSIGNED      0xf9400000U
#define LDR_PRE_MASK      0xffe00c00U /* LDR Xt, [Xn, #imm]! */
#define LDR_PRE           0xf8400c00U
#define IMM9              GENMASK_ULL(20, 12)

#define MOV_MASK 0xffe0ffe0U /* MOV Xd, Xm: ORR Xd, XZR, Xm */
#define MOV      0xaa0003e0U
#define RM       GENMASK_ULL(20, 16)

#define BL_MASK 0xfc000000U
#define BL      0x94000000U

#define RD GENMASK_ULL(4, 0)
#define RN GENMASK_ULL(9, 5)

struct scan {
	uint64_t reg[32]; /* offset from _text, or UNKNOWN */
	uint64_t *ret;
	unsigned int nr, max;
};

#define UNKNOWN (~0ULL)

static void candidate(struct scan *s, uint64_t offset)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->ret[i] == offset)
			return;
	if (s->nr < s->max)
		s->ret[s->nr++] = offset;
}

static int64_t sign_extend(uint64_t v, unsigned int bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static void step(struct scan *s, uint32_t insn, uint64_t at)
{
	unsigned int rd = FIELD_GET(RD, insn), rn = FIELD_GET(RN, insn);
	uint64_t imm;

	if ((insn & ADRP_MASK) == ADRP) {
		imm = FIELD_GET(ADRP_IMMHI, insn) << 2 |
		      FIELD_GET(ADRP_IMMLO, insn);
		s->reg[rd] = ALIGN_DOWN(at, SZ_4K) +
			     (uint64_t)sign_extend(imm, 21) * SZ_4K;
		return;
	}
	if ((insn & MOV_MASK) == MOV) {
		s->reg[rd] = s->reg[FIELD_GET(RM, insn)];
		return;
	}
	if (s->reg[rn] == UNKNOWN)
		return;
	if ((insn & ADD_IMM_MASK) == ADD_IMM) {
		imm = FIELD_GET(IMM12, insn) << (insn & ADD_SH ? 12 : 0);
		s->reg[rd] = s->reg[rn] + imm;
		candidate(s, s->reg[rd]);
	} else if ((insn & LDR_UNSIGNED_MASK) == LDR_UNSIGNED) {
		candidate(s, s->reg[rn] + FIELD_GET(IMM12, insn) * 8);
	} else if ((insn & LDR_PRE_MASK) == LDR_PRE) {
		s->reg[rn] += (uint64_t)sign_extend(FIELD_GET(IMM9, insn), 9);
		candidate(s, s->reg[rn]);
	}
}

/*
 * Step over the words of the function. call() sees the state at each call, and
 * returns false to end.
 */
static void scan(const struct introspect *in, const char *function,
		 struct scan *s,
		 bool (*call)(const struct scan *s, void *opaque), void *opaque)
{
	struct kallsyms_entry e;
	uint64_t at, size;
	uint32_t insn;

	if (!kallsyms_lookup(&in->ks, function, &e))
		return;
	at = kallsyms_offset(&in->ks, e.index);
	size = kallsyms_size(&in->ks, e.index);
	if (size > INSN_MAX * sizeof(insn))
		size = INSN_MAX * sizeof(insn);
	memset(s->reg, 0xff, sizeof(s->reg));
	for (uint64_t end = at + size; at < end; at += sizeof(insn)) {
		if (kva_read_image(in, at, &insn, sizeof(insn)))
			break;
		step(s, insn, at);
		if (call && (insn & BL_MASK) == BL && !call(s, opaque))
			break;
	}
}

unsigned int textref_scan(const struct introspect *in, const char *function,
			  uint64_t *ret, unsigned int max)
{
	struct scan s = { .ret = ret, .max = max };

	scan(in, function, &s, NULL, NULL);
	return s.nr;
}

struct named {
	const struct introspect *in;
	const char *name;
	uint64_t value;
};

/* Is this the call? The string and its NUL are compared. */
static bool named_call(const struct scan *s, void *opaque)
{
	struct named *n = opaque;
	char name[MAX_NAME];
	size_t size = strlen(n->name) + 1;

	if (s->reg[1] == UNKNOWN || s->reg[2] == UNKNOWN ||
	    size > sizeof(name) ||
	    kva_read_image(n->in, s->reg[1], name, size) ||
	    memcmp(name, n->name, size))
		return true;
	n->value = s->reg[2];
	return false;
}

int textref_named(const struct introspect *in, const char *function,
		  const char *name, uint64_t *ret)
{
	struct named n = { .in = in, .name = name, .value = UNKNOWN };
	struct scan s = { .max = 0 };

	scan(in, function, &s, named_call, &n);
	if (n.value == UNKNOWN)
		return -ENOENT;
	*ret = n.value;
	return 0;
}
