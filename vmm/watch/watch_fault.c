// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_fault.c - an access that faulted because its page is protected
 *
 * On the vCPU's own thread. A plain access with a valid syndrome (MMIO exit)
 * that touches no watched byte is done with the data in the exit alone, without
 * reading registers. Every other access is decoded.
 *
 * Source: Linux Documentation/virt/kvm/api.rst, KVM_EXIT_MMIO,
 * KVM_EXIT_ARM_NISV; include/trapline/abi.h; Arm ARM, "ISS encoding for an
 * exception from a Data Abort".
 */
#include "watch_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/abi.h>
#include <trapline/arm64.h>
#include "vmm/debug/breakpoints.h"
#include "vmm/leave.h"
#include "vmm/regs.h"
#include "vmm/vm.h"

static const struct emulate_fault no_fault = { .ipa = IPA_NONE };

static struct watch_vcpu *watch_vcpu(struct vcpu *vcpu)
{
	return &vcpu->vm->watch->vcpu[vcpu->index];
}

/* --- reservations: engine.lock held ---------------------------------------- */

void watch_reservations_break(struct watch_engine *e, ipa_t ipa, uint64_t len)
{
	for (unsigned int i = 0; e->nr_reservations && i < e->vm->nr_vcpus;
	     i++) {
		struct watch_reservation *r = &e->vcpu[i].reservation;

		if (!r->valid || r->ipa >= ipa + len || ipa >= r->ipa + r->len)
			continue;
		r->valid = false;
		e->nr_reservations--;
	}
}

static void reservation_make(struct watch_engine *e,
			     struct watch_reservation *r,
			     const struct watch_reservation *like)
{
	watch_tell_exclusive(e, like->ipa);
	e->nr_reservations += !r->valid;
	*r = *like;
	r->valid = true;
}

static bool reservation_holds(const struct watch_reservation *r,
			      const struct watch_reservation *like)
{
	return r->valid && r->ipa == like->ipa && r->len == like->len &&
	       (r->pc == like->pc || r->pc == WATCH_ANY_PC) &&
	       r->sp == like->sp;
}

void watch_reserve(struct vcpu *vcpu, va_t pc)
{
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct watch_reservation r = {
		.ipa = w->emulation.part[0][0].ipa,
		.len = w->emulation.part[0][0].len,
		.pc = pc,
	};

	if (vcpu_sp_get(vcpu, &r.sp))
		return;
	pthread_mutex_lock(&vcpu->vm->watch->lock);
	reservation_make(vcpu->vm->watch, &w->reservation, &r);
	pthread_mutex_unlock(&vcpu->vm->watch->lock);
}

/* --- hits ------------------------------------------------------------------ */

static void touch_begin(struct vcpu *vcpu, struct watch_touch *touch)
{
	touch->vcpu = vcpu->index;
	touch->nr = 0;
	touch->stop = -1;
}

/* The bytes that a decoded access touches, after emulate_compute(). */
static void touch_emulation(struct watch_engine *e, struct watch_touch *touch,
			    const struct emulation *m)
{
	for (unsigned int i = 0; i < m->access.nr; i++) {
		unsigned int access = m->access.mem[i].flags &
				      (ACCESS_READ | ACCESS_WRITE);
		const uint8_t *new = NULL;

		if (i == m->write && m->stores)
			new = m->stored;
		else
			access &= ~ACCESS_WRITE;
		for (unsigned int j = 0; access && j < m->nr_parts[i]; j++) {
			const struct emulate_part *part = &m->part[i][j];

			watch_touch_add(e, touch, part->ipa, part->len, access,
					new);
			if (new)
				new += part->len;
		}
	}
}

_Static_assert((int)ACCESS_READ == (int)GUEST_READ &&
		       (int)ACCESS_WRITE == (int)GUEST_WRITE,
	       "accesses have two names");

/*
 * A debugger does not know "monitor watch": for the debugger this is a plain
 * stop.
 */
enum guest_access watch_stop_access(const struct watch_spec *spec)
{
	if (spec->owner == WATCH_MONITOR)
		return GUEST_NO_ACCESS;
	return spec->kind == GUEST_WATCH_WRITE  ? GUEST_WRITE
	       : spec->kind == GUEST_WATCH_READ ? GUEST_READ
						: GUEST_READ_WRITE;
}

enum exit_result watch_report(struct vcpu *vcpu, struct guest_stop *ret)
{
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct watch_touch *touch = &w->touch;
	struct watch_hit *hit = &touch->hit[touch->stop];
	const struct watch *watch = touch->watch[touch->stop];

	vcpu_pc_get(vcpu, &hit->pc);
	hit->time = watch_time(vcpu->vm->watch);
	hit->vcpu = (uint16_t)vcpu->index;
	/* A hit that is reported late was counted by watch_commit(). */
	if (!hit->late)
		__atomic_fetch_add(&touch->watch[touch->stop]->nr_hits, 1,
				   __ATOMIC_RELAXED);
	vcpu->leave.access = hit->late ? LEAVE_ACCESS_DONE : LEAVE_ACCESS_OWED;
	vcpu->leave.access_pc = hit->pc;
	*ret = (struct guest_stop){
		.kind = GUEST_STOP_WATCH,
		.vcpu = vcpu->index,
		.addr = touch->stop_va,
		.access = watch_stop_access(&watch->spec),
	};
	if (watch->spec.owner == WATCH_MONITOR)
		snprintf(ret->text, sizeof(ret->text),
			 "watchpoint %u: 0x%" PRIx64 " changes from 0x%" PRIx64
			 " to 0x%" PRIx64 " (monitor lastwatch)",
			 watch->id, hit->va, hit->old, hit->new);
	return EXIT_STOP;
}

/*
 * Fill in the task, for the log. Registers are read only if something was
 * touched.
 */
void watch_commit(struct vcpu *vcpu, struct watch_touch *touch)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_hit who = { .vcpu = (uint16_t)vcpu->index };

	if (!touch->nr)
		return;
	vcpu_pc_get(vcpu, &who.pc);
	who.time = watch_time(e);
	if (e->task_get)
		e->task_get(e->task_opaque, vcpu, &who);
	for (unsigned int i = 0; i < touch->nr; i++) {
		struct watch_hit *hit = &touch->hit[i];

		hit->pc = who.pc;
		hit->vcpu = who.vcpu;
		hit->time = who.time;
		hit->pid = who.pid;
		memcpy(hit->comm, who.comm, sizeof(hit->comm));
	}
	watch_touch_done(e, touch);
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* --- decoded accesses ------------------------------------------------------ */

/* emulate_vcpu_begin(), and count words that Capstone decodes differently. */
static int begin(struct vcpu *vcpu, const struct emulate_fault *fault,
		 const char **reason)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);
	int err = emulate_vcpu_begin(&w->cpu, fault, &w->emulation, reason);

	if (err == -EPROTO) {
		count(&e->nr_disagreed);
		__atomic_store_n(&e->disagreed, w->emulation.insn.word,
				 __ATOMIC_RELAXED);
	}
	return err;
}

void watch_insn_text(struct vcpu *vcpu, va_t pc, struct insn_text *ret)
{
	uint32_t word;

	if (!vcpu_insn_get(vcpu, pc, &word))
		decoder_text(watch_vcpu(vcpu)->cpu.cpu.second, word, pc, ret);
	else
		strcpy(ret->text, "an unreadable instruction");
}

static bool is_store_exclusive(const struct emulation *m)
{
	return m->insn.flags & INSN_EXCLUSIVE && m->insn.op == INSN_OP_STORE;
}

static int reservation_of(struct vcpu *vcpu, const struct emulation *m,
			  struct watch_reservation *ret)
{
	ret->ipa = m->part[0][0].ipa;
	ret->len = m->part[0][0].len;
	ret->pc = m->regs.pc;
	return vcpu_sp_get(vcpu, &ret->sp);
}

/*
 * emulate_vcpu_begin() has succeeded. Returns true if the access is done.
 * false: the access is not done, and touch has the hit. If the hit comes from a
 * debug register (told), false may also mean that the access touches no watch
 * of ours.
 */
static bool perform(struct vcpu *vcpu, struct watch_vcpu *w, bool told)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct emulation *m = &w->emulation;
	struct watch_reservation r = { 0 };
	bool exclusive = is_store_exclusive(m), passed = false;
	bool done = false;

	if (exclusive && reservation_of(vcpu, m, &r))
		exclusive = false;
	pthread_mutex_lock(&e->lock);
	if (exclusive)
		passed = !e->dma && reservation_holds(&w->reservation, &r);
	while (!done) {
		emulate_compute(&w->cpu.cpu, m, passed);
		touch_begin(vcpu, &w->touch);
		touch_emulation(e, &w->touch, m);
		if (told && !w->touch.nr)
			break;
		if (w->touch.stop >= 0 && !leave_is_muted(vcpu))
			break;
		done = emulate_store(&w->cpu.cpu, m);
	}
	if (done && m->stores)
		for (unsigned int i = 0; i < m->nr_parts[m->write]; i++)
			watch_reservations_break(e, m->part[m->write][i].ipa,
						 m->part[m->write][i].len);
	if (done && exclusive && !passed)
		reservation_make(e, &w->reservation, &r);
	pthread_mutex_unlock(&e->lock);
	return done;
}

/* Give KVM the bytes of a load. KVM does the rest. */
static void mmio_finish(struct vcpu *vcpu, const struct emulation *m)
{
	struct kvm_run *run = vcpu->run;

	if (!run->mmio.is_write)
		memcpy(run->mmio.data, m->old, run->mmio.len);
}

static bool is_load_exclusive(const struct emulation *m)
{
	return m->insn.flags & INSN_EXCLUSIVE && m->insn.op == INSN_OP_LOAD;
}

/*
 * mmio: KVM moves the PC and fills the register by itself. The CPU itself must
 * do a load-exclusive: only this arms the monitor for the store.
 */
static enum exit_result decoded(struct vcpu *vcpu, ipa_t ipa, bool write,
				bool mmio, struct guest_stop *ret)
{
	/* A page that may be written may also be read. */
	const struct emulate_fault fault = {
		.ipa = ipa,
		.checked = ACCESS_READ | (write ? ACCESS_WRITE : 0),
	};
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct emulation *m = &w->emulation;
	const char *reason;

	count(&vcpu->vm->watch->nr_decoded);
	if (begin(vcpu, &fault, &reason)) {
		if (mmio)
			vcpu_mmio_undo(vcpu);
		return watch_open_step(vcpu, ipa, reason, ret);
	}
	if (!perform(vcpu, w, false)) {
		if (mmio)
			vcpu_mmio_undo(vcpu);
		return watch_report(vcpu, ret);
	}
	watch_commit(vcpu, &w->touch);
	if (mmio) {
		mmio_finish(vcpu, m);
		return EXIT_AGAIN;
	}
	if (is_load_exclusive(m))
		return watch_open_exclusive(vcpu, ipa);
	if (emulate_finish(&w->cpu.cpu, m))
		return EXIT_PARK;
	return vcpu->step.active ? EXIT_STEPPED : EXIT_AGAIN;
}

enum exit_result watch_nisv(struct vcpu *vcpu, struct guest_stop *ret)
{
	uint64_t iss = vcpu->run->arm_nisv.esr_iss;
	/* Cache maintenance reports WnR, but needs read permission only. */
	bool write = iss & ESR_ELx_WNR && !(iss & ESR_ELx_CM);

	return decoded(vcpu, vcpu->run->arm_nisv.fault_ipa, write, false, ret);
}

enum exit_result watch_denied(struct vcpu *vcpu, struct guest_stop *ret)
{
	const struct trapline_run *run = trapline_run(vcpu->run);
	uint64_t flags = trapline_memory_fault(vcpu->run)->flags;

	/* The instruction does not tell which page its table walk needed. */
	if (flags & TRAPLINE_FAULT_WALK)
		return watch_open_step(vcpu, run->ipa,
				       "it needs a page-table page", ret);
	if (flags & TRAPLINE_FAULT_EXEC)
		return watch_open_step(vcpu, run->ipa,
				       "it is on a page that may not be read",
				       ret);
	return decoded(vcpu, run->ipa, flags & TRAPLINE_FAULT_WRITE, false,
		       ret);
}

/* --- plain accesses -------------------------------------------------------- */

/* A plain access that touches a watched byte. Nothing is done yet. */
static enum exit_result plain_hit(struct vcpu *vcpu, uint8_t *host,
				  struct guest_stop *ret)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct kvm_run *run = vcpu->run;
	unsigned int size = run->mmio.len;
	bool write = run->mmio.is_write, stop;

	pthread_mutex_lock(&e->lock);
	touch_begin(vcpu, &w->touch);
	watch_touch_add(e, &w->touch, run->mmio.phys_addr, size,
			write ? GUEST_WRITE : GUEST_READ,
			write ? run->mmio.data : NULL);
	stop = w->touch.stop >= 0 && !leave_is_muted(vcpu);
	if (!stop && write) {
		breakpoints_keep(vcpu->vm->breakpoints, vcpu,
				 run->mmio.phys_addr, run->mmio.data, size);
		emulate_store_plain(host, run->mmio.data, size);
		watch_reservations_break(e, run->mmio.phys_addr, size);
	} else if (!stop) {
		emulate_load_plain(host, run->mmio.data, size);
		breakpoints_hide(vcpu->vm->breakpoints, run->mmio.phys_addr,
				 run->mmio.data, size);
	}
	pthread_mutex_unlock(&e->lock);
	if (stop) {
		vcpu_mmio_undo(vcpu);
		return watch_report(vcpu, ret);
	}
	watch_commit(vcpu, &w->touch);
	return EXIT_AGAIN;
}

/*
 * If an access crosses into another page, KVM reports where it faulted, not
 * where it began. So if an access ends after its page, or seems to begin at the
 * start of a page, the instruction has to be decoded.
 */
static bool may_cross(ipa_t ipa, unsigned int size)
{
	uint64_t offset = ipa & (SZ_4K - 1);

	return size > 1 && (!offset || offset + size > SZ_4K);
}

enum exit_result watch_mmio(struct vcpu *vcpu, struct guest_stop *ret)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct kvm_run *run = vcpu->run;
	ipa_t ipa = run->mmio.phys_addr;
	unsigned int size = run->mmio.len;
	const struct watch_page *page;
	uint8_t *host = vm_ram_at(vcpu->vm, ipa, size);

	if (!host || may_cross(ipa, size))
		return decoded(vcpu, ipa, run->mmio.is_write, true, ret);
	page = watchtab_page(&e->tab, ipa);
	if (page &&
	    watch_piece_touched(page->pieces, ipa, size,
				run->mmio.is_write ? GUEST_WRITE : GUEST_READ))
		return plain_hit(vcpu, host, ret);
	count(&e->nr_false);
	if (!run->mmio.is_write) {
		emulate_load_plain(host, run->mmio.data, size);
		return EXIT_AGAIN;
	}
	pthread_mutex_lock(&e->lock);
	emulate_store_plain(host, run->mmio.data, size);
	watch_reservations_break(e, ipa, size);
	pthread_mutex_unlock(&e->lock);
	return EXIT_AGAIN;
}

/* --- without a fault ------------------------------------------------------- */

enum exit_result watch_step(struct vcpu *vcpu)
{
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct emulation *m = &w->emulation;
	const char *reason;

	if (begin(vcpu, &no_fault, &reason) || is_load_exclusive(m) ||
	    !perform(vcpu, w, false))
		return EXIT_AGAIN;
	watch_commit(vcpu, &w->touch);
	return emulate_finish(&w->cpu.cpu, m) ? EXIT_AGAIN : EXIT_STEPPED;
}

/*
 * An exclusive sequence makes no progress with debug exits. Use stage 2 the
 * next time that the watch is set.
 */
static void stage2_wanted(struct watch_touch *touch)
{
	for (unsigned int i = 0; i < touch->nr; i++)
		__atomic_store_n(&touch->watch[i]->stage2_only, true,
				 __ATOMIC_RELAXED);
}

enum exit_result watch_debug(struct vcpu *vcpu, struct guest_stop *ret)
{
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct emulation *m = &w->emulation;
	const char *reason;

	/* In every case the previous hit is no longer valid. */
	vcpu->leave.access = LEAVE_NO_ACCESS;
	touch_begin(vcpu, &w->touch);
	if (begin(vcpu, &no_fault, &reason))
		return EXIT_STOP;
	if (is_store_exclusive(m)) {
		emulate_compute(&w->cpu.cpu, m, true);
		touch_emulation(vcpu->vm->watch, &w->touch, m);
		stage2_wanted(&w->touch);
		return EXIT_STOP;
	}
	if (!perform(vcpu, w, true))
		return w->touch.nr ? watch_report(vcpu, ret) : EXIT_STOP;
	watch_commit(vcpu, &w->touch);
	if (emulate_finish(&w->cpu.cpu, m))
		return EXIT_PARK;
	return vcpu->step.active ? EXIT_STEPPED : EXIT_AGAIN;
}
