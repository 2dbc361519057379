/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - the live VM on the KVM UAPI: its memory, devices and vCPUs
 *
 * Source: Documentation/virt/kvm/api.rst. /dev/kvm and /dev/trapline have the
 * same UAPI and share one code path.
 *
 * vm.c creates the VM, resets it and destroys it. Each other file of vmm/ has
 * a header of its own:
 *
 *	kvm.h	 the descriptors of KVM
 *	gic.h	 the guest's interrupt controller
 *	load.h	 the image in the guest's memory
 *	vcpu.h	 one vCPU and its thread
 *	regs.h	 the registers of a vCPU
 *	run.h	 which vCPUs run and why the VM stops; the control lock
 *	leave.h	 what a vCPU does before it leaves a stop
 *	exits.h	 the exits of KVM_RUN
 *	step.h	 one instruction at a time
 *	confine.h  the sandbox
 *
 * Lock order
 *	vm.control  ->  device.lock (one device at a time)  ->  vm.lock
 *	vm.lock protects the run state, every vcpu.state and vcpu.action, and
 *	the waiting stop. It is never held across KVM_RUN or a device callback.
 */
#ifndef TRAPLINE_VMM_VM_H
#define TRAPLINE_VMM_VM_H

#include <pthread.h>
#include <stddef.h>
#include <trapline/guest.h>
#include <trapline/vmm.h>
#include "confine.h"
#include "kvm_ops.h"
#include "vcpu.h"
#include "vmm/boot/image.h"
#include "vmm/devices/device.h"

enum vm_state {
	VM_STOPPED,
	VM_RUNNING,
	VM_STOPPING,
	VM_EXITED
};

#define VM_NO_SOLO (~0U) /* vm.solo: every vCPU may run */

/* With the control lock held: fetch and handle the stop, or leave it. */
typedef void vm_stop_fn(void *opaque);

struct ioloop;
struct terminal;
struct breakpoints;
struct watch_engine;
struct vm_slots;
struct protect_ops;

struct vm {
	const struct vm_config *config;
	const struct kvm_ops *kvm;
	int kvm_fd;
	int fd;
	size_t run_size; /* of the struct kvm_run mapping */
	uint32_t step_control; /* KVM_GUESTDBG_* that stock KVM lacks */
	unsigned int gic_version;
	int gic_fd;
	struct guest_ram ram[1];
	struct image image; /* the addresses that the loader chose */
	struct bus bus;
	struct ioloop *ioloop;
	struct terminal *terminal;
	struct breakpoints *breakpoints;
	const struct protect_ops *protect; /* stage-2 permissions: protect.h */
	struct vm_slots *slots; /* of protect_slots.c */
	struct watch_engine *watch;
	uint32_t flight; /* flight recorder's records per vCPU: flight.h */
	uint64_t catch_regs; /* TRAPLINE_CATCH_*: catchreg.h */
	struct vcpu vcpu[GUEST_MAX_VCPUS];
	unsigned int nr_vcpus;
	struct sandbox *sandbox; /* of every thread: confine.h; NULL: none */
	/*
	 * Once the process is confined: an O_PATH descriptor of each file (0:
	 * none), and the name by which it opens the file.
	 */
	struct {
		int fd;
		char name[32];
	} image_file[VM_NR_IMAGE_FILES];

	pthread_mutex_t lock;
	pthread_cond_t cond; /* every vCPU has parked */
	enum vm_state state;
	unsigned int nr_running; /* vCPUs in state VCPU_RUNNING */
	unsigned int solo; /* the only vCPU that may run, or VM_NO_SOLO */
	struct guest_stop stop; /* kind GUEST_STOP_NONE: no stop is waiting */
	int stop_fd; /* eventfd: a stop is waiting */
	bool stop_told; /* stop_fd has been written */
	bool device_owed; /* a device's stop is still to be reported */
	pthread_mutex_t control; /* the control lock */
	pthread_t control_thread;
	vm_stop_fn *stop_here; /* on a vCPU thread; set before they start */
	void *stop_opaque;
	int signal_fd; /* signalfd: the user wants to end; -1: none */
	int request_fd; /* eventfd: requests for the control thread */
	unsigned int requests; /* BIT(enum bus_request), atomic */
	bool reset_wanted; /* the guest called PSCI SYSTEM_RESET */
	uint64_t counter; /* the guest's virtual counter while stopped */
	bool counter_saved;
	uint64_t counter_offset; /* guest counter minus host counter, running */
	bool counter_set; /* the VMM set the counter: offset is valid */
	unsigned int nr_resumes;
	unsigned int nr_steps; /* consecutive steps of one vCPU, others held */
	bool quit;
};

/*
 * 0, or a negative errno after one report(). kvm is &kvm_device_ops
 * except in tests.
 */
int vm_create(const struct vm_config *config, const struct kvm_ops *kvm,
	      struct vm *vm);
int vm_start_threads(struct vm *vm);
/* Returns 0, or a negative errno if output of the guest was lost. */
int vm_destroy(struct vm *vm);
/*
 * Put everything back to its power-on state and load the images again. The VM
 * stays STOPPED before the first instruction. Control thread, VM stopped. The
 * caller calls debug_reset() next.
 */
int vm_reset(struct vm *vm);
/* The host address of [ipa, ipa + len). NULL: not all of it is RAM. */
void *vm_ram_at(struct vm *vm, ipa_t ipa, uint64_t len);

#endif
