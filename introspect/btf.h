/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf.h - the types of a BTF blob by number, read in place
 *
 * Format: Documentation/bpf/btf.rst. The blob is guest memory and may change
 * under us: nothing is copied, every read is bounded when it is made, and what
 * was checked once is checked again. A wrong answer is the worst that happens.
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
	uint32_t *marks; /* where every 64th type begins */
	uint32_t nr; /* of types; the first has number 1 */
};

struct btf_record {
	uint32_t id;
	uint32_t kind; /* BTF_KIND_x */
	bool kflag;
	uint32_t vlen;
	uint32_t name; /* offset of a string */
	uint32_t type; /* or its size, by kind */
	uint32_t more; /* where in types that stands which kind and vlen say */
	uint32_t next; /* where the next type begins */
};

/*
 * Index the blob of size bytes at data, which lives at least as long; see is
 * called for each structure and section on the way. 0, -EBADMSG (*ret: the
 * types before the one that makes no sense) or -ENOMEM.
 */
int btf_open(const uint8_t *data, uint64_t size,
	     void (*see)(void *opaque, const struct btf_view *v,
			 const struct btf_record *r),
	     void *opaque, struct btf_view *ret);
void btf_close(struct btf_view *v);

/* Size of the blob whose header stands at p, at most max; 0: none does. */
uint64_t btf_size(const uint8_t *p, uint64_t max);

/* The type of that number; false: there is none. */
bool btf_get(const struct btf_view *v, uint32_t id, struct btf_record *ret);
/* Entry i of what follows a record, size bytes each; false: there is none. */
bool btf_entry(const struct btf_view *v, const struct btf_record *r, uint32_t i,
	       void *ret, size_t size);
/* Is that string the first len bytes of name? */
bool btf_name_is(const struct btf_view *v, uint32_t offset, const char *name,
		 size_t len);

#endif
