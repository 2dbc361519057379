// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksymtab.c - the data that the kernel exports to modules; see ksymtab.h
 *
 * An entry is struct kernel_symbol (include/linux/export-internal.h): three
 * words for the value, the name and the namespace. Each word is an offset from
 * its own address. A kernel without KALLSYMS_ALL has no symbol for the table.
 * Every kernel exports init_task, and only one word of the Image refers to this
 * name: the word in the entry. The entries around this entry are the table.
 */
#include "state.h"

#include <errno.h>
#include <string.h>

#define ENTRY_SIZE  12
#define NAME_SIZE   128
#define MAX_ENTRIES 65536
/* The most places of the name that are tried: each needs a search of the Image. */
#define MAX_ANCHORS 16

static const char anchor[] = "\0init_task";

static bool name_at(const struct introspect *in, uint64_t at,
		    char name[NAME_SIZE])
{
	size_t len = 0;

	for (; len < NAME_SIZE && at + len < in->k.size; len++) {
		char c = (char)in->k.data[at + len];

		name[len] = c;
		if (!c)
			return len;
		if (c != '_' && c != '.' && !(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
	}
	return false;
}

static bool entry_at(const struct introspect *in, uint64_t at,
		     uint64_t *value_ret, char name[NAME_SIZE])
{
	int32_t words[2];
	uint64_t value, text;

	if (at >= in->k.size || in->k.size - at < ENTRY_SIZE)
		return false;
	memcpy(words, in->k.data + at, sizeof(words));
	value = at + (uint64_t)(int64_t)words[0];
	text = at + 4 + (uint64_t)(int64_t)words[1];
	if (value >= in->k.size || text >= in->k.size)
		return false;
	*value_ret = value;
	return name_at(in, text, name);
}

/* Find the entry whose name is at this offset; 0: none. */
static uint64_t entry_of(const struct introspect *in, uint64_t name)
{
	char text[NAME_SIZE];
	uint64_t value;
	int32_t word;

	for (uint64_t at = 4; at + 8 <= in->k.size; at += 4) {
		memcpy(&word, in->k.data + at, sizeof(word));
		if (at + (uint64_t)(int64_t)word == name &&
		    entry_at(in, at - 4, &value, text) &&
		    entry_at(in, at - 4 + ENTRY_SIZE, &value, text))
			return at - 4;
	}
	return 0;
}

static void table_find(struct introspect *in)
{
	const uint8_t *data = in->k.data, *found = data;
	uint64_t at = 0, first, value;
	char name[NAME_SIZE];
	uint32_t nr = 1;

	for (unsigned int i = 0; !at && i < MAX_ANCHORS; i++) {
		found = memmem(found, in->k.size - (size_t)(found - data),
			       anchor, sizeof(anchor));
		if (!found)
			return;
		found++;
		at = entry_of(in, (uint64_t)(found - data));
	}
	if (!at)
		return;
	for (first = at; first >= ENTRY_SIZE && nr < MAX_ENTRIES &&
			 entry_at(in, first - ENTRY_SIZE, &value, name);
	     nr++)
		first -= ENTRY_SIZE;
	for (; nr < MAX_ENTRIES &&
	       entry_at(in, first + (uint64_t)nr * ENTRY_SIZE, &value, name);)
		nr++;
	in->exports.first = first;
	in->exports.nr = nr;
}

static void find_once(struct introspect *in)
{
	struct kallsyms_entry e;

	if (in->exports.looked)
		return;
	in->exports.looked = true;
	/* With KALLSYMS_ALL all data has symbols. */
	if (!kallsyms_lookup(&in->ks, "init_task", &e))
		table_find(in);
}

int ksymtab_lookup(struct introspect *in, const char *name, uint64_t *ret)
{
	char text[NAME_SIZE];
	uint64_t value;

	if (!in->found)
		return -ENOENT;
	find_once(in);
	for (uint32_t i = 0; i < in->exports.nr; i++) {
		uint64_t at = in->exports.first + (uint64_t)i * ENTRY_SIZE;

		if (entry_at(in, at, &value, text) && !strcmp(text, name)) {
			*ret = value;
			return 0;
		}
	}
	return -ENOENT;
}

uint32_t ksymtab_nr(struct introspect *in)
{
	find_once(in);
	return in->exports.nr;
}

bool ksymtab_each(struct introspect *in,
		  bool (*see)(void *opaque, const char *name, uint64_t offset),
		  void *opaque)
{
	char text[NAME_SIZE];
	uint64_t value;

	find_once(in);
	for (uint32_t i = 0; i < in->exports.nr; i++)
		if (entry_at(in, in->exports.first + (uint64_t)i * ENTRY_SIZE,
			     &value, text) &&
		    !see(opaque, text, value))
			return false;
	return true;
}
