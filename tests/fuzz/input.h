/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - take a fuzzer's input apart, byte by byte */
#ifndef TRAPLINE_TESTS_INPUT_H
#define TRAPLINE_TESTS_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <trapline/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

/* The next byte; 0 after the end. */
static inline uint8_t input_next(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* The next 8 bytes as a number, 0 for those after the end. */
static inline uint64_t input_word(struct input *in)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value |= (uint64_t)input_next(in) << (8 * i);
	return value;
}

/* End the run with a message if a condition that must hold does not hold. */
static inline void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

#endif
