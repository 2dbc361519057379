/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - all names that a guest has, for completion
 *
 * The rules of introspect.h for ownership, strings and errors apply. Each
 * function calls see() for one name after the other, until see() returns false.
 * A name may come more than once, and is valid during the call only.
 */
#ifndef TRAPLINE_NAMES_H
#define TRAPLINE_NAMES_H

#include <trapline/introspect.h>

/* Symbols of the kernel and of its modules. */
void introspect_symbol_each(struct introspect *in,
			    bool (*see)(void *opaque, const char *name),
			    void *opaque);
/* Types of the kernel that have a name. */
void introspect_type_each(struct introspect *in,
			  bool (*see)(void *opaque, const char *name),
			  void *opaque);
/*
 * Members of a structure, with those of anonymous structures in it. path leads
 * from type to the structure, through pointers and arrays; no memory is read.
 * -ENOENT: there is no such structure.
 */
int introspect_member_each(const struct introspect_type *type, const char *path,
			   bool (*see)(void *opaque, const char *name),
			   void *opaque);
/* The type of an object of the kernel. -ENOENT: no BTF. */
int introspect_object_type(struct introspect *in,
			   const struct introspect_object *o,
			   struct introspect_type *ret);

#endif
