/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pbreak.h - breakpoints of the monitor: by physical address, or by the name of
 * a kernel function
 *
 * A name may be set before its kernel is in memory. All are BRKs by IPA, so
 * they work before the MMU is on and hit through every mapping. A debugger does
 * not know these breakpoints, so run control steps over one after its stop.
 * They outlive debuggers and resets: a BRK that a loader has overwritten is
 * planted again, and names are looked up again.
 *
 * Control thread only. Functions that plant are called with the VM stopped.
 */
#ifndef TRAPLINE_VMM_PBREAK_H
#define TRAPLINE_VMM_PBREAK_H

#include <stdio.h>
#include <trapline/introspect.h>

struct vm;

#define PBREAK_MAX  64
#define PBREAK_NAME 512 /* longer than any kernel symbol's name */

struct pbreak {
	char name[PBREAK_NAME]; /* "": by address */
	ipa_t ipa; /* IPA_NONE: not found yet */
};

struct pbreaks {
	struct vm *vm;
	struct introspect *in;
	struct pbreak list[PBREAK_MAX];
	unsigned int nr;
};

/*
 * Set a breakpoint at ipa or, with a name, in that function, at the first
 * instruction that ftrace never rewrites. 0: planted; 1: it waits for its
 * kernel; -EEXIST; -EINVAL: misaligned, or the name is too long; -EFAULT: no
 * RAM; -ENOSPC.
 */
int pbreak_add(struct pbreaks *p, ipa_t ipa, const char *name);
/* Delete number n of pbreak_print(); -ENOENT. */
int pbreak_del(struct pbreaks *p, unsigned int n);
void pbreak_print(const struct pbreaks *p, FILE *out);

/* A kernel may have been found: plant the breakpoints that wait for it. */
void pbreak_plant(struct pbreaks *p);
/* RAM has been loaded again: find the names again. */
void pbreak_reset(struct pbreaks *p);
/* A BRK of BREAK_MONITOR was hit: write its line of text. */
void pbreak_hit(const struct pbreaks *p, ipa_t ipa, char *text, size_t size);

/* A function's first address after its padding; 0: no such function. */
ipa_t pbreak_function(struct vm *vm, struct introspect *in, const char *name);

#endif
