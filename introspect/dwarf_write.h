/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf_write.h - the parts that write DWARF: abbreviations and units
 *
 * Everything is written twice by the same code. The first pass has no buffers;
 * it finds the sizes of the sections and the place of each type. Each form of
 * an attribute has a size that does not depend on other types.
 */
#ifndef TRAPLINE_INTROSPECT_DWARF_WRITE_H
#define TRAPLINE_INTROSPECT_DWARF_WRITE_H

#include "bytes.h"
#include "dwarf.h"

struct dwarf_writer {
	const struct dwarf_input *input;
	const struct btf_table *types;
	uint32_t *die; /* offset in .debug_info of each type; 0: not written */
	uint8_t *need; /* enum dwarf_need of each type; NULL: all are needed */
	struct dwarf_functions *functions; /* dwarf_func.c */
	struct bytes info, lists, strings;
};

/* The rows of the table of abbreviations (dwarf_abbrev.c). */
enum dwarf_abbrev {
	DIE_END,
	DIE_TYPES,
	DIE_FUNCTIONS,
	DIE_NUMBER,
	DIE_POINTER,
	DIE_POINTER_VOID,
	DIE_CONST,
	DIE_CONST_VOID,
	DIE_VOLATILE,
	DIE_VOLATILE_VOID,
	DIE_RESTRICT,
	DIE_RESTRICT_VOID,
	DIE_TYPEDEF,
	DIE_TYPEDEF_VOID,
	DIE_ARRAY,
	DIE_RANGE,
	DIE_RANGE_OPEN,
	DIE_STRUCT,
	DIE_STRUCT_NAMELESS,
	DIE_UNION,
	DIE_UNION_NAMELESS,
	DIE_MEMBER,
	DIE_MEMBER_NAMELESS,
	DIE_BITS,
	DIE_BITS_NAMELESS,
	DIE_ENUM,
	DIE_ENUM_NAMELESS,
	DIE_ENUM_DECLARATION,
	DIE_SIGNED,
	DIE_UNSIGNED,
	DIE_STRUCT_DECLARATION,
	DIE_UNION_DECLARATION,
	DIE_PROTOTYPE,
	DIE_PROTOTYPE_VOID,
	DIE_ARGUMENT,
	DIE_ARGUMENT_VOID,
	DIE_MORE_ARGUMENTS,
	DIE_VARIABLE,
	DIE_FUNCTION,
	DIE_FUNCTION_VOID,
	DIE_PARAMETER,
	DIE_PARAMETER_PLACED,
};

/* The contents of .debug_abbrev. */
const uint8_t *dwarf_abbrevs(size_t *size);

static inline void dwarf_put_die(struct dwarf_writer *w, enum dwarf_abbrev die)
{
	bytes_put8(&w->info, die);
}

/*
 * Refer to a type. The types' unit is the first one, so the number is the same
 * in all forms of a reference.
 */
static inline void dwarf_put_type(struct dwarf_writer *w, uint32_t id)
{
	bytes_put(&w->info, w->die[btf_table_type(w->types, id)], 4);
}

/* Is a type written for this number? */
static inline bool dwarf_has(const struct dwarf_writer *w, uint32_t id)
{
	id = btf_table_type(w->types, id);
	return id && (!w->need || w->need[id]);
}

/* Put the place of a name in .debug_str. */
void dwarf_put_name(struct dwarf_writer *w, uint32_t name);

/*
 * What a module's file needs of a type. DWARF_NEED_NAME: a structure is only
 * declared.
 */
enum dwarf_need {
	DWARF_NEED_NOT,
	DWARF_NEED_NAME,
	DWARF_NEED_ALL
};

/* Find what a module needs (dwarf_need.c), if it is one. Returns 0 or -ENOMEM. */
int dwarf_need_find(struct dwarf_writer *w);

/* Begin a unit, and put its entry. end takes the return value of begin. */
size_t dwarf_unit_begin(struct dwarf_writer *w, enum dwarf_abbrev die);
void dwarf_unit_end(struct dwarf_writer *w, size_t begin);

/* The unit of types and variables (dwarf_type.c). */
void dwarf_put_types(struct dwarf_writer *w);
/* The functions (dwarf_func.c): choose them, and put their units. */
int dwarf_functions_create(struct dwarf_writer *w);
void dwarf_functions_destroy(struct dwarf_functions *f);
void dwarf_put_functions(struct dwarf_writer *w);

#endif
