/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ttymode.h - raw mode of one terminal, restored on every exit
 *
 * Process-wide: signal handlers and atexit(3). Not thread-safe; called where
 * the terminal is created and destroyed.
 */
#ifndef TRAPLINE_VMM_TTYMODE_H
#define TRAPLINE_VMM_TTYMODE_H

enum ttymode {
	TTYMODE_NO_TTY, /* fd is no terminal: nothing was done */
	TTYMODE_BACKGROUND, /* another job has the terminal: nothing was done */
	TTYMODE_RAW,
};

/*
 * Put fd in raw mode. From now on exit(3), every fatal signal that is neither
 * blocked nor handled otherwise, and ttymode_restore() restore the mode.
 * SIGCONT sets raw mode again after the process was stopped.
 */
enum ttymode ttymode_raw(int fd);
/* Restore the mode. Safe to call at any time, also in a signal handler. */
void ttymode_restore(void);
/*
 * At the end of the VMM: unblock SIGINT and SIGTERM with their default action.
 */
void ttymode_let_signals_kill(void);

#endif
