/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf.h - look up the types of a BTF blob by number, in place
 *
 * Format: Documentation/bpf/btf.rst. The blob is guest memory and may change at
 * any time. Nothing is copied, so every read checks its bounds again, even of
 * data that was checked before. If the blob changes, the worst result is a
 * wrong answer.
 */
#ifndef TRAPLINE_INTROSPECT_BTF_H
#define TRAPLINE_INTROSPECT_BTF_H

#include <linux/btf.h>
#include <trapline/types.h>

struct btf_view {
	const uint8_t *types;
	uint32_t types_len;
	const char *strings;
	uint32_t strings_len;
	uint32_t *marks; /* offsets in types of every 64th type */
	uint32_t nr; /* number of types; the first has number 1 */
};

struct btf_record {
	uint32_t id;
	uint32_t kind; /* BTF_KIND_x */
	bool kflag;
	uint32_t vlen;
	uint32_t name; /* offset in strings */
	uint32_t type; /* type or size, by kind */
	uint32_t more; /* offset in types of what follows struct btf_type */
	uint32_t next; /* offset in types of the next type */
};

/*
 * Index the blob of size bytes at data. The blob must stay there as long as the
 * view is in use. btf_open() calls see for each BTF_KIND_STRUCT and
 * BTF_KIND_DATASEC. Returns 0, -EBADMSG (*ret then has the types before the
 * first invalid one) or -ENOMEM.
 */
int btf_open(const uint8_t *data, uint64_t size,
	     void (*see)(void *opaque, const struct btf_view *v,
			 const struct btf_record *r),
	     void *opaque, struct btf_view *ret);
void btf_close(struct btf_view *v);

/* Size of the blob whose header is at p; 0: no header, or larger than max. */
uint64_t btf_size(const uint8_t *p, uint64_t max);

/* Get the type number id; false: there is no such type. */
bool btf_get(const struct btf_view *v, uint32_t id, struct btf_record *ret);
/* Get entry i, of size bytes, after record r; false: there is no such entry. */
bool btf_entry(const struct btf_view *v, const struct btf_record *r, uint32_t i,
	       void *ret, size_t size);
/* Does the string at offset equal the first len bytes of name? */
bool btf_name_is(const struct btf_view *v, uint32_t offset, const char *name,
		 size_t len);

#endif
