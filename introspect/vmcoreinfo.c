// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmcoreinfo.c - VMCOREINFO, data about the kernel for readers of a dump
 *
 * The kernel keeps VMCOREINFO in a page of its own
 * (crash_save_vmcoreinfo_init() of Linux). Not every kernel has a symbol for
 * this page, so the page is found by its first line. A guest that was reset may
 * have an old page in RAM. So the page must also have the right offset between
 * the kernel's virtual addresses and its place in RAM
 * (arch_crash_save_vmcoreinfo()).
 *
 * If the kernel has not made the page yet, makeinfo.c makes the text.
 */
#include "makeinfo.h"
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#define INFO_SIZE   SZ_64K /* the largest page: the text fills at most one */
#define MAX_IMAGE   (64 * SZ_1M)
#define FIRST_SPANS 64U

static const char first_line[] = "OSRELEASE=";

/* --- the kernel's own ---------------------------------------------------- */

/*
 * Does this text of VMCOREINFO belong to the kernel that runs? If the kernel's
 * address is not known, the release decides.
 */
static bool info_is_current(struct introspect *in, const char *text)
{
	static const char key[] = "\nNUMBER(kimage_voffset)=";
	size_t n = strlen(in->k.release);
	const char *release = text + sizeof(first_line) - 1, *value, *end;
	uint64_t offset;

	if (strncmp(release, in->k.release, n) || release[n] != '\n')
		return false;
	if (!in->kva.text)
		return true;
	value = strstr(text, key);
	return value && number_parse(value + sizeof(key) - 1, &end, &offset) &&
	       offset == in->kva.text - in->k.ipa;
}

/* A copy of the text at ipa, up to its NUL. NULL: none. */
static char *info_copy(const struct introspect *in, ipa_t ipa)
{
	char *text = calloc(1, INFO_SIZE + 1);
	uint64_t done, n;

	for (done = 0; text && done < INFO_SIZE && !memchr(text, '\0', done);
	     done += n) {
		n = SZ_4K;
		if (!guest_ram_read(in->g, ipa + done, text + done, n))
			break;
	}
	return text;
}

/*
 * Find the first text of VMCOREINFO, page by page, that take() accepts; *ret
 * gets a copy.
 */
static int info_find(struct introspect *in,
		     bool (*take)(struct introspect *in, const char *text),
		     char **ret)
{
	char head[sizeof(first_line) - 1], *text;

	for (unsigned int i = 0; i < in->g->nr_ram; i++) {
		const struct guest_ram *r = &in->g->ram[i];

		for (uint64_t at = 0; at + SZ_4K <= r->size; at += SZ_4K) {
			if (!guest_ram_read(in->g, r->ipa + at, head,
					    sizeof(head)) ||
			    memcmp(head, first_line, sizeof(head)))
				continue;
			text = info_copy(in, r->ipa + at);
			if (!text)
				return -ENOMEM;
			if (take(in, text)) {
				*ret = text;
				return 0;
			}
			free(text);
		}
	}
	return -ENOENT;
}

/* Use the Image that the text describes: it begins 64 KiB before _stext. */
static bool image_take(struct introspect *in, const char *text)
{
	static const char stext[] = "\nSYMBOL(_stext)=";
	static const char offset[] = "\nNUMBER(kimage_voffset)=";
	const char *at = strstr(text, stext), *by = strstr(text, offset), *end;
	struct kernel_image k = { .size = MAX_IMAGE };
	uint64_t voffset;

	if (!at || !by ||
	    !number_parse(by + sizeof(offset) - 1, &end, &voffset))
		return false;
	k.text_va = strtoull(at + sizeof(stext) - 1, NULL, 16) - SZ_64K;
	k.ipa = k.text_va - voffset;
	while (k.size > SZ_1M && !guest_ram_range(in->g, k.ipa, k.size))
		k.size /= 2;
	return k.ipa % SZ_64K == 0 && guest_ram_range(in->g, k.ipa, k.size) &&
	       !introspect_take(in, &k);
}

int introspect_find_kernel_by_info(struct introspect *in)
{
	char *text;
	int err;

	if (!introspect_find_kernel(in))
		return 0;
	err = info_find(in, image_take, &text);
	if (!err)
		free(text);
	return err;
}

int introspect_vmcoreinfo_published(struct introspect *in, char **ret)
{
	return in->found ? info_find(in, info_is_current, ret) : -ENOENT;
}

/* --- the kernel's addresses ---------------------------------------------- */

struct spans {
	struct introspect_span *span;
	unsigned int nr, room, max;
};

static bool span_add(void *opaque, va_t va, ipa_t ipa, uint64_t size)
{
	struct spans *r = opaque;
	struct introspect_span *last = r->nr ? &r->span[r->nr - 1] : NULL;
	void *more;

	if (last && va == last->va + last->size &&
	    ipa == last->ipa + last->size) {
		last->size += size;
		return true;
	}
	if (r->nr == r->max)
		return false;
	if (r->nr == r->room) {
		r->room = r->room ? 2 * r->room : FIRST_SPANS;
		more = reallocarray(r->span, r->room, sizeof(*r->span));
		if (!more)
			return false;
		r->span = more;
	}
	r->span[r->nr++] = (struct introspect_span){ va, ipa, size };
	return true;
}

int introspect_kernel_map(struct introspect *in, struct introspect_span **ret,
			  unsigned int *ret_nr)
{
	struct spans r = { .max = INTROSPECT_MAX_SPANS };
	va_t text;

	if (introspect_text_va(in, &text) || !in->kva.regs_known)
		return -ENOENT;
	stage1_each(in->g, &in->kva.regs, span_add, &r);
	if (!r.nr) {
		free(r.span);
		return -ENOENT;
	}
	*ret = r.span;
	*ret_nr = r.nr;
	return 0;
}

/* --- made here ----------------------------------------------------------- */

int introspect_vmcoreinfo_made(struct introspect *in, char **ret)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int err;

	if (!in->found)
		return -ENOENT;
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	err = makeinfo_print(in, out);
	if (ferror(out) | fclose(out))
		err = -ENOMEM;
	if (err)
		free(text);
	else
		*ret = text;
	return err;
}

int introspect_vmcoreinfo(struct introspect *in, char **ret)
{
	va_t va;
	int err = introspect_text_va(in, &va);

	if (!err)
		err = info_find(in, info_is_current, ret);
	return err == -ENOENT ? introspect_vmcoreinfo_made(in, ret) : err;
}
