/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what /dev/trapline adds to the KVM UAPI
 *
 * This is the only header that kmod/ and user space share. docs/abi.md lists
 * the part of the KVM UAPI that /dev/trapline has; this header defines what a
 * debugger needs beyond that part. It uses KVM's own structures and numbers
 * where KVM has them, and defines them if an older linux/kvm.h lacks them.
 *
 * Call KVM_CHECK_EXTENSION first. It returns 0 for a feature that is not built
 * or that this CPU cannot have; the feature's ioctl or flag is then refused.
 * Stock KVM returns 0 for every TRAPLINE_CAP_*, because its own numbers are
 * far from these.
 *
 *	capability			return value, if not 0
 *	KVM_CAP_MEMORY_ATTRIBUTES	TRAPLINE_MEMORY_DENY_* bits accepted
 *	KVM_CAP_MEMORY_FAULT_INFO	1: KVM_EXIT_MEMORY_FAULT, below
 *	TRAPLINE_CAP_EXEC_ONLY		1: pages can be execute-only
 *	TRAPLINE_CAP_SYNC		TRAPLINE_SYNC_* bits accepted
 *	TRAPLINE_CAP_WATCH		largest number of watched ranges
 *	KVM_CAP_SET_GUEST_DEBUG2	KVM_GUESTDBG_* bits accepted
 *	TRAPLINE_CAP_CATCH		TRAPLINE_CATCH_* bits accepted
 *	TRAPLINE_CAP_RECORDER		largest number of records in a ring
 *
 * Addresses: ipa is what KVM calls gpa; far is a guest virtual address. All
 * structures have a fixed size and no implicit padding. A reserved member or
 * bit that is not 0 is refused with EINVAL.
 */
#ifndef TRAPLINE_ABI_H
#define TRAPLINE_ABI_H

#ifndef __KERNEL__
#include <stddef.h>
#endif
#include <linux/kvm.h>
#include <linux/types.h>

#define TRAPLINE_CAP_EXEC_ONLY 0x544c0001
#define TRAPLINE_CAP_SYNC      0x544c0002
#define TRAPLINE_CAP_WATCH     0x544c0003
#define TRAPLINE_CAP_CATCH     0x544c0004
#define TRAPLINE_CAP_RECORDER  0x544c0005

#define TRAPLINE_IO 0xe7

/* --- struct kvm_run ------------------------------------------------------ */
/*
 * struct trapline_run lies at kvm_run->s.padding. User space reads and writes
 * the registers there without KVM_GET/SET_ONE_REG, as with KVM_CAP_SYNC_REGS.
 *
 * User space writes kvm_run->kvm_valid_regs: the TRAPLINE_SYNC_* bits of the
 * registers that KVM_RUN stores here each time it returns, with 0 or with an
 * error. KVM_RUN stores TRAPLINE_SYNC_FP only with KVM_EXIT_MEMORY_FAULT, for
 * user space that performs the access itself.
 *
 * User space writes kvm_run->kvm_dirty_regs: the bits of the registers that
 * the next KVM_RUN loads from here. KVM_RUN loads them first, before it
 * finishes an MMIO access or looks at immediate_exit, and clears the bits. The
 * effect is that of KVM_SET_ONE_REG just before KVM_RUN. If pstate is no mode
 * of AArch64 EL0 or EL1, KVM_RUN returns EINVAL: the guest has not run, and
 * the bits stay set.
 */
#define TRAPLINE_SYNC_GENERAL (1ULL << 0) /* x, sp, pc, pstate */
#define TRAPLINE_SYNC_FP      (1ULL << 1) /* v, fpsr, fpcr */
#define TRAPLINE_SYNC_ALL     (TRAPLINE_SYNC_GENERAL | TRAPLINE_SYNC_FP)

struct trapline_run {
	__u64 device_irq_level; /* as in struct kvm_sync_regs */

	/* TRAPLINE_SYNC_GENERAL */
	__u64 x[31];
	__u64 sp; /* the stack pointer that pstate selects */
	__u64 pc;
	__u64 pstate;

	/* Output of KVM_EXIT_MEMORY_FAULT and TRAPLINE_EXIT_CATCH. */
	__u64 esr; /* ESR_EL2 */
	__u64 ipa; /* of the first byte that faulted */
	__u64 far; /* its virtual address; undefined with ..._FAULT_WALK */

	/* TRAPLINE_EXIT_CATCH */
	__u64 catch_old; /* output */
	__u64 catch_value; /* output, then input */

	/* Input of TRAPLINE_GUESTDBG_RANGE. */
	__u64 step_start, step_end;
	__u64 step_max;
	__u64 reserved;

	/* TRAPLINE_SYNC_FP */
	__u64 v[32][2]; /* bits 63 to 0 first */
	__u32 fpsr, fpcr;
};

static inline struct trapline_run *trapline_run(struct kvm_run *run)
{
	return (struct trapline_run *)run->s.padding;
}

/* --- permissions of guest pages ------------------------------------------ */
/*
 * KVM_SET_MEMORY_ATTRIBUTES (VM) replaces the attributes of a page-aligned
 * range. Each set bit denies one kind of access; 0 allows all. Pages are the
 * host's pages (4 or 16 KiB). Attributes belong to the IPA: they survive
 * swapping, unmapping, and the deletion and creation of slots. They have no
 * effect where no slot is.
 *
 * The attributes apply to the accesses of the guest's vCPUs: loads, stores,
 * fetches, and translation-table walks. A walk reads; it writes to set access
 * and dirty flags. The attributes do not apply to accesses of user space. Once
 * the ioctl has returned, no denied access begins. While the ioctl runs, a
 * vCPU's access may be allowed or denied.
 *
 * All eight combinations are accepted. DENY_READ | DENY_WRITE without
 * DENY_EXEC is execute-only. If the CPU has no execute-only pages,
 * TRAPLINE_CAP_EXEC_ONLY is 0 and a fetch from such a page exits as well.
 *
 * Returns 0, EINVAL (bad alignment, size 0, a range beyond the VM's IPA width,
 * unknown bits, flags not 0), ENOMEM (nothing has changed) or EFAULT.
 *
 * On a denied access KVM_RUN returns 0 with KVM_EXIT_MEMORY_FAULT. flags is
 * described below; gpa and size are those of the page. PC is the address of
 * the instruction, and no part of the access has been performed. struct
 * trapline_run holds the syndrome and the addresses, and the general registers
 * if kvm_valid_regs asks for them. To continue, either perform the access for
 * the guest and advance the PC, or allow the access.
 */
#ifndef KVM_SET_MEMORY_ATTRIBUTES
struct kvm_memory_attributes {
	__u64 address;
	__u64 size;
	__u64 attributes;
	__u64 flags;
};
#define KVM_SET_MEMORY_ATTRIBUTES \
	_IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#endif
#ifndef KVM_CAP_MEMORY_ATTRIBUTES
#define KVM_CAP_MEMORY_ATTRIBUTES 233
#endif
#ifndef KVM_CAP_MEMORY_FAULT_INFO
#define KVM_CAP_MEMORY_FAULT_INFO 232
#endif
#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif

#define TRAPLINE_MEMORY_DENY_READ  (1ULL << 0)
#define TRAPLINE_MEMORY_DENY_WRITE (1ULL << 1)
#define TRAPLINE_MEMORY_DENY_EXEC  (1ULL << 2)
#define TRAPLINE_MEMORY_DENY_ALL                                  \
	(TRAPLINE_MEMORY_DENY_READ | TRAPLINE_MEMORY_DENY_WRITE | \
	 TRAPLINE_MEMORY_DENY_EXEC)

/*
 * flags of the exit: the kind of the access, as the bit that denies this kind.
 */
#define TRAPLINE_FAULT_READ  (1ULL << 0)
#define TRAPLINE_FAULT_WRITE (1ULL << 1) /* also for an atomic or a DC */
#define TRAPLINE_FAULT_EXEC  (1ULL << 2)
#define TRAPLINE_FAULT_WALK  (1ULL << 32) /* by a translation-table walk */

/* kvm_run->memory_fault, for a linux/kvm.h that lacks it. */
struct trapline_memory_fault {
	__u64 flags;
	__u64 gpa;
	__u64 size;
};

static inline struct trapline_memory_fault *
trapline_memory_fault(struct kvm_run *run)
{
	return (struct trapline_memory_fault *)run->padding;
}

/* --- watched bytes ------------------------------------------------------- */
/*
 * TRAPLINE_SET_WATCH (VM) replaces the list of byte ranges that a debugger
 * watches.
 *
 * Without TRAPLINE_WATCH_FINISH, the initial state, every denied access exits.
 * With TRAPLINE_WATCH_FINISH, the kernel finishes some denied accesses itself,
 * and the guest continues. Such an access is a plain one (a load or store of
 * one general register, ISV=1, of 1 to 8 bytes) that touches no range of its
 * kind. The kernel performs one access of the same size, with the ordering of
 * the guest's access, through the process's own mapping.
 *
 * Every other denied access still exits, and so do these:
 * - an access that crosses a 4 KiB boundary;
 * - an access that begins at a 4 KiB boundary, because FAR_EL2 cannot tell it
 *   from the end of an access that crosses the boundary;
 * - an access that the process's mapping refuses.
 *
 * So the list must be complete: if a whole page is watched, the page must be a
 * range in the list. TRAPLINE_SET_WATCH does not change what is denied. A
 * range outside of all denied pages has no effect. Ranges may overlap and come
 * in any order. vCPUs may run during the ioctl; once it has returned, the
 * kernel finishes accesses by the new list.
 *
 * Returns 0, EINVAL (flags, kinds, size 0, ipa + size beyond 64 bits), E2BIG
 * (more ranges than TRAPLINE_CAP_WATCH returns), ENOMEM or EFAULT.
 */
#define TRAPLINE_WATCH_READ  TRAPLINE_FAULT_READ
#define TRAPLINE_WATCH_WRITE TRAPLINE_FAULT_WRITE

struct trapline_watch_range {
	__u64 ipa;
	__u64 size;
	__u32 kinds; /* TRAPLINE_WATCH_READ | _WRITE, at least one */
	__u32 reserved;
};

#define TRAPLINE_WATCH_FINISH (1U << 0)

struct trapline_watch {
	__u32 nr;
	__u32 flags;
	__u64 ranges; /* address of nr struct trapline_watch_range */
};
#define TRAPLINE_SET_WATCH _IOW(TRAPLINE_IO, 0x01, struct trapline_watch)

/* --- stepping ------------------------------------------------------------ */
/*
 * Bits of control in KVM_SET_GUEST_DEBUG. KVM_CAP_SET_GUEST_DEBUG2 returns the
 * bits that are accepted.
 *
 * KVM_GUESTDBG_BLOCKIRQ, with KVM_GUESTDBG_SINGLESTEP: the guest takes no
 * interrupt before the exit of the step. PSTATE.I, SPSR, DAIF and ISR_EL1
 * still read as without the flag; a read of ICC_IAR1_EL1 still acknowledges a
 * pending interrupt. The guest takes the interrupt after the step, once the
 * flag is cleared. Asynchronous external aborts (SError) are withheld in the
 * same way.
 *
 * TRAPLINE_GUESTDBG_RANGE, with KVM_GUESTDBG_SINGLESTEP: the vCPU repeats
 * steps without an exit while step_start <= PC < step_end. KVM_RUN reads these
 * members of struct trapline_run when it begins. KVM_RUN returns with
 * KVM_EXIT_DEBUG
 * - when the PC leaves the range,
 * - after step_max steps (0: no limit),
 * - after a load-exclusive (ESR_EL2.EX), because its store-exclusive would
 *   always fail.
 * All other exits occur as usual. If step_start >= step_end, the vCPU makes one
 * step.
 *
 * A WFI that is stepped completes at once.
 */
#ifndef KVM_GUESTDBG_BLOCKIRQ
#define KVM_GUESTDBG_BLOCKIRQ 0x00100000
#endif
#define TRAPLINE_GUESTDBG_RANGE 0x01000000

/* --- system registers ---------------------------------------------------- */
/*
 * TRAPLINE_SET_CATCH (VM) takes a __u64 of TRAPLINE_CATCH_* bits. The bits
 * apply to each vCPU from its next entry on.
 *
 * When the guest writes one of these registers, KVM_RUN returns 0 with
 * TRAPLINE_EXIT_CATCH. PC is the address of the MSR. In struct trapline_run,
 * esr is the syndrome of the trap ("ISS encoding for an exception from MSR,
 * MRS, or System instruction execution"), catch_old the register's present
 * value, and catch_value the value that the guest writes.
 *
 * User space may change catch_value. The next KVM_RUN writes catch_value to the
 * register and continues after the MSR. If user space has changed the PC, the
 * next KVM_RUN does neither.
 *
 * Returns 0, EINVAL (bits that TRAPLINE_CAP_CATCH does not return) or EFAULT.
 */
#define TRAPLINE_CATCH_SCTLR      (1ULL << 0)
#define TRAPLINE_CATCH_TTBR0      (1ULL << 1)
#define TRAPLINE_CATCH_TTBR1      (1ULL << 2)
#define TRAPLINE_CATCH_TCR        (1ULL << 3)
#define TRAPLINE_CATCH_ESR        (1ULL << 4)
#define TRAPLINE_CATCH_FAR        (1ULL << 5)
#define TRAPLINE_CATCH_AFSR0      (1ULL << 6)
#define TRAPLINE_CATCH_AFSR1      (1ULL << 7)
#define TRAPLINE_CATCH_MAIR       (1ULL << 8)
#define TRAPLINE_CATCH_AMAIR      (1ULL << 9)
#define TRAPLINE_CATCH_CONTEXTIDR (1ULL << 10)
#define TRAPLINE_CATCH_VBAR       (1ULL << 11) /* FEAT_FGT */
#define TRAPLINE_SET_CATCH        _IOW(TRAPLINE_IO, 0x02, __u64)
#define TRAPLINE_EXIT_CATCH       0x544c0001

/* --- flight recorder ----------------------------------------------------- */
/*
 * TRAPLINE_SET_RECORDER (vCPU) takes a __u32: the number of records in this
 * vCPU's ring. The number is a power of two, at most what
 * TRAPLINE_CAP_RECORDER returns. 0, the initial state, switches the recorder
 * off.
 *
 * User space then maps the ring, read-only, with mmap() of the vCPU's
 * descriptor at TRAPLINE_RECORDER_OFFSET: struct trapline_ring, then the
 * records. The newest record has the index (head - 1) % nr; head only grows. A
 * reader copies a record, then reads head again: the copy is good if head has
 * grown by less than nr - 1 since the record was written.
 *
 * When the size of the ring changes, an old mapping keeps its content and
 * receives no further records. Every record costs the same time. Events that
 * EL2 handles by itself are not recorded: undefined hypercalls, and the steps
 * of a range.
 *
 * Returns 0, EINVAL (no power of two), E2BIG, ENOMEM or EFAULT.
 */
#define TRAPLINE_RECORDER_OFFSET 0x10000000
#define TRAPLINE_SET_RECORDER    _IOW(TRAPLINE_IO, 0x03, __u32)

enum trapline_record_kind {
	TRAPLINE_RECORD_NONE,
	/* esr; arg: IPA of an abort, value of an MSR, x0 of an HVC */
	TRAPLINE_RECORD_EXIT,
	TRAPLINE_RECORD_INTERRUPT, /* put into a list register; arg: INTID */
	TRAPLINE_RECORD_HOST, /* an interrupt of the host */
	TRAPLINE_RECORD_USER, /* KVM_RUN returned; arg: exit_reason */
};

struct trapline_record {
	__u64 time; /* the guest's virtual counter */
	__u64 pc;
	__u32 kind;
	__u32 esr;
	__u64 arg;
};

struct trapline_ring {
	__u64 head; /* records written so far */
	__u32 nr;
	__u32 record_size; /* of struct trapline_record */
	__u64 reserved[2];
	/* struct trapline_record record[nr] */
};

#define TRAPLINE_ASSERT(name, size) \
	_Static_assert(sizeof(struct name) == (size), #name)
TRAPLINE_ASSERT(trapline_run, 8 * 109);
TRAPLINE_ASSERT(trapline_watch_range, 24);
TRAPLINE_ASSERT(trapline_watch, 16);
TRAPLINE_ASSERT(trapline_record, 32);
TRAPLINE_ASSERT(trapline_ring, 32);
#undef TRAPLINE_ASSERT

#endif
