/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbstub.h - the GDB remote serial protocol over a struct guest
 *
 * Source: the GDB manual, "GDB Remote Serial Protocol". The stub knows
 * packets, target descriptions and thread ids; what a guest is comes from
 * guest.h, what a Linux guest means comes from struct gdbstub_services.
 *
 * Ownership and locking
 *	The stub belongs to the caller of gdbstub_create(); guest, services and
 *	opaque must outlive it. It has no thread of its own: the control
 *	thread polls its descriptors (gdbstub_pollfds), hands events back
 *	(gdbstub_dispatch) and tells it of every stop (gdbstub_stopped). No
 *	function here blocks for longer than one reply takes to send; a peer
 *	that does not read is dropped. No two may be called at a time; another
 *	thread that tells of a stop while the control thread is in poll(2) has
 *	to wake it when the first two say something else afterwards.
 *
 * Threads
 *	vCPU n is thread n + 1, also while it is powered off.
 *
 * Sessions
 *	One debugger at a time; a second connection is closed at once. The
 *	session begins with the first packet (not with the connection, so that
 *	a port scan disturbs nothing) and stops the guest. It ends
 *
 *	by 'D'		the guest runs
 *	by 'k'		the guest is powered off
 *	by itself	(the connection is gone, in mid-packet or not) the
 *			guest stays as it was: stopped, or running; a step in
 *			progress becomes running
 *
 *	and in each case all of its break and watch points are removed. A stop
 *	that happens while nobody is attached is remembered: the next debugger
 *	is told of it by '?'. Exceptions: GUEST_STOP_MODULE and
 *	GUEST_STOP_EXEC, which only a debugger understands, are resumed at
 *	once.
 *
 * A device (dev:PATH)
 *	It has one stream each way, in which debuggers follow each other, and
 *	nothing in it tells where one ends: what the stub says to one may be
 *	read by the next, when a hang-up is seen late. A debugger that is
 *	waiting is told of a stop only after a look for its successor's
 *	greeting (qSupported); the window that is left is the time between the
 *	successor's connection and its first byte.
 *
 *	Whoever connects debuggers to the other end can close it. After the
 *	last byte of one it sends the packet "Qtrapline.left:N", N a number
 *	in hexadecimal, and drops what comes until the packet "left:N", without
 *	acknowledgements. All that was said to the old one is in front of that.
 *	The session is over then, as by itself. The lab does so (docs/lab.md).
 *
 * A kernel that has yet to relocate itself
 *	A debugger that attaches before the guest's kernel runs where it will
 *	stay (text_address says -ENOENT), or that resets the guest, has no
 *	symbols or old ones. GUEST_STOP_EXEC, once text_address is known,
 *	becomes the exec event of the protocol: gdb loads exec_file anew,
 *	takes all of its points for lost (the stub removes them), sets them
 *	again by name, and goes on by itself.
 *
 *	It does so to a symbol file of the user's, too, which would then be
 *	gone. A debugger that has one asks qOffsets and does not open
 *	exec_file; so the event is sent if exec_file has been opened in this
 *	session, or qOffsets has never been asked (no symbols at all), and if
 *	the debugger knows exec-events. Everybody else stays as he is: the
 *	guest is resumed, with a line on the debugger's console. A symbol file
 *	loaded by "file" after attaching shows in neither, and is replaced.
 *
 *	While exec_pending() says so, software break points at kernel
 *	addresses that are not mapped yet (those that a reset has left
 *	behind) are accepted, and set at GUEST_STOP_EXEC.
 *
 * What the caller has to do
 *	poll(2)		gdbstub_pollfds() and guest.stop_fd, with
 *			gdbstub_timeout()
 *	stop_fd readable	guest_ops.stop_get(), then gdbstub_stopped(),
 *			for every stop, whoever asked for it. The guest may be
 *			running again when it returns.
 *	always		gdbstub_dispatch() after each poll
 */
#ifndef TRAPLINE_GDBSTUB_H
#define TRAPLINE_GDBSTUB_H

#include <poll.h>
#include <stdio.h>
#include <trapline/guest.h>

#define GDBSTUB_MAX_POLLFDS 4

/* A file the stub serves by vFile, wholly in memory. */
struct gdbstub_file {
	const uint8_t *data;
	size_t size;
};

/*
 * What a Linux guest adds. Any member may be NULL: the stub then does not
 * offer the feature in qSupported. All are called with the guest stopped,
 * except file_close, attached, refused and, after gdbstub_resumed(), monitor.
 */
struct gdbstub_services {
	/*
	 * qXfer:exec-file:read: path of the guest's program, to be asked for
	 * by vFile:open. NULL when there is none (yet).
	 */
	const char *(*exec_file)(void *opaque);
	/*
	 * vFile:open, read only. 0 and a file that stays valid until
	 * file_close(), or -ENOENT.
	 */
	int (*file_open)(void *opaque, const char *path,
			 struct gdbstub_file *ret);
	void (*file_close)(void *opaque, struct gdbstub_file *file);
	/*
	 * qXfer:libraries:read: the whole XML document (library-list) to out.
	 */
	int (*libraries)(void *opaque, FILE *out);
	/* A kernel is there, and GUEST_STOP_EXEC will tell when it is up. */
	bool (*exec_pending)(void *opaque);
	/* qOffsets: run-time address of _text; -ENOENT when not known. */
	int (*text_address)(void *opaque, va_t *ret);
	/*
	 * Thread lists: what runs on that vCPU (which is powered on), one
	 * line; not 0 when that is not known.
	 */
	int (*thread_info)(void *opaque, unsigned int vcpu, char *buf,
			   size_t size);
	/*
	 * qRcmd: run a "monitor" command, text to out (6 MiB at most are
	 * shown). A negative errno is an error reply after the text; an
	 * unknown command writes its own text. It may resume the guest
	 * (gdbstub_resumed()), but not destroy the stub.
	 */
	int (*monitor)(void *opaque, const char *command, FILE *out);
	/* A debugger came (true) or went (false). For messages only. */
	void (*attached)(void *opaque, bool attached);
	/*
	 * A connection was closed because it may not debug, or because no
	 * debugger would say what it said: one line. For messages only.
	 */
	void (*refused)(void *opaque, const char *line);
};

struct gdbstub;

/*
 * Open the transport. spec is one of
 *	PORT, :PORT		127.0.0.1:PORT; PORT 0 is any free one
 *	HOST:PORT, [V6]:PORT	that address; listens on loopback only unless
 *				told otherwise here
 *	...,any-user		one of these; without it a connection from this
 *				machine has to be root's or this user's
 *				(trapline/peer.h)
 *	unix:PATH		a Unix socket, mode 0600, removed at the end
 *	dev:PATH		a character device (a virtio-serial port);
 *				POLLHUP means that nobody is at the other end
 * A connection to a socket has to begin as a debugger does, and to go on so.
 * Returns 0 and *ret, or -EINVAL (spec), -EADDRINUSE, -EACCES, -ENOENT, or
 * what socket(2), bind(2), open(2) said. err gets one line that says what was
 * wrong and what to do.
 */
int gdbstub_create(struct guest *g, const struct gdbstub_services *services,
		   void *opaque, const char *spec, char *err, size_t err_size,
		   struct gdbstub **ret);
/*
 * Removes the session's points and closes the connection; a debugger that
 * waits for a stop is told first that the guest has exited. NULL is fine.
 */
void gdbstub_destroy(struct gdbstub *stub);

/* Fill fds; returns how many (at most GDBSTUB_MAX_POLLFDS). */
unsigned int gdbstub_pollfds(struct gdbstub *stub, struct pollfd *fds);
/*
 * Like poll(2)'s timeout, in ms: how long the control thread may sleep
 * before it calls gdbstub_dispatch() again; -1 for ever.
 */
int gdbstub_timeout(struct gdbstub *stub);
/* Hand back what poll(2) reported. */
void gdbstub_dispatch(struct gdbstub *stub, const struct pollfd *fds,
		      unsigned int nr_fds);
/* The guest has stopped; the control thread has fetched the stop. */
void gdbstub_stopped(struct gdbstub *stub, const struct guest_stop *stop);
/*
 * Somebody else (the VMM's menu, a reset) has set the guest running: the last
 * stop is history. Call it after guest_ops.resume, also from a monitor
 * command. A debugger that is attached finds the guest running: "continue"
 * makes it wait for the next stop; anything else is told that it runs.
 */
void gdbstub_resumed(struct gdbstub *stub);
/*
 * One line, without a newline, for the debugger's console: at once while it
 * waits for a stop, otherwise when it (or the next one) begins to. A second
 * one before that takes the first one's place.
 */
void gdbstub_say(struct gdbstub *stub, const char *text);
/* A debugger is there: its first packet has come, and it has not left. */
bool gdbstub_is_attached(const struct gdbstub *stub);
/* It waits for a stop, and there is nothing else to be done at the next one. */
bool gdbstub_is_waiting(const struct gdbstub *stub);
/*
 * What to type in gdb to connect: "target remote :1234". For dev: the address
 * of the other end is not known here, and the text says so.
 */
const char *gdbstub_target(const struct gdbstub *stub);

#endif
