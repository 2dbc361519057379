// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ttymode.c - raw mode of one terminal, restored on every exit
 *
 * The mode is raw except for OPOST: the VMM ends its own lines with \n, and the
 * guest's \r\n becomes \r\r\n, which looks the same. tcsetattr(3) is
 * async-signal-safe, so a signal handler can restore the mode and then raise
 * the same signal again to die.
 */
#include "ttymode.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <trapline/types.h>

/* Every other signal kills by default: signal(7), "Standard signals". */
static const int harmless[] = {
	SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
};

static int tty_fd;
static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;

void ttymode_restore(void)
{
	int saved = errno;

	if (is_raw) {
		is_raw = 0;
		tcsetattr(tty_fd, TCSANOW, &cooked);
	}
	errno = saved;
}

static void on_fatal(int sig)
{
	ttymode_restore();
	/* SA_RESETHAND: the raised signal kills once this handler returns. */
	raise(sig);
}

/* While this process was stopped, the shell changed the mode: set it again. */
static void on_continue(int sig)
{
	int saved = errno;

	(void)sig;
	if (is_raw && tcgetpgrp(tty_fd) == getpgrp())
		tcsetattr(tty_fd, TCSANOW, &raw);
	errno = saved;
}

/* Keep a signal that is ignored (nohup) or has another handler. */
static void catch_signal(int sig, void (*handler)(int), int flags)
{
	struct sigaction now,
		want = { .sa_handler = handler, .sa_flags = flags };

	if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(sig, &want, NULL);
}

static bool is_fatal(int sig)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(harmless); i++)
		if (sig == harmless[i])
			return false;
	return true;
}

enum ttymode ttymode_raw(int fd)
{
	static bool hooked;

	if (tcgetattr(fd, &cooked) < 0)
		return TTYMODE_NO_TTY;
	if (tcgetpgrp(fd) >= 0 && tcgetpgrp(fd) != getpgrp())
		return TTYMODE_BACKGROUND;
	tty_fd = fd;
	raw = cooked;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST;
	if (!hooked)
		hooked = atexit(ttymode_restore) == 0;
	/* SIGKILL and the C library's own signals cannot be caught. */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (is_fatal(sig))
			catch_signal(sig, on_fatal, SA_RESETHAND);
	catch_signal(SIGCONT, on_continue, SA_RESTART);
	is_raw = 1;
	tcsetattr(fd, TCSANOW, &raw);
	return TTYMODE_RAW;
}

void ttymode_let_signals_kill(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
