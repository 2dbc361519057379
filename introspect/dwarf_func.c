// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf_func.c - the units of functions
 *
 * BTF has the prototypes of functions by name, and kallsyms has the addresses.
 * A name is no proof of identity: static functions of several files may share
 * one. The prototype may then be that of any of them, so all of them are left
 * out. Functions with two prototypes in BTF are left out, too. The compiler
 * renames a function whose parameters it has changed ("f.isra.0"), so a clone
 * has no prototype.
 *
 * Source: Procedure Call Standard for the Arm 64-bit Architecture, "Parameter
 * passing"; DWARF for the Arm 64-bit Architecture, "DWARF register names";
 * DWARF 5, "Location Lists".
 */
#include "dwarf_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_FUNCTIONS   512 /* in a unit */
#define MAX_PARAMETERS 32
#define MAX_REGISTERS  8 /* X0 to X7 */
#define MAX_PROBES     64 /* hostile names may all have the same hash */
#define MAX_OUTPUT     (48 * SZ_1M)
#define INSN_SIZE      4

#define LLE_END_OF_LIST  0x00
#define LLE_START_LENGTH 0x08
#define OP_REG0          0x50

/* The functions of BTF by name. */
struct slot {
	uint32_t id; /* of the FUNC; 0: free */
	uint32_t hash;
	uint32_t uses; /* symbols of this name */
	bool twice; /* two functions of this name have different prototypes */
};

struct dwarf_functions {
	struct slot *slot;
	uint32_t mask;
	/* For each function of the input, its FUNC; 0: it is left out. */
	uint32_t *func;
};

/* --- by name -------------------------------------------------------------- */

/* The slot of a name, or a free one. NULL: too many names are near its hash. */
static struct slot *slot_find(const struct dwarf_writer *w, const char *name)
{
	const struct dwarf_functions *f = w->functions;
	uint32_t hash = btf_name_hash(name, SIZE_MAX);
	struct slot *s;

	for (unsigned int i = 0; i < MAX_PROBES; i++) {
		s = &f->slot[(hash + i) & f->mask];
		if (!s->id) {
			s->hash = hash;
			return s;
		}
		if (s->hash == hash &&
		    !strcmp(btf_table_name(
				    w->types,
				    btf_table_node(w->types, s->id)->r.name),
			    name))
			return s;
	}
	return NULL;
}

static int slots_alloc(struct dwarf_writer *w)
{
	uint32_t nr = 0, size = 1;

	for (uint32_t id = w->types->first; id <= w->types->nr; id++)
		nr += btf_table_node(w->types, id)->r.kind == BTF_KIND_FUNC;
	while (size < 2 * nr)
		size *= 2;
	w->functions->slot = calloc(size, sizeof(struct slot));
	w->functions->mask = size - 1;
	return w->functions->slot ? 0 : -ENOMEM;
}

static void slots_fill(struct dwarf_writer *w)
{
	for (uint32_t id = w->types->first; id <= w->types->nr; id++) {
		const struct btf_record *r = &btf_table_node(w->types, id)->r;
		struct slot *s;

		if (r->kind != BTF_KIND_FUNC)
			continue;
		s = slot_find(w, btf_table_name(w->types, r->name));
		if (s && s->id)
			s->twice |= btf_table_node(w->types, s->id)->r.type !=
				    r->type;
		else if (s)
			s->id = id;
	}
}

/* --- choosing ------------------------------------------------------------- */

/* The kind behind typedefs and qualifiers of a good type. */
static const struct btf_node *bare(const struct dwarf_writer *w, uint32_t id)
{
	const struct btf_node *n = btf_table_node(w->types, id);

	while (1U << n->r.kind &
	       (BTF_KINDS(TYPEDEF) | BTF_KINDS(CONST) | BTF_KINDS(VOLATILE) |
		BTF_KINDS(RESTRICT) | BTF_KINDS(TYPE_TAG)))
		n = btf_table_node(w->types, n->r.type);
	return n;
}

/* Does a value of this type take one general register? */
static bool is_scalar(const struct dwarf_writer *w, uint32_t id)
{
	const struct btf_node *n = bare(w, id);

	return 1U << n->r.kind & (BTF_KINDS(PTR) | BTF_KINDS(INT) |
				  BTF_KINDS(ENUM) | BTF_KINDS(ENUM64)) &&
	       n->size <= 8;
}

static bool is_more(const struct btf_record *r, uint32_t i,
		    const struct btf_param *p)
{
	return i + 1 == r->vlen && !p->type && !p->name_off;
}

/* Can a function with this prototype be written? */
static bool is_proto(const struct dwarf_writer *w, uint32_t id)
{
	const struct btf_record *r;
	struct btf_param p;

	if (!id || id > w->types->nr || !btf_table_node(w->types, id)->good)
		return false;
	r = &btf_table_node(w->types, id)->r;
	if (r->kind != BTF_KIND_FUNC_PROTO || r->vlen > MAX_PARAMETERS ||
	    (r->type && !dwarf_has(w, r->type)))
		return false;
	for (uint32_t i = 0; i < r->vlen; i++) {
		if (!btf_entry(&w->types->view, r, i, &p, sizeof(p)))
			return false;
		if (!is_more(r, i, &p) &&
		    (!dwarf_has(w, p.type) ||
		     !*btf_table_name(w->types, p.name_off)))
			return false;
	}
	return true;
}

/* The FUNC of the only symbol that has this slot's name; or 0. */
static uint32_t chosen(const struct dwarf_writer *w, const struct slot *s)
{
	if (s->uses != 1 || s->twice ||
	    !is_proto(w, btf_table_node(w->types, s->id)->r.type))
		return 0;
	return s->id;
}

static void choose(struct dwarf_writer *w)
{
	const struct dwarf_input *in = w->input;
	struct dwarf_functions *f = w->functions;
	struct slot *s;
	va_t end = 0;

	/* Until the second loop, func[] has the number of the slot, plus 1. */
	for (size_t i = 0; i < in->nr_functions; i++) {
		s = slot_find(w, in->functions[i].name);
		if (!s || !s->id)
			continue;
		s->uses++;
		f->func[i] = (uint32_t)(s - f->slot) + 1;
	}
	for (size_t i = 0; i < in->nr_functions; i++) {
		const struct dwarf_function *fn = &in->functions[i];

		if (!f->func[i])
			continue;
		f->func[i] = chosen(w, &f->slot[f->func[i] - 1]);
		/* If a function has several names, only the first gets a DIE. */
		if (fn->va < end || fn->size < INSN_SIZE ||
		    fn->size > UINT32_MAX)
			f->func[i] = 0;
		if (f->func[i])
			end = fn->va + fn->size;
	}
}

int dwarf_functions_create(struct dwarf_writer *w)
{
	size_t nr = w->input->nr_functions;
	int err;

	w->functions = calloc(1, sizeof(*w->functions));
	if (!w->functions)
		return -ENOMEM;
	w->functions->func = calloc(nr ? nr : 1, sizeof(uint32_t));
	err = w->functions->func ? slots_alloc(w) : -ENOMEM;
	if (err)
		return err;
	slots_fill(w);
	choose(w);
	return 0;
}

void dwarf_functions_destroy(struct dwarf_functions *f)
{
	if (!f)
		return;
	free(f->slot);
	free(f->func);
	free(f);
}

/* --- writing -------------------------------------------------------------- */

/* A list with one place: the register, at the first instruction. */
static uint32_t put_list(struct dwarf_writer *w, va_t va, unsigned int reg)
{
	uint32_t at = w->lists.size;

	bytes_put8(&w->lists, LLE_START_LENGTH);
	bytes_put(&w->lists, va, 8);
	bytes_put_uleb(&w->lists, INSN_SIZE);
	bytes_put_uleb(&w->lists, 1); /* bytes of the expression */
	bytes_put8(&w->lists, OP_REG0 + reg);
	bytes_put8(&w->lists, LLE_END_OF_LIST);
	return at;
}

/*
 * Give a place to each parameter that takes one general register, up to the
 * first parameter of another kind. The places of the parameters after that one
 * depend on its type.
 */
static void put_parameters(struct dwarf_writer *w, const struct btf_record *r,
			   va_t va)
{
	struct btf_param p;
	bool placed = true;

	for (uint32_t i = 0; i < r->vlen; i++) {
		if (!btf_entry(&w->types->view, r, i, &p, sizeof(p)))
			return;
		if (is_more(r, i, &p)) {
			dwarf_put_die(w, DIE_MORE_ARGUMENTS);
			return;
		}
		placed = placed && i < MAX_REGISTERS && is_scalar(w, p.type);
		dwarf_put_die(w, placed ? DIE_PARAMETER_PLACED : DIE_PARAMETER);
		dwarf_put_name(w, p.name_off);
		dwarf_put_type(w, p.type);
		if (placed)
			bytes_put(&w->info, put_list(w, va, i), 4);
	}
}

static void put_function(struct dwarf_writer *w, const struct dwarf_function *f,
			 uint32_t id)
{
	const struct btf_record *func = &btf_table_node(w->types, id)->r;
	const struct btf_record *proto =
		&btf_table_node(w->types, func->type)->r;

	dwarf_put_die(w, proto->type ? DIE_FUNCTION : DIE_FUNCTION_VOID);
	dwarf_put_name(w, func->name);
	bytes_put8(&w->info, f->global);
	bytes_put(&w->info, f->va, 8);
	bytes_put(&w->info, f->size, 4);
	if (proto->type)
		dwarf_put_type(w, proto->type);
	put_parameters(w, proto, f->va);
	dwarf_put_die(w, DIE_END);
}

/* Put the unit that begins with function *from, and set *from to the next. */
static void put_unit(struct dwarf_writer *w, size_t *from)
{
	const struct dwarf_input *in = w->input;
	const uint32_t *func = w->functions->func;
	size_t unit = dwarf_unit_begin(w, DIE_FUNCTIONS), size_at;
	va_t start = in->functions[*from].va, end = start;
	unsigned int nr = 0;
	struct bytes size;

	bytes_put(&w->info, start, 8);
	size_at = w->info.size;
	bytes_put(&w->info, 0, 8);
	for (; *from < in->nr_functions && nr < NR_FUNCTIONS; ++*from) {
		const struct dwarf_function *f = &in->functions[*from];

		if (!func[*from])
			continue;
		put_function(w, f, func[*from]);
		end = f->va + f->size;
		nr++;
	}
	size = (struct bytes){ w->info.p, size_at, w->info.max };
	bytes_put(&size, end - start, 8);
	dwarf_unit_end(w, unit);
}

void dwarf_put_functions(struct dwarf_writer *w)
{
	size_t i = 0, begin = w->info.size;

	while (i < w->input->nr_functions &&
	       w->info.size - begin < MAX_OUTPUT) {
		if (w->functions->func[i])
			put_unit(w, &i);
		else
			i++;
	}
}
