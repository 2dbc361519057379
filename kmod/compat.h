/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - where kernels 6.1 to 7.3 differ
 *
 * By what is there, never by version number. Kbuild looks for what neither the
 * preprocessor nor a type can tell.
 */
#ifndef TRAPLINE_KMOD_COMPAT_H
#define TRAPLINE_KMOD_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mmu_notifier.h>
#include <linux/types.h>
#include <asm/debug-monitors.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
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

/* eventfd_signal() lost its count with 6.8. */
static inline void compat_signal(void (*signal)(struct eventfd_ctx *ctx),
				 struct eventfd_ctx *ctx)
{
	signal(ctx);
}

static inline void compat_signal_count(__u64 (*signal)(struct eventfd_ctx *ctx,
						       __u64 n),
				       struct eventfd_ctx *ctx)
{
	signal(ctx, 1);
}

#define compat_eventfd_signal(ctx)                                       \
	_Generic(&eventfd_signal, void (*)(struct eventfd_ctx *)         \
		 : compat_signal, __u64 (*)(struct eventfd_ctx *, __u64) \
		 : compat_signal_count)(&eventfd_signal, ctx)

/* The MMU notifier's callbacks about young pages return int, newer ones bool. */
#define compat_young \
	typeof(((struct mmu_notifier_ops *)NULL)->test_young(NULL, NULL, 0))

/*
 * Newer kernels want to be told where to keep the FP registers when they
 * schedule in between; older ones have a place of their own for them.
 */
static inline void compat_neon_own(void (*neon)(void),
				   struct user_fpsimd_state *state)
{
	neon();
}

static inline void
compat_neon_state(void (*neon)(struct user_fpsimd_state *state),
		  struct user_fpsimd_state *state)
{
	neon(state);
}

#define compat_neon(neon, state)                                         \
	_Generic(&(neon), void (*)(void)                                 \
		 : compat_neon_own, void (*)(struct user_fpsimd_state *) \
		 : compat_neon_state)(&(neon), state)

/* 6.1 has no generated fields of this register, newer kernels only these. */
#ifndef MDSCR_EL1_MDE
#define MDSCR_EL1_SS  DBG_MDSCR_SS
#define MDSCR_EL1_KDE DBG_MDSCR_KDE
#define MDSCR_EL1_MDE DBG_MDSCR_MDE
#endif

/* 6.13 brought hrtimer_setup(); 6.15 removed hrtimer_init(). */
#ifndef HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.8 brought guest memory by descriptor; without it, the same as the old. */
#ifndef KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};
#define KVM_SET_USER_MEMORY_REGION2 \
	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_CAP_USER_MEMORY2 231
#endif

#endif
