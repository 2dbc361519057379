// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_wait.c - commands about waiting tasks: locks, workqueues, RCU */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/activity.h>
#include <trapline/util.h>
#include "linux.h"
#include "state.h"

struct rows {
	struct record r;
	struct session *s;
	const struct introspect_lock *lock;
	bool all;
};

/* --- locks ---------------------------------------------------------------------- */

static void task_fields(struct rows *rows, va_t task, const char *pid,
			const char *comm)
{
	struct introspect_task t = { .pid = -1 };

	if (task)
		introspect_task_read(session_introspect(rows->s), task, &t);
	record_number(&rows->r, pid, 6, task ? t.pid : -1);
	record_text(&rows->r, comm, -16, t.comm);
}

static bool waiter_row(void *opaque, va_t task)
{
	struct rows *rows = opaque;
	const struct introspect_lock *lock = rows->lock;

	record_hex(&rows->r, "lock", lock->va);
	record_text(&rows->r, "kind", -8, introspect_lock_name(lock->kind));
	record_text(&rows->r, "held", -8,
		    !lock->held     ? "no"
		    : lock->readers ? "to read"
				    : "yes");
	task_fields(rows, lock->owner, "owner", "comm");
	task_fields(rows, task, "waiter", "waits");
	record_row(&rows->r);
	return true;
}

static int lock_show(struct rows *rows, struct session *s,
		     const struct introspect_lock *lock)
{
	unsigned int before = rows->r.rows;
	int err;

	rows->lock = lock;
	err = introspect_lock_waiters(session_introspect(s), lock->kind,
				      lock->va, waiter_row, rows);
	if (rows->r.rows == before)
		waiter_row(rows, 0);
	if (lock->last_cpu >= 0)
		record_note(&rows->r, "CPU %d waits last", lock->last_cpu);
	if (lock->pending)
		record_note(&rows->r, "a CPU spins for it");
	linux_note(&rows->r, "the list of waiters", err);
	return err;
}

/* Show the locks that blocked tasks wait for, each lock once. */
static int locks_blocked(struct rows *rows, struct session *s)
{
	struct introspect *in = session_introspect(s);
	struct introspect_lock locks[64];
	struct introspect_task *tasks;
	unsigned int nr, found = 0, old;
	int err = introspect_task_list(in, &tasks, &nr);

	linux_note(&rows->r, "the list of tasks", err);
	for (unsigned int i = 0; i < nr && found < ARRAY_SIZE(locks); i++) {
		if (tasks[i].state != 'D')
			continue;
		if (introspect_lock_of(in, &tasks[i], &locks[found])) {
			record_note(&rows->r,
				    "pid %d %s is blocked, but its stack shows "
				    "no lock",
				    tasks[i].pid, tasks[i].comm);
			continue;
		}
		for (old = 0; locks[old].va != locks[found].va;)
			old++;
		if (old == found)
			lock_show(rows, s, &locks[found++]);
	}
	if (!found)
		record_note(&rows->r, "no task is known to wait for a lock");
	free(tasks);
	return err;
}

static int cmd_locks(struct session *s, const char *args, FILE *out)
{
	static const char *const words[] = { "mutex ", "rwsem ", "spinlock " };
	struct rows rows = { .s = s };
	struct introspect_lock lock;
	unsigned int kind = 0;
	va_t va;
	int err;

	if (!*args) {
		record_begin(&rows.r, s, out);
		err = locks_blocked(&rows, s);
		record_end(&rows.r);
		return err;
	}
	while (kind < ARRAY_SIZE(words) &&
	       strncmp(args, words[kind], strlen(words[kind])))
		kind++;
	if (kind == ARRAY_SIZE(words)) {
		fprintf(out, "usage: monitor locks [mutex|rwsem|spinlock "
			     "ADDRESS]\n");
		return -EINVAL;
	}
	err = session_address(s, args + strlen(words[kind]), &va, out);
	if (err)
		return err;
	record_begin(&rows.r, s, out);
	err = introspect_lock_read(session_introspect(s),
				   (enum introspect_lock_kind)kind, va, &lock);
	linux_note(&rows.r, "the lock", err);
	if (!err)
		err = lock_show(&rows, s, &lock);
	record_end(&rows.r);
	return err;
}

/* --- workqueues ------------------------------------------------------------------ */

static bool work_row(void *opaque, const struct introspect_work *w)
{
	struct rows *rows = opaque;
	if (!w->waits && !w->va && !rows->all)
		return true;
	record_number(&rows->r, "pool", 4, w->pool_id);
	record_number(&rows->r, "cpu", 3, w->cpu);
	record_number(&rows->r, "workers", 7, w->workers);
	record_number(&rows->r, "idle", 4, w->idle);
	record_text(&rows->r, "state", -8,
		    w->waits ? "waits"
		    : w->va  ? "runs"
			     : "idle");
	task_fields(rows, w->task, "pid", "comm");
	record_text(&rows->r, "queue", -24, w->queue);
	record_hex(&rows->r, "work", w->va);
	record_symbol(&rows->r, rows->s, "function", w->function, false);
	record_row(&rows->r);
	return true;
}

static int cmd_workqueues(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s, .all = !strcmp(args, "all") };
	bool unbound;
	int err;

	record_begin(&rows.r, s, out);
	err = introspect_work_each(session_introspect(s), work_row, &rows,
				   &unbound);
	linux_note(&rows.r, "the worker pools", err);
	if (!err && !rows.r.rows)
		record_note(&rows.r, "no work runs or waits");
	if (!unbound)
		record_note(&rows.r, "only the pools of CPUs are shown: the "
				     "kernel has no symbol workqueues");
	record_end(&rows.r);
	return err;
}

/* --- RCU -------------------------------------------------------------------------- */

static int rcu_number(struct introspect *in, unsigned int cpu, const char *path,
		      uint64_t *ret)
{
	return introspect_percpu_number(in, "rcu_data", cpu, path, ret);
}

static int rcu_row(struct rows *rows, unsigned int cpu)
{
	static const struct {
		const char *name, *path;
	} fields[] = {
		{ "needed", "gp_seq_needed" },
		{ "no QS", "cpu_no_qs.b.norm" },
		{ "QS wanted", "core_needs_qs" },
		{ "callbacks", "cblist.len" },
		{ "stall gp", "rcu_iw_gp_seq" },
	};
	struct introspect *in = session_introspect(rows->s);
	uint64_t value;
	int err = rcu_number(in, cpu, "gp_seq", &value);

	if (err)
		return err;
	record_number(&rows->r, "cpu", 3, cpu);
	record_number(&rows->r, "gp_seq", 12, (int64_t)value);
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		if (rcu_number(in, cpu, fields[i].path, &value))
			continue; /* the kernel has no such member */
		record_number(&rows->r, fields[i].name, 9, (int64_t)value);
	}
	record_row(&rows->r);
	return 0;
}

static void rcu_state_note(struct rows *rows)
{
	struct introspect_rcu rcu;

	if (introspect_rcu_read(session_introspect(rows->s), &rcu))
		return;
	record_note(&rows->r,
		    "gp_seq %" PRId64 ": %s; the root waits for mask 0x%" PRIx64
		    "%s",
		    (int64_t)rcu.seq,
		    rcu.runs ? "a grace period goes on" : "no grace period",
		    rcu.mask, rcu.readers ? " and for preempted readers" : "");
}

static int cmd_rcu(struct session *s, const char *args, FILE *out)
{
	struct rows rows = { .s = s };
	int err = 0;

	record_begin(&rows.r, s, out);
	for (unsigned int i = 0;
	     !err && i < introspect_nr_cpus(session_introspect(s)); i++)
		err = rcu_row(&rows, i);
	linux_note(&rows.r, "the per-CPU variable rcu_data", err);
	rcu_state_note(&rows);
	record_end(&rows.r);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "locks", "[mutex|rwsem|spinlock ADDRESS] [--json]",
	  "a lock's holder and waiters; no ADDRESS: locks of blocked tasks\n"
	  "locks\nlocks mutex 0xffff000002345678",
	  SESSION_LINUX, cmd_locks },
	{ "workqueues", "[all] [--json]",
	  "running and waiting work; all: idle workers, too\n"
	  "workqueues", SESSION_LINUX, cmd_workqueues },
	{ "rcu", "[--json]", "grace periods, and the state of RCU on each CPU\n"
	  "rcu", SESSION_LINUX, cmd_rcu },
};
/* clang-format on */

int session_commands_wait(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
