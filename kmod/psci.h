/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * psci.h - PSCI 1.1 and SMCCC 1.1 for guests, by HVC
 */
#ifndef TRAPLINE_KMOD_PSCI_H
#define TRAPLINE_KMOD_PSCI_H

#include <linux/types.h>

struct vcpu;

#define PSCI_VERSION_LATEST PSCI_VERSION(1, 1)

/* As exit_handle(). x0 gets the result. */
int psci_call(struct vcpu *vcpu);

/*
 * KVM_REG_ARM_PSCI_VERSION (0.2, 1.0 or 1.1) and the other firmware registers
 * by KVM's ids: 0, -ENOENT, -EINVAL.
 */
int psci_reg_get(struct vcpu *vcpu, u64 id, u64 *ret);
int psci_reg_set(struct vcpu *vcpu, u64 id, u64 value);

/*
 * What this machine's firmware says of an SMCCC_ARCH_WORKAROUND: 0, there;
 * SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED; PSCI_RET_NOT_SUPPORTED.
 */
int psci_workaround(u32 id);

#endif
