// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reportcmd.c - "trapline report": a report about the guest of a dump, or about
 * the guest of another trapline
 */
#include "cli.h"
#include "options.h"
#include "reader.h"
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <trapline/report.h>
#include <trapline/session.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include <unistd.h>

struct report_options {
	const char *target;
	const char *file[3]; /* by enum session_report_format; NULL: none */
	bool text;
	bool no_sandbox;
	bool quiet;
	bool help;
};

#define AT(field) offsetof(struct report_options, field)

static int operand_set(struct option_parser *p, const char *word)
{
	struct report_options *o = p->result;

	if (o->target)
		return option_fail(p, "'%s': ADDR or VMCORE is already '%s'",
				   word, o->target);
	o->target = word;
	return 0;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ .name = "html", 0, "FILE",
	  "Write the report to this file as HTML. The page loads no other "
	  "file and runs no script. -: to standard output.",
	  option_text, AT(file[SESSION_REPORT_HTML]) },
	{ .name = "json", 0, "FILE",
	  "Write the report to this file as JSON. -: to standard output.",
	  option_text, AT(file[SESSION_REPORT_JSON]) },
	{ .name = "text", 0, NULL,
	  "Print the report as text. This is the default without --html and "
	  "--json.",
	  option_flag, AT(text) },
	{ .name = "no-sandbox", 0, NULL,
	  "For a dump: do not confine the process that reads the dump.",
	  option_flag, AT(no_sandbox) },
	{ .name = "quiet", 'q', NULL, "Print only the report, and errors.",
	  option_flag, AT(quiet) },
	{ .name = "help", 'h', NULL, "Print this text.", option_flag, AT(help) },
};
/* clang-format on */

static const struct cli_syntax syntax = {
	.command = "report",
	.intro =
		"usage: trapline report [options] ADDR|VMCORE\n"
		"\n"
		"Explains a guest's crash: the cause in a sentence, the instruction that\n"
		"crashed and where its bad pointer came from, the stacks, the registers, the\n"
		"log. No vmlinux is needed:\n"
		"\n"
		"  trapline report oops.vmcore\n"
		"  trapline report --html oops.html --json oops.json oops.vmcore\n"
		"  trapline report :1234\n"
		"\n"
		"VMCORE is a dump that 'trapline post' reads. ADDR is the address for gdb of a\n"
		"running trapline: [HOST:]PORT, or unix:PATH. Its guest stands still meanwhile,\n"
		"and runs again if it ran before; gdb cannot be connected.\n"
		"\n",
	.end = "Exit status: 0, 1 after an error, 2 for a wrong option.\n",
	.options = options,
	.nr_options = ARRAY_SIZE(options),
	.operand = operand_set,
};

static int fd_write(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			text += done;
			size -= (size_t)done;
		}
	}
	return 0;
}

static int fd_finish(int fd, const char *text, size_t size)
{
	int err;

	if (fd < 0)
		return -errno;
	err = fd_write(fd, text, size);
	return close(fd) && !err ? -errno : err;
}

/* Give the file its name when it is complete. */
static int file_replace(const char *path, mode_t mode, const char *text,
			size_t size)
{
	char *part;
	int fd, err;

	if (asprintf(&part, "%s.%d.part", path, (int)getpid()) < 0)
		return -ENOMEM;
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	err = fd_finish(fd, text, size);
	if (!err && rename(part, path))
		err = -errno;
	if (err && fd >= 0)
		unlink(part);
	free(part);
	return err;
}

static int file_write(const char *path, const char *text, size_t size)
{
	struct stat st;
	char *target;
	int err;

	if (!strcmp(path, "-")) {
		fwrite(text, 1, size, stdout);
		return fflush(stdout) ? -errno : ferror(stdout) ? -EIO : 0;
	}
	if (stat(path, &st))
		return file_replace(path, 0666, text, size);
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return fd_finish(open(path, O_WRONLY | O_CLOEXEC), text, size);
	/* Replace the file that a symbolic link names, not the link. */
	target = realpath(path, NULL);
	if (!target)
		return -errno;
	err = file_replace(target, st.st_mode & 0777, text, size);
	free(target);
	return err;
}

/* The other end may be any program. Line ends and tabs stay. */
static void clean(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text_is_printable(text[i]) && text[i] != '\n' &&
		    text[i] != '\t')
			text[i] = '?';
}

/* The shell's command for each format. */
static const char *const commands[] = {
	[SESSION_REPORT_TEXT] = "report",
	[SESSION_REPORT_JSON] = "report --json",
	[SESSION_REPORT_HTML] = "report --html",
};

static int write_to(const struct shell *s, enum session_report_format format,
		    const char *path)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	int err = out ? s->ops->run(s->opaque, commands[format], out) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	if (text)
		clean(text, size);
	if (!err)
		err = file_write(path, text, size);
	else if (size)
		report(REPORT_ERROR, "%.*s", (int)strcspn(text, "\n"), text);
	if (err)
		report(REPORT_ERROR, "%s: the report was not written: %s", path,
		       strerror(-err));
	free(text);
	return err;
}

static int formats_write(const struct report_options *o, const struct shell *s)
{
	bool none = true;
	int err = 0;

	for (unsigned int i = 0; !err && i < ARRAY_SIZE(o->file); i++) {
		if (!o->file[i])
			continue;
		none = false;
		err = write_to(s, (enum session_report_format)i, o->file[i]);
	}
	if (!err && (o->text || none))
		err = write_to(s, SESSION_REPORT_TEXT, "-");
	return err;
}

static int of_dump(const struct report_options *o)
{
	const struct reader_options source = { .vmcore = o->target,
					       .no_sandbox = o->no_sandbox };
	struct shell s = { .ops = &reader_ops };
	struct reader *reader;
	int err = reader_open(&source, &reader);

	if (err)
		return err;
	s.opaque = reader;
	err = formats_write(o, &s);
	reader_close(reader);
	return err;
}

static int of_guest(const struct report_options *o)
{
	struct gdbclient *client;
	int err = remote_open(o->target, &client);

	if (err)
		return err;
	err = formats_write(o, &(struct shell){ .ops = &remote_ops,
						.opaque = client });
	gdbclient_close(client);
	return err;
}

int report_main(int argc, char **argv)
{
	struct report_options o = { .target = NULL };
	char error[256];
	int n = options_parse(&syntax, &o, argc, argv, error, sizeof(error));

	if (o.quiet)
		cli_quiet();
	if (n >= 0 && o.help) {
		options_help(&syntax, stdout);
		return 0;
	}
	if (n < 0 || !o.target) {
		report(REPORT_ERROR, "%s",
		       n < 0 ? error
			     : "no dump given: trapline report oops.vmcore "
			       "('trapline report --help' says more)");
		return CLI_USAGE;
	}
	return (remote_is(o.target) ? of_guest(&o) : of_dump(&o)) ? CLI_FAILED
								  : 0;
}
