/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbport.h - the port of this machine that debuggers of the lab connect to
 *
 * Connections come in here, and not in QEMU, because this side knows two things
 * that the lab cannot: which user connects (trapline/peer.h), and where the
 * bytes of one debugger end and those of the next begin.
 *
 *	debugger --> up ---> the lab's character device --> the stub
 *	debugger <-- down <-- the lab's character device <-- the stub
 *
 * The device is one stream each way for all debuggers. When one has left, the
 * stub is told so behind its last byte (Qtrapline.left of trapline/gdbstub.h),
 * and the next one is not heard before the stub's answer has come: what stood
 * in the pipes until then was the old one's, and is dropped.
 *
 *	           first packet               it leaves
 *	  CLEAN ----------------> IN USE ------------------> LEAVING
 *	    ^                                                   |
 *	    +------------------- the stub's answer --------------+
 *
 * One debugger at a time: a second one is hung up on, unless the first has said
 * nothing yet.
 */
#ifndef LAB_GDBPORT_H
#define LAB_GDBPORT_H

#include <poll.h>
#include <stdbool.h>

#define LAB_GDB_PORT_POLLFDS 3

struct lab_gdb_port;

/*
 * Listen on 127.0.0.1:@port, 0 for any, for this user's debuggers or, with
 * @any_user, everybody's. 0 or -errno with a message.
 */
int lab_gdb_port_open(unsigned int port, bool any_user,
		      struct lab_gdb_port **x_port);
/* NULL is fine. */
void lab_gdb_port_close(struct lab_gdb_port *port);

/* Our end of the lab's device, non-blocking; the port takes it over. */
void lab_gdb_port_connect(struct lab_gdb_port *port, int device);

/* For a loop around poll(2); all three take NULL for no port. */
unsigned int lab_gdb_port_pollfds(const struct lab_gdb_port *port,
				  struct pollfd *fds);
/* ms, -1 for ever */
int lab_gdb_port_timeout(const struct lab_gdb_port *port);
void lab_gdb_port_dispatch(struct lab_gdb_port *port, const struct pollfd *fds,
			   unsigned int nr_fds);

#endif
