/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btf.h - look up the types of a BTF blob by number or by name, in place
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
	/*
	 * A module's blob continues the kernel's: its types and strings begin
	 * where those of base end. NULL: this blob is the kernel's.
	 */
	const struct btf_view *base;
	const uint8_t *types;
	uint32_t types_len;
	const char *strings;
	uint32_t strings_len;
	uint32_t *marks; /* offsets in types of every 64th type */
	uint32_t nr; /* number of types; the first id is 1, or follows base's */
	uint32_t *index; /* hash table of the types with names; or NULL */
	uint32_t index_size; /* a power of 2 */
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
/* The same for a module's blob; base must stay valid as long as *ret. */
int btf_open_split(const uint8_t *data, uint64_t size,
		   const struct btf_view *base, struct btf_view *ret);
void btf_close(struct btf_view *v);

/* Size of the blob whose header is at p; 0: no header, or larger than max. */
uint64_t btf_size(const uint8_t *p, uint64_t max);

/*
 * Call see for every type of the blob, without those of its base, until see
 * returns false.
 */
void btf_each(const struct btf_view *v,
	      bool (*see)(void *opaque, const struct btf_record *r),
	      void *opaque);
/* Get the type number id; false: there is no such type. */
bool btf_get(const struct btf_view *v, uint32_t id, struct btf_record *ret);
/* Get entry i, of size bytes, after record r; false: there is no such entry. */
bool btf_entry(const struct btf_view *v, const struct btf_record *r, uint32_t i,
	       void *ret, size_t size);
/* Does the string at offset equal the first len bytes of name? */
bool btf_name_is(const struct btf_view *v, uint32_t offset, const char *name,
		 size_t len);

/*
 * Copy a name of the blob to buf, which has size bytes, and clean it (text.h).
 * A longer name is cut. The name is "" if the offset is wrong.
 */
void btf_name(const struct btf_view *v, uint32_t offset, char *buf,
	      size_t size);

/* A hash of the first bytes of a name, at most max of them. */
uint32_t btf_name_hash(const char *name, size_t max);

#define BTF_KINDS(kind) (1U << BTF_KIND_##kind)

/*
 * The number of the first type that has this name and one of these kinds
 * (BTF_KINDS()); 0: none, or no memory. The first call hashes all names.
 */
uint32_t btf_find(struct btf_view *v, uint32_t kinds, const char *name);
/*
 * Get the type itself behind typedefs, qualifiers and tags; false: the type is
 * void, or damaged.
 */
bool btf_strip(const struct btf_view *v, uint32_t id, struct btf_record *ret);
/* Size in bytes; 0: the type has none, or is damaged. */
uint64_t btf_sizeof(const struct btf_view *v, uint32_t id);

struct btf_place {
	uint32_t bit; /* offset from the start of the structure */
	uint32_t bits; /* of a bit-field; 0: no bit-field */
	uint32_t type;
};

/*
 * Entry i of the structure or union r: its place, with base added to the
 * offset, and its name's offset. false: there is no such entry.
 */
bool btf_member_at(const struct btf_view *v, const struct btf_record *r,
		   uint32_t i, uint32_t base, struct btf_place *ret,
		   uint32_t *name_ret);
/*
 * Find the member whose name is the first len bytes of name in the structure or
 * union type. Members of anonymous structures and unions are found, too. An
 * array of structures stands for its first element.
 */
bool btf_member(const struct btf_view *v, uint32_t type, const char *name,
		size_t len, struct btf_place *ret);

#endif
