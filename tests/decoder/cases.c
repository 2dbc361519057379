// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cases.c - random cases, and the decoder's answer to each
 *
 * All bits that a form leaves free are random, and so are all registers. Then
 * only the base register is changed, so that the access is in the window. The
 * change uses the decoder's own address. This does not weaken the test: with a
 * wrong address the execution misses the window.
 *
 * Most exclusive stores get a load of the same bytes before them; without the
 * load they have to fail. A MOPS case has all three instructions.
 */
#include <errno.h>
#include <string.h>
#include "cases.h"
#include "tests/random.h"

#define TRIES       2000
#define LDXR        0x085f7c00U
#define LDXP        0x887f0000U
#define PACDZA      0xdac12be0U
#define PACDZB      0xdac12fe0U
#define LDRAB_KEY   0x00800000U
#define PSTATE_NZCV GENMASK_ULL(31, 28)
#define TAG_BYTE    GENMASK_ULL(63, 56)
#define IMM19       GENMASK_ULL(23, 5)

/* The bits that distinguish the three instructions of a MOPS sequence. */
#define CPY_STAGE GENMASK_ULL(23, 22)
#define SET_STAGE GENMASK_ULL(15, 14)
#define MOPS_CPY  BIT_ULL(26)

uint64_t rng_next(struct rng *rng)
{
	return random_next(&rng->state);
}

static uint64_t below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

/* Random values, also near edges: small, negative, 32-bit, anything. */
static uint64_t value(struct rng *rng)
{
	uint64_t r = rng_next(rng);

	switch (below(rng, 6)) {
	case 0:
		return r & 0xff;
	case 1:
		return 0 - (r & 0xff);
	case 2:
		return (uint32_t)r;
	case 3:
		return BIT_ULL(r & 63);
	default:
		return r;
	}
}

static void fill(struct test_case *tc, unsigned int slot, struct rng *rng)
{
	struct exec_regs *regs = &tc->in.regs;

	memset(tc, 0, sizeof(*tc));
	for (int i = 0; i < 31; i++)
		regs->x[i] = value(rng);
	regs->sp = value(rng);
	regs->pc = exec_slot(slot);
	regs->pstate = rng_next(rng) & PSTATE_NZCV;
	for (int i = 0; i < 32; i++)
		regs->v[i] = (unsigned __int128)rng_next(rng) << 64 |
			     rng_next(rng);
	for (size_t i = 0; i < EXEC_WINDOW_SIZE; i += 8) {
		uint64_t r = below(rng, 4) ? rng_next(rng) : value(rng);

		memcpy(tc->in.window + i, &r, sizeof(r));
	}
}

static void regs_from(struct insn_regs *to, const struct exec_regs *from)
{
	memcpy(to->x, from->x, sizeof(to->x));
	to->sp = from->sp;
	to->pc = from->pc;
	to->pstate = from->pstate;
}

static void regs_to(struct exec_regs *to, const struct insn_regs *from)
{
	memcpy(to->x, from->x, sizeof(to->x));
	to->sp = from->sp;
	to->pc = from->pc;
	to->pstate = from->pstate;
}

/* The bytes of a region, or NULL when not all of it is in the window. */
static uint8_t *in_window(struct exec_case *c, const struct access_mem *mem)
{
	uint64_t at = (mem->addr & ~TAG_BYTE) - EXEC_WINDOW;

	if (at > EXEC_WINDOW_SIZE || mem->size > EXEC_WINDOW_SIZE - at)
		return NULL;
	return c->window + at;
}

static uint64_t *base_of(const struct insn *insn, struct exec_regs *regs)
{
	return insn->rn == 31 ? &regs->sp : &regs->x[insn->rn];
}

/* --- the decoder's answer --------------------------------------------------*/

static int step(struct exec_case *c, const struct insn *insn,
		const struct decoder_env *env, bool passed)
{
	uint8_t stored[ACCESS_MAX_BYTES];
	struct insn_regs regs;
	struct access acc;
	uint8_t *read, *written;
	int ret;

	regs_from(&regs, &c->regs);
	ret = decoder_access(insn, &regs, env, &acc);
	if (ret)
		return ret;
	read = acc.nr ? in_window(c, &acc.mem[0]) : c->window;
	written = acc.nr ? in_window(c, &acc.mem[acc.nr - 1]) : c->window;
	if (!read || !written)
		return -EFAULT;
	ret = decoder_apply(insn, &acc, &regs, c->regs.v, env, passed, read,
			    stored);
	if (ret)
		memcpy(written, stored, acc.mem[acc.nr - 1].size);
	regs_to(&c->regs, &regs);
	return 0;
}

int case_predict(struct test_case *tc, const struct decoder_env *env)
{
	static struct decoder_cache cache;
	struct exec_case *c = &tc->expected;
	uint64_t begin = tc->in.regs.pc;
	bool passed = false;

	*c = tc->in;
	while (c->regs.pc < begin + c->nr_words * 4ULL) {
		uint32_t word = c->words[(c->regs.pc - begin) / 4];
		const struct insn *insn = decoder_lookup(&cache, word);
		int err;

		if (tc->kind == CASE_SIGNED && c->regs.pc == begin) {
			c->regs.pc += 4;
			continue;
		}
		err = insn->error ? insn->error : step(c, insn, env, passed);
		if (err)
			return err;
		passed = insn->flags & INSN_EXCLUSIVE;
	}
	return 0;
}

/*
 * --- making a case ----------------------------------------------------------
 */

/* A general register that the instruction does not use. */
static unsigned int spare(const struct insn *insn, unsigned int from)
{
	while ((insn->x_src | insn->x_dst) & BIT_ULL(from))
		from = (from + 1) % 31;
	return from;
}

static void add_word(struct test_case *tc, uint32_t word)
{
	tc->in.words[tc->in.nr_words++] = word;
}

static void words_mops(struct test_case *tc, const struct insn *insn)
{
	uint64_t field = insn->op == INSN_OP_FILL ? SET_STAGE : CPY_STAGE;

	for (uint64_t i = 0; i < 3; i++)
		add_word(tc, (uint32_t)((insn->word & ~field) |
					FIELD_PREP(field, i)));
}

static void words_set(struct test_case *tc, const struct insn *insn,
		      struct rng *rng)
{
	uint32_t rn = (uint32_t)insn->rn << 5;
	unsigned int rt;

	if (insn->op == INSN_OP_COPY || insn->op == INSN_OP_FILL) {
		words_mops(tc, insn);
		return;
	}
	if (insn->op == INSN_OP_STORE && (insn->flags & INSN_EXCLUSIVE) &&
	    below(rng, 4)) {
		rt = spare(insn, 0);
		if (insn->nr == 2)
			add_word(tc, LDXP | (insn->word & 0x40000000) | rn |
					     spare(insn, (rt + 1) % 31) << 10 |
					     rt);
		else
			add_word(tc,
				 LDXR | (insn->word & 0xc0000000) | rn | rt);
	}
	if (insn->flags & INSN_PAC) {
		tc->kind = CASE_SIGNED;
		add_word(tc,
			 (insn->word & LDRAB_KEY ? PACDZB : PACDZA) | insn->rn);
	}
	add_word(tc, insn->word);
}

/* Move the base so that the access starts at a random place of the window. */
static int aim(struct test_case *tc, const struct insn *insn,
	       const struct decoder_env *env, struct rng *rng)
{
	struct exec_regs *r = &tc->in.regs;
	struct insn_regs regs;
	struct access acc = { 0 };
	uint64_t target;

	if (insn->rn == 31 && insn->flags & (INSN_BASE_XZR | INSN_PAC))
		return -EFAULT;
	regs_from(&regs, r);
	decoder_access(insn, &regs, env, &acc);
	if (!acc.nr)
		return 0;
	target = below(rng, EXEC_WINDOW_SIZE - acc.mem[0].size + 1) &
		 ~(acc.mem[0].align - 1ULL);
	*base_of(insn, r) += EXEC_WINDOW + target - acc.mem[0].addr;
	/* The base will be signed, so it must be a canonical address. */
	if (insn->flags & INSN_PAC)
		*base_of(insn, r) &= ~(TAG_BYTE | env->pac_mask[0]);
	/* For instructions that align down, point anywhere into the block. */
	if (insn->op >= INSN_OP_ZERO && acc.mem[0].align == 1)
		*base_of(insn, r) += below(rng, acc.mem[0].size);
	/* QEMU 10's cache operations do not ignore the top byte. */
	if (!below(rng, 4) && !(insn->flags & INSN_PAC) &&
	    insn->op != INSN_OP_CACHE)
		*base_of(insn, r) ^= rng_next(rng) & TAG_BYTE;
	return 0;
}

static uint32_t aim_literal(uint32_t word, const struct test_case *tc,
			    struct rng *rng)
{
	uint64_t target = EXEC_WINDOW + below(rng, EXEC_WINDOW_SIZE - 12);

	return (uint32_t)((word & ~IMM19) |
			  FIELD_PREP(IMM19, (target - tc->in.regs.pc) / 4));
}

static void aim_mops(struct test_case *tc, const struct insn *insn,
		     struct rng *rng)
{
	struct exec_regs *r = &tc->in.regs;
	uint64_t size = below(rng, 300), dst = below(rng, 700), src;

	src = below(rng, 700);
	/* Forward only: the result of an overlap depends on the steps. */
	if (!(insn->word & MOPS_CPY) && src < dst + size && dst < src + size) {
		dst = below(rng, 200);
		src = 512 + below(rng, 200);
	}
	if (insn->flags & INSN_TAGS) {
		dst &= ~15ULL;
		size &= ~15ULL;
	}
	r->x[insn->rt] = EXEC_WINDOW + dst;
	r->x[insn->rn] = size;
	if (insn->op == INSN_OP_COPY)
		r->x[insn->rs] = EXEC_WINDOW + src;
}

static void count_refused(struct refusals *refused, const char *reason)
{
	unsigned int i = 0;

	while (i < MAX_REASONS - 1 && refused->by[i].reason &&
	       strcmp(refused->by[i].reason, reason) != 0)
		i++;
	refused->by[i].reason = reason;
	refused->by[i].nr++;
}

int case_make(struct test_case *tc, const struct insn_form *form,
	      unsigned int slot, const struct decoder_env *env, struct rng *rng,
	      struct refusals *refused)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t word = (uint32_t)rng_next(rng);
		struct insn insn;
		int err;

		fill(tc, slot, rng);
		word = (word & ~form->mask) | form->value;
		if (form->flags & INSN_LITERAL)
			word = aim_literal(word, tc, rng);
		decoder_decode(word, &insn);
		if (insn.error == -ENOTSUP)
			count_refused(refused, insn.refused);
		if (insn.error || insn.form != form)
			continue;
		tc->form = form;
		tc->word = word;
		words_set(tc, &insn, rng);
		if (insn.op == INSN_OP_COPY || insn.op == INSN_OP_FILL)
			aim_mops(tc, &insn, rng);
		else if (!(insn.flags & INSN_LITERAL) &&
			 aim(tc, &insn, env, rng))
			continue;
		err = case_predict(tc, env);
		if (!err)
			return 0;
	}
	return -ENOENT;
}

void case_make_unallocated(struct test_case *tc, unsigned int slot,
			   struct rng *rng)
{
	struct insn insn;

	fill(tc, slot, rng);
	tc->kind = CASE_UNALLOCATED;
	do {
		tc->word = ((uint32_t)rng_next(rng) & ~0x0a000000U) |
			   0x08000000U;
	} while (decoder_decode(tc->word, &insn) != -EILSEQ);
	add_word(tc, tc->word);
}
