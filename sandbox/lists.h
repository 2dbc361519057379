/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lists.h - the system calls that each kind of thread may make
 */
#ifndef TRAPLINE_SANDBOX_LISTS_H
#define TRAPLINE_SANDBOX_LISTS_H

#include <linux/filter.h>
#include <trapline/sandbox.h>

/*
 * Make the list of one kind of thread, as a filter for prctl(2). The filter
 * raises SIGSYS for a call that is not allowed. Call this on the main thread,
 * and free(3) ret->filter. 0, -ENOMEM, or libseccomp's error.
 */
int sandbox_list_make(const struct sandbox_config *c, enum sandbox_thread kind,
		      struct sock_fprog *ret);

#endif
