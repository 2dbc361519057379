// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf.c - see btf.h
 *
 * A kernel has 150,000 types, and only a few of them are ever looked up, while
 * a user waits to see a crash. So one pass over the types' headers records only
 * the offset of every 64th type. A lookup starts at the nearest recorded type
 * and walks to the type.
 */
#include "btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STRIDE 64

/* Bytes after struct btf_type: fixed ones, and for each of the vlen entries. */
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

/* Length of the type at offset at, which is at most types_len; 0: no type. */
static inline uint32_t length_at(const struct btf_view *v, uint32_t at,
				 struct btf_type *ret)
{
	uint32_t left = v->types_len - at, len = sizeof(*ret), kind;

	if (left < sizeof(*ret))
		return 0;
	memcpy(ret, v->types + at, sizeof(*ret));
	kind = BTF_INFO_KIND(ret->info);
	if (!kind || kind >= ARRAY_SIZE(extra))
		return 0;
	len += extra[kind].fixed;
	len += extra[kind].each * BTF_INFO_VLEN(ret->info);
	return len <= left ? len : 0;
}

static struct btf_record record_of(const struct btf_type *t, uint32_t id,
				   uint32_t at, uint32_t len)
{
	return (struct btf_record){
		.id = id,
		.kind = BTF_INFO_KIND(t->info),
		.kflag = BTF_INFO_KFLAG(t->info),
		.vlen = BTF_INFO_VLEN(t->info),
		.name = t->name_off,
		.type = t->type,
		.more = at + sizeof(*t),
		.next = at + len,
	};
}

int btf_open(const uint8_t *data, uint64_t size,
	     void (*see)(void *opaque, const struct btf_view *v,
			 const struct btf_record *r),
	     void *opaque, struct btf_view *ret)
{
	struct btf_view v = { 0 };
	struct btf_record r;
	struct btf_header h;
	uint32_t at = 0, len, kind;
	struct btf_type t;

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
	for (; (len = length_at(&v, at, &t)); at += len) {
		if (v.nr++ % STRIDE == 0)
			v.marks[v.nr / STRIDE] = at;
		kind = BTF_INFO_KIND(t.info);
		if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_DATASEC)
			continue;
		r = record_of(&t, v.nr, at, len);
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
	struct btf_type t;
	uint32_t at, len;

	if (!id || id > v->nr)
		return false;
	at = v->marks[(id - 1) / STRIDE];
	len = length_at(v, at, &t);
	for (uint32_t n = (id - 1) % STRIDE; n && len; n--) {
		at += len;
		len = length_at(v, at, &t);
	}
	if (!len)
		return false;
	*ret = record_of(&t, id, at, len);
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
