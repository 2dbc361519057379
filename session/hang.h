/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hang.h - what a guest that makes no progress waits for
 *
 * The report of a stopped guest without a crash asks hang_find() whether the
 * guest hangs. A report of a crash only lists who waits for whom (hang_look()).
 *
 * hang.c reads what each CPU does, and decides which kind of hang it is.
 * hang_wait.c finds the locks for which CPUs and tasks wait, and the tasks that
 * hold them. hang_memory.c looks for a task that finds no memory. report_hang.c
 * writes the title, the sentences and the tables.
 *
 * The memory of a mutex or semaphore names its owner. That of a spinlock does
 * not. But a spinlock is held only by a task that runs on a CPU. So the holder
 * is searched on the stacks of the CPUs (enum hang_proof).
 */
#ifndef TRAPLINE_SESSION_HANG_H
#define TRAPLINE_SESSION_HANG_H

#include <trapline/activity.h>
#include "reportcrash.h"

#define HANG_WAITS 64 /* waits that are kept; the others are left out */
#define HANG_PLACE 256
#define NS_PER_S   ((uint64_t)1000000000)

struct hang_cpu {
	bool online;
	bool idle; /* in the idle task, and not in an interrupt */
	bool irqs_off;
	struct guest_regs regs;
	struct introspect_frame frames[CRASH_FRAMES];
	int nr_frames, why;
	struct introspect_task task; /* va 0: not known */
	bool has_state;
	struct introspect_cpu state;
};

/* How is the holder of a lock known? */
enum hang_proof {
	HANG_UNKNOWN, /* not at all */
	HANG_STACK, /* the address of the lock is on the holder's stack */
	HANG_ALONE, /* no other CPU runs code of the kernel */
	HANG_CODE, /* a function on the holder's stack takes this lock */
	HANG_OWNER, /* the lock names its owner */
};

struct hang_wait {
	struct introspect_task task; /* the waiter */
	int cpu; /* that spins; -1: the task sleeps */
	va_t lock; /* 0: the task waits for something else */
	const char *kind; /* "mutex" */
	char function[CRASH_NAME]; /* that wants the lock; cleaned */
	char place[HANG_PLACE]; /* where */
	uint64_t ns; /* how long; 0: not known */
	enum hang_proof proof;
	struct introspect_task holder;
	char holder_function[CRASH_NAME]; /* that took it, or where it is now */
	int next; /* the holder's own wait; -1: it does not wait */
	bool in_cycle;
};

struct hang {
	enum crash_kind kind;
	unsigned int cpu; /* the culprit, if the kind is about a CPU */
	uint64_t now; /* the newest clock of all CPUs, in ns */
	uint64_t ns; /* how long the hang has lasted; 0: not known */
	struct hang_cpu cpus[GUEST_MAX_VCPUS];
	struct hang_wait waits[HANG_WAITS];
	unsigned int nr_waits;
	unsigned int first; /* the wait that the report is about */
	unsigned int same; /* tasks that wait for the lock of this wait */
	struct introspect_task hungry; /* CRASH_MEMORY: the task */
};

/*
 * Does the stopped guest hang? If so, set c->hang, and the CPU or task, the
 * registers and the stack of *c to those of the hang. The stop of the watchdog
 * (GUEST_STOP_HANG) tells what made no progress; otherwise only memory does.
 */
void hang_find(struct crash *c);

/*
 * The guest has crashed: set c->hang, without a kind, only to show who waits for
 * whom.
 */
void hang_look(struct crash *c);

/* hang.c: the time from when to the stop, in ns; 0: not known. */
uint64_t hang_age(const struct hang *h, uint64_t when);
/* The stack of a task; false: it cannot be read. */
bool hang_task_stack(struct crash *c, const struct hang *h,
		     const struct introspect_task *task,
		     struct introspect_frame *frames, int *nr, int *why);
/* Name the first function, from frame i on, that is no helper. "": none. */
void hang_function(struct crash *c, const struct introspect_frame *frames,
		   int nr, int i, char *name, size_t name_size, char *place,
		   size_t place_size);

/* hang_wait.c: fill h->waits, and mark the waits that form a circle. */
void hang_waits_find(struct crash *c, struct hang *h);

/*
 * hang_memory.c: a task that looks for free memory while there is none.
 * sure: the watchdog has seen it do so for long.
 */
bool hang_memory_find(struct crash *c, struct hang *h, bool sure);
/* Does the task look for memory now? */
bool hang_is_hungry(struct crash *c, const struct hang *h,
		    const struct introspect_task *task);
/* Is there little free memory? */
bool hang_memory_is_low(struct introspect *in);
/* Is this stack in the allocator of pages? Sets the caller's frame. */
bool hang_allocates(struct crash *c, const struct introspect_frame *frames,
		    int nr, int *caller);
void hang_memory_explain(struct crash *c);

/*
 * hang.c: find a task that looks for free memory now, while there is little. If
 * the task before still does so, it is returned again. 0: none. The guest is
 * stopped.
 */
va_t hang_hungry(struct session *s, va_t before);

/* report_hang.c: c->hang is set. */
/*
 * Copy the names of the functions that wait in a circle, each once, in
 * alphabetical order. Returns their number.
 */
unsigned int hang_cycle(const struct hang *h, char (*ret)[CRASH_NAME],
			unsigned int max);
void hang_explain(struct crash *c);
void hang_sections(struct crash *c);

#endif
