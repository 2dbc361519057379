// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf.c - see btf.h
 *
 * A kernel has 150,000 types, and only a few of them are looked up, while a
 * user waits. So one pass over the types' headers records only the offset of
 * every 64th type. A lookup starts at the nearest recorded type and walks to
 * the type.
 */
#include "btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define STRIDE        64
#define MAX_NAME      256 /* bytes of a name that the hash covers */
#define MAX_PROBES    64 /* hostile names may all have the same hash */
#define MAX_NESTING   8
#define MAX_MODIFIERS 32
#define MAX_WORK      20000 /* the most members looked at in one search */

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

static void see_nothing(void *opaque, const struct btf_view *v,
			const struct btf_record *r)
{
}

int btf_open_split(const uint8_t *data, uint64_t size,
		   const struct btf_view *base, struct btf_view *ret)
{
	struct btf_view v = { 0 };
	int err = btf_open(data, size, see_nothing, NULL, &v);

	if (err == -EBADMSG)
		btf_close(&v);
	if (err)
		return err;
	v.base = base;
	*ret = v;
	return 0;
}

void btf_close(struct btf_view *v)
{
	free(v->marks);
	free(v->index);
	v->marks = v->index = NULL;
	v->nr = 0;
}

/* The number of the blob's own first type. */
static uint32_t first_of(const struct btf_view *v)
{
	return v->base ? v->base->nr + 1 : 1;
}

void btf_each(const struct btf_view *v,
	      bool (*see)(void *opaque, const struct btf_record *r),
	      void *opaque)
{
	uint32_t at = 0, id = first_of(v), len;
	struct btf_record r;
	struct btf_type t;

	for (; id - first_of(v) < v->nr && (len = length_at(v, at, &t));
	     at += len, id++) {
		r = record_of(&t, id, at, len);
		if (!see(opaque, &r))
			return;
	}
}

bool btf_get(const struct btf_view *v, uint32_t id, struct btf_record *ret)
{
	struct btf_type t;
	uint32_t at, len, n;

	if (v->base && id <= v->base->nr)
		return btf_get(v->base, id, ret);
	n = id - first_of(v);
	if (!id || n >= v->nr)
		return false;
	at = v->marks[n / STRIDE];
	len = length_at(v, at, &t);
	for (n %= STRIDE; n && len; n--) {
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

	if (v->base && r->id <= v->base->nr)
		v = v->base;
	if (size > room || i > (room - size) / size)
		return false;
	memcpy(ret, v->types + r->more + i * size, size);
	return true;
}

/* Find the blob that has the string; *offset becomes an offset in this blob. */
static const struct btf_view *strings_of(const struct btf_view *v,
					 uint32_t *offset)
{
	if (!v->base)
		return v;
	if (*offset < v->base->strings_len)
		return v->base;
	*offset -= v->base->strings_len;
	return v;
}

bool btf_name_is(const struct btf_view *v, uint32_t offset, const char *name,
		 size_t len)
{
	v = strings_of(v, &offset);
	return offset < v->strings_len && len < v->strings_len - offset &&
	       !memcmp(v->strings + offset, name, len) &&
	       !v->strings[offset + len];
}

void btf_name(const struct btf_view *v, uint32_t offset, char *buf, size_t size)
{
	size_t len = 0;

	v = strings_of(v, &offset);
	if (offset < v->strings_len)
		len = strnlen(v->strings + offset,
			      min((size_t)(v->strings_len - offset), size - 1));
	if (len)
		memcpy(buf, v->strings + offset, len);
	buf[len] = '\0';
	text_clean(buf, len);
}

/* --- by name -------------------------------------------------------------- */

#define NAMED_KINDS                                                 \
	(BTF_KINDS(INT) | BTF_KINDS(STRUCT) | BTF_KINDS(UNION) |    \
	 BTF_KINDS(ENUM) | BTF_KINDS(ENUM64) | BTF_KINDS(TYPEDEF) | \
	 BTF_KINDS(FLOAT) | BTF_KINDS(VAR) | BTF_KINDS(DATASEC))

/* FNV-1a */
uint32_t btf_name_hash(const char *name, size_t max)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < max && name[i]; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619U;
	return h;
}

static void index_add(struct btf_view *v, uint32_t id, uint32_t name)
{
	uint32_t mask = v->index_size - 1, at;

	if (name >= v->strings_len)
		return;
	at = btf_name_hash(v->strings + name,
			   min((uint32_t)MAX_NAME, v->strings_len - name));
	for (unsigned int i = 0; i < MAX_PROBES; i++, at++) {
		if (v->index[at & mask])
			continue;
		v->index[at & mask] = id;
		return;
	}
}

static bool index_make(struct btf_view *v)
{
	uint32_t at = 0, id = 0, len, size = 1;
	struct btf_type t;

	while (size < 2 * v->nr)
		size *= 2;
	v->index = calloc(size, sizeof(*v->index));
	if (!v->index)
		return false;
	v->index_size = size;
	for (; id < v->nr && (len = length_at(v, at, &t)); at += len) {
		id++;
		if (t.name_off && 1U << BTF_INFO_KIND(t.info) & NAMED_KINDS)
			index_add(v, id, t.name_off);
	}
	return true;
}

uint32_t btf_find(struct btf_view *v, uint32_t kinds, const char *name)
{
	uint32_t at = btf_name_hash(name, MAX_NAME), id;
	struct btf_record r;

	if (!v->nr || (!v->index && !index_make(v)))
		return 0;
	for (unsigned int i = 0; i < MAX_PROBES; i++, at++) {
		id = v->index[at & (v->index_size - 1)];
		if (!id)
			break;
		if (btf_get(v, id, &r) && 1U << r.kind & kinds &&
		    btf_name_is(v, r.name, name, strlen(name)))
			return id;
	}
	return 0;
}

/* --- structures ----------------------------------------------------------- */

bool btf_strip(const struct btf_view *v, uint32_t id, struct btf_record *ret)
{
	for (unsigned int i = 0; i < MAX_MODIFIERS; i++) {
		if (!btf_get(v, id, ret))
			return false;
		switch (ret->kind) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
		case BTF_KIND_VAR:
			id = ret->type;
			break;
		default:
			return true;
		}
	}
	return false;
}

uint64_t btf_sizeof(const struct btf_view *v, uint32_t id)
{
	struct btf_array array;
	struct btf_record r;
	uint64_t nr = 1;

	for (unsigned int i = 0; i < MAX_NESTING; i++) {
		if (!btf_strip(v, id, &r))
			return 0;
		switch (r.kind) {
		case BTF_KIND_PTR:
			return nr * 8;
		case BTF_KIND_INT:
		case BTF_KIND_FLOAT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return nr * r.type;
		case BTF_KIND_ARRAY:
			break;
		default:
			return 0;
		}
		if (!btf_entry(v, &r, 0, &array, sizeof(array)) ||
		    __builtin_mul_overflow(nr, (uint64_t)array.nelems, &nr) ||
		    nr > UINT32_MAX)
			return 0;
		id = array.type;
	}
	return 0;
}

bool btf_member_at(const struct btf_view *v, const struct btf_record *r,
		   uint32_t i, uint32_t base, struct btf_place *ret,
		   uint32_t *name_ret)
{
	struct btf_member m;

	if ((r->kind != BTF_KIND_STRUCT && r->kind != BTF_KIND_UNION) ||
	    i >= r->vlen || !btf_entry(v, r, i, &m, sizeof(m)))
		return false;
	*ret = (struct btf_place){
		.bit = base +
		       (r->kflag ? BTF_MEMBER_BIT_OFFSET(m.offset) : m.offset),
		.bits = r->kflag ? BTF_MEMBER_BITFIELD_SIZE(m.offset) : 0,
		.type = m.type,
	};
	*name_ret = m.name_off;
	return true;
}

/* The search for one member. left bounds the work on a circular type. */
struct search {
	const struct btf_view *v;
	const char *name;
	size_t len;
	unsigned int left;
	struct btf_place *ret;
};

static bool member_find(struct search *s, uint32_t type, uint32_t base,
			unsigned int depth)
{
	struct btf_array array;
	struct btf_place place;
	struct btf_record r;
	uint32_t name;

	if (depth > MAX_NESTING || !btf_strip(s->v, type, &r))
		return false;
	if (r.kind == BTF_KIND_ARRAY)
		return btf_entry(s->v, &r, 0, &array, sizeof(array)) &&
		       member_find(s, array.type, base, depth + 1);
	for (uint32_t i = 0; s->left; i++) {
		s->left--;
		if (!btf_member_at(s->v, &r, i, base, &place, &name))
			return false;
		if (btf_name_is(s->v, name, "", 0)) {
			if (member_find(s, place.type, place.bit, depth + 1))
				return true;
		} else if (btf_name_is(s->v, name, s->name, s->len)) {
			*s->ret = place;
			return true;
		}
	}
	return false;
}

bool btf_member(const struct btf_view *v, uint32_t type, const char *name,
		size_t len, struct btf_place *ret)
{
	struct search s = {
		.v = v,
		.name = name,
		.len = len,
		.left = MAX_WORK,
		.ret = ret,
	};

	return member_find(&s, type, 0, 0);
}
