// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * percpu.c - per-CPU variables
 *
 * BTF lists these variables with their offsets in the per-CPU section of the
 * Image. The address of CPU n's copy is the address of the variable in this
 * section plus __per_cpu_offset[n]. A kernel without KALLSYMS_ALL has no symbol
 * for the start of the section. The start is then computed from the address of
 * an exported variable of the section.
 */
#include "percpu.h"
#include "btf.h"
#include "state.h"

#include <errno.h>
#include <string.h>

#define MAX_CPUS  4096 /* CONFIG_NR_CPUS */
#define MAX_TRIES 4096

/* The offset of the section from _text. The search may be long. */
static bool start_by_exports(struct introspect *in, uint64_t *ret)
{
	const struct btf_view *btf = layouts_btf(in);
	struct layout_variable v;
	uint64_t offset;
	char name[64];

	for (uint32_t i = 0; i < MAX_TRIES && layout_percpu_at(in, i, &v);
	     i++) {
		btf_name(btf, v.name, name, sizeof(name));
		if (ksymtab_lookup(in, name, &offset))
			continue;
		*ret = offset - v.offset;
		return true;
	}
	return false;
}

int percpu_section(struct introspect *in, va_t *ret)
{
	int err = introspect_symbol_by_name(in, "__per_cpu_start", ret);

	if (!err || !layouts_btf(in))
		return err;
	if (!in->percpu.looked) {
		in->percpu.looked = true;
		in->percpu.known = start_by_exports(in, &in->percpu.start);
	}
	*ret = in->kva.text + in->percpu.start;
	return in->percpu.known ? 0 : -ENOENT;
}

unsigned int introspect_nr_cpus(struct introspect *in)
{
	uint32_t nr;
	va_t va;

	if (introspect_symbol_by_name(in, "nr_cpu_ids", &va) ||
	    introspect_read(in, va, &nr, sizeof(nr)) || !nr || nr > MAX_CPUS)
		return in->g->nr_vcpus;
	return nr;
}

int introspect_percpu_pointer(struct introspect *in, va_t pointer,
			      unsigned int cpu, va_t *ret)
{
	uint64_t offset;
	va_t table;
	int err = introspect_symbol_by_name(in, "__per_cpu_offset", &table);

	if (!err && cpu >= introspect_nr_cpus(in))
		err = -ERANGE;
	if (!err)
		err = introspect_read(in, table + cpu * sizeof(offset), &offset,
				      sizeof(offset));
	if (!err)
		*ret = pointer + offset;
	return err;
}

int introspect_percpu(struct introspect *in, const char *name, unsigned int cpu,
		      struct introspect_object *ret)
{
	const struct btf_view *btf = layouts_btf(in);
	struct layout_variable v;
	va_t start, va;
	int err;

	for (uint32_t i = 0; btf && layout_percpu_at(in, i, &v); i++) {
		if (!btf_name_is(btf, v.name, name, strlen(name)))
			continue;
		err = percpu_section(in, &start);
		if (!err)
			err = introspect_percpu_pointer(in, start + v.offset,
							cpu, &va);
		if (!err)
			*ret = (struct introspect_object){
				.va = va,
				.size = btf_sizeof(btf, v.type),
				.type = v.type,
			};
		return err;
	}
	return -ENOENT;
}

int introspect_percpu_number(struct introspect *in, const char *name,
			     unsigned int cpu, const char *path, uint64_t *ret)
{
	struct introspect_object o;
	int err = introspect_percpu(in, name, cpu, &o);

	if (!err)
		err = introspect_object_member(in, path, &o);
	return err ? err : introspect_object_number(in, &o, ret);
}

/* Find the variable at this offset of the section, and the offset in it. */
static bool variable_at(struct introspect *in, uint64_t at,
			struct introspect_percpu_place *ret)
{
	struct layout_variable v;

	for (uint32_t i = 0; layout_percpu_at(in, i, &v); i++) {
		if (at < v.offset || at - v.offset >= v.size)
			continue;
		btf_name(layouts_btf(in), v.name, ret->name, sizeof(ret->name));
		ret->offset = at - v.offset;
		return true;
	}
	return false;
}

int introspect_percpu_find(struct introspect *in, va_t va,
			   struct introspect_percpu_place *ret)
{
	unsigned int nr = introspect_nr_cpus(in);
	va_t start, table, at;
	uint64_t offset;

	if (percpu_section(in, &start) ||
	    introspect_symbol_by_name(in, "__per_cpu_offset", &table))
		return -ENOENT;
	for (unsigned int i = 0; i < nr; i++) {
		if (introspect_read(in, table + i * sizeof(offset), &offset,
				    sizeof(offset)))
			break;
		at = va - offset - start;
		if (at < in->k.size && variable_at(in, at, ret)) {
			ret->cpu = i;
			return 0;
		}
	}
	return -ENOENT;
}
