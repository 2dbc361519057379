/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init.h - the two halves of the lab's process 1
 *
 * init.c makes the machine usable, relay.c runs the command and carries its
 * input and output. Both are built static for arm64, never for the host.
 */
#ifndef LAB_INIT_H
#define LAB_INIT_H

#include <stdbool.h>

#define MAX_STRINGS 256

/* The configuration, sorted by kind; each list ends with NULL. */
struct config {
	char *args[MAX_STRINGS + 1];
	char *mounts[MAX_STRINGS + 1];
	char *groups[MAX_STRINGS + 1];
	const char *module; /* the module that must load, or NULL */
	char **envs; /* as environ */
	const char *dir;
	bool net;
	bool tty;
	unsigned short rows, columns;
};

/* Report the reason on the control port (or the console); stop the machine. */
void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...);

/* The control port; -1 until the port is open. */
extern int control;

/*
 * Run the command until it ends, and relay its input and output. Returns its
 * exit status as a shell counts it. By then all output of the command has been
 * sent; the caller sends WIRE_EXIT.
 */
unsigned int relay_command(const struct config *config);

/* Send one frame, waiting as long as the host needs. */
void send_frame(unsigned int type, const void *data, unsigned int len);

#endif
