// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unwind.c - the calls on a kernel stack, by frame pointers
 *
 * Each frame record has the caller's frame pointer and a return address, which
 * may be signed. An exception puts a record into struct pt_regs, so the chain
 * crosses exceptions. Up to 6.13 the record of an exception has the interrupted
 * x29 and PC; such a record is recognised by the code that called the handler
 * (el1h_64_irq and the like). Since then the record is zero, and a word after
 * it names its type (c2c6b27b5aa1 "arm64: stacktrace: unwind exception
 * boundaries"). The record of an exception from EL0, or of a thread's start,
 * ends the chain.
 *
 * A frame pointer grows along the chain, except where the kernel changes the
 * stack. The number of such changes is limited, so no chain is endless.
 */
#include "state.h"

#include <errno.h>
#include <string.h>

#define MAX_CHANGES 8

/* enum values of arch/arm64/include/asm/stacktrace/frame.h */
#define FRAME_META_FINAL   1
#define FRAME_META_PT_REGS 2

struct walk {
	struct introspect *in;
	struct introspect_frame *frames;
	unsigned int nr, max;
};

static void add(struct walk *w, va_t pc, va_t fp,
		enum introspect_frame_kind kind)
{
	if (w->nr < w->max)
		w->frames[w->nr++] = (struct introspect_frame){
			.pc = pc,
			.fp = fp,
			.kind = kind,
		};
}

static bool name_at(struct introspect *in, va_t pc, const char **ret)
{
	struct introspect_symbol sym;

	if (introspect_symbol_by_address(in, pc, &sym))
		return false;
	*ret = sym.name;
	return true;
}

/* Is pc in the code that saves the registers of an exception? */
static bool is_entry(struct introspect *in, va_t pc)
{
	static const char *const starts[] = { "el1h_64_", "el1t_64_",
					      "el0t_64_", "el0t_32_" };
	const char *name;

	if (!name_at(in, pc - 4, &name) || strstr(name, "_handler"))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(name, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/* The registers of an exception whose record is at fp. */
static int regs_read(struct introspect *in, va_t fp, struct guest_regs *ret,
		     va_t *at)
{
	uint32_t record;
	uint64_t words[34];

	if (layout_offset(in, "pt_regs", "stackframe", &record))
		return -ENOENT;
	*at = fp - record;
	if (introspect_read(in, *at, words, sizeof(words)))
		return -EFAULT;
	memcpy(ret->x, words, sizeof(ret->x));
	ret->sp = words[31];
	ret->pc = words[32];
	ret->pstate = words[33];
	return 0;
}

/*
 * Add LR as a possible caller. If the interrupted function has not saved LR
 * yet, no record has the caller: the next record has the caller's caller.
 */
static void maybe_add(struct walk *w, const struct guest_regs *regs)
{
	va_t lr = kva_strip_pac(w->in, regs->x[30]), saved;
	struct introspect_symbol a, b;

	if (introspect_symbol_by_address(w->in, lr - 4, &a) ||
	    introspect_symbol_by_address(w->in, regs->pc, &b) || a.va == b.va)
		return;
	if (!introspect_read(w->in, regs->x[29] + 8, &saved, sizeof(saved)) &&
	    kva_strip_pac(w->in, saved) == lr)
		return;
	add(w, lr, regs->x[29], INTROSPECT_FRAME_MAYBE);
}

/* Continue at an exception's registers; false: the chain ends here. */
static bool cross(struct walk *w, const struct guest_regs *regs, va_t at,
		  va_t *fp)
{
	if (!FIELD_GET(PSTATE_EL, regs->pstate)) {
		add(w, regs->pc, 0, INTROSPECT_FRAME_USER);
		return false;
	}
	add(w, regs->pc, regs->x[29], INTROSPECT_FRAME_EXCEPTION);
	if (w->nr)
		w->frames[w->nr - 1].regs = at;
	maybe_add(w, regs);
	*fp = regs->x[29];
	return true;
}

/* The record is 0: continue at its exception; false: the chain ends here. */
static bool end(struct walk *w, bool entry, va_t *fp)
{
	struct guest_regs regs;
	uint32_t type_at;
	uint64_t type;
	va_t at;

	if (!layout_offset(w->in, "frame_record_meta", "type", &type_at)) {
		entry = !introspect_read(w->in, *fp + type_at, &type,
					 sizeof(type)) &&
			(type == FRAME_META_FINAL ||
			 type == FRAME_META_PT_REGS);
	}
	if (!entry || regs_read(w->in, *fp, &regs, &at))
		return false;
	/* The start of a kernel thread has no registers. */
	if (!regs.pc)
		return false;
	return cross(w, &regs, at, fp);
}

int introspect_backtrace(struct introspect *in, const struct guest_regs *from,
			 struct introspect_frame *ret, unsigned int max,
			 int *why)
{
	struct walk w = { .in = in, .frames = ret, .max = max };
	va_t fp = from->x[29], pc = from->pc, last = 0;
	unsigned int changes = 0;
	struct guest_regs regs;
	uint64_t record[2];
	va_t at;

	*why = 0;
	if (!FIELD_GET(PSTATE_EL, from->pstate)) {
		add(&w, pc, 0, INTROSPECT_FRAME_USER);
		return (int)w.nr;
	}
	add(&w, pc, fp, INTROSPECT_FRAME_PC);
	maybe_add(&w, from);
	while (w.nr < max) {
		bool entry;

		if (fp <= last && ++changes > MAX_CHANGES) {
			*why = -ELOOP;
			break;
		}
		last = fp;
		if (!kva_is_kernel(fp) || fp & 7 ||
		    introspect_read(in, fp, record, sizeof(record))) {
			*why = -EFAULT;
			break;
		}
		entry = is_entry(in, pc);
		if (!record[0] && !record[1]) {
			if (!end(&w, entry, &fp))
				break;
			pc = 0;
			continue;
		}
		pc = kva_strip_pac(in, record[1]);
		if (entry && !regs_read(in, fp, &regs, &at) && regs.pc == pc &&
		    regs.x[29] == record[0]) {
			if (!cross(&w, &regs, at, &fp))
				break;
			continue;
		}
		fp = record[0];
		add(&w, pc, fp, INTROSPECT_FRAME_CALL);
	}
	return (int)w.nr;
}

int introspect_task_regs(struct introspect *in, va_t task,
			 struct guest_regs *ret)
{
	const struct {
		const char *path;
		uint64_t *value;
	} want[] = {
		{ "thread.cpu_context.fp", &ret->x[29] },
		{ "thread.cpu_context.sp", &ret->sp },
		{ "thread.cpu_context.pc", &ret->pc },
	};
	char path[32];
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(want); i++)
		err = introspect_get(in, "task_struct", task, want[i].path,
				     want[i].value);
	for (unsigned int i = 19; !err && i < 29; i++) {
		snprintf(path, sizeof(path), "thread.cpu_context.x%u", i);
		err = introspect_get(in, "task_struct", task, path, &ret->x[i]);
	}
	ret->pc = kva_strip_pac(in, ret->pc);
	ret->pstate = FIELD_PREP(PSTATE_EL, 1ULL) | 1;
	return err;
}
