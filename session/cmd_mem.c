// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_mem.c - how memory is used, and how the kernel maps it
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/stage1.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

/* --- memory -------------------------------------------------------------------- */

/* The lines of /proc/meminfo, and the names of the kernel's counters. */
static const struct {
	const char *item, *counter;
} counters[] = {
	{ "MemTotal", "total" },
	{ "MemFree", "NR_FREE_PAGES" },
	{ "Active(anon)", "NR_ACTIVE_ANON" },
	{ "Inactive(anon)", "NR_INACTIVE_ANON" },
	{ "Active(file)", "NR_ACTIVE_FILE" },
	{ "Inactive(file)", "NR_INACTIVE_FILE" },
	{ "Unevictable", "NR_UNEVICTABLE" },
	{ "Dirty", "NR_FILE_DIRTY" },
	{ "Writeback", "NR_WRITEBACK" },
	{ "AnonPages", "NR_ANON_MAPPED" },
	{ "Mapped", "NR_FILE_MAPPED" },
	{ "FilePages", "NR_FILE_PAGES" },
	{ "Shmem", "NR_SHMEM" },
	{ "SReclaimable", "NR_SLAB_RECLAIMABLE_B" },
	{ "SUnreclaim", "NR_SLAB_UNRECLAIMABLE_B" },
	{ "PageTables", "NR_PAGETABLE" },
};

static void victim_show(void *opaque, const struct introspect_task *task)
{
	record_note(opaque, "chosen by the OOM killer: pid %d %s", task->pid,
		    task->comm);
}

/* Show how many processes the OOM killer has ended, and its victims. */
static void oom_show(struct record *r, struct session *s)
{
	struct introspect *in = session_introspect(s);
	uint64_t kills;

	if (!introspect_vm_event(in, "OOM_KILL", &kills))
		record_note(r, "the OOM killer has ended %" PRIu64 " processes",
			    kills);
	linux_victim_each(in, victim_show, r);
}

static int counters_show(struct record *r, struct session *s)
{
	struct introspect *in = session_introspect(s);
	uint64_t pages, kib = introspect_page_size(in) / 1024;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++) {
		err = introspect_vm_stat(in, counters[i].counter, &pages);
		if (err) {
			linux_note(r, counters[i].counter, err);
			continue;
		}
		record_text(r, "item", -16, counters[i].item);
		record_number(r, "KiB", 12, (int64_t)(pages * kib));
		record_row(r);
	}
	oom_show(r, s);
	return r->rows ? 0 : err;
}

static void zone_row(void *opaque, unsigned int node,
		     const struct introspect_zone *z)
{
	struct record *r = opaque;

	record_number(r, "node", 4, node);
	record_text(r, "zone", -8, z->name);
	record_number(r, "managed", 9, (int64_t)z->managed);
	record_number(r, "present", 9, (int64_t)z->present);
	record_number(r, "free", 9, (int64_t)z->free);
	record_number(r, "min", 7, (int64_t)z->min);
	record_number(r, "low", 7, (int64_t)z->low);
	record_number(r, "high", 7, (int64_t)z->high);
	record_text(r, "", -1,
		    z->managed && z->free < z->min ? "below min" : "");
	record_row(r);
}

struct caches {
	struct introspect_cache *all;
	size_t nr, max;
};

static bool cache_add(void *opaque, const struct introspect_cache *cache)
{
	struct caches *c = opaque;

	if (c->nr == c->max) {
		size_t max = c->max ? 2 * c->max : 256;
		void *more = realloc(c->all, max * sizeof(*c->all));

		if (!more)
			return false;
		c->all = more;
		c->max = max;
	}
	c->all[c->nr++] = *cache;
	return true;
}

static int larger(const void *a, const void *b)
{
	const struct introspect_cache *x = a, *y = b;
	uint64_t m = x->objects * x->size, n = y->objects * y->size;

	return m < n ? 1 : m > n ? -1 : strcmp(x->name, y->name);
}

static int slabs_show(struct record *r, struct session *s)
{
	struct caches c = { 0 };
	int err = introspect_cache_each(session_introspect(s), cache_add, &c);

	if (c.nr)
		qsort(c.all, c.nr, sizeof(*c.all), larger);
	for (size_t i = 0; i < c.nr; i++) {
		record_text(r, "cache", -24, c.all[i].name);
		record_number(r, "size", 7, (int64_t)c.all[i].size);
		record_number(r, "object", 7, (int64_t)c.all[i].object_size);
		record_number(r, "objects", 8, (int64_t)c.all[i].objects);
		record_number(r, "slabs", 7, (int64_t)c.all[i].slabs);
		record_number(
			r, "KiB", 9,
			(int64_t)(c.all[i].objects * c.all[i].size / 1024));
		record_hex(r, "kmem_cache", c.all[i].va);
		record_row(r);
	}
	linux_note(r, "the list of caches", err);
	free(c.all);
	return err;
}

static int cmd_mem(struct session *s, const char *args, FILE *out)
{
	struct record r;
	int err;

	if (*args && strcmp(args, "zones") && strcmp(args, "slabs")) {
		fprintf(out, "usage: monitor mem [zones|slabs]\n");
		return -EINVAL;
	}
	record_begin(&r, s, out);
	if (!*args) {
		err = counters_show(&r, s);
	} else if (!strcmp(args, "slabs")) {
		err = slabs_show(&r, s);
	} else {
		err = introspect_zone_each(session_introspect(s), zone_row, &r);
		linux_note(&r, "the zones", err);
	}
	record_end(&r);
	return err;
}

/* --- page tables ----------------------------------------------------------------- */

#define MAX_RANGES      10000
#define DESC_ATTR_INDEX GENMASK_ULL(4, 2)

struct range {
	va_t va;
	ipa_t ipa;
	uint64_t size, leaf, attr;
	bool writable, exec, el0;
};

static bool range_same(const struct range *a, const struct stage1_mapping *m,
		       va_t va)
{
	return va == a->va + a->size && a->writable == m->writable &&
	       a->exec == m->exec_el1 && a->el0 == m->el0 &&
	       a->attr == FIELD_GET(DESC_ATTR_INDEX, m->desc);
}

static void range_row(struct record *r, const struct range *a, unsigned int *wx)
{
	char prot[4] = "r--";

	if (!a->size)
		return;
	prot[1] = a->writable ? 'w' : '-';
	prot[2] = a->exec ? 'x' : '-';
	record_hex(r, "start", a->va);
	record_hex(r, "end", a->va + a->size);
	record_number(r, "KiB", 9, (int64_t)(a->size / 1024));
	record_text(r, "prot", -4, prot);
	record_text(r, "EL0", -3, a->el0 ? "yes" : "");
	record_number(r, "attr", 4, (int64_t)a->attr);
	record_hex(r, "first IPA", a->ipa);
	record_text(r, "remark", -1, a->writable && a->exec ? "W+X" : "");
	record_row(r);
	*wx += a->writable && a->exec;
}

/*
 * Add the mappings of a span to *at. A mapping with other attributes starts a
 * new range; the range before it is printed.
 */
static void span_show(struct record *r, struct guest *g,
		      const struct stage1_regs *regs,
		      const struct introspect_span *span, struct range *at,
		      unsigned int *wx)
{
	struct stage1_mapping m;

	for (uint64_t done = 0; done < span->size; done += m.size) {
		if (r->rows >= MAX_RANGES ||
		    stage1_walk(g, regs, span->va + done, &m) || !m.size)
			return;
		if (!at->size || !range_same(at, &m, span->va + done)) {
			range_row(r, at, wx);
			*at = (struct range){
				.va = span->va + done,
				.ipa = m.ipa,
				.attr = FIELD_GET(DESC_ATTR_INDEX, m.desc),
				.writable = m.writable,
				.exec = m.exec_el1,
				.el0 = m.el0,
			};
		}
		at->size += m.size;
	}
}

static int cmd_pagetables(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_span *spans;
	struct range at = { 0 };
	struct stage1_regs regs;
	unsigned int nr, wx = 0;
	struct record r;
	int err = introspect_stage1_regs(in, session_vcpu(s), &regs);

	if (!err)
		err = introspect_kernel_map(in, &spans, &nr);
	record_begin(&r, s, out);
	linux_note(&r, "the kernel's page tables", err);
	for (unsigned int i = 0; !err && i < nr; i++)
		span_show(&r, session_guest(s), &regs, &spans[i], &at, &wx);
	if (!err) {
		range_row(&r, &at, &wx);
		record_note(
			&r, "%u ranges are writable and executable (W+X)%s", wx,
			r.rows >= MAX_RANGES ? "; there are more ranges" : "");
		free(spans);
	}
	record_end(&r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "mem", "[zones|slabs] [--json]",
	  "memory in use, with the OOM killer's state; zones in pages; caches\n"
	  "mem\nmem slabs --json", SESSION_LINUX, cmd_mem },
	{ "pagetables", "[--json]",
	  "the kernel's mappings and permissions (EL1); W+X is marked\n"
	  "pagetables", SESSION_LINUX, cmd_pagetables },
};
/* clang-format on */

int session_commands_mem(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
