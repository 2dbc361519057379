/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulate_vcpu.h - a vCPU of KVM, for emulate.h
 *
 * Each register costs a system call. So the stage-1 registers that translate
 * the PC are remembered for the kernel's half, where they almost never change.
 * Old values may lead to a wrong instruction. emulate_begin() detects one that
 * cannot have accessed the faulting address (-ESTALE), and the instruction is
 * then fetched again with new values. Call emulate_vcpu_forget() after a stop.
 *
 * For the vCPU's own thread, or while the vCPU is parked.
 */
#ifndef TRAPLINE_VMM_EMULATE_VCPU_H
#define TRAPLINE_VMM_EMULATE_VCPU_H

#include <trapline/stage1.h>
#include "emulate.h"

struct vcpu;

struct emulate_vcpu {
	struct emulate_cpu cpu; /* first: emulate.c knows only this */
	struct vcpu *vcpu;
	struct stage1_regs kernel; /* for PCs in the upper half */
	bool kernel_known;
};

/* -ENOMEM */
int emulate_vcpu_init(struct emulate_vcpu *ev, struct vcpu *vcpu);
void emulate_vcpu_deinit(struct emulate_vcpu *ev);
void emulate_vcpu_forget(struct emulate_vcpu *ev);

/* emulate_begin(), repeated with new registers if remembered ones fail. */
int emulate_vcpu_begin(struct emulate_vcpu *ev,
		       const struct emulate_fault *fault, struct emulation *ret,
		       const char **reason);

#endif
