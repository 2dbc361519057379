/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * catch.h - writes to system registers that a debugger wants to see
 *
 * include/trapline/abi.h, "system registers", is the manual. What HCR_EL2.TVM
 * traps anyway costs the others of its kind an exit that nobody sees; VBAR_EL1
 * has a trap of its own (FEAT_FGT). vcpu->catch belongs to vcpu->mutex.
 */
#ifndef TRAPLINE_KMOD_CATCH_H
#define TRAPLINE_KMOD_CATCH_H

#include <linux/types.h>

struct vcpu;
struct vm;

/* Of vcpu_catch.traps: have catch_apply() look. */
#define CATCH_UNKNOWN (~0ULL)

struct vcpu_catch {
	u64 traps; /* TRAPLINE_CATCH_*: what the context traps for it */
	bool pending; /* the last exit was TRAPLINE_EXIT_CATCH, unfinished */
	u32 enc; /* of the register */
	u64 pc; /* of the MSR */
};

/* TRAPLINE_CAP_CATCH. */
u64 catch_offered(void);
/* TRAPLINE_SET_CATCH. */
long catch_set(struct vm *vm, unsigned long arg);
/* Before each entry: what the VM wants, into the context; may vcpu_put(). */
void catch_apply(struct vcpu *vcpu);
/* An MSR that trapped, of a register in the context. As exit_handle(). */
int catch_exit(struct vcpu *vcpu, u32 enc, u64 old, u64 value);
/* At the next KVM_RUN. True: the MSR has been done. */
bool catch_complete(struct vcpu *vcpu);

#endif
