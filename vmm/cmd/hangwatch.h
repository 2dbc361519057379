/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hangwatch.h - --watchdog: stop a live guest that makes no progress
 *
 * Four times within the limit, the guest is stopped for a look (debug_look()).
 * session/progress.h says what the looks compare. Time is that of the guest's
 * virtual counter, so a guest that a debugger has stopped does not hang. While
 * a debugger holds or steps vCPUs, there are no looks.
 *
 * Control thread.
 */
#ifndef TRAPLINE_VMM_HANGWATCH_H
#define TRAPLINE_VMM_HANGWATCH_H

#include <trapline/session.h>

struct hangwatch;

/* -ENOMEM; *ret is NULL if seconds is 0. */
int hangwatch_create(struct session *s, unsigned int seconds,
		     struct hangwatch **ret);
/* The other functions do nothing if w is NULL. */
void hangwatch_destroy(struct hangwatch *w);
/* The guest has been reset. */
void hangwatch_forget(struct hangwatch *w);
/* A timeout for poll(2); -1: never. */
int hangwatch_timeout(const struct hangwatch *w);
void hangwatch_tick(struct hangwatch *w);

#endif
