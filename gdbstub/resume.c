/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resuming the guest: vCont, the older c C s S, D, k. Source: the GDB manual,
 * "Packets". "vCont packet" says which action a thread gets: the leftmost
 * action that names the thread. A thread without an action is held.
 *
 * A machine has no signals: signal numbers are ignored, but must be well
 * formed. The guest itself steps through ranges (vCont;r).
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "regs.h"

#define SIGNAL_MAX 0xff

struct plan {
	enum guest_action action[GUEST_MAX_VCPUS];
	struct guest_range range[GUEST_MAX_VCPUS];
	bool given[GUEST_MAX_VCPUS];
};

static void plan_give(struct plan *plan, unsigned int vcpu,
		      enum guest_action action, const struct guest_range *range)
{
	if (plan->given[vcpu])
		return;
	plan->given[vcpu] = true;
	plan->action[vcpu] = action;
	plan->range[vcpu] = *range;
}

/*
 * Refuse to resume. gdb shows only the number of such an error, so its console
 * gets the text, too.
 */
static int refuse(struct gdbstub *stub, int error, const char *text)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	packet_console(stub, line, (size_t)n);
	return stub_fail(stub, error, text);
}

/* thread is a number of the protocol. -EINVAL: this thread cannot run. */
static int plan_add(struct gdbstub *stub, struct plan *plan, int thread,
		    enum guest_action action, const struct guest_range *range)
{
	unsigned int index;

	if (thread == THREAD_ALL) {
		for (index = 0; index < stub->target->nr_vcpus; index++)
			plan_give(plan, index, action, range);
		return 0;
	}
	if (thread == THREAD_ANY)
		index = stub->general;
	else if (thread_find(stub, thread, &index))
		return stub_fail(stub, -EINVAL, "no such thread");
	if (!stub_is_vcpu(stub, index))
		return refuse(stub, -EINVAL,
			      "this thread is on no CPU: it cannot be stepped "
			      "or run alone");
	plan_give(plan, index, action, range);
	return 0;
}

static void resumed(struct gdbstub *stub, const struct plan *plan)
{
	memcpy(stub->actions, plan->action, sizeof(stub->actions));
	memcpy(stub->range, plan->range, sizeof(stub->range));
	stub->stop.kind = GUEST_STOP_NONE;
}

/* From here on, the debugger waits for a stop reply. */
static void wait_begin(struct gdbstub *stub)
{
	stub->waiting = true;
	packet_note(stub);
}

static int plan_execute(struct gdbstub *stub, const struct plan *plan)
{
	struct gdbstub_target *t = stub->target;
	bool any = false;
	int error;

	for (unsigned int i = 0; i < t->nr_vcpus; i++) {
		any = any || plan->action[i] != GUEST_HOLD;
		if (plan->action[i] == GUEST_STEP && stub_is_off(stub, i))
			return stub_fail(stub, -EINVAL,
					 "that CPU is powered off");
	}
	if (!any)
		return stub_fail(stub, -EINVAL, "no thread would run");
	error = t->ops->resume(t, plan->action, plan->range, -1);
	if (error == -ENOTSUP)
		return refuse(stub, error, "this is a dump: nothing runs");
	if (error)
		return error;
	resumed(stub, plan);
	wait_begin(stub);
	return STUB_SILENT;
}

int resume_all(struct gdbstub *stub)
{
	struct plan plan;
	int error;

	memset(&plan, 0, sizeof(plan));
	for (unsigned int i = 0; i < GUEST_MAX_VCPUS; i++)
		plan.action[i] = GUEST_RUN;
	error = stub->target->ops->resume(stub->target, plan.action, NULL, -1);
	if (!error)
		resumed(stub, &plan);
	return error;
}

int resume_again(struct gdbstub *stub)
{
	return stub->target->ops->resume(stub->target, stub->actions,
					 stub->range, -1);
}

int resume_over(struct gdbstub *stub, unsigned int vcpu)
{
	return stub->target->ops->resume(stub->target, stub->actions,
					 stub->range, (int)vcpu);
}

void resume_interrupt(struct gdbstub *stub)
{
	stub->interrupted = true;
	if (!stub->target->ops->stop(stub->target))
		stub->stop_asked = true;
}

int handle_vcont_query(struct gdbstub *stub, struct args *args)
{
	reply_text(&stub->reply, "vCont;c;C;s;S;t;r");
	return STUB_BUILT;
}

/* The arguments of r: "start,end" */
static bool parse_range(struct args *args, struct guest_range *ret)
{
	return args_hex(args, &ret->start) && args_char(args, ',') &&
	       args_hex(args, &ret->end) && ret->start <= ret->end;
}

/* Parse one action with its thread, without the ';' in front. */
static int parse_action(struct gdbstub *stub, struct args *args,
			struct plan *plan)
{
	struct guest_range range = { 0 };
	enum guest_action action;
	int thread = THREAD_ALL;
	uint64_t ignored;
	bool good = true;

	if (args_char(args, 'c')) {
		action = GUEST_RUN;
	} else if (args_char(args, 'C')) {
		action = GUEST_RUN;
		good = args_hex_max(args, SIGNAL_MAX, &ignored);
	} else if (args_char(args, 's')) {
		action = GUEST_STEP;
	} else if (args_char(args, 'S')) {
		action = GUEST_STEP;
		good = args_hex_max(args, SIGNAL_MAX, &ignored);
	} else if (args_char(args, 'r')) {
		action = GUEST_STEP;
		good = parse_range(args, &range);
	} else if (args_char(args, 't')) {
		action = GUEST_HOLD;
	} else {
		return -EINVAL;
	}
	if (good && args_char(args, ':'))
		good = args_thread(args, &thread);
	if (!good || !args_at_end(args))
		return -EINVAL;
	return plan_add(stub, plan, thread, action, &range);
}

static bool plan_is(const struct gdbstub *stub, const struct plan *plan,
		    enum guest_action action)
{
	for (unsigned int i = 0; i < stub->target->nr_vcpus; i++) {
		if (plan->action[i] != action)
			return false;
	}
	return true;
}

/*
 * The guest runs already. If a debugger waits, only vCont;t is allowed, which
 * acts like 0x03. If no debugger waits, a command has resumed the guest. Then
 * only a vCont that lets all vCPUs run is allowed, and the debugger begins to
 * wait.
 */
static int vcont_running(struct gdbstub *stub, const struct plan *plan)
{
	if (stub->waiting) {
		if (!plan_is(stub, plan, GUEST_HOLD))
			return -EBUSY;
		resume_interrupt(stub);
		return STUB_SILENT;
	}
	if (!plan_is(stub, plan, GUEST_RUN))
		return -EBUSY;
	wait_begin(stub);
	return STUB_SILENT;
}

/* vCont[;action[:thread-id]]... */
int handle_vcont(struct gdbstub *stub, struct args *args)
{
	struct plan plan;

	memset(&plan, 0, sizeof(plan));
	if (!args_char(args, ';') || args_at_end(args))
		return -EINVAL;
	while (!args_at_end(args)) {
		struct args action = args_until(args, ';');
		int error = parse_action(stub, &action, &plan);

		if (error)
			return error;
	}
	if (stub_is_running(stub))
		return vcont_running(stub, &plan);
	return plan_execute(stub, &plan);
}

/*
 * The older packets. If Hc names a thread, only that thread acts. Otherwise the
 * general thread does the action and all others run. addr sets the PC first.
 */
static int legacy(struct gdbstub *stub, struct args *args,
		  enum guest_action action)
{
	static const struct guest_range none;
	struct gdbstub_target *t = stub->target;
	struct guest_regs regs;
	unsigned int index;
	struct plan plan;
	uint64_t pc;
	int error;

	memset(&plan, 0, sizeof(plan));
	if (stub->resume_thread <= 0 ||
	    thread_find(stub, stub->resume_thread, &index))
		index = stub->general;
	/* If all threads continue, the general thread need not be a vCPU. */
	if (action != GUEST_RUN || stub->resume_thread > 0) {
		error = plan_add(stub, &plan, (int)stub_thread(index), action,
				 &none);
		if (error)
			return error;
	}
	if (stub->resume_thread <= 0)
		plan_add(stub, &plan, THREAD_ALL, GUEST_RUN, &none);
	if (!args_at_end(args)) {
		if (!args_hex(args, &pc) || !args_at_end(args))
			return -EINVAL;
		error = t->ops->regs_get(t, index, GUEST_REG_ALL, &regs);
		if (error)
			return error;
		regs.pc = pc;
		error = t->ops->regs_set(t, index, &regs);
		if (error)
			return error;
	}
	return plan_execute(stub, &plan);
}

/* sig[;addr] */
static int legacy_signal(struct gdbstub *stub, struct args *args,
			 enum guest_action action)
{
	uint64_t ignored;

	if (!args_hex_max(args, SIGNAL_MAX, &ignored))
		return -EINVAL;
	if (!args_at_end(args) && (!args_char(args, ';') || args_at_end(args)))
		return -EINVAL;
	return legacy(stub, args, action);
}

int handle_continue(struct gdbstub *stub, struct args *args)
{
	return legacy(stub, args, GUEST_RUN);
}

int handle_continue_signal(struct gdbstub *stub, struct args *args)
{
	return legacy_signal(stub, args, GUEST_RUN);
}

int handle_step(struct gdbstub *stub, struct args *args)
{
	return legacy(stub, args, GUEST_STEP);
}

int handle_step_signal(struct gdbstub *stub, struct args *args)
{
	return legacy_signal(stub, args, GUEST_STEP);
}

/* D[;pid] */
int handle_detach(struct gdbstub *stub, struct args *args)
{
	uint64_t ignored;

	if (!args_at_end(args) &&
	    (!args_char(args, ';') || !args_hex(args, &ignored) ||
	     !args_at_end(args)))
		return -EINVAL;
	session_end(stub);
	/* A guest that has powered off stays off; gdb need not know. */
	if (!stub_is_running(stub))
		resume_all(stub);
	return STUB_OK;
}

void session_leave(struct gdbstub *stub)
{
	bool resume = stub->attached && stub->found_running &&
		      stub->stop.kind == GUEST_STOP_REQUESTED;

	session_end(stub);
	if (resume && !stub_is_running(stub))
		resume_all(stub);
}

/*
 * "Qtrapline.leave": like D, but a guest that was stopped before the session
 * stays stopped, and so does a guest that has stopped by itself. A client that
 * only looks ends its session in this way (trapline/gdbclient.h).
 */
int handle_leave(struct gdbstub *stub, struct args *args)
{
	session_leave(stub);
	return STUB_OK;
}

/*
 * gdb expects no reply to k, and has already closed the connection. lldb waits
 * five seconds for a reply ("killed by signal 9") and treats a missing one as
 * an error.
 */
int handle_kill(struct gdbstub *stub, struct args *args)
{
	stub->target->ops->kill(stub->target);
	if (!stub->is_lldb)
		return STUB_SILENT;
	reply_text(&stub->reply, "X09");
	return STUB_BUILT;
}

/* vKill;pid */
int handle_vkill(struct gdbstub *stub, struct args *args)
{
	uint64_t ignored;
	int error;

	if (!args_char(args, ';') || !args_hex(args, &ignored) ||
	    !args_at_end(args))
		return -EINVAL;
	stub->waiting = false;
	error = stub->target->ops->kill(stub->target);
	return error ? error : STUB_OK;
}
