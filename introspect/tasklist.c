// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tasklist.c - all tasks of the kernel
 *
 * The list begins at init_task, the idle task of CPU 0. A kernel without
 * KALLSYMS_ALL has no symbol init_task, but every chain of parents ends at this
 * task. The members of task_struct.tasks are processes; each process has a list
 * of its threads. The other CPUs' idle tasks are in no list, and are found only
 * while they run.
 */
#include "state.h"
#include "textref.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>

#define MAX_PARENTS 1024
#define MAX_TASKS   SZ_64K
#define CANDIDATES  32
#define PF_KTHREAD  0x00200000

/*
 * Letters of the states, by the number of the highest bit of the state, as in
 * task_state_array (fs/proc/array.c).
 */
static const char letters[] = "RSDTtXZPI";

#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_REPORT          0x007f
#define TASK_NOLOAD          0x0400

static char state_letter(uint64_t state, uint64_t exit_state)
{
	uint64_t report = (state | exit_state) & TASK_REPORT;

	if ((state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) ==
	    (TASK_UNINTERRUPTIBLE | TASK_NOLOAD))
		return 'I';
	return report ? letters[64 - __builtin_clzll(report)] : letters[0];
}

static int number(struct introspect *in, va_t task, const char *path,
		  uint64_t *ret)
{
	return introspect_get(in, "task_struct", task, path, ret);
}

int introspect_task_read(struct introspect *in, va_t task,
			 struct introspect_task *ret)
{
	struct introspect_task t = { .va = task };
	uint64_t pid, tgid, ppid, flags, state, exit_state = 0, cpu = 0, on = 0;
	uint32_t comm;
	va_t parent;

	if (layout_offset(in, "task_struct", "comm", &comm))
		return -ENOENT;
	if (!kva_is_kernel(task) || number(in, task, "pid", &pid) ||
	    number(in, task, "tgid", &tgid) ||
	    number(in, task, "flags", &flags) ||
	    number(in, task, "stack", &t.stack) ||
	    introspect_read(in, task + comm, t.comm, sizeof(t.comm) - 1))
		return -EFAULT;
	if (number(in, task, "__state", &state) &&
	    number(in, task, "state", &state))
		return -EFAULT;
	number(in, task, "exit_state", &exit_state);
	if (number(in, task, "thread_info.cpu", &cpu))
		number(in, task, "cpu", &cpu);
	number(in, task, "on_cpu", &on);
	number(in, task, "se.sum_exec_runtime", &t.ns);
	if (!number(in, task, "real_parent", &parent) &&
	    !number(in, parent, "tgid", &ppid))
		t.ppid = (int)ppid;
	t.pid = (int)pid;
	t.tgid = (int)tgid;
	t.cpu = (unsigned int)cpu;
	t.on_cpu = on;
	t.kthread = flags & PF_KTHREAD;
	t.state = state_letter(state, exit_state);
	text_clean(t.comm, strlen(t.comm));
	*ret = t;
	return 0;
}

/* init_task is its own parent, and the only such task with pid 0. */
static bool is_init_task(struct introspect *in, va_t task)
{
	va_t parent;
	uint64_t pid;

	return kva_is_kernel(task) &&
	       !number(in, task, "real_parent", &parent) && parent == task &&
	       !number(in, task, "pid", &pid) && !pid;
}

/* The end of the chain of parents of a task that runs. */
static int init_task_by_parents(struct introspect *in, va_t *ret)
{
	int err = -ENOENT;
	va_t task;

	for (unsigned int i = 0; i < in->g->nr_vcpus && err; i++)
		err = introspect_current_task(in, i, &task);
	for (unsigned int i = 0; !err && i < MAX_PARENTS; i++) {
		if (is_init_task(in, task)) {
			*ret = task;
			return 0;
		}
		err = number(in, task, "real_parent", &task);
	}
	return err ? err : -ELOOP;
}

/*
 * The code of for_each_process() has the address of init_task or of its member
 * tasks. This is for a dump without system registers, in which no current task
 * is known.
 */
static int init_task_by_code(struct introspect *in, va_t *ret)
{
	static const char *const walkers[] = { "show_state_filter",
					       "normalize_rt_tasks" };
	uint64_t ref[CANDIDATES];
	uint32_t tasks;

	if (layout_offset(in, "task_struct", "tasks", &tasks))
		return -ENOENT;
	for (size_t w = 0; w < ARRAY_SIZE(walkers); w++) {
		unsigned int nr = textref_scan(in, walkers[w], ref, CANDIDATES);

		for (unsigned int i = 0; i < 2 * nr; i++) {
			*ret = in->kva.text + ref[i / 2] - (i % 2 ? tasks : 0);
			if (is_init_task(in, *ret))
				return 0;
		}
	}
	return -ENOENT;
}

static int init_task(struct introspect *in, va_t *ret)
{
	int err;

	if (!introspect_symbol_by_name(in, "init_task", ret))
		return 0;
	err = init_task_by_parents(in, ret);
	return err ? init_task_by_code(in, ret) : 0;
}

struct collect {
	struct introspect *in;
	struct introspect_task *tasks;
	unsigned int nr, max;
};

static int add(struct collect *c, va_t task)
{
	struct introspect_task *more;
	int err;

	if (c->nr == MAX_TASKS)
		return -E2BIG;
	if (c->nr == c->max) {
		c->max = c->max ? 2 * c->max : 64;
		more = realloc(c->tasks, c->max * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->tasks = more;
	}
	err = introspect_task_read(c->in, task, &c->tasks[c->nr]);
	if (!err)
		c->nr++;
	return err;
}

/* The other threads of a process. */
static int threads_add(struct collect *c, va_t leader)
{
	uint32_t head, node;
	struct introspect_list l;
	va_t signal, at;
	int err;

	if (layout_offset(c->in, "signal_struct", "thread_head", &head) ||
	    layout_offset(c->in, "task_struct", "thread_node", &node) ||
	    number(c->in, leader, "signal", &signal))
		return -ENOENT;
	introspect_list_init(&l, signal + head);
	while ((err = introspect_list_next(c->in, &l, &at)) > 0) {
		if (at - node == leader)
			continue;
		err = add(c, at - node);
		if (err)
			break;
	}
	return err;
}

static bool has(const struct collect *c, va_t task)
{
	for (unsigned int i = 0; i < c->nr; i++)
		if (c->tasks[i].va == task)
			return true;
	return false;
}

static int tasks_add(struct collect *c)
{
	struct introspect_list l;
	va_t first, at;
	uint32_t tasks;
	int err = init_task(c->in, &first);

	if (err)
		return err;
	if (layout_offset(c->in, "task_struct", "tasks", &tasks))
		return -ENOENT;
	err = add(c, first);
	introspect_list_init(&l, first + tasks);
	while (!err && (err = introspect_list_next(c->in, &l, &at)) > 0) {
		err = add(c, at - tasks);
		if (!err)
			err = threads_add(c, at - tasks);
	}
	return err;
}

int introspect_task_list(struct introspect *in, struct introspect_task **ret,
			 unsigned int *nr_ret)
{
	struct collect c = { .in = in };
	int err = tasks_add(&c);
	va_t task;

	for (unsigned int i = 0; i < in->g->nr_vcpus; i++)
		if (!introspect_current_task(in, i, &task) && !has(&c, task))
			add(&c, task);
	*ret = c.tasks;
	*nr_ret = c.nr;
	return err;
}
