/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * breakpoints.h - the table of break and watch points of the live VM
 *
 * There are two tables under one mutex. The mutex is a leaf lock: never take
 * another lock while holding it.
 *
 *	brks	planted BRKs, keyed by IPA (brk.h). Several owners and VAs
 *		share one BRK. It is lifted when its last owner is gone.
 *	points	the debugger's points, by VA. A hardware break or watch
 *		point takes one or more debug registers of every vCPU.
 *
 * The control thread changes the tables, only while the VM is stopped, and then
 * sets debug_dirty on every vCPU. vCPU threads read the tables.
 *
 * Reinjection: a debug exception that is not ours is given to the guest as the
 * guest would have taken it: its BRKs (kprobes, BUG, WARN, uprobes), its single
 * steps, its hardware break and watch points. Stock KVM has two limits here;
 * /dev/trapline has neither. First, while any BRK of ours is planted, stock KVM
 * disables the guest's own single step (MDSCR_EL1.SS). ptrace and uprobes in
 * such a guest then run on instead of stepping. With --catch none and no
 * breakpoints, the guest can step. Second, while a debug register is in use by
 * us, the guest's own debug registers have no effect. If the guest begins to
 * use them, this limit lasts until the next stop.
 */
#ifndef TRAPLINE_VMM_BREAKPOINTS_H
#define TRAPLINE_VMM_BREAKPOINTS_H

#include <linux/kvm.h>
#include <stdio.h>
#include "brk.h"

struct vm;
struct vcpu;
struct breakpoints;

int breakpoints_create(struct vm *vm, struct breakpoints **ret);
void breakpoints_destroy(struct breakpoints *bps);

/* --- control thread ------------------------------------------------------- */

/*
 * Plant a BRK at ipa for one owner. Returns 0 also if the owner has one there
 * already. -EFAULT: no RAM there; -EINVAL: ipa is no multiple of 4; -ENOMEM.
 */
int breakpoints_sw_add(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner);
/* -ENOENT: that owner has no BRK there. */
int breakpoints_sw_del(struct breakpoints *bps, ipa_t ipa,
		       enum break_owner owner);
/* The owners of the BRK at ipa. 0: there is no BRK of ours. */
unsigned int breakpoints_owners(struct breakpoints *bps, ipa_t ipa);

/*
 * Set a breakpoint or watchpoint of the debugger, by VA. ipa is the present
 * address of va, IPA_NONE if va is not mapped. GUEST_BREAK_SW plants a BRK at
 * ipa. GUEST_BREAK_HW takes a debug register; if none is left (one is kept for
 * stepping), it becomes a BRK at ipa.
 *
 * A GUEST_BREAK_SW also takes a debug register, if one is left, in this case:
 * the guest would see a BRK on this device, and the kernel's instruction at va
 * is a NOP that ftrace compares before it rewrites the NOP.
 *
 * Setting the same point again returns 0, and moves a BRK of the kernel to ipa.
 * Errors as guest_ops.break_set.
 */
int breakpoints_set(struct breakpoints *bps, enum guest_break_kind kind,
		    va_t va, ipa_t ipa, uint64_t len);
int breakpoints_clear(struct breakpoints *bps, enum guest_break_kind kind,
		      va_t va, uint64_t len);
/* Clear all GUEST_BREAK_SW in the range: see guest_ops.break_forget. */
void breakpoints_forget(struct breakpoints *bps, va_t va, uint64_t size);
/*
 * A module has been loaded, maybe at the address of an earlier one, but in
 * other memory. Move the debugger's breakpoints of the kernel to where vcpu,
 * which loads the module, maps their addresses now. Breakpoints that are not
 * mapped wait for the next module.
 */
void breakpoints_follow(struct breakpoints *bps, struct vcpu *vcpu);

/*
 * Has the debugger's breakpoint of that kind at va become the other kind: a
 * hardware breakpoint a BRK, or a BRK a debug register?
 */
bool breakpoints_is_swapped(struct breakpoints *bps, enum guest_break_kind kind,
			    va_t va);

/* --- run control and vCPU threads ----------------------------------------- */

/*
 * Fill dbg for a vCPU that is about to run: the arch part of
 * KVM_SET_GUEST_DEBUG, and in dbg->control KVM_GUESTDBG_USE_SW_BP and
 * KVM_GUESTDBG_USE_HW if they are needed, with KVM_GUESTDBG_ENABLE. The caller
 * adds SINGLESTEP.
 */
void breakpoints_fill(struct breakpoints *bps, struct kvm_guest_debug *dbg);
/* The number of a vCPU's breakpoint registers, at most KVM_ARM_MAX_DBG_REGS. */
unsigned int breakpoints_hw_max(const struct breakpoints *bps);
/*
 * Handle KVM_EXIT_DEBUG on the vCPU's own thread, except for step exceptions,
 * which run control handles. 0: nothing to report, continue (a BRK of the
 * guest's was injected, or a stale hit was dropped). 1: raise the stop *ret.
 */
int breakpoints_debug_exit(struct breakpoints *bps, struct vcpu *vcpu,
			   struct guest_stop *ret);
bool breakpoints_is_planted(struct breakpoints *bps, ipa_t ipa);
/* Remove the BRK for a step over it (leave.h), and put it back. */
void breakpoints_lift(struct breakpoints *bps, ipa_t ipa);
void breakpoints_plant(struct breakpoints *bps, ipa_t ipa);
/*
 * A vCPU has executed a BRK with our immediate at ipa. Tell whether one of our
 * breakpoints is there. Called on this vCPU's own thread.
 */
enum break_state breakpoints_state(struct breakpoints *bps, ipa_t ipa);
/*
 * Is there a breakpoint at pc in a debug register? *any: some debug registers
 * are in use by us, so the guest's own cannot have fired.
 */
bool breakpoints_hw_break(struct breakpoints *bps, va_t pc, bool *any);
/*
 * Find the watch that best fits a watchpoint exception. *exact: it fits
 * exactly. false: there is no watch.
 */
bool breakpoints_hw_watch(struct breakpoints *bps, va_t far, bool wnr,
			  va_t *hit, enum guest_access *access, bool *exact);
/* Are the guest's own debug registers enabled (MDSCR_EL1.MDE)? */
bool breakpoints_guest_uses(struct vcpu *vcpu);

/*
 * Call this before the guest runs, on the control thread.
 *
 * If the guest has begun to use its own debug registers, our debug registers
 * become BRKs and stage-2 watches. Points that are set later become these at
 * once.
 *
 * The pages of the debugger's and the monitor's BRKs are guarded (watch.h,
 * WATCH_TEXT): a store of the guest there changes the word under the BRK. If
 * the device can deny reads without denying fetches, the guest never sees a
 * BRK. On other devices a BRK stays only while its address is code: a page that
 * is used for data must not read back a BRK.
 */
void breakpoints_guard(struct breakpoints *bps);
/*
 * Call breakpoints_keep() before vcpu (on its own thread; NULL: a device)
 * stores buf to [ipa, ipa + len), and breakpoints_again() after the store.
 */
void breakpoints_keep(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		      void *buf, size_t len);
/*
 * Instead of breakpoints_keep(), if the CPU itself does the access or a table
 * walk, with all other vCPUs held: memory shows the guest's own words, but for
 * the BRK at except (IPA_NONE: none), until breakpoints_again().
 */
void breakpoints_lend(struct breakpoints *bps, ipa_t ipa, size_t len,
		      ipa_t except);
void breakpoints_again(struct breakpoints *bps, struct vcpu *vcpu, ipa_t ipa,
		       size_t len);

/* buf was read from [ipa, ipa + len): replace BRKs by the guest's words. */
void breakpoints_hide(struct breakpoints *bps, ipa_t ipa, void *buf,
		      size_t len);
/*
 * A debugger writes buf to the host memory of [ipa, ipa + len). Planted BRKs
 * stay; the words under them change.
 */
void breakpoints_write(struct breakpoints *bps, ipa_t ipa, uint8_t *host,
		       const void *buf, size_t len);

/*
 * Guest RAM has been rewritten: plant the missing BRKs again. With force (after
 * a reset, VM stopped) the word that is there now becomes the original. Without
 * force a BRK is planted again only where the original word is back. Returns
 * how many BRKs were planted again.
 */
unsigned int breakpoints_replant(struct breakpoints *bps, bool force);

/* One line per break and watch point, for "monitor status". */
void breakpoints_print(struct breakpoints *bps, FILE *out);

#endif
