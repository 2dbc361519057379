// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * types.c - objects of the kernel by their types: find a member, print a value
 *
 * A path leads from an object to a member, through arrays and pointers. BTF
 * (btf.h) gives the layouts. The value of an object is copied once, and then
 * printed from the copy. The type may be damaged and form a circle, so the
 * nesting and the number of printed values have limits.
 */
#include "state.h"
#include "btf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_SIZE    SZ_1M /* of an object that is printed */
#define MAX_DEPTH   12
#define MAX_VALUES  4096 /* printed for one object */
#define MAX_ELEMENT 64 /* printed of one array */
#define MAX_WORK    (32 * SZ_1M) /* bytes compared with 0 for one object */
#define MAX_FOLLOW  8 /* pointers to pointers */
#define NAME_SIZE   128

/* --- finding --------------------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t kinds;
} words[] = {
	{ "struct ", BTF_KINDS(STRUCT) },
	{ "union ", BTF_KINDS(UNION) },
	{ "enum ", BTF_KINDS(ENUM) | BTF_KINDS(ENUM64) },
	/* Without a keyword: first types that C names so, then all others. */
	{ "", BTF_KINDS(TYPEDEF) | BTF_KINDS(INT) | BTF_KINDS(FLOAT) },
	{ "", BTF_KINDS(STRUCT) | BTF_KINDS(UNION) | BTF_KINDS(ENUM) |
		      BTF_KINDS(ENUM64) },
};

static uint32_t type_find(struct btf_view *btf, const char *name)
{
	uint32_t id = 0;

	for (unsigned int i = 0; !id && i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (!strncmp(name, words[i].word, len))
			id = btf_find(btf, words[i].kinds, name + len);
	}
	return id;
}

/* Replace a pointer by the object that it points to. */
static int follow(struct introspect *in, const struct btf_view *btf,
		  struct introspect_object *o)
{
	struct btf_record r;
	int err = 0;

	for (unsigned int i = 0;
	     !err && btf_strip(btf, o->type, &r) && r.kind == BTF_KIND_PTR;
	     i++) {
		if (i == MAX_FOLLOW) /* a type may point to itself */
			return -ENOENT;
		err = introspect_read(in, o->va, &o->va, sizeof(o->va));
		o->type = r.type;
	}
	return err;
}

static int element(struct introspect *in, const struct btf_view *btf,
		   uint64_t index, struct introspect_object *o)
{
	struct btf_array array;
	struct btf_record r;
	int err = 0;

	if (!btf_strip(btf, o->type, &r))
		return -ENOENT;
	if (r.kind == BTF_KIND_PTR) {
		err = introspect_read(in, o->va, &o->va, sizeof(o->va));
		o->type = r.type;
	} else if (r.kind != BTF_KIND_ARRAY ||
		   !btf_entry(btf, &r, 0, &array, sizeof(array))) {
		return -ENOENT;
	} else if (array.nelems && index >= array.nelems) {
		return -ERANGE;
	} else {
		o->type = array.type;
	}
	o->va += index * btf_sizeof(btf, o->type);
	return err;
}

static int member(struct introspect *in, const struct btf_view *btf,
		  const char *name, size_t len, struct introspect_object *o)
{
	struct btf_place place;
	int err = follow(in, btf, o);

	if (err)
		return err;
	if (!len || !btf_member(btf, o->type, name, len, &place))
		return -ENOENT;
	o->type = place.type;
	o->va += place.bit / 8;
	o->bit = place.bits ? place.bit % 8 : 0;
	o->bits = place.bits;
	return 0;
}

int introspect_object_member(struct introspect *in, const char *path,
			     struct introspect_object *o)
{
	const struct btf_view *btf = layouts_btf(in);
	struct introspect_object at = *o;
	uint64_t index;
	size_t len;
	int err = btf ? 0 : -ENOENT;

	while (!err && *path) {
		if (*path == '[') {
			if (!number_parse(path + 1, &path, &index) ||
			    *path++ != ']')
				return -EINVAL;
			err = element(in, btf, index, &at);
			continue;
		}
		path += *path == '.' ? 1 : strncmp(path, "->", 2) ? 0 : 2;
		len = strcspn(path, ".[-");
		err = member(in, btf, path, len, &at);
		path += len;
	}
	if (err)
		return err;
	at.size = at.bits ? (at.bit + at.bits + 7) / 8
			  : btf_sizeof(btf, at.type);
	*o = at;
	return 0;
}

int introspect_object(struct introspect *in, const char *type, va_t va,
		      const char *path, struct introspect_object *ret)
{
	struct btf_view *btf = layouts_btf(in);
	struct introspect_object o = { .va = va };
	int err;

	if (!btf)
		return -ENOENT;
	o.type = type_find(btf, type);
	if (!o.type)
		return -ENOENT;
	err = introspect_object_member(in, path, &o);
	if (!err)
		*ret = o;
	return err;
}

/* --- scalars ---------------------------------------------------------------- */

/* The number in size bytes at p, or in a bit-field of these. */
static uint64_t number(const uint8_t *p, uint64_t size, uint32_t bit,
		       uint32_t bits, bool is_signed)
{
	unsigned __int128 wide = 0;
	uint64_t value;

	memcpy(&wide, p, min(size, (uint64_t)sizeof(wide)));
	value = (uint64_t)(wide >> bit);
	if (!bits)
		bits = size < 8 ? 8 * (uint32_t)size : 64;
	if (bits >= 64)
		return value;
	value &= GENMASK_ULL(bits - 1, 0);
	if (is_signed && value >> (bits - 1))
		value |= ~GENMASK_ULL(bits - 1, 0);
	return value;
}

static bool is_signed(const struct btf_view *btf, const struct btf_record *r)
{
	uint32_t info;

	if (r->kind == BTF_KIND_INT)
		return btf_entry(btf, r, 0, &info, sizeof(info)) &&
		       BTF_INT_ENCODING(info) & BTF_INT_SIGNED;
	return (r->kind == BTF_KIND_ENUM || r->kind == BTF_KIND_ENUM64) &&
	       r->kflag;
}

int introspect_object_number(struct introspect *in,
			     const struct introspect_object *o, uint64_t *ret)
{
	const struct btf_view *btf = layouts_btf(in);
	uint8_t bytes[16];
	struct btf_record r;
	int err;

	if (!btf || !btf_strip(btf, o->type, &r) || !o->size ||
	    o->size > (o->bits ? 9 : 8))
		return -EINVAL;
	err = introspect_read(in, o->va, bytes, o->size);
	if (!err)
		*ret = number(bytes, o->size, o->bit, o->bits,
			      is_signed(btf, &r));
	return err;
}

int introspect_offset(struct introspect *in, const char *type, const char *path,
		      uint32_t *ret)
{
	return layout_offset(in, type, path, ret);
}

int introspect_read(struct introspect *in, va_t va, void *buf, size_t len)
{
	int err = in->kva.regs_known ? 0 : kva_refresh(in);

	return err ? err : kva_read(in, va, buf, len);
}

int introspect_get(struct introspect *in, const char *type, va_t va,
		   const char *path, uint64_t *ret)
{
	struct introspect_object o;
	int err = introspect_object(in, type, va, path, &o);

	return err ? err : introspect_object_number(in, &o, ret);
}

/* --- printing --------------------------------------------------------------- */

struct printer {
	struct introspect *in;
	const struct btf_view *btf;
	const uint8_t *data;
	uint64_t size;
	FILE *out;
	bool json;
	unsigned int left; /* values */
	uint64_t work; /* bytes that may still be compared with 0 */
};

static void value_print(struct printer *p, uint32_t type, uint64_t bit,
			uint32_t bits, unsigned int depth);

static void new_line(struct printer *p, unsigned int depth)
{
	fprintf(p->out, "\n%*s", (int)depth * 2, "");
}

static void string_print(struct printer *p, const char *s, size_t len)
{
	fputc('"', p->out);
	for (size_t i = 0; i < len && s[i]; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fputc('\\', p->out);
		fputc(text_is_printable(s[i]) ? s[i] : '?', p->out);
	}
	fputc('"', p->out);
}

static void enum_print(struct printer *p, const struct btf_record *r,
		       uint64_t value)
{
	struct btf_enum64 wide;
	struct btf_enum narrow;
	char name[NAME_SIZE];

	for (uint32_t i = 0; i < r->vlen && i < MAX_VALUES; i++) {
		uint64_t v;

		if (r->kind == BTF_KIND_ENUM) {
			if (!btf_entry(p->btf, r, i, &narrow, sizeof(narrow)))
				break;
			wide.name_off = narrow.name_off;
			v = r->kflag ? (uint64_t)narrow.val
				     : (uint32_t)narrow.val;
		} else {
			if (!btf_entry(p->btf, r, i, &wide, sizeof(wide)))
				break;
			v = (uint64_t)wide.val_hi32 << 32 | wide.val_lo32;
		}
		if (v != value)
			continue;
		btf_name(p->btf, wide.name_off, name, sizeof(name));
		if (p->json)
			string_print(p, name, sizeof(name));
		else
			fputs(name, p->out);
		return;
	}
	fprintf(p->out, "%" PRId64, (int64_t)value);
}

/* A pointer with the symbol that it points to, or the string. */
static void pointer_print(struct printer *p, const struct btf_record *r,
			  va_t va)
{
	struct introspect_symbol sym;
	struct btf_record to;
	char text[64];
	int len;

	fprintf(p->out, p->json ? "\"0x%" PRIx64 "\"" : "0x%" PRIx64, va);
	if (p->json || !kva_is_kernel(va))
		return;
	if (btf_strip(p->btf, r->type, &to) && to.kind == BTF_KIND_INT &&
	    to.type == 1) {
		len = kva_read_string(p->in, va, text, sizeof(text));
		if (len <= 0 || !text_is_printable(*text))
			return;
		fputc(' ', p->out);
		string_print(p, text, (size_t)len);
	} else if (!introspect_symbol_by_address(p->in, va, &sym) &&
		   *sym.name) {
		fprintf(p->out, " <%s+0x%" PRIx64 ">", sym.name, va - sym.va);
	}
}

static bool is_zero(struct printer *p, uint32_t type, uint64_t bit,
		    uint32_t bits)
{
	uint64_t size = bits ? (bit % 8 + bits + 7) / 8
			     : btf_sizeof(p->btf, type);
	const uint8_t *at = p->data + bit / 8;

	if (bit / 8 > p->size || size > p->size - bit / 8)
		return true;
	if (size > p->work) { /* a type that forms a circle: end here */
		p->left = 0;
		return true;
	}
	p->work -= size;
	if (bits)
		return !number(at, size, bit % 8, bits, false);
	for (uint64_t i = 0; i < size; i++)
		if (at[i])
			return false;
	return true;
}

/* nested counts the anonymous structures around r. */
static unsigned int members_print(struct printer *p, const struct btf_record *r,
				  uint64_t bit, unsigned int depth,
				  unsigned int nested, unsigned int done)
{
	struct btf_place m;
	struct btf_record inner;
	char name[NAME_SIZE];
	uint32_t name_at;

	for (uint32_t i = 0; p->left && nested < MAX_DEPTH &&
			     btf_member_at(p->btf, r, i, 0, &m, &name_at);
	     i++) {
		if (is_zero(p, m.type, bit + m.bit, m.bits))
			continue;
		btf_name(p->btf, name_at, name, sizeof(name));
		if (!*name) {
			if (btf_strip(p->btf, m.type, &inner))
				done = members_print(p, &inner, bit + m.bit,
						     depth, nested + 1, done);
			continue;
		}
		if (done++)
			fputc(',', p->out);
		new_line(p, depth);
		if (p->json)
			string_print(p, name, sizeof(name));
		fprintf(p->out, p->json ? ": " : ".%s = ", name);
		value_print(p, m.type, bit + m.bit, m.bits, depth);
	}
	return done;
}

static void struct_print(struct printer *p, const struct btf_record *r,
			 uint64_t bit, unsigned int depth)
{
	fputc('{', p->out);
	if (members_print(p, r, bit, depth + 1, 0, 0))
		new_line(p, depth);
	fputc('}', p->out);
}

static void array_print(struct printer *p, const struct btf_record *r,
			uint64_t bit, unsigned int depth)
{
	const char *text = (const char *)p->data + bit / 8;
	struct btf_record inner;
	struct btf_array a;
	uint64_t size, nr, used;

	if (!btf_entry(p->btf, r, 0, &a, sizeof(a)))
		return;
	size = btf_sizeof(p->btf, a.type);
	nr = size ? min((uint64_t)a.nelems, (p->size - bit / 8) / size) : 0;
	if (size == 1 && btf_strip(p->btf, a.type, &inner) &&
	    inner.kind == BTF_KIND_INT && nr && text_is_printable(*text)) {
		string_print(p, text, nr);
		return;
	}
	/* The zeros at the end are left out. */
	for (used = nr;
	     used && is_zero(p, a.type, bit + (used - 1) * size * 8, 0);)
		used--;
	fputc(p->json ? '[' : '{', p->out);
	for (uint64_t i = 0; i < used && p->left; i++) {
		fputs(i ? ", " : "", p->out);
		if (i == MAX_ELEMENT) {
			fputs(p->json ? "\"...\"" : "...", p->out);
			break;
		}
		value_print(p, a.type, bit + i * size * 8, 0, depth + 1);
	}
	fputc(p->json ? ']' : '}', p->out);
}

static void value_print(struct printer *p, uint32_t type, uint64_t bit,
			uint32_t bits, unsigned int depth)
{
	struct btf_record r;
	uint64_t size, value;

	if (p->left)
		p->left--;
	size = bits ? (bit % 8 + bits + 7) / 8 : btf_sizeof(p->btf, type);
	if (!p->left || depth >= MAX_DEPTH || !btf_strip(p->btf, type, &r) ||
	    bit / 8 > p->size || size > p->size - bit / 8) {
		fputs(p->json ? "null" : "...", p->out);
		return;
	}
	if (r.kind == BTF_KIND_STRUCT || r.kind == BTF_KIND_UNION) {
		struct_print(p, &r, bit, depth);
		return;
	}
	if (r.kind == BTF_KIND_ARRAY) {
		array_print(p, &r, bit, depth);
		return;
	}
	value = number(p->data + bit / 8, size, bit % 8, bits,
		       is_signed(p->btf, &r));
	if (r.kind == BTF_KIND_PTR)
		pointer_print(p, &r, value);
	else if (r.kind == BTF_KIND_ENUM || r.kind == BTF_KIND_ENUM64)
		enum_print(p, &r, value);
	else if (is_signed(p->btf, &r))
		fprintf(p->out, "%" PRId64, (int64_t)value);
	else
		fprintf(p->out, "%" PRIu64, value);
}

int introspect_object_print(struct introspect *in,
			    const struct introspect_object *o, bool json,
			    FILE *out)
{
	struct printer p = {
		.in = in,
		.btf = layouts_btf(in),
		.size = o->size,
		.out = out,
		.json = json,
		.left = MAX_VALUES,
		.work = MAX_WORK,
	};
	uint8_t *data;
	int err;

	if (!p.btf || !o->size)
		return -ENOENT;
	if (o->size > MAX_SIZE)
		return -E2BIG;
	/*
	 * One more zero byte, so that a string at the object's end is
	 * terminated.
	 */
	data = calloc(1, o->size + 1);
	if (!data)
		return -ENOMEM;
	p.data = data;
	err = introspect_read(in, o->va, data, o->size);
	if (!err)
		value_print(&p, o->type, o->bit, o->bits, 0);
	free(data);
	return err;
}
