// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * threads.c - see threads.h
 */
#include "threads.h"

#include <errno.h>
#include <stdlib.h>

#define PID_LIMIT (4 * SZ_1M) /* PID_MAX_LIMIT */

void threads_forget(struct threads *t)
{
	free(t->tasks);
	free(t->indices);
	*t = (struct threads){ .shown = t->shown };
}

/* The tasks on the vCPUs; 0: the vCPU is off, or its task is not known. */
struct current {
	va_t task[GUEST_MAX_VCPUS];
	unsigned int nr;
};

static void current_read(struct current *c, struct guest *g,
			 struct introspect *in)
{
	c->nr = g->nr_vcpus;
	for (unsigned int i = 0; i < c->nr; i++) {
		c->task[i] = 0;
		if (g->ops->vcpu_online(g, i) &&
		    introspect_current_task(in, i, &c->task[i]))
			c->task[i] = 0;
	}
}

/*
 * Are the task's registers on its kernel stack? If the task on a vCPU is not
 * known (a dump without system registers), the kernel's own mark decides.
 */
static bool is_saved(const struct current *c, const struct introspect_task *t)
{
	for (unsigned int i = 0; i < c->nr; i++)
		if (c->task[i] == t->va)
			return false;
	return !t->on_cpu || (t->cpu < c->nr && c->task[t->cpu]);
}

static int by_pid(const void *a, const void *b)
{
	const struct introspect_task *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Keep the tasks that become threads; each number belongs to one thread. */
static unsigned int select_tasks(struct introspect_task *tasks, unsigned int nr,
				 const struct current *c)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (tasks[i].pid >= 0 && tasks[i].pid < (int)PID_LIMIT &&
		    is_saved(c, &tasks[i]))
			tasks[kept++] = tasks[i];
	if (!kept)
		return 0;
	qsort(tasks, kept, sizeof(*tasks), by_pid);
	nr = kept;
	kept = 1;
	for (unsigned int i = 1; i < nr; i++)
		if (tasks[i].pid != tasks[kept - 1].pid)
			tasks[kept++] = tasks[i];
	return kept;
}

void threads_read(struct threads *t, struct guest *g, struct introspect *in)
{
	struct current c;

	if (t->listed)
		return;
	threads_forget(t);
	t->listed = true;
	t->error = introspect_find_kernel(in);
	if (!t->error)
		t->error = introspect_task_list(in, &t->tasks, &t->nr);
	current_read(&c, g, in);
	t->nr = select_tasks(t->tasks, t->nr, &c);
	t->indices = malloc((t->nr + 1) * sizeof(*t->indices));
	if (!t->indices) {
		t->nr = 0;
		t->error = -ENOMEM;
	}
	for (unsigned int i = 0; i < t->nr; i++)
		t->indices[i] =
			THREADS_FIRST - 1 + (unsigned int)t->tasks[i].pid;
}

const struct introspect_task *threads_task(const struct threads *t,
					   unsigned int index)
{
	struct introspect_task key = { .pid = (int)(index + 1 -
						    THREADS_FIRST) };

	if (!t->nr || index < THREADS_FIRST - 1)
		return NULL;
	return bsearch(&key, t->tasks, t->nr, sizeof(key), by_pid);
}
