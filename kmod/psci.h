/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * psci.h - PSCI 1.1 and SMCCC 1.1 for guests, by HVC
 */
#ifndef TRAPLINE_KMOD_PSCI_H
#define TRAPLINE_KMOD_PSCI_H

struct vcpu;

#define PSCI_VERSION_SERVED PSCI_VERSION(1, 1)

/* As exit_handle(). x0 gets the result. */
int psci_call(struct vcpu *vcpu);

#endif
