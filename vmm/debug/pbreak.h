/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pbreak.h - breakpoints of the monitor: by physical address, or by the name
 * of a kernel function whether or not the kernel is there yet
 *
 * Both are BRKs by IPA, so they work before the MMU is on and hit through
 * every mapping. A debugger knows nothing of them: run control steps over one
 * that has been shown. They outlive debuggers, and resets: BRKs that a loader
 * has overwritten are planted again, names looked up again.
 *
 * Control thread only. What plants is called with the VM stopped.
 */
#ifndef TRAPLINE_VMM_PBREAK_H
#define TRAPLINE_VMM_PBREAK_H

#include <stdio.h>
#include <trapline/introspect.h>
#include "vmm/vm.h"

#define PBREAK_MAX  64
#define PBREAK_NAME 512 /* no name of a kernel's symbol is longer */

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
 * At an address, or, with a name, at the first instruction of that function
 * that ftrace never rewrites. 0: planted; 1: it waits for its kernel; -EEXIST;
 * -EINVAL: misaligned, or the name is too long; -EFAULT: no RAM; -ENOSPC.
 */
int pbreak_add(struct pbreaks *p, ipa_t ipa, const char *name);
/* By number, as printed; -ENOENT. */
int pbreak_del(struct pbreaks *p, unsigned int n);
void pbreak_print(const struct pbreaks *p, FILE *out);

/* A kernel may have been found: plant what waits for it. */
void pbreak_plant(struct pbreaks *p);
/* RAM has been loaded anew: names have to be found again. */
void pbreak_reset(struct pbreaks *p);
/* A BRK of BREAK_MONITOR was hit: its line of text. */
void pbreak_hit(const struct pbreaks *p, ipa_t ipa, char *text, size_t size);

/* Where a function begins behind its padding; 0: there is none of that name. */
ipa_t pbreak_function(struct vm *vm, struct introspect *in, const char *name);

#endif
