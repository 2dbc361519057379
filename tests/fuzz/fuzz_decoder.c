// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz the decoder: words, registers and memory come from the input. The
 * decoder is pure, and announces what an instruction uses. So this must hold:
 *
 *	the same input gives the same output, also from the cache
 *	no region is longer than ACCESS_MAX_BYTES; units and alignments are
 *	powers of two
 *	only registers in x_dst and v_dst change, and the result depends only
 *	on those in x_src and v_src
 *	bytes are stored only if a region is written
 *
 * tests/decoder tests that the results are correct.
 */
#include <stdlib.h>
#include <string.h>
#include <trapline/decoder.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	struct insn_regs regs;
	unsigned __int128 v[32];
	uint8_t stored[ACCESS_MAX_BYTES];
	int result;
};

static struct decoder_cache cache;
static const struct decoder_env envs[] = {
	{ 0 },
	{ .zva_size = ACCESS_MAX_BYTES,
	  .line_size = 128,
	  .pac_mask = { GENMASK_ULL(54, 48), GENMASK_ULL(54, 39) },
	  .mops_option_b = true },
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_regions(const struct access *acc)
{
	for (unsigned int i = 0; i < acc->nr; i++) {
		const struct access_mem *m = &acc->mem[i];

		must(m->size && m->size <= ACCESS_MAX_BYTES);
		must(m->unit && !(m->unit & (m->unit - 1)));
		must(m->align && !(m->align & (m->align - 1)));
	}
}

static void run(const struct insn *insn, const struct decoder_env *env,
		const uint8_t *old, struct state *s)
{
	struct access acc = { 0 };

	must(decoder_access(insn, &s->regs, env, &acc) == 0);
	must(acc.nr <= 2);
	check_regions(&acc);
	s->result = decoder_apply(insn, &acc, &s->regs, s->v, env, old[0] & 1,
				  old, s->stored);
	must(s->result == 0 || acc.nr);
	if (s->result)
		must(acc.mem[acc.nr - 1].flags & ACCESS_WRITE);
}

/* Check that only the announced registers and bytes have changed. */
static void check_kept(const struct insn *insn, const struct state *before,
		       const struct state *after)
{
	for (int i = 0; i < 31; i++)
		must((insn->x_dst & BIT_ULL(i)) ||
		     before->regs.x[i] == after->regs.x[i]);
	must((insn->x_dst & BIT_ULL(31)) || before->regs.sp == after->regs.sp);
	for (int i = 0; i < 32; i++)
		must((insn->v_dst & BIT_ULL(i)) || before->v[i] == after->v[i]);
}

/* Check that the result stays the same when all other state is scrambled. */
static void check_needed(const struct insn *insn, const struct state *before,
			 const struct state *after,
			 const struct decoder_env *env, const uint8_t *old)
{
	static struct state again;

	again = *before;
	memset(again.stored, 0, sizeof(again.stored));
	for (int i = 0; i < 31; i++)
		if (!(insn->x_src & BIT_ULL(i)))
			again.regs.x[i] = ~again.regs.x[i];
	if (!(insn->x_src & BIT_ULL(31)))
		again.regs.sp = ~again.regs.sp;
	for (int i = 0; i < 32; i++)
		if (!(insn->v_src & BIT_ULL(i)))
			again.v[i] = ~again.v[i];
	run(insn, env, old, &again);
	must(again.result == after->result);
	must(!memcmp(again.stored, after->stored, sizeof(again.stored)));
	for (int i = 0; i < 31; i++)
		must(!(insn->x_dst & BIT_ULL(i)) ||
		     again.regs.x[i] == after->regs.x[i]);
	for (int i = 0; i < 32; i++)
		must(!(insn->v_dst & BIT_ULL(i)) || again.v[i] == after->v[i]);
	must(again.regs.pc == after->regs.pc);
}

static void one(uint32_t word, const uint8_t *data, size_t size)
{
	static struct state before, after;
	static uint8_t old[ACCESS_MAX_BYTES];
	const struct decoder_env *env = &envs[size & 1];
	struct insn insn;

	memset(&before, 0, sizeof(before));
	for (size_t i = 0; i < sizeof(before.regs) && size; i++)
		((uint8_t *)&before.regs)[i] = data[i % size];
	for (size_t i = 0; i < sizeof(before.v) && size; i++)
		((uint8_t *)before.v)[i] = data[(i * 3 + 1) % size];
	for (size_t i = 0; i < sizeof(old) && size; i++)
		old[i] = data[(i * 5 + 2) % size];
	decoder_decode(word, &insn);
	/* decoder_decode() clears the padding. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	must(!memcmp(decoder_lookup(&cache, word), &insn, sizeof(insn)));
	must(insn.error || insn.form);
	if (insn.error)
		return;
	after = before;
	run(&insn, env, old, &after);
	check_kept(&insn, &before, &after);
	check_needed(&insn, &before, &after, env, old);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct insn_form *form;
	unsigned int i = 0;
	uint32_t word;

	if (size < 5)
		return 0;
	memcpy(&word, data, sizeof(word));
	one(word, data + 4, size - 4);
	/* Also test a word that is certainly a load or store. */
	while (decoder_form(i))
		i++;
	form = decoder_form(data[4] % i);
	one((word & ~form->mask) | form->value, data + 4, size - 4);
	return 0;
}
