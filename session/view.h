/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - a guest as a debugger sees it: virtual memory and the fault view
 *
 * Purpose
 *	struct guest has registers and physical memory. A debugger wants
 *	virtual memory and, after a crash, the registers that crashed. A view
 *	adds both to any guest, live or dead, and is the target of the gdb stub
 *	(struct gdbstub_target).
 *
 * Virtual memory
 *	An address is translated by the stage-1 tables of a stopped vCPU, with
 *	one walk for each leaf. Kernel addresses that these tables do not map
 *	are translated through swapper_pg_dir. While the vCPU's MMU is off, the
 *	address is an IPA. No translation is kept between calls, because the
 *	guest may have run.
 *
 *	Reads show the original bytes in place of planted breakpoints. Writes
 *	ignore read-only mappings and keep planted breakpoints. A short transfer
 *	is no error: the functions return the number of bytes transferred, and
 *	-EFAULT only if that number is 0. While phys is set, the debugger's
 *	addresses are IPAs; those of view_read() and view_write() are not.
 *
 * The fault view
 *	After GUEST_STOP_CRASH the crashed vCPU is somewhere in the kernel's
 *	crash code. If the guest has told the registers with which it faulted
 *	(guest.has_fault), the view shows these, read-only, until the guest runs
 *	again: the registers of that vCPU cannot be set (-EROFS).
 *	view_fault_set() switches to the real ones and back.
 *
 * Tasks as threads (threads.h)
 *	A task that is on no vCPU has the registers that its kernel stack keeps,
 *	read-only, and SP_EL0, which is the address of its task_struct. Kernel
 *	addresses are translated as for the vCPU that stopped, user addresses
 *	by the tables of the task's process.
 *
 * Errors are those of guest.h. Only one thread at a time calls these functions.
 */
#ifndef TRAPLINE_SESSION_VIEW_H
#define TRAPLINE_SESSION_VIEW_H

#include <trapline/gdbstub.h>
#include <trapline/introspect.h>
#include "threads.h"

struct view {
	struct gdbstub_target target; /* first; for gdbstub_create() */
	struct guest *g;
	struct introspect *in;
	bool real; /* the user wants the real registers at this stop */
	bool phys; /* the debugger's addresses are IPAs */
	struct threads threads; /* tasks that are on no vCPU */
};

void view_init(struct view *v, struct guest *g, struct introspect *in);
void view_deinit(struct view *v);
/* Call this after a stop was fetched. A crash shows its faulting registers. */
void view_stopped(struct view *v);

/* -ENOENT: the last stop was no crash, or has no faulting registers. */
int view_fault_set(struct view *v, bool fault);
bool view_is_fault(const struct view *v);

/* which is a mask of GUEST_REG_*; the other registers are 0. */
int view_regs_get(struct view *v, unsigned int vcpu, uint64_t which,
		  struct guest_regs *ret);
long view_read(struct view *v, unsigned int vcpu, va_t va, void *buf,
	       size_t len);
long view_write(struct view *v, unsigned int vcpu, va_t va, const void *buf,
		size_t len);

#endif
