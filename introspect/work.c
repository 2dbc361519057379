// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * work.c - workqueues: the work that runs, and the work that waits for a worker
 *
 * Each CPU has worker pools in a per-CPU variable. A pool that belongs to no
 * CPU is found through the queues that use it, if the list of workqueues has a
 * symbol.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define MAX_POOLS 1024
#define MAX_WORK  65536

struct pools {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_work *work);
	void *opaque;
	va_t seen[MAX_POOLS];
	unsigned int nr, works;
	bool ended;
};

static int number(struct introspect *in, va_t pool, const char *path,
		  uint64_t *ret)
{
	return introspect_get(in, "worker_pool", pool, path, ret);
}

/* Read the name of the queue that a pool_workqueue belongs to. */
static void queue_name(struct introspect *in, va_t pwq, char *buf, size_t size)
{
	uint32_t at;
	va_t wq;

	*buf = '\0';
	if (!kva_is_kernel(pwq) ||
	    introspect_get(in, "pool_workqueue", pwq, "wq", &wq) ||
	    layout_offset(in, "workqueue_struct", "name", &at) ||
	    kva_read_string(in, wq + at, buf, size) < 0)
		return;
	text_clean(buf, strlen(buf));
}

static void see(struct pools *p, struct introspect_work *work)
{
	if (!p->ended)
		p->ended = !p->see(p->opaque, work) || p->works++ == MAX_WORK;
}

static int workers_walk(struct pools *p, va_t pool,
			const struct introspect_work *shared)
{
	uint32_t head, node;
	struct introspect_list l;
	va_t at, pwq;
	int err = 0;

	if (layout_offset(p->in, "worker_pool", "workers", &head) ||
	    layout_offset(p->in, "worker", "node", &node))
		return -ENOENT;
	introspect_list_init(&l, pool + head);
	while (!p->ended && (err = introspect_list_next(p->in, &l, &at)) > 0) {
		struct introspect_work work = *shared;
		va_t worker = at - node;

		if (l.nr > MAX_WORK)
			return -ELOOP;
		if (introspect_get(p->in, "worker", worker, "task",
				   &work.task) ||
		    introspect_get(p->in, "worker", worker, "current_work",
				   &work.va) ||
		    introspect_get(p->in, "worker", worker, "current_func",
				   &work.function))
			return -EFAULT;
		if (!introspect_get(p->in, "worker", worker, "current_pwq",
				    &pwq))
			queue_name(p->in, pwq, work.queue, sizeof(work.queue));
		see(p, &work);
	}
	return p->ended ? 0 : err;
}

#define WORK_PWQ   BIT_ULL(2) /* of data: it has the pool_workqueue */
#define WORK_FLAGS GENMASK_ULL(7, 0)

static int pending_walk(struct pools *p, va_t pool,
			const struct introspect_work *shared)
{
	uint32_t head, node;
	struct introspect_list l;
	uint64_t data;
	va_t at;
	int err = 0;

	if (layout_offset(p->in, "worker_pool", "worklist", &head) ||
	    layout_offset(p->in, "work_struct", "entry", &node))
		return -ENOENT;
	introspect_list_init(&l, pool + head);
	while (!p->ended && (err = introspect_list_next(p->in, &l, &at)) > 0) {
		struct introspect_work work = *shared;

		if (l.nr > MAX_WORK)
			return -ELOOP;
		work.waits = true;
		work.va = at - node;
		if (introspect_get(p->in, "work_struct", work.va, "func",
				   &work.function) ||
		    introspect_get(p->in, "work_struct", work.va,
				   "data.counter", &data))
			return -EFAULT;
		if (data & WORK_PWQ)
			queue_name(p->in, data & ~WORK_FLAGS, work.queue,
				   sizeof(work.queue));
		see(p, &work);
	}
	return p->ended ? 0 : err;
}

static int pool_walk(struct pools *p, va_t pool)
{
	struct introspect_work shared = { .pool = pool };
	uint64_t id, cpu, idle, workers;
	int err;

	for (unsigned int i = 0; i < p->nr; i++)
		if (p->seen[i] == pool)
			return 0;
	if (p->nr == MAX_POOLS)
		return -E2BIG;
	p->seen[p->nr++] = pool;
	if (number(p->in, pool, "id", &id) ||
	    number(p->in, pool, "cpu", &cpu) ||
	    number(p->in, pool, "nr_idle", &idle) ||
	    number(p->in, pool, "nr_workers", &workers))
		return -EFAULT;
	shared.pool_id = (int)id;
	shared.cpu = (int)cpu;
	shared.idle = (unsigned int)idle;
	shared.workers = (unsigned int)workers;
	err = workers_walk(p, pool, &shared);
	return err ? err : pending_walk(p, pool, &shared);
}

static int cpu_pools(struct pools *p, const char *variable)
{
	struct introspect_object o, one;
	char path[16];
	int err = 0;

	for (unsigned int cpu = 0; !err && cpu < introspect_nr_cpus(p->in);
	     cpu++) {
		err = introspect_percpu(p->in, variable, cpu, &o);
		for (unsigned int i = 0; !err && i < 8; i++) {
			one = o;
			snprintf(path, sizeof(path), "[%u]", i);
			err = introspect_object_member(p->in, path, &one);
			if (!err)
				err = pool_walk(p, one.va);
		}
		if (err == -ERANGE)
			err = 0;
	}
	return err;
}

/* The pools of the queues in the kernel's list of workqueues. */
static int queue_pools(struct pools *p, va_t head)
{
	uint32_t list, pwqs, node;
	struct introspect_list queues, l;
	va_t queue, pwq, pool;
	int err;

	if (layout_offset(p->in, "workqueue_struct", "list", &list) ||
	    layout_offset(p->in, "workqueue_struct", "pwqs", &pwqs) ||
	    layout_offset(p->in, "pool_workqueue", "pwqs_node", &node))
		return -ENOENT;
	introspect_list_init(&queues, head);
	while ((err = introspect_list_next(p->in, &queues, &queue)) > 0) {
		introspect_list_init(&l, queue - list + pwqs);
		while ((err = introspect_list_next(p->in, &l, &pwq)) > 0) {
			if (l.nr > MAX_WORK)
				return -ELOOP;
			if (introspect_get(p->in, "pool_workqueue", pwq - node,
					   "pool", &pool))
				return -EFAULT;
			err = pool_walk(p, pool);
			if (err)
				return err;
		}
		if (err)
			return err;
	}
	return err;
}

int introspect_work_each(struct introspect *in,
			 bool (*callback)(void *opaque,
					  const struct introspect_work *work),
			 void *opaque, bool *unbound_ret)
{
	struct pools *p = calloc(1, sizeof(*p));
	va_t list;
	int err;

	if (!p)
		return -ENOMEM;
	p->in = in;
	p->see = callback;
	p->opaque = opaque;
	err = cpu_pools(p, "cpu_worker_pools");
	*unbound_ret = !introspect_symbol_by_name(in, "workqueues", &list);
	if (!err && *unbound_ret)
		err = queue_pools(p, list);
	free(p);
	return err;
}
