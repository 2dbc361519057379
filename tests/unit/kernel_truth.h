/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_truth.h - the data that kernel_truth.py prints for a kernel of the
 * cache
 *
 * The kernels are those that scripts/fetch has put into the cache, of any point
 * release; so no test contains a number of one kernel. If a file is missing
 * that scripts/setup provides, every function ends the program with one line.
 */
#ifndef TRAPLINE_TESTS_KERNEL_TRUTH_H
#define TRAPLINE_TESTS_KERNEL_TRUTH_H

#include <trapline/types.h>

struct truth_symbol {
	uint64_t offset; /* from the Image's start */
	char type;
	const char *name;
};

struct truth {
	char *kernel; /* name of its folder in the cache, like "6.12" */
	int image_fd; /* a file in memory */
	size_t image_size; /* of the file, unpacked */
	struct truth_symbol *symbols; /* sorted by address */
	size_t nr_symbols;
	/* Private. */
	char *text;
	char **lines;
	size_t nr_lines;
};

/* Names of the kernels in the cache; at least 6.1 and 6.12 are there. */
size_t truth_kernels(const char **ret, size_t max);
struct truth *truth_load(const char *kernel);
void truth_free(struct truth *t);
/* "number NAME VALUE" of kernel_truth.py; false: the kernel has no NAME. */
bool truth_has(const struct truth *t, const char *name);
/* The same; the number has to be there. */
uint64_t truth_number(const struct truth *t, const char *name);
/* "text NAME VALUE" */
const char *truth_text(const struct truth *t, const char *name);
/* The first symbol of that name; NULL: none. */
const struct truth_symbol *truth_symbol(const struct truth *t,
					const char *name);

#endif
