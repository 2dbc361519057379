/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbport.h - the port of this machine that debuggers of the lab connect to
 *
 * This process listens, and not QEMU, because only this process knows which
 * user connects (trapline/peer.h), and where the bytes of one debugger end and
 * those of the next begin.
 *
 *	debugger --> up ---> the lab's character device --> the stub
 *	debugger <-- down <-- the lab's character device <-- the stub
 *
 * The device is one stream each way for all debuggers. When a debugger has
 * left, this code sends the stub a mark after the debugger's last byte
 * (Qtrapline.left of trapline/gdbstub.h). The next debugger's bytes are not
 * read before the stub's answer has come. All bytes in the pipes before the
 * answer belong to the old debugger and are dropped.
 *
 *	           first packet               it leaves
 *	  CLEAN ----------------> IN USE ------------------> LEAVING
 *	    ^                                                   |
 *	    +------------------- the stub's answer --------------+
 *
 * One debugger can connect at a time. A second connection is closed at once,
 * unless the first has sent nothing yet.
 */
#ifndef LAB_GDBPORT_H
#define LAB_GDBPORT_H

#include <poll.h>
#include <stdbool.h>

#define LAB_GDB_PORT_POLLFDS 3

struct lab_gdb_port;

/*
 * Listen on 127.0.0.1:@port; 0 means any port. Debuggers of this user may
 * connect or, with @any_user, those of every user. Returns 0, or -errno with a
 * message.
 */
int lab_gdb_port_open(unsigned int port, bool any_user,
		      struct lab_gdb_port **x_port);
/* NULL is fine. */
void lab_gdb_port_close(struct lab_gdb_port *port);

/*
 * Pass in our end of the lab's device, which is non-blocking; the port owns it.
 */
void lab_gdb_port_connect(struct lab_gdb_port *port, int device);

/* For a loop around poll(2). All three accept NULL: there is no port. */
unsigned int lab_gdb_port_pollfds(struct lab_gdb_port *port,
				  struct pollfd *fds);
/* in ms; -1: wait for ever */
int lab_gdb_port_timeout(const struct lab_gdb_port *port);
void lab_gdb_port_dispatch(struct lab_gdb_port *port, const struct pollfd *fds,
			   unsigned int nr_fds);

#endif
