/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - where kernels 6.1 to 6.12 differ
 *
 * By what is there, never by version number.
 */
#ifndef TRAPLINE_KMOD_COMPAT_H
#define TRAPLINE_KMOD_COMPAT_H

#include <uapi/linux/kvm.h>

/*
 * Since 6.10 KVM hides the name from itself, because user space writes it at
 * any time: it is read once (vcpu.h) and nothing is indexed by it.
 */
#ifdef HINT_UNSAFE_IN_KVM
#define RUN_IMMEDIATE_EXIT HINT_UNSAFE_IN_KVM(immediate_exit)
#else
#define RUN_IMMEDIATE_EXIT immediate_exit
#endif

#endif
