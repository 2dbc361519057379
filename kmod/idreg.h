/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idreg.h - the ID registers that a guest sees
 *
 * Registers are named by sys_reg() encoding. A VMM can remove features. The
 * result belongs to the VM, under vm->lock, and cannot change once a vCPU has
 * run.
 */
#ifndef TRAPLINE_KMOD_IDREG_H
#define TRAPLINE_KMOD_IDREG_H

#include <linux/types.h>

struct vcpu;

/* Read the host's registers, when the module is loaded. */
void idreg_host_init(void);
/*
 * The value that the kernel has found for all CPUs. enc is a register with
 * features that a guest sees.
 */
u64 idreg_host(u32 enc);
/*
 * True: CTR_EL0, CLIDR_EL1 and CCSIDR_EL1 of this CPU are those that guests see
 * on other CPUs. Preemption is off.
 */
bool idreg_caches_same(void);

/* The nth register that ONE_REG knows as an ID register; 0 after the last. */
u32 idreg_nth(unsigned int n);
/* 0 or -ENOENT. */
int idreg_get(struct vcpu *vcpu, u32 enc, u64 *ret);
/*
 * -EINVAL: more than the CPU has, or a field that may not change. -EBUSY: a
 * vCPU has run.
 */
int idreg_set(struct vcpu *vcpu, u32 enc, u64 value);
/*
 * A guest's read of a register that HCR_EL2.TID1, TID2 or TID3 traps. False:
 * enc is no such register.
 */
bool idreg_trapped(struct vcpu *vcpu, u32 enc, u64 *ret);

/*
 * Does the cache exist that csselr, a value of CSSELR_EL1, selects? The second
 * function returns the cache's CCSIDR_EL1.
 */
bool idreg_has_cache(unsigned int csselr);
u64 idreg_ccsidr(unsigned int csselr);

/* True: the CPU has pointer authentication, of addresses and generic. */
bool idreg_has_ptrauth(void);

#endif
