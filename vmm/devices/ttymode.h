/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ttymode.h - raw mode of one terminal, and the way back on every exit
 *
 * Process-wide: signal handlers and atexit(3). Not thread-safe; called where
 * the terminal is created and destroyed.
 */
#ifndef TRAPLINE_VMM_TTYMODE_H
#define TRAPLINE_VMM_TTYMODE_H

enum ttymode {
	TTYMODE_NO_TTY, /* fd is no terminal: nothing was done */
	TTYMODE_BACKGROUND, /* it is, but somebody else's: nothing was done */
	TTYMODE_RAW,
};

/*
 * Put fd in raw mode. From now on exit(3), every fatal signal that is not
 * blocked or handled otherwise, and ttymode_restore() put it back; SIGCONT
 * makes it raw again after a stop from outside.
 */
enum ttymode ttymode_raw(int fd);
/* Put it back. Safe to call at any time, in a signal handler, too. */
void ttymode_restore(void);
/* Unblock SIGINT and SIGTERM with their default action: the end has begun. */
void ttymode_let_signals_kill(void);

#endif
