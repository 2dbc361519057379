/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the terminal behind the guest's consoles
 *
 * Purpose
 *	Carries bytes between the VMM's standard input and output and the
 *	console devices. A terminal on the input is put in raw mode and put
 *	back at terminal_destroy(), at exit(3) and by a fatal signal;
 *	whatever else the input is, it is passed on as it comes.
 *
 * Output
 *	terminal_write() only appends to a buffer, which the device thread
 *	writes out a few milliseconds later: one write per burst. It never
 *	blocks. When a reader does not keep up the buffer fills, and the
 *	device has to make its guest wait (PL011: TXFF). terminal_flush()
 *	writes everything now: call it before printing something that belongs
 *	after what the guest said, and at a stop.
 *
 * Input
 *	One console has it at a time: the first added, until another one
 *	claims it (terminal_claim: the guest uses that one, too) or Ctrl-A t
 *	passes it on. Once something typed has been read by the guest, only
 *	Ctrl-A t does: nobody likes to lose the keyboard in mid-word. Bytes
 *	stay here until the device takes them.
 *
 * Keys, only where the input is a terminal: Ctrl-A, then
 *	x quit	c stop for the debugger, or continue	s where each vCPU is
 *	r reset	t next console	h help	Ctrl-A a literal Ctrl-A
 * Ctrl-C goes to the guest, and the control thread is told of it by
 * BUS_REQUEST_INTERRUPT: where the guest cannot take it, it may mean the VMM.
 *
 * Locking
 *	Any thread. The terminal's locks are leaves, below device.lock; only
 *	bus_ops.request is called with none of them held.
 */
#ifndef TRAPLINE_VMM_TERMINAL_H
#define TRAPLINE_VMM_TERMINAL_H

#include "device.h"

struct ioloop;

/*
 * Usually in 0, out 1. The loop must outlive the terminal. Ignores SIGPIPE
 * and catches the fatal signals while it exists. One terminal per process.
 * 0 or a negative errno.
 */
int terminal_create(struct ioloop *loop, struct bus *bus, int in, int out,
		    struct terminal **ret);
/*
 * After ioloop_stop(). Puts the input's mode back, then writes what is left,
 * waiting for a slow reader; SIGINT and SIGTERM have their default action by
 * then. NULL is fine.
 */
void terminal_destroy(struct terminal *term);

/*
 * Returns how many bytes were taken: len, or less when the buffer is full.
 */
size_t terminal_write(struct terminal *term, const void *buf, size_t len);
/* How many bytes terminal_write() would take now. */
size_t terminal_room(struct terminal *term);
/* Write all of it; gives up on a reader that takes nothing for a second. */
void terminal_flush(struct terminal *term);

/*
 * Add a console. wake is called on the device thread with dev->lock held
 * when there is new input for it, or room again after terminal_write() came
 * up short. 0 or a negative errno.
 */
int terminal_add(struct terminal *term, struct device *dev,
		 void (*wake)(struct device *dev));
/* The guest uses this console: it gets the input, unless one is in use. */
void terminal_claim(struct terminal *term, struct device *dev);
/* Bytes waiting for dev: 0 unless it has the input. Cheap. */
size_t terminal_pending(struct terminal *term, const struct device *dev);
/* Take up to len bytes; returns how many. */
size_t terminal_read(struct terminal *term, const struct device *dev, void *buf,
		     size_t len);

/*
 * How many times Ctrl-C was typed while the guest had left input unread for a
 * second. 0 again once the guest takes input.
 */
unsigned int terminal_unheard(struct terminal *term);

/* Size in characters: false when the output is no terminal. */
bool terminal_size(struct terminal *term, uint16_t *ret_columns,
		   uint16_t *ret_rows);

#endif
