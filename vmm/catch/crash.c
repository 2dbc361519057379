// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash.c - the crash stop
 *
 * A kernel that the loader placed is found before its first instruction. Any
 * other kernel (behind a firmware, inside an ELF) is found by a search from
 * time to time. The functions that every oops and panic calls (introspect/) get
 * BRKs by IPA. KASLR does not move these: arm64 randomises only the virtual
 * address, and the Image stays where the boot protocol put it. A boot loader
 * may move the Image first; then the search finds it again.
 *
 * The guest needs no configuration and no vmlinux for this.
 */
#include "crash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trapline/code.h>
#include <trapline/util.h>
#include "pbreak.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/regs.h"
#include "vmm/vm.h"

#define MAX_CATCHES      16
/*
 * Periods of the search for a kernel. The search is frequent while a boot
 * loader may be at work.
 */
#define TICK_MS          250
#define TICK_SLOW_MS     2000
#define SLOW_AFTER_TICKS 80
/*
 * Time that a kernel may run before the user is told that it is not understood.
 */
#define LOOK_MS          5000

_Static_assert((int)VMM_CATCH_OOPS == (int)INTROSPECT_OOPS, "catch kinds");
_Static_assert((int)VMM_CATCH_PANIC == (int)INTROSPECT_PANIC, "catch kinds");

enum crash_state {
	SEARCHING,
	FOUND,
	PLANTED,
	SETTLED
};

/*
 * Functions of kernel/module/main.c. Every module is passed to do_init_module()
 * when it is in the list and has not run yet. do_free_init() frees the init text
 * of modules, which are then no longer in their struct module. free_module()
 * gets each module that leaves. This one is needed without a debugger as well:
 * a crash in the freed text can then be explained.
 */
static const struct {
	const char *function;
	bool leaves;
} module_events[] = {
	{ "do_init_module", false },
	{ "do_free_init", false },
	{ "free_module", true },
};

struct module_event {
	ipa_t ipa; /* of the function after its padding; 0: not found */
	bool planted;
};

struct crash {
	struct vm *vm;
	struct introspect *in;
	ipa_t kernel;
	unsigned int wanted; /* enum vmm_catch */
	enum crash_state state;
	struct introspect_catch catches[MAX_CATCHES];
	bool planted[MAX_CATCHES];
	unsigned int nr_catches;
	bool modules_wanted;
	struct module_event events[ARRAY_SIZE(module_events)];
	ipa_t exec_ipa; /* start_kernel() until it was reached, or 0 */
	bool exec_planted;
	unsigned int ticks;
	uint64_t next_ms; /* time of the next tick */
	uint64_t look_ms; /* time of the next crash_look() */
	bool looked; /* nothing more to report for this boot */
	bool ran; /* the last look found a kernel that is not understood */
	bool has_notice;
	char notice[256];
};

/*
 * start_kernel() (init/main.c) is the first C function after the relocation.
 */
static ipa_t entry(struct crash *crash, const char *function)
{
	return pbreak_function(crash->vm, crash->in, function);
}

static bool find_kernel(struct crash *crash)
{
	int err = -ENOENT;
	int nr;

	if (crash->kernel)
		err = introspect_find_kernel_at(crash->in, crash->kernel);
	if (err)
		err = introspect_find_kernel(crash->in);
	if (err)
		return false;
	nr = introspect_catches(crash->in, crash->catches, MAX_CATCHES);
	crash->nr_catches = nr < 0 ? 0 : (unsigned int)nr;
	memset(crash->planted, 0, sizeof(crash->planted));
	for (unsigned int i = 0; i < ARRAY_SIZE(module_events); i++)
		crash->events[i] = (struct module_event){
			.ipa = entry(crash, module_events[i].function),
		};
	crash->exec_ipa = entry(crash, "start_kernel");
	crash->exec_planted = false;
	crash->state = FOUND;
	return true;
}

/* Plant or remove one BRK. Returns whether it is there now. */
static bool put(struct crash *crash, ipa_t ipa, enum break_owner owner,
		bool planted, bool want)
{
	if (want && !planted)
		return !breakpoints_sw_add(crash->vm->breakpoints, ipa, owner);
	if (!want && planted)
		(void)breakpoints_sw_del(crash->vm->breakpoints, ipa, owner);
	return want;
}

static void exec_plant(struct crash *crash)
{
	va_t text;

	if (!crash->exec_ipa)
		return;
	/*
	 * If the address is already known, the BRK is not needed: a debugger
	 * that attaches now knows the address, too.
	 */
	if (!crash->exec_planted && !introspect_text_va(crash->in, &text))
		crash->exec_ipa = 0;
	else
		crash->exec_planted = put(crash, crash->exec_ipa, BREAK_EXEC,
					  crash->exec_planted,
					  crash->modules_wanted);
}

static void events_plant(struct crash *crash)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(module_events); i++) {
		struct module_event *e = &crash->events[i];
		bool want = crash->modules_wanted ||
			    (module_events[i].leaves && crash->wanted);

		if (e->ipa)
			e->planted = put(crash, e->ipa, BREAK_MODULE,
					 e->planted, want);
	}
}

void crash_plant(struct crash *crash)
{
	if (crash->state == FOUND)
		crash->state = PLANTED;
	events_plant(crash);
	exec_plant(crash);
	for (unsigned int i = 0; i < crash->nr_catches; i++) {
		const struct introspect_catch *c = &crash->catches[i];

		crash->planted[i] = put(crash, c->ipa, BREAK_CATCH,
					crash->planted[i],
					crash->wanted & (unsigned int)c->kind);
	}
}

int crash_create(struct vm *vm, struct introspect *in, ipa_t kernel,
		 unsigned int catches, struct crash **ret)
{
	struct crash *crash = calloc(1, sizeof(*crash));

	if (!crash)
		return -ENOMEM;
	crash->vm = vm;
	crash->in = in;
	crash->kernel = kernel;
	crash->wanted = catches;
	crash->next_ms = now_ms() + TICK_MS;
	crash->look_ms = now_ms() + LOOK_MS;
	if (kernel && find_kernel(crash))
		crash_plant(crash);
	*ret = crash;
	return 0;
}

void crash_destroy(struct crash *crash)
{
	free(crash);
}

/*
 * Must the VM be stopped for a look at the kernel? No, if the catch points were
 * found: any other gap matters only to a user who stops the VM, and that stop
 * includes a look.
 */
static bool wants_look(struct crash *crash)
{
	char text[sizeof(crash->notice)];

	if (crash->looked)
		return false;
	return crash->state == SEARCHING
		       ? introspect_not_understood(crash->in, text,
						   sizeof(text))
		       : !crash->nr_catches;
}

int crash_timeout(struct crash *crash)
{
	if (crash->state == SETTLED && wants_look(crash))
		return ms_until(crash->look_ms);
	if (crash->state == SETTLED || crash->state == FOUND)
		return -1;
	return ms_until(crash->next_ms);
}

/*
 * The kernel has been planted but has not relocated itself yet. A boot loader
 * may write the kernel's text again (a second copy). Where the original word is
 * back, plant the BRK again. If another word is there, the memory belongs to
 * another program.
 */
static void look_after(struct crash *crash)
{
	va_t text;

	(void)breakpoints_replant(crash->vm->breakpoints, false);
	/* The text's VA is found only at a stop, and there may be no stop. */
	if (!introspect_text_va(crash->in, &text) ||
	    crash->ticks >= SLOW_AFTER_TICKS)
		crash->state = SETTLED;
}

bool crash_tick(struct crash *crash)
{
	if (crash_timeout(crash) != 0)
		return false;
	crash->ticks++;
	crash->next_ms =
		now_ms() +
		(crash->ticks < SLOW_AFTER_TICKS ? TICK_MS : TICK_SLOW_MS);
	if (crash->state == PLANTED)
		look_after(crash);
	if (crash->state == SEARCHING && find_kernel(crash))
		return true;
	return now_ms() >= crash->look_ms && wants_look(crash);
}

/*
 * Report a kernel only at the second look, LOOK_MS after the first. A kernel
 * that has just reached its own addresses may not have set up everything that
 * introspect/ looks for.
 */
void crash_look(struct crash *crash)
{
	if (crash->looked || now_ms() < crash->look_ms)
		return;
	crash->look_ms = now_ms() + LOOK_MS;
	if (!introspect_kernel_runs(crash->in))
		return;
	if (!introspect_not_understood(crash->in, crash->notice,
				       sizeof(crash->notice))) {
		crash->looked = crash->state != SEARCHING;
		return;
	}
	crash->looked = crash->has_notice = crash->ran;
	crash->ran = true;
}

const char *crash_notice(struct crash *crash)
{
	if (!crash->has_notice)
		return NULL;
	crash->has_notice = false;
	return crash->notice;
}

void crash_reset(struct crash *crash)
{
	for (unsigned int i = 0; i < crash->nr_catches; i++)
		(void)put(crash, crash->catches[i].ipa, BREAK_CATCH,
			  crash->planted[i], false);
	for (unsigned int i = 0; i < ARRAY_SIZE(module_events); i++) {
		(void)put(crash, crash->events[i].ipa, BREAK_MODULE,
			  crash->events[i].planted, false);
		crash->events[i] = (struct module_event){ 0 };
	}
	crash_exec_hit(crash);
	crash->nr_catches = 0;
	crash->state = SEARCHING;
	crash->ticks = 0;
	crash->next_ms = now_ms() + TICK_MS;
	crash->look_ms = now_ms() + LOOK_MS;
	crash->looked = crash->ran = crash->has_notice = false;
	introspect_reset(crash->in);
	if (crash->kernel && find_kernel(crash))
		crash_plant(crash);
}

void crash_catch_set(struct crash *crash, unsigned int catches)
{
	crash->wanted = catches;
	crash_plant(crash);
}

void crash_modules_set(struct crash *crash, bool wanted)
{
	crash->modules_wanted = wanted;
}

void crash_module_hit(struct crash *crash, ipa_t ipa, unsigned int vcpu)
{
	struct guest_regs regs;

	for (unsigned int i = 0; i < ARRAY_SIZE(module_events); i++)
		if (crash->events[i].ipa == ipa && module_events[i].leaves &&
		    !vcpu_regs_get(&crash->vm->vcpu[vcpu], &regs))
			introspect_module_leaves(crash->in, regs.x[0]);
}

bool crash_modules_get(const struct crash *crash)
{
	return crash->modules_wanted;
}

unsigned int crash_catch_get(const struct crash *crash)
{
	return crash->wanted;
}

bool crash_exec_pending(const struct crash *crash)
{
	return crash->exec_planted;
}

void crash_exec_hit(struct crash *crash)
{
	crash->exec_planted = put(crash, crash->exec_ipa, BREAK_EXEC,
				  crash->exec_planted, false);
	crash->exec_ipa = 0;
}

int crash_hit(struct crash *crash, ipa_t ipa, struct guest_stop *stop,
	      struct guest_regs *fault)
{
	const struct introspect_catch *at = NULL;
	int err;

	for (unsigned int i = 0; i < crash->nr_catches; i++)
		if (crash->catches[i].ipa == ipa)
			at = &crash->catches[i];
	if (!at)
		return -ENOENT;
	stop->kind = GUEST_STOP_CRASH;
	stop->code = at->kind;
	err = introspect_fault_context(crash->in, stop->vcpu, at, fault,
				       stop->text, sizeof(stop->text));
	if (err)
		snprintf(stop->text, sizeof(stop->text),
			 "kernel %s: stopped at %s; its faulting context "
			 "cannot be read (%s)",
			 at->kind == INTROSPECT_OOPS ? "oops" : "panic",
			 at->function, strerror(-err));
	return !err;
}
