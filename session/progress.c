// SPDX-License-Identifier: GPL-2.0-or-later
/* progress.c - see progress.h */
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "hang.h"
#include "state.h"

#define MAX_TASKS 256 /* blocked tasks; more are not watched */
#define PC_PAGE   SZ_4K

#define TASK_WAKEKILL 0x100
#define INSN_WFI      0xd503207fU

/* A counter that should change, and since when it has its value. */
struct counter {
	uint64_t what, value; /* the counter of this object */
	uint64_t since;
	bool watched; /* in the last look */
};

struct progress {
	struct session *s;
	uint64_t limit;
	struct counter irqs[GUEST_MAX_VCPUS];
	struct counter switches[GUEST_MAX_VCPUS];
	struct counter memory;
	struct counter rcu;
	struct counter tasks[MAX_TASKS];
	unsigned int nr_tasks;
};

int progress_create(struct session *s, uint64_t limit_ns, struct progress **ret)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->s = s;
	p->limit = limit_ns;
	*ret = p;
	return 0;
}

void progress_destroy(struct progress *p)
{
	free(p);
}

void progress_forget(struct progress *p)
{
	*p = (struct progress){ .s = p->s, .limit = p->limit };
}

/*
 * The object is in a state in which its counter has to change (watch), and the
 * counter has this value. Returns the time since it has changed.
 */
static uint64_t counter_see(struct counter *n, bool watch, uint64_t what,
			    uint64_t value, uint64_t now)
{
	if (!watch || !n->watched || n->what != what || n->value != value)
		n->since = now;
	n->watched = watch;
	n->what = what;
	n->value = value;
	return now - n->since;
}

/* --- CPUs ------------------------------------------------------------------*/

struct seen {
	enum guest_hang hang;
	unsigned int vcpu;
	uint64_t ns;
};

/* The first of the kinds in enum guest_hang explains the others. */
static void seen_add(struct seen *seen, enum guest_hang hang, unsigned int vcpu,
		     uint64_t ns, uint64_t limit)
{
	if (ns < limit || (seen->hang && seen->hang <= hang))
		return;
	*seen = (struct seen){ hang, vcpu, ns };
}

/*
 * The idle task waits for interrupts with interrupts off. If it is in an
 * interrupt instead, its stack has an exception.
 */
static bool is_idle(struct introspect *in, const struct guest_regs *regs,
		    const struct introspect_cpu *cpu)
{
	struct introspect_frame frames[CRASH_FRAMES];
	int why, nr;

	if (cpu->task != cpu->idle)
		return false;
	nr = introspect_backtrace(in, regs, frames, CRASH_FRAMES, &why);
	for (int i = 0; i < nr; i++)
		if (frames[i].kind == INTROSPECT_FRAME_EXCEPTION)
			return false;
	return true;
}

/* Has the vCPU stopped at a WFI, or after it? */
static bool is_waiting(struct session *s, unsigned int vcpu, va_t pc)
{
	uint32_t words[2];

	return view_read(&s->view, vcpu, pc - INSN_SIZE, words,
			 sizeof(words)) == sizeof(words) &&
	       (words[0] == INSN_WFI || words[1] == INSN_WFI);
}

/* Before its first interrupt, the PC shows the progress of a CPU. */
static void cpu_look(struct progress *p, unsigned int i, uint64_t now,
		     struct seen *seen)
{
	struct guest *g = session_guest(p->s);
	struct introspect *in = session_introspect(p->s);
	struct introspect_cpu cpu = { 0 };
	struct guest_regs regs = { 0 };
	bool online = g->ops->vcpu_online(g, i) &&
		      !g->ops->regs_get(g, i, &regs);
	bool linux_runs = online && !introspect_cpu_read(in, i, &cpu);
	bool idle = linux_runs ? is_idle(in, &regs, &cpu)
			       : is_waiting(p->s, i, regs.pc);
	bool busy = online && FIELD_GET(PSTATE_EL, regs.pstate) && !idle;

	seen_add(seen, GUEST_HANG_IRQS, i,
		 counter_see(&p->irqs[i], busy && regs.pstate & PSTATE_I,
			     cpu.interrupts,
			     cpu.interrupts ? 0 : regs.pc / PC_PAGE, now),
		 p->limit);
	seen_add(seen, GUEST_HANG_SWITCHES, i,
		 counter_see(&p->switches[i],
			     linux_runs && busy && cpu.running > 1, cpu.task,
			     cpu.switches, now),
		 p->limit);
}

/* --- tasks -----------------------------------------------------------------*/

static uint64_t task_switches(struct introspect *in, va_t task)
{
	uint64_t own = 0, forced = 0;

	introspect_get(in, "task_struct", task, "nvcsw", &own);
	introspect_get(in, "task_struct", task, "nivcsw", &forced);
	return own + forced;
}

/*
 * khungtaskd ignores a task that a signal can kill, and a task that has never
 * been switched: a new thread waits in this state for its start.
 */
static bool is_blocked(struct introspect *in, const struct introspect_task *t)
{
	uint64_t state = 0;

	introspect_get(in, "task_struct", t->va, "__state", &state);
	return t->state == 'D' && !t->on_cpu && !(state & TASK_WAKEKILL) &&
	       task_switches(in, t->va);
}

static void tasks_look(struct progress *p, uint64_t now, struct seen *seen)
{
	struct introspect *in = session_introspect(p->s);
	struct counter old[MAX_TASKS];
	unsigned int nr_old = p->nr_tasks, nr, n;
	struct introspect_task *tasks;

	memcpy(old, p->tasks, sizeof(old));
	p->nr_tasks = 0;
	introspect_task_list(in, &tasks, &nr);
	for (unsigned int i = 0; i < nr && p->nr_tasks < MAX_TASKS; i++) {
		struct counter *c = &p->tasks[p->nr_tasks];

		if (!is_blocked(in, &tasks[i]))
			continue;
		for (n = 0; n < nr_old && old[n].what != tasks[i].va; n++)
			;
		*c = n < nr_old ? old[n] : (struct counter){ 0 };
		p->nr_tasks++;
		seen_add(seen, GUEST_HANG_BLOCKED, 0,
			 counter_see(c, true, tasks[i].va,
				     task_switches(in, tasks[i].va), now),
			 p->limit);
	}
	free(tasks);
}

static void memory_look(struct progress *p, uint64_t now, struct seen *seen)
{
	va_t task = hang_hungry(p->s, p->memory.what);

	seen_add(seen, GUEST_HANG_MEMORY, 0,
		 counter_see(&p->memory, task, task, 0, now), p->limit);
}

/* --- RCU -------------------------------------------------------------------*/

static void rcu_look(struct progress *p, uint64_t now, struct seen *seen)
{
	struct introspect_rcu rcu = { 0 };
	bool waits = !introspect_rcu_read(session_introspect(p->s), &rcu) &&
		     rcu.runs && rcu.cpu >= 0;

	seen_add(seen, GUEST_HANG_RCU, (unsigned int)rcu.cpu,
		 counter_see(&p->rcu, waits, 0, rcu.seq, now), p->limit);
}

/* --- all together ----------------------------------------------------------*/

static void stop_fill(const struct seen *seen, struct guest_stop *stop)
{
	static const struct {
		bool cpu;
		const char *text;
	} whats[] = {
		[GUEST_HANG_IRQS] = { true, "has taken no interrupt" },
		[GUEST_HANG_SWITCHES] = { true, "has not switched tasks" },
		[GUEST_HANG_MEMORY] = { false, "a task has found no memory" },
		[GUEST_HANG_BLOCKED] = { false, "a blocked task has not run" },
		[GUEST_HANG_RCU] = { true, "has kept RCU waiting" },
	};
	char cpu[24] = "";

	*stop = (struct guest_stop){
		.kind = GUEST_STOP_HANG,
		.vcpu = seen->vcpu,
		.code = (int)seen->hang,
	};
	if (whats[seen->hang].cpu)
		snprintf(cpu, sizeof(cpu), "CPU %u ", seen->vcpu);
	snprintf(stop->text, sizeof(stop->text), "Hang: %s%s for %" PRIu64 " s",
		 cpu, whats[seen->hang].text, seen->ns / NS_PER_S);
}

bool progress_look(struct progress *p, uint64_t now_ns, struct guest_stop *stop)
{
	struct introspect *in = session_introspect(p->s);
	struct guest *g = session_guest(p->s);
	struct seen seen = { GUEST_HANG_NONE };

	/* The guest stands still meanwhile, so a look may read less. */
	introspect_limit_reads(in, SESSION_MAX_READS / 16);
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		cpu_look(p, i, now_ns, &seen);
	memory_look(p, now_ns, &seen);
	tasks_look(p, now_ns, &seen);
	rcu_look(p, now_ns, &seen);
	introspect_limit_reads(in, 0);
	if (!seen.hang)
		return false;
	stop_fill(&seen, stop);
	progress_forget(p);
	return true;
}
