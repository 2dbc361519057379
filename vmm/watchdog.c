// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watchdog.c - see watchdog.h
 *
 * Registers can be read only while the vCPU is out of KVM_RUN, so a look stops
 * the guest for a fraction of a millisecond. Guest time stands still meanwhile,
 * as at any stop.
 */
#include "watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <trapline/arm64.h>
#include "regs.h"
#include "run.h"
#include "vcpu.h"
#include "vm.h"

#define PERIOD_MS  1000U
#define SUSPECT_MS 100U
#define ENOUGH     3
#define NS_PER_MS  1000000ULL

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000 * NS_PER_MS + (uint64_t)ts.tv_nsec;
}

static uint64_t thread_ns(const struct vcpu *vcpu)
{
	clockid_t clock;

	return pthread_getcpuclockid(vcpu->thread, &clock) ? 0
							   : clock_ns(clock);
}

void watchdog_init(struct watchdog *w, struct vm *vm)
{
	*w = (struct watchdog){
		.vm = vm,
		.last_ns = clock_ns(CLOCK_MONOTONIC),
		.period_ms = PERIOD_MS,
	};
}

static bool is_running(struct vm *vm)
{
	return __atomic_load_n(&vm->state, __ATOMIC_RELAXED) == VM_RUNNING;
}

int watchdog_timeout(const struct watchdog *w)
{
	uint64_t ms = (clock_ns(CLOCK_MONOTONIC) - w->last_ns) / NS_PER_MS;

	if (!is_running(w->vm))
		return -1;
	return ms >= w->period_ms ? 0 : (int)(w->period_ms - ms);
}

/*
 * Since the last look, has the vCPU spent at least half of the time in the
 * guest, without an exit?
 */
static bool is_suspect(struct watchdog *w, unsigned int i, uint64_t elapsed)
{
	struct watchdog_vcpu *seen = &w->vcpu[i];
	struct vcpu *vcpu = &w->vm->vcpu[i];
	uint64_t exits = __atomic_load_n(&vcpu->nr_exits, __ATOMIC_RELAXED);
	uint64_t cpu = thread_ns(vcpu);
	bool suspect = exits == seen->nr_exits &&
		       cpu - seen->cpu_ns >= elapsed / 2;

	seen->nr_exits = exits;
	seen->cpu_ns = cpu;
	if (!suspect)
		seen->found = 0;
	return suspect;
}

/* VM stopped. */
static bool in_vectors(struct vcpu *vcpu)
{
	uint64_t pc, vbar, pstate;

	return !vcpu_pc_get(vcpu, &pc) &&
	       !vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar) &&
	       !vcpu_pstate_get(vcpu, &pstate) &&
	       FIELD_GET(PSTATE_EL, pstate) == 1 && pc - vbar < VECTORS_SIZE;
}

static void report(struct vm *vm, struct vcpu *vcpu)
{
	uint64_t pc = 0, esr = 0, far = 0, elr = 0;
	struct guest_stop stop = {
		.kind = GUEST_STOP_FAILURE,
		.vcpu = vcpu->index,
	};

	vcpu_pc_get(vcpu, &pc);
	vcpu_sysreg_get(vcpu, GUEST_ESR_EL1, &esr);
	vcpu_sysreg_get(vcpu, GUEST_FAR_EL1, &far);
	vcpu_sysreg_get(vcpu, GUEST_ELR_EL1, &elr);
	stop.addr = pc;
	snprintf(stop.text, sizeof(stop.text),
		 "CPU %u, PC 0x%" PRIx64 ": loops in its exception vectors "
		 "(ESR_EL1 0x%" PRIx64 ", FAR_EL1 0x%" PRIx64
		 ", ELR_EL1 0x%" PRIx64 ")",
		 vcpu->index, pc, esr, far, elr);
	vm_stop_set(vm, &stop);
}

static void look(struct watchdog *w, unsigned int suspects)
{
	struct vm *vm = w->vm;

	vm_stop_wait(vm);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		if (!(suspects & (1U << i)))
			continue;
		/* The look itself made the vCPU exit. */
		w->vcpu[i].nr_exits = vm->vcpu[i].nr_exits;
		if (!in_vectors(&vm->vcpu[i])) {
			w->vcpu[i].found = 0;
		} else if (++w->vcpu[i].found >= ENOUGH) {
			w->vcpu[i].found = 0;
			report(vm, &vm->vcpu[i]);
			return;
		} else {
			w->period_ms = SUSPECT_MS;
		}
	}
	vm_continue(vm);
}

void watchdog_tick(struct watchdog *w)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t elapsed = now - w->last_ns;
	unsigned int suspects = 0;

	if (!is_running(w->vm) || elapsed < w->period_ms * NS_PER_MS)
		return;
	w->last_ns = now;
	w->period_ms = PERIOD_MS;
	for (unsigned int i = 0; i < w->vm->nr_vcpus; i++)
		if (is_suspect(w, i, elapsed))
			suspects |= 1U << i;
	if (suspects)
		look(w, suspects);
}
