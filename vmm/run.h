/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.h - run control: which vCPUs run, which wait, and what stopped them
 *
 * The control lock
 *	The thread that holds vm.control acts as the control thread: where these
 *	headers say "control thread", they mean the holder of the lock. All of
 *	struct guest, gdbstub and introspect is used under it. The control
 *	thread releases the lock around its poll(2), and nowhere else. When a
 *	vCPU has raised a stop, the last vCPU thread to park tries to take the
 *	lock and handles the stop itself (vm.stop_here). A debugger then has its
 *	answer two thread switches sooner. All other work is left to the control
 *	thread.
 *
 *	Only the control thread ever waits for the control lock, and it holds no
 *	other lock then. A vCPU thread has parked and holds nothing when it
 *	tries. If the lock is taken, the vCPU thread writes stop_fd and sleeps.
 *	So the holder of the lock may wait for vCPUs to park (vm_stop_wait()),
 *	for a device's callback (ioloop_pause()) and, at the end, for the vCPU
 *	threads. A device's callback may hand work to the control thread
 *	(vm_request()), but must not wait for the result. If a vCPU thread
 *	leaves work that the control thread's poll(2) does not wait for, the
 *	vCPU thread calls vm_control_wake().
 *
 * Run state of the VM, and of each vCPU below it
 *
 *	vm: STOPPED --vm_resume()--> RUNNING --(a stop is raised)--> STOPPING
 *	       ^                                                       |
 *	       +--- the last vCPU has parked, stop handled or told ----+
 *
 *	vcpu: PARKED   waits on vcpu.wake; the control thread may use its
 *		       registers
 *	      RUNNING  in or near KVM_RUN; only its own thread uses it. While
 *		       vcpu.direct is set, only the control thread does
 *
 *	A vCPU parks when vm.state is not RUNNING, when its action is HOLD, or
 *	while another vCPU has the VM to itself (vm.solo). The first stop to be
 *	raised wins. Later stops of the same round are dropped. Every stop but a
 *	step leaves the PC on its cause, so the stop occurs again on resume. A
 *	step that was dropped does not: vm_continue() reports it. vm_resume()
 *	drops it for good, because the debugger has seen another stop. A
 *	device's stop (vm_stop_device()) would not occur again either. If it
 *	loses, the next resume reports it and runs no vCPU (vm.device_owed). A
 *	pending MMIO or PSCI exit is completed before a vCPU parks (KVM_RUN with
 *	immediate_exit), so the registers are correct at a stop.
 *
 * What a vCPU has to do before it leaves a stop: leave.h.
 */
#ifndef TRAPLINE_VMM_RUN_H
#define TRAPLINE_VMM_RUN_H

#include <trapline/guest.h>

struct vm;
struct vcpu;

/* --- control thread ------------------------------------------------------- */

int vm_resume(struct vm *vm, const enum guest_action *actions,
	      const struct guest_range *ranges);
/*
 * Resume after a stop that was not reported, as if it had not happened. The
 * actions of the last vm_resume() continue. A step that is done is not
 * repeated.
 */
int vm_continue(struct vm *vm);
/*
 * Stop the VM without a stop to report, and wait until every vCPU has parked.
 * vm_continue() resumes, unless a stop came in between.
 */
void vm_stop_wait(struct vm *vm);
/* After vm_stop_wait(): there is a stop to report after all. */
void vm_stop_set(struct vm *vm, const struct guest_stop *stop);
/* Fetch the waiting stop. -EAGAIN: none is waiting. */
int vm_stop_get(struct vm *vm, struct guest_stop *ret);
/* Write stop_fd if a stop waits that stop_fd has not reported. */
void vm_stop_tell(struct vm *vm);
/* Forget a device's stop that waits to be reported. */
void vm_stop_device_forget(struct vm *vm);
/* Fetch the requests: a mask of 1 << enum bus_request. */
unsigned int vm_requests_take(struct vm *vm);

/* --- any thread ----------------------------------------------------------- */

void vm_stop_request(struct vm *vm, enum guest_stop_kind kind,
		     const char *text);
/*
 * Stop the VM for a device. This is a watch stop without a vCPU and without
 * details, which watch_stopped() fills in. If another stop is under way, the
 * next resume reports this one.
 */
void vm_stop_device(struct vm *vm);
/* The stop of a device, without details. */
extern const struct guest_stop vm_device_stop;
/* End the guest: a stop of kind GUEST_STOP_EXITED. */
void vm_exit(struct vm *vm, int code);
/* Hand a request (enum bus_request) to the control thread. */
void vm_request(struct vm *vm, unsigned int request);
/*
 * Wake the control thread from poll(2), so that it computes again for which
 * events it waits.
 */
void vm_control_wake(struct vm *vm);

/* --- a vCPU's own thread --------------------------------------------------- */

/* Wait until the vCPU may run. false: the thread has to end. */
bool run_wait(struct vcpu *vcpu);
/*
 * End a step, also one over a breakpoint. stepped: the step was done, not
 * interrupted.
 */
void run_step_done(struct vcpu *vcpu, bool stepped);
/* This vCPU has hit something: stop the VM. */
void vm_stop_raise(struct vcpu *vcpu, const struct guest_stop *stop);
/*
 * In an exit: get all other vCPUs out of KVM_RUN and pause the device thread,
 * until run_release_others(). false: a stop is under way, or another vCPU has
 * the VM to itself. Nothing is held then; the caller parks.
 */
bool run_hold_others(struct vcpu *vcpu);
void run_release_others(struct vcpu *vcpu);
/* The guest has called PSCI SYSTEM_RESET. */
void run_reset_wanted(struct vcpu *vcpu);

#endif
