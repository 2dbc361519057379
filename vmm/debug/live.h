/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - the live VM as struct guest: registers, RAM, run control
 *
 * This layer does not know Linux. The layer above (vmm/catch/debug.h) embeds
 * struct live, reads Linux through its struct guest, and adds the two
 * operations that need Linux: live_ops lacks break_set and stop_get. Nothing
 * here calls that layer.
 *
 * The caller holds the control lock (run.h). The VM must outlive struct live.
 */
#ifndef TRAPLINE_VMM_LIVE_H
#define TRAPLINE_VMM_LIVE_H

#include <trapline/guest.h>

struct vm;

struct live {
	struct guest guest; /* first: live_of() */
	struct vm *vm;
	bool running; /* as far as a debugger knows */
	bool exited; /* only RAM can still be read */
	bool user_request; /* stop_request() was called in this run */
};

extern const struct guest_ops live_ops;

/* ops: live_ops, with the two operations that it lacks. */
void live_init(struct live *l, struct vm *vm, const struct guest_ops *ops);

static inline struct live *live_of(struct guest *g)
{
	return (struct live *)(void *)g;
}

/* -EINVAL: no such vCPU; -ESRCH: the guest has ended; -EBUSY: it runs. */
int live_check(const struct live *l, unsigned int vcpu);
/*
 * Fetch the waiting stop, for stop_get. It becomes guest.last, without a
 * faulting context. -EAGAIN: none is waiting.
 */
int live_stop_get(struct live *l, struct guest_stop *ret);
/* The stop is not reported: continue as before. */
int live_continue(struct live *l);
/*
 * Stop a running guest, so that it can be looked at and its points changed, and
 * continue as before. No stop is reported, so a debugger does not notice.
 * live_peek_begin() returns whether the guest ran; pass that to
 * live_peek_end(). In between no function of the stub may be called.
 */
bool live_peek_begin(struct live *l);
void live_peek_end(struct live *l, bool ran);

#endif
