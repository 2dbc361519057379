/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchcond.h - the "if" of "monitor watch": a condition for hits
 *
 *	condition: all || all || ...
 *	all:	   compare && compare && ...
 *	compare:   WHAT OP WHAT
 *	WHAT:	   new, old, cpu, or a number (C notation)
 *	OP:	   == != < <= > >= &  (& is true if a common bit is set)
 *
 * new and old are the value of the watched object after and before the access:
 * unsigned, little-endian, at most 8 bytes. For a larger object they are the
 * touched bytes.
 *
 * Pure; no lock.
 */
#ifndef TRAPLINE_VMM_WATCHCOND_H
#define TRAPLINE_VMM_WATCHCOND_H

#include <trapline/types.h>

#define WATCHCOND_MAX 8

enum watchcond_what {
	COND_NUMBER,
	COND_NEW,
	COND_OLD,
	COND_CPU
};

struct watchcond_side {
	enum watchcond_what what;
	uint64_t number;
};

struct watchcond_term {
	struct watchcond_side left, right;
	unsigned int op; /* row of the table in watchcond.c */
	bool or_next; /* followed by || */
};

struct watchcond {
	struct watchcond_term term[WATCHCOND_MAX];
	unsigned int nr; /* 0: always true */
};

/*
 * 0; -EINVAL: text is no condition; -E2BIG: more than WATCHCOND_MAX
 * comparisons.
 */
int watchcond_parse(const char *text, struct watchcond *ret);
bool watchcond_holds(const struct watchcond *c, uint64_t old, uint64_t new,
		     uint64_t cpu);

#endif
