// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exits.c - handle the exits of KVM_RUN
 *
 * Source: Documentation/virt/kvm/api.rst, "The kvm_run structure". A table maps
 * the exit reason to a handler. An exit that is not in the table, or that its
 * handler cannot serve, stops the VM with one line of text. The guest stays on
 * the instruction, for a debugger to look at. Runs on the vCPU's own thread.
 */
#include "exits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <trapline/abi.h>
#include <trapline/arm64.h>
#include "nowhere.h"
#include "regs.h"
#include "run.h"
#include "step.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/debug/catchreg.h"
#include "vmm/watch/watch.h"

#define DABT_SAS_MAX 8

enum exit_result vcpu_stop_failure(struct vcpu *vcpu, struct guest_stop *ret,
				   const char *what)
{
	va_t pc = 0;

	vcpu_pc_get(vcpu, &pc);
	ret->kind = GUEST_STOP_FAILURE;
	ret->vcpu = vcpu->index;
	ret->addr = pc;
	snprintf(ret->text, sizeof(ret->text), "CPU %u, PC 0x%" PRIx64 ": %s",
		 vcpu->index, pc, what);
	return EXIT_STOP;
}

/*
 * When KVM completes a write, it moves the PC and clears BTYPE. When it
 * completes a read, it also fills a register, and only the instruction says
 * which register this is.
 */
void vcpu_mmio_undo(struct vcpu *vcpu)
{
	bool write = vcpu->run->mmio.is_write;
	struct guest_regs regs;

	if (write ? vcpu_pc_get(vcpu, &regs.pc) ||
			    vcpu_pstate_get(vcpu, &regs.pstate)
		  : vcpu_regs_get(vcpu, &regs))
		return;
	vcpu_complete(vcpu);
	if (!write) {
		vcpu_regs_set(vcpu, &regs);
		return;
	}
	vcpu_pc_set(vcpu, regs.pc);
	vcpu_pstate_set(vcpu, regs.pstate);
}

static enum exit_result mmio_unknown(struct vcpu *vcpu, ipa_t ipa,
				     unsigned int size, bool write,
				     uint64_t value, struct guest_stop *ret)
{
	char what[160];

	vcpu_mmio_undo(vcpu);
	if (write)
		snprintf(what, sizeof(what),
			 "%u-byte write of 0x%" PRIx64 " to 0x%" PRIx64
			 ", where no device is (continue aborts it, "
			 "set $pc += 4 skips it)",
			 size, value, ipa);
	else
		snprintf(what, sizeof(what),
			 "%u-byte read from 0x%" PRIx64
			 ", where no device is (continue aborts it, "
			 "set $pc += 4 skips it)",
			 size, ipa);
	return nowhere_accessed(vcpu, write, what, ret);
}

static enum exit_result exit_mmio(struct vcpu *vcpu, struct guest_stop *ret)
{
	struct kvm_run *run = vcpu->run;
	struct bus *bus = &vcpu->vm->bus;
	ipa_t ipa = run->mmio.phys_addr;
	unsigned int size = run->mmio.len;
	bool write = run->mmio.is_write;
	uint64_t value = 0;

	if (size == 0 || size > DABT_SAS_MAX)
		return vcpu_stop_failure(vcpu, ret,
					 "access of impossible size");
	if (vm_ram_at(vcpu->vm, ipa, 1))
		return watch_mmio(vcpu, ret);
	if (write) {
		memcpy(&value, run->mmio.data, size);
		if (bus_write(bus, ipa, size, value))
			return EXIT_AGAIN;
	} else if (bus_read(bus, ipa, size, &value)) {
		memcpy(run->mmio.data, &value, size);
		return EXIT_AGAIN;
	}
	return mmio_unknown(vcpu, ipa, size, write, value, ret);
}

static enum exit_result exit_debug(struct vcpu *vcpu, struct guest_stop *ret)
{
	uint32_t ec = FIELD_GET(ESR_ELx_EC_MASK, vcpu->run->debug.arch.hsr);
	va_t pc;

	if (ec == ESR_ELx_EC_SOFTSTP_LOW && vcpu->step.active)
		return EXIT_STEPPED;
	if (ec == ESR_ELx_EC_BREAKPT_LOW && step_goal_reached(vcpu))
		return EXIT_STEPPED;
	if (breakpoints_debug_exit(vcpu->vm->breakpoints, vcpu, ret))
		return ret->kind == GUEST_STOP_WATCH ? watch_debug(vcpu, ret)
						     : EXIT_STOP;
	/*
	 * The stepped instruction was a BRK of the guest's own, so the step
	 * ended in the guest's handler.
	 */
	if (vcpu->step.active && !vcpu_pc_get(vcpu, &pc) && pc != vcpu->step.pc)
		return EXIT_STEPPED;
	return EXIT_AGAIN;
}

static enum exit_result exit_system_event(struct vcpu *vcpu,
					  struct guest_stop *ret)
{
	struct vm *vm = vcpu->vm;
	char what[64];

	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vm_exit(vm, 0);
		return EXIT_PARK;
	case KVM_SYSTEM_EVENT_RESET:
		run_reset_wanted(vcpu);
		return EXIT_PARK;
	case KVM_SYSTEM_EVENT_CRASH:
		return vcpu_stop_failure(vcpu, ret,
					 "the guest reports a crash");
	default:
		snprintf(what, sizeof(what),
			 "unexpected system event %u from KVM",
			 vcpu->run->system_event.type);
		return vcpu_stop_failure(vcpu, ret, what);
	}
}

/*
 * An access outside RAM that has no valid syndrome (a pair, writeback, SIMD,
 * cache maintenance). The PC is on the instruction, and nothing has been done.
 */
static enum exit_result exit_nisv(struct vcpu *vcpu, struct guest_stop *ret)
{
	struct insn_text insn;
	char what[208];
	va_t pc = 0;

	if (vm_ram_at(vcpu->vm, vcpu->run->arm_nisv.fault_ipa, 1))
		return watch_nisv(vcpu, ret);
	vcpu_pc_get(vcpu, &pc);
	watch_insn_text(vcpu, pc, &insn);
	snprintf(what, sizeof(what),
		 "%.80s accesses 0x%" PRIx64
		 ", which is no RAM, in a way that cannot be emulated "
		 "(ISS 0x%" PRIx64 ")",
		 insn.text, (uint64_t)vcpu->run->arm_nisv.fault_ipa,
		 (uint64_t)vcpu->run->arm_nisv.esr_iss);
	return nowhere_accessed(vcpu, vcpu->run->arm_nisv.esr_iss & ESR_ELx_WNR,
				what, ret);
}

static enum exit_result exit_again(struct vcpu *vcpu, struct guest_stop *ret)
{
	return EXIT_AGAIN;
}

static enum exit_result exit_fail_entry(struct vcpu *vcpu,
					struct guest_stop *ret)
{
	return vcpu_stop_failure(vcpu, ret, "KVM could not enter the guest");
}

static enum exit_result exit_internal(struct vcpu *vcpu, struct guest_stop *ret)
{
	return vcpu_stop_failure(vcpu, ret, "internal error in KVM");
}

typedef enum exit_result exit_fn(struct vcpu *vcpu, struct guest_stop *ret);

static exit_fn *const exit_table[] = {
	[KVM_EXIT_MMIO] = exit_mmio,
	[KVM_EXIT_DEBUG] = exit_debug,
	[KVM_EXIT_SYSTEM_EVENT] = exit_system_event,
	[KVM_EXIT_ARM_NISV] = exit_nisv,
	[KVM_EXIT_MEMORY_FAULT] = watch_denied,
	[KVM_EXIT_INTR] = exit_again,
	[KVM_EXIT_IRQ_WINDOW_OPEN] = exit_again,
	[KVM_EXIT_FAIL_ENTRY] = exit_fail_entry,
	[KVM_EXIT_INTERNAL_ERROR] = exit_internal,
};

enum exit_result vcpu_handle_exit(struct vcpu *vcpu, struct guest_stop *ret)
{
	uint32_t reason = vcpu->run->exit_reason;
	char what[64];

	if (reason == TRAPLINE_EXIT_CATCH)
		return catchreg_exit(vcpu, ret);
	if (reason < ARRAY_SIZE(exit_table) && exit_table[reason])
		return exit_table[reason](vcpu, ret);
	snprintf(what, sizeof(what),
		 "KVM exit %" PRIu32 ", which trapline does not handle",
		 reason);
	return vcpu_stop_failure(vcpu, ret, what);
}

enum exit_result vcpu_handle_error(struct vcpu *vcpu, int err,
				   struct guest_stop *ret)
{
	char what[128];

	/*
	 * A kick sets immediate_exit. If it is clear, the kick came too late.
	 */
	if (err == EINTR)
		return __atomic_load_n(&vcpu->run->immediate_exit,
				       __ATOMIC_SEQ_CST)
			       ? EXIT_PARK
			       : EXIT_AGAIN;
	/* A page of the guest was busy: nothing has happened. */
	if (err == EAGAIN)
		return EXIT_AGAIN;
	snprintf(what, sizeof(what), "KVM_RUN failed: %s%s", strerror(err),
		 err == ENOMEM || err == EFAULT
			 ? " (is the host out of memory?)"
			 : "");
	return vcpu_stop_failure(vcpu, ret, what);
}
