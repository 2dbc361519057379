// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_kernel.c - an arm64 Image with kallsyms and nothing else, for tests
 *
 * Source: scripts/kallsyms.c of Linux, and "Booting AArch64 Linux" for the
 * header, whose second word is a branch to primary_entry.
 */
#include "fake_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_NAME  300
#define TOKEN_FUNC 1 /* "_function" */
#define TOKEN_TYPE 2 /* "Tf": the type and the first letter */

/* Name symbol i. Two symbols share a name; one name has 300 characters. */
void fake_kernel_name(unsigned int i, char *name)
{
	static const struct {
		unsigned int index;
		const char *name;
	} named[] = {
		{ 0, "first" },
		{ FAKE_ENTRY, "primary_entry" },
		{ FAKE_TWICE_LOCAL, "twice" },
		{ FAKE_TWICE, "twice" },
		{ FAKE_PANIC, "panic" },
		{ FAKE_DIE, "die" },
		{ FAKE_MODULES, "modules" },
		{ FAKE_INIT_MODULE, "do_init_module" },
		{ FAKE_START, "start_kernel" },
		{ FAKE_FREE_INIT, "do_free_init" },
		{ FAKE_FREE_MODULE, "free_module" },
	};

	for (unsigned int n = 0; n < ARRAY_SIZE(named); n++) {
		if (named[n].index == i) {
			strcpy(name, named[n].name);
			return;
		}
	}
	if (i == FAKE_LONG) {
		memset(name, 'x', LONG_NAME);
		name[LONG_NAME] = '\0';
	} else {
		sprintf(name, "f%05u_function", i);
	}
}

char fake_kernel_type(unsigned int i)
{
	return i == FAKE_TWICE_LOCAL ? 't' : 'T';
}

unsigned int fake_kernel_offset(unsigned int i)
{
	return i == FAKE_ALIAS ? (FAKE_ALIAS - 1) * 64 : i * 64;
}

static void put(struct fake_kernel *w, const void *data, size_t size)
{
	memcpy(w->image + w->at, data, size);
	w->at += size;
}

static void put32(struct fake_kernel *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static uint64_t label(struct fake_kernel *w)
{
	w->at = ALIGN_UP(w->at, (uint64_t)w->align);
	return w->at;
}

static void put_name(struct fake_kernel *w, unsigned int i)
{
	uint8_t tokens[FAKE_NAME_MAX];
	char name[FAKE_NAME_MAX], *p = name;
	unsigned int len = 0;

	fake_kernel_name(i, name);
	if (fake_kernel_type(i) == 'T' && *p == 'f') {
		tokens[len++] = TOKEN_TYPE;
		p++;
	} else {
		tokens[len++] = fake_kernel_type(i);
	}
	while (*p) {
		if (!strcmp(p, "_function")) {
			tokens[len++] = TOKEN_FUNC;
			break;
		}
		tokens[len++] = *p++;
	}
	if (len < 0x80) {
		w->image[w->at++] = len;
	} else {
		w->image[w->at++] = (len & 0x7f) | 0x80;
		w->image[w->at++] = len >> 7;
	}
	put(w, tokens, len);
}

static void put_names(struct fake_kernel *w)
{
	uint32_t marker[(FAKE_NR_SYMBOLS + 255) / 256];

	w->names = label(w);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++) {
		if (i % 256 == 0)
			marker[i / 256] = w->at - w->names;
		put_name(w, i);
	}
	w->markers = label(w);
	put(w, marker, sizeof(marker));
}

static int by_name(const void *a, const void *b)
{
	char na[FAKE_NAME_MAX], nb[FAKE_NAME_MAX];
	unsigned int ia = *(const unsigned int *)a;
	unsigned int ib = *(const unsigned int *)b;
	int d;

	fake_kernel_name(ia, na);
	fake_kernel_name(ib, nb);
	d = strcmp(na, nb);
	return d ? d : (int)ia - (int)ib;
}

static void put_seqs(struct fake_kernel *w)
{
	unsigned int seq[FAKE_NR_SYMBOLS];
	uint8_t b[3];

	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++)
		seq[i] = i;
	qsort(seq, FAKE_NR_SYMBOLS, sizeof(*seq), by_name);
	w->seqs = label(w);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++) {
		b[0] = seq[i] >> 16;
		b[1] = seq[i] >> 8;
		b[2] = seq[i];
		put(w, b, 3);
	}
}

static void put_tokens(struct fake_kernel *w)
{
	uint16_t index[256];
	char token[16];

	w->token_table = label(w);
	for (unsigned int i = 0; i < 256; i++) {
		if (i == TOKEN_FUNC)
			strcpy(token, "_function");
		else if (i == TOKEN_TYPE)
			strcpy(token, "Tf");
		else
			sprintf(token, "%c", i ? i : 'q');
		index[i] = w->at - w->token_table;
		put(w, token, strlen(token) + 1);
	}
	w->index = label(w);
	put(w, index, sizeof(index));
}

static void put_offsets(struct fake_kernel *w)
{
	static const uint64_t base = 0xffff800008000000ULL + FAKE_TEXT_OFFSET;

	w->offsets = label(w);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++)
		put32(w, fake_kernel_offset(i));
	w->relative_base = label(w);
	put(w, &base, sizeof(base));
}

static void put_self_offsets(struct fake_kernel *w)
{
	w->offsets = label(w);
	for (unsigned int i = 0; i < FAKE_NR_SYMBOLS; i++)
		put32(w, FAKE_TEXT_OFFSET + fake_kernel_offset(i) - w->at);
}

static void write_tables(struct fake_kernel *w, enum fake_order order)
{
	if (order < FAKE_ORDER_6_4)
		put_offsets(w);
	w->num_syms = label(w);
	put32(w, FAKE_NR_SYMBOLS);
	put_names(w);
	if (order == FAKE_ORDER_6_2)
		put_seqs(w);
	put_tokens(w);
	if (order == FAKE_ORDER_6_4)
		put_offsets(w);
	if (order == FAKE_ORDER_7_0)
		put_self_offsets(w);
	if (order >= FAKE_ORDER_6_4)
		put_seqs(w);
}

static void write_header(struct fake_kernel *w)
{
	uint64_t size = FAKE_IMAGE_SIZE, flags = 10;
	/* b primary_entry, from offset 4. */
	uint32_t b =
		0x14000000U |
		(FAKE_TEXT_OFFSET + fake_kernel_offset(FAKE_ENTRY) - 4) / 4;

	memcpy(w->image + 4, &b, 4);
	memcpy(w->image + 16, &size, 8);
	memcpy(w->image + 24, &flags, 8);
	memcpy(w->image + 56, "ARMd", 4);
}

void fake_kernel_write(struct fake_kernel *w, uint8_t *image,
		       enum fake_order order)
{
	*w = (struct fake_kernel){
		.image = image,
		.align = order == FAKE_ORDER_7_0 ? 4 : 8,
		.at = FAKE_TABLES + 36,
	};
	write_header(w);
	write_tables(w, order);
}
