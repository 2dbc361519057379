/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioloop.h - the device thread
 *
 * Purpose
 *	One thread that polls descriptors and calls back. There are two kinds
 *	of watch:
 *	device	the callback runs with the device's lock held and may touch
 *		guest memory; it does not run while the loop is paused.
 *	host	the callback runs without a lock, paused or not, and must not
 *		touch guest memory (the terminal: its escape keys have to work
 *		while the guest is stopped).
 *
 * Run control
 *	Call ioloop_pause() when the VM has stopped, and ioloop_resume() before
 *	it runs again. Between the two no device callback runs, so nothing but
 *	the debugger changes guest memory. Call both without vm.lock held: pause
 *	waits for the callback that is under way. The loop is also paused while
 *	one vCPU holds all others for a moment (run_hold_others()), so "paused"
 *	does not mean that the guest is stopped.
 *
 * Ownership and locking
 *	The loop's own lock is a leaf: it is never held across a callback.
 *	Every function may be called from any thread, callbacks included,
 *	except ioloop_pause(), _stop() and _destroy(), which a callback must
 *	not call. Descriptors stay the caller's: unwatch before close(2).
 *
 *	Order at the end: ioloop_stop(), bus_destroy(), terminal_destroy(),
 *	ioloop_destroy().
 */
#ifndef TRAPLINE_VMM_IOLOOP_H
#define TRAPLINE_VMM_IOLOOP_H

#include "device.h"

struct ioloop;

typedef void ioloop_device_fn(struct device *dev, int fd, short revents);
typedef void ioloop_host_fn(void *opaque, int fd, short revents);

/*
 * Returns 0 or a negative errno. The loop is not paused, and has no thread yet.
 */
int ioloop_create(struct ioloop **ret);
/*
 * Start the thread, with all signals blocked in it. begin, if not NULL, is the
 * first function the thread calls. Returns 0 or a negative errno.
 */
int ioloop_start(struct ioloop *loop, void (*begin)(void *opaque),
		 void *opaque);
/* End and join the thread. Watches may still be changed afterwards. */
void ioloop_stop(struct ioloop *loop);
/* NULL is fine. */
void ioloop_destroy(struct ioloop *loop);

/*
 * Watch fd, or change its watch. Each descriptor has one watch, and the last
 * call counts. events 0 removes the watch. This is bus_ops.fd_watch. Returns 0
 * or -ENOSPC.
 */
int ioloop_watch(struct ioloop *loop, struct device *dev, int fd, short events,
		 ioloop_device_fn *fn);
int ioloop_watch_host(struct ioloop *loop, int fd, short events,
		      ioloop_host_fn *fn, void *opaque);

void ioloop_pause(struct ioloop *loop);
void ioloop_resume(struct ioloop *loop);

/*
 * Run one round without a thread, for tests: wait up to timeout_ms, then call
 * the callbacks that are ready. Returns the number of callbacks.
 */
int ioloop_run_once(struct ioloop *loop, int timeout_ms);

#endif
