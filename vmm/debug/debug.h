/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug.h - the live VM as the debugger sees it: struct guest, what Linux
 * adds, and the crash stop
 *
 * For the control loop:
 *
 *	debug_create(&vm, kernel_ipa, &debug);
 *	gdbstub_create(debug_guest(debug), &debug_services, debug, ...);
 *	loop: poll(..., debug_guest(debug)->stop_fd, ...,
 *		   min(gdbstub_timeout(), debug_timeout()))
 *		debug_tick(debug);
 *		if stop_fd is readable and guest->ops->stop_get() == 0:
 *			if (gdbstub) gdbstub_stopped(gdbstub, &stop);
 *
 * stop_get gives -EAGAIN for stops that were internal (a catch that is
 * switched off, a module event nobody wants): the guest runs again already.
 * Ask for stops by guest->ops->stop_request, not vm_stop_request, so that
 * they are told from internal ones. Resume by guest->ops->resume.
 *
 * The control lock is held (vm.h). The VM must outlive it; breakpoints
 * (vm->breakpoints) belong to the VM.
 */
#ifndef TRAPLINE_VMM_DEBUG_H
#define TRAPLINE_VMM_DEBUG_H

#include <trapline/gdbstub.h>
#include <trapline/guest.h>
#include <trapline/introspect.h>
#include "vmm/vm.h"

struct debug;

/*
 * The VM is loaded and has not run yet (vm->breakpoints exists). kernel is
 * the IPA of an arm64 Image that the loader placed, 0 when it placed none (a
 * firmware, an ELF, a flat binary: looked for from time to time). Plants the
 * catch points vm->config->catches asks for. -ENOMEM.
 */
int debug_create(struct vm *vm, ipa_t kernel, struct debug **ret);
void debug_destroy(struct debug *d);

struct guest *debug_guest(struct debug *d);
struct introspect *debug_introspect(struct debug *d);
struct vm *debug_vm(struct debug *d);
struct pbreaks *debug_pbreaks(struct debug *d);

/* For gdbstub_create(), with the struct debug as opaque (services.c). */
extern const struct gdbstub_services debug_services;

/* As poll(2)'s timeout: when debug_tick() has something to do; -1: never. */
int debug_timeout(struct debug *d);
void debug_tick(struct debug *d);

/*
 * After each stop_get: a line for the user that has nothing to do with the
 * stop, or NULL. Valid until the next stop_get.
 */
const char *debug_notice(struct debug *d);

/* RAM has been loaded anew, the vCPUs reset; before they run. */
void debug_reset(struct debug *d);

/*
 * The last stop a debugger was shown; NULL while running. For "where",
 * "status" and the exit status (GUEST_STOP_CRASH: 3).
 */
const struct guest_stop *debug_last_stop(struct debug *d);

/* Enum vmm_catch; takes effect at once (VM stopped). */
int debug_catch_set(struct debug *d, unsigned int catches);
unsigned int debug_catch_get(struct debug *d);

/* What translates va for the debugger just now. -EBUSY: it runs. */
int debug_space(struct debug *d, va_t va, struct stage1_regs *ret);

/* GUEST_STOP_EXEC is to come. */
bool debug_exec_pending(struct debug *d);

/*
 * A debugger that knows libraries came or went: it gets GUEST_STOP_MODULE and
 * GUEST_STOP_EXEC from the next stop on.
 */
void debug_modules_want(struct debug *d, bool wanted);

/*
 * The fault view: -ENOENT when the last stop was no crash or there is no
 * faulting context.
 */
int debug_view_set(struct debug *d, bool fault);
bool debug_view_is_fault(struct debug *d);

#endif
