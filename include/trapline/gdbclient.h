/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbclient.h - a client of the stub of another trapline: monitor commands only
 *
 * Purpose
 *	Connects to a stub as a debugger does, and sends "monitor" commands. The
 *	other end may be any program: all bytes from it are checked, and the
 *	text of a command is bounded. The caller replaces control characters in
 *	the text before it is shown.
 *
 * Session
 *	A stub has one debugger at a time. Its guest stops when the session
 *	begins. At the end the guest runs again if it ran before, unless it has
 *	stopped at an event of its own meanwhile, a crash for example
 *	("Qtrapline.leave", gdbstub/resume.c). The same happens if the client is
 *	killed ("trapline.look+", trapline/gdbstub.h).
 *
 * Waiting
 *	Each function waits for the other end. If the caller has blocked SIGINT,
 *	a SIGINT ends the wait, and the connection with it. If the other end
 *	reads nothing of a command for 30 s, the connection ends, too.
 */
#ifndef TRAPLINE_GDBCLIENT_H
#define TRAPLINE_GDBCLIENT_H

#include <stdio.h>
#include <trapline/types.h>

struct gdbclient;

/* Does text have the form of an address, PORT, HOST:PORT or unix:PATH? */
bool gdbclient_is_address(const char *text);
/*
 * Connect, and begin a session. address is PORT, :PORT, HOST:PORT, [V6]:PORT or
 * unix:PATH. Returns 0, or a negative errno with one line in err.
 */
int gdbclient_open(const char *address, char *err, size_t err_size,
		   struct gdbclient **ret);
/* The same over fd, which is connected. Takes over fd, also after an error. */
int gdbclient_begin(int fd, const char *address, char *err, size_t err_size,
		    struct gdbclient **ret);
/*
 * Run a monitor command; its text goes to out. Returns 0, or a negative errno
 * after a text that says what was wrong: -EIO: the command has failed;
 * -ENOTCONN: there is no connection (any more); -ENOTSUP: the stub has no
 * monitor commands; -EPROTO: the other end does not keep to the protocol, and
 * the connection was closed.
 */
int gdbclient_monitor(struct gdbclient *c, const char *command, FILE *out);
/* End the session. c may be NULL. */
void gdbclient_close(struct gdbclient *c);

#endif
