// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_sched.c - commands about running tasks, waiting tasks, and their stacks
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

#define MAX_FRAMES   64
#define MAX_SELECTED 16384U /* tasks: each stack is compared with the others */

/* --- run queues -------------------------------------------------------------- */

static uint64_t task_number(struct introspect *in, va_t task, const char *path)
{
	uint64_t value = 0;

	introspect_get(in, "task_struct", task, path, &value);
	return value;
}

static bool is_current(struct introspect *in, unsigned int cpu, va_t task)
{
	va_t current;

	return !introspect_percpu_number(in, "runqueues", cpu, "curr",
					 &current) &&
	       current == task;
}

static void runq_row(struct record *r, struct session *s,
		     const struct introspect_task *t, unsigned int cpu)
{
	struct introspect *in = session_introspect(s);
	bool current = is_current(in, cpu, t->va);
	struct introspect_symbol sym;
	va_t class = task_number(in, t->va, "sched_class");

	record_number(r, "cpu", 3, cpu);
	record_text(r, "now", -3, current ? ">" : "");
	record_number(r, "pid", 7, t->pid);
	record_number(r, "prio", 4, (int32_t)task_number(in, t->va, "prio"));
	record_number(r, "vruntime", 15,
		      (int64_t)task_number(in, t->va, "se.vruntime"));
	record_hex(r, "task", t->va);
	record_text(r, "class", -16,
		    !introspect_symbol_by_address(in, class, &sym) &&
				    sym.va == class
			    ? sym.name
			    : "");
	record_text(r, "comm", -1, t->comm);
	record_row(r);
}

/* Add the rows of one CPU, and a note if the kernel counts other tasks. */
static void runq_cpu(struct record *r, struct session *s, unsigned int cpu,
		     const struct introspect_task *tasks, unsigned int nr)
{
	struct introspect *in = session_introspect(s);
	uint64_t running, found = 0;
	bool idle;

	if (introspect_percpu_number(in, "runqueues", cpu, "nr_running",
				     &running)) {
		record_note(r, "CPU %u: its run queue cannot be read", cpu);
		return;
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (tasks[i].cpu != cpu)
			continue;
		idle = !tasks[i].pid;
		if (!(idle ? is_current(in, cpu, tasks[i].va)
			   : !!task_number(in, tasks[i].va, "on_rq")))
			continue;
		found += !idle;
		runq_row(r, s, &tasks[i], cpu);
	}
	if (found != running)
		record_note(r,
			    "CPU %u: the run queue counts %" PRIu64
			    " tasks, %" PRIu64 " are found",
			    cpu, running, found);
}

static int cmd_runq(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_task *tasks;
	struct introspect_object rq;
	struct record r;
	unsigned int nr;
	int err = introspect_task_list(in, &tasks, &nr);

	record_begin(&r, s, out);
	linux_note(&r, "the list of tasks", err);
	if (introspect_percpu(in, "runqueues", 0, &rq)) {
		err = -ENOENT;
		record_note(&r, "the per-CPU variable runqueues is not found");
	}
	for (unsigned int i = 0; err != -ENOENT && i < introspect_nr_cpus(in);
	     i++)
		runq_cpu(&r, s, i, tasks, nr);
	record_end(&r);
	free(tasks);
	return err;
}

/* --- stacks that are the same ------------------------------------------------- */

struct stack {
	struct introspect_frame frames[MAX_FRAMES];
	int nr, why;
	bool is_cpu; /* the task runs */
	bool shown;
};

static void stack_read(struct session *s, const struct introspect_task *t,
		       struct stack *ret)
{
	struct introspect *in = session_introspect(s);
	struct guest *g = session_guest(s);
	struct guest_regs regs;
	va_t task;

	*ret = (struct stack){ .why = -EFAULT };
	for (unsigned int i = 0; i < g->nr_vcpus; i++) {
		if (!g->ops->vcpu_online(g, i) ||
		    introspect_current_task(in, i, &task) || task != t->va)
			continue;
		ret->is_cpu = true;
		if (view_regs_get(&s->view, i, GUEST_REG_ALL, &regs))
			return;
		break;
	}
	/* While a task runs, its saved registers are old. */
	if (!ret->is_cpu && t->on_cpu)
		return;
	if (ret->is_cpu || !introspect_task_regs(in, t->va, &regs))
		ret->nr = introspect_backtrace(in, &regs, ret->frames,
					       MAX_FRAMES, &ret->why);
}

static bool stack_same(const struct stack *a, const struct stack *b)
{
	if (a->nr != b->nr || a->why != b->why || a->is_cpu != b->is_cpu)
		return false;
	for (int i = 0; i < a->nr; i++)
		if (a->frames[i].kind != b->frames[i].kind ||
		    (a->frames[i].kind != INTROSPECT_FRAME_USER &&
		     a->frames[i].pc != b->frames[i].pc))
			return false;
	return true;
}

/* Does the word select this task? An empty word selects all tasks. */
static bool foreach_selects(const char *word, const struct introspect_task *t)
{
	if (!*word || !strcmp(word, "all"))
		return true;
	if (!strcmp(word, "blocked"))
		return t->state == 'D';
	if (!strcmp(word, "kernel") || !strcmp(word, "user"))
		return t->kthread == (*word == 'k');
	return !strcmp(word, t->comm);
}

/* "3 tasks: pid 4 kworker/0:0 I, ...": a long list is cut, the count is right. */
static void group_title(struct record *r, const struct introspect_task *tasks,
			struct stack *stacks, unsigned int first,
			unsigned int nr)
{
	char text[sizeof(r->title)];
	unsigned int same = 0;
	size_t len = 0;

	for (unsigned int i = first; i < nr; i++) {
		if (stacks[i].shown || !stack_same(&stacks[first], &stacks[i]))
			continue;
		if (i != first)
			stacks[i].shown = true;
		same++;
		if (len + 40 < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%spid %d %s %c",
						len ? ", " : "", tasks[i].pid,
						tasks[i].comm, tasks[i].state);
	}
	record_title(r, "%u task%s: %.*s", same, same == 1 ? "" : "s",
		     (int)sizeof(text) - 24, text);
}

static void group_show(struct record *r, struct session *s,
		       const struct stack *stack)
{
	for (int i = 0; i < stack->nr; i++) {
		const struct introspect_frame *f = &stack->frames[i];

		record_number(r, "#", 3, i);
		record_hex(r, "pc", f->pc);
		record_symbol(r, s, "function", f->pc,
			      f->kind == INTROSPECT_FRAME_CALL ||
				      f->kind == INTROSPECT_FRAME_MAYBE);
		record_row(r);
	}
	if (stack->why)
		record_note(r, "%.60s: the stack cannot be read to its end",
			    r->title);
}

static int cmd_foreach(struct session *s, const char *args, FILE *out)
{
	struct introspect_task *tasks;
	struct stack *stacks;
	struct record r;
	unsigned int nr, selected = 0;
	int err = introspect_task_list(session_introspect(s), &tasks, &nr);

	record_begin(&r, s, out);
	linux_note(&r, "the list of tasks", err);
	stacks = calloc(nr ? nr : 1, sizeof(*stacks));
	if (!stacks)
		err = -ENOMEM;
	for (unsigned int i = 0; stacks && i < nr; i++) {
		if (selected == MAX_SELECTED) {
			record_note(&r, "only the first %u tasks are shown",
				    selected);
			break;
		}
		if (!foreach_selects(args, &tasks[i]))
			continue;
		tasks[selected] = tasks[i];
		stack_read(s, &tasks[i], &stacks[selected++]);
	}
	for (unsigned int i = 0; i < selected; i++) {
		if (stacks[i].shown)
			continue;
		group_title(&r, tasks, stacks, i, selected);
		group_show(&r, s, &stacks[i]);
	}
	if (!selected)
		record_note(&r, "no task is selected");
	record_end(&r);
	free(stacks);
	free(tasks);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "runq", "[--json]",
	  "the tasks that each CPU runs (>) or could run\nrunq",
	  SESSION_LINUX, cmd_runq },
	{ "foreach", "[all|blocked|kernel|user|COMM] [--json]",
	  "kernel stacks; tasks with the same stack are shown together\n"
	  "foreach blocked\nforeach sh", SESSION_LINUX, cmd_foreach },
};
/* clang-format on */

int session_commands_sched(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
