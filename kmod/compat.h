/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - the differences among kernels 6.1 to 7.3
 *
 * Each test is for a feature, never for a version number. Kbuild tests for the
 * features that neither the preprocessor nor a type can show.
 */
#ifndef TRAPLINE_KMOD_COMPAT_H
#define TRAPLINE_KMOD_COMPAT_H

#ifdef HAVE_ENTRY_VIRT
#include <linux/entry-virt.h>
#else
#include <linux/entry-kvm.h>
#endif
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <asm/cputype.h>
#include <asm/debug-monitors.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include <uapi/linux/kvm.h>

/*
 * Since 6.10 KVM hides the name immediate_exit from its own code, because user
 * space may write the field at any time. trapline may use the name: it reads
 * the field once (vcpu.h) and indexes nothing by it.
 */
#ifdef HINT_UNSAFE_IN_KVM
#define RUN_IMMEDIATE_EXIT HINT_UNSAFE_IN_KVM(immediate_exit)
#else
#define RUN_IMMEDIATE_EXIT immediate_exit
#endif

/* Since 6.8 eventfd_signal() has no count argument. */
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

/* clang-format off */
#define compat_eventfd_signal(ctx) \
	_Generic(&eventfd_signal, \
		void (*)(struct eventfd_ctx *): compat_signal, \
		__u64 (*)(struct eventfd_ctx *, __u64): compat_signal_count) \
		(&eventfd_signal, ctx)
/* clang-format on */

/*
 * The MMU notifier's callbacks about young pages return int, or bool in newer
 * kernels.
 */
#define compat_young \
	typeof(((struct mmu_notifier_ops *)NULL)->test_young(NULL, NULL, 0))

/*
 * In newer kernels kernel_neon_begin() and kernel_neon_end() take a pointer to
 * memory, where the kernel saves the FP registers if it schedules the thread
 * out between the two calls. Older kernels use memory of their own.
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

/* clang-format off */
#define compat_neon(neon, state) \
	_Generic(&(neon), \
		void (*)(void): compat_neon_own, \
		void (*)(struct user_fpsimd_state *): compat_neon_state) \
		(&(neon), state)
/* clang-format on */

/*
 * The work that a thread does before it enters a guest. Up to 6.17 the function
 * has a KVM name and takes a struct kvm_vcpu, because it writes to the kvm_run
 * of this vCPU that a signal is pending.
 */
static inline int compat_work_any(int (*work)(void), struct kvm_vcpu *unused)
{
	return work();
}

static inline int compat_work_kvm(int (*work)(struct kvm_vcpu *vcpu),
				  struct kvm_vcpu *vcpu)
{
	return work(vcpu);
}

#ifdef XFER_TO_GUEST_MODE_WORK
#define compat_work_pending() __xfer_to_guest_mode_work_pending()
#define compat_work(vcpu)                                       \
	_Generic(&xfer_to_guest_mode_handle_work, int (*)(void) \
		 : compat_work_any, int (*)(struct kvm_vcpu *)  \
		 : compat_work_kvm)(&xfer_to_guest_mode_handle_work, vcpu)
#else /* a kernel without KVM */
#define compat_work_pending() (need_resched() || signal_pending(current))
#define compat_work(vcpu)     ((void)(vcpu), cond_resched())
#endif

/*
 * Since 6.19 the kernel writes the CPU's number to a thread's rseq area only on
 * the way to user space. account_work() clears the flag that makes it do so.
 */
#ifdef HAVE_RSEQ_EXIT
#include <linux/rseq.h>
#define compat_rseq_exit() rseq_virt_userspace_exit()
#else
#define compat_rseq_exit() ((void)0)
#endif

/*
 * 6.1 has no generated fields of MDSCR_EL1. Newer kernels have only the
 * generated ones.
 */
#ifndef MDSCR_EL1_MDE
#define MDSCR_EL1_SS  DBG_MDSCR_SS
#define MDSCR_EL1_KDE DBG_MDSCR_KDE
#define MDSCR_EL1_MDE DBG_MDSCR_MDE
#endif

/* 6.1 does not name this CPU. */
#ifndef MIDR_AMPERE1A
#define MIDR_AMPERE1A MIDR_CPU_MODEL(ARM_CPU_IMP_AMPERE, 0xac4)
#endif

/* The field of TME, a feature that newer kernels do not know. */
#ifndef ID_AA64ISAR0_EL1_TME
#define ID_AA64ISAR0_EL1_TME GENMASK_ULL(27, 24)
#endif

/* hrtimer_setup() exists since 6.13. 6.15 removed hrtimer_init(). */
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

/*
 * 6.8 added guest memory by descriptor. Older kernels get the same definitions.
 */
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
