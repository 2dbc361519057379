// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * introspect.c - find a Linux kernel in guest memory and its symbols
 *
 * An Image header alone is no proof of a kernel: an initrd may hold one. The
 * kernel is the first Image in which kallsyms is found. The result is kept
 * until introspect_reset().
 */
#include "module_btf.h"
#include "state.h"
#include "symfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int introspect_create(struct guest *g, struct introspect **ret)
{
	struct introspect *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->g = g;
	*ret = in;
	return 0;
}

void introspect_reset(struct introspect *in)
{
	for (uint32_t i = 0; in->names && i < in->ks.nr; i++)
		free(in->names[i]);
	free(in->names);
	in->names = NULL;
	modules_deinit(in);
	module_btfs_destroy(in->module_btfs);
	in->module_btfs = NULL;
	layouts_destroy(in->layouts);
	in->layouts = NULL;
	free(in->symfile.data);
	memset(&in->symfile, 0, sizeof(in->symfile));
	memset(&in->kva, 0, sizeof(in->kva));
	kallsyms_deinit(&in->ks);
	kernel_close(&in->k);
	memset(&in->k, 0, sizeof(in->k));
	memset(&in->odd, 0, sizeof(in->odd));
	memset(&in->exports, 0, sizeof(in->exports));
	memset(&in->percpu, 0, sizeof(in->percpu));
	memset(&in->gone, 0, sizeof(in->gone));
	in->found = false;
}

void introspect_destroy(struct introspect *in)
{
	if (!in)
		return;
	introspect_reset(in);
	free(in);
}

/* The offset of a symbol from _text, or otherwise if there is none. */
static uint64_t offset_or(const struct introspect *in, const char *name,
			  uint64_t otherwise)
{
	struct kallsyms_entry e;
	uint64_t offset;

	if (!kallsyms_lookup(&in->ks, name, &e))
		return otherwise;
	offset = kallsyms_offset(&in->ks, e.index);
	return offset < in->k.size ? offset : otherwise;
}

/*
 * The banner and the notes are read-only data. Without a symbol, the search for
 * the banner begins at the start of that data, and the search for the notes
 * after kallsyms.
 */
static void identify(struct introspect *in)
{
	uint64_t rodata = offset_or(in, "_etext", 0);

	if (kernel_banner_find(&in->k, offset_or(in, "linux_banner", rodata)))
		kernel_banner_find(&in->k, 0);
	kernel_build_id_find(&in->k,
			     offset_or(in, "__start_notes", in->ks.end));
}

/*
 * Remember the first Image that has a Linux banner and is not understood. An
 * Image without a banner may belong to firmware, or be a leftover of a file in
 * memory.
 */
static void odd_note(struct introspect *in, struct kernel_image *k,
		     const char *missing)
{
	if (in->odd.missing && in->odd.k.ipa != k->ipa)
		return;
	in->odd.missing = NULL;
	if (kernel_banner_find(k, 0))
		return;
	in->odd.k = *k;
	in->odd.k.data = in->odd.k.copy = NULL;
	in->odd.missing = missing;
}

int introspect_take(struct introspect *in, struct kernel_image *k)
{
	const char *missing;
	int err = kernel_open(in->g, k);

	if (err)
		return err;
	err = kallsyms_find(k, &in->ks, &missing);
	if (err) {
		if (err != -ENOMEM)
			odd_note(in, k, missing);
		kernel_close(k);
		return err;
	}
	in->k = *k;
	in->names = calloc(in->ks.nr, sizeof(*in->names));
	if (!in->names) {
		kallsyms_deinit(&in->ks);
		kernel_close(&in->k);
		return -ENOMEM;
	}
	in->found = true;
	identify(in);
	kva_init(in);
	return 0;
}

int introspect_find_kernel(struct introspect *in)
{
	struct kernel_image k;
	ipa_t after = 0;
	int err = -ENOENT, e;

	if (in->found)
		return 0;
	while (!kernel_header_next(in->g, after, &k)) {
		e = introspect_take(in, &k);
		if (!e || e == -ENOMEM)
			return e;
		if (e != -ENOENT)
			err = e;
		after = k.ipa;
	}
	return err;
}

int introspect_find_kernel_at(struct introspect *in, ipa_t text)
{
	struct kernel_image k;
	const char *missing;

	if (in->found)
		return 0;
	if (kernel_header_at(in->g, text, &k)) {
		if (!introspect_take(in, &k))
			return 0;
	} else {
		missing = kernel_header_odd(in->g, text, &k);
		if (missing && !kernel_open(in->g, &k))
			odd_note(in, &k, missing);
		if (missing)
			kernel_close(&k);
	}
	return introspect_find_kernel(in);
}

const char *introspect_banner(const struct introspect *in)
{
	return in->k.banner;
}

const char *introspect_release(const struct introspect *in)
{
	return in->k.release;
}

size_t introspect_build_id(const struct introspect *in, const uint8_t **ret)
{
	*ret = in->k.build_id;
	return in->k.build_id_size;
}

unsigned int introspect_nr_symbols(const struct introspect *in)
{
	return in->ks.nr;
}

ipa_t introspect_text_ipa(const struct introspect *in)
{
	return in->k.ipa;
}

uint64_t introspect_image_size(const struct introspect *in)
{
	return in->k.size;
}

/* --- symbols ------------------------------------------------------------ */

static int kernel_symbol(struct introspect *in, const char *name,
			 uint64_t *offset_ret)
{
	struct kallsyms_entry e;

	if (!in->found)
		return -ENOENT;
	if (!kallsyms_lookup(&in->ks, name, &e))
		return ksymtab_lookup(in, name, offset_ret);
	*offset_ret = kallsyms_offset(&in->ks, e.index);
	return 0;
}

int introspect_symbol_ipa(struct introspect *in, const char *name, ipa_t *ret)
{
	uint64_t offset;
	int err = kernel_symbol(in, name, &offset);

	if (err || offset >= in->k.size)
		return -ENOENT;
	*ret = in->k.ipa + offset;
	return 0;
}

int introspect_symbol_by_name(struct introspect *in, const char *name,
			      va_t *ret)
{
	uint64_t offset;
	va_t text;
	int err = introspect_text_va(in, &text);

	if (err)
		return err;
	err = kernel_symbol(in, name, &offset);
	if (err)
		return modules_symbol_by_name(in, name, ret);
	*ret = text + offset;
	return 0;
}

/* Return a copy of the name that stays valid: always the same copy. */
static const char *name_keep(struct introspect *in,
			     const struct kallsyms_entry *e)
{
	if (!in->names[e->index])
		in->names[e->index] = strdup(e->name);
	return in->names[e->index];
}

/*
 * Of several symbols at one address, get the first that is no label
 * (symfile_is_label()); if all are labels, get symbol number index.
 */
static bool pick_alias(struct introspect *in, uint32_t index,
		       struct kallsyms_entry *ret)
{
	struct kallsyms_entry e;

	if (!kallsyms_get(&in->ks, index, ret))
		return false;
	for (e = *ret; symfile_is_label(e.name);)
		if (!kallsyms_next(&in->ks, &e) ||
		    in->ks.offsets[e.index] != in->ks.offsets[index])
			return true;
	*ret = e;
	return true;
}

int introspect_symbol_by_address(struct introspect *in, va_t va,
				 struct introspect_symbol *ret)
{
	struct kallsyms_entry e;
	const char *name;
	uint32_t index;
	va_t text;
	int err = introspect_text_va(in, &text);

	if (err)
		return err;
	if (va < text || va - text >= in->k.size)
		return modules_symbol_by_address(in, va, ret);
	if (!kallsyms_at(&in->ks, va - text, &index) ||
	    !pick_alias(in, index, &e))
		return -ENOENT;
	name = name_keep(in, &e);
	if (!name)
		return -ENOMEM;
	*ret = (struct introspect_symbol){
		.name = name,
		.module = "",
		.va = text + kallsyms_offset(&in->ks, e.index),
		.size = kallsyms_size(&in->ks, e.index),
		.room = kallsyms_size(&in->ks, e.index),
	};
	return 0;
}

int introspect_symbol_file(struct introspect *in, const uint8_t **data,
			   size_t *size)
{
	va_t text;
	int err = introspect_text_va(in, &text);

	if (err)
		return err;
	if (!in->symfile.data) {
		err = symfile_kernel(in, text, &in->symfile);
		if (err)
			return err;
	}
	*data = in->symfile.data;
	*size = in->symfile.size;
	return 0;
}
