// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timer.c - timers that are armed
 *
 * A timer of the timer wheel is in a list in struct timer_base of a CPU. A
 * high-resolution timer is in a red-black tree of one of the CPU's clocks. Both
 * bases are per-CPU variables.
 */
#include "state.h"
#include "trees.h"

#include <errno.h>
#include <stdio.h>

#define MAX_BASES  16
#define MAX_LISTS  4096
#define MAX_TIMERS 65536

struct timers {
	struct introspect *in;
	bool (*see)(void *opaque, const struct introspect_timer *timer);
	void *opaque;
	struct introspect_timer timer; /* reused for each timer */
	unsigned int nr;
	bool ended;
};

static int base_get(struct introspect *in, const char *variable,
		    unsigned int cpu, const char *path,
		    struct introspect_object *ret)
{
	int err = introspect_percpu(in, variable, cpu, ret);

	return err ? err : introspect_object_member(in, path, ret);
}

/* --- the wheel -------------------------------------------------------------- */

static int list_walk(struct timers *t, va_t first)
{
	struct introspect_timer *timer = &t->timer;

	for (va_t at = first; at && !t->ended;) {
		if (t->nr++ == MAX_TIMERS)
			return -ELOOP;
		timer->va = at; /* the link is its first member */
		if (introspect_get(t->in, "timer_list", at, "expires",
				   &timer->expires) ||
		    introspect_get(t->in, "timer_list", at, "function",
				   &timer->function) ||
		    introspect_read(t->in, at, &at, sizeof(at)))
			return -EFAULT;
		t->ended = !t->see(t->opaque, timer);
	}
	return 0;
}

static int wheel_walk(struct timers *t, unsigned int cpu, unsigned int base)
{
	struct introspect_object o;
	char path[32];
	va_t first;
	int err;

	snprintf(path, sizeof(path), "[%u].vectors", base);
	err = base_get(t->in, "timer_bases", cpu, path, &o);
	if (err)
		return err;
	for (uint64_t i = 0;
	     !err && i < o.size / sizeof(first) && i < MAX_LISTS && !t->ended;
	     i++) {
		err = introspect_read(t->in, o.va + i * sizeof(first), &first,
				      sizeof(first));
		if (!err)
			err = list_walk(t, first);
	}
	return err;
}

/* --- high-resolution timers -------------------------------------------------- */

static bool hrtimer_see(void *opaque, uint64_t index, va_t node)
{
	struct timers *t = opaque;

	/* The rb_node is the first member of the hrtimer's first member. */
	t->timer.va = node;
	if (introspect_get(t->in, "hrtimer", node, "node.expires",
			   &t->timer.expires) ||
	    introspect_get(t->in, "hrtimer", node, "function",
			   &t->timer.function))
		return true;
	t->ended = !t->see(t->opaque, &t->timer);
	return !t->ended;
}

static int clock_walk(struct timers *t, unsigned int cpu, unsigned int clock)
{
	struct introspect_object o;
	uint64_t id = 0;
	char path[48];
	int err;

	snprintf(path, sizeof(path), "clock_base[%u].clockid", clock);
	err = base_get(t->in, "hrtimer_bases", cpu, path, &o);
	if (err)
		return err;
	introspect_object_number(t->in, &o, &id);
	t->timer.clock = (int)id;
	snprintf(path, sizeof(path), "clock_base[%u].active.rb_root.rb_root",
		 clock);
	err = base_get(t->in, "hrtimer_bases", cpu, path, &o);
	return err ? err : tree_rb_each(t->in, o.va, hrtimer_see, t);
}

int introspect_timer_each(struct introspect *in, unsigned int cpu,
			  bool (*see)(void *opaque,
				      const struct introspect_timer *timer),
			  void *opaque)
{
	struct timers t = { .in = in, .see = see, .opaque = opaque };
	int err = 0;

	t.timer.cpu = cpu;
	t.timer.clock = -1;
	for (unsigned int i = 0; !err && i < MAX_BASES && !t.ended; i++) {
		err = wheel_walk(&t, cpu, i);
		if (err == -ERANGE) { /* there are no more */
			err = 0;
			break;
		}
	}
	for (unsigned int i = 0; !err && i < MAX_BASES && !t.ended; i++) {
		err = clock_walk(&t, cpu, i);
		if (err == -ERANGE)
			return 0;
	}
	return err;
}
