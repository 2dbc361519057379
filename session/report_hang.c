// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_hang.c - the title, the sentences and the tables of a hang
 *
 * Each cause names the task that hangs, the function that it hangs in, and the
 * task that has to act, if this is known.
 */
#include "hang.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/util.h>

#define WHO 64

/* "insmod (pid 57) on CPU 0"; cpu -1: the task does not run. */
static void who(const struct introspect_task *task, int cpu, char *buf,
		size_t size)
{
	char on[24] = "";

	if (cpu >= 0)
		snprintf(on, sizeof(on), " on CPU %d", cpu);
	if (task->va)
		snprintf(buf, size, "%s (pid %d)%s", task->comm, task->pid, on);
	else
		snprintf(buf, size, "%s", cpu >= 0 ? on + 4 : "a task");
}

static int cpu_of(const struct crash *c, const struct introspect_task *task)
{
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		if (c->hang->cpus[i].online && task->va &&
		    c->hang->cpus[i].task.va == task->va)
			return (int)i;
	return -1;
}

/* " for 31 s", or "" */
static void duration(uint64_t ns, char *buf, size_t size)
{
	*buf = '\0';
	if (ns >= NS_PER_S)
		snprintf(buf, size, " for %" PRIu64 " s", ns / NS_PER_S);
}

/* "the mutex device_lock" */
static void lock_text(struct crash *c, const struct hang_wait *w, char *buf,
		      size_t size)
{
	struct introspect_symbol sym;

	if (!w->lock)
		snprintf(buf, size, "a %s", w->kind);
	else if (introspect_symbol_exact(c->in, w->lock, &sym))
		snprintf(buf, size, "the %s at 0x%016" PRIx64, w->kind,
			 w->lock);
	else
		snprintf(buf, size, "the %s %s", w->kind, sym.name);
}

unsigned int hang_cycle(const struct hang *h, char (*ret)[CRASH_NAME],
			unsigned int max)
{
	const char *last = "";
	unsigned int nr = 0;

	while (nr < max) {
		const char *name = NULL;

		for (unsigned int i = 0; i < h->nr_waits; i++) {
			const char *f = h->waits[i].function;

			if (h->waits[i].in_cycle && strcmp(f, last) > 0 &&
			    (!name || strcmp(f, name) < 0))
				name = f;
		}
		if (!name)
			break;
		snprintf(ret[nr++], CRASH_NAME, "%s", name);
		last = name;
	}
	return nr;
}

/* --- sentences -------------------------------------------------------------*/

/* ", which owner (pid 60) holds"; "": the holder is not known */
static void holder_text(struct crash *c, const struct hang_wait *w, char *buf,
			size_t size)
{
	char holder[WHO];

	*buf = '\0';
	if (!w->proof)
		return;
	if (w->holder.va == w->task.va) {
		snprintf(buf, size, ", which the same task holds");
		return;
	}
	who(&w->holder, cpu_of(c, &w->holder), holder, sizeof(holder));
	snprintf(buf, size, ", which %s holds", holder);
}

static void wait_sentence(struct crash *c, const struct hang_wait *w, char *buf,
			  size_t size)
{
	char waiter[WHO], holder[2 * WHO], lock[HANG_PLACE], time[32];
	const char *place = *w->place ? w->place : "an unknown place";

	who(&w->task, w->cpu, waiter, sizeof(waiter));
	duration(w->ns, time, sizeof(time));
	if (!w->kind) {
		snprintf(buf, size, "%s has waited%s in %s.", waiter, time,
			 place);
		return;
	}
	lock_text(c, w, lock, sizeof(lock));
	holder_text(c, w, holder, sizeof(holder));
	snprintf(buf, size, "%s has waited%s in %s for %s%s.", waiter, time,
		 place, lock, holder);
}

static void proof_explain(struct crash *c, const struct hang_wait *w)
{
	char lock[HANG_PLACE], holder[WHO];

	lock_text(c, w, lock, sizeof(lock));
	who(&w->holder, cpu_of(c, &w->holder), holder, sizeof(holder));
	switch (w->proof) {
	case HANG_CODE:
		doc_detail(c->d, "%s, on the stack of %s, takes %s.",
			   w->holder_function, holder, lock);
		break;
	case HANG_STACK:
		doc_detail(c->d,
			   "The address of %s is on the stack of %s, in %s.",
			   lock, holder, w->holder_function);
		break;
	case HANG_ALONE:
		doc_detail(c->d, "No other CPU runs code of the kernel, so no "
				 "other task can hold the lock.");
		break;
	default:
		break;
	}
}

static void deadlock_explain(struct crash *c)
{
	const struct hang *h = c->hang;
	const struct hang_wait *w = &h->waits[h->first];

	wait_sentence(c, w, c->d->cause, DOC_LINE);
	for (int i = w->next; i >= 0 && i != (int)h->first;
	     i = h->waits[i].next) {
		char text[DOC_LINE];

		wait_sentence(c, &h->waits[i], text, sizeof(text));
		doc_detail(c->d, "%s", text);
	}
	for (unsigned int i = 0; i < h->nr_waits; i++)
		if (h->waits[i].in_cycle)
			proof_explain(c, &h->waits[i]);
}

static void task_explain(struct crash *c)
{
	const struct hang *h = c->hang;
	const struct hang_wait *w = &h->waits[h->first];
	char holder[WHO];
	int cpu = cpu_of(c, &w->holder);

	wait_sentence(c, w, c->d->cause, DOC_LINE);
	if (w->proof) {
		who(&w->holder, cpu, holder, sizeof(holder));
		doc_detail(c->d, "%s %s%s%s.", holder,
			   cpu >= 0 ? "runs" : "sleeps",
			   *w->holder_function ? " in " : "",
			   w->holder_function);
	}
	if (h->same > 1)
		doc_detail(c->d, "%u tasks wait for this task.", h->same);
}

static void cpu_explain(struct crash *c)
{
	static const char *const texts[] = {
		[CRASH_IRQS] = "has run with interrupts off",
		[CRASH_LOCKUP] = "has not let another task run",
		[CRASH_RCU] = "has kept RCU waiting",
	};
	const struct hang *h = c->hang;
	const struct hang_cpu *cpu = &h->cpus[h->cpu];
	char subject[WHO], time[32], name[CRASH_NAME], place[HANG_PLACE];

	who(&cpu->task, (int)h->cpu, subject, sizeof(subject));
	duration(h->ns, time, sizeof(time));
	hang_function(c, c->frames, c->nr_frames, c->first, name, sizeof(name),
		      place, sizeof(place));
	snprintf(c->d->cause, DOC_LINE, "%s %s%s, in %s.", subject,
		 texts[h->kind], time, *place ? place : "an unknown place");
	for (unsigned int i = 0; i < h->nr_waits; i++) {
		char text[DOC_LINE];

		if (h->waits[i].cpu != (int)h->cpu)
			continue;
		wait_sentence(c, &h->waits[i], text, sizeof(text));
		doc_detail(c->d, "%s", text);
		proof_explain(c, &h->waits[i]);
	}
}

static void memory_explain(struct crash *c)
{
	const struct introspect_task *task = &c->hang->hungry;
	char subject[WHO], name[CRASH_NAME], place[HANG_PLACE];

	who(task, cpu_of(c, task), subject, sizeof(subject));
	hang_function(c, c->frames, c->nr_frames, c->first, name, sizeof(name),
		      place, sizeof(place));
	snprintf(c->d->cause, DOC_LINE,
		 "%s wants memory in %s, and the kernel looks for it in vain, "
		 "again and again.",
		 subject, *place ? place : "an unknown place");
	hang_memory_explain(c);
}

void hang_explain(struct crash *c)
{
	switch (c->hang->kind) {
	case CRASH_DEADLOCK:
		deadlock_explain(c);
		break;
	case CRASH_HUNG:
		task_explain(c);
		break;
	case CRASH_MEMORY:
		memory_explain(c);
		break;
	default:
		cpu_explain(c);
		break;
	}
}

/* --- tables ----------------------------------------------------------------*/

/* Seconds; "": not known. */
static void ago_cell(struct crash *c, struct doc_table *t, uint64_t ns)
{
	if (ns)
		doc_cell(c->d, t, "%" PRIu64 ".%01u", ns / NS_PER_S,
			 (unsigned int)(ns / (NS_PER_S / 10) % 10));
	else
		doc_cell(c->d, t, "%s", "");
}

static void cpus(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "cpu", DOC_NUMBER },      { "doing", DOC_TEXT },
		{ "interrupts", DOC_TEXT }, { "runnable", DOC_NUMBER },
		{ "tick_s_ago", DOC_TEXT }, { "watchdog_s_ago", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "progress",
					"What the CPUs did last", columns,
					ARRAY_SIZE(columns));

	for (unsigned int i = 0; i < c->g->nr_vcpus; i++) {
		const struct hang_cpu *cpu = &c->hang->cpus[i];
		bool spins = false;

		if (!cpu->online || !cpu->has_state)
			continue;
		for (unsigned int n = 0; n < c->hang->nr_waits; n++)
			spins |= c->hang->waits[n].cpu == (int)i;
		doc_cell(c->d, t, "%u", i);
		doc_cell(c->d, t, "%s",
			 cpu->idle ? "idle"
			 : spins   ? "spins"
				   : "runs");
		doc_cell(c->d, t, "%s", cpu->irqs_off ? "off" : "on");
		doc_cell(c->d, t, "%u", cpu->state.running);
		ago_cell(c, t, cpu->state.tick_age);
		ago_cell(c, t, hang_age(c->hang, cpu->state.touched));
	}
}

static void waits(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "waiter", DOC_TEXT },  { "in", DOC_TEXT },
		{ "seconds", DOC_TEXT }, { "lock", DOC_TEXT },
		{ "holder", DOC_TEXT },  { "holder_in", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "waits", "Who waits for whom",
					columns, ARRAY_SIZE(columns));

	for (unsigned int i = 0; i < c->hang->nr_waits; i++) {
		const struct hang_wait *w = &c->hang->waits[i];
		char text[HANG_PLACE];

		who(&w->task, w->cpu, text, sizeof(text));
		doc_cell(c->d, t, "%s", text);
		doc_cell(c->d, t, "%s", w->function);
		ago_cell(c, t, w->ns);
		*text = '\0';
		if (w->kind)
			lock_text(c, w, text, sizeof(text));
		doc_cell(c->d, t, "%s", text);
		*text = '\0';
		if (w->proof)
			who(&w->holder, cpu_of(c, &w->holder), text,
			    sizeof(text));
		doc_cell(c->d, t, "%s", text);
		doc_cell(c->d, t, "%s", w->holder_function);
	}
}

void hang_sections(struct crash *c)
{
	if (!c->hang)
		return;
	if (c->hang->kind)
		cpus(c);
	waits(c);
}
