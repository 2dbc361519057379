// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab.c - "trapline lab": an arm64 machine with EL2 for one command
 *
 * This code connects the parts: the paths, the directories to share, the
 * initramfs, QEMU, and the session that relays until the command has ended. See
 * docs/lab.md.
 */
#include <trapline/lab.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <trapline/report.h>
#include <trapline/types.h>

#include "gdbport.h"
#include "image.h"
#include "paths.h"
#include "qemu.h"
#include "session.h"

/* The command gets a terminal when both our input and our output are one. */
static void look_at_terminal(struct lab_plan *plan)
{
	struct winsize size = { 0 };

	plan->tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (plan->tty && !ioctl(STDIN_FILENO, TIOCGWINSZ, &size)) {
		plan->rows = size.ws_row;
		plan->columns = size.ws_col;
	}
}

/*
 * Signals that could end this process arrive through a signalfd, so that the
 * terminal's mode is restored. Signals that do not kill are not blocked, nor
 * are signals that a fault of this program raises.
 */
static void block_signals(sigset_t *old)
{
	static const int others[] = {
		SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGURG,  SIGPIPE,
		SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS,
	};
	sigset_t set;
	unsigned int i;

	sigfillset(&set);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		sigdelset(&set, others[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

static int boot_and_run(const struct lab_plan *plan, struct lab_gdb_port *gdb)
{
	void (*old_pipe)(int);
	struct lab_qemu qemu;
	sigset_t old;
	int image, status = 1;

	image = lab_image_create(plan);
	if (image < 0)
		return 1;
	old_pipe = signal(SIGPIPE, SIG_IGN);
	block_signals(&old);
	if (!lab_qemu_start(&qemu, plan, image)) {
		close(image);
		if (gdb) {
			lab_gdb_port_connect(gdb, qemu.gdb);
			qemu.gdb = -1;
		}
		status = lab_session_run(&qemu, plan, gdb);
		lab_qemu_stop(&qemu);
	} else {
		close(image);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, old_pipe);
	return status;
}

static bool needs_trapline(const struct lab_options *o)
{
	return !strcmp(o->command[0], "trapline");
}

int lab_run(const struct lab_options *options)
{
	struct lab_paths paths;
	struct lab_plan plan = { .options = options, .paths = &paths };
	struct lab_gdb_port *gdb = NULL;
	int status = 1;

	if (options->gdb_port &&
	    lab_gdb_port_open(options->gdb_port, options->gdb_any_user, &gdb))
		return 1;
	if (lab_paths_find(&paths, options->kernel, options->el2_core)) {
		lab_gdb_port_close(gdb);
		return 1;
	}
	look_at_terminal(&plan);
	if (needs_trapline(options) && !paths.trapline)
		report(REPORT_ERROR,
		       "the arm64 trapline is not built: run scripts/setup, then make");
	else if (!lab_plan_shares(&plan))
		status = boot_and_run(&plan, gdb);
	lab_gdb_port_close(gdb);
	lab_plan_free(&plan);
	lab_paths_free(&paths);
	return status;
}
