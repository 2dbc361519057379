// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hang.c - does the guest hang, and which kind of hang is it? See hang.h.
 *
 * A circle of waits is certain, however long it has lasted. For the other kinds
 * time decides. If the watchdog has stopped the guest, it has measured this
 * time. After any other stop, the scheduler's clocks in memory are compared:
 * the newest clock of all CPUs is the time of the stop. If no CPU takes
 * interrupts any more, these clocks stand still and show no time.
 */
#include "hang.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

/* How long something has to last, if no watchdog has seen it. */
#define LOCKUP_S 20 /* the kernel's watchdog: twice watchdog_thresh */
#define TASK_S   120 /* the kernel's hung_task_timeout_secs */

/* --- stacks ----------------------------------------------------------------*/

bool hang_task_stack(struct crash *c, const struct hang *h,
		     const struct introspect_task *task,
		     struct introspect_frame *frames, int *nr, int *why)
{
	struct guest_regs regs;

	for (unsigned int i = 0; i < c->g->nr_vcpus; i++) {
		const struct hang_cpu *cpu = &h->cpus[i];

		if (!cpu->online || cpu->task.va != task->va)
			continue;
		memcpy(frames, cpu->frames, sizeof(cpu->frames));
		*nr = cpu->nr_frames;
		*why = cpu->why;
		return true;
	}
	if (task->on_cpu || introspect_task_regs(c->in, task->va, &regs))
		return false;
	*nr = introspect_backtrace(c->in, &regs, frames, CRASH_FRAMES, why);
	return true;
}

void hang_function(struct crash *c, const struct introspect_frame *frames,
		   int nr, int i, char *name, size_t name_size, char *place,
		   size_t place_size)
{
	*name = *place = '\0';
	for (; i < nr; i++) {
		if (!crash_name(c, &frames[i], name, name_size))
			continue;
		crash_place(c, frames[i].pc, place, place_size);
		return;
	}
	*name = '\0';
}

static bool has_exception(const struct hang_cpu *cpu)
{
	for (int i = 0; i < cpu->nr_frames; i++)
		if (cpu->frames[i].kind == INTROSPECT_FRAME_EXCEPTION)
			return true;
	return false;
}

static void cpu_read(struct crash *c, struct hang *h, unsigned int i)
{
	struct hang_cpu *cpu = &h->cpus[i];
	va_t task;

	cpu->online = c->g->ops->vcpu_online(c->g, i) &&
		      !c->g->ops->regs_get(c->g, i, &cpu->regs);
	cpu->has_state = !introspect_cpu_read(c->in, i, &cpu->state);
	if (cpu->has_state && cpu->state.clock > h->now)
		h->now = cpu->state.clock;
	if (!cpu->online)
		return;
	cpu->nr_frames = crash_backtrace(c, &cpu->regs, cpu->frames, &cpu->why);
	if (introspect_current_task(c->in, i, &task) ||
	    introspect_task_read(c->in, task, &cpu->task))
		cpu->task = (struct introspect_task){ .pid = -1 };
	cpu->idle = !cpu->task.pid && !has_exception(cpu);
	cpu->irqs_off = cpu->regs.pstate & PSTATE_I;
}

/* --- which kind ------------------------------------------------------------*/

/* The time since the CPU has last done this. */
uint64_t hang_age(const struct hang *h, uint64_t when)
{
	return when && h->now > when ? h->now - when : 0;
}

static bool cpu_find(struct crash *c, struct hang *h, enum crash_kind kind)
{
	uint64_t most = (uint64_t)LOCKUP_S * NS_PER_S, ns;
	bool found = false;

	for (unsigned int i = 0; i < c->g->nr_vcpus; i++) {
		const struct hang_cpu *cpu = &h->cpus[i];

		if (!cpu->online || cpu->idle || !cpu->has_state ||
		    !FIELD_GET(PSTATE_EL, cpu->regs.pstate) ||
		    (kind == CRASH_IRQS && !cpu->irqs_off))
			continue;
		ns = kind == CRASH_IRQS ? cpu->state.tick_age
					: hang_age(h, cpu->state.touched);
		if (ns < most)
			continue;
		most = ns;
		h->cpu = i;
		h->ns = ns;
		found = true;
	}
	return found;
}

/* Take the CPU that the watchdog's stop names. False: this CPU is off. */
static bool cpu_is(struct hang *h, enum crash_kind kind, unsigned int index)
{
	const struct hang_cpu *cpu = &h->cpus[index];

	if (!cpu->online)
		return false;
	h->cpu = index;
	if (cpu->has_state)
		h->ns = kind == CRASH_IRQS ? cpu->state.tick_age
					   : hang_age(h, cpu->state.touched);
	return true;
}

/* The lock at the end of the chain of waits: its holder does not wait. */
static va_t root_of(const struct hang *h, const struct hang_wait *w)
{
	for (unsigned int n = 0; w->next >= 0 && n < h->nr_waits; n++)
		w = &h->waits[w->next];
	return w->lock;
}

static unsigned int waits_with_root(const struct hang *h, va_t root)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < h->nr_waits; i++)
		nr += h->waits[i].lock && root_of(h, &h->waits[i]) == root;
	return nr;
}

static uint64_t longest_sleep(const struct hang *h)
{
	uint64_t ret = 0;

	for (unsigned int i = 0; i < h->nr_waits; i++)
		if (h->waits[i].cpu < 0 && h->waits[i].ns > ret)
			ret = h->waits[i].ns;
	return ret;
}

/*
 * Choose the task that the report is about, from the tasks that have waited
 * long. The lock that keeps most tasks waiting comes first. Of the tasks that
 * wait for this lock, the one that has waited longest is chosen.
 */
static bool task_find(struct hang *h, uint64_t least)
{
	uint64_t longest = 0, half = longest_sleep(h) / 2;
	unsigned int nr, most = 0;
	bool found = false;

	for (unsigned int i = 0; i < h->nr_waits; i++) {
		const struct hang_wait *w = &h->waits[i];

		if (w->cpu >= 0 || w->ns < least || w->ns < half)
			continue;
		nr = w->proof && root_of(h, w) == w->lock
			     ? waits_with_root(h, w->lock)
			     : 0;
		if (found && (nr < most || (nr == most && w->ns <= longest)))
			continue;
		most = nr;
		longest = w->ns;
		h->first = i;
		h->same = nr;
		h->ns = w->ns;
		found = true;
	}
	return found;
}

/* The first wait of a circle, by the names of the functions. */
static bool cycle_find(struct hang *h)
{
	bool found = false;

	for (unsigned int i = 0; i < h->nr_waits; i++) {
		if (!h->waits[i].in_cycle ||
		    (found && strcmp(h->waits[i].function,
				     h->waits[h->first].function) >= 0))
			continue;
		h->first = i;
		found = true;
	}
	return found;
}

/* What the watchdog has seen, if it has stopped the guest. */
static enum guest_hang cause_of(struct crash *c)
{
	const struct guest_stop *stop = guest_last_stop(c->g);

	return stop && stop->kind == GUEST_STOP_HANG
		       ? (enum guest_hang)stop->code
		       : GUEST_HANG_NONE;
}

static enum crash_kind kind_find(struct crash *c, struct hang *h)
{
	enum guest_hang seen = cause_of(c);
	unsigned int vcpu = c->g->last.vcpu < c->g->nr_vcpus ? c->g->last.vcpu
							     : 0;

	if (cycle_find(h))
		return CRASH_DEADLOCK;
	switch (seen) {
	case GUEST_HANG_IRQS:
		return cpu_is(h, CRASH_IRQS, vcpu) ? CRASH_IRQS : CRASH_NONE;
	case GUEST_HANG_SWITCHES:
		return cpu_is(h, CRASH_LOCKUP, vcpu) ? CRASH_LOCKUP
						     : CRASH_NONE;
	case GUEST_HANG_MEMORY:
		if (hang_memory_find(c, h, true))
			return CRASH_MEMORY;
		break;
	case GUEST_HANG_BLOCKED:
		if (task_find(h, 0))
			return CRASH_HUNG;
		break;
	case GUEST_HANG_RCU:
		return cpu_is(h, CRASH_RCU, vcpu) ? CRASH_RCU : CRASH_NONE;
	default:
		break;
	}
	if (cpu_find(c, h, CRASH_IRQS))
		return CRASH_IRQS;
	if (cpu_find(c, h, CRASH_LOCKUP))
		return CRASH_LOCKUP;
	if (hang_memory_find(c, h, false))
		return CRASH_MEMORY;
	if (task_find(h, (uint64_t)TASK_S * NS_PER_S))
		return CRASH_HUNG;
	return CRASH_NONE;
}

/* --- all together ----------------------------------------------------------*/

static void cpu_take(struct crash *c, const struct hang *h, unsigned int index)
{
	const struct hang_cpu *cpu = &h->cpus[index];

	c->vcpu = index;
	c->regs = cpu->regs;
	c->has_regs = true;
	memcpy(c->frames, cpu->frames, sizeof(c->frames));
	c->nr_frames = cpu->nr_frames;
	c->why = cpu->why;
	c->first = 0;
	c->pid = cpu->task.pid;
	snprintf(c->comm, sizeof(c->comm), "%s", cpu->task.comm);
}

/* A task that runs has registers; of one that sleeps only its stack is known. */
static void task_take(struct crash *c, const struct hang *h,
		      const struct introspect_task *task)
{
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		if (h->cpus[i].online && h->cpus[i].task.va == task->va) {
			cpu_take(c, h, i);
			return;
		}
	c->has_regs = false;
	c->has_access = false;
	c->nr_frames = c->first = 0;
	hang_task_stack(c, h, task, c->frames, &c->nr_frames, &c->why);
	c->pid = task->pid;
	snprintf(c->comm, sizeof(c->comm), "%s", task->comm);
}

void hang_look(struct crash *c)
{
	struct hang *h = calloc(1, sizeof(*h));

	if (!h) {
		c->d->err = -ENOMEM;
		return;
	}
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		cpu_read(c, h, i);
	hang_waits_find(c, h);
	c->hang = h;
}

void hang_find(struct crash *c)
{
	struct hang *h;
	int caller;

	hang_look(c);
	h = c->hang;
	if (!h)
		return;
	h->kind = kind_find(c, h);
	switch (h->kind) {
	case CRASH_NONE:
		break;
	case CRASH_DEADLOCK:
	case CRASH_HUNG:
		task_take(c, h, &h->waits[h->first].task);
		break;
	case CRASH_MEMORY:
		task_take(c, h, &h->hungry);
		if (hang_allocates(c, c->frames, c->nr_frames, &caller))
			c->first = caller;
		break;
	default:
		cpu_take(c, h, h->cpu);
		break;
	}
}

va_t hang_hungry(struct session *s, va_t before)
{
	struct introspect_task task;
	struct crash *c;
	struct hang *h;
	va_t ret = 0;

	if (!hang_memory_is_low(session_introspect(s)))
		return 0;
	c = calloc(1, sizeof(*c));
	h = calloc(1, sizeof(*h));
	if (c && h) {
		c->s = s;
		c->in = session_introspect(s);
		c->g = session_guest(s);
		for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
			cpu_read(c, h, i);
		if (before && !introspect_task_read(c->in, before, &task) &&
		    hang_is_hungry(c, h, &task))
			ret = before;
		else if (hang_memory_find(c, h, true))
			ret = h->hungry.va;
	}
	free(c);
	free(h);
	return ret;
}
