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

static bool range_continues(const struct session_range *a,
			    const struct stage1_mapping *m, va_t va)
{
	return a->size && va == a->va + a->size && a->writable == m->writable &&
	       a->exec == m->exec_el1 && a->el0 == m->el0 &&
	       a->attr == FIELD_GET(DESC_ATTR_INDEX, m->desc);
}

/* What session_ranges_each() builds. */
struct ranges {
	bool (*each)(void *opaque, const struct session_range *range);
	void *opaque;
	struct session_range at; /* not given to each() yet; size 0: none */
};

/* Returns false when each() has had enough. */
static bool range_end(struct ranges *r)
{
	return !r->at.size || r->each(r->opaque, &r->at);
}

/*
 * Add the mappings of a span to the range. A mapping with other attributes
 * starts a new range.
 */
static bool span_add(struct ranges *r, struct guest *g,
		     const struct stage1_regs *regs,
		     const struct introspect_span *span)
{
	struct stage1_mapping m;

	for (uint64_t done = 0; done < span->size; done += m.size) {
		if (stage1_walk(g, regs, span->va + done, &m) || !m.size)
			return true;
		if (!range_continues(&r->at, &m, span->va + done)) {
			if (!range_end(r))
				return false;
			r->at = (struct session_range){
				.va = span->va + done,
				.ipa = m.ipa,
				.attr = FIELD_GET(DESC_ATTR_INDEX, m.desc),
				.writable = m.writable,
				.exec = m.exec_el1,
				.el0 = m.el0,
			};
		}
		r->at.size += m.size;
	}
	return true;
}

int session_ranges_each(struct session *s,
			bool (*each)(void *opaque,
				     const struct session_range *range),
			void *opaque)
{
	struct ranges r = { .each = each, .opaque = opaque };
	struct introspect *in = session_introspect(s);
	struct introspect_span *spans;
	struct stage1_regs regs;
	unsigned int nr, i = 0;
	int err = introspect_stage1_regs(in, session_vcpu(s), &regs);

	if (!err)
		err = introspect_kernel_map(in, &spans, &nr);
	if (err)
		return err;
	while (i < nr && span_add(&r, session_guest(s), &regs, &spans[i]))
		i++;
	if (i == nr)
		range_end(&r);
	free(spans);
	return 0;
}

struct tables {
	struct record record;
	unsigned int wx;
};

static bool range_row(void *opaque, const struct session_range *a)
{
	struct tables *t = opaque;
	struct record *r = &t->record;
	char prot[4] = "r--";

	if (r->rows >= MAX_RANGES)
		return false;
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
	t->wx += a->writable && a->exec;
	return true;
}

static int cmd_pagetables(struct session *s, const char *args, FILE *out)
{
	struct tables t = { 0 };
	int err;

	record_begin(&t.record, s, out);
	err = session_ranges_each(s, range_row, &t);
	linux_note(&t.record, "the kernel's page tables", err);
	if (!err)
		record_note(&t.record,
			    "%u ranges are writable and executable (W+X)%s",
			    t.wx,
			    t.record.rows >= MAX_RANGES
				    ? "; there are more ranges"
				    : "");
	record_end(&t.record);
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
