/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysreg.h - system registers: what traps, and what a guest's ID registers say
 */
#ifndef TRAPLINE_KMOD_SYSREG_H
#define TRAPLINE_KMOD_SYSREG_H

#include <linux/types.h>

struct vcpu;

/* An EC 0x18 exit. As exit_handle(). */
int sysreg_trapped(struct vcpu *vcpu);
/* One that needs nothing but this vCPU. As exit_fast(). */
bool sysreg_fast(struct vcpu *vcpu);

/* The nth register that ONE_REG knows as a system register; 0 after the last. */
u32 sysreg_nth(const struct vcpu *vcpu, unsigned int n);
/* By sys_reg() encoding. 0 or -ENOENT; -EINVAL: a constant, another value. */
int sysreg_get(struct vcpu *vcpu, u32 enc, u64 *ret);
int sysreg_set(struct vcpu *vcpu, u32 enc, u64 value);
/* As the guest writes it: a register that can be caught. vcpu_put(). */
void sysreg_write_context(struct vcpu *vcpu, u32 enc, u64 value);
/* MMU and data cache. After vcpu_put(). */
bool sysreg_caches_on(const struct vcpu *vcpu);

#endif
