// SPDX-License-Identifier: GPL-2.0-or-later
/* script.c - see script.h */
#include "script.h"
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <trapline/report.h>

static int step_add(struct option_parser *p, const char *arg, bool is_file)
{
	struct script *script =
		(struct script *)((char *)p->result + p->option->offset);

	if (script->nr == SCRIPT_MAX)
		return option_bad(p, "at most %d commands and files",
				  SCRIPT_MAX);
	script->step[script->nr].text = arg;
	script->step[script->nr++].is_file = is_file;
	return 0;
}

int script_command(struct option_parser *p, const char *arg)
{
	return step_add(p, arg, false);
}

int script_file(struct option_parser *p, const char *arg)
{
	return step_add(p, arg, true);
}

static int file_run(const char *path, struct shell *s)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int err;

	if (!in) {
		err = -errno;
		report(REPORT_ERROR, "%s: %s", path, strerror(errno));
		return err;
	}
	err = shell_script(s, in);
	if (in != stdin)
		fclose(in);
	return err;
}

int script_run(const struct script *script, struct shell *s)
{
	int status = 0;

	for (unsigned int i = 0; i < script->nr && !s->over; i++) {
		const char *text = script->step[i].text;

		if (script->step[i].is_file ? file_run(text, s)
					    : shell_run(s, text))
			status = CLI_FAILED;
	}
	return status;
}
