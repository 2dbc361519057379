/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * onereg.h - KVM_GET_ONE_REG, KVM_SET_ONE_REG, KVM_GET_REG_LIST
 */
#ifndef TRAPLINE_KMOD_ONEREG_H
#define TRAPLINE_KMOD_ONEREG_H

#include <linux/types.h>

struct vcpu;

/* 0, -ENOENT (no such register), -EINVAL (size or value), -EFAULT. */
int onereg_access(struct vcpu *vcpu, u64 id, void __user *user, bool set);
/*
 * Returns the number of ids and, unless ids is NULL, writes them to ids;
 * -EFAULT.
 */
long onereg_list(struct vcpu *vcpu, u64 __user *ids);

#endif
