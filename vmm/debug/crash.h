/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash.h - the crash stop: finding the kernel, its catch points, the hit
 *
 * Owned by debug.c; the control thread only. Catch points are BRKs owned by
 * BREAK_CATCH. "VM stopped" below means that no vCPU runs.
 *
 *	SEARCHING --(kernel found)--> PLANTED --(it runs relocated)--> SETTLED
 *	    ^                                                               |
 *	    +------------------------ crash_reset() ------------------------+
 *
 * While PLANTED the text may still be moved or written again by a loader, so
 * the BRKs are looked after from time to time; once SETTLED (or after the
 * seconds a boot loader may take) they stay.
 */
#ifndef TRAPLINE_VMM_CRASH_H
#define TRAPLINE_VMM_CRASH_H

#include <trapline/introspect.h>
#include "vmm/vm.h"

struct crash;

/*
 * kernel: IPA of the Image, 0 when it has to be searched for. Nothing is
 * planted when catches is 0 (enum vmm_catch). VM stopped. -ENOMEM.
 */
int crash_create(struct vm *vm, struct introspect *in, ipa_t kernel,
		 unsigned int catches, struct crash **ret);
void crash_destroy(struct crash *crash);

/* poll(2)'s timeout until crash_tick() wants to be called; -1: never. */
int crash_timeout(struct crash *crash);
/*
 * Look again. True: crash_plant() and crash_look() want to be called with the
 * VM stopped.
 */
bool crash_tick(struct crash *crash);
void crash_plant(struct crash *crash);

/* RAM has been loaded anew. VM stopped. */
void crash_reset(struct crash *crash);

/*
 * With the VM stopped: has a kernel run for some seconds and is not understood?
 * crash_notice() then has one line that says what is not, once for each boot.
 * crash_tick() is true when it wants the VM to be stopped for that.
 */
void crash_look(struct crash *crash);
/* NULL: nothing to be said, or it has been fetched. */
const char *crash_notice(struct crash *crash);

/* VM stopped. */
void crash_catch_set(struct crash *crash, unsigned int catches);
unsigned int crash_catch_get(const struct crash *crash);

/*
 * Does a debugger want GUEST_STOP_MODULE and GUEST_STOP_EXEC? Takes effect at
 * the next crash_plant(); the owners of their BRKs are BREAK_MODULE and
 * BREAK_EXEC.
 */
void crash_modules_set(struct crash *crash, bool wanted);
bool crash_modules_get(const struct crash *crash);

/*
 * GUEST_STOP_EXEC, once for each boot: the kernel has got to start_kernel().
 * Its BRK stands only until then, in memory that the kernel gives away later.
 * crash_exec_hit() takes it out.
 */
bool crash_exec_pending(const struct crash *crash);
void crash_exec_hit(struct crash *crash);

/*
 * stop->vcpu stands on the catch at ipa: make stop a GUEST_STOP_CRASH with
 * its line of text, code the kind of catch. *fault is the faulting context
 * when the result is 1; 0: no context could be read. -ENOENT: no catch of
 * ours.
 */
int crash_hit(struct crash *crash, ipa_t ipa, struct guest_stop *stop,
	      struct guest_regs *fault);

#endif
