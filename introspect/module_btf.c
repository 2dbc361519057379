// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * module_btf.c - the types of modules
 *
 * The kernel keeps the BTF of each module in the list "btf_modules"
 * (kernel/bpf/btf.c), because the section .BTF of the module itself is gone
 * once the module is loaded. Types and strings continue those of the kernel. The
 * blob is copied: it may be in any memory of the guest.
 */
#include "module_btf.h"

#include <errno.h>
#include <stdlib.h>
#include "layout.h"
#include "state.h"
#include "textref.h"

#define CANDIDATES  32
#define MAX_MODULES 128 /* the types of no more modules are kept */
#define MAX_BLOB    (4 * SZ_1M)
#define MAX_ALL     (32 * SZ_1M)

struct module_btfs {
	unsigned int nr;
	uint64_t size; /* of all blobs together */
	struct one {
		va_t module, data;
		uint8_t *blob;
		struct btf_view view;
	} one[MAX_MODULES];
};

void module_btfs_destroy(struct module_btfs *m)
{
	for (unsigned int i = 0; m && i < m->nr; i++) {
		btf_close(&m->one[i].view);
		free(m->one[i].blob);
	}
	free(m);
}

/* Is this the head of the list? Its first entry has types, of some size. */
static bool is_head(struct introspect *in, va_t head, uint32_t node)
{
	uint64_t size;
	va_t first, back, btf;

	return !kva_read_u64(in, head, &first) && kva_is_kernel(first) &&
	       first != head && !kva_read_u64(in, first + 8, &back) &&
	       back == head &&
	       !introspect_get(in, "btf_module", first - node, "btf", &btf) &&
	       kva_is_kernel(btf) &&
	       !introspect_get(in, "btf", btf, "data_size", &size) && size &&
	       size <= MAX_BLOB;
}

/*
 * The list. If it has no symbol, its address is taken from the code of a
 * function that walks it.
 */
static int head_find(struct introspect *in, uint32_t node, va_t *ret)
{
	uint64_t ref[CANDIDATES];
	unsigned int nr;
	va_t text;

	if (!introspect_symbol_by_name(in, "btf_modules", ret))
		return 0;
	if (introspect_text_va(in, &text))
		return -ENOENT;
	nr = textref_scan(in, "btf_try_get_module", ref, CANDIDATES);
	for (unsigned int i = 0; i < nr; i++)
		if (is_head(in, text + ref[i], node)) {
			*ret = text + ref[i];
			return 0;
		}
	return -ENOENT;
}

/* The address of the module's struct btf; -ENOENT: not in the list. */
static int btf_of(struct introspect *in, va_t module, va_t *ret)
{
	struct introspect_list l;
	va_t head, at, of;
	uint32_t node;
	int err = introspect_offset(in, "btf_module", "list", &node);

	if (!err)
		err = head_find(in, node, &head);
	if (err)
		return err;
	introspect_list_init(&l, head);
	while ((err = introspect_list_next(in, &l, &at)) > 0)
		if (!introspect_get(in, "btf_module", at - node, "module",
				    &of) &&
		    of == module)
			return introspect_get(in, "btf_module", at - node,
					      "btf", ret);
	return err ? err : -ENOENT;
}

/* Find the blob. -EBADMSG: it does not continue the kernel's types. */
static int blob_of(struct introspect *in, va_t module,
		   const struct btf_view *base, va_t *data, uint64_t *size)
{
	uint64_t id, offset;
	va_t btf;
	int err = btf_of(in, module, &btf);

	if (!err)
		err = introspect_get(in, "btf", btf, "start_id", &id);
	if (!err)
		err = introspect_get(in, "btf", btf, "start_str_off", &offset);
	if (!err)
		err = introspect_get(in, "btf", btf, "data", data);
	if (!err)
		err = introspect_get(in, "btf", btf, "data_size", size);
	if (err)
		return err;
	if (id != base->nr + 1ULL || offset != base->strings_len ||
	    *size < sizeof(struct btf_header) || *size > MAX_BLOB)
		return -EBADMSG;
	return 0;
}

static const struct btf_view *load(struct introspect *in, va_t module,
				   const struct btf_view *base, va_t data,
				   uint64_t size)
{
	struct module_btfs *m = in->module_btfs;
	struct one *one = &m->one[m->nr];
	uint8_t *blob;

	if (m->nr == MAX_MODULES || m->size + size > MAX_ALL)
		return NULL;
	blob = malloc(size);
	if (!blob)
		return NULL;
	if (introspect_read(in, data, blob, size) || !btf_size(blob, size) ||
	    btf_open_split(blob, size, base, &one->view)) {
		free(blob);
		return NULL;
	}
	one->module = module;
	one->data = data;
	one->blob = blob;
	m->size += size;
	m->nr++;
	return &one->view;
}

const struct btf_view *module_btf(struct introspect *in, va_t va)
{
	const struct btf_view *base = layouts_btf(in);
	uint64_t size;
	va_t data;

	if (!base || blob_of(in, va, base, &data, &size))
		return NULL;
	if (!in->module_btfs)
		in->module_btfs = calloc(1, sizeof(*in->module_btfs));
	if (!in->module_btfs)
		return NULL;
	for (unsigned int i = 0; i < in->module_btfs->nr; i++)
		if (in->module_btfs->one[i].module == va &&
		    in->module_btfs->one[i].data == data)
			return &in->module_btfs->one[i].view;
	return load(in, va, base, data, size);
}
