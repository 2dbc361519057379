/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec.h - the file format between the differential test and the programs that
 * execute its cases on an emulated (or real) arm64 CPU: at EL0 (exec.c), at
 * EL1 (exec_el1.c)
 *
 * Both map one file, with a header and then the cases. The executing program
 * puts each case's words at the case's slot, loads the registers and the
 * window, runs the words, and overwrites the input with the results.
 */
#ifndef TESTS_DECODER_EXEC_H
#define TESTS_DECODER_EXEC_H

#include <stdint.h>
#include <string.h>

/* Code on both sides of the window: literals reach it in both directions. */
#define EXEC_CODE_LOW    0x20000000ULL
#define EXEC_CODE_HIGH   0x20080000ULL
#define EXEC_CODE_SIZE   0x20000ULL
#define EXEC_WINDOW      0x20040000ULL
#define EXEC_WINDOW_SIZE 1024
#define EXEC_PAGE_SIZE   4096 /* the rest of the window's page never changes */

#define EXEC_MAX_WORDS 3
#define EXEC_SLOT      16 /* bytes: words and a BRK */
#define EXEC_MAX_CASES 8192
#define EXEC_BRK       0xd4200000U
#define EXEC_FILL      0xa5

struct exec_regs {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
	unsigned __int128 v[32];
};

struct exec_case {
	struct exec_regs regs;
	uint64_t fault; /* out: address of a SIGSEGV */
	uint32_t words[EXEC_MAX_WORDS];
	uint32_t nr_words;
	int32_t signal; /* out: 0, or the signal that ended it */
	int32_t stray; /* out: bytes outside of the window have changed */
	uint8_t window[EXEC_WINDOW_SIZE];
} __attribute__((aligned(16)));

struct exec_file {
	uint64_t nr;
	uint64_t dczid, ctr; /* out */
	uint64_t done; /* out: cases that were run */
	struct exec_case cases[];
} __attribute__((aligned(16)));

/* The address at which case i runs: below and above the window alternately. */
static inline uint64_t exec_slot(unsigned int i)
{
	return (i & 1 ? EXEC_CODE_HIGH : EXEC_CODE_LOW) +
	       (uint64_t)(i / 2) * EXEC_SLOT;
}

/*
 * --- for the executing programs --------------------------------------------
 */

static inline uint8_t *exec_window(void)
{
	return (uint8_t *)EXEC_WINDOW;
}

/* True if bytes after the window, which were all the same, have changed. */
static inline int exec_is_stray(void)
{
	uint8_t *rest = exec_window() + EXEC_WINDOW_SIZE;
	size_t size = EXEC_PAGE_SIZE - EXEC_WINDOW_SIZE;
	int stray = rest[0] != EXEC_FILL || memcmp(rest, rest + 1, size - 1);

	if (stray)
		memset(rest, EXEC_FILL, size);
	return stray;
}

/* Write all cases' words to their slots, as data. */
static inline void exec_code_write(const struct exec_file *file)
{
	for (unsigned int i = 0; i < file->nr; i++) {
		const struct exec_case *c = &file->cases[i];
		uint32_t *slot = (uint32_t *)exec_slot(i);

		memcpy(slot, c->words, c->nr_words * sizeof(*slot));
		slot[c->nr_words] = EXEC_BRK;
	}
	__builtin___clear_cache((char *)EXEC_CODE_LOW,
				(char *)EXEC_CODE_LOW + EXEC_CODE_SIZE);
	__builtin___clear_cache((char *)EXEC_CODE_HIGH,
				(char *)EXEC_CODE_HIGH + EXEC_CODE_SIZE);
}

#endif
