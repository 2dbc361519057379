// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf.c - the sections of DWARF, and the units in .debug_info
 *
 * Source: DWARF 5, "Unit Headers", "Location List Table".
 */
#include "dwarf_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION      5
#define ADDRESS_SIZE 8
#define UT_COMPILE   0x01
#define LANG_C11     0x1d
#define MAX_SECTION  (64 * SZ_1M)

size_t dwarf_unit_begin(struct dwarf_writer *w, enum dwarf_abbrev die)
{
	size_t begin = w->info.size;
	char producer[64];

	bytes_put(&w->info, 0, 4);
	bytes_put(&w->info, VERSION, 2);
	bytes_put8(&w->info, UT_COMPILE);
	bytes_put8(&w->info, ADDRESS_SIZE);
	bytes_put(&w->info, 0, 4); /* debug_abbrev_offset */
	dwarf_put_die(w, die);
	if (w->types->nr_damaged)
		snprintf(producer, sizeof(producer),
			 "trapline, from BTF without %u damaged types",
			 w->types->nr_damaged);
	else
		snprintf(producer, sizeof(producer), "trapline, from BTF");
	bytes_put_string(&w->info, producer);
	bytes_put8(&w->info, LANG_C11);
	bytes_put_string(&w->info, w->input->name);
	return begin;
}

/* Store the length of what was put after the word at begin. */
static void length_put(struct bytes *b, size_t begin)
{
	struct bytes length = { b->p, begin, b->max };

	bytes_put(&length, b->size - begin - 4, 4);
}

void dwarf_unit_end(struct dwarf_writer *w, size_t begin)
{
	dwarf_put_die(w, DIE_END);
	length_put(&w->info, begin);
}

/*
 * The strings of the blob are .debug_str, with the NUL that
 * btf_table_create() has added. A module's names that are the kernel's are
 * added at its end.
 */
static void strings_begin(struct dwarf_writer *w)
{
	const struct btf_view *v = &w->types->view;

	w->strings.size = (size_t)v->strings_len + 1;
	if (w->strings.p)
		memcpy(w->strings.p, v->strings, w->strings.size);
}

void dwarf_put_name(struct dwarf_writer *w, uint32_t name)
{
	const struct btf_table *base = w->types->base;

	if (!base) {
		bytes_put(&w->info, name, 4);
	} else if (name >= base->view.strings_len) {
		bytes_put(&w->info, name - base->view.strings_len, 4);
	} else {
		bytes_put(&w->info, w->strings.size, 4);
		bytes_put_string(&w->strings, btf_table_name(base, name));
	}
}

static void put_all(struct dwarf_writer *w)
{
	w->info.size = w->lists.size = 0;
	strings_begin(w);
	bytes_put(&w->lists, 0, 4);
	bytes_put(&w->lists, VERSION, 2);
	bytes_put8(&w->lists, ADDRESS_SIZE);
	bytes_put8(&w->lists, 0); /* segment_selector_size */
	bytes_put(&w->lists, 0, 4); /* offset_entry_count */
	dwarf_put_types(w);
	dwarf_put_functions(w);
	length_put(&w->lists, 0);
}

static int buffer_alloc(struct bytes *b)
{
	if (b->size > MAX_SECTION)
		return -E2BIG;
	b->p = malloc(b->size);
	b->max = b->size;
	return b->p ? 0 : -ENOMEM;
}

static int write_all_units(struct dwarf_writer *w)
{
	int err;

	put_all(w);
	err = buffer_alloc(&w->info);
	if (!err)
		err = buffer_alloc(&w->lists);
	if (!err)
		err = buffer_alloc(&w->strings);
	if (!err)
		put_all(w);
	return err;
}

static void section_take(struct dwarf *d, enum dwarf_section n, struct bytes *b)
{
	d->section[n].data = b->p;
	d->section[n].size = b->size;
	b->p = NULL;
}

static int sections_take(struct dwarf_writer *w, struct dwarf *d)
{
	struct bytes abbrevs = { 0 };
	const uint8_t *data = dwarf_abbrevs(&abbrevs.size);

	abbrevs.p = malloc(abbrevs.size);
	if (!abbrevs.p)
		return -ENOMEM;
	memcpy(abbrevs.p, data, abbrevs.size);
	section_take(d, DWARF_ABBREV, &abbrevs);
	section_take(d, DWARF_INFO, &w->info);
	section_take(d, DWARF_LOCLISTS, &w->lists);
	section_take(d, DWARF_STR, &w->strings);
	return 0;
}

int dwarf_create(const struct dwarf_input *input, struct dwarf *ret)
{
	struct dwarf
		d = { .section = {
			      [DWARF_INFO] = { .name = ".debug_info" },
			      [DWARF_ABBREV] = { .name = ".debug_abbrev" },
			      [DWARF_STR] = { .name = ".debug_str" },
			      [DWARF_LOCLISTS] = { .name = ".debug_loclists" },
		      } };
	struct dwarf_writer w = { .input = input, .types = input->types };
	int err;

	w.die = calloc((size_t)w.types->nr + 1, sizeof(*w.die));
	err = w.die ? dwarf_need_find(&w) : -ENOMEM;
	if (!err)
		err = dwarf_functions_create(&w);
	if (!err)
		err = write_all_units(&w);
	if (!err)
		err = sections_take(&w, &d);
	free(w.info.p);
	free(w.lists.p);
	free(w.strings.p);
	dwarf_functions_destroy(w.functions);
	free(w.need);
	free(w.die);
	if (!err)
		*ret = d;
	return err;
}

void dwarf_destroy(struct dwarf *d)
{
	for (unsigned int i = 0; i < DWARF_SECTIONS; i++)
		free(d->section[i].data);
	memset(d, 0, sizeof(*d));
}
