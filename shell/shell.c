// SPDX-License-Identifier: GPL-2.0-or-later
/* shell.c - see trapline/shell.h */
#include <trapline/shell.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <trapline/session.h>
#include <trapline/text.h>
#include <unistd.h>
#include "line.h"
#include "program.h"

static const char help[] =
	"\n"
	"COMMAND | PROGRAM              the output goes to a program of this machine\n"
	"!PROGRAM                       run a program of this machine\n"
	"exit                           leave the shell; also: quit, q, Ctrl-D\n"
	"monitor COMMAND                the same as COMMAND, also for \"quit\"\n";

static int run_command(void *opaque, const char *command, FILE *out)
{
	return session_run(opaque, command, out);
}

static void complete(void *opaque, const char *line, FILE *out)
{
	session_complete(opaque, line, out);
}

const struct shell_ops shell_session_ops = {
	.run = run_command,
	.complete = complete,
};

/* --- programs ------------------------------------------------------------ */

static int program(struct shell *s, const char *line, const char *text,
		   size_t size)
{
	int status;

	if (!*line) {
		fprintf(s->out, "no program is given\n");
		return -EINVAL;
	}
	if (s->confined) {
		fprintf(s->out,
			"the sandbox allows no programs here: use \"trapline "
			"shell\" in another terminal\n");
		return -EPERM;
	}
	fflush(s->out);
	status = program_run(line, text, size);
	if (status < 0)
		fprintf(s->out, "cannot start a program: %s\n",
			strerror(-status));
	return status ? -EIO : 0;
}

/* Has the text more lines than the terminal? */
static bool wants_pager(const struct shell *s, const char *text, size_t size)
{
	const char *pager = getenv("PAGER"), *end = text + size;
	struct winsize ws;
	unsigned int lines = 0;

	if (s->confined || (pager && !*pager) || !isatty(fileno(s->out)) ||
	    ioctl(fileno(s->out), TIOCGWINSZ, &ws) || !ws.ws_row)
		return false;
	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		lines++;
	}
	return lines >= ws.ws_row;
}

static void text_show(struct shell *s, const char *text, size_t size)
{
	static const char pager[] = "LESS=\"${LESS-FRX}\" exec ${PAGER-less}";

	if (wants_pager(s, text, size)) {
		fflush(s->out);
		if (program_run(pager, text, size) != PROGRAM_NOT_FOUND)
			return;
	}
	fwrite(text, 1, size, s->out);
}

/* --- lines --------------------------------------------------------------- */

/* Line ends and tabs stay. */
static void clean(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text_is_printable(text[i]) && text[i] != '\n' &&
		    text[i] != '\t')
			text[i] = '?';
}

static int command(struct shell *s, const struct shell_line *l)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int err, status = 0;

	if (!out)
		return -ENOMEM;
	err = s->ops->run(s->opaque, l->command, out);
	if (!strcmp(l->command, "help"))
		fputs(help, out);
	if (fclose(out)) {
		free(text);
		return -ENOMEM;
	}
	clean(text, size);
	if (l->program)
		status = program(s, l->program, text, size);
	else
		text_show(s, text, size);
	free(text);
	return err ? err : status;
}

static bool is_exit(const struct shell_line *l)
{
	return !l->prefixed && !l->program &&
	       (!strcmp(l->command, "exit") || !strcmp(l->command, "quit") ||
		!strcmp(l->command, "q"));
}

int shell_run(struct shell *s, const char *line)
{
	struct shell_line l;
	int err = shell_line_parse(line, &l);

	if (err)
		return err;
	if (!l.command)
		err = l.program ? program(s, l.program, NULL, 0) : 0;
	else if (is_exit(&l))
		s->over = true;
	else
		err = command(s, &l);
	shell_line_deinit(&l);
	fflush(s->out);
	return err;
}

int shell_script(struct shell *s, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int err, first = 0;

	while (!s->over && getline(&line, &size, in) >= 0) {
		err = shell_run(s, line);
		if (!first)
			first = err;
	}
	if (!first && ferror(in))
		first = -EIO;
	free(line);
	return first;
}
