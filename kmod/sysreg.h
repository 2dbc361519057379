/* SPDX-License-Identifier: GPL-2.0-only */
/* sysreg.h - system registers: trapped accesses, and access by ONE_REG */
#ifndef TRAPLINE_KMOD_SYSREG_H
#define TRAPLINE_KMOD_SYSREG_H

#include <linux/types.h>

struct vcpu;

/* Handle an exit with EC 0x18. Returns as exit_handle() does. */
int sysreg_trapped(struct vcpu *vcpu);
/*
 * Handle a trap that needs nothing but this vCPU. Returns as exit_fast() does.
 */
bool sysreg_fast(struct vcpu *vcpu);

/* The nth system register that ONE_REG knows; 0 after the last. */
u32 sysreg_nth(const struct vcpu *vcpu, unsigned int n);
/*
 * enc is a sys_reg() encoding. Returns 0 or -ENOENT. -EINVAL: the register is a
 * constant, and value differs from it.
 */
int sysreg_get(struct vcpu *vcpu, u32 enc, u64 *ret);
int sysreg_set(struct vcpu *vcpu, u32 enc, u64 value);
/*
 * Write a register that can be caught, with the effects of a guest's write.
 * Calls vcpu_put().
 */
void sysreg_write_context(struct vcpu *vcpu, u32 enc, u64 value);
/* True: MMU and data cache are on. Call this after vcpu_put(). */
bool sysreg_caches_on(const struct vcpu *vcpu);

#endif
