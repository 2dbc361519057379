/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - watchpoints without limit: see every access to some bytes of RAM
 *
 * Purpose
 *	A range is watched by its IPA, wherever it is mapped. Its pages lose
 *	the permission to be written (and read) at stage 2 (protect.h); each
 *	access that comes back for it is decoded, compared with the watched
 *	bytes, and then either reported, nothing done yet and the PC on it, or
 *	done for the guest, which goes on (emulate.h). A debugger's watch that
 *	fits into debug registers is given to breakpoints.h instead; it is in
 *	the table all the same, for devices' accesses and for old and new
 *	values.
 *
 * A debugger's round trip
 *	gdb takes a watch out that has hit, steps, compares, and puts it back.
 *	watch_clear() only marks it "out": no hit any more, but the page stays
 *	as it is. The step over the access is one emulated access
 *	(watch_step()). watch_apply() forgets what is still out once the guest
 *	is to run freely, and lifts permissions then.
 *
 * Exclusives
 *	A store-exclusive that faults has lost the CPU's monitor by the exit.
 *	So it fails, and leaves a reservation behind: the vCPU, the bytes, the
 *	PC and the stack. Every store to such bytes passes here and breaks
 *	it. When the same code comes back to the store-exclusive (having
 *	loaded again, natively, after the reservation) and it still holds, the
 *	store succeeds: nobody can have written in between. That is what the
 *	architecture's own global monitor does. The page is never opened.
 *	Where loads fault as well (read and access watches) see watch_open.c.
 *	A back end that finishes stores by itself would pass the reservations
 *	by. So before the first one on a page it is told that all stores there
 *	are wanted, for as long as the page is watched at all; the others stay
 *	fast. Once told, it has no store under way that it took for its own.
 *
 * What the decoder refuses
 *	is stepped by the CPU, on an opened page, with all other vCPUs and the
 *	devices held; watched bytes are compared afterwards, so the report
 *	comes one instruction late. Counted.
 *
 * Locks
 *	The tables change with the VM stopped (control thread) and are read by
 *	vCPU threads without a lock. engine.lock is held across each emulated
 *	store from the first look at memory to the last byte, and protects the
 *	reservations and the log; a leaf but for nothing: no lock is taken
 *	under it. Order: vm.lock and device.lock before engine.lock.
 */
#ifndef TRAPLINE_VMM_WATCH_H
#define TRAPLINE_VMM_WATCH_H

#include <stdio.h>
#include <trapline/introspect.h>
#include "vmm/vm.h"
#include "watchcond.h"
#include "watchlog.h"

enum watch_owner {
	WATCH_DEBUGGER, /* Z2, Z3, Z4 */
	WATCH_MONITOR, /* "monitor watch": stops */
	WATCH_LOG, /* "monitor whowrote": logs */
	WATCH_TEXT, /* a BRK stands there: breakpoints_guard() */
};

struct watch_engine;

/* -ENOMEM. After the vCPUs and breakpoints exist. NULL may be destroyed. */
int watch_create(struct vm *vm, struct watch_engine **ret);
void watch_destroy(struct watch_engine *e);

/* --- control thread, VM stopped ------------------------------------------ */

/* What a watch is to be. */
struct watch_spec {
	enum watch_owner owner;
	enum guest_break_kind kind; /* GUEST_WATCH_* */
	va_t va;
	uint64_t len;
	struct stage1_regs space; /* what va means */
	struct watchcond cond; /* "monitor watch": only such hits */
};

/*
 * Watch. A debugger's watch that is set again, or is put back after a step,
 * stays on the memory where it was, whatever its address means by now: to the
 * debugger it is the same watch. WATCH_MONITOR and WATCH_LOG are a person's
 * word: the address is looked up anew, and the watch replaces an older one on
 * that memory, condition included. why (WATCH_WHY bytes) gets one line for
 * people with every error but -ENOMEM:
 * -EINVAL	length 0, a range that wraps or is longer than RAM
 * -EFAULT	not mapped, or no RAM
 * -EPERM	on /dev/kvm: page tables, or code that would not be readable
 * -ENOSPC	on /dev/kvm: no memory slot left
 */
#define WATCH_WHY 256
int watch_set(struct watch_engine *e, const struct watch_spec *spec, char *why);
/* Look how tasks are told apart in this guest: before hits are logged. */
void watch_tasks(struct watch_engine *e, struct introspect *in);
/* -ENOENT. */
int watch_clear(struct watch_engine *e, enum watch_owner owner,
		enum guest_break_kind kind, va_t va, uint64_t len);
/*
 * Before vCPUs run; free: at least one runs freely, that is, what has been
 * cleared is really gone.
 */
void watch_apply(struct watch_engine *e, bool free);
/* For a back end: KVM has forgotten what was protected. What KVM says. */
int watch_protect_again(struct watch_engine *e);
/*
 * A stop has been fetched: remember what hit, and who ran. stop->text says so
 * if the watched address is mapped elsewhere by now.
 */
void watch_stopped(struct watch_engine *e, struct guest_stop *stop,
		   struct introspect *in);

/*
 * A BRK of breakpoints.h's is at ipa, or is gone: stores to it are handed to
 * breakpoints_keep() first and, where the device has pages that can be fetched
 * but not read (hides), loads from it to breakpoints_hide(). Where that cannot
 * be one line says so, and the BRK is lost when the guest overwrites it.
 */
void watch_text_set(struct watch_engine *e, ipa_t ipa);
void watch_text_clear(struct watch_engine *e, ipa_t ipa);
bool watch_text_hides(const struct watch_engine *e);

/* Watches that are in debug registers go to stage 2: the guest wants those. */
void watch_yield(struct watch_engine *e);

/* Its own number, "monitor watchpoints" tells; not a debugger's. -ENOENT. */
int watch_delete(struct watch_engine *e, unsigned int id);
/* "whowrote off": all of that owner's. */
void watch_delete_all(struct watch_engine *e, enum watch_owner owner);
/* The table, for people. */
void watch_print(struct watch_engine *e, FILE *out);
/* The hit that stopped last; NULL: none yet. */
const struct watch_hit *watch_last(struct watch_engine *e);
/* What was logged; nobody adds to it while the VM is stopped. */
struct watchlog *watch_log(struct watch_engine *e);

/* --- a vCPU's own thread -------------------------------------------------- */

/* KVM_EXIT_MMIO and KVM_EXIT_ARM_NISV with an IPA that is in RAM. */
enum exit_result watch_mmio(struct vcpu *vcpu, struct guest_stop *ret);
enum exit_result watch_nisv(struct vcpu *vcpu, struct guest_stop *ret);
/* KVM_EXIT_MEMORY_FAULT. */
enum exit_result watch_denied(struct vcpu *vcpu, struct guest_stop *ret);
/*
 * A debug register has hit; *ret says where by breakpoints.h. EXIT_STOP, or
 * another result: a write that changes nothing has been done.
 */
enum exit_result watch_debug(struct vcpu *vcpu, struct guest_stop *ret);
/*
 * A step begins. EXIT_STEPPED: the instruction was an access whose hit has
 * been reported, and is done now; else EXIT_AGAIN.
 */
enum exit_result watch_step(struct vcpu *vcpu);
/* bus_ops.dma: a device writes guest RAM. Any thread, its lock held. */
void watch_dma(struct watch_engine *e, struct device *dev, unsigned int queue,
	       const struct iovec *iov, unsigned int nr, bool done);
/* vcpu.lent: the exit that ends it (watch_open.c). */
void watch_give_back(struct vcpu *vcpu);

#endif
