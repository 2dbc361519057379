// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow.c - find the instruction that gave a register its value
 *
 * The reaching definitions of one function, by iteration to a fixed point. For
 * each instruction and register there is one number: the instruction that wrote
 * the register last, if it is the same on every path. If two paths differ, the
 * number is MERGED. A number changes at most twice, so the iteration ends.
 */
#include <trapline/decoder.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>

#define NR_REGS     32 /* with SP */
#define JUMP_WINDOW 4 /* words before a BR that make the address of a table */

#define UNSEEN 0 /* no path has reached this instruction yet */
#define MERGED 1 /* two paths differ */
#define ENTRY  2 /* the value at the function's entry */
#define FIRST  3 /* this number and more: instruction number - FIRST */

#define MOV_X9_X30 0xaa1e03e9U

struct decoder_flow {
	unsigned int nr;
	va_t start;
	uint16_t (*in)[NR_REGS]; /* before each instruction */
	unsigned int *work, nr_work; /* instructions to look at again */
	bool *queued;
	const uint32_t *words;
};

_Static_assert(FIRST + DECODER_FLOW_MAX <= UINT16_MAX, "uint16_t is enough");

static void queue(struct decoder_flow *f, unsigned int i)
{
	if (f->queued[i])
		return;
	f->queued[i] = true;
	f->work[f->nr_work++] = i;
}

/* Execution may reach instruction i with these definitions. */
static void merge(struct decoder_flow *f, unsigned int i,
		  const uint16_t defs[NR_REGS])
{
	bool changed = false;

	for (unsigned int r = 0; r < NR_REGS; r++) {
		uint16_t *at = &f->in[i][r];
		uint16_t value = *at == UNSEEN || *at == defs[r] ? defs[r]
								 : MERGED;

		changed |= *at != value;
		*at = value;
	}
	if (changed)
		queue(f, i);
}

static void step(struct decoder_flow *f, unsigned int i)
{
	va_t pc = f->start + (va_t)i * INSN_SIZE;
	uint16_t defs[NR_REGS];
	struct insn_effect e;

	decoder_effect(f->words[i], pc, &e);
	/* The call that ftrace puts at the entry changes no argument. */
	if (e.kind == INSN_EFFECT_CALL && i && f->words[i - 1] == MOV_X9_X30)
		e.dst = BIT_ULL(9) | BIT_ULL(30);
	memcpy(defs, f->in[i], sizeof(defs));
	for (unsigned int r = 0; r < NR_REGS; r++)
		if (e.dst & BIT_ULL(r))
			defs[r] = (uint16_t)(FIRST + i);
	if (e.falls && i + 1 < f->nr)
		merge(f, i + 1, defs);
	if (e.has_target && e.kind != INSN_EFFECT_CALL &&
	    e.target >= f->start &&
	    e.target - f->start < (va_t)f->nr * INSN_SIZE)
		merge(f, (unsigned int)((e.target - f->start) / INSN_SIZE),
		      defs);
}

/*
 * Does the function jump through a table? Then a compiler computes the target
 * from an ADR just before the BR. Any other BR is a tail call, which leaves the
 * function.
 */
static bool has_table(const uint32_t *words, unsigned int nr)
{
	struct insn_effect e;

	for (unsigned int i = 0; i < nr; i++) {
		decoder_effect(words[i], 0, &e);
		if (e.kind != INSN_EFFECT_JUMP)
			continue;
		for (unsigned int n = 1; n <= JUMP_WINDOW && n <= i; n++)
			if ((words[i - n] & 0x9f000000U) == 0x10000000U)
				return true;
	}
	return false;
}

int decoder_flow_create(const uint32_t *words, unsigned int nr, va_t start,
			struct decoder_flow **ret)
{
	struct decoder_flow *f;
	uint16_t defs[NR_REGS];

	if (!nr || nr > DECODER_FLOW_MAX)
		return -E2BIG;
	if (has_table(words, nr))
		return -ENOTSUP;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->nr = nr;
	f->start = start;
	f->words = words;
	f->in = calloc(nr, sizeof(*f->in));
	f->work = calloc(nr, sizeof(*f->work));
	f->queued = calloc(nr, sizeof(*f->queued));
	if (!f->in || !f->work || !f->queued) {
		decoder_flow_destroy(f);
		return -ENOMEM;
	}
	for (unsigned int r = 0; r < NR_REGS; r++)
		defs[r] = ENTRY;
	merge(f, 0, defs);
	while (f->nr_work) {
		unsigned int i = f->work[--f->nr_work];

		f->queued[i] = false;
		step(f, i);
	}
	*ret = f;
	return 0;
}

void decoder_flow_destroy(struct decoder_flow *f)
{
	if (!f)
		return;
	free(f->in);
	free(f->work);
	free(f->queued);
	free(f);
}

bool decoder_flow_source(const struct decoder_flow *f, unsigned int at,
			 unsigned int reg, unsigned int *ret)
{
	uint16_t def;

	if (at >= f->nr || reg >= NR_REGS)
		return false;
	def = f->in[at][reg];
	if (def == UNSEEN || def == MERGED)
		return false;
	*ret = def == ENTRY ? DECODER_FLOW_ENTRY : (unsigned int)def - FIRST;
	return true;
}
