/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump.h - dumps of the live VM: "monitor dump" and --dump-on-oops */
#ifndef TRAPLINE_VMM_DUMP_H
#define TRAPLINE_VMM_DUMP_H

#include <trapline/session.h>

/*
 * Dump the stopped guest to the file name below the folder dir: see
 * session/savefile.h. The file has its name only when it is complete. compress
 * is that of struct vmcore_source. cancel_fd is a descriptor that is readable
 * when the user wants to end; -1: none. Returns 0, or a negative errno; in both
 * cases line gets one line for the user.
 */
int dump_write(struct session *s, const char *dir, const char *name,
	       bool compress, int cancel_fd, char *line, size_t size);

/* "monitor dump [--compress] FILE" */
int monitor_dump(struct session *s, const char *args, FILE *out);

#endif
