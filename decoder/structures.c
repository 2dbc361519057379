// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * structures.c - copy the elements of LD1-LD4 and ST1-ST4
 *
 * Source: Arm ARM, "Advanced SIMD load/store multiple structures" and "...
 * single structure". Element i of memory belongs to one register and one lane,
 * which where() computes. The other functions copy.
 */
#include "forms.h"

#include <string.h>

struct place {
	unsigned int reg, lane;
};

static struct place where(const struct insn *insn, unsigned int i)
{
	unsigned int lanes = (insn->q ? 16U : 8U) >> insn->size;
	struct place p;

	if (insn->form->mode == MODE_LANE) {
		p.reg = i;
		p.lane = insn->lane;
	} else if (insn->selem == 1) {
		/* One register after the other. */
		p.reg = i / lanes;
		p.lane = i % lanes;
	} else {
		p.reg = i % insn->selem;
		p.lane = i / insn->selem;
	}
	p.reg = (insn->rt + p.reg) % 32;
	return p;
}

static uint8_t *lane_at(unsigned __int128 *v, const struct insn *insn,
			struct place p)
{
	return (uint8_t *)&v[p.reg] + (p.lane << insn->size);
}

static void replicate(const struct insn *insn, unsigned __int128 *v,
		      const uint8_t *old)
{
	unsigned int lanes = (insn->q ? 16U : 8U) >> insn->size;

	for (unsigned int i = 0; i < insn->nr; i++) {
		struct place p = { .reg = (insn->rt + i) % 32U };

		v[p.reg] = 0;
		for (p.lane = 0; p.lane < lanes; p.lane++)
			memcpy(lane_at(v, insn, p), old + (i << insn->size),
			       1U << insn->size);
	}
}

void struct_load(const struct insn *insn, unsigned __int128 *v,
		 const uint8_t *old)
{
	if (insn->op == INSN_OP_LOAD_ALL) {
		replicate(insn, v, old);
		return;
	}
	/* A load of 64-bit registers clears their upper halves. */
	if (insn->op == INSN_OP_LOAD_STRUCT)
		for (unsigned int i = 0; i < insn->nr; i++)
			v[where(insn, i).reg] = 0;
	for (unsigned int i = 0; i < insn->nr; i++)
		memcpy(lane_at(v, insn, where(insn, i)),
		       old + (i << insn->size), 1U << insn->size);
}

void struct_store(const struct insn *insn, const unsigned __int128 *v,
		  uint8_t *stored)
{
	for (unsigned int i = 0; i < insn->nr; i++) {
		struct place p = where(insn, i);

		memcpy(stored + (i << insn->size),
		       (const uint8_t *)&v[p.reg] + (p.lane << insn->size),
		       1U << insn->size);
	}
}
