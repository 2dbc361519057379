/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kvm.h - a KVM without a kernel: struct kvm_ops for unit tests
 *
 * One VM at a time. Descriptors are real ones (eventfds, and a memfd for each
 * vCPU, so that its struct kvm_run can be mapped), registers are asked for by
 * KVM's IDs, memory is what the memory slots and attributes say.
 *
 * KVM_RUN
 *	blocks until the test feeds an exit (fake_kvm_exit()) or the vCPU is
 *	kicked, by SIGUSR1 inside or by immediate_exit on the way in, as in
 *	the kernel. A vCPU that executes (fake_kvm_execute()) runs the guest's
 *	words by fake_cpu.h meanwhile, with single steps, breakpoints, slots
 *	and attributes, until it waits (WFI). An exit that is fed comes before
 *	the next instruction. An MMIO exit is completed by the next KVM_RUN.
 *	A vCPU that is powered off waits, too.
 *
 * What must not be done, and ends the test
 *	a register, or guest debug, of a vCPU that is in KVM_RUN; a change of
 *	memory slots or attributes while any vCPU is; a word that fake_cpu.h
 *	does not know, or an address that is mapped nowhere.
 *
 * Locking
 *	Registers, slots and attributes have no lock here on purpose: whoever
 *	uses them has to follow vm.h's rules, and ThreadSanitizer sees it when
 *	somebody does not. Everything below may be called by any thread, unless
 *	it says otherwise.
 */
#ifndef TRAPLINE_TESTS_FAKE_KVM_H
#define TRAPLINE_TESTS_FAKE_KVM_H

#include "fake_cpu.h"
#include "vmm/kvm_ops.h"

#define FAKE_KVM_NR_BREAKS  6
#define FAKE_KVM_NR_WATCHES 4
#define FAKE_KVM_MAX_SLOTS  64

extern const struct kvm_ops fake_kvm_ops;

/* trapline: what /dev/trapline has beyond stock KVM. Before vm_create(). */
void fake_kvm_start(bool trapline);
/* Says so, and ends the test. */
__attribute__((noreturn)) void fake_kvm_die(const char *what,
					    unsigned int vcpu);
/* After vm_destroy(): ends the test if a descriptor has been left open. */
void fake_kvm_finish(void);

/* One exit, in KVM's terms. Members that the reason has no use for are 0. */
struct fake_exit {
	uint32_t reason; /* KVM_EXIT_* */
	int err; /* instead: KVM_RUN fails with this errno */
	va_t pc; /* moved there first; 0: stays */
	uint64_t hsr; /* DEBUG: the syndrome; NISV: esr_iss; MEMORY_FAULT */
	va_t far; /* DEBUG; MEMORY_FAULT */
	ipa_t ipa; /* MMIO, NISV, MEMORY_FAULT */
	unsigned int size; /* MMIO */
	unsigned int rt; /* MMIO: register that a read fills */
	bool write; /* MMIO */
	uint64_t value; /* MMIO: of a write; CATCH: the new one */
	uint64_t flags; /* MEMORY_FAULT: TRAPLINE_FAULT_* */
	uint32_t event; /* SYSTEM_EVENT: its type */
};

/* KVM_RUN's next return on that vCPU. Up to 16 may wait. */
void fake_kvm_exit(unsigned int vcpu, const struct fake_exit *exit);

/* Executes guest RAM (true), or only waits, as at first. */
void fake_kvm_execute(unsigned int vcpu, bool on);
/* PSCI's idea of it: vCPU 0 begins powered on, the others off. */
void fake_kvm_power(unsigned int vcpu, bool on);
/* An interrupt is pending, until the guest takes it. */
void fake_kvm_irq(unsigned int vcpu);

/*
 * Until the vCPU is in KVM_RUN with nothing to do: no exit waits, no word to
 * execute. Ends the test after a minute.
 */
void fake_kvm_wait_idle(unsigned int vcpu);
bool fake_kvm_in_run(unsigned int vcpu);

/*
 * Called on the vCPU's thread at the end of each KVM_RUN, after its exit has
 * been filled in and before anybody sees it; NULL: nothing is.
 */
void fake_kvm_on_leave(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque);
/* The same at the beginning of each. */
void fake_kvm_on_enter(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque);

/* Its registers and debug state: parked, or on its own thread. */
struct fake_cpu *fake_kvm_cpu(unsigned int vcpu);
/* What has been asked for. */
unsigned int fake_kvm_nr_runs(unsigned int vcpu);
unsigned int fake_kvm_nr_debug_sets(unsigned int vcpu);
/* Value that the virtual counter was last set to; 0: never. */
uint64_t fake_kvm_counter_set(void);
bool fake_kvm_irq_level(unsigned int spi);
unsigned int fake_kvm_nr_slots(void);
/* Plain accesses to denied pages that were done in the "kernel". */
unsigned int fake_kvm_nr_finished(void);
/* Does stage 2 let the guest do that? VM stopped, or on a vCPU's thread. */
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

/* Once it has been called skip more times, it fails one time, with -err. */
void fake_kvm_fail(enum fake_call call, unsigned int skip, int err);

#endif
