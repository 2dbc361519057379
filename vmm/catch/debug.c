// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debug.c - the live VM as struct guest
 *
 * Registers go to KVM through regs.c. Memory is guest RAM in place.
 *
 * Stops pass through here on their way to the debugger. An internal stop (such
 * as one to plant catch points) is handled here, and the guest runs on. A BRK
 * of the crash catch becomes a crash stop, with its faulting context.
 */
#include "debug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include "crash.h"
#include "pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/vm.h"
#include "vmm/watch/watch.h"

#define VA_UPPER_HALF BIT_ULL(55)
#define TCR_EPD0      BIT_ULL(7)

struct debug {
	struct guest guest; /* first: debug_of() */
	struct vm *vm;
	struct introspect *in;
	struct crash *crash;
	struct pbreaks pbreaks;
	bool running;
	bool exited;
	bool own_request; /* an internal stop is under way */
	bool user_request; /* a requested stop is under way; maybe both */
};

static struct debug *debug_of(struct guest *g)
{
	return (struct debug *)(void *)g;
}

static int check_vcpu(const struct debug *d, unsigned int vcpu)
{
	if (vcpu >= d->guest.nr_vcpus)
		return -EINVAL;
	if (d->exited)
		return -ESRCH;
	return d->running ? -EBUSY : 0;
}

/* --- registers ----------------------------------------------------------- */

static int live_regs_get(struct guest *g, unsigned int vcpu,
			 struct guest_regs *ret)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	return err ? err : vcpu_regs_get(&d->vm->vcpu[vcpu], ret);
}

static int live_regs_get_some(struct guest *g, unsigned int vcpu,
			      uint64_t which, struct guest_regs *ret)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	return err ? err : vcpu_regs_get_some(&d->vm->vcpu[vcpu], which, ret);
}

static int live_regs_set(struct guest *g, unsigned int vcpu,
			 const struct guest_regs *regs)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	return err ? err : vcpu_regs_set(&d->vm->vcpu[vcpu], regs);
}

static int live_fpregs_get(struct guest *g, unsigned int vcpu,
			   struct guest_fpregs *ret)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	return err ? err : vcpu_fpregs_get(&d->vm->vcpu[vcpu], ret);
}

static int live_fpregs_set(struct guest *g, unsigned int vcpu,
			   const struct guest_fpregs *regs)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	return err ? err : vcpu_fpregs_set(&d->vm->vcpu[vcpu], regs);
}

static int live_sysreg_get(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t *ret)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	if (!err && (unsigned int)reg >= GUEST_NR_SYSREGS)
		err = -EINVAL;
	return err ? err : vcpu_sysreg_get(&d->vm->vcpu[vcpu], reg, ret);
}

static bool live_vcpu_online(struct guest *g, unsigned int vcpu)
{
	struct debug *d = debug_of(g);

	return !check_vcpu(d, vcpu) && vcpu_online(&d->vm->vcpu[vcpu]);
}

/* --- memory -------------------------------------------------------------- */

static int translate(struct debug *d, unsigned int vcpu, va_t va, ipa_t *ret)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	int err = introspect_stage1_regs(d->in, vcpu, &regs);

	if (!err)
		err = stage1_walk(&d->guest, &regs, va, &map);
	if (!err)
		*ret = map.ipa;
	return err;
}

/* Read to buf, or, if from is not NULL, write from it. */
static long ipa_copy(struct debug *d, ipa_t ipa, void *buf, const void *from,
		     size_t len)
{
	uint64_t n = len;
	uint8_t *host = (uint8_t *)(uintptr_t)guest_map(&d->guest, ipa, &n);

	if (!n || !host)
		return len ? -EFAULT : 0;
	if (from) {
		breakpoints_write(d->vm->breakpoints, ipa, host, from, n);
	} else {
		memcpy(buf, host, n);
		breakpoints_hide(d->vm->breakpoints, ipa, buf, n);
	}
	return (long)n;
}

static long live_ipa_read(struct guest *g, ipa_t ipa, void *buf, size_t len)
{
	return ipa_copy(debug_of(g), ipa, buf, NULL, len);
}

static long live_ipa_write(struct guest *g, ipa_t ipa, const void *buf,
			   size_t len)
{
	return ipa_copy(debug_of(g), ipa, NULL, buf, len);
}

/* --- run control --------------------------------------------------------- */

static int resumed(struct debug *d, int err)
{
	if (err)
		return err;
	d->running = true;
	d->guest.has_fault = false;
	return 0;
}

static int live_resume(struct guest *g, const enum guest_action *actions,
		       const struct guest_range *ranges)
{
	struct debug *d = debug_of(g);
	bool free = false;

	if (d->exited)
		return -ESRCH;
	if (d->running)
		return -EBUSY;
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		free = free || actions[i] == GUEST_RUN;
	breakpoints_guard(d->vm->breakpoints);
	watch_apply(d->vm->watch, free);
	return resumed(d, vm_resume(d->vm, actions, ranges));
}

static int live_resume_over(struct guest *g, unsigned int vcpu)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);
	ipa_t ipa;
	va_t pc;

	if (err)
		return err;
	err = vcpu_pc_get(&d->vm->vcpu[vcpu], &pc);
	if (!err && !vcpu_va_ipa(&d->vm->vcpu[vcpu], pc, &ipa))
		d->vm->vcpu[vcpu].leave.brk = ipa;
	return err ? err : resumed(d, vm_continue(d->vm));
}

static int live_stop_request(struct guest *g)
{
	struct debug *d = debug_of(g);

	if (!d->running)
		return 0;
	d->user_request = true;
	vm_stop_request(d->vm, GUEST_STOP_REQUESTED, "");
	return 0;
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
	if (owners & BREAK_MODULE)
		breakpoints_follow(d->vm->breakpoints,
				   &d->vm->vcpu[stop->vcpu]);
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
		n = crash_hit(d->crash, ipa, stop, &d->guest.fault);
		d->guest.has_fault = n > 0;
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
	bool internal = d->own_request && !d->user_request;

	d->own_request = false;
	d->user_request = false;
	switch (stop->kind) {
	case GUEST_STOP_REQUESTED:
		return !internal;
	case GUEST_STOP_SW_BREAK:
		return brk_stop(d, stop);
	case GUEST_STOP_HW_BREAK:
		if (breakpoints_is_swapped(d->vm->breakpoints, GUEST_BREAK_SW,
					   stop->addr))
			stop->kind = GUEST_STOP_SW_BREAK;
		return true;
	case GUEST_STOP_EXITED:
		d->exited = true;
		return true;
	default:
		return true;
	}
}

static int live_stop_get(struct guest *g, struct guest_stop *ret)
{
	struct debug *d = debug_of(g);
	struct guest_stop stop;
	int err = vm_stop_get(d->vm, &stop);

	if (err)
		return err;
	d->running = false;
	d->guest.has_fault = false;
	d->guest.last = stop;
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
		err = resumed(d, vm_continue(d->vm));
		return err ? err : -EAGAIN;
	}
	watch_stopped(d->vm->watch, &stop, d->in);
	text_clean(stop.text, strlen(stop.text));
	d->guest.last = stop;
	*ret = stop;
	return 0;
}

static bool live_is_running(struct guest *g)
{
	return debug_of(g)->running;
}

static int live_kill(struct guest *g)
{
	struct debug *d = debug_of(g);

	if (!d->exited)
		vm_exit(d->vm, 0);
	return 0;
}

/* --- break and watch points ---------------------------------------------- */

/*
 * A user address is in the address space of the task that runs on vcpu. That is
 * TTBR0's, or, where the kernel disables TTBR0, that of the task's mm.
 */
static void user_space(struct debug *d, unsigned int vcpu, va_t va,
		       struct stage1_regs *regs)
{
	struct stage1_mapping map;
	ipa_t table;

	if (va & VA_UPPER_HALF || !stage1_walk(&d->guest, regs, va, &map) ||
	    introspect_user_table(d->in, vcpu, &table))
		return;
	regs->tcr &= ~TCR_EPD0;
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
		err = watch_set(d->vm->watch, &spec, d->guest.why);
	if (err && d->guest.why[0])
		fprintf(stderr, "trapline: %s\n", d->guest.why);
	return err;
}

static int live_break_set(struct guest *g, unsigned int vcpu,
			  enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);
	ipa_t ipa = IPA_NONE;

	if (!err && kind >= GUEST_WATCH_WRITE)
		return watch_at(d, vcpu, kind, va, len);
	if (err)
		return err;
	/*
	 * A hardware breakpoint may have to become a BRK, so it needs the IPA.
	 * It may also be unmapped.
	 */
	if (kind == GUEST_BREAK_SW || kind == GUEST_BREAK_HW)
		err = translate(d, vcpu, va, &ipa);
	if (err && kind == GUEST_BREAK_SW)
		return err;
	return breakpoints_set(d->vm->breakpoints, kind, va, ipa, len);
}

static int live_break_clear(struct guest *g, unsigned int vcpu,
			    enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct debug *d = debug_of(g);
	int err = check_vcpu(d, vcpu);

	/* A guest that has ended can still clear its points. */
	if (err && err != -ESRCH)
		return err;
	if (kind >= GUEST_WATCH_WRITE)
		return watch_clear(d->vm->watch, WATCH_DEBUGGER, kind, va, len);
	return breakpoints_clear(d->vm->breakpoints, kind, va, len);
}

static const struct guest_ops live_ops = {
	.regs_get = live_regs_get,
	.regs_get_some = live_regs_get_some,
	.regs_set = live_regs_set,
	.fpregs_get = live_fpregs_get,
	.fpregs_set = live_fpregs_set,
	.sysreg_get = live_sysreg_get,
	.vcpu_online = live_vcpu_online,
	.ipa_read = live_ipa_read,
	.ipa_write = live_ipa_write,
	.resume = live_resume,
	.resume_over = live_resume_over,
	.stop_request = live_stop_request,
	.stop_get = live_stop_get,
	.is_running = live_is_running,
	.kill = live_kill,
	.break_set = live_break_set,
	.break_clear = live_break_clear,
};

/* --- the control loop's side --------------------------------------------- */

int debug_create(struct vm *vm, ipa_t kernel, struct debug **ret)
{
	struct debug *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->vm = vm;
	d->guest.ops = &live_ops;
	d->guest.nr_vcpus = vm->nr_vcpus;
	d->guest.ram = vm->ram;
	d->guest.nr_ram = ARRAY_SIZE(vm->ram);
	d->guest.stop_fd = vm->stop_fd;
	err = introspect_create(&d->guest, &d->in);
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
	return &d->guest;
}

struct introspect *debug_introspect(struct debug *d)
{
	return d->in;
}

int debug_space(struct debug *d, va_t va, struct stage1_regs *ret)
{
	return space_get(d, d->guest.last.vcpu, va, ret);
}

struct vm *debug_vm(struct debug *d)
{
	return d->vm;
}

int debug_timeout(struct debug *d)
{
	return d->running && !d->own_request ? crash_timeout(d->crash) : -1;
}

void debug_tick(struct debug *d)
{
	if (!d->running || d->own_request || !crash_tick(d->crash))
		return;
	d->own_request = true;
	vm_stop_request(d->vm, GUEST_STOP_REQUESTED, "");
}

const char *debug_notice(struct debug *d)
{
	return crash_notice(d->crash);
}

void debug_reset(struct debug *d)
{
	d->guest.has_fault = false;
	d->exited = false;
	d->own_request = false;
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
	if (!d->running)
		crash_plant(d->crash);
}

int debug_catch_set(struct debug *d, unsigned int catches)
{
	if (d->running)
		return -EBUSY;
	crash_catch_set(d->crash, catches);
	return 0;
}

unsigned int debug_catch_get(struct debug *d)
{
	return crash_catch_get(d->crash);
}
