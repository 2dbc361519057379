/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the terminal behind the guest's consoles
 *
 * Purpose
 *	Carries bytes between the VMM's standard input and output and the
 *	console devices. If the input is a terminal, it is put in raw mode and
 *	restored at terminal_destroy(), at exit(3) and by a fatal signal. Any
 *	other input is passed on unchanged.
 *
 * Output
 *	terminal_write() only appends to a buffer, which the device thread
 *	writes out a few milliseconds later: one write per burst. It never
 *	blocks. If the reader is too slow, the buffer fills, and the device
 *	must make its guest wait (PL011: TXFF). Bytes that cannot be written,
 *	to a full disk for example, are lost, and the first loss is reported.
 *	terminal_flush() writes the whole buffer now. Call it at a stop, and
 *	before printing text that must follow the guest's output.
 *
 * Input
 *	One console has the input at a time. The first added console has it
 *	until another one claims it (terminal_claim: the guest uses that
 *	console, too) or Ctrl-A t moves it. Once the guest has read typed
 *	input, only Ctrl-A t moves it, so that no user loses the keyboard in
 *	the middle of a word. Bytes stay here until the device takes them.
 *
 * Keys, only when the input is a terminal: Ctrl-A, then
 *	x quit	c stop for the debugger, or continue	s the shell
 *	w where each vCPU is	r reset	t next console	h help
 *	Ctrl-A a literal Ctrl-A
 * Ctrl-C goes to the guest, and BUS_REQUEST_INTERRUPT tells the control thread.
 * When the guest cannot take the Ctrl-C, it may be meant for the VMM.
 *
 * The shell (Ctrl-A s)
 *	From this key on, the terminal is lent: nothing is read from the input
 *	or written to the output, the input has its own mode again, and
 *	BUS_REQUEST_SHELL tells the control thread. Output of the guest stays in
 *	the buffer until terminal_take_back(); when the buffer is full, the
 *	guest's console waits.
 *
 * Locking
 *	Any thread. The terminal's locks are leaf locks, below device.lock.
 *	bus_ops.request is called with none of them held.
 */
#ifndef TRAPLINE_VMM_TERMINAL_H
#define TRAPLINE_VMM_TERMINAL_H

#include <stdio.h>
#include "device.h"

struct ioloop;

/*
 * in is usually 0, and out is 1. The loop must outlive the terminal. While the
 * terminal exists, SIGPIPE is ignored and the fatal signals are caught. A
 * process has one terminal. Returns 0 or a negative errno.
 */
int terminal_create(struct ioloop *loop, struct bus *bus, int in, int out,
		    struct terminal **ret);
/*
 * Call after ioloop_stop(). Restores the input's mode, then writes the
 * remaining output and waits for a slow reader. By then SIGINT and SIGTERM have
 * their default action. NULL is fine. Returns 0, or a negative errno if output
 * was lost. Output that has no reader any more, as in a pipe, does not count.
 */
int terminal_destroy(struct terminal *term);

/* Returns how many bytes were taken: len, or less when the buffer is full. */
size_t terminal_write(struct terminal *term, const void *buf, size_t len);
/* Print the last bytes that were written, at most 64 KiB, to out. */
void terminal_tail(struct terminal *term, FILE *out);
/* How many bytes terminal_write() would take now. */
size_t terminal_room(struct terminal *term);
/*
 * Write the whole buffer. Gives up when the reader takes nothing for a second.
 */
void terminal_flush(struct terminal *term);

/*
 * Add a console. wake is called on the device thread with dev->lock held when
 * dev has new input, or when the buffer has room again after a short
 * terminal_write(). Returns 0 or a negative errno.
 */
int terminal_add(struct terminal *term, struct device *dev,
		 void (*wake)(struct device *dev));
/*
 * The guest uses this console: it gets the input, unless the guest has already
 * read input from another one.
 */
void terminal_claim(struct terminal *term, struct device *dev);
/* The bytes that wait for dev; 0 if dev does not have the input. Cheap. */
size_t terminal_pending(struct terminal *term, const struct device *dev);
/* Take up to len bytes; returns how many. */
size_t terminal_read(struct terminal *term, const struct device *dev, void *buf,
		     size_t len);

/*
 * How many times the user typed Ctrl-C after the guest had left input unread
 * for a second. 0 again once the guest takes input.
 */
unsigned int terminal_unheard(struct terminal *term);

/*
 * What Ctrl-C on the guest's console does to trapline. The guest receives the
 * key in each case.
 */
enum ctrl_c {
	CTRL_C_NOTHING,
	CTRL_C_QUITS,
	CTRL_C_WARNS_DEAF, /* the guest reads nothing: the next one quits */
	CTRL_C_WARNS_STOPPED, /* the debugger has stopped the guest */
};

/*
 * With a debugger attached Ctrl-C never ends the guest: the guest may stand
 * still for a step, or be too slow to read its console. running is the result
 * of guest_ops.is_running(): the guest may run although its devices are held.
 */
enum ctrl_c terminal_ctrl_c(struct terminal *term, bool attached, bool running);

/* The shell has ended: the console has the terminal again. */
void terminal_take_back(struct terminal *term);

/* The size in characters; false: the output is no terminal. */
bool terminal_size(struct terminal *term, uint16_t *ret_columns,
		   uint16_t *ret_rows);

#endif
