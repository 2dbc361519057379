// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hang_wait.c - who waits for which lock, and who holds it
 *
 * A CPU that spins is in the slow path of a spinlock. The lock is the argument
 * of the call, if the code has its address, or one of the registers. A register
 * has the address of the lock if the value there is that of a lock that is held
 * and for which CPUs wait.
 */
#include "hang.h"

#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#define MAX_WORDS 2048U /* of a stack */

/* The functions in which a CPU waits for a spinlock. */
static const struct {
	const char *function, *kind;
} slow_paths[] = {
	{ "queued_spin_lock_slowpath", "spinlock" },
	{ "queued_read_lock_slowpath", "rwlock" },
	{ "queued_write_lock_slowpath", "rwlock" },
};

/* The functions, by their first characters, whose argument is a spinlock. */
static const char *const takers[] = {
	"_raw_spin_lock",     "_raw_read_lock", "_raw_write_lock",
	"_raw_spin_trylock",  "queued_spin_",   "queued_read_lock_",
	"queued_write_lock_",
};

static bool is_taker(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(takers); i++)
		if (!strncmp(name, takers[i], strlen(takers[i])))
			return true;
	return false;
}

/* --- CPUs that spin --------------------------------------------------------*/

/* The frame in which the CPU spins, perhaps below an interrupt's frames. */
static int spin_frame(struct crash *c, const struct hang_cpu *cpu,
		      const char **kind)
{
	struct introspect_symbol sym;

	for (int i = 0; i < cpu->nr_frames; i++) {
		const struct introspect_frame *f = &cpu->frames[i];
		const char *name = crash_frame_symbol(c, f, &sym);

		if (f->kind == INTROSPECT_FRAME_MAYBE)
			continue;
		for (unsigned int n = 0; n < ARRAY_SIZE(slow_paths); n++) {
			if (strcmp(name, slow_paths[n].function))
				continue;
			*kind = slow_paths[n].kind;
			return i;
		}
	}
	return -1;
}

/* A lock is in writable memory; a word of code may look like a lock. */
static bool lock_is_held(struct crash *c, va_t va, struct introspect_lock *lock)
{
	struct stage1_mapping map;
	struct stage1_regs regs;

	if (introspect_stage1_regs(c->in, c->vcpu, &regs) ||
	    stage1_walk(c->g, &regs, va, &map) || !map.writable)
		return false;
	return !(va % 4) && !crash_is_low(va) &&
	       !introspect_lock_read(c->in, INTROSPECT_SPINLOCK, va, lock) &&
	       lock->held;
}

/* The argument of the calls from frame at on, if the code has the address. */
static va_t lock_by_code(struct crash *c, const struct hang_cpu *cpu, int at)
{
	struct introspect_symbol sym;
	va_t va;

	for (int i = at + 1; i < cpu->nr_frames; i++) {
		const struct introspect_frame *f = &cpu->frames[i];

		if (f->kind == INTROSPECT_FRAME_MAYBE)
			continue;
		if (f->kind != INTROSPECT_FRAME_CALL)
			break;
		if (crash_constant(c, f->pc - INSN_SIZE, 0, &va))
			return va;
		if (!is_taker(crash_frame_symbol(c, f, &sym)))
			break;
	}
	return 0;
}

/* One of the registers with which the CPU spins is the address. */
static va_t lock_by_registers(struct crash *c, unsigned int index,
			      const struct hang_cpu *cpu, int at)
{
	struct guest_regs regs = cpu->regs;
	struct introspect_lock lock;
	va_t found = 0;

	if (cpu->frames[at].regs &&
	    introspect_read(c->in, cpu->frames[at].regs, &regs, sizeof(regs)))
		return 0;
	for (unsigned int i = 0; i < 31; i++) {
		if (!lock_is_held(c, regs.x[i], &lock))
			continue;
		/* The CPU that waits last is certain. */
		if (lock.last_cpu == (int)index)
			return regs.x[i];
		if (!found && (lock.pending || lock.last_cpu >= 0))
			found = regs.x[i];
	}
	return found;
}

static struct hang_wait *wait_add(struct hang *h)
{
	struct hang_wait *w = &h->waits[h->nr_waits];

	if (h->nr_waits == HANG_WAITS)
		return NULL;
	h->nr_waits++;
	*w = (struct hang_wait){ .cpu = -1, .next = -1 };
	return w;
}

static void spin_add(struct crash *c, struct hang *h, unsigned int index)
{
	struct hang_cpu *cpu = &h->cpus[index];
	const char *kind = "";
	int at = spin_frame(c, cpu, &kind);
	struct hang_wait *w = at < 0 ? NULL : wait_add(h);

	if (!w)
		return;
	w->task = cpu->task;
	w->cpu = (int)index;
	w->kind = kind;
	w->lock = lock_by_code(c, cpu, at);
	if (!w->lock)
		w->lock = lock_by_registers(c, index, cpu, at);
	hang_function(c, cpu->frames, cpu->nr_frames, at, w->function,
		      sizeof(w->function), w->place, sizeof(w->place));
}

/* --- who holds a spinlock --------------------------------------------------*/

/* The first frame, from this one on, whose function takes the lock; -1: none. */
static int holding_frame(struct crash *c, const struct hang_cpu *cpu, va_t lock,
			 int from)
{
	for (int i = from; i < cpu->nr_frames; i++) {
		const struct introspect_frame *f = &cpu->frames[i];

		if (f->kind != INTROSPECT_FRAME_MAYBE &&
		    f->kind != INTROSPECT_FRAME_USER &&
		    crash_calls_with(c, f->pc, is_taker, lock))
			return i;
	}
	return -1;
}

/* The first frame of the CPU's stack above the function that spins. */
static int frame_above(struct crash *c, const struct hang_cpu *cpu)
{
	const char *kind;
	int at = spin_frame(c, cpu, &kind);
	char name[CRASH_NAME];

	for (at++; at < cpu->nr_frames; at++)
		if (crash_name(c, &cpu->frames[at], name, sizeof(name)))
			return at + 1;
	return cpu->nr_frames;
}

static bool stack_has(struct crash *c, const struct hang_cpu *cpu, va_t value)
{
	va_t at = ALIGN_DOWN(cpu->regs.sp, 8ULL);
	uint64_t word;

	for (unsigned int i = 0; i < 31; i++)
		if (cpu->regs.x[i] == value)
			return true;
	for (unsigned int i = 0; i < MAX_WORDS; i++) {
		if (introspect_read(c->in, at + i * 8, &word, sizeof(word)))
			return false;
		if (word == value)
			return true;
	}
	return false;
}

static const struct hang_wait *wait_of_cpu(const struct hang *h, int cpu)
{
	for (unsigned int i = 0; i < h->nr_waits; i++)
		if (h->waits[i].cpu == cpu)
			return &h->waits[i];
	return NULL;
}

/* Can this CPU hold the lock of w? A CPU that waits for it does not hold it. */
static bool may_hold(const struct hang *h, const struct hang_wait *w,
		     unsigned int index)
{
	const struct hang_cpu *cpu = &h->cpus[index];
	const struct hang_wait *own = wait_of_cpu(h, (int)index);

	return cpu->online && !cpu->idle &&
	       FIELD_GET(PSTATE_EL, cpu->regs.pstate) &&
	       (!own || own->lock != w->lock);
}

static void holder_set(struct crash *c, struct hang *h, struct hang_wait *w,
		       unsigned int index, enum hang_proof proof, int frame)
{
	const struct hang_cpu *cpu = &h->cpus[index];
	char place[HANG_PLACE];

	w->proof = proof;
	w->holder = cpu->task;
	hang_function(c, cpu->frames, cpu->nr_frames, frame, w->holder_function,
		      sizeof(w->holder_function), place, sizeof(place));
}

/*
 * Does another CPU wait for the same lock, too? It may have just got the lock,
 * and still be in the function in which it has waited.
 */
static bool waits_elsewhere(const struct hang *h, const struct hang_wait *w)
{
	for (unsigned int i = 0; i < h->nr_waits; i++)
		if (&h->waits[i] != w && h->waits[i].lock == w->lock)
			return true;
	return false;
}

static void spin_holder_find(struct crash *c, struct hang *h,
			     struct hang_wait *w)
{
	unsigned int others = 0, own = (unsigned int)w->cpu;
	struct introspect_lock lock;
	int frame;

	/* Without a waiter, the CPU has just got the lock. */
	if (!w->lock || !lock_is_held(c, w->lock, &lock) ||
	    (!lock.pending && lock.last_cpu < 0))
		return;
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++) {
		if (!may_hold(h, w, i))
			continue;
		others++;
		frame = holding_frame(c, &h->cpus[i], w->lock, 0);
		if (frame >= 0) {
			holder_set(c, h, w, i, HANG_CODE, frame);
			return;
		}
	}
	frame = frame_above(c, &h->cpus[own]);
	frame = holding_frame(c, &h->cpus[own], w->lock, frame);
	if (frame >= 0) {
		holder_set(c, h, w, own, HANG_CODE, frame);
		return;
	}
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		if (may_hold(h, w, i) && stack_has(c, &h->cpus[i], w->lock)) {
			holder_set(c, h, w, i, HANG_STACK, 0);
			return;
		}
	if (!others && !waits_elsewhere(h, w))
		holder_set(c, h, w, own, HANG_ALONE, 0);
}

/* --- tasks that sleep ------------------------------------------------------*/

/*
 * How long has the task not run, in ns? 0: not known. exec_start is the time at
 * which it blocked, but 0 if it was moved to another CPU since.
 */
static uint64_t blocked_ns(struct crash *c, const struct hang *h,
			   const struct introspect_task *task)
{
	uint64_t since = 0, arrival = 0;

	if (task->cpu < GUEST_MAX_VCPUS &&
	    !introspect_get(c->in, "task_struct", task->va, "se.exec_start",
			    &since) &&
	    since)
		since += h->cpus[task->cpu].state.lag;
	introspect_get(c->in, "task_struct", task->va,
		       "sched_info.last_arrival", &arrival);
	since = since > arrival ? since : arrival;
	return since && h->now > since ? h->now - since : 0;
}

static void sleep_add(struct crash *c, struct hang *h,
		      const struct introspect_task *task)
{
	struct introspect_frame frames[CRASH_FRAMES];
	struct introspect_lock lock;
	struct hang_wait *w = wait_add(h);
	char place[HANG_PLACE];
	int nr, why;

	if (!w)
		return;
	w->task = *task;
	w->ns = blocked_ns(c, h, task);
	if (hang_task_stack(c, h, task, frames, &nr, &why))
		hang_function(c, frames, nr, 0, w->function,
			      sizeof(w->function), w->place, sizeof(w->place));
	if (introspect_lock_of(c->in, task, &lock))
		return;
	w->lock = lock.va;
	w->kind = introspect_lock_name(lock.kind);
	/* The last reader of a semaphore may hold it no longer. */
	if (!lock.owner || lock.readers ||
	    introspect_task_read(c->in, lock.owner, &w->holder))
		return;
	w->proof = HANG_OWNER;
	if (hang_task_stack(c, h, &w->holder, frames, &nr, &why))
		hang_function(c, frames, nr, 0, w->holder_function,
			      sizeof(w->holder_function), place, sizeof(place));
}

/* --- circles ---------------------------------------------------------------*/

static void waits_link(struct hang *h)
{
	for (unsigned int i = 0; i < h->nr_waits; i++) {
		struct hang_wait *w = &h->waits[i];

		for (unsigned int n = 0; w->proof && n < h->nr_waits; n++)
			if (h->waits[n].lock && w->holder.va &&
			    h->waits[n].task.va == w->holder.va)
				w->next = (int)n;
	}
}

static void cycles_mark(struct hang *h)
{
	for (unsigned int i = 0; i < h->nr_waits; i++) {
		int at = h->waits[i].next;

		for (unsigned int n = 1; at >= 0 && n < h->nr_waits; n++) {
			if (at == (int)i)
				break;
			at = h->waits[at].next;
		}
		h->waits[i].in_cycle = at == (int)i;
	}
}

void hang_waits_find(struct crash *c, struct hang *h)
{
	struct introspect_task *tasks;
	unsigned int nr, spins;

	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		if (h->cpus[i].online)
			spin_add(c, h, i);
	spins = h->nr_waits;
	for (unsigned int i = 0; i < spins; i++)
		spin_holder_find(c, h, &h->waits[i]);
	introspect_task_list(c->in, &tasks, &nr);
	for (unsigned int i = 0; i < nr; i++)
		if (tasks[i].state == 'D' && !tasks[i].on_cpu)
			sleep_add(c, h, &tasks[i]);
	free(tasks);
	waits_link(h);
	cycles_mark(h);
}
