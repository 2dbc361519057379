/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash.h - the crash stop: find the kernel, plant its catch points, handle a
 * hit
 *
 * debug.c owns struct crash. Control thread only. Catch points are BRKs of the
 * owner BREAK_CATCH. "VM stopped" below means that no vCPU runs.
 *
 *	SEARCHING --(kernel found)--> PLANTED --(it runs relocated)--> SETTLED
 *	    ^                                                               |
 *	    +------------------------ crash_reset() ------------------------+
 *
 * In PLANTED a loader may still move or rewrite the kernel's text, so the BRKs
 * are checked from time to time. In SETTLED they stay. SETTLED also begins
 * after some seconds, the longest time that a boot loader may take.
 */
#ifndef TRAPLINE_VMM_CRASH_H
#define TRAPLINE_VMM_CRASH_H

#include <trapline/introspect.h>

struct vm;
struct crash;

/*
 * kernel is the IPA of the Image, or 0 if it has to be searched for. If catches
 * (enum vmm_catch) is 0, nothing is planted. VM stopped. -ENOMEM.
 */
int crash_create(struct vm *vm, struct introspect *in, ipa_t kernel,
		 unsigned int catches, struct crash **ret);
void crash_destroy(struct crash *crash);

/* The timeout for poll(2) until crash_tick() is due; -1: never. */
int crash_timeout(struct crash *crash);
/*
 * Do the search or the check that is due, if any. true: the caller must call
 * crash_plant() and crash_look() with the VM stopped.
 */
bool crash_tick(struct crash *crash);
void crash_plant(struct crash *crash);

/* RAM has been loaded again. VM stopped. */
void crash_reset(struct crash *crash);

/*
 * The caller has stopped the VM. Look for a kernel that has run for some seconds
 * and that introspect/ does not understand. If there is one, crash_notice()
 * returns one line that says what is not understood, once for each boot.
 * crash_tick() returns true if the VM has to be stopped for this.
 */
void crash_look(struct crash *crash);
/* NULL: there is no line, or it has been fetched. */
const char *crash_notice(struct crash *crash);

/* VM stopped. */
void crash_catch_set(struct crash *crash, unsigned int catches);
unsigned int crash_catch_get(const struct crash *crash);

/*
 * Does a debugger want GUEST_STOP_MODULE and GUEST_STOP_EXEC? This takes effect
 * at the next crash_plant(). Their BRKs have the owners BREAK_MODULE and
 * BREAK_EXEC.
 */
void crash_modules_set(struct crash *crash, bool wanted);
bool crash_modules_get(const struct crash *crash);

/*
 * vcpu is on the BRK of the owner BREAK_MODULE at ipa. A module that leaves is
 * remembered, also without a debugger.
 */
void crash_module_hit(struct crash *crash, ipa_t ipa, unsigned int vcpu);

/*
 * GUEST_STOP_EXEC occurs once for each boot, when the kernel reaches
 * start_kernel(). Its BRK stays only until then, because the kernel frees that
 * memory later. crash_exec_hit() removes it.
 */
bool crash_exec_pending(const struct crash *crash);
void crash_exec_hit(struct crash *crash);

/*
 * stop->vcpu is on the catch point at ipa. Make stop a GUEST_STOP_CRASH with a
 * line of text; its code is the kind of catch. 1: *fault is the faulting
 * context. 0: no context could be read. -ENOENT: no catch point is there.
 */
int crash_hit(struct crash *crash, ipa_t ipa, struct guest_stop *stop,
	      struct guest_regs *fault);

#endif
