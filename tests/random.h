/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * random.h - random numbers that are the same in each run: xorshift64*
 */
#ifndef TRAPLINE_TESTS_RANDOM_H
#define TRAPLINE_TESTS_RANDOM_H

#include <stdint.h>

/* *state must not be 0. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t random_word(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(random_next(&state) >> 32);
}

#endif
