/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - the live VM on the KVM UAPI: memory, vCPU threads, run control
 *
 * Source: Documentation/virt/kvm/api.rst. One code path for /dev/kvm and
 * /dev/trapline, which speaks the same UAPI.
 *
 * Lock order
 *	device.lock (one device at a time)  ->  vm.lock
 *	vm.lock protects: run state, every vcpu.state and vcpu.action, the
 *	waiting stop. It is never held across KVM_RUN or a device callback.
 *
 * Run state of the VM, and of each vCPU below it
 *
 *	vm: STOPPED --vm_resume()--> RUNNING --(a stop is raised)--> STOPPING
 *	       ^                                                       |
 *	       +------ the last vCPU has parked, stop_fd written ------+
 *
 *	vcpu: PARKED   waits on vm.cond; registers may be touched by the
 *		       control thread
 *	      RUNNING  in or about KVM_RUN; only its own thread touches it
 *
 *	A vCPU parks when vm.state is not RUNNING or its action is HOLD.
 *	Raising a stop: the first one wins, later ones of the same round are
 *	dropped when the guest state still shows them on resume (a breakpoint
 *	is hit again), remembered otherwise (vcpu.pending_stop).
 *	A pending MMIO or PSCI exit is completed before a vCPU parks (KVM_RUN
 *	with immediate_exit), so that registers are true at a stop.
 */
#ifndef TRAPLINE_VMM_VM_H
#define TRAPLINE_VMM_VM_H

#include <pthread.h>
#include <stddef.h>
#include <linux/kvm.h>
#include <trapline/guest.h>
#include <trapline/vmm.h>
#include "device.h"

enum vm_state { VM_STOPPED, VM_RUNNING, VM_STOPPING, VM_EXITED };
enum vcpu_state { VCPU_PARKED, VCPU_RUNNING };

struct vm;
struct breakpoints;

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	enum vcpu_state state;
	enum guest_action action;
	/* A stop that lost the race of its round and would not come again. */
	struct guest_stop pending_stop;
	bool debug_dirty; /* KVM_SET_GUEST_DEBUG wanted before KVM_RUN */
	bool stepping;
};

struct vm {
	const struct vm_config *config;
	int kvm_fd;
	int fd;
	size_t run_size; /* of the struct kvm_run mapping */
	unsigned int gic_version;
	int gic_fd;
	struct guest_ram ram[1];
	struct bus bus;
	struct terminal *terminal;
	struct breakpoints *breakpoints;
	struct vcpu vcpu[GUEST_MAX_VCPUS];
	unsigned int nr_vcpus;

	pthread_mutex_t lock;
	pthread_cond_t cond;
	enum vm_state state;
	struct guest_stop stop; /* kind GUEST_STOP_NONE: none waits */
	int stop_fd;		/* eventfd */
	int request_fd;		/* eventfd: bus requests for the control thread */
	uint64_t counter;	/* virtual count while stopped */
	bool quit;
};

/* vm.c: 0 or a negative errno, one line already on stderr. */
int vm_create(const struct vm_config *config, struct vm *vm);
int vm_start_threads(struct vm *vm);
void vm_destroy(struct vm *vm);
void *vm_ram_at(struct vm *vm, ipa_t ipa, uint64_t len);

/* gic.c: the host's kind of GIC, SPIs by level. */
int gic_create(struct vm *vm);
int gic_fdt(struct vm *vm, void *fdt);
void gic_irq_set(struct vm *vm, unsigned int spi, bool level);

/*
 * vcpu.c: ONE_REG access, PARKED vCPUs only (control thread), or the vCPU's
 * own thread. Negative errno.
 */
int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret);
int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value);
int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret);
int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs);
int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret);
int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs);
int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret);
int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value);
bool vcpu_online(struct vcpu *vcpu);
/* Make the vCPU take a synchronous exception to EL1, as hardware would. */
int vcpu_inject_sync(struct vcpu *vcpu, uint64_t esr, uint64_t far);

/* run.c: run control. */
int vm_resume(struct vm *vm, const enum guest_action *actions);
void vm_stop_request(struct vm *vm, enum guest_stop_kind kind,
		     const char *text);
/* From a vCPU thread: this vCPU has hit something; the VM stops. */
void vm_stop_raise(struct vcpu *vcpu, const struct guest_stop *stop);
int vm_stop_get(struct vm *vm, struct guest_stop *ret);
void vm_exit(struct vm *vm, int code);
int vm_reset(struct vm *vm);

/*
 * breakpoints.c. All tables are keyed by IPA for BRK, VA for debug registers;
 * changed by the control thread while the VM is stopped, read by vCPU
 * threads.
 */
int breakpoints_create(struct vm *vm, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *bps);
/* Fill the arch part of KVM_SET_GUEST_DEBUG for a vCPU about to run. */
void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg);
/*
 * KVM_EXIT_DEBUG on the vCPU's own thread. 0: nothing to report, run on (a
 * foreign BRK has been injected, a stale hit was dropped); 1: *ret is the
 * stop to raise.
 */
int breakpoints_debug_exit(struct breakpoints *bps, struct vcpu *vcpu,
			   struct guest_stop *ret);
/*
 * Is the vCPU's PC on a planted BRK of ours? Run control then takes it out,
 * steps this vCPU with all others held, and puts it back.
 */
bool breakpoints_at(struct breakpoints *bps, struct vcpu *vcpu, ipa_t *ret);
void breakpoints_lift(struct breakpoints *bps, ipa_t ipa);
void breakpoints_plant(struct breakpoints *bps, ipa_t ipa);

#endif
