/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kernel.h - an arm64 Image with kallsyms and nothing else, for tests
 *
 * Writes the tables as scripts/kallsyms.c of Linux does, in each of its four
 * layouts. Symbol i is at FAKE_TEXT_OFFSET + fake_kernel_offset(i); all symbols
 * are text.
 */
#ifndef TRAPLINE_TESTS_FAKE_KERNEL_H
#define TRAPLINE_TESTS_FAKE_KERNEL_H

#include <trapline/types.h>

#define FAKE_IMAGE_SIZE  (4 * SZ_1M)
#define FAKE_TABLES      (2 * SZ_1M) /* offset of the tables */
#define FAKE_TEXT_OFFSET 0x10000
#define FAKE_NR_SYMBOLS  3001
#define FAKE_NAME_MAX    512

/* Symbols that tests use. */
#define FAKE_ENTRY       5 /* primary_entry */
#define FAKE_TWICE_LOCAL 7
#define FAKE_TWICE       9 /* the global symbol of the same name */
#define FAKE_PANIC       11
#define FAKE_DIE         13
#define FAKE_MODULES     15
#define FAKE_INIT_MODULE 17 /* do_init_module */
#define FAKE_START       19 /* start_kernel */
#define FAKE_ALIAS       21 /* at the address of symbol 20 */
#define FAKE_FREE_INIT   23 /* do_free_init */
#define FAKE_FREE_MODULE 25 /* free_module */
#define FAKE_LONG        1234 /* a name of 300 characters */

enum fake_order {
	FAKE_ORDER_5_0,
	FAKE_ORDER_6_2,
	FAKE_ORDER_6_4,
	FAKE_ORDER_7_0 /* tables aligned to 4, offsets relative to themselves */
};

/* The Image, and the offsets of its tables. */
struct fake_kernel {
	uint8_t *image;
	unsigned int align; /* alignment of each table */
	uint64_t at; /* end of the tables, once they are written */
	uint64_t num_syms, offsets, names, markers, token_table, index, seqs;
	uint64_t relative_base; /* 0: none */
};

/* Write the tables into image, which has FAKE_IMAGE_SIZE zero bytes. */
void fake_kernel_write(struct fake_kernel *w, uint8_t *image,
		       enum fake_order order);
/* name has room for FAKE_NAME_MAX. */
void fake_kernel_name(unsigned int i, char *name);
char fake_kernel_type(unsigned int i);
unsigned int fake_kernel_offset(unsigned int i);

#endif
