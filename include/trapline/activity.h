/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * activity.h - what the CPUs of a Linux guest have done last
 *
 * A part of introspect.h, whose rules apply, for code that looks for a guest
 * that makes no progress.
 */
#ifndef TRAPLINE_ACTIVITY_H
#define TRAPLINE_ACTIVITY_H

#include <trapline/introspect.h>

/*
 * What a CPU has done last, by its memory. Times are in ns of the scheduler's
 * clock, which starts at the boot and goes on while the guest runs.
 * introspect_cpu_read() may be called while the CPU runs. -ENOENT: BTF lacks a
 * name; -ERANGE: no such CPU.
 */
struct introspect_cpu {
	uint64_t clock; /* the last time that the CPU's clock was read */
	uint64_t lag; /* how far struct rq.clock_task is behind clock */
	uint64_t switches; /* of tasks */
	uint64_t interrupts;
	unsigned int running; /* tasks that run or could run */
	va_t task, idle; /* the task that runs, and the idle task */
	/*
	 * When the soft-lockup watchdog's thread ran last, in steps of about a
	 * second; 0: not known.
	 */
	uint64_t touched;
	/*
	 * The time since the CPU's last timer interrupt; 0: not known. It is
	 * long for a CPU that is idle.
	 */
	uint64_t tick_age;
};

int introspect_cpu_read(struct introspect *in, unsigned int cpu,
			struct introspect_cpu *ret);

/* The grace period of RCU. -ENOENT: BTF lacks a name. */
struct introspect_rcu {
	uint64_t seq; /* the number of the grace period */
	bool runs; /* it has not ended yet */
	uint64_t mask; /* the children of the root for which it waits */
	va_t readers; /* preempted readers for which it waits; 0: none */
	int cpu; /* the first CPU for which it waits; -1: none */
};

int introspect_rcu_read(struct introspect *in, struct introspect_rcu *ret);

#endif
