// SPDX-License-Identifier: GPL-2.0-or-later
/* remote.c - see remote.h */
#include "remote.h"

#include <stdlib.h>
#include <trapline/gdbclient.h>

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
