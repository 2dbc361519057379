// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf.c - see btf.h
 *
 * A kernel has 150,000 types, of which a handful are ever asked for, and they
 * are asked for while somebody waits for a crash to be shown. So one pass over
 * their headers notes where each 64th begins, and nothing else is kept: a
 * lookup walks the rest.
 */
#include "btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STRIDE 64

/* What follows struct btf_type: so many bytes, and so many for each of vlen. */
static const struct {
	uint8_t fixed, each;
} extra[] = {
	[BTF_KIND_INT] = { 4, 0 },
	[BTF_KIND_PTR] = { 0, 0 },
	[BTF_KIND_ARRAY] = { sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { 0, 0 },
	[BTF_KIND_TYPEDEF] = { 0, 0 },
	[BTF_KIND_VOLATILE] = { 0, 0 },
	[BTF_KIND_CONST] = { 0, 0 },
	[BTF_KIND_RESTRICT] = { 0, 0 },
	[BTF_KIND_FUNC] = { 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { 0, 0 },
	[BTF_KIND_DECL_TAG] = { sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_TYPE_TAG] = { 0, 0 },
	[BTF_KIND_ENUM64] = { 0, sizeof(struct btf_enum64) },
};

uint64_t btf_size(const uint8_t *p, uint64_t max)
{
	struct btf_header h;
	uint64_t size;

	if (max < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != BTF_VERSION || h.flags ||
	    h.hdr_len != sizeof(h) || h.type_off || h.str_off < h.type_len ||
	    !h.str_len)
		return 0;
	size = sizeof(h) + (uint64_t)h.str_off + h.str_len;
	return size <= max ? size : 0;
}

/* at is in types or at their end. */
static bool record_at(const struct btf_view *v, uint32_t at,
		      struct btf_record *ret)
{
	struct btf_type t;
	uint32_t kind, len;

	if (v->types_len - at < sizeof(t))
		return false;
	memcpy(&t, v->types + at, sizeof(t));
	kind = BTF_INFO_KIND(t.info);
	if (!kind || kind >= ARRAY_SIZE(extra))
		return false;
	ret->kind = kind;
	ret->kflag = BTF_INFO_KFLAG(t.info);
	ret->vlen = BTF_INFO_VLEN(t.info);
	ret->name = t.name_off;
	ret->type = t.type;
	ret->more = at + sizeof(t);
	len = extra[kind].fixed + extra[kind].each * ret->vlen;
	if (len > v->types_len - ret->more)
		return false;
	ret->next = ret->more + len;
	return true;
}

int btf_open(const uint8_t *data, uint64_t size,
	     void (*see)(void *opaque, const struct btf_view *v,
			 const struct btf_record *r),
	     void *opaque, struct btf_view *ret)
{
	struct btf_view v = { 0 };
	struct btf_record r;
	struct btf_header h;
	uint32_t at = 0;

	memcpy(&h, data, sizeof(h));
	if ((uint64_t)sizeof(h) + h.type_len > size ||
	    sizeof(h) + (uint64_t)h.str_off + h.str_len > size)
		return -EBADMSG;
	v.types = data + sizeof(h);
	v.types_len = h.type_len;
	v.strings = (const char *)v.types + h.str_off;
	v.strings_len = h.str_len;
	v.marks = malloc((h.type_len / sizeof(struct btf_type) / STRIDE + 1) *
			 sizeof(*v.marks));
	if (!v.marks)
		return -ENOMEM;
	for (; record_at(&v, at, &r); at = r.next) {
		if (v.nr % STRIDE == 0)
			v.marks[v.nr / STRIDE] = at;
		r.id = ++v.nr;
		if (r.kind == BTF_KIND_STRUCT || r.kind == BTF_KIND_DATASEC)
			see(opaque, &v, &r);
	}
	*ret = v;
	return at == v.types_len ? 0 : -EBADMSG;
}

void btf_close(struct btf_view *v)
{
	free(v->marks);
	v->marks = NULL;
	v->nr = 0;
}

bool btf_get(const struct btf_view *v, uint32_t id, struct btf_record *ret)
{
	struct btf_record r;
	uint32_t at;

	if (!id || id > v->nr)
		return false;
	at = v->marks[(id - 1) / STRIDE];
	for (uint32_t n = (id - 1) % STRIDE + 1; n; n--) {
		if (!record_at(v, at, &r))
			return false;
		at = r.next;
	}
	r.id = id;
	*ret = r;
	return true;
}

bool btf_entry(const struct btf_view *v, const struct btf_record *r, uint32_t i,
	       void *ret, size_t size)
{
	uint32_t room = r->next - r->more;

	if (size > room || i > (room - size) / size)
		return false;
	memcpy(ret, v->types + r->more + i * size, size);
	return true;
}

bool btf_name_is(const struct btf_view *v, uint32_t offset, const char *name,
		 size_t len)
{
	return offset < v->strings_len && len < v->strings_len - offset &&
	       !memcmp(v->strings + offset, name, len) &&
	       !v->strings[offset + len];
}
