/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * psci.h - PSCI 1.1 and SMCCC 1.1 for guests, by HVC
 */
#ifndef TRAPLINE_KMOD_PSCI_H
#define TRAPLINE_KMOD_PSCI_H

#include <linux/types.h>

struct vcpu;

#define PSCI_VERSION_LATEST PSCI_VERSION(1, 1)

/* Handle the call. Returns as exit_handle() does; x0 gets the call's result. */
int psci_call(struct vcpu *vcpu);

/*
 * Access KVM_REG_ARM_PSCI_VERSION (0.2, 1.0 or 1.1) and the other firmware
 * registers by KVM's ids. Returns 0, -ENOENT or -EINVAL.
 */
int psci_reg_get(struct vcpu *vcpu, u64 id, u64 *ret);
int psci_reg_set(struct vcpu *vcpu, u64 id, u64 value);

/*
 * Ask this machine's firmware for an SMCCC_ARCH_WORKAROUND. Returns 0 (it
 * exists), SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED or PSCI_RET_NOT_SUPPORTED.
 */
int psci_workaround(u32 id);

#endif
