// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * variables.c - see variables.h
 *
 * BTF has the types of the per-CPU variables, and of no others. Their addresses
 * are those of the section in the Image, as in a vmlinux: the copy of CPU n is
 * __per_cpu_offset[n] bytes further. A table has the types of some other
 * variables. Its rows hold for the kernels that trapline knows. A row counts
 * only if BTF has the type and if the symbol has room for it.
 */
#include "variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "layout.h"
#include "percpu.h"
#include "state.h"

#define MAX_PERCPU 8192

#define INT     BTF_KINDS(INT)
#define STRUCT  BTF_KINDS(STRUCT)
#define ENUM    BTF_KINDS(ENUM)
#define TYPEDEF BTF_KINDS(TYPEDEF)
#define OBJECT  DWARF_OBJECT
#define POINTER DWARF_POINTER
#define ARRAY   DWARF_ARRAY

/* In the order of strcmp(). */
static const struct row {
	const char *name;
	uint32_t kind;
	const char *type;
	enum dwarf_form form;
} rows[] = {
	/* clang-format off */
	{ "__cpu_online_mask",   STRUCT,  "cpumask",           OBJECT },
	{ "__cpu_possible_mask", STRUCT,  "cpumask",           OBJECT },
	{ "__cpu_present_mask",  STRUCT,  "cpumask",           OBJECT },
	{ "__per_cpu_offset",    INT,     "long unsigned int", ARRAY },
	{ "boot_command_line",   INT,     "char",              ARRAY },
	{ "cad_pid",             STRUCT,  "pid",               POINTER },
	{ "cgrp_dfl_root",       STRUCT,  "cgroup_root",       OBJECT },
	{ "devices_kset",        STRUCT,  "kset",              POINTER },
	{ "file_systems",        STRUCT,  "file_system_type",  POINTER },
	{ "init_cred",           STRUCT,  "cred",              OBJECT },
	{ "init_css_set",        STRUCT,  "css_set",           OBJECT },
	{ "init_files",          STRUCT,  "files_struct",      OBJECT },
	{ "init_fs",             STRUCT,  "fs_struct",         OBJECT },
	{ "init_ipc_ns",         STRUCT,  "ipc_namespace",     OBJECT },
	{ "init_mm",             STRUCT,  "mm_struct",         OBJECT },
	{ "init_net",            STRUCT,  "net",               OBJECT },
	{ "init_nsproxy",        STRUCT,  "nsproxy",           OBJECT },
	{ "init_pid_ns",         STRUCT,  "pid_namespace",     OBJECT },
	{ "init_sighand",        STRUCT,  "sighand_struct",    OBJECT },
	{ "init_signals",        STRUCT,  "signal_struct",     OBJECT },
	{ "init_task",           STRUCT,  "task_struct",       OBJECT },
	{ "init_user_ns",        STRUCT,  "user_namespace",    OBJECT },
	{ "init_uts_ns",         STRUCT,  "uts_namespace",     OBJECT },
	{ "iomem_resource",      STRUCT,  "resource",          OBJECT },
	{ "ioport_resource",     STRUCT,  "resource",          OBJECT },
	{ "jiffies",             INT,     "long unsigned int", OBJECT },
	{ "jiffies_64",          TYPEDEF, "u64",               OBJECT },
	{ "kernel_kobj",         STRUCT,  "kobject",           POINTER },
	{ "linux_banner",        INT,     "char",              ARRAY },
	{ "loops_per_jiffy",     INT,     "long unsigned int", OBJECT },
	{ "memblock",            STRUCT,  "memblock",          OBJECT },
	{ "memstart_addr",       TYPEDEF, "s64",               OBJECT },
	{ "modules",             STRUCT,  "list_head",         OBJECT },
	{ "net_namespace_list",  STRUCT,  "list_head",         OBJECT },
	{ "nr_cpu_ids",          INT,     "unsigned int",      OBJECT },
	{ "nr_threads",          INT,     "int",               OBJECT },
	{ "of_root",             STRUCT,  "device_node",       POINTER },
	{ "oops_in_progress",    INT,     "int",               OBJECT },
	{ "panic_on_oops",       INT,     "int",               OBJECT },
	{ "panic_timeout",       INT,     "int",               OBJECT },
	{ "prb",                 STRUCT,  "printk_ringbuffer", POINTER },
	{ "rcu_state",           STRUCT,  "rcu_state",         OBJECT },
	{ "root_task_group",     STRUCT,  "task_group",        OBJECT },
	{ "saved_command_line",  INT,     "char",              POINTER },
	{ "slab_caches",         STRUCT,  "list_head",         OBJECT },
	{ "slab_mutex",          STRUCT,  "mutex",             OBJECT },
	{ "super_blocks",        STRUCT,  "list_head",         OBJECT },
	{ "swapper_pg_dir",      TYPEDEF, "pgd_t",             ARRAY },
	{ "system_state",        ENUM,    "system_states",     OBJECT },
	{ "tainted_mask",        INT,     "long unsigned int", OBJECT },
	{ "tasklist_lock",       TYPEDEF, "rwlock_t",          OBJECT },
	{ "uts_sem",             STRUCT,  "rw_semaphore",      OBJECT },
	{ "vm_node_stat",        TYPEDEF, "atomic_long_t",     ARRAY },
	{ "vm_zone_stat",        TYPEDEF, "atomic_long_t",     ARRAY },
	{ "workqueues",          STRUCT,  "list_head",         OBJECT },
	/* clang-format on */
};

_Static_assert(ARRAY_SIZE(rows) <= 64, "struct variables has one bit each");

static void percpu_add(struct variables *vs)
{
	const struct btf_view *btf = layouts_btf(vs->in);
	struct dwarf_variable *d;
	struct layout_variable v;
	va_t start;

	if (percpu_section(vs->in, &start))
		return;
	for (uint32_t i = 0; i < MAX_PERCPU && layout_percpu_at(vs->in, i, &v);
	     i++) {
		if (btf_sizeof(btf, v.type) != v.size)
			continue;
		d = &vs->v[vs->nr++];
		*d = (struct dwarf_variable){ .va = start + v.offset,
					      .type = v.type };
		btf_name(btf, v.name, d->name, sizeof(d->name));
		if (!*d->name)
			vs->nr--;
	}
}

int variables_begin(struct introspect *in, va_t text, struct variables *ret)
{
	*ret = (struct variables){ .in = in, .text = text };
	if (!layouts_btf(in))
		return 0;
	ret->v = malloc((MAX_PERCPU + ARRAY_SIZE(rows)) * sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	percpu_add(ret);
	return 0;
}

static int row_compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *)row)->name);
}

static void row_add(struct variables *vs, const struct row *row, va_t va,
		    uint64_t size)
{
	struct btf_view *btf = layouts_btf(vs->in);
	uint32_t type = btf_find(btf, row->kind, row->type);
	struct dwarf_variable *d = &vs->v[vs->nr];
	uint64_t need = row->form == DWARF_POINTER ? 8 : btf_sizeof(btf, type);

	if (!type || !need || (size && size < need))
		return;
	*d = (struct dwarf_variable){ .va = va,
				      .type = type,
				      .form = row->form };
	strcpy(d->name, row->name);
	vs->seen |= 1ULL << (row - rows);
	vs->nr++;
}

void variables_add(struct variables *vs, const char *name, va_t va,
		   uint64_t size)
{
	const struct row *row;

	if (!vs->v)
		return;
	row = bsearch(name, rows, ARRAY_SIZE(rows), sizeof(*rows), row_compare);
	if (row && !(vs->seen >> (row - rows) & 1))
		row_add(vs, row, va, size);
}

void variables_end(struct variables *vs)
{
	uint64_t offset;

	for (unsigned int i = 0; vs->v && i < ARRAY_SIZE(rows); i++)
		if (!(vs->seen >> i & 1) &&
		    !ksymtab_lookup(vs->in, rows[i].name, &offset))
			row_add(vs, &rows[i], vs->text + offset, 0);
}

void variables_free(struct variables *vs)
{
	free(vs->v);
	vs->v = NULL;
}
