/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug.h - what the live VM needs to know of Linux
 *
 * This layer embeds the VM's struct guest (live.h) and owns the guest's
 * introspection. It plants and handles the BRKs of the crash stop (crash.h) and
 * of the monitor (pbreak.h), keeps internal stops from the debugger, and finds
 * the memory of the debugger's addresses.
 *
 * For the control loop:
 *
 *	debug_create(&vm, kernel_ipa, &debug);
 *	monitor_session(debug, &session);	(vmm/cmd/monitor.h)
 *	gdbstub_create(session_target(session), &session_services, session,
 *		       ...);
 *	loop: poll(..., debug_guest(debug)->stop_fd, ...,
 *		   min(gdbstub_timeout(), debug_timeout()))
 *		debug_tick(debug);
 *		if stop_fd is readable and guest->ops->stop_get() == 0:
 *			session_stopped(session);
 *			if (gdbstub) gdbstub_stopped(gdbstub, &stop);
 *
 * stop_get() returns -EAGAIN for an internal stop (a catch that is disabled, a
 * module event that no debugger wants): the guest is running again. Request
 * stops by guest->ops->stop_request, not by vm_stop_request(), so that they are
 * not taken for internal ones. Resume by guest->ops->resume.
 *
 * The caller holds the control lock (run.h). The VM must outlive struct debug.
 * vm->breakpoints belongs to the VM.
 */
#ifndef TRAPLINE_VMM_DEBUG_H
#define TRAPLINE_VMM_DEBUG_H

#include <trapline/guest.h>
#include <trapline/introspect.h>

struct vm;
struct pbreaks;
struct watch_hit;
struct debug;

/*
 * The VM is loaded and has not run yet (vm->breakpoints exists). kernel is the
 * IPA of an arm64 Image that the loader placed. It is 0 if the loader placed
 * none (a firmware, an ELF, a flat binary): then a search looks for a kernel
 * from time to time. Plants the catch points that vm->config->catches asks for.
 * -ENOMEM.
 */
int debug_create(struct vm *vm, ipa_t kernel, struct debug **ret);
void debug_destroy(struct debug *d);

struct guest *debug_guest(struct debug *d);
struct introspect *debug_introspect(struct debug *d);
struct vm *debug_vm(struct debug *d);
struct pbreaks *debug_pbreaks(struct debug *d);

/* live_peek_begin() and live_peek_end() (live.h). */
bool debug_peek_begin(struct debug *d);
void debug_peek_end(struct debug *d, bool ran);

/* The timeout for poll(2) until debug_tick() is due; -1: never. */
int debug_timeout(struct debug *d);
void debug_tick(struct debug *d);

/*
 * Stop the guest for a look, without a stop for the debugger. The function is
 * called when the vCPUs have parked. If it returns true, its *stop is reported
 * after all; otherwise the guest continues. If another stop comes first, the
 * function is not called.
 */
typedef bool debug_look_fn(void *opaque, struct guest_stop *stop);
void debug_look(struct debug *d, debug_look_fn *look, void *opaque);

/*
 * Call this after each stop_get. Returns a line for the user about something
 * other than the stop, or NULL. The line is valid until the next stop_get.
 */
const char *debug_notice(struct debug *d);

/*
 * RAM has been loaded again and the vCPUs are reset. Call this before they run.
 */
void debug_reset(struct debug *d);

/*
 * The last watch hit that stopped the guest, with its task; NULL: none yet. The
 * task can be found only until the guest runs, or is reset.
 */
const struct watch_hit *debug_last_hit(struct debug *d);

/*
 * Call this before a log of accesses begins: it tells the watch engine how to
 * find the guest's tasks. VM stopped.
 */
void debug_watch_tasks(struct debug *d);

/* enum vmm_catch; takes effect at once (VM stopped). */
int debug_catch_set(struct debug *d, unsigned int catches);
unsigned int debug_catch_get(struct debug *d);

/* The registers that translate va for the debugger. -EBUSY: the guest runs. */
int debug_space(struct debug *d, va_t va, struct stage1_regs *ret);

/* Is a GUEST_STOP_EXEC still to come? */
bool debug_exec_pending(struct debug *d);

/*
 * A debugger that knows libraries has attached or detached. If wanted, it gets
 * GUEST_STOP_MODULE and GUEST_STOP_EXEC from the next stop on.
 */
void debug_modules_want(struct debug *d, bool wanted);

#endif
