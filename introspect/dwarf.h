/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwarf.h - write the types of a BTF blob as DWARF 5, for gdb
 *
 * .debug_info has these units:
 * - One unit has all types, and the variables. Types refer to each other all
 *   the time, so a debugger that needs one of them reads them all.
 * - The functions are in units of NR_FUNCTIONS functions, in order of address.
 *   A debugger that looks for a type reads none of them, and one that unwinds
 *   a stack reads the units of the functions that it meets.
 *
 * A module's types refer to types of the kernel, but DWARF cannot refer to
 * another file. So the module's file also has the types of the kernel that the
 * module's types need. A structure of the kernel behind a pointer is only
 * declared; a debugger finds it in the kernel's file by its name.
 *
 * A function's parameter has a place only at the function's first instruction.
 * The Procedure Call Standard says which register has the parameter there.
 * After this instruction the compiler may move it, and BTF does not say where.
 */
#ifndef TRAPLINE_INTROSPECT_DWARF_H
#define TRAPLINE_INTROSPECT_DWARF_H

#include "btf_table.h"

/* A function of the guest. */
struct dwarf_function {
	const char *name;
	va_t va;
	uint64_t size;
	bool global;
};

#define DWARF_NAME_SIZE 128

/* A variable of the guest: an object of a type, or something made of it. */
struct dwarf_variable {
	char name[DWARF_NAME_SIZE];
	va_t va;
	uint32_t type; /* number in BTF */
	enum dwarf_form {
		DWARF_OBJECT,
		DWARF_POINTER,
		DWARF_ARRAY
	} form;
};

struct dwarf_input {
	const char *name; /* of the kernel or module: the units' name */
	const struct btf_table *types;
	const struct dwarf_function *functions; /* in order of address */
	size_t nr_functions;
	const struct dwarf_variable *variables;
	size_t nr_variables;
};

enum dwarf_section {
	DWARF_INFO,
	DWARF_ABBREV,
	DWARF_STR,
	DWARF_LOCLISTS,
	DWARF_SECTIONS
};

struct dwarf {
	struct {
		const char *name;
		uint8_t *data;
		size_t size;
	} section[DWARF_SECTIONS];
};

/*
 * Make the sections. A function is left out if BTF has no prototype for its
 * name, or if the name does not tell which function it is. Returns 0, -E2BIG
 * or -ENOMEM.
 */
int dwarf_create(const struct dwarf_input *input, struct dwarf *ret);
void dwarf_destroy(struct dwarf *d);

#endif
