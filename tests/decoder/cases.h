/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cases.h - random cases for the differential test, and the decoder's answer
 */
#ifndef TESTS_DECODER_CASES_H
#define TESTS_DECODER_CASES_H

#include <trapline/decoder.h>
#include "exec.h"

/* The origin of a case's words, for the comparison. */
enum case_kind {
	CASE_PLAIN,
	CASE_SIGNED, /* starts with a PACDZA or PACDZB of the base */
	CASE_UNALLOCATED, /* must be SIGILL */
};

struct test_case {
	struct exec_case in; /* the input; after the run, the result */
	struct exec_case expected;
	const struct insn_form *form;
	enum case_kind kind;
	uint32_t word; /* the word under test */
};

/* xorshift64*: the same cases for the same seed everywhere. */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);

/* Encodings that the decoder refused, by its reason. */
#define MAX_REASONS 32

struct refusals {
	struct {
		const char *reason;
		unsigned long nr;
	} by[MAX_REASONS];
};

/*
 * Make one random encoding of form, with registers for which the access is in
 * the window, and the decoder's result. slot: the case's number in its batch.
 * refused counts the encodings that the decoder refused before.
 * Returns 0, or -ENOENT when no encoding could be found.
 */
int case_make(struct test_case *tc, const struct insn_form *form,
	      unsigned int slot, const struct decoder_env *env, struct rng *rng,
	      struct refusals *refused);

/* Make a word of "Loads and Stores" that the decoder calls unallocated. */
void case_make_unallocated(struct test_case *tc, unsigned int slot,
			   struct rng *rng);

/* Run tc->in through the decoder into tc->expected: 0 or -errno. */
int case_predict(struct test_case *tc, const struct decoder_env *env);

#endif
