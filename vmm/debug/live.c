// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - the live VM as struct guest
 *
 * Registers go to KVM through regs.c. Memory is guest RAM in place.
 */
#include "live.h"

#include <errno.h>
#include <string.h>
#include "breakpoints.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/vm.h"
#include "vmm/watch/watch.h"

int live_check(const struct live *l, unsigned int vcpu)
{
	if (vcpu >= l->guest.nr_vcpus)
		return -EINVAL;
	if (l->exited)
		return -ESRCH;
	return l->running ? -EBUSY : 0;
}

/* --- registers ----------------------------------------------------------- */

static int live_regs_get(struct guest *g, unsigned int vcpu,
			 struct guest_regs *ret)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_regs_get(&l->vm->vcpu[vcpu], ret);
}

static int live_regs_get_some(struct guest *g, unsigned int vcpu,
			      uint64_t which, struct guest_regs *ret)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_regs_get_some(&l->vm->vcpu[vcpu], which, ret);
}

static int live_regs_set(struct guest *g, unsigned int vcpu,
			 const struct guest_regs *regs)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_regs_set(&l->vm->vcpu[vcpu], regs);
}

static int live_fpregs_get(struct guest *g, unsigned int vcpu,
			   struct guest_fpregs *ret)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_fpregs_get(&l->vm->vcpu[vcpu], ret);
}

static int live_fpregs_set(struct guest *g, unsigned int vcpu,
			   const struct guest_fpregs *regs)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_fpregs_set(&l->vm->vcpu[vcpu], regs);
}

static int live_sysreg_get(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t *ret)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	if (!err && (unsigned int)reg >= GUEST_NR_SYSREGS)
		err = -EINVAL;
	return err ? err : vcpu_sysreg_get(&l->vm->vcpu[vcpu], reg, ret);
}

static int live_sysreg_set(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t value)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	return err ? err : vcpu_sysreg_set(&l->vm->vcpu[vcpu], reg, value);
}

static bool live_vcpu_online(struct guest *g, unsigned int vcpu)
{
	struct live *l = live_of(g);

	return !live_check(l, vcpu) && vcpu_online(&l->vm->vcpu[vcpu]);
}

/* --- memory -------------------------------------------------------------- */

/* Read to buf. If from is not NULL, write from there instead. */
static long ipa_copy(struct live *l, ipa_t ipa, void *buf, const void *from,
		     size_t len)
{
	uint64_t n = len;
	uint8_t *host = (uint8_t *)(uintptr_t)guest_map(&l->guest, ipa, &n);

	if (!n || !host)
		return len ? -EFAULT : 0;
	if (from) {
		breakpoints_write(l->vm->breakpoints, ipa, host, from, n);
	} else {
		memcpy(buf, host, n);
		breakpoints_hide(l->vm->breakpoints, ipa, buf, n);
	}
	return (long)n;
}

static long live_ipa_read(struct guest *g, ipa_t ipa, void *buf, size_t len)
{
	return ipa_copy(live_of(g), ipa, buf, NULL, len);
}

static long live_ipa_write(struct guest *g, ipa_t ipa, const void *buf,
			   size_t len)
{
	return ipa_copy(live_of(g), ipa, NULL, buf, len);
}

/* --- run control --------------------------------------------------------- */

static int resumed(struct live *l, int err)
{
	if (err)
		return err;
	l->running = true;
	l->guest.has_fault = false;
	return 0;
}

static int live_resume(struct guest *g, const enum guest_action *actions,
		       const struct guest_range *ranges)
{
	struct live *l = live_of(g);
	bool free = false;

	if (l->exited)
		return -ESRCH;
	if (l->running)
		return -EBUSY;
	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		free = free || actions[i] == GUEST_RUN;
	breakpoints_guard(l->vm->breakpoints);
	watch_apply(l->vm->watch, free);
	return resumed(l, vm_resume(l->vm, actions, ranges));
}

int live_continue(struct live *l)
{
	return resumed(l, vm_continue(l->vm));
}

bool live_peek_begin(struct live *l)
{
	if (!l->running)
		return false;
	vm_stop_wait(l->vm);
	l->running = false;
	l->guest.last = (struct guest_stop){ .kind = GUEST_STOP_REQUESTED };
	return true;
}

void live_peek_end(struct live *l, bool ran)
{
	if (!ran)
		return;
	breakpoints_guard(l->vm->breakpoints);
	watch_apply(l->vm->watch, false);
	l->running = true;
	/* If another stop waits, it is reported instead. */
	vm_continue(l->vm);
}

static int live_resume_over(struct guest *g, unsigned int vcpu)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);
	ipa_t ipa;
	va_t pc;

	if (err)
		return err;
	err = vcpu_pc_get(&l->vm->vcpu[vcpu], &pc);
	if (!err && !vcpu_va_ipa(&l->vm->vcpu[vcpu], pc, &ipa))
		l->vm->vcpu[vcpu].leave.brk = ipa;
	return err ? err : live_continue(l);
}

static int live_stop_request(struct guest *g)
{
	struct live *l = live_of(g);

	if (!l->running)
		return 0;
	l->user_request = true;
	vm_stop_request(l->vm, GUEST_STOP_REQUESTED, "");
	return 0;
}

int live_stop_get(struct live *l, struct guest_stop *ret)
{
	int err = vm_stop_get(l->vm, ret);

	if (err)
		return err;
	l->running = false;
	l->guest.has_fault = false;
	l->guest.last = *ret;
	return 0;
}

static bool live_is_running(struct guest *g)
{
	return live_of(g)->running;
}

static int live_kill(struct guest *g)
{
	struct live *l = live_of(g);

	if (!l->exited)
		vm_exit(l->vm, 0);
	return 0;
}

/* --- break and watch points ---------------------------------------------- */

static int live_break_clear(struct guest *g, unsigned int vcpu,
			    enum guest_break_kind kind, va_t va, uint64_t len)
{
	struct live *l = live_of(g);
	int err = live_check(l, vcpu);

	/* A guest that has ended can still clear its points. */
	if (err && err != -ESRCH)
		return err;
	if (kind >= GUEST_WATCH_WRITE)
		return watch_clear(l->vm->watch, WATCH_DEBUGGER, kind, va, len);
	return breakpoints_clear(l->vm->breakpoints, kind, va, len);
}

static void live_break_forget(struct guest *g, va_t va, uint64_t size)
{
	breakpoints_forget(live_of(g)->vm->breakpoints, va, size);
}

const struct guest_ops live_ops = {
	.regs_get = live_regs_get,
	.regs_get_some = live_regs_get_some,
	.regs_set = live_regs_set,
	.fpregs_get = live_fpregs_get,
	.fpregs_set = live_fpregs_set,
	.sysreg_get = live_sysreg_get,
	.sysreg_set = live_sysreg_set,
	.vcpu_online = live_vcpu_online,
	.ipa_read = live_ipa_read,
	.ipa_write = live_ipa_write,
	.resume = live_resume,
	.resume_over = live_resume_over,
	.stop_request = live_stop_request,
	.is_running = live_is_running,
	.kill = live_kill,
	.break_clear = live_break_clear,
	.break_forget = live_break_forget,
};

void live_init(struct live *l, struct vm *vm, const struct guest_ops *ops)
{
	*l = (struct live){
		.guest = {
			.ops = ops,
			.nr_vcpus = vm->nr_vcpus,
			.ram = vm->ram,
			.nr_ram = ARRAY_SIZE(vm->ram),
			.stop_fd = vm->stop_fd,
		},
		.vm = vm,
	};
}
