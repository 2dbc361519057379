// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_kmem.c - commands that explain an address of the kernel's memory */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/code.h>
#include <trapline/arm64.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

/* --- slab -------------------------------------------------------------------- */

#define NEIGHBOURS 2

static void track_note(struct record *r, struct session *s, const char *what,
		       const struct introspect_track *t)
{
	char text[400];

	linux_track_text(session_introspect(s), t, text, sizeof(text));
	if (*text)
		record_note(r, "%s by %s, at %" PRIu64 " jiffies", what, text,
			    t->jiffies);
}

static void neighbours_show(struct record *r, struct session *s,
			    const struct introspect_slab_object *o)
{
	unsigned int first = o->index > NEIGHBOURS ? o->index - NEIGHBOURS : 0;
	enum introspect_slab_state state;

	for (unsigned int i = first; i < o->nr && i <= o->index + NEIGHBOURS;
	     i++) {
		state = i == o->index
				? o->state
				: introspect_slab_state(session_introspect(s),
							o, i);
		record_number(r, "object", 6, i);
		record_text(r, "this", -4, i == o->index ? ">" : "");
		record_hex(r, "address",
			   o->object +
				   (i - (uint64_t)o->index) * o->cache.size);
		record_text(r, "state", -1, linux_slab_states[state]);
		record_row(r);
	}
}

static int cmd_slab(struct session *s, const char *args, FILE *out)
{
	struct introspect_slab_object o;
	struct record r;
	va_t va;
	int err = session_address(s, args, &va, out);

	if (err)
		return err;
	record_begin(&r, s, out);
	err = introspect_slab_object(session_introspect(s), va, &o);
	if (err) {
		record_note(&r, "0x%" PRIx64 " is in no slab%s", va,
			    err == -EFAULT    ? ": it is not mapped"
			    : err == -EBADMSG ? ": its struct slab is damaged"
					      : "");
		record_end(&r);
		return err;
	}
	record_title(&r,
		     "%s (kmem_cache 0x%" PRIx64 "): objects of %" PRIu64
		     " bytes, %" PRIu64 " apart; slab 0x%" PRIx64
		     ": %u of %u in use",
		     o.cache.name, o.cache.va, o.cache.object_size,
		     o.cache.size, o.slab, o.inuse, o.nr);
	neighbours_show(&r, s, &o);
	record_note(&r, "0x%" PRIx64 " is byte %" PRId64 " of object %u, %s",
		    va, o.offset, o.index, linux_slab_states[o.state]);
	track_note(&r, s, "allocated", &o.allocated);
	track_note(&r, s, "freed", &o.freed);
	record_end(&r);
	return 0;
}

/* --- whatis ------------------------------------------------------------------- */

static void row(struct record *r, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void row(struct record *r, const char *kind, const char *format, ...)
{
	char text[1200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	record_text(r, "it is", -10, kind);
	record_text(r, "which", -1, text);
	record_row(r);
}

#define MIN_STACK SZ_16K /* MIN_THREAD_SHIFT, without KASAN */
#define MAX_STACK SZ_1M

struct search {
	struct record *r;
	struct session *s;
	va_t va;
};

static void symbol_is(const struct search *w)
{
	struct introspect *in = session_introspect(w->s);
	struct introspect_symbol sym;
	char gone[96];

	if (introspect_symbol_by_address(in, w->va, &sym)) {
		if (!introspect_module_gone(in, w->va, gone, sizeof(gone)))
			row(w->r, "module", "%s", gone);
		return;
	}
	if (*sym.name)
		row(w->r, *sym.module ? "module" : "kernel",
		    "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", sym.name,
		    w->va - sym.va, sym.size, *sym.module ? " [" : "",
		    sym.module, *sym.module ? "]" : "");
	else
		row(w->r, "module", "%s", sym.module);
}

static void percpu_is(const struct search *w)
{
	struct introspect_percpu_place place;

	if (!introspect_percpu_find(session_introspect(w->s), w->va, &place))
		row(w->r, "per-CPU", "%s+0x%" PRIx64 " of CPU %u", place.name,
		    place.offset, place.cpu);
}

/* The size of the stack's vmalloc area, or else the smallest size on arm64. */
static uint64_t stack_size_of(struct introspect *in, va_t task)
{
	uint64_t page_size = introspect_page_size(in), nr;

	if (!introspect_get(in, "task_struct", task, "stack_vm_area->nr_pages",
			    &nr) &&
	    nr && nr <= MAX_STACK / page_size)
		return nr * page_size;
	return page_size > MIN_STACK ? page_size : MIN_STACK;
}

/* Find the address in a task's stack or in its task_struct. */
static void task_is(const struct search *w)
{
	struct introspect *in = session_introspect(w->s);
	struct introspect_object o = { 0 };
	struct introspect_task *tasks;
	uint64_t stack_size;
	unsigned int nr;

	introspect_object(in, "struct task_struct", 0, "", &o);
	introspect_task_list(in, &tasks, &nr);
	for (unsigned int i = 0; i < nr; i++) {
		const struct introspect_task *t = &tasks[i];

		stack_size = stack_size_of(in, t->va);
		if (w->va - t->stack < stack_size)
			row(w->r, "stack",
			    "of pid %d %s, 0x%" PRIx64 " bytes below its top",
			    t->pid, t->comm, t->stack + stack_size - w->va);
		if (w->va - t->va < o.size)
			row(w->r, "task", "pid %d %s, task_struct+0x%" PRIx64,
			    t->pid, t->comm, w->va - t->va);
	}
	free(tasks);
}

static void slab_is(const struct search *w)
{
	struct introspect_slab_object o;

	if (introspect_slab_object(session_introspect(w->s), w->va, &o))
		return;
	row(w->r, "slab",
	    "byte %" PRId64 " of an object of %s (%" PRIu64
	    " bytes) at 0x%" PRIx64 ", %s",
	    o.offset, o.cache.name, o.cache.object_size, o.object,
	    linux_slab_states[o.state]);
}

static bool vmap_see(void *opaque, const struct introspect_vmap_area *a)
{
	const struct search *w = opaque;
	struct introspect_symbol sym = { .name = "?" };

	if (w->va < a->start || w->va >= a->end)
		return true;
	introspect_symbol_by_address(session_introspect(w->s), a->caller, &sym);
	row(w->r, "vmalloc",
	    "0x%" PRIx64 "-0x%" PRIx64 ", by %s+0x%" PRIx64
	    ", vm_struct 0x%" PRIx64,
	    a->start, a->end, sym.name, a->caller - sym.va, a->vm);
	return false;
}

static void flags_text(struct introspect *in, uint64_t flags, char *text,
		       size_t size)
{
	char name[48];
	uint64_t nr = 32;
	size_t len = 0;

	*text = '\0';
	introspect_enum_value(in, "pageflags", "__NR_PAGEFLAGS", &nr);
	for (uint64_t i = 0; i < nr && i < 64 && len < size; i++) {
		if (!(flags >> i & 1))
			continue;
		introspect_enum_name(in, "pageflags", i, name, sizeof(name));
		len += (size_t)snprintf(
			text + len, size - len, "%s%s", len ? " " : "",
			strncmp(name, "PG_", 3) ? name : name + 3);
	}
}

static void page_is(const struct search *w)
{
	struct introspect *in = session_introspect(w->s);
	struct introspect_page p;
	char flags[256];
	int err = introspect_page_of(in, w->va, &p);

	if (err)
		return;
	flags_text(in, p.flags, flags, sizeof(flags));
	row(w->r, "page",
	    "IPA 0x%" PRIx64 ", struct page 0x%" PRIx64 "%s, %s, %" PRId64
	    " references, flags 0x%" PRIx64 " %s",
	    p.ipa, p.va, p.head == p.va ? "" : " (a tail)",
	    p.slab    ? "slab"
	    : p.buddy ? "free"
		      : "in use",
	    (int64_t)(int32_t)p.refs, p.flags, flags);
}

static bool user_see(void *opaque, const struct introspect_vma *vma)
{
	const struct search *w = opaque;
	char path[512] = "anonymous";

	if (w->va < vma->start || w->va >= vma->end)
		return true;
	if (vma->file)
		introspect_file_path(session_introspect(w->s), vma->file, path,
				     sizeof(path));
	row(w->r, "user",
	    "0x%" PRIx64 "-0x%" PRIx64 " %c%c%c, %s, vm_area_struct 0x%" PRIx64,
	    vma->start, vma->end, vma->flags & 1 ? 'r' : '-',
	    vma->flags & 2 ? 'w' : '-', vma->flags & 4 ? 'x' : '-', path,
	    vma->va);
	return false;
}

/*
 * Find the address in the memory of the current task of the vCPU that stopped.
 */
static int user_is(struct search *w)
{
	struct introspect *in = session_introspect(w->s);
	unsigned int vcpu = session_vcpu(w->s);
	va_t task, mm;

	if (introspect_current_task(in, vcpu, &task) ||
	    introspect_get(in, "task_struct", task, "mm", &mm) || !mm)
		return -ENOENT;
	return introspect_vma_each(in, mm, user_see, w);
}

static int cmd_whatis(struct session *s, const char *args, FILE *out)
{
	struct record r;
	struct search w = { .r = &r, .s = s };
	int err = session_address(s, args, &w.va, out);

	if (err)
		return err;
	record_begin(&r, s, out);
	if (w.va & VA_UPPER_HALF) {
		symbol_is(&w);
		percpu_is(&w);
		task_is(&w);
		slab_is(&w);
		linux_note(&r, "the list of vmalloc areas",
			   introspect_vmap_each(session_introspect(s), vmap_see,
						&w));
		page_is(&w);
	} else {
		linux_note(&r, "areas of the current task", user_is(&w));
	}
	if (!r.rows)
		record_note(&r, "0x%" PRIx64 ": unknown address", w.va);
	record_end(&r);
	return r.rows ? 0 : -ENOENT;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "whatis", "ADDRESS|NAME [--json]",
	  "symbol, stack, slab object, per-CPU variable, page, area\n"
	  "whatis 0xffff000002ab2500\nwhatis init_task --json",
	  SESSION_LINUX, cmd_whatis },
	{ "slab", "ADDRESS [--json]",
	  "the cache and object of an address, their state, neighbours\n"
	  "slab 0xffff000002ab2500", SESSION_LINUX, cmd_slab },
};
/* clang-format on */

int session_commands_kmem(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
