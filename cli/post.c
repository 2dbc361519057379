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
#include "reader.h"
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
	bool no_sandbox;
	bool quiet;
	bool help;
};

struct post {
	struct dump dump;
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
	{ .name = "no-sandbox", 0, NULL,
	  "Do not confine the process that reads the dump.",
	  option_flag, AT(no_sandbox) },
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

static int run_commands(const struct post_options *o)
{
	const struct reader_options source = {
		.vmcore = o->vmcore,
		.modules = o->modules,
		.tells = true,
		.no_sandbox = o->no_sandbox,
	};
	struct shell shell = { .ops = &reader_ops, .out = stdout };
	struct reader *reader;
	int status;

	if (reader_open(&source, &reader))
		return CLI_FAILED;
	shell.opaque = reader;
	status = script_run(&o->script, &shell);
	reader_close(reader);
	return status;
}

/* --- the debugger -------------------------------------------------------- */

static int serve_start(struct post *post, const struct post_options *o)
{
	char line[256] = "";
	sigset_t set;
	int err = gdbstub_create(session_target(post->dump.session),
				 &session_services, post->dump.session, o->gdb,
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
	return 0;
}

static void serve_tell(struct post *post)
{
	gdbstub_stopped(post->stub, &vmcore_guest(post->dump.vmcore)->last);
	report(REPORT_NOTE, "attach with: gdb-multiarch -ex '%s'",
	       gdbstub_target(post->stub));
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

	/* The stub's socket has to be there before the sandbox. */
	if (!dump_open(&post.dump, o->vmcore) &&
	    !dump_read(&post.dump, o->modules) && !serve_start(&post, o) &&
	    (o->no_sandbox || !dump_confine(o->modules, o->gdb))) {
		dump_look(&post.dump, true);
		serve_tell(&post);
		status = serve(&post);
	}
	gdbstub_destroy(post.stub);
	dump_close(&post.dump);
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
	return o.script.nr ? run_commands(&o) : post_run(&o);
}
