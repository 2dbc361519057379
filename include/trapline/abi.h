/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what /dev/trapline adds to the KVM UAPI
 *
 * The one header that kmod/ and user space share. All of KVM's that
 * /dev/trapline has is in docs/abi.md; here is what a debugger wants beyond
 * it, in KVM's own shapes and under KVM's own numbers where there are any
 * (defined here where an older linux/kvm.h lacks them).
 *
 * Ask first: KVM_CHECK_EXTENSION answers 0 for what is not built, or cannot
 * be on this CPU, and the ioctl or flag is then refused. Stock KVM answers 0
 * to all of them, as its numbers go nowhere near these.
 *
 *	capability			answer, if not 0
 *	KVM_CAP_MEMORY_ATTRIBUTES	the KVM_MEMORY_ATTRIBUTE_* bits taken
 *	KVM_CAP_MEMORY_FAULT_INFO	1: the exit below
 *	TRAPLINE_CAP_EXEC_ONLY		1: a page may be fetched, not read
 *	TRAPLINE_CAP_SYNC		the TRAPLINE_SYNC_* bits taken
 *	TRAPLINE_CAP_WATCH		watched ranges a VM can have
 *	KVM_CAP_SET_GUEST_DEBUG2	the KVM_GUESTDBG_* bits taken
 *	TRAPLINE_CAP_CATCH		the TRAPLINE_CATCH_* bits taken
 *	TRAPLINE_CAP_RECORDER		records a vCPU's ring can have
 *
 * Addresses: ipa is what KVM calls gpa, far a guest virtual address. All
 * structures are of fixed size and without implicit padding; a reserved
 * member or bit that is not 0 is EINVAL.
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
 * Registers without KVM_GET/SET_ONE_REG, in the shape of KVM_CAP_SYNC_REGS:
 * struct trapline_run lies at kvm_run->s.padding.
 *
 * kvm_run->kvm_valid_regs (user space writes it): what KVM_RUN fills in each
 * time it returns, with 0 or with an error; TRAPLINE_SYNC_FP only with
 * KVM_EXIT_MEMORY_FAULT, for whoever does the access. kvm_run->kvm_dirty_regs:
 * what the next KVM_RUN takes from here first, before it finishes an MMIO
 * access or looks at immediate_exit; it clears the bits. That is then as if
 * KVM_SET_ONE_REG had been called just before: a PSTATE that is not of
 * AArch64 EL0 or EL1 is EINVAL, the guest has not run and the bits stay.
 */
#define TRAPLINE_SYNC_GENERAL (1ULL << 0) /* x, sp, pc, pstate */
#define TRAPLINE_SYNC_FP      (1ULL << 1) /* v, fpsr, fpcr */
#define TRAPLINE_SYNC_ALL     (TRAPLINE_SYNC_GENERAL | TRAPLINE_SYNC_FP)

struct trapline_run {
	__u64 device_irq_level; /* where struct kvm_sync_regs has it */

	/* TRAPLINE_SYNC_GENERAL */
	__u64 x[31];
	__u64 sp; /* the one that pstate selects: register 31 as a base */
	__u64 pc;
	__u64 pstate;

	/* Out: KVM_EXIT_MEMORY_FAULT, TRAPLINE_EXIT_CATCH. */
	__u64 esr; /* ESR_EL2 */
	__u64 ipa; /* of the first byte that faulted */
	__u64 far; /* its virtual address; undefined with ..._FAULT_WALK */

	/* TRAPLINE_EXIT_CATCH. */
	__u64 catch_old; /* out */
	__u64 catch_value; /* out, in */

	/* In: TRAPLINE_GUESTDBG_RANGE. */
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
 * KVM_SET_MEMORY_ATTRIBUTES (VM): the page-aligned range is given exactly
 * these attributes, instead of any that it had. Bits deny, so that 0 is
 * unrestricted. Pages are the host's (4 or 16 KiB). Attributes belong to the
 * IPA: they survive swapping, unmapping, deletion and creation of slots, and
 * mean nothing where no slot is. They bind the guest's vCPUs: loads, stores,
 * fetches, and its translation-table walks, which read and, to set access
 * and dirty flags, write. They do not bind user space. No access begins
 * after the ioctl has returned that is denied by it; of one that is made by
 * a vCPU that runs meanwhile, nothing is said.
 *
 * All eight combinations are taken. DENY_READ | DENY_WRITE without DENY_EXEC
 * is execute-only; where the CPU cannot do it, TRAPLINE_CAP_EXEC_ONLY is 0 and
 * a fetch from such a page exits, too.
 *
 * 0, EINVAL (alignment, size 0, beyond the VM's IPA width, unknown bits,
 * flags), ENOMEM (nothing has changed), EFAULT.
 *
 * A denied access leaves KVM_RUN, with 0, as KVM_EXIT_MEMORY_FAULT: flags
 * below; gpa and size are the page. PC is on the instruction, nothing of the
 * access has been done. struct trapline_run has the syndrome and addresses,
 * and the general registers if they are asked for. To go on, do the access
 * for the guest and move the PC, or allow it.
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

/* flags of the exit: the kind of access, in the bit that denied it. */
#define TRAPLINE_FAULT_READ  (1ULL << 0)
#define TRAPLINE_FAULT_WRITE (1ULL << 1) /* or an atomic, a DC */
#define TRAPLINE_FAULT_EXEC  (1ULL << 2)
#define TRAPLINE_FAULT_WALK  (1ULL << 32) /* by the translation-table walk */

/* kvm_run's member of that name, for a linux/kvm.h that lacks it. */
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
 * TRAPLINE_SET_WATCH (VM): the byte ranges a debugger is interested in,
 * instead of any told before. Without TRAPLINE_WATCH_FINISH, as at first,
 * every denied access exits. With it, a denied plain access (a load or store
 * of one general register, ISV=1, of 1 to 8 bytes) that touches no range of
 * its kind is finished in the kernel, through the process's own mapping, and
 * the guest goes on: one access of that size, ordered as the guest's was.
 * What still exits: everything else, what crosses 4 KiB or begins at such a
 * boundary (FAR_EL2 cannot tell it from the end of one that crosses), and
 * what the mapping refuses.
 *
 * So the list has to be complete: a page denied as a whole is a range, too.
 * Denials stay as they are; a range in no denied page does nothing. Ranges may
 * overlap and come in any order. vCPUs may run meanwhile; what is finished
 * once the ioctl has returned, is finished by the new list.
 *
 * 0, EINVAL (flags, kinds, size 0, ipa + size beyond 64 bits), E2BIG (more
 * than TRAPLINE_CAP_WATCH says), ENOMEM, EFAULT.
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
 * KVM_SET_GUEST_DEBUG, control. KVM_CAP_SET_GUEST_DEBUG2 has the bits taken.
 *
 * KVM_GUESTDBG_BLOCKIRQ, with KVM_GUESTDBG_SINGLESTEP: no interrupt is taken
 * by the guest before the step's exit. PSTATE.I, SPSR, DAIF and ISR_EL1 read
 * as they would; ICC_IAR1_EL1 acknowledges what is pending. The interrupt
 * arrives after the step, when the flag is gone. Asynchronous external aborts
 * (SError) are withheld likewise.
 *
 * TRAPLINE_GUESTDBG_RANGE, with KVM_GUESTDBG_SINGLESTEP: steps are repeated
 * without an exit while step_start <= PC < step_end (of struct trapline_run,
 * read at the beginning of KVM_RUN). KVM_EXIT_DEBUG comes when the PC leaves
 * the range, after step_max steps (0: no such limit), or behind a
 * load-exclusive (ESR_EL2.EX), whose store-exclusive is bound to fail; any
 * other exit comes as ever. start >= end is one step.
 *
 * A WFI that is stepped completes at once.
 */
#ifndef KVM_GUESTDBG_BLOCKIRQ
#define KVM_GUESTDBG_BLOCKIRQ 0x00100000
#endif
#define TRAPLINE_GUESTDBG_RANGE 0x01000000

/* --- system registers ---------------------------------------------------- */
/*
 * TRAPLINE_SET_CATCH (VM): a __u64 of TRAPLINE_CATCH_* bits, for all vCPUs
 * from their next entry on. A write by the guest to one of these registers
 * leaves KVM_RUN, with 0, as TRAPLINE_EXIT_CATCH, PC on the MSR; esr has
 * it as trapped ("ISS encoding for an exception from MSR, MRS, or System
 * instruction execution"), catch_old what the register has, catch_value what is
 * about to be written. The next KVM_RUN writes catch_value, as it then is, and
 * goes on after the MSR; if the PC has been changed meanwhile, it does neither.
 *
 * 0, EINVAL (bits that TRAPLINE_CAP_CATCH does not say), EFAULT.
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
 * TRAPLINE_SET_RECORDER (vCPU): a __u32, records in this vCPU's ring, a power
 * of two up to what TRAPLINE_CAP_RECORDER says; 0, as at first, is off. The
 * ring is then mmap()ed, read-only, from the vCPU's descriptor at
 * TRAPLINE_RECORDER_OFFSET: struct trapline_ring, then the records. The
 * newest is (head - 1) % nr; head only grows. A reader copies a record and
 * looks at head again: it is good if head has grown by less than nr - 1
 * since the record was written. An old mapping stays what it was, unwritten,
 * when the size is changed; a record that is written costs as much as any
 * other. Not in the ring: what EL2 finishes by itself (hypercalls that nobody
 * defines, steps of a range).
 *
 * 0, EINVAL (no power of two), E2BIG, ENOMEM, EFAULT.
 */
#define TRAPLINE_RECORDER_OFFSET 0x10000000
#define TRAPLINE_SET_RECORDER    _IOW(TRAPLINE_IO, 0x03, __u32)

enum trapline_record_kind {
	TRAPLINE_RECORD_NONE,
	/* esr; arg: IPA of an abort, value of an MSR, x0 of an HVC */
	TRAPLINE_RECORD_EXIT,
	TRAPLINE_RECORD_INTERRUPT, /* put into a list register; arg: INTID */
	TRAPLINE_RECORD_HOST, /* an interrupt of the host's */
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
