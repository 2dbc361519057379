/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - the live VM on the KVM UAPI: memory, vCPU threads, run control
 *
 * Source: Documentation/virt/kvm/api.rst. One code path for /dev/kvm and
 * /dev/trapline, which speaks the same UAPI.
 *
 * Lock order
 *	vm.control  ->  device.lock (one device at a time)  ->  vm.lock
 *	vm.lock protects: run state, every vcpu.state and vcpu.action, the
 *	waiting stop. It is never held across KVM_RUN or a device callback.
 *
 * The control lock
 *	Who has vm.control is the control thread for that time: what these
 *	headers say of it, and all of struct guest, gdbstub and introspect,
 *	goes by the lock. The control thread gives it up around its poll(2),
 *	and nowhere else. The vCPU thread that parks last, with a stop that a
 *	vCPU has raised, tries for it and deals with the stop itself
 *	(vm.stop_here): a debugger has its answer two thread switches sooner.
 *	Whatever else is to be done is left to the control thread.
 *
 *	Nobody but the control thread ever waits for the control lock, and it
 *	has nothing then. A vCPU thread has parked and holds nothing when it
 *	tries; if the lock is taken, it writes stop_fd and sleeps. So the
 *	holder may wait for vCPUs to park (vm_stop_wait()), for a device's
 *	callback (ioloop_pause()) and, at the end, for the vCPU threads; a
 *	device's callback may ask for the control thread's doing (vm_request())
 *	but not wait for it. When a vCPU thread has left something that the
 *	control thread's poll(2) does not know of, vm_control_wake().
 *
 * Run state of the VM, and of each vCPU below it
 *
 *	vm: STOPPED --vm_resume()--> RUNNING --(a stop is raised)--> STOPPING
 *	       ^                                                       |
 *	       +-- the last vCPU has parked, stop dealt with or told --+
 *
 *	vcpu: PARKED   waits on vcpu.wake; registers may be touched by the
 *		       control thread
 *	      RUNNING  in or about KVM_RUN; only its own thread touches it
 *		       (or, while vcpu.direct, the control thread)
 *
 *	A vCPU parks when vm.state is not RUNNING or its action is HOLD.
 *	Raising a stop: the first one wins. Later ones of the same round are
 *	dropped: every stop but a step leaves the PC on its cause, so it comes
 *	again on resume; a step that lost is told by vm_continue() and has
 *	nothing left to tell after another stop was. A device's stop
 *	(vm_stop_device()) would not come again: when it loses, the next resume
 *	tells of it instead of letting anybody run (vm.device_owed).
 *	A pending MMIO or PSCI exit is completed before a vCPU parks (KVM_RUN
 *	with immediate_exit), so that registers are true at a stop.
 *
 * Leaving a breakpoint
 *	A vCPU whose stop was reported (vcpu.reported) and that still has the
 *	same PC first executes that one instruction with its own breakpoints
 *	out of the way (vcpu.over): debug registers just for itself; for a
 *	planted BRK all other vCPUs are held meanwhile (vm.solo), the BRK is
 *	lifted, and planted again before anybody else runs. The debugger sees
 *	nothing of it.
 *
 * Steps are taken with interrupts withheld: see vmm/step.c.
 */
#ifndef TRAPLINE_VMM_VM_H
#define TRAPLINE_VMM_VM_H

#include <pthread.h>
#include <stddef.h>
#include <trapline/guest.h>
#include <trapline/vmm.h>
#include "kvm_ops.h"
#include "vmm/devices/device.h"
#include "vmm/boot/image.h"

enum vm_state {
	VM_STOPPED,
	VM_RUNNING,
	VM_STOPPING,
	VM_EXITED
};
enum vcpu_state {
	VCPU_PARKED,
	VCPU_RUNNING
};

#define VM_NO_SOLO (~0U)

struct vm;
/* With the control lock held: fetches the stop, or leaves it. */
typedef void vm_stop_fn(void *opaque);
struct ioloop;
struct breakpoints;
struct watch_engine;
struct vm_slots;
struct protect_ops;
struct stage1_regs;
struct trapline_ring;

/* What a step borrows from the guest, to be put back: step.c. */
struct vcpu_step {
	bool active; /* a step is under way: by single step, or to goals */
	bool masked; /* PSTATE.I and F are set on the guest's behalf */
	bool open; /* an interrupt may be taken */
	bool range; /* the device goes on while the PC is in vcpu.range */
	uint32_t insn; /* the instruction being stepped; 0: not read */
	va_t pc; /* where it stands */
	va_t start, end; /* the instructions that belong to it */
	uint64_t daif; /* PSTATE.DAIF as the guest had it */
	uint64_t sp; /* SP, of an open step */
};

/*
 * Where a vCPU shall stop that single steps would not get there, by debug
 * registers of its own: the ways out of an exclusive sequence, or (back) the
 * instruction that an interrupt came before, with the same SP.
 */
#define VCPU_MAX_GOALS 6

struct vcpu_goals {
	unsigned int nr;
	va_t pc[VCPU_MAX_GOALS];
	bool back;
	uint64_t sp;
};

#define VCPU_MAX_KNOWN 64

/* Registers of a vCPU that stands still, by regs.c's numbers. */
struct vcpu_known {
	uint64_t mask;
	uint64_t value[VCPU_MAX_KNOWN];
	uint64_t pstate; /* PSTATE as KVM has it */
};

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	struct trapline_ring *ring; /* flight.h; NULL: nothing is recorded */
	size_t ring_size; /* of its mapping */
	pthread_t thread;
	bool has_thread;
	enum vcpu_state state;
	bool direct; /* RUNNING on the control thread: run.c */
	pthread_cond_t wake; /* it may run, or the VM ends */
	enum guest_action action;
	struct guest_range range; /* GUEST_STEP: go on while inside */
	unsigned int range_steps; /* taken in it since the last open one */
	unsigned int range_alone; /* so many not by the device: exclusives */
	bool debug_dirty; /* KVM_SET_GUEST_DEBUG wanted before KVM_RUN */
	bool shared; /* struct kvm_run has the registers: regs.c */
	bool shared_fp; /* and those of FP */
	uint32_t debug_step; /* as KVM_SET_GUEST_DEBUG was last told ... */
	bool debug_over; /* ... and with what out of the way */
	struct vcpu_step step;
	struct vcpu_goals goals;
	struct vcpu_known known;
	bool step_owed; /* done, but another stop of the round was first */
	uint64_t nr_exits; /* atomic; of KVM_RUN, ever */
	/*
	 * The last stop that was reported here, GUEST_STOP_NONE when it was
	 * no break or watch point, and its PC: see "Leaving a breakpoint".
	 */
	enum guest_stop_kind reported;
	va_t reported_pc;
	bool lent; /* watch_give_back() is due at the next exit */
	bool over; /* leaving a breakpoint: step once before action */
	ipa_t lifted; /* the BRK to lift for it; IPA_NONE: none */
};

#define IPA_NONE (~0ULL)

struct vm {
	const struct vm_config *config;
	const struct kvm_ops *kvm;
	int kvm_fd;
	int fd;
	size_t run_size; /* of the struct kvm_run mapping */
	uint32_t step_control; /* KVM_GUESTDBG_* beyond stock KVM's */
	unsigned int gic_version;
	int gic_fd;
	struct guest_ram ram[1];
	struct image image; /* where the loader put what */
	struct bus bus;
	struct ioloop *ioloop;
	struct terminal *terminal;
	struct breakpoints *breakpoints;
	const struct protect_ops *protect; /* stage-2 permissions: protect.h */
	struct vm_slots *slots; /* protect_slots.c's */
	struct watch_engine *watch;
	uint32_t flight; /* records of each vCPU: flight.h */
	uint64_t catch_regs; /* TRAPLINE_CATCH_*: catchreg.h */
	struct vcpu vcpu[GUEST_MAX_VCPUS];
	unsigned int nr_vcpus;

	pthread_mutex_t lock;
	pthread_cond_t cond; /* all have parked */
	enum vm_state state;
	unsigned int nr_running; /* vCPUs in state VCPU_RUNNING */
	unsigned int solo; /* the only vCPU that may run, or VM_NO_SOLO */
	struct guest_stop stop; /* kind GUEST_STOP_NONE: none waits */
	int stop_fd; /* eventfd: a stop waits */
	bool stop_told; /* stop_fd is written */
	bool device_owed; /* a device's stop lost to another one */
	pthread_mutex_t control; /* the control lock */
	pthread_t control_thread;
	vm_stop_fn *stop_here; /* on a vCPU's thread; before they start */
	void *stop_opaque;
	int request_fd; /* eventfd: bus requests for the control thread */
	unsigned int requests; /* BIT(enum bus_request), atomic */
	bool reset_wanted; /* the guest asked for it: PSCI SYSTEM_RESET */
	uint64_t counter; /* virtual count while stopped */
	bool counter_saved;
	uint64_t counter_offset; /* of it to the host's, while running ... */
	bool counter_set; /* ... once we have set it */
	unsigned int nr_resumes;
	unsigned int nr_steps; /* in a row, of one vCPU, all others held */
	bool quit;
};

/*
 * vm.c: 0 or a negative errno, one line already on stderr. kvm is
 * &kvm_device_ops, but for tests.
 */
int vm_create(const struct vm_config *config, const struct kvm_ops *kvm,
	      struct vm *vm);
int vm_start_threads(struct vm *vm);
void vm_destroy(struct vm *vm);
void *vm_ram_at(struct vm *vm, ipa_t ipa, uint64_t len);

/*
 * kvm.c: the file descriptors of a VM. Both are called by vm_create(), and by
 * vm_reset(), which replaces everything KVM has of the guest but its memory.
 */
int kvm_open(struct vm *vm);
int kvm_create_vm(struct vm *vm);
/* vCPUs and GIC: what kvm_create_vm() makes again at a reset. */
void kvm_destroy_vcpus(struct vm *vm);
void kvm_close(struct vm *vm);

/* gic.c: the host's kind of GIC, SPIs by level. */
int gic_create(struct vm *vm);
int gic_init(struct vm *vm); /* once all vCPUs exist */
void gic_irq_set(struct vm *vm, unsigned int spi, bool level);

/* load.c: image, device tree and the first vCPU's registers; again at reset. */
int vm_load(struct vm *vm);

/*
 * regs.c: ONE_REG access, PARKED vCPUs only (control thread), or the vCPU's
 * own thread. Negative errno.
 */
int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret);
int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value);
int vcpu_pc_get(struct vcpu *vcpu, va_t *ret);
int vcpu_pc_set(struct vcpu *vcpu, va_t value);
int vcpu_x_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret);
int vcpu_x_set(struct vcpu *vcpu, unsigned int n, uint64_t value);
/* The current stack pointer, by PSTATE; a SIMD register. */
int vcpu_sp_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_sp_set(struct vcpu *vcpu, uint64_t value);
int vcpu_v_get(struct vcpu *vcpu, unsigned int n, unsigned __int128 *ret);
int vcpu_v_set(struct vcpu *vcpu, unsigned int n,
	       const unsigned __int128 *value);
int vcpu_pstate_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_pstate_set(struct vcpu *vcpu, uint64_t value);
int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret);
/* Those of the mask, the others 0. */
int vcpu_regs_get_some(struct vcpu *vcpu, uint64_t which,
		       struct guest_regs *ret);
int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs);
int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret);
int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs);
int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret);
int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value);
bool vcpu_online(struct vcpu *vcpu);
/*
 * Before each KVM_RUN, and after KVM_ARM_VCPU_INIT: what is known of the
 * registers will not be true any more (all), or all but what translates
 * addresses, which a step over most instructions leaves alone.
 */
int vcpu_regs_forget(struct vcpu *vcpu, bool all);
/*
 * After a KVM_RUN that came back with an exit, so that the vCPU is one that
 * runs: nobody but this process changes its registers before the next one.
 */
void vcpu_regs_share(struct vcpu *vcpu);
/* Where in the table at VBAR_EL1 a synchronous exception at pstate goes. */
uint64_t vcpu_vector(uint64_t pstate);
/* Make the vCPU take a synchronous exception to EL1, as hardware would. */
int vcpu_inject_sync(struct vcpu *vcpu, uint64_t esr, uint64_t far);
/*
 * Where va is in guest memory, by the vCPU's own tables (stage1_walk's
 * errors); and the instruction at the PC: -EFAULT also where no RAM is.
 */
int vcpu_va_ipa(struct vcpu *vcpu, va_t va, ipa_t *ret);
int vcpu_insn_get(struct vcpu *vcpu, va_t pc, uint32_t *ret);
/* What translates va; of the other half of the address space nothing. */
int vcpu_stage1_regs(struct vcpu *vcpu, va_t va, struct stage1_regs *ret);

/* What KVM_RUN came back with, on the vCPU's own thread. */
enum exit_result {
	EXIT_AGAIN, /* handled: back to KVM_RUN */
	EXIT_STEPPED, /* the single step is done */
	EXIT_STOP, /* *ret is the stop to raise */
	EXIT_PARK, /* nothing to report, but look at the run state */
};

/* vcpu.c: creation, threads. */
int vcpu_create(struct vcpu *vcpu);
void vcpu_close(struct vcpu *vcpu);
void *vcpu_thread(void *arg);
/* Run until there is a reason to look at the run state. */
void vcpu_execute(struct vcpu *vcpu);
/* Have KVM finish a pending MMIO access, but nothing else. */
void vcpu_complete(struct vcpu *vcpu);
/* Debug registers loaded, KVM_RUN, and what came of it; own thread. */
enum exit_result vcpu_enter(struct vcpu *vcpu, struct guest_stop *stop);

/* exits.c */
enum exit_result vcpu_handle_exit(struct vcpu *vcpu, struct guest_stop *ret);
/* EXIT_STOP, GUEST_STOP_FAILURE with one line. */
enum exit_result vcpu_stop_failure(struct vcpu *vcpu, struct guest_stop *ret,
				   const char *what);
/*
 * Have KVM finish the MMIO access, which moves the PC and, for a read, sets a
 * register; then put back what it did, so that the VM stands on the
 * instruction.
 */
void vcpu_mmio_undo(struct vcpu *vcpu);
/* KVM_RUN itself failed with errno err. */
enum exit_result vcpu_handle_error(struct vcpu *vcpu, int err,
				   struct guest_stop *ret);

/*
 * step.c: one instruction, or those of its range, interrupts withheld, on the
 * vCPU's own thread. EXIT_STEPPED: it is done. EXIT_STOP: *stop came first.
 * EXIT_PARK: broken off; called again, it goes on.
 */
enum exit_result step_run(struct vcpu *vcpu, struct guest_stop *stop);
enum step_how {
	STEP_ONE, /* just one instruction */
	STEP_OPEN, /* that, but an interrupt that is pending may be taken */
	STEP_RANGE, /* the device's range steps */
};
enum exit_result step_once(struct vcpu *vcpu, enum step_how how,
			   struct guest_stop *stop);
/* KVM_GUESTDBG_* of the step under way; 0: none that way. */
uint32_t step_control(const struct vcpu *vcpu);
/* The vCPU gets something else to do: no range, no handler to come back from. */
void step_forget(struct vcpu *vcpu);
/* May the control thread wait for the step? Not for what may block. */
bool step_is_short(struct vcpu *vcpu);
/* A breakpoint exit: is the PC one of vcpu.goals? */
bool step_goal_reached(struct vcpu *vcpu);
/* For vcpu_regs_forget(): the step under way changes no translation. */
bool step_keeps_translation(const struct vcpu *vcpu);

/*
 * run.c: run control. First, for a vCPU's own thread: wait until it may run
 * (false: the thread is to end); its step, or step over a breakpoint, is
 * done, or was broken off.
 */
bool run_wait(struct vcpu *vcpu);
void run_step_done(struct vcpu *vcpu, bool stepped);
/*
 * From a vCPU's own thread, in an exit: all others out of KVM_RUN and the
 * device thread still, until released. false: a stop is on its way, or
 * another vCPU has the VM to itself; nothing is held, go and park.
 */
bool run_hold_others(struct vcpu *vcpu);
void run_release_others(struct vcpu *vcpu);
/* The guest has asked for PSCI SYSTEM_RESET. */
void run_reset_wanted(struct vcpu *vcpu);
int vm_resume(struct vm *vm, const enum guest_action *actions,
	      const struct guest_range *ranges);
void vm_stop_request(struct vm *vm, enum guest_stop_kind kind,
		     const char *text);
/* From a vCPU thread: this vCPU has hit something; the VM stops. */
void vm_stop_raise(struct vcpu *vcpu, const struct guest_stop *stop);
/*
 * The same for a device, which no vCPU stands on: a watch stop without any
 * details, which watch_stopped() fills in. Told at the next resume if another
 * stop is under way. Any thread.
 */
void vm_stop_device(struct vm *vm);
/* Fetch the waiting stop; -EAGAIN: none. Control thread. */
int vm_stop_get(struct vm *vm, struct guest_stop *ret);
/* One that waits and that nobody has been told of: to stop_fd. */
void vm_stop_tell(struct vm *vm);
/* The guest is over, stop kind GUEST_STOP_EXITED. Any thread. */
void vm_exit(struct vm *vm, int code);
/*
 * Everything back to power-on, images loaded again, VM left STOPPED before
 * the first instruction. Control thread, VM stopped. The caller calls
 * debug_reset() next.
 */
int vm_reset(struct vm *vm);
/* Bus requests and PSCI resets that wait for the control thread. */
void vm_request(struct vm *vm, unsigned int request);
/* Out of its poll(2), to look again at what it waits for. */
void vm_control_wake(struct vm *vm);
/* Fetch them: a mask of 1 << enum bus_request. Control thread. */
unsigned int vm_requests_take(struct vm *vm);
/*
 * Stop without a stop to report and wait until every vCPU has parked.
 * Control thread; vm_continue() goes on, unless a stop came in between.
 */
void vm_stop_wait(struct vm *vm);
/*
 * Go on after a stop that nobody was told of, as if it had not been: the
 * actions of the last vm_resume(), and a step that was done is not done twice.
 */
int vm_continue(struct vm *vm);
/* Stopped by vm_stop_wait(): there is something to report after all. */
void vm_stop_set(struct vm *vm, const struct guest_stop *stop);

/*
 * breakpoints.c. All tables are keyed by IPA for BRK, VA for debug registers;
 * changed by the control thread while the VM is stopped (which then sets
 * debug_dirty on every vCPU), read by vCPU threads.
 */
int breakpoints_create(struct vm *vm, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *bps);
/*
 * Fill the arch part of KVM_SET_GUEST_DEBUG for a vCPU about to run, and or
 * KVM_GUESTDBG_USE_SW_BP and KVM_GUESTDBG_USE_HW into dbg->control where
 * there is use for them. KVM_GUESTDBG_ENABLE and SINGLESTEP are the caller's.
 */
void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg);
/* How many breakpoint registers a vCPU has, at most KVM_ARM_MAX_DBG_REGS. */
unsigned int breakpoints_hw_max(const struct breakpoints *bps);
/*
 * KVM_EXIT_DEBUG on the vCPU's own thread, but for step exceptions, which
 * run control keeps to itself. 0: nothing to report, run on (a foreign BRK
 * has been injected, a stale hit was dropped); 1: *ret is the stop to raise.
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
/* vcpu has executed the instruction under it. */
void breakpoints_left(struct breakpoints *bps, unsigned int vcpu);

#endif
