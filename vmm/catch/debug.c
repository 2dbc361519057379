// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debug.c - what the live VM needs to know of Linux: see debug.h
 *
 * Stops pass through here on their way to the debugger. An internal stop (such
 * as one to plant catch points) is handled here, and the guest continues. A BRK
 * of the crash catch becomes a crash stop, with its faulting context.
 */
#include "debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/report.h>
#include <trapline/text.h>
#include "crash.h"
#include "pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/debug/live.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/vm.h"
#include "vmm/watch/watch.h"

struct debug {
	struct live live; /* first: debug_of() */
	struct guest_ops ops; /* live_ops, with the operations of this file */
	struct vm *vm;
	struct introspect *in;
	struct crash *crash;
	struct pbreaks pbreaks;
	struct introspect_tasks tasks; /* for task_get() */
	bool own_request; /* an internal stop is under way */
	debug_look_fn *look; /* to call at this stop; NULL: none */
	void *look_opaque;
	bool hit_lacks_task; /* debug_last_hit() has to look it up */
};

static struct debug *debug_of(struct guest *g)
{
	return (struct debug *)(void *)live_of(g);
}

/* --- stops --------------------------------------------------------------- */

/* The task is looked up only when it is asked for, because few users ask. */
const struct watch_hit *debug_last_hit(struct debug *d)
{
	struct watch_hit *hit = watch_last(d->vm->watch);
	int pid;

	if (d->hit_lacks_task &&
	    !introspect_current(d->in, hit->vcpu, hit->comm, sizeof(hit->comm),
				&pid))
		hit->pid = pid;
	d->hit_lacks_task = false;
	return hit;
}

/* The VM runs, so this reads only RAM and the registers of vcpu. */
static void task_get(void *opaque, struct vcpu *vcpu, struct watch_hit *hit)
{
	struct debug *d = opaque;
	uint64_t pstate, sp_el0, tpidr;

	if (!vcpu_pstate_get(vcpu, &pstate) &&
	    !vcpu_sysreg_get(vcpu, GUEST_SP_EL0, &sp_el0) &&
	    !vcpu_sysreg_get(vcpu, GUEST_TPIDR_EL1, &tpidr))
		(void)introspect_task_by(&d->live.guest, &d->tasks, pstate,
					 sp_el0, tpidr, hit->comm,
					 sizeof(hit->comm), &hit->pid);
}

void debug_watch_tasks(struct debug *d)
{
	int err = introspect_tasks(d->in, &d->tasks);

	watch_tasks(d->vm->watch, err ? NULL : task_get, d);
}

static int debug_resume(struct guest *g, const enum guest_action *actions,
			const struct guest_range *ranges)
{
	(void)debug_last_hit(debug_of(g));
	return live_ops.resume(g, actions, ranges);
}

/* Handle a BRK of ours, by its owner. false: no stop for the debugger. */
static bool brk_stop(struct debug *d, struct guest_stop *stop)
{
	struct vcpu *vcpu = &d->vm->vcpu[stop->vcpu];
	unsigned int owners;
	ipa_t ipa;
	va_t pc;
	int n;

	if (vcpu_pc_get(vcpu, &pc) || vcpu_va_ipa(vcpu, pc, &ipa))
		return true;
	owners = breakpoints_owners(d->vm->breakpoints, ipa);
	if (owners & BREAK_MODULE) {
		crash_module_hit(d->crash, ipa, stop->vcpu);
		breakpoints_follow(d->vm->breakpoints,
				   &d->vm->vcpu[stop->vcpu]);
	}
	if (owners & BREAK_EXEC) {
		/*
		 * Another owner gets its stop when the vCPU hits the BRK again.
		 */
		crash_exec_hit(d->crash);
		stop->kind = GUEST_STOP_EXEC;
		return crash_modules_get(d->crash);
	}
	if (owners & ~(unsigned int)BREAK_DEBUGGER)
		vcpu->leave.brk = ipa;
	if (owners & BREAK_CATCH) {
		n = crash_hit(d->crash, ipa, stop, &d->live.guest.fault);
		d->live.guest.has_fault = n > 0;
		return n >= 0 || owners & BREAK_DEBUGGER;
	}
	if (owners & BREAK_DEBUGGER) {
		if (breakpoints_is_swapped(d->vm->breakpoints, GUEST_BREAK_HW,
					   pc))
			stop->kind = GUEST_STOP_HW_BREAK;
		return true;
	}
	if (owners & BREAK_MONITOR) {
		stop->kind = GUEST_STOP_BREAK;
		pbreak_hit(&d->pbreaks, ipa, stop->text, sizeof(stop->text));
		return true;
	}
	if (owners & BREAK_MODULE)
		stop->kind = GUEST_STOP_MODULE;
	return owners & BREAK_MODULE && crash_modules_get(d->crash);
}

/* Is this stop for the debugger? If not, it has been handled. */
static bool stop_filter(struct debug *d, struct guest_stop *stop)
{
	bool internal = d->own_request && !d->live.user_request;
	debug_look_fn *look = d->look;

	d->look = NULL;
	d->own_request = false;
	d->live.user_request = false;
	switch (stop->kind) {
	case GUEST_STOP_REQUESTED:
		return !internal || (look && look(d->look_opaque, stop));
	case GUEST_STOP_SW_BREAK:
		return brk_stop(d, stop);
	case GUEST_STOP_HW_BREAK:
		if (breakpoints_is_swapped(d->vm->breakpoints, GUEST_BREAK_SW,
					   stop->addr))
			stop->kind = GUEST_STOP_SW_BREAK;
		return true;
	case GUEST_STOP_EXITED:
		d->live.exited = true;
		return true;
	default:
		return true;
	}
}

static int debug_stop_get(struct guest *g, struct guest_stop *ret)
{
	struct debug *d = debug_of(g);
	struct guest_stop stop;
	int err = live_stop_get(&d->live, &stop);

	if (err)
		return err;
	(void)crash_tick(d->crash);
	crash_plant(d->crash);
	crash_look(d->crash);
	pbreak_plant(&d->pbreaks);
	breakpoints_guard(d->vm->breakpoints);
	if (!stop_filter(d, &stop)) {
		/*
		 * The stop was not reported to the debugger, so resume as
		 * before.
		 */
		err = live_continue(&d->live);
		return err ? err : -EAGAIN;
	}
	d->hit_lacks_task = watch_stopped(d->vm->watch, &stop);
	text_clean(stop.text, strlen(stop.text));
	d->live.guest.last = stop;
	*ret = stop;
	return 0;
}

/* --- break and watch points ---------------------------------------------- */

/*
 * A user address belongs to the address space of the task that runs on vcpu.
 * The table of this space is in TTBR0 or, while the kernel has disabled TTBR0,
 * in the task's mm.
 */
static void user_space(struct debug *d, unsigned int vcpu, va_t va,
		       struct stage1_regs *regs)
{
	struct stage1_mapping map;
	ipa_t table;

	if (va & VA_UPPER_HALF ||
	    !stage1_walk(&d->live.guest, regs, va, &map) ||
	    introspect_user_table(d->in, vcpu, &table))
		return;
	regs->tcr &= ~TCR_EPD0_MASK;
	regs->ttbr0 = table;
}

/* The registers that translate va for the context on vcpu. */
static int space_get(struct debug *d, unsigned int vcpu, va_t va,
		     struct stage1_regs *ret)
{
	int err = introspect_stage1_regs(d->in, vcpu, ret);

	if (!err)
		user_space(d, vcpu, va, ret);
	return err;
}

static int watch_at(struct debug *d, unsigned int vcpu,
		    enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct watch_spec spec = {
		.owner = WATCH_DEBUGGER, .kind = kind, .va = va, .len = len
	};
	int err = space_get(d, vcpu, va, &spec.space);

	if (!err)
		err = watch_set(d->vm->watch, &spec, d->live.guest.why);
	if (err && d->live.guest.why[0])
		report(REPORT_ERROR, "%s", d->live.guest.why);
	return err;
}

static int translate(struct debug *d, unsigned int vcpu, va_t va, ipa_t *ret)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	int err = introspect_stage1_regs(d->in, vcpu, &regs);

	if (!err)
		err = stage1_walk(&d->live.guest, &regs, va, &map);
	if (!err)
		*ret = map.ipa;
	return err;
}

static int debug_break_set(struct guest *g, unsigned int vcpu,
			   enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct debug *d = debug_of(g);
	int err = live_check(&d->live, vcpu);
	ipa_t ipa = IPA_NONE;

	if (!err && kind >= GUEST_WATCH_WRITE)
		return watch_at(d, vcpu, kind, va, len);
	if (err)
		return err;
	/*
	 * A hardware breakpoint may have to become a BRK, so it needs the IPA.
	 * Its address may also be unmapped.
	 */
	if (kind == GUEST_BREAK_SW || kind == GUEST_BREAK_HW)
		err = translate(d, vcpu, va, &ipa);
	if (err && kind == GUEST_BREAK_SW)
		return err;
	return breakpoints_set(d->vm->breakpoints, kind, va, ipa, len);
}

/* --- the control loop's side --------------------------------------------- */

int debug_create(struct vm *vm, ipa_t kernel, struct debug **ret)
{
	struct debug *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->vm = vm;
	d->ops = live_ops;
	d->ops.resume = debug_resume;
	d->ops.stop_get = debug_stop_get;
	d->ops.break_set = debug_break_set;
	live_init(&d->live, vm, &d->ops);
	err = introspect_create(&d->live.guest, &d->in);
	if (err)
		goto err_free;
	d->pbreaks = (struct pbreaks){ .vm = vm, .in = d->in };
	err = crash_create(vm, d->in, kernel, vm->config->catches, &d->crash);
	if (err)
		goto err_introspect;
	*ret = d;
	return 0;

err_introspect:
	introspect_destroy(d->in);
err_free:
	free(d);
	return err;
}

void debug_destroy(struct debug *d)
{
	if (!d)
		return;
	crash_destroy(d->crash);
	introspect_destroy(d->in);
	free(d);
}

struct guest *debug_guest(struct debug *d)
{
	return &d->live.guest;
}

struct introspect *debug_introspect(struct debug *d)
{
	return d->in;
}

int debug_space(struct debug *d, va_t va, struct stage1_regs *ret)
{
	return space_get(d, d->live.guest.last.vcpu, va, ret);
}

struct vm *debug_vm(struct debug *d)
{
	return d->vm;
}

bool debug_peek_begin(struct debug *d)
{
	return live_peek_begin(&d->live);
}

void debug_peek_end(struct debug *d, bool ran)
{
	if (ran) {
		crash_plant(d->crash);
		pbreak_plant(&d->pbreaks);
		(void)debug_last_hit(d);
	}
	live_peek_end(&d->live, ran);
}

int debug_timeout(struct debug *d)
{
	return d->live.running && !d->own_request ? crash_timeout(d->crash)
						  : -1;
}

void debug_tick(struct debug *d)
{
	if (!d->live.running || d->own_request || !crash_tick(d->crash))
		return;
	d->own_request = true;
	vm_stop_request(d->vm, GUEST_STOP_REQUESTED, "");
}

void debug_look(struct debug *d, debug_look_fn *look, void *opaque)
{
	if (!d->live.running || d->own_request)
		return;
	d->look = look;
	d->look_opaque = opaque;
	d->own_request = true;
	vm_stop_request(d->vm, GUEST_STOP_REQUESTED, "");
}

const char *debug_notice(struct debug *d)
{
	return crash_notice(d->crash);
}

void debug_reset(struct debug *d)
{
	d->live.guest.has_fault = false;
	d->live.exited = false;
	d->own_request = false;
	d->look = NULL;
	crash_reset(d->crash);
	pbreak_reset(&d->pbreaks);
	(void)breakpoints_replant(d->vm->breakpoints, true);
}

struct pbreaks *debug_pbreaks(struct debug *d)
{
	return &d->pbreaks;
}

bool debug_exec_pending(struct debug *d)
{
	return crash_exec_pending(d->crash);
}

void debug_modules_want(struct debug *d, bool wanted)
{
	crash_modules_set(d->crash, wanted);
	if (!d->live.running)
		crash_plant(d->crash);
}

int debug_catch_set(struct debug *d, unsigned int catches)
{
	if (d->live.running)
		return -EBUSY;
	crash_catch_set(d->crash, catches);
	return 0;
}

unsigned int debug_catch_get(struct debug *d)
{
	return crash_catch_get(d->crash);
}
