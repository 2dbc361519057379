// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_modules.c - see fake_modules.h
 */
#include "fake_modules.h"
#include "introspect/btf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM     FAKE_MODULES_RAM
#define BANNER  (3 * SZ_1M) /* behind the tables */
#define TEXT    FAKE_MODULES_TEXT
#define VA      FAKE_MODULES_VA
#define TABLES  FAKE_MODULES_TABLES
#define MODULES FAKE_MODULES_RING
#define STRTAB  (VA + 15 * SZ_1M)

void *fake_modules_at(struct fake_modules *m, va_t va)
{
	return fake_guest_at(m->fake, va - VA + RAM, 8);
}

/* --- BTF ---------------------------------------------------------------- */

struct blob {
	uint8_t types[1024];
	uint32_t types_len;
	char strings[512];
	uint32_t strings_len;
};

static uint32_t string_put(struct blob *b, const char *s)
{
	uint32_t at = b->strings_len;

	strcpy(b->strings + at, s);
	b->strings_len += strlen(s) + 1;
	return at;
}

static void put(struct blob *b, const void *data, size_t size)
{
	memcpy(b->types + b->types_len, data, size);
	b->types_len += size;
}

static void type_put(struct blob *b, const char *name, uint32_t kind,
		     uint32_t vlen, uint32_t size)
{
	struct btf_type t = { .name_off = *name ? string_put(b, name) : 0,
			      .info = kind << 24 | vlen,
			      .size = size };

	put(b, &t, sizeof(t));
}

/* Only a member that is a structure needs its true type. */
static void member_put(struct blob *b, const char *name, uint32_t type,
		       size_t offset)
{
	struct btf_member m = { .name_off = string_put(b, name),
				.type = type,
				.offset = 8 * offset };

	put(b, &m, sizeof(m));
}

#define MEMBER(b, member, type) \
	member_put(b, #member, type, offsetof(struct fake_module, member))

enum {
	INT = 1,
	ARRAY,
	LAYOUT,
	TASK = 6,
	POINTER,
	PROTOTYPE,
	VARIABLE
}; /* numbers of types */

/* The kinds of types that nothing here needs; a symbol file has them all. */
static void more_types_put(struct blob *b)
{
	const uint32_t arguments[] = { string_put(b, "a"), POINTER, 0, 0 };
	const uint32_t constant[] = { string_put(b, "ONE"), 1 };
	const uint32_t large[] = { string_put(b, "TWO"), 2, 2 };
	const uint32_t variable[] = { VARIABLE, 0, 4 };
	const uint32_t linkage = 0;

	type_put(b, "", BTF_KIND_PTR, 0, TASK);
	type_put(b, "", BTF_KIND_FUNC_PROTO, 2, INT);
	put(b, arguments, sizeof(arguments));
	type_put(b, "counter", BTF_KIND_VAR, 0, INT);
	put(b, &linkage, sizeof(linkage));
	type_put(b, "f00042_function", BTF_KIND_FUNC, 0, PROTOTYPE);
	type_put(b, "union", BTF_KIND_UNION, 1, 8);
	member_put(b, "u", POINTER, 0);
	type_put(b, "enum", BTF_KIND_ENUM, 1, 4);
	put(b, constant, sizeof(constant));
	type_put(b, "enum64", BTF_KIND_ENUM64, 1, 8);
	put(b, large, sizeof(large));
	type_put(b, "float", BTF_KIND_FLOAT, 0, 8);
	type_put(b, "forward", BTF_KIND_FWD, 0, 0);
	type_put(b, "typedef", BTF_KIND_TYPEDEF, 0, POINTER);
	type_put(b, "", BTF_KIND_CONST, 0, POINTER);
	type_put(b, "", BTF_KIND_VOLATILE, 0, INT);
	type_put(b, "", BTF_KIND_RESTRICT, 0, POINTER);
	type_put(b, "tag", BTF_KIND_TYPE_TAG, 0, INT);
	type_put(b, ".data..percpu", BTF_KIND_DATASEC, 1, 4);
	put(b, variable, sizeof(variable));
}

static void types_put(struct blob *b)
{
	const struct btf_array array = { .type = INT,
					 .index_type = INT,
					 .nelems = 14 };
	const uint32_t bits = 32;
	size_t base = offsetof(struct fake_module, base);

	type_put(b, "int", BTF_KIND_INT, 0, 4);
	put(b, &bits, sizeof(bits));
	type_put(b, "", BTF_KIND_ARRAY, 0, 0);
	put(b, &array, sizeof(array));
	type_put(b, "module_layout", BTF_KIND_STRUCT, 2, 16);
	member_put(b, "base", INT, 0);
	member_put(b, "text_size", INT, 8);
	type_put(b, "module", BTF_KIND_STRUCT, 6, sizeof(struct fake_module));
	MEMBER(b, state, INT);
	MEMBER(b, list, ARRAY);
	MEMBER(b, name, ARRAY);
	member_put(b, "core_layout", LAYOUT, base);
	member_put(b, "init_layout", LAYOUT,
		   offsetof(struct fake_module, init_base));
	MEMBER(b, kallsyms, INT);
	type_put(b, "mod_kallsyms", BTF_KIND_STRUCT, 3, 24);
	member_put(b, "symtab", INT, 0);
	member_put(b, "num_symtab", INT, 8);
	member_put(b, "strtab", INT, 16);
	type_put(b, "task_struct", BTF_KIND_STRUCT, 2, 64);
	member_put(b, "pid", INT, FAKE_TASK_PID);
	member_put(b, "comm", ARRAY, FAKE_TASK_COMM);
	more_types_put(b);
}

static void btf_put(struct fake_modules *m)
{
	struct blob b = { .strings_len = 1 };
	struct btf_header h = { .magic = BTF_MAGIC,
				.version = BTF_VERSION,
				.hdr_len = sizeof(h) };

	types_put(&b);
	h.type_len = h.str_off = b.types_len;
	h.str_len = b.strings_len;
	/* Behind the tables, where it is found soon, as in a real kernel. */
	m->btf = m->kernel.image + ALIGN_UP(m->kernel.at, 4096ULL);
	memcpy(m->btf, &h, sizeof(h));
	memcpy(m->btf + sizeof(h), b.types, b.types_len);
	memcpy(m->btf + sizeof(h) + b.types_len, b.strings, b.strings_len);
	m->btf_size = sizeof(h) + b.types_len + b.strings_len;
}

/* --- the guest ---------------------------------------------------------- */

/* 4 KiB pages, 48 bits: map all of RAM in order, by 2 MiB blocks. */
static void tables_put(struct fake_modules *m)
{
	uint64_t *t =
		(uint64_t *)(void *)fake_guest_at(m->fake, TABLES, 3 * SZ_4K);
	uint64_t *r = m->fake->sysregs[0];

	t[VA >> 39 & 511] = (TABLES + SZ_4K) | 3;
	t[512 + (VA >> 30 & 511)] = (TABLES + 2 * SZ_4K) | 3;
	for (unsigned int i = 0; i < FAKE_MODULES_RAM_SIZE / SZ_2M; i++)
		t[1024 + (VA >> 21 & 511) + i] = (RAM + i * SZ_2M) | 0x401;
	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = 16ULL << 16 | 2ULL << 30 | 5ULL << 32;
	r[GUEST_TTBR1_EL1] = TABLES;
}

static va_t module_va(unsigned int i)
{
	return MODULES + i * sizeof(struct fake_module);
}

/* nr modules of nr_syms symbols each, named by format and their number. */
void fake_modules_put(struct fake_modules *m, unsigned int nr,
		      const char *format, uint32_t nr_syms)
{
	va_t head = TEXT + FAKE_TEXT_OFFSET + fake_kernel_offset(FAKE_MODULES);
	size_t list = offsetof(struct fake_module, list);
	uint64_t *h = fake_modules_at(m, head);

	h[0] = module_va(0) + list;
	h[1] = module_va(nr - 1) + list;
	for (unsigned int i = 0; i < nr; i++) {
		struct fake_module *to = fake_modules_at(m, module_va(i));

		memset(to, 0, sizeof(*to));
		to->list[0] = i + 1 < nr ? module_va(i + 1) + list : head;
		to->list[1] = i ? module_va(i - 1) + list : head;
		snprintf(to->name, sizeof(to->name), format, i);
		to->base = VA + 0x10000 * i;
		to->size = 4096;
		to->kallsyms =
			module_va(i) + offsetof(struct fake_module, symtab);
		to->symtab = FAKE_MODULES_SYMTAB;
		to->nr = nr_syms;
		to->strtab = STRTAB;
	}
}

void fake_modules_create(struct fake_modules *m)
{
	uint8_t *image;

	m->fake = fake_guest_create(1, RAM, FAKE_MODULES_RAM_SIZE);
	image = fake_guest_at(m->fake, FAKE_MODULES_IMAGE, FAKE_IMAGE_SIZE);
	fake_kernel_write(&m->kernel, image, FAKE_ORDER_6_4);
	strcpy((char *)image + BANNER, "Linux version 9.8.7-test (a) #1 SMP\n");
	btf_put(m);
	tables_put(m);
	if (introspect_create(&m->fake->guest, &m->in) ||
	    introspect_find_kernel_at(m->in, FAKE_MODULES_IMAGE))
		abort();
}

void fake_modules_destroy(struct fake_modules *m)
{
	introspect_destroy(m->in);
	fake_guest_destroy(m->fake);
}
