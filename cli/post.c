// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * post.c - "trapline post": debug a dump as if the guest had just stopped
 *
 * The stub and the monitor commands are those of a live guest. Everything runs
 * on this machine, whatever its architecture: a dump needs no EL2.
 */
#include "cli.h"
#include "dump.h"
#include "options.h"
#include "script.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <trapline/gdbstub.h>
#include <trapline/report.h>
#include <trapline/session.h>
#include <trapline/util.h>
#include <trapline/vmcore.h>

#define DEFAULT_GDB   "1234"
#define STATUS_SIGNAL 128
/* Pause after a poll(2) that failed, before the next. */
#define POLL_NAP_US   10000

struct post_options {
	const char *vmcore;
	const char *gdb;
	const char *modules;
	struct script script;
	bool quiet;
	bool help;
};

struct post {
	struct core core;
	struct gdbstub *stub;
	int signal_fd;
};

/* --- options ------------------------------------------------------------- */

#define AT(field) offsetof(struct post_options, field)

static int operand_set(struct option_parser *p, const char *word)
{
	struct post_options *o = p->result;

	if (o->vmcore)
		return option_fail(p, "'%s': VMCORE is already '%s'", word,
				   o->vmcore);
	o->vmcore = word;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .name = "gdb", 0, "[HOST:]PORT[,any-user]|unix:PATH",
	  "The address for gdb. The default is port 1234 of this machine. Only "
	  "your own gdb and root's are accepted; ,any-user accepts every user "
	  "of this machine.",
	  option_text, AT(gdb) },
	{ .name = "command", 'e', "COMMAND",
	  "Run this command of the shell, print its output, and end. Give the "
	  "option again for another command.",
	  script_command, AT(script) },
	{ .name = "modules", 0, "DIR",
	  "The folder with the guest's .ko files. gdb then shows the source "
	  "lines of modules.",
	  option_text, AT(modules) },
	{ .name = "quiet", 'q', NULL, "Print only errors.", option_flag, AT(quiet) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "post",
	.intro =
		"usage: trapline post [options] VMCORE\n"
		"\n"
		"Debugs a dump of a guest. gdb sees registers, memory, symbols and modules as\n"
		"at the guest's last stop, but nothing runs. No vmlinux is needed:\n"
		"\n"
		"  trapline post oops.vmcore\n"
		"  gdb-multiarch -ex 'target remote :1234'         in another terminal\n"
		"\n"
		"  trapline post -e where -e modules oops.vmcore   without gdb\n"
		"\n"
		"VMCORE is a file of 'monitor dump' or --dump-on-oops, of QEMU's\n"
		"dump-guest-memory, of makedumpfile, or a copy of /proc/vmcore.\n"
		"\n",
	.end = "Exit status: 0 if all commands worked, 1 after an error, 2 for a wrong option,\n"
	       "130 after Ctrl-C.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.operand = operand_set,
};

static int run_commands(struct post *post, const struct post_options *o)
{
	struct shell shell = {
		.ops = &shell_session_ops,
		.opaque = post->core.session,
		.out = stdout,
	};

	return script_run(&o->script, &shell);
}

/* --- the debugger -------------------------------------------------------- */

static int serve_start(struct post *post, const struct post_options *o)
{
	char line[256] = "";
	sigset_t set;
	int err = gdbstub_create(session_target(post->core.session),
				 &session_services, post->core.session, o->gdb,
				 line, sizeof(line), &post->stub);

	if (err) {
		report(REPORT_ERROR, "%s", line[0] ? line : strerror(-err));
		return err;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	post->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (post->signal_fd < 0) {
		err = -errno;
		report(REPORT_ERROR, "cannot wait for signals: %s",
		       strerror(-err));
		return err;
	}
	gdbstub_stopped(post->stub, &vmcore_guest(post->core.vmcore)->last);
	report(REPORT_NOTE, "attach with: gdb-multiarch -ex '%s'",
	       gdbstub_target(post->stub));
	return 0;
}

/* Returns the exit status: 128 plus the number of the signal. */
static int serve(struct post *post)
{
	struct pollfd fds[1 + GDBSTUB_MAX_POLLFDS];
	struct signalfd_siginfo info;

	for (;;) {
		unsigned int nr = gdbstub_pollfds(post->stub, fds + 1);

		fds[0] = (struct pollfd){ .fd = post->signal_fd,
					  .events = POLLIN };
		if (poll(fds, 1 + nr, gdbstub_timeout(post->stub)) < 0) {
			usleep(POLL_NAP_US);
			continue;
		}
		if (fds[0].revents &&
		    read(post->signal_fd, &info, sizeof(info)) == sizeof(info))
			return STATUS_SIGNAL + (int)info.ssi_signo;
		gdbstub_dispatch(post->stub, fds + 1, nr);
	}
}

static int post_run(const struct post_options *o)
{
	struct post post = { .signal_fd = -1 };
	int status = CLI_FAILED;

	if (!dump_open(&post.core, o->vmcore, o->modules)) {
		dump_tell(&post.core);
		if (o->script.nr)
			status = run_commands(&post, o);
		else if (!serve_start(&post, o))
			status = serve(&post);
	}
	gdbstub_destroy(post.stub);
	core_close(&post.core);
	if (post.signal_fd >= 0)
		close(post.signal_fd);
	return status;
}

int post_main(int argc, char **argv)
{
	struct post_options o = { .gdb = DEFAULT_GDB };
	char error[256];
	int n = options_parse(&syntax, &o, argc, argv, error, sizeof(error));

	if (o.quiet)
		cli_quiet();
	if (n >= 0 && o.help) {
		options_help(&syntax, stdout);
		return 0;
	}
	if (n < 0 || !o.vmcore) {
		report(REPORT_ERROR, "%s",
		       n < 0 ? error
			     : "no VMCORE given: trapline post oops.vmcore "
			       "('trapline post --help' says more)");
		return CLI_USAGE;
	}
	return post_run(&o);
}
