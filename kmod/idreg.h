/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idreg.h - what a guest is told of its CPU
 *
 * Registers by sys_reg() encoding. What a VMM takes away is the VM's, under
 * vm->lock, and cannot change once a vCPU has run.
 */
#ifndef TRAPLINE_KMOD_IDREG_H
#define TRAPLINE_KMOD_IDREG_H

#include <linux/types.h>

struct vcpu;

/* The nth that ONE_REG knows; 0 after the last. */
u32 idreg_nth(unsigned int n);
/* 0 or -ENOENT. */
int idreg_get(struct vcpu *vcpu, u32 enc, u64 *ret);
/* -EINVAL: more than there is, or not to be changed; -EBUSY: too late. */
int idreg_set(struct vcpu *vcpu, u32 enc, u64 value);
/* A guest reads what HCR_EL2.TID3 traps. False: not one of these. */
bool idreg_trapped(struct vcpu *vcpu, u32 enc, u64 *ret);

/* Is there a cache that CSSELR_EL1 selects so? Its CCSIDR_EL1, low half. */
bool idreg_has_cache(unsigned int csselr);
u32 idreg_ccsidr(unsigned int csselr);

/* Pointer authentication of addresses and of data. */
bool idreg_has_ptrauth(void);

#endif
