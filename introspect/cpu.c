// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu.c - what a CPU has done last, by its per-CPU variables
 *
 * The scheduler keeps the time of its last work in struct rq, and counts the
 * switches of tasks there. struct kernel_stat counts the interrupts. The thread
 * of the soft-lockup watchdog writes watchdog_touch_ts, in units of 2^30 ns,
 * by the same clock (kernel/watchdog.c, get_timestamp()). If a number stays the
 * same while the clocks of other CPUs go on, the CPU does not do this work.
 *
 * Another CPU may write the clock of a run queue, when it wakes a task there.
 * Only the CPU itself writes tick_sched.last_tick_jiffies, in its timer
 * interrupt. To convert jiffies to seconds, HZ is needed, but no memory has
 * this number. HZ follows from the start: jiffies begin at -300 * HZ, in 32
 * bits (INITIAL_JIFFIES), when the scheduler's clock begins at 0.
 */
#include "state.h"

#include <errno.h>
#include <trapline/activity.h>
#include <trapline/util.h>

#define NS_PER_S 1000000000ULL

/*
 * The HZ with which the jiffies agree best with the scheduler's clock. Both are
 * the guest's, so the sums may wrap.
 */
static uint64_t hz_of(uint64_t jiffies, uint64_t clock)
{
	static const unsigned int all[] = { 100, 250, 300, 1000 };
	uint64_t best = UINT64_MAX, ret = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t ns = (jiffies - (1ULL << 32) + 300 * all[i]) *
			      (NS_PER_S / all[i]);
		uint64_t distance = min(ns - clock, clock - ns);

		if (distance >= best)
			continue;
		best = distance;
		ret = all[i];
	}
	return ret;
}

/* The time since the last timer interrupt of the CPU, in ns; 0: not known. */
static uint64_t tick_age(struct introspect *in, unsigned int cpu,
			 uint64_t clock)
{
	uint64_t now, tick, hz;
	va_t va;

	if (introspect_symbol_by_name(in, "jiffies", &va) ||
	    introspect_read(in, va, &now, sizeof(now)) ||
	    introspect_percpu_number(in, "tick_cpu_sched", cpu,
				     "last_tick_jiffies", &tick) ||
	    now <= tick || now - tick > UINT32_MAX)
		return 0;
	hz = hz_of(now, clock);
	return hz ? (now - tick) * NS_PER_S / hz : 0;
}

int introspect_cpu_read(struct introspect *in, unsigned int cpu,
			struct introspect_cpu *ret)
{
	struct introspect_cpu c = { 0 };
	uint64_t task_clock, running, touched = 0;
	int err = introspect_percpu_number(in, "runqueues", cpu, "clock",
					   &c.clock);

	if (!err)
		err = introspect_percpu_number(in, "runqueues", cpu,
					       "clock_task", &task_clock);
	if (!err)
		err = introspect_percpu_number(in, "runqueues", cpu,
					       "nr_switches", &c.switches);
	if (!err)
		err = introspect_percpu_number(in, "runqueues", cpu,
					       "nr_running", &running);
	if (!err)
		err = introspect_percpu_number(in, "runqueues", cpu, "curr",
					       &c.task);
	if (!err)
		err = introspect_percpu_number(in, "runqueues", cpu, "idle",
					       &c.idle);
	if (!err)
		err = introspect_percpu_number(in, "kstat", cpu, "irqs_sum",
					       &c.interrupts);
	if (err)
		return err;
	c.lag = c.clock - task_clock;
	c.running = (unsigned int)running;
	/* A kernel without this watchdog has no such variable. */
	if (!introspect_percpu_number(in, "watchdog_touch_ts", cpu, "",
				      &touched) &&
	    touched < UINT64_MAX >> 30)
		c.touched = touched << 30;
	c.tick_age = tick_age(in, cpu, c.clock);
	*ret = c;
	return 0;
}
