/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * knobs.h - faults that tests request: files in debugfs's trapline/
 *
 * Emulation has no hardware errors, and EL2 has no known bugs. With the module
 * parameter test_knobs=1 a test requests such a fault by writing to a file.
 * Without the parameter the files do not exist. A request is used up when the
 * fault is made.
 *
 *	bug		1: at the next KVM_RUN EL2 takes an exception of its own
 *	flush_fails	n: the next n TLB flushes are not done and fail
 *	serror		n: the next exit is a physical SError; ESR.AET is n - 1
 *	no_take		n: on the next n CPUs that come online EL2 is not taken
 */
#ifndef TRAPLINE_KMOD_KNOBS_H
#define TRAPLINE_KMOD_KNOBS_H

#include <linux/atomic.h>
#include <linux/compiler.h>

enum knob {
	KNOB_BUG,
	KNOB_FLUSH_FAILS,
	KNOB_NO_TAKE,
	KNOB_SERROR,
	NR_KNOBS
};

extern atomic_t knobs[NR_KNOBS];

/* Use up one request. False: there is none. */
static inline bool knob_take(enum knob knob)
{
	return unlikely(atomic_read(&knobs[knob])) &&
	       atomic_dec_if_positive(&knobs[knob]) >= 0;
}

/* Use up the whole value. 0: no request. */
static inline int knob_value(enum knob knob)
{
	return atomic_read(&knobs[knob]) ? atomic_xchg(&knobs[knob], 0) : 0;
}

struct dentry;

/* True: the parameter is set. */
bool knobs_allowed(void);
/* Create the files, if the parameter is set. */
void knobs_init(struct dentry *folder);

#endif
