// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_kvm_run.c - KVM_RUN of the fake KVM
 *
 * SIGUSR1 is blocked inside KVM_RUN. Only ppoll(2) unblocks it, and then
 * returns EINTR. So a kick between the check of immediate_exit and the wait is
 * not lost, as in the kernel. Each instruction is followed by such a check.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, "KVM_RUN", "The kvm_run
 * structure"; include/trapline/abi.h.
 */
#include "fake_kvm_state.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <trapline/arm64.h>

#define WAIT_LIMIT_S 60

#define PSCI_CPU_OFF       0x84000002U
#define PSCI_SYSTEM_OFF    0x84000008U
#define PSCI_SYSTEM_RESET  0x84000009U
#define PSCI_NOT_SUPPORTED (~0ULL)

static unsigned int index_of(const struct fake_vcpu *v)
{
	return (unsigned int)(v - fake_kvm.vcpu);
}

/* --- the test's side -------------------------------------------------------- */

static void wake(struct fake_vcpu *v)
{
	eventfd_write(v->wake_fd, 1);
}

void fake_kvm_exit(unsigned int vcpu, const struct fake_exit *exit)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	pthread_mutex_lock(&v->lock);
	if (v->nr_exits == FAKE_MAX_EXITS)
		fake_kvm_die("too many exits wait", vcpu);
	v->exit[v->nr_exits++] = *exit;
	v->idle = false;
	pthread_mutex_unlock(&v->lock);
	wake(v);
}

/* Wake the vCPU, so that it sees a change. */
static void changed(struct fake_vcpu *v)
{
	pthread_mutex_lock(&v->lock);
	v->idle = false;
	pthread_mutex_unlock(&v->lock);
	wake(v);
}

void fake_kvm_execute(unsigned int vcpu, bool on)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	__atomic_store_n(&v->executes, on, __ATOMIC_RELAXED);
	changed(v);
}

void fake_kvm_power(unsigned int vcpu, bool on)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	__atomic_store_n(&v->powered, on, __ATOMIC_RELAXED);
	changed(v);
}

void fake_kvm_irq(unsigned int vcpu)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	__atomic_store_n(&v->cpu.irq, true, __ATOMIC_RELAXED);
	changed(v);
}

void fake_kvm_wait_idle(unsigned int vcpu)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];
	struct timespec limit;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += WAIT_LIMIT_S;
	pthread_mutex_lock(&v->lock);
	while (!v->idle && !err)
		err = pthread_cond_timedwait(&v->changed, &v->lock, &limit);
	if (!v->idle)
		fake_kvm_die(fake_kvm_in_run(vcpu)
				     ? "it does not become idle in KVM_RUN"
				     : "it does not come into KVM_RUN",
			     vcpu);
	pthread_mutex_unlock(&v->lock);
}

bool fake_kvm_in_run(unsigned int vcpu)
{
	return __atomic_load_n(&fake_kvm.vcpu[vcpu].in_run, __ATOMIC_RELAXED);
}

unsigned int fake_kvm_nr_runs(unsigned int vcpu)
{
	return __atomic_load_n(&fake_kvm.vcpu[vcpu].nr_runs, __ATOMIC_RELAXED);
}

unsigned int fake_kvm_nr_finished(void)
{
	return __atomic_load_n(&fake_kvm.nr_finished, __ATOMIC_RELAXED);
}

void fake_kvm_on_leave(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	pthread_mutex_lock(&v->lock);
	v->on_leave = fn;
	v->leave_opaque = opaque;
	pthread_mutex_unlock(&v->lock);
}

void fake_kvm_on_enter(unsigned int vcpu, void (*fn)(void *opaque),
		       void *opaque)
{
	struct fake_vcpu *v = &fake_kvm.vcpu[vcpu];

	pthread_mutex_lock(&v->lock);
	v->on_enter = fn;
	v->enter_opaque = opaque;
	pthread_mutex_unlock(&v->lock);
}

static void call_hook(struct fake_vcpu *v, bool enter)
{
	void (*fn)(void *opaque);
	void *opaque;

	pthread_mutex_lock(&v->lock);
	fn = enter ? v->on_enter : v->on_leave;
	opaque = enter ? v->enter_opaque : v->leave_opaque;
	pthread_mutex_unlock(&v->lock);
	if (fn)
		fn(opaque);
}

/* --- struct kvm_run --------------------------------------------------------- */

/* Complete the last MMIO exit: store the data of a read, and advance the PC. */
static void mmio_complete(struct fake_vcpu *v)
{
	struct kvm_run *run = v->run;
	uint64_t value = 0;

	if (!v->mmio_due)
		return;
	v->mmio_due = false;
	if (!run->mmio.is_write) {
		memcpy(&value, run->mmio.data, run->mmio.len);
		if (v->mmio_rt < 31)
			v->cpu.core.regs.regs[v->mmio_rt] = value;
	}
	v->cpu.core.regs.pc += 4;
	v->cpu.core.regs.pstate &= ~(uint64_t)PSTATE_BTYPE;
}

static __u64 *current_sp(struct fake_vcpu *v)
{
	uint64_t pstate = v->cpu.core.regs.pstate;

	return FIELD_GET(PSTATE_EL, pstate) && pstate & PSTATE_SP
		       ? &v->cpu.core.sp_el1
		       : &v->cpu.core.regs.sp;
}

static void sync_in(struct fake_vcpu *v)
{
	struct trapline_run *shared = trapline_run(v->run);
	struct user_pt_regs *regs = &v->cpu.core.regs;
	uint64_t dirty = v->run->kvm_dirty_regs;

	v->run->kvm_dirty_regs = 0;
	if (dirty & TRAPLINE_SYNC_GENERAL) {
		memcpy(regs->regs, shared->x, sizeof(shared->x));
		regs->pc = shared->pc;
		regs->pstate = shared->pstate;
		*current_sp(v) = shared->sp;
	}
	if (dirty & TRAPLINE_SYNC_FP)
		memcpy(v->cpu.core.fp_regs.vregs, shared->v, sizeof(shared->v));
}

static void sync_out(struct fake_vcpu *v)
{
	struct trapline_run *shared = trapline_run(v->run);
	const struct user_pt_regs *regs = &v->cpu.core.regs;
	uint64_t valid = v->run->kvm_valid_regs;

	if (valid & TRAPLINE_SYNC_GENERAL) {
		memcpy(shared->x, regs->regs, sizeof(shared->x));
		shared->pc = regs->pc;
		shared->pstate = regs->pstate;
		shared->sp = *current_sp(v);
	}
	if (valid & TRAPLINE_SYNC_FP &&
	    v->run->exit_reason == KVM_EXIT_MEMORY_FAULT)
		memcpy(shared->v, v->cpu.core.fp_regs.vregs, sizeof(shared->v));
}

static void exit_mmio(struct fake_vcpu *v, const struct fake_exit *exit)
{
	struct kvm_run *run = v->run;

	run->mmio.phys_addr = exit->ipa;
	run->mmio.len = exit->size;
	run->mmio.is_write = exit->write;
	memcpy(run->mmio.data, &exit->value, sizeof(run->mmio.data));
	v->mmio_due = true;
	v->mmio_rt = exit->rt;
}

static void exit_fault(struct fake_vcpu *v, const struct fake_exit *exit)
{
	struct trapline_memory_fault *fault = trapline_memory_fault(v->run);
	struct trapline_run *shared = trapline_run(v->run);

	fault->flags = exit->flags;
	fault->gpa = ALIGN_DOWN(exit->ipa, FAKE_PAGE);
	fault->size = FAKE_PAGE;
	shared->esr = exit->hsr;
	shared->ipa = exit->ipa;
	shared->far = exit->far;
}

static int deliver(struct fake_vcpu *v, const struct fake_exit *exit)
{
	struct kvm_run *run = v->run;

	if (exit->pc)
		v->cpu.core.regs.pc = exit->pc;
	if (exit->err)
		return -exit->err;
	run->exit_reason = exit->reason;
	switch (exit->reason) {
	case KVM_EXIT_MMIO:
		exit_mmio(v, exit);
		break;
	case KVM_EXIT_ARM_NISV:
		run->arm_nisv.esr_iss = exit->hsr;
		run->arm_nisv.fault_ipa = exit->ipa;
		break;
	case KVM_EXIT_DEBUG:
		run->debug.arch.hsr = (uint32_t)exit->hsr;
		run->debug.arch.far = exit->far;
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		run->system_event.type = exit->event;
		break;
	case KVM_EXIT_MEMORY_FAULT:
		exit_fault(v, exit);
		break;
	case TRAPLINE_EXIT_CATCH:
		trapline_run(run)->esr = exit->hsr;
		trapline_run(run)->catch_value = exit->value;
		break;
	default:
		break;
	}
	return 0;
}

/* --- what the guest does ---------------------------------------------------- */

static uint8_t *ram_at(ipa_t ipa, unsigned int size)
{
	const struct guest g = { .ram = &fake_kvm.ram, .nr_ram = 1 };

	return guest_ram_at(&g, ipa, size);
}

static bool is_wanted(const struct fake_fault *f)
{
	bool wanted = !(fake_kvm.watch_flags & TRAPLINE_WATCH_FINISH);

	for (unsigned int i = 0; i < fake_kvm.nr_watched && !wanted; i++) {
		const struct trapline_watch_range *r = &fake_kvm.watched[i];

		wanted = r->kinds & f->access && f->ipa < r->ipa + r->size &&
			 r->ipa < f->ipa + f->size;
	}
	return wanted;
}

/*
 * "The kernel" finishes the access if it touches no watched byte. It does so
 * under the lock, so a change of the watched bytes has effect at once.
 */
static bool finish(struct fake_vcpu *v)
{
	const struct fake_fault *f = &v->cpu.fault;
	uint8_t *host = f->isv ? ram_at(f->ipa, f->size) : NULL;
	bool done;

	pthread_mutex_lock(&fake_kvm.watch_lock);
	done = host && !is_wanted(f);
	if (done && f->access & GUEST_WRITE)
		fake_cpu_store(host, f->size, f->value);
	else if (done && f->rt < 31)
		v->cpu.core.regs.regs[f->rt] = fake_cpu_load(host, f->size);
	pthread_mutex_unlock(&fake_kvm.watch_lock);
	if (!done)
		return false;
	v->cpu.core.regs.pc += 4;
	__atomic_fetch_add(&fake_kvm.nr_finished, 1, __ATOMIC_RELAXED);
	return true;
}

static int fault_exit(struct fake_vcpu *v)
{
	const struct fake_fault *f = &v->cpu.fault;
	struct fake_exit exit = {
		.ipa = f->ipa,
		.far = f->far,
		.hsr = f->access & GUEST_WRITE
			       ? ESR_ELx_WNR | ESR_ELx_FSC_PERM_L(3)
			       : ESR_ELx_FSC_PERM_L(3),
	};

	if (fake_kvm.trapline && ram_at(f->ipa, 1)) {
		exit.reason = KVM_EXIT_MEMORY_FAULT;
		exit.flags = f->access;
		exit.hsr |= FIELD_PREP(ESR_ELx_EC_MASK, ESR_ELx_EC_DABT_LOW) |
			    ESR_ELx_IL | (f->isv ? ESR_ELx_ISV : 0);
	} else if (f->access == GUEST_EXEC) {
		fake_kvm_die("a fetch from a page that is not there",
			     index_of(v));
	} else if (f->isv) {
		exit.reason = KVM_EXIT_MMIO;
		exit.size = f->size;
		exit.write = f->access & GUEST_WRITE;
		exit.value = exit.write ? f->value : 0;
		exit.rt = f->rt;
	} else {
		exit.reason = KVM_EXIT_ARM_NISV;
	}
	return deliver(v, &exit);
}

/* Returns 1 if the call needs no exit to the VMM. */
static int call_exit(struct fake_vcpu *v)
{
	struct fake_exit exit = { .reason = KVM_EXIT_SYSTEM_EVENT };
	__u64 *x = v->cpu.core.regs.regs;

	switch (x[0]) {
	case PSCI_SYSTEM_OFF:
		exit.event = KVM_SYSTEM_EVENT_SHUTDOWN;
		return deliver(v, &exit);
	case PSCI_SYSTEM_RESET:
		exit.event = KVM_SYSTEM_EVENT_RESET;
		return deliver(v, &exit);
	case PSCI_CPU_OFF:
		__atomic_store_n(&v->powered, false, __ATOMIC_RELAXED);
		return 1;
	default:
		x[0] = PSCI_NOT_SUPPORTED;
		return 1;
	}
}

static int step_exit(struct fake_vcpu *v, bool load_exclusive)
{
	struct fake_exit exit = {
		.reason = KVM_EXIT_DEBUG,
		.hsr = FIELD_PREP(ESR_ELx_EC_MASK, ESR_ELx_EC_SOFTSTP_LOW) |
		       ESR_ELx_IL | ESR_ELx_STEP_ISV |
		       (load_exclusive ? ESR_ELx_STEP_EX : 0),
	};

	return deliver(v, &exit);
}

/* True if a range step continues: TRAPLINE_GUESTDBG_RANGE. */
static bool range_goes_on(struct fake_vcpu *v, uint64_t *steps)
{
	const struct trapline_run *shared = trapline_run(v->run);
	va_t pc = v->cpu.core.regs.pc;

	return fake_kvm.trapline &&
	       v->cpu.debug.control & TRAPLINE_GUESTDBG_RANGE &&
	       pc >= shared->step_start && pc < shared->step_end &&
	       (!shared->step_max || ++*steps < shared->step_max);
}

static int debug_exit(struct fake_vcpu *v)
{
	struct fake_exit exit = {
		.reason = KVM_EXIT_DEBUG,
		.hsr = v->cpu.esr,
		.far = v->cpu.far,
	};

	return deliver(v, &exit);
}

enum {
	GO_ON = 1,
	WAIT = 2
};

/* One instruction: KVM_RUN's result, or GO_ON, or WAIT. */
static int execute(struct fake_vcpu *v, uint64_t *steps)
{
	struct fake_cpu *cpu = &v->cpu;
	va_t pc = cpu->core.regs.pc;
	bool load_exclusive;

	cpu->stepping = cpu->debug.control & KVM_GUESTDBG_SINGLESTEP;
	load_exclusive = cpu->stepping && fake_cpu_is_load_exclusive(cpu, pc);
	switch (fake_cpu_execute(cpu)) {
	case FAKE_CPU_WAIT:
		if (!cpu->stepping)
			return WAIT;
		return step_exit(v, false);
	case FAKE_CPU_DONE:
	case FAKE_CPU_IRQ:
		if (!cpu->stepping)
			return GO_ON;
		if (!load_exclusive && range_goes_on(v, steps))
			return GO_ON;
		return step_exit(v, load_exclusive);
	case FAKE_CPU_DEBUG:
		return debug_exit(v);
	case FAKE_CPU_FAULT:
		if (fake_kvm.trapline && finish(v))
			return cpu->stepping ? step_exit(v, false) : GO_ON;
		return fault_exit(v);
	case FAKE_CPU_CALL:
		return call_exit(v);
	default:
		fprintf(stderr, "at 0x%llx: ", (unsigned long long)pc);
		fake_kvm_die("nothing that the fake CPU can execute",
			     index_of(v));
	}
}

/* --- KVM_RUN ---------------------------------------------------------------- */

static bool fed_exit(struct fake_vcpu *v, struct fake_exit *ret)
{
	bool fed;

	pthread_mutex_lock(&v->lock);
	fed = v->nr_exits;
	if (fed) {
		*ret = v->exit[0];
		v->nr_exits--;
		memmove(v->exit, v->exit + 1, v->nr_exits * sizeof(*v->exit));
	}
	pthread_mutex_unlock(&v->lock);
	return fed;
}

/*
 * -EINTR: the vCPU was kicked. With sleep, wait for a kick or for something new
 * from the test.
 */
static int look(struct fake_vcpu *v, const sigset_t *mask, bool sleep)
{
	struct pollfd fd = { .fd = v->wake_fd, .events = POLLIN };
	const struct timespec now = { 0 };
	eventfd_t count;

	if (ppoll(&fd, 1, sleep ? NULL : &now, mask) < 0)
		return -errno;
	if (fd.revents)
		eventfd_read(v->wake_fd, &count);
	return 0;
}

/* Mark the vCPU idle, unless the test has changed something just now. */
static void idle_begin(struct fake_vcpu *v)
{
	pthread_mutex_lock(&v->lock);
	v->idle = !v->nr_exits;
	pthread_cond_broadcast(&v->changed);
	pthread_mutex_unlock(&v->lock);
}

static bool is_active(const struct fake_vcpu *v)
{
	return __atomic_load_n(&v->executes, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&v->powered, __ATOMIC_RELAXED);
}

static int run_loop(struct fake_vcpu *v, const sigset_t *mask)
{
	struct fake_exit exit;
	uint64_t steps = 0;
	bool asleep = false;
	int result;

	for (;;) {
		if (fed_exit(v, &exit))
			return deliver(v, &exit);
		/*
		 * In WFI: a wakeup need not mean that an interrupt is pending.
		 */
		asleep = asleep &&
			 !__atomic_load_n(&v->cpu.irq, __ATOMIC_RELAXED);
		result = WAIT;
		if (is_active(v) && !asleep) {
			result = execute(v, &steps);
			asleep = result == WAIT;
		}
		if (result <= 0)
			return result;
		if (result == WAIT)
			idle_begin(v);
		result = look(v, mask, result == WAIT);
		if (result)
			return result;
	}
}

static int run_inside(struct fake_vcpu *v, const sigset_t *mask)
{
	mmio_complete(v);
	if (__atomic_load_n(&v->run->immediate_exit, __ATOMIC_SEQ_CST))
		return -EINTR;
	/* The exception return to the guest clears the exclusive monitor. */
	v->cpu.monitor = false;
	return run_loop(v, mask);
}

int fake_kvm_run(int fd)
{
	struct fake_vcpu *v = fake_vcpu_of(fd);
	sigset_t kick, old;
	int result;

	sigemptyset(&kick);
	sigaddset(&kick, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &kick, &old);
	call_hook(v, true);
	if (__atomic_exchange_n(&v->in_run, true, __ATOMIC_RELAXED))
		fake_kvm_die("two threads in KVM_RUN", index_of(v));
	__atomic_fetch_add(&v->nr_runs, 1, __ATOMIC_RELAXED);
	sync_in(v);
	result = run_inside(v, &old);
	if (result == -EINTR)
		v->run->exit_reason = KVM_EXIT_INTR;
	sync_out(v);
	call_hook(v, false);
	pthread_mutex_lock(&v->lock);
	v->idle = false;
	pthread_mutex_unlock(&v->lock);
	__atomic_store_n(&v->in_run, false, __ATOMIC_RELAXED);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return result;
}
