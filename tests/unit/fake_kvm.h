/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kvm.h - a KVM without a kernel: struct kvm_ops for unit tests
 *
 * One VM at a time. Descriptors are real ones (eventfds, and a memfd for each
 * vCPU, so that its struct kvm_run can be mapped). Registers have KVM's IDs.
 * The memory slots and attributes define the guest's memory.
 *
 * KVM_RUN
 *	blocks until the test feeds an exit (fake_kvm_exit()) or kicks the
 *	vCPU. As in the kernel, SIGUSR1 kicks a vCPU in KVM_RUN, and
 *	immediate_exit one that enters. A vCPU that executes
 *	(fake_kvm_execute()) meanwhile runs the guest's words with fake_cpu.h,
 *	with single steps, breakpoints, slots and attributes, until it waits
 *	(WFI). A fed exit comes before the next instruction. The next KVM_RUN
 *	completes an MMIO exit. A vCPU that is powered off waits, too.
 *
 * Errors that end the test
 *	access to a register, or to guest debug, of a vCPU that is in KVM_RUN;
 *	a change of memory slots or attributes while any vCPU is in KVM_RUN; a
 *	word that fake_cpu.h does not know; an address that is not mapped.
 *
 * Locking
 *	Registers, slots and attributes have no lock here on purpose: their
 *	users have to follow run.h's rules, and ThreadSanitizer reports code
 *	that does not. Any thread may call the functions below, unless their
 *	comment says otherwise.
 */
#ifndef TRAPLINE_TESTS_FAKE_KVM_H
#define TRAPLINE_TESTS_FAKE_KVM_H

#include "fake_cpu.h"
#include "vmm/kvm_ops.h"

#define FAKE_KVM_NR_BREAKS  6
#define FAKE_KVM_NR_WATCHES 4
#define FAKE_KVM_MAX_SLOTS  64

extern const struct kvm_ops fake_kvm_ops;

/* trapline: with /dev/trapline's extensions to KVM. Call before vm_create(). */
void fake_kvm_start(bool trapline);
/* Print what, and end the test. */
__attribute__((noreturn)) void fake_kvm_die(const char *what,
					    unsigned int vcpu);
/* After vm_destroy(): ends the test if a descriptor has been left open. */
void fake_kvm_finish(void);

/* One exit, in KVM's terms. Members that the reason does not use are 0. */
struct fake_exit {
	uint32_t reason; /* KVM_EXIT_* */
	int err; /* not 0: KVM_RUN fails with this errno */
	va_t pc; /* the new PC; 0: the PC stays */
	uint64_t hsr; /* DEBUG: the syndrome; NISV: esr_iss; MEMORY_FAULT */
	va_t far; /* DEBUG; MEMORY_FAULT */
	ipa_t ipa; /* MMIO, NISV, MEMORY_FAULT */
	unsigned int size; /* MMIO */
	unsigned int rt; /* MMIO: register that a read fills */
	bool write; /* MMIO */
	uint64_t value; /* MMIO: value to write; CATCH: the new value */
	uint64_t flags; /* MEMORY_FAULT: TRAPLINE_FAULT_* */
	uint32_t event; /* SYSTEM_EVENT: its type */
};

/* KVM_RUN's next return on that vCPU. Up to 16 may wait. */
void fake_kvm_exit(unsigned int vcpu, const struct fake_exit *exit);

/* true: the vCPU executes guest RAM; false, the default: it only waits. */
void fake_kvm_execute(unsigned int vcpu, bool on);
/* Set PSCI's power state. At first vCPU 0 is on and the others are off. */
void fake_kvm_power(unsigned int vcpu, bool on);
/* Make an interrupt pending until the guest takes it. */
void fake_kvm_irq(unsigned int vcpu);

/*
 * Wait until the vCPU is in KVM_RUN with no exit waiting and no word to
 * execute. Ends the test after a minute.
 */
void fake_kvm_wait_idle(unsigned int vcpu);
bool fake_kvm_in_run(unsigned int vcpu);

/*
 * Call fn on the vCPU's thread at the end of each KVM_RUN, after its exit has
 * been filled in and before the VMM sees the exit. NULL: call nothing.
 */
void fake_kvm_on_leave(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque);
/* The same at the beginning of each KVM_RUN. */
void fake_kvm_on_enter(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque);

/* Its registers and debug state. The vCPU is parked, or calls this itself. */
struct fake_cpu *fake_kvm_cpu(unsigned int vcpu);
/* Counts of calls. */
unsigned int fake_kvm_nr_runs(unsigned int vcpu);
unsigned int fake_kvm_nr_debug_sets(unsigned int vcpu);
/* Value that the virtual counter was last set to; 0: never. */
uint64_t fake_kvm_counter_set(void);
bool fake_kvm_irq_level(unsigned int spi);
unsigned int fake_kvm_nr_slots(void);
/* The number of plain accesses to denied pages that the "kernel" finished. */
unsigned int fake_kvm_nr_finished(void);
/* True if stage 2 allows the access. VM stopped, or on a vCPU's thread. */
bool fake_kvm_allows(ipa_t ipa, unsigned int access);

enum fake_call {
	FAKE_CALL_OPEN,
	FAKE_CALL_VM_CREATE,
	FAKE_CALL_VCPU_CREATE,
	FAKE_CALL_REGION_SET,
	FAKE_CALL_ATTRIBUTES_SET,
	FAKE_CALL_GUEST_DEBUG,
	FAKE_CALL_REG_GET,
	FAKE_CALL_REG_SET,
	FAKE_NR_CALLS,
};

/* After skip more successful calls, the call fails once, with -err. */
void fake_kvm_fail(enum fake_call call, unsigned int skip, int err);

#endif
