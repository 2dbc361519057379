/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulate_vcpu.h - a vCPU of KVM's, as emulate.h wants it
 *
 * Each register is a system call; so the stage-1 registers that translate the
 * PC are remembered for the kernel's half, where they all but never change,
 * and what was found with old ones is caught by emulate_begin(): an
 * instruction that cannot have touched the faulting address (-ESTALE) is
 * looked for again. emulate_vcpu_forget() after a stop.
 *
 * On the vCPU's own thread, or with it parked.
 */
#ifndef TRAPLINE_VMM_EMULATE_VCPU_H
#define TRAPLINE_VMM_EMULATE_VCPU_H

#include <trapline/introspect.h>
#include "emulate.h"
#include "vmm/vm.h"

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

/* emulate_begin(), once more where registers were remembered wrongly. */
int emulate_vcpu_begin(struct emulate_vcpu *ev,
		       const struct emulate_fault *fault, struct emulation *ret,
		       const char **reason);

#endif
