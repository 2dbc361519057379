/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * breakpoints.h - the table of break and watch points of the live VM
 *
 * The half that the control thread sees; vm.h has the half that run control
 * and vCPU threads call. Two tables under one mutex (a leaf: nothing is
 * locked under it):
 *
 *	brks	planted BRKs, keyed by IPA (brk.h). Several owners and VAs
 *		share one; the BRK goes when the last is gone.
 *	points	what a debugger asked for by VA; hardware break and watch
 *		points take one or more registers of every vCPU.
 *
 * Tables change only while the VM is stopped (control thread).
 *
 * Stepping over: an owner that gdb knows nothing of (the crash catch) must be
 * stepped over on resume once it has been reported, and only then: a vCPU
 * that arrived at a BRK in a round that another one won has yet to report it.
 * breakpoints_mark_reported() tells breakpoints_at() which. gdb's own are
 * gdb's to step over, except where gdb was not told (guest_ops.resume_over).
 *
 * Reinjection: everything the debug hardware reports that is not ours is
 * given to the guest as it would have taken it: its BRKs (kprobes, BUG, WARN,
 * uprobes), its single steps, its hardware break and watch points. Stock KVM
 * switches the guest's own single step off, though (MDSCR_EL1.SS), while any
 * BRK of ours is planted: ptrace and uprobes inside such a guest run on
 * instead of stepping. --catch none and no breakpoints give it back. And while
 * a debug register is ours it has none of the guest's; from when the guest
 * begins to use them that lasts until the next stop. /dev/trapline does
 * neither.
 */
#ifndef TRAPLINE_VMM_BREAKPOINTS_H
#define TRAPLINE_VMM_BREAKPOINTS_H

#include <stdio.h>
#include "brk.h"
#include "vmm/vm.h"

/*
 * Plant a BRK at ipa for one owner (once per owner, the same again is 0).
 * -EFAULT outside RAM, -EINVAL when ipa is not a multiple of 4, -ENOMEM.
 */
int breakpoints_sw_add(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner);
/* -ENOENT when that owner has none there. */
int breakpoints_sw_del(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner);
/* Owners of the BRK at ipa; 0: none of ours. */
unsigned int breakpoints_owners(struct breakpoints *bps, ipa_t ipa);

/*
 * The debugger's, by VA. ipa is where va is now, for GUEST_BREAK_SW, and for
 * GUEST_BREAK_HW in case that no register is left (one is kept for stepping):
 * it becomes a BRK then. The other way round, a GUEST_BREAK_SW of the kernel's
 * on a NOP that ftrace compares before it rewrites it becomes a register,
 * where the guest would see the BRK and one is left. IPA_NONE: not mapped. The
 * same one again is 0, and a BRK of the kernel's moves to ipa. Errors as
 * guest_ops.break_set.
 */
int breakpoints_set(struct breakpoints *bps, enum guest_break_kind kind,
		    va_t va, ipa_t ipa, uint64_t len);
int breakpoints_clear(struct breakpoints *bps, enum guest_break_kind kind,
		      va_t va, uint64_t len);
/*
 * A module has been loaded, maybe where another one was, in other memory: the
 * debugger's breakpoints of the kernel go to where vcpu, which runs it, has
 * their addresses now; those that are mapped nowhere wait for the next time.
 */
void breakpoints_follow(struct breakpoints *bps, struct vcpu *vcpu);

/*
 * Has the debugger's breakpoint of that kind at va become one of the other:
 * a hardware one a BRK, or a BRK a debug register?
 */
bool breakpoints_is_swapped(struct breakpoints *bps, enum guest_break_kind kind,
			    va_t va);

/* vcpu's stop at ipa has been shown: step over it on resume. */
void breakpoints_mark_reported(struct breakpoints *bps, unsigned int vcpu,
			       ipa_t ipa);

/* The IPA last marked, if there is a BRK there still; or ~0. */
ipa_t breakpoints_reported(struct breakpoints *bps, unsigned int vcpu);

/*
 * A BRK with our immediate was executed at ipa (vCPU's own thread). This
 * ends what breakpoints_mark_reported() began.
 */
enum break_state breakpoints_state(struct breakpoints *bps, unsigned int vcpu,
				   ipa_t ipa);
/*
 * Is there a breakpoint at pc in a debug register? *any: the registers are
 * ours (the guest's own cannot have fired).
 */
bool breakpoints_hw_break(struct breakpoints *bps, va_t pc, bool *any);
/*
 * The watch that best fits a watchpoint exception, exactly or not; false: there
 * is none.
 */
bool breakpoints_hw_watch(struct breakpoints *bps, va_t far, bool wnr,
			  va_t *hit, enum guest_access *access, bool *exact);
/* Are the guest's own debug registers enabled (MDSCR_EL1.MDE)? */
bool breakpoints_guest_uses(struct vcpu *vcpu);

/*
 * Before the guest runs, control thread. If the guest uses its own debug
 * registers by now, what we have in registers becomes BRKs and stage-2
 * watches, as it does from the start where the guest was first. The pages of
 * BRKs that are a
 * debugger's or the monitor's are guarded (watch.h, WATCH_TEXT), so that what
 * the guest stores there goes under the BRK. Where the device can deny reads
 * without denying fetches the guest never sees a BRK. Elsewhere one stays
 * only as long as the place is code: a page that is used for data must not
 * read back a BRK.
 */
void breakpoints_guard(struct breakpoints *bps);
/*
 * vcpu (its own thread; NULL: a device) is about to store buf to, or has
 * written, [ipa, ipa + len).
 */
void breakpoints_keep(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		      void *buf, size_t len);
void breakpoints_again(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		       size_t len);

/* buf was read from [ipa, ipa + len): put the guest's own words back. */
void breakpoints_hide(struct breakpoints *bps, ipa_t ipa, void *buf,
		      size_t len);
/*
 * A debugger writes buf to host memory that is [ipa, ipa + len): planted
 * BRKs stay, the words under them change.
 */
void breakpoints_write(struct breakpoints *bps, ipa_t ipa, uint8_t *host,
		       const void *buf, size_t len);

/*
 * Guest RAM has been rewritten: plant again where the BRK is gone. force
 * (after a reset, VM stopped): whatever stands there now becomes the
 * original; otherwise only where the original came back. Returns how many
 * were planted again.
 */
unsigned int breakpoints_replant(struct breakpoints *bps, bool force);

/* One line per break and watch point, for "monitor status". */
void breakpoints_print(struct breakpoints *bps, FILE *out);

#endif
