// SPDX-License-Identifier: GPL-2.0-or-later
/* linux.c - see linux.h */
#include "linux.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

int linux_task(struct session *s, const char *word, struct introspect_task *ret,
	       FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_task *tasks;
	unsigned int nr;
	uint64_t n;
	int err = -ENOENT;

	if (!number_parse(word, NULL, &n)) {
		fprintf(out, "give a pid, or the address of a task_struct\n");
		return -EINVAL;
	}
	introspect_task_list(in, &tasks, &nr);
	for (unsigned int i = 0; i < nr && err; i++) {
		if (tasks[i].va != n && (uint64_t)tasks[i].pid != n)
			continue;
		*ret = tasks[i];
		err = 0;
	}
	free(tasks);
	/* The task may be in no list any more: read it at this address. */
	if (err && n > UINT32_MAX)
		err = introspect_task_read(in, n, ret);
	if (err)
		fprintf(out, "no task %s: ps lists them\n", word);
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT:
		return "the kernel does not have it, or its BTF lacks a name";
	case -EFAULT:
		return "a part of it cannot be read";
	case -ELOOP:
		return "it is damaged: it does not end";
	case -EBADMSG:
		return "it is damaged";
	default:
		return strerror(-err);
	}
}

void linux_note(struct record *r, const char *what, int err)
{
	if (err)
		record_note(r, "%s: %s", what, why(err));
}

/* --- slab objects -------------------------------------------------------------- */

#define TRACK_FRAMES  16
#define TRACK_CALLERS 4 /* callers of the caller that are shown */

const char *const linux_slab_states[] = {
	[INTROSPECT_SLAB_ALLOCATED] = "allocated",
	[INTROSPECT_SLAB_FREE] = "free",
	[INTROSPECT_SLAB_CPU] = "free, kept by a CPU",
	[INTROSPECT_SLAB_BARN] = "free, kept by a node",
	[INTROSPECT_SLAB_UNKNOWN] =
		"unknown: a list of free objects is damaged",
};

/* Print the functions that called the caller, from the stored stack. */
static void callers_print(struct introspect *in,
			  const struct introspect_track *t, FILE *out)
{
	va_t stack[TRACK_FRAMES];
	unsigned int nr = introspect_track_stack(in, t, stack, TRACK_FRAMES);
	struct introspect_symbol sym;
	unsigned int i = 0;

	while (i < nr && stack[i] != t->caller)
		i++;
	nr = min(nr, i + 1 + TRACK_CALLERS);
	for (i++; i < nr; i++)
		if (!introspect_symbol_by_address(in, stack[i] - 4, &sym))
			fprintf(out, " < %s", sym.name);
}

void linux_track_text(struct introspect *in, const struct introspect_track *t,
		      char *buf, size_t size)
{
	struct introspect_symbol sym;
	FILE *out;

	*buf = '\0';
	if (!t->caller)
		return;
	out = fmemopen(buf, size, "w");
	if (!out)
		return;
	if (introspect_symbol_by_address(in, t->caller - 4, &sym))
		fprintf(out, "0x%016" PRIx64, t->caller);
	else
		fprintf(out, "%s+0x%" PRIx64 "%s%s%s", sym.name,
			t->caller - sym.va, *sym.module ? " [" : "", sym.module,
			*sym.module ? "]" : "");
	callers_print(in, t, out);
	fprintf(out, ", pid %d, CPU %u", t->pid, t->cpu);
	fclose(out);
	buf[size - 1] = '\0';
}

/* --- the OOM killer ------------------------------------------------------------ */

void linux_victim_each(struct introspect *in,
		       void (*see)(void *opaque,
				   const struct introspect_task *task),
		       void *opaque)
{
	struct introspect_task *tasks;
	unsigned int nr;
	va_t mm;

	introspect_task_list(in, &tasks, &nr);
	for (unsigned int i = 0; i < nr; i++)
		if (!introspect_get(in, "task_struct", tasks[i].va,
				    "signal->oom_mm", &mm) &&
		    mm)
			see(opaque, &tasks[i]);
	free(tasks);
}
