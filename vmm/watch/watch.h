/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - watchpoints without limit: see every access to some bytes of RAM
 *
 * Purpose
 *	A range is watched by its IPA, wherever it is mapped. Its pages lose the
 *	permission to be written (and read) at stage 2 (protect.h). Each access
 *	that faults there is decoded and compared with the watched bytes. A hit
 *	is reported before the access is done, with the PC on the access. Any
 *	other access is done for the guest (emulate.h), and the guest continues.
 *	A debugger's watch that fits into debug registers goes to breakpoints.h
 *	instead. This watch is in the table as well, for devices' accesses and
 *	for old and new values.
 *
 * A debugger's round trip
 *	After a hit gdb removes the watch, steps, compares, and sets the watch
 *	again. watch_clear() only marks the watch "out": the watch no longer
 *	hits, but the page stays protected. The step over the access is one
 *	emulated access (leave.h). When the guest is to run freely,
 *	watch_apply() drops the watches that are still out, and lifts their
 *	permissions.
 *
 * Exclusives
 *	When a store-exclusive faults, the exit has cleared the CPU's monitor.
 *	So the emulated store fails and leaves a reservation: the vCPU, the
 *	bytes, the PC and the SP. The guest then repeats the sequence. Its
 *	load-exclusive runs natively, after the reservation was made. Every
 *	store to these bytes passes through here and breaks the reservation. If
 *	the same code reaches the store-exclusive again and the reservation
 *	still holds, no store came in between, and this store succeeds. The
 *	architecture's own global monitor works like this. The page is never
 *	opened. If loads fault as well (read and access watches), see
 *	watch_open.c. A back end that completes stores by itself would miss the
 *	reservations. So before the first reservation on a page, the back end is
 *	told that all stores to this page must exit, as long as the page is
 *	watched. Other pages stay fast. When that call returns, the back end has
 *	no store of its own under way.
 *
 * Instructions that the decoder refuses
 *	The CPU steps such an instruction on an opened page, with all other
 *	vCPUs and the devices held. Watched bytes are compared afterwards, so
 *	the report comes one instruction late. These steps are counted.
 *
 * Locks
 *	The control thread changes the tables with the VM stopped; vCPU threads
 *	read them without a lock. engine.lock protects the reservations and the
 *	log. It is held across each emulated store, from the first look at
 *	memory to the last byte. Order: vm.lock and device.lock, then
 *	engine.lock, then the mutex of breakpoints.h. No other lock is taken
 *	while engine.lock is held.
 */
#ifndef TRAPLINE_VMM_WATCH_H
#define TRAPLINE_VMM_WATCH_H

#include <stdio.h>
#include <trapline/decoder.h>
#include <trapline/stage1.h>
#include "watchcond.h"
#include "watchlog.h"
#include "vmm/exits.h"

struct vm;
struct vcpu;
struct device;
struct iovec;

enum watch_owner {
	WATCH_DEBUGGER, /* Z2, Z3, Z4 */
	WATCH_MONITOR, /* "monitor watch": stops */
	WATCH_LOG, /* "monitor whowrote": logs, does not stop */
	WATCH_TEXT, /* a BRK is there: breakpoints_guard() */
};

struct watch_engine;

/*
 * -ENOMEM. The vCPUs and breakpoints must exist. watch_destroy() accepts NULL.
 */
int watch_create(struct vm *vm, struct watch_engine **ret);
void watch_destroy(struct watch_engine *e);

/* --- control thread, VM stopped ------------------------------------------ */

/* Description of a watch. */
struct watch_spec {
	enum watch_owner owner;
	enum guest_break_kind kind; /* GUEST_WATCH_* */
	va_t va;
	uint64_t len;
	struct stage1_regs space; /* the registers that translate va */
	struct watchcond cond; /* "monitor watch": only hits that meet this */
};

/*
 * Set a watch. A debugger may set the same watch again, for example after a
 * step. The watch then stays on the same memory, even if its address now maps
 * elsewhere, because for the debugger it is the same watch. WATCH_MONITOR and
 * WATCH_LOG are set by a person. Their address is translated again, and the new
 * watch replaces an older one on the same memory, with its condition. why
 * (WATCH_WHY bytes) gets one line for people with every error but -ENOMEM:
 * -EINVAL	length 0, or a range that wraps or is longer than RAM
 * -EFAULT	not mapped, or no RAM
 * -EPERM	on /dev/kvm: page tables, or code that would not be readable
 * -ENOSPC	on /dev/kvm: no memory slot left
 */
#define WATCH_WHY 256
int watch_set(struct watch_engine *e, const struct watch_spec *spec, char *why);
/*
 * Fill in comm and pid of a hit that is about to be logged; do not change them
 * if the task cannot be found. Called on the thread of vcpu, which has left the
 * guest; other vCPUs may run.
 */
typedef void watch_task_fn(void *opaque, struct vcpu *vcpu,
			   struct watch_hit *hit);
/* get identifies the guest's tasks for the log. NULL: they are not known. */
void watch_tasks(struct watch_engine *e, watch_task_fn *get, void *opaque);
/* -ENOENT. */
int watch_clear(struct watch_engine *e, enum watch_owner owner,
		enum guest_break_kind kind, va_t va, uint64_t len);
/*
 * Call this before vCPUs run. free: at least one vCPU runs freely, so watches
 * that were cleared are dropped.
 */
void watch_apply(struct watch_engine *e, bool free);
/*
 * For a back end: KVM has lost all permissions, set them again. 0 or KVM's
 * error.
 */
int watch_protect_again(struct watch_engine *e);
/*
 * A stop has been fetched: remember the hit. true: the hit is a vCPU's, and the
 * caller may add the task to watch_last(). If the watched address is mapped
 * elsewhere by now, stop->text says so.
 */
bool watch_stopped(struct watch_engine *e, struct guest_stop *stop);

/*
 * A BRK of breakpoints.h is at ipa, or has been removed. Stores to it go to
 * breakpoints_keep() first. If pages can be fetched but not read
 * (watch_text_hides()), loads from it go to breakpoints_hide(). If the page
 * cannot be protected, one line says so, and the BRK is lost when the guest
 * overwrites it.
 */
void watch_text_set(struct watch_engine *e, ipa_t ipa);
void watch_text_clear(struct watch_engine *e, ipa_t ipa);
bool watch_text_hides(const struct watch_engine *e);

/* The guest wants its debug registers: move watches from there to stage 2. */
void watch_yield(struct watch_engine *e);

/*
 * Delete a watch by its number in "monitor watchpoints". -ENOENT, also for a
 * debugger's watch.
 */
int watch_delete(struct watch_engine *e, unsigned int id);
/* "whowrote off": delete all watches of that owner. */
void watch_delete_all(struct watch_engine *e, enum watch_owner owner);
/*
 * Print the table, the numbers of accesses by how they were finished, and an
 * instruction about which the decoder and Capstone disagree.
 */
void watch_print(struct watch_engine *e, FILE *out);
/* The last hit that stopped the guest; NULL: none yet. */
struct watch_hit *watch_last(struct watch_engine *e);
/* The log; nobody adds to it while the VM is stopped. */
struct watchlog *watch_log(struct watch_engine *e);

/* --- a vCPU's own thread -------------------------------------------------- */

/* KVM_EXIT_MMIO and KVM_EXIT_ARM_NISV with an IPA in RAM. */
enum exit_result watch_mmio(struct vcpu *vcpu, struct guest_stop *ret);
enum exit_result watch_nisv(struct vcpu *vcpu, struct guest_stop *ret);
/* KVM_EXIT_MEMORY_FAULT. */
enum exit_result watch_denied(struct vcpu *vcpu, struct guest_stop *ret);
/*
 * The text of the instruction at pc, for a message. "an unreadable instruction"
 * if the vCPU cannot read there.
 */
void watch_insn_text(struct vcpu *vcpu, va_t pc, struct insn_text *ret);
/*
 * A debug register has hit; breakpoints.h has filled *ret. Returns EXIT_STOP,
 * or another result if the access was a write that changed nothing and is done.
 */
enum exit_result watch_debug(struct vcpu *vcpu, struct guest_stop *ret);
/*
 * The PC is on an access whose hit has been reported (leave.h). EXIT_STEPPED:
 * the access is done now. EXIT_AGAIN: the CPU has to do it.
 */
enum exit_result watch_step(struct vcpu *vcpu);
/*
 * bus_ops.dma: a device is about to write guest RAM, or (done) has written. Any
 * thread, with the device's lock held.
 */
void watch_dma(struct watch_engine *e, struct device *dev, unsigned int queue,
	       const struct iovec *iov, unsigned int nr, bool done);
/*
 * Take back the page that watch_open_exclusive() lent to this vCPU
 * (leave.lent). The vCPU calls this at its next exit (watch_open.c).
 */
void watch_give_back(struct vcpu *vcpu);

#endif
