/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - the live VM on the KVM UAPI: memory, vCPU threads, run control
 *
 * Source: Documentation/virt/kvm/api.rst. /dev/kvm and /dev/trapline have the
 * same UAPI and share one code path.
 *
 * Lock order
 *	vm.control  ->  device.lock (one device at a time)  ->  vm.lock
 *	vm.lock protects the run state, every vcpu.state and vcpu.action, and
 *	the waiting stop. It is never held across KVM_RUN or a device callback.
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
 *	(vm_request()), but must not wait for it. A vCPU thread that leaves work
 *	which the control thread's poll(2) does not know of calls
 *	vm_control_wake().
 *
 * Run state of the VM, and of each vCPU below it
 *
 *	vm: STOPPED --vm_resume()--> RUNNING --(a stop is raised)--> STOPPING
 *	       ^                                                       |
 *	       +--- the last vCPU has parked, stop handled or told ----+
 *
 *	vcpu: PARKED   waits on vcpu.wake; the control thread may use its
 *		       registers
 *	      RUNNING  in or near KVM_RUN; only its own thread uses it (or,
 *		       while vcpu.direct is set, the control thread)
 *
 *	A vCPU parks when vm.state is not RUNNING, when its action is HOLD, or
 *	while another vCPU has the VM to itself (vm.solo). The first stop to be
 *	raised wins. Later stops of the same round are dropped. Every stop but a
 *	step leaves the PC on its cause, so it occurs again on resume. A step
 *	that lost is reported by vm_continue(). After another stop was reported,
 *	the step has nothing new to tell and is dropped. A device's stop
 *	(vm_stop_device()) would not occur again. If it loses, the next resume
 *	reports it and runs no vCPU (vm.device_owed). A pending MMIO or PSCI
 *	exit is completed before a vCPU parks (KVM_RUN with immediate_exit), so
 *	the registers are correct at a stop.
 *
 * Leaving a breakpoint
 *	Suppose a vCPU's stop was reported (vcpu.reported) and its PC is still
 *	the same. Then it first executes that one instruction with its own
 *	breakpoints disabled (vcpu.over). Debug registers are disabled for this
 *	vCPU only. For a planted BRK all other vCPUs are held (vm.solo), the BRK
 *	is lifted, and it is planted again before any other vCPU runs. The
 *	debugger does not see this step.
 *
 * Steps withhold interrupts: see vmm/step.c.
 */
#ifndef TRAPLINE_VMM_VM_H
#define TRAPLINE_VMM_VM_H

#include <pthread.h>
#include <stddef.h>
#include <trapline/guest.h>
#include <trapline/vmm.h>
#include "kvm_ops.h"
#include "sandbox.h"
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
/* With the control lock held: fetch and handle the stop, or leave it. */
typedef void vm_stop_fn(void *opaque);
struct ioloop;
struct breakpoints;
struct watch_engine;
struct vm_slots;
struct protect_ops;
struct stage1_regs;
struct trapline_ring;

/* What a step changes in the guest, and has to restore: step.c. */
struct vcpu_step {
	bool active; /* a step is under way: a single step, or a run to goals */
	bool masked; /* PSTATE.I and F are set on the guest's behalf */
	bool open; /* an interrupt may be taken */
	bool range; /* /dev/trapline steps on while the PC is in vcpu.range */
	uint32_t insn; /* the instruction being stepped; 0: not read */
	va_t pc; /* address of insn */
	va_t start, end; /* the instructions that the step covers */
	uint64_t daif; /* PSTATE.DAIF as the guest had it */
	uint64_t sp; /* SP, of an open step */
};

/*
 * Addresses at which a vCPU shall stop by debug registers of its own, where
 * single steps do not work. They are the exits of an exclusive sequence. If
 * back is set, it is the instruction that an interrupt preceded, to be reached
 * with the same SP.
 */
#define VCPU_MAX_GOALS 6

struct vcpu_goals {
	unsigned int nr;
	va_t pc[VCPU_MAX_GOALS];
	bool back;
	uint64_t sp;
};

#define VCPU_MAX_KNOWN 64

/*
 * Cached registers of a vCPU that is not in KVM_RUN. regs.c numbers them
 * (KNOWN_*).
 */
struct vcpu_known {
	uint64_t mask;
	uint64_t value[VCPU_MAX_KNOWN];
	uint64_t pstate; /* PSTATE that KVM has */
};

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	struct trapline_ring *ring; /* flight.h; NULL: no flight recorder */
	size_t ring_size; /* of the mapping of ring */
	pthread_t thread;
	bool has_thread;
	enum vcpu_state state;
	bool direct; /* RUNNING, on the control thread: run.c */
	pthread_cond_t wake; /* the vCPU may run, or the VM ends */
	enum guest_action action;
	struct guest_range range; /* GUEST_STEP: step on while inside */
	unsigned int range_steps; /* steps in range since the last open step */
	unsigned int range_alone; /* steps left without device: exclusives */
	bool debug_dirty; /* KVM_SET_GUEST_DEBUG is due before KVM_RUN */
	bool shared; /* struct kvm_run holds the registers: regs.c */
	bool shared_fp; /* struct kvm_run holds the FP registers */
	uint32_t debug_step; /* step_control() at the last SET_GUEST_DEBUG */
	bool debug_over; /* over at the last SET_GUEST_DEBUG */
	struct vcpu_step step;
	struct vcpu_goals goals;
	struct vcpu_known known;
	bool step_owed; /* the step is done, but another stop was first */
	uint64_t nr_exits; /* returns of KVM_RUN since the start; atomic */
	/*
	 * Kind and PC of the last stop that was reported for this vCPU. The
	 * kind is GUEST_STOP_NONE if that was no break or watch point. See
	 * "Leaving a breakpoint".
	 */
	enum guest_stop_kind reported;
	va_t reported_pc;
	bool lent; /* watch_give_back() is due at the next exit */
	bool over; /* leaving a breakpoint: step once, then do action */
	ipa_t lifted; /* the BRK to lift for that step; IPA_NONE: none */
};

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

	pthread_mutex_t lock;
	pthread_cond_t cond; /* every vCPU has parked */
	enum vm_state state;
	unsigned int nr_running; /* vCPUs in state VCPU_RUNNING */
	unsigned int solo; /* the only vCPU that may run, or VM_NO_SOLO */
	struct guest_stop stop; /* kind GUEST_STOP_NONE: no stop is waiting */
	int stop_fd; /* eventfd: a stop is waiting */
	bool stop_told; /* stop_fd has been written */
	bool device_owed; /* a device's stop lost to another stop */
	pthread_mutex_t control; /* the control lock */
	pthread_t control_thread;
	vm_stop_fn *stop_here; /* on a vCPU thread; set before they start */
	void *stop_opaque;
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
 * vm.c: 0, or a negative errno after one line on stderr. kvm is &kvm_device_ops
 * except in tests.
 */
int vm_create(const struct vm_config *config, const struct kvm_ops *kvm,
	      struct vm *vm);
int vm_start_threads(struct vm *vm);
/* The calling thread gets its list; the process ends where that cannot be. */
void vm_thread_confine(struct vm *vm, enum sandbox_thread kind);
void vm_destroy(struct vm *vm);
void *vm_ram_at(struct vm *vm, ipa_t ipa, uint64_t len);

/*
 * kvm.c: the file descriptors of a VM. vm_create() calls both functions.
 * vm_reset() calls kvm_create_vm() again, which replaces everything that KVM
 * keeps of the guest except its memory.
 */
int kvm_open(struct vm *vm);
int kvm_create_vm(struct vm *vm);
/* The vCPUs and the GIC, which kvm_create_vm() makes again at a reset. */
void kvm_destroy_vcpus(struct vm *vm);
void kvm_close(struct vm *vm);

/* gic.c: a GIC of the host's kind; SPIs are set by level. */
int gic_create(struct vm *vm);
int gic_init(struct vm *vm); /* after all vCPUs exist */
void gic_irq_set(struct vm *vm, unsigned int spi, bool level);

/*
 * load.c: load the image and the device tree, set the first vCPU's registers.
 * vm_reset() calls it again.
 */
int vm_load(struct vm *vm);

/*
 * regs.c: KVM_GET_ONE_REG and KVM_SET_ONE_REG. For the control thread while the
 * vCPU is PARKED, or for the vCPU's own thread. 0 or a negative errno.
 */
int vcpu_reg_get(struct vcpu *vcpu, uint64_t id, uint64_t *ret);
int vcpu_reg_set(struct vcpu *vcpu, uint64_t id, uint64_t value);
int vcpu_pc_get(struct vcpu *vcpu, va_t *ret);
int vcpu_pc_set(struct vcpu *vcpu, va_t value);
int vcpu_x_get(struct vcpu *vcpu, unsigned int n, uint64_t *ret);
int vcpu_x_set(struct vcpu *vcpu, unsigned int n, uint64_t value);
/* The stack pointer that PSTATE selects, and a SIMD register. */
int vcpu_sp_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_sp_set(struct vcpu *vcpu, uint64_t value);
int vcpu_v_get(struct vcpu *vcpu, unsigned int n, unsigned __int128 *ret);
int vcpu_v_set(struct vcpu *vcpu, unsigned int n,
	       const unsigned __int128 *value);
int vcpu_pstate_get(struct vcpu *vcpu, uint64_t *ret);
int vcpu_pstate_set(struct vcpu *vcpu, uint64_t value);
int vcpu_regs_get(struct vcpu *vcpu, struct guest_regs *ret);
/* The registers in the mask which; all others are 0. */
int vcpu_regs_get_some(struct vcpu *vcpu, uint64_t which,
		       struct guest_regs *ret);
int vcpu_regs_set(struct vcpu *vcpu, const struct guest_regs *regs);
int vcpu_fpregs_get(struct vcpu *vcpu, struct guest_fpregs *ret);
int vcpu_fpregs_set(struct vcpu *vcpu, const struct guest_fpregs *regs);
int vcpu_sysreg_get(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t *ret);
int vcpu_sysreg_set(struct vcpu *vcpu, enum guest_sysreg reg, uint64_t value);
bool vcpu_online(struct vcpu *vcpu);
/*
 * Call this before each KVM_RUN. It writes a changed PSTATE to KVM and drops
 * the cached registers. If all is false, the registers that translate addresses
 * stay cached: a step over most instructions does not change them.
 */
int vcpu_regs_forget(struct vcpu *vcpu, bool all);
/*
 * Call this after a KVM_RUN that returned an exit. The vCPU is online then, so
 * only this process changes its registers before the next KVM_RUN.
 */
void vcpu_regs_share(struct vcpu *vcpu);
/*
 * Offset in the table at VBAR_EL1 of the vector for a synchronous exception
 * that is taken at pstate.
 */
uint64_t vcpu_vector(uint64_t pstate);
/* Make the vCPU take a synchronous exception to EL1, as hardware would. */
int vcpu_inject_sync(struct vcpu *vcpu, uint64_t esr, uint64_t far);
/*
 * vcpu_va_ipa(): translate va by the vCPU's own tables; errors as
 * stage1_walk(). vcpu_insn_get(): the instruction at pc; -EFAULT also where
 * there is no RAM.
 */
int vcpu_va_ipa(struct vcpu *vcpu, va_t va, ipa_t *ret);
int vcpu_insn_get(struct vcpu *vcpu, va_t pc, uint32_t *ret);
/*
 * The registers that translate va. The TTBR of the other half of the address
 * space is 0.
 */
int vcpu_stage1_regs(struct vcpu *vcpu, va_t va, struct stage1_regs *ret);

/* The result of one exit, on the vCPU's own thread. */
enum exit_result {
	EXIT_AGAIN, /* handled: call KVM_RUN again */
	EXIT_STEPPED, /* the single step is done */
	EXIT_STOP, /* *ret is the stop to raise */
	EXIT_PARK, /* nothing to report, but check the run state */
};

/* vcpu.c: creation, threads. */
int vcpu_create(struct vcpu *vcpu);
void vcpu_close(struct vcpu *vcpu);
void *vcpu_thread(void *arg);
/* Run until the run state has to be checked. */
void vcpu_execute(struct vcpu *vcpu);
/* Have KVM complete a pending MMIO access, and nothing else. */
void vcpu_complete(struct vcpu *vcpu);
/* Load debug registers, call KVM_RUN, handle the exit. Own thread. */
enum exit_result vcpu_enter(struct vcpu *vcpu, struct guest_stop *stop);

/* exits.c */
enum exit_result vcpu_handle_exit(struct vcpu *vcpu, struct guest_stop *ret);
/* Make *ret a GUEST_STOP_FAILURE with one line of text. EXIT_STOP. */
enum exit_result vcpu_stop_failure(struct vcpu *vcpu, struct guest_stop *ret,
				   const char *what);
/*
 * Have KVM complete the MMIO access, which moves the PC and, for a read, sets a
 * register. Then restore the registers, so that the VM stops on the
 * instruction.
 */
void vcpu_mmio_undo(struct vcpu *vcpu);
/* KVM_RUN itself failed with errno err. */
enum exit_result vcpu_handle_error(struct vcpu *vcpu, int err,
				   struct guest_stop *ret);

/*
 * step.c: step one instruction, or those of vcpu.range, with interrupts
 * withheld. Runs on the vCPU's own thread. EXIT_STEPPED: the step is done.
 * EXIT_STOP: *stop came first. EXIT_PARK: interrupted; call again to continue.
 */
enum exit_result step_run(struct vcpu *vcpu, struct guest_stop *stop);
enum step_how {
	STEP_ONE, /* just one instruction */
	STEP_OPEN, /* one, but a pending interrupt may be taken */
	STEP_RANGE, /* many, taken by /dev/trapline in the range */
};
enum exit_result step_once(struct vcpu *vcpu, enum step_how how,
			   struct guest_stop *stop);
/* KVM_GUESTDBG_* of the step under way. 0: no single step. */
uint32_t step_control(const struct vcpu *vcpu);
/*
 * The vCPU gets a new action: forget the range, and the interrupt handler that
 * was to return.
 */
void step_forget(struct vcpu *vcpu);
/* May the control thread wait for the step? No if it may block. */
bool step_is_short(struct vcpu *vcpu);
/* On a breakpoint exit: is the PC one of vcpu.goals? */
bool step_goal_reached(struct vcpu *vcpu);
/* For vcpu_regs_forget(): does the step keep all translations? */
bool step_keeps_translation(const struct vcpu *vcpu);

/*
 * run.c: run control. run_wait() and run_step_done() are for a vCPU's own
 * thread. run_wait() waits until the vCPU may run; false: the thread has to
 * end. run_step_done() ends a step, also one over a breakpoint; stepped: the
 * step was done, not interrupted.
 */
bool run_wait(struct vcpu *vcpu);
void run_step_done(struct vcpu *vcpu, bool stepped);
/*
 * For a vCPU's own thread, in an exit: get all other vCPUs out of KVM_RUN and
 * pause the device thread, until run_release_others(). false: a stop is under
 * way, or another vCPU has the VM to itself. Nothing is held then; the caller
 * parks.
 */
bool run_hold_others(struct vcpu *vcpu);
void run_release_others(struct vcpu *vcpu);
/* The guest has called PSCI SYSTEM_RESET. */
void run_reset_wanted(struct vcpu *vcpu);
int vm_resume(struct vm *vm, const enum guest_action *actions,
	      const struct guest_range *ranges);
void vm_stop_request(struct vm *vm, enum guest_stop_kind kind,
		     const char *text);
/* From a vCPU thread: this vCPU has hit something. Stop the VM. */
void vm_stop_raise(struct vcpu *vcpu, const struct guest_stop *stop);
/*
 * Stop the VM for a device, on any thread. This is a watch stop without a vCPU
 * and without details, which watch_stopped() fills in. If another stop is under
 * way, the next resume reports this one.
 */
void vm_stop_device(struct vm *vm);
/* Do not tell of a device's stop that lost. Control thread. */
void vm_stop_device_forget(struct vm *vm);
/* Fetch the waiting stop. -EAGAIN: none is waiting. Control thread. */
int vm_stop_get(struct vm *vm, struct guest_stop *ret);
/* Write stop_fd if a stop is waiting that nobody was told of. */
void vm_stop_tell(struct vm *vm);
/* End the guest: a stop of kind GUEST_STOP_EXITED. Any thread. */
void vm_exit(struct vm *vm, int code);
/*
 * Put everything back to its power-on state and load the images again. The VM
 * stays STOPPED before the first instruction. Control thread, VM stopped. The
 * caller calls debug_reset() next.
 */
int vm_reset(struct vm *vm);
/* Hand a request (enum bus_request) to the control thread. */
void vm_request(struct vm *vm, unsigned int request);
/* Wake the control thread from poll(2), to look again what it waits for. */
void vm_control_wake(struct vm *vm);
/* Fetch the requests: a mask of 1 << enum bus_request. Control thread. */
unsigned int vm_requests_take(struct vm *vm);
/*
 * Stop without a stop to report, and wait until every vCPU has parked. Control
 * thread. vm_continue() resumes, unless a stop came in between.
 */
void vm_stop_wait(struct vm *vm);
/*
 * Resume after a stop that nobody was told of, as if it had not happened. The
 * actions of the last vm_resume() continue. A step that is done is not
 * repeated.
 */
int vm_continue(struct vm *vm);
/* After vm_stop_wait(): there is a stop to report after all. */
void vm_stop_set(struct vm *vm, const struct guest_stop *stop);

/*
 * breakpoints.c. BRKs are keyed by IPA, debug registers by VA. The control
 * thread changes the tables while the VM is stopped, and then sets debug_dirty
 * on every vCPU. vCPU threads read the tables.
 */
int breakpoints_create(struct vm *vm, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *bps);
/*
 * Fill dbg for a vCPU that is about to run: the arch part of
 * KVM_SET_GUEST_DEBUG, and in dbg->control KVM_GUESTDBG_USE_SW_BP and
 * KVM_GUESTDBG_USE_HW where they are used, with KVM_GUESTDBG_ENABLE. The caller
 * adds SINGLESTEP.
 */
void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg);
/* The number of a vCPU's breakpoint registers, at most KVM_ARM_MAX_DBG_REGS. */
unsigned int breakpoints_hw_max(const struct breakpoints *bps);
/*
 * Handle KVM_EXIT_DEBUG on the vCPU's own thread, except for step exceptions,
 * which run control handles. 0: nothing to report, run on (a BRK of the guest's
 * was injected, or a stale hit was dropped). 1: raise the stop *ret.
 */
int breakpoints_debug_exit(struct breakpoints *bps, struct vcpu *vcpu,
			   struct guest_stop *ret);
/*
 * Is the vCPU's PC on a planted BRK whose stop has been reported? Run control
 * then lifts the BRK, steps this vCPU with all others held, and plants it
 * again.
 */
bool breakpoints_at(struct breakpoints *bps, struct vcpu *vcpu, ipa_t *ret);
void breakpoints_lift(struct breakpoints *bps, ipa_t ipa);
void breakpoints_plant(struct breakpoints *bps, ipa_t ipa);
/* vcpu has executed the instruction under its BRK. */
void breakpoints_left(struct breakpoints *bps, unsigned int vcpu);

#endif
