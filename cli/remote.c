// SPDX-License-Identifier: GPL-2.0-or-later
/* remote.c - see remote.h */
#include "remote.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <trapline/report.h>

static int run(void *opaque, const char *command, FILE *out)
{
	return gdbclient_monitor(opaque, command, out);
}

/* The other trapline completes the line (session/complete.c). */
static void complete(void *opaque, const char *line, FILE *out)
{
	char *command, *text = NULL;
	size_t size = 0;
	FILE *words;

	if (asprintf(&command, "complete \"%s\"", line) < 0)
		return;
	words = open_memstream(&text, &size);
	/* After an error the text has no words. */
	if (words && !gdbclient_monitor(opaque, command, words) &&
	    !fflush(words))
		fwrite(text, 1, size, out);
	if (words)
		fclose(words);
	free(text);
	free(command);
}

const struct shell_ops remote_ops = {
	.run = run,
	.complete = complete,
};

static bool is_socket(const char *target, bool *is_file)
{
	struct stat st;

	*is_file = !stat(target, &st);
	return *is_file && S_ISSOCK(st.st_mode);
}

bool remote_is(const char *target)
{
	bool is_file, socket = is_socket(target, &is_file);

	return is_file ? socket : gdbclient_is_address(target);
}

int remote_open(const char *target, struct gdbclient **ret)
{
	bool is_file;
	char *address, line[512];
	int err;

	if (asprintf(&address, "%s%s",
		     is_socket(target, &is_file) ? "unix:" : "", target) < 0)
		return -ENOMEM;
	err = gdbclient_open(address, line, sizeof(line), ret);
	if (err)
		report(REPORT_ERROR, "%s", line);
	free(address);
	return err;
}
