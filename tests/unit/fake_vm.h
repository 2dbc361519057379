/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_vm.h - a whole VM on the fake KVM, including its debugger's side
 *
 * The VM has all parts that vmm_run() makes from a struct vm_config, except the
 * poll loop: RAM, devices, vCPU threads, breakpoints, watch engine, crash stop
 * and struct guest. The caller is the control thread and has the control lock.
 *
 *	fake_vm_start(&options, &fv);	all vCPUs parked at the entry point
 *	fake_vm_run(fv);		they run
 *	fake_vm_wait(fv, &stop);	until there is a stop to report
 *	fake_vm_finish(fv);
 *
 * The guest consists of words of fake_cpu.h, loaded as a flat binary to
 * FAKE_VM_CODE; vCPU n begins at FAKE_VM_CODE + entry[n]. For an Image,
 * entry[n] is the offset from its beginning.
 */
#ifndef TRAPLINE_TESTS_FAKE_VM_H
#define TRAPLINE_TESTS_FAKE_VM_H

#include "fake_kvm.h"
#include "vmm/cmd/monitor.h"
#include "vmm/catch/debug.h"
#include "vmm/vm.h"

#define FAKE_VM_RAM  0x40000000ULL
#define FAKE_VM_SIZE (32 * SZ_1M)
#define FAKE_VM_CODE (FAKE_VM_RAM + 0x80000)
/* RAM from here on is free for the test. */
#define FAKE_VM_DATA (FAKE_VM_RAM + SZ_2M)

struct fake_vm_options {
	unsigned int cpus;
	bool trapline; /* argument of fake_kvm_start() */
	bool waits; /* vCPUs only wait for exits that the test feeds */
	const uint32_t *code;
	size_t nr_code; /* in words */
	uint64_t entry[GUEST_MAX_VCPUS]; /* in bytes */
	/* Instead of code: an arm64 Image, which the loader loads. */
	const void *image;
	size_t image_size;
	unsigned int catches; /* enum vmm_catch */
};

struct fake_vm {
	struct vm vm;
	struct vm_config config;
	struct debug *debug;
	struct guest *g;
	struct session *session;
	unsigned int nr_entries; /* number of calls of stop_here() */
	/* stop_here() calls this with the control lock, on a vCPU's thread. */
	void (*stop_here)(struct fake_vm *fv);
	bool started;
};

void fake_vm_start(const struct fake_vm_options *options, struct fake_vm **ret);
void fake_vm_finish(struct fake_vm *fv);

/* Resume all vCPUs. Ends the test if the resume is refused. */
void fake_vm_run(struct fake_vm *fv);
/* Resume with one action for a vCPU and another for all others. */
void fake_vm_resume(struct fake_vm *fv, unsigned int vcpu,
		    enum guest_action action, enum guest_action others);
/*
 * Poll, as the control loop does, until there is a stop for the debugger.
 * After a minute without one the test ends, with the state of each vCPU.
 */
void fake_vm_wait(struct fake_vm *fv, struct guest_stop *ret);
/* The same, and check the kind and the vCPU of the stop; returns its PC. */
va_t fake_vm_expect(struct fake_vm *fv, enum guest_stop_kind kind,
		    unsigned int vcpu);
/* Ask for a stop and wait for it; returns the kind of the stop. */
enum guest_stop_kind fake_vm_stop(struct fake_vm *fv);
/* Check that no stop comes, when no event is under way that could cause one. */
void fake_vm_expect_none(struct fake_vm *fv);

/* Registers as a debugger sees them, VM stopped. */
va_t fake_vm_pc(struct fake_vm *fv, unsigned int vcpu);
uint64_t fake_vm_x(struct fake_vm *fv, unsigned int vcpu, unsigned int n);
void fake_vm_set_pc(struct fake_vm *fv, unsigned int vcpu, va_t pc);
void fake_vm_set_x(struct fake_vm *fv, unsigned int vcpu, unsigned int n,
		   uint64_t value);
/* A word of RAM as the guest sees it, including breakpoints. */
uint32_t fake_vm_word(struct fake_vm *fv, ipa_t ipa);
uint64_t fake_vm_data(struct fake_vm *fv, ipa_t ipa);
void fake_vm_set_data(struct fake_vm *fv, ipa_t ipa, uint64_t value);

/*
 * Turn the MMU of all vCPUs on. The first 2 MiB blocks of RAM are mapped at
 * their own addresses and at FAKE_VM_KERNEL + (ipa - FAKE_VM_RAM).
 */
#define FAKE_VM_KERNEL 0xffff800000000000ULL
void fake_vm_mmu_on(struct fake_vm *fv);

#endif
