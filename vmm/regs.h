/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regs.h - the registers of a vCPU: KVM_GET_ONE_REG and KVM_SET_ONE_REG
 *
 * For the control thread while the vCPU is PARKED, or for the vCPU's own
 * thread. A function that returns int returns 0 or a negative errno.
 */
#ifndef TRAPLINE_VMM_REGS_H
#define TRAPLINE_VMM_REGS_H

#include <trapline/guest.h>

struct vcpu;
struct stage1_regs;

#define VCPU_MAX_KNOWN 64

/* Identifiers for vcpu_reg_get(), by ARM64_SYS_REG() of abi.h. */
#define ID_AA64MMFR0_EL1 ARM64_SYS_REG(3, 0, 0, 7, 0)
#define ID_AA64MMFR1_EL1 ARM64_SYS_REG(3, 0, 0, 7, 1)
#define ID_AA64MMFR2_EL1 ARM64_SYS_REG(3, 0, 0, 7, 2)

/*
 * Cached registers of a vCPU that is not in KVM_RUN. regs.c numbers them
 * (KNOWN_*).
 */
struct vcpu_known {
	uint64_t mask;
	uint64_t value[VCPU_MAX_KNOWN];
	uint64_t pstate; /* PSTATE that KVM has */
};

int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret);
int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value);
int vcpu_pc_get(struct vcpu *vcpu, va_t *ret);
int vcpu_pc_set(struct vcpu *vcpu, va_t value);
int vcpu_x_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret);
int vcpu_x_set(struct vcpu *vcpu, unsigned int n, uint64_t value);
/* The stack pointer that PSTATE selects, and a SIMD register. */
int vcpu_sp_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_sp_set(struct vcpu *vcpu, uint64_t value);
int vcpu_v_get(struct vcpu *vcpu, unsigned int n, unsigned __int128 *ret);
int vcpu_v_set(struct vcpu *vcpu, unsigned int n,
	       const unsigned __int128 *value);
int vcpu_pstate_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_pstate_set(struct vcpu *vcpu, uint64_t value);
int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret);
/* which is a mask of the registers to read; all others are 0. */
int vcpu_regs_get_some(struct vcpu *vcpu, uint64_t which,
		       struct guest_regs *ret);
int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs);
int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret);
int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs);
int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret);
int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value);
bool vcpu_online(struct vcpu *vcpu);
/*
 * Call this before each KVM_RUN. It writes a changed PSTATE to KVM and drops
 * the cached registers. If all is false, the registers that translate addresses
 * stay cached: a step over most instructions does not change them.
 */
int vcpu_regs_forget(struct vcpu *vcpu, bool all);
/*
 * Call this after a KVM_RUN that returned an exit. The vCPU is online then, so
 * only this process changes its registers before the next KVM_RUN.
 */
void vcpu_regs_share(struct vcpu *vcpu);
/*
 * Offset in the table at VBAR_EL1 of the vector for a synchronous exception
 * that is taken at pstate.
 */
uint64_t vcpu_vector(uint64_t pstate);
/* Make the vCPU take a synchronous exception to EL1, as hardware would. */
int vcpu_inject_sync(struct vcpu *vcpu, uint64_t esr, uint64_t far);
/*
 * vcpu_va_ipa(): translate va by the vCPU's own tables; errors as
 * stage1_walk(). vcpu_insn_get(): the instruction at pc; -EFAULT also where
 * there is no RAM.
 */
int vcpu_va_ipa(struct vcpu *vcpu, va_t va, ipa_t *ret);
int vcpu_insn_get(struct vcpu *vcpu, va_t pc, uint32_t *ret);
/*
 * The registers that translate va. The TTBR of the other half of the address
 * space is 0.
 */
int vcpu_stage1_regs(struct vcpu *vcpu, va_t va, struct stage1_regs *ret);

#endif
