// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_open.c - a protected page, opened for one vCPU
 *
 * All other vCPUs and the device thread are held meanwhile (run.c), so no other
 * CPU or device sees the open page. There are two uses. First, the CPU steps an
 * instruction that the decoder refuses. Second, a load-exclusive from a page
 * that may not be read makes the page readable until its store-exclusive. That
 * store still faults, and is emulated under the reservation made here.
 *
 * On the vCPU's own thread.
 */
#include "watch_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <trapline/report.h>
#include "protect.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/step.h"
#include "vmm/vm.h"

#define LEND_NS 1000000L

static struct watch_vcpu *watch_vcpu(struct vcpu *vcpu)
{
	return &vcpu->vm->watch->vcpu[vcpu->index];
}

/* --- an instruction that cannot be emulated -------------------------------- */

/* The address of the next instruction, whose own BRK has to stay. */
static ipa_t pc_ipa(struct vcpu *vcpu)
{
	va_t pc;
	ipa_t ipa;

	return vcpu_pc_get(vcpu, &pc) || vcpu_va_ipa(vcpu, pc, &ipa) ? IPA_NONE
								     : ipa;
}

static int page_open(struct vcpu *vcpu, ipa_t ipa)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct watch_page *page = watchtab_page(&e->tab, ipa);
	struct watch_opened *o = &w->opened[w->nr_opened];
	uint64_t size = e->tab.page_size;
	int err;

	if (!page || w->nr_opened == WATCH_MAX_OPEN)
		return -EINVAL;
	o->ipa = page->ipa;
	o->deny = page->deny;
	o->before = malloc(size);
	if (!o->before)
		return -ENOMEM;
	/*
	 * The instruction or the table walk must see the guest's own words. A
	 * page that had code may have become a page-table page.
	 */
	breakpoints_lend(vcpu->vm->breakpoints, page->ipa, size, pc_ipa(vcpu));
	memcpy(o->before, vm_ram_at(vcpu->vm, page->ipa, size), size);
	err = vcpu->vm->protect->set(vcpu->vm, page->ipa, size, 0);
	if (err) {
		breakpoints_again(vcpu->vm->breakpoints, vcpu, page->ipa, size);
		free(o->before);
	} else {
		w->nr_opened++;
	}
	return err;
}

/*
 * Compare watched bytes with their old contents. A change becomes a hit, as of
 * a store.
 */
static void page_compare(struct watch_engine *e, struct watch_vcpu *w,
			 struct watch_opened *o)
{
	uint8_t *host = vm_ram_at(e->vm, o->ipa, e->tab.page_size);
	struct watch_page *page = watchtab_page(&e->tab, o->ipa);

	for (struct watch_piece *p = page->pieces; p; p = p->next) {
		size_t at = p->ipa - o->ipa;
		unsigned int nr = w->touch.nr;

		if (!memcmp(host + at, o->before + at, p->len))
			continue;
		watch_touch_add(e, &w->touch, p->ipa, p->len, GUEST_WRITE,
				o->before + at);
		for (; nr < w->touch.nr; nr++) {
			struct watch_hit *hit = &w->touch.hit[nr];
			uint64_t now = hit->old;

			hit->old = hit->new;
			hit->new = now;
			hit->late = true;
		}
	}
}

static void pages_close(struct vcpu *vcpu)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);

	w->touch.vcpu = vcpu->index;
	w->touch.nr = 0;
	w->touch.stop = -1;
	while (w->nr_opened) {
		struct watch_opened *o = &w->opened[--w->nr_opened];

		page_compare(e, w, o);
		breakpoints_again(vcpu->vm->breakpoints, vcpu, o->ipa,
				  e->tab.page_size);
		pthread_mutex_lock(&e->lock);
		watch_reservations_break(e, o->ipa, e->tab.page_size);
		pthread_mutex_unlock(&e->lock);
		if (vcpu->vm->protect->set(vcpu->vm, o->ipa, e->tab.page_size,
					   o->deny))
			report(REPORT_ERROR,
			       "the page at IPA 0x%" PRIx64
			       " cannot be protected again: its watchpoints "
			       "cannot hit any more",
			       o->ipa);
		free(o->before);
	}
}

/* Run until the instruction is done, or another event ends the step. */
static enum exit_result step_over(struct vcpu *vcpu, struct guest_stop *ret)
{
	enum exit_result result;

	if (!vcpu->step.active) {
		result = step_once(vcpu, STEP_ONE, ret);
		return result == EXIT_STEPPED ? EXIT_AGAIN : result;
	}
	do
		result = vcpu_enter(vcpu, ret);
	while (result == EXIT_AGAIN);
	return result;
}

static void tell_once(struct vcpu *vcpu, const char *reason)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct insn_text insn;
	va_t pc = 0;

	if (__atomic_fetch_add(&e->nr_refused, 1, __ATOMIC_RELAXED))
		return;
	vcpu_pc_get(vcpu, &pc);
	watch_insn_text(vcpu, pc, &insn);
	report(REPORT_ERROR,
	       "%s at 0x%" PRIx64
	       ", on a page with watchpoints, cannot be emulated (%s): such "
	       "instructions are stepped with all other CPUs held, and "
	       "reported afterwards",
	       insn.text, pc, reason);
}

enum exit_result watch_open_step(struct vcpu *vcpu, ipa_t fault,
				 const char *reason, struct guest_stop *ret)
{
	struct watch_vcpu *w = watch_vcpu(vcpu);
	enum exit_result result;

	/* The instruction under way touches a second page. */
	if (w->nr_opened && vcpu->step.active && !page_open(vcpu, fault))
		return EXIT_AGAIN;
	if (w->nr_opened)
		return vcpu_stop_failure(vcpu, ret,
					 "a watched page cannot be opened");
	if (!run_hold_others(vcpu))
		return EXIT_PARK;
	tell_once(vcpu, reason);
	if (page_open(vcpu, fault)) {
		run_release_others(vcpu);
		return vcpu_stop_failure(vcpu, ret,
					 "a watched page cannot be opened");
	}
	result = step_over(vcpu, ret);
	pages_close(vcpu);
	run_release_others(vcpu);
	watch_commit(vcpu, &w->touch);
	if (w->touch.stop >= 0 && result != EXIT_STOP)
		return watch_report(vcpu, ret);
	return result;
}

/* --- exclusives where loads fault, too ------------------------------------- */

static void kick_myself_later(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGUSR1,
	};
	struct itimerspec when = { .it_value.tv_nsec = LEND_NS };
	static __thread timer_t timer;
	static __thread bool exists;

	event._sigev_un._tid = gettid();
	if (!exists)
		exists = !timer_create(CLOCK_MONOTONIC, &event, &timer);
	if (exists)
		timer_settime(timer, 0, &when, NULL);
}

enum exit_result watch_open_exclusive(struct vcpu *vcpu, ipa_t fault)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);
	struct watch_page *page = watchtab_page(&e->tab, fault);
	int err;

	if (!page || vcpu->leave.lent)
		return EXIT_AGAIN;
	if (!run_hold_others(vcpu))
		return EXIT_PARK;
	err = vcpu->vm->protect->set(vcpu->vm, page->ipa, e->tab.page_size,
				     GUEST_WRITE);
	if (err) {
		run_release_others(vcpu);
		return EXIT_AGAIN;
	}
	w->lent = (struct watch_opened){ .ipa = page->ipa, .deny = page->deny };
	vcpu->leave.lent = true;
	watch_reserve(vcpu, WATCH_ANY_PC);
	kick_myself_later();
	return EXIT_AGAIN;
}

void watch_give_back(struct vcpu *vcpu)
{
	struct watch_engine *e = vcpu->vm->watch;
	struct watch_vcpu *w = watch_vcpu(vcpu);

	vcpu->leave.lent = false;
	if (vcpu->vm->protect->set(vcpu->vm, w->lent.ipa, e->tab.page_size,
				   w->lent.deny))
		report(REPORT_ERROR,
		       "the page at IPA 0x%" PRIx64
		       " cannot be protected again: its read watchpoints "
		       "cannot hit any more",
		       w->lent.ipa);
	run_release_others(vcpu);
}
