/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * catch.h - report a guest's writes to system registers to the debugger
 *
 * The manual is include/trapline/abi.h, "system registers". HCR_EL2.TVM traps
 * several registers together. If one of them is caught, writes to the others
 * cause exits, too, which are not reported. VBAR_EL1 has a trap of its own
 * (FEAT_FGT). vcpu->mutex protects vcpu->catch.
 */
#ifndef TRAPLINE_KMOD_CATCH_H
#define TRAPLINE_KMOD_CATCH_H

#include <linux/types.h>

struct vcpu;
struct vm;

/* Value of vcpu_catch.traps that makes catch_apply() set the traps anew. */
#define CATCH_UNKNOWN (~0ULL)

struct vcpu_catch {
	u64 traps; /* TRAPLINE_CATCH_*: what the context traps now */
	bool pending; /* the last exit was TRAPLINE_EXIT_CATCH, unfinished */
	u32 enc; /* the register's encoding */
	u64 pc; /* address of the MSR */
};

/* The value of TRAPLINE_CAP_CATCH. */
u64 catch_offered(void);
/* TRAPLINE_SET_CATCH. */
long catch_set(struct vm *vm, unsigned long arg);
/*
 * Before each entry: set the context's traps to what the VM asks for. May call
 * vcpu_put().
 */
void catch_apply(struct vcpu *vcpu);
/*
 * Handle a trapped MSR to a register in the context. Returns as exit_handle()
 * does.
 */
int catch_exit(struct vcpu *vcpu, u32 enc, u64 old, u64 value);
/* At the next KVM_RUN: finish a caught write. True: the MSR was completed. */
bool catch_complete(struct vcpu *vcpu);

#endif
