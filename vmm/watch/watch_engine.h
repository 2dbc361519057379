/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch_engine.h - shared by the files of the watch engine
 *
 *	watch.c		the tables: set, clear, apply (control thread)
 *	watch_fault.c	an access that faulted (vCPU threads)
 *	watch_open.c	a page opened for one vCPU, all others held
 *	watch_dma.c	writes of devices
 *	watch_tell.c	the accesses that the kernel may complete by itself
 *	watch_hit.c	the watches that an access touches, and the changes
 *
 * Locks: watch.h.
 */
#ifndef TRAPLINE_VMM_WATCH_ENGINE_H
#define TRAPLINE_VMM_WATCH_ENGINE_H

#include <pthread.h>
#include "emulate_vcpu.h"
#include "watch.h"
#include "watchlog.h"
#include "watchtab.h"

struct watch_range {
	ipa_t ipa;
	uint64_t len;
};

struct watch {
	struct watch *next;
	struct watch *next_same; /* in its hash chain, by address */
	unsigned int id; /* number in messages and commands */
	struct watch_spec spec;
	struct watch_range *ranges; /* the watched memory, in order of VA */
	unsigned int nr_ranges;
	bool hw; /* in debug registers */
	bool stage2_only; /* must not use debug registers */
	bool out; /* cleared; its pages are still protected */
	uint64_t nr_hits; /* atomic; hits reported or logged */
};

/* The watches that one access touches. */
#define WATCH_MAX_TOUCHED 8
struct watch_touch {
	struct watch *watch[WATCH_MAX_TOUCHED];
	struct watch_hit hit[WATCH_MAX_TOUCHED];
	unsigned int nr;
	unsigned int vcpu; /* of the access, for conditions */
	int stop; /* index of the hit to report; -1: none */
	va_t stop_va; /* first watched byte touched by that hit */
};

/* Left by a store-exclusive that failed once: watch.h. */
struct watch_reservation {
	bool valid;
	ipa_t ipa;
	uint32_t len;
	va_t pc;
	uint64_t sp;
};

#define WATCH_ANY_PC (~0ULL)

/* A page opened for a refused instruction, with its old contents. */
#define WATCH_MAX_OPEN 4
struct watch_opened {
	ipa_t ipa;
	unsigned int deny;
	uint8_t *before;
};

struct watch_vcpu {
	struct emulate_vcpu cpu;
	struct emulation emulation; /* the access under way */
	struct watch_touch touch;
	struct watch_reservation reservation; /* under engine.lock */
	struct watch_opened opened[WATCH_MAX_OPEN];
	unsigned int nr_opened;
	struct watch_opened lent; /* readable until a store-exclusive */
};

/* A device's hit, until its stop is reported. */
struct watch_device_hit {
	struct watch_hit hit;
	const struct watch *watch;
	unsigned int id; /* number of the watch, for messages */
	enum guest_access access; /* for struct guest_stop */
};
#define WATCH_MAX_DEVICE_HITS 16

#define WATCH_CHAINS 4096

struct watch_engine {
	struct vm *vm;
	struct watch *watches;
	struct watch *chain[WATCH_CHAINS];
	unsigned int next_id;
	struct watchtab tab;
	bool tell; /* the tables have changed: call watch_tell() */
	struct watch_vcpu *vcpu; /* vm.nr_vcpus */

	pthread_mutex_t lock;
	unsigned int nr_reservations;
	struct watchlog log;
	watch_task_fn *task_get; /* fills in the running task (log) */
	void *task_opaque;

	/* Watched bytes that a device is about to write; under engine.lock. */
	struct watch_dma *dma;
	struct watch_device_hit device_hit[WATCH_MAX_DEVICE_HITS];
	unsigned int nr_device_hits; /* oldest first */

	/* The last watch stop. */
	bool has_last;
	struct watch_hit last;
	uint64_t time_offset; /* guest's counter minus the host's */
	uint64_t nr_false, nr_decoded, nr_refused; /* atomic */
	/* Accesses for which Capstone names another operand; the last word. */
	uint64_t nr_disagreed; /* atomic */
	uint32_t disagreed; /* atomic */
};

/*
 * watch_hit.c: an access to [ipa, ipa + len), in one page; new is NULL for a
 * read. Add to ret the watches that it touches.
 */
void watch_touch_add(struct watch_engine *e, struct watch_touch *ret, ipa_t ipa,
		     uint32_t len, unsigned int access, const uint8_t *new);
/* The access is done: count and log its hits. */
void watch_touch_done(struct watch_engine *e, const struct watch_touch *touch);

/*
 * watch_fault.c: reserve the bytes of the access under way, for a
 * store-exclusive at pc.
 */
void watch_reserve(struct vcpu *vcpu, va_t pc);
/* The access under way is done: fill in the task, count and log. */
void watch_commit(struct vcpu *vcpu, struct watch_touch *touch);
/* Report the hit touch->stop in *ret. Returns EXIT_STOP. */
enum exit_result watch_report(struct vcpu *vcpu, struct guest_stop *ret);

/*
 * watch_open.c: have the CPU do the access at the PC, which faulted at IPA
 * fault and cannot be emulated. Watched bytes are compared afterwards.
 */
enum exit_result watch_open_step(struct vcpu *vcpu, ipa_t fault,
				 const char *reason, struct guest_stop *ret);
/*
 * Make the page of the load-exclusive under way readable, until the next exit
 * or for a millisecond, with all other vCPUs held.
 */
enum exit_result watch_open_exclusive(struct vcpu *vcpu, ipa_t fault);

/*
 * watch_tell.c. watch_tell(): give the list to the back end, before vCPUs run.
 * watch_untell(): withdraw the list, because a new watch is not on it.
 * watch_tell_exclusive(): ask for all stores to this page, with engine.lock
 * held, before a reservation is made there.
 */
void watch_tell(struct watch_engine *e);
void watch_untell(struct watch_engine *e);
void watch_tell_exclusive(struct watch_engine *e, ipa_t ipa);

/*
 * watch_dma.c: a device's stop has been fetched. Fill in stop and *ret. false:
 * there is no hit left to report. Control thread.
 */
bool watch_device_stopped(struct watch_engine *e, struct guest_stop *stop,
			  struct watch_hit *ret);
/*
 * w is about to be freed: forget its hits by devices that were not reported
 * yet. Control thread, VM stopped.
 */
void watch_device_forget(struct watch_engine *e, const struct watch *w);

/* The accesses (enum guest_access) that hit a watch of this kind. */
unsigned int watch_access(enum guest_break_kind kind);
/* The guest's virtual counter; any thread. */
uint64_t watch_time(const struct watch_engine *e);
/*
 * Break the reservations in [ipa, ipa + len): no store-exclusive there succeeds
 * before the next attempt.
 */
void watch_reservations_break(struct watch_engine *e, ipa_t ipa, uint64_t len);
enum guest_access watch_stop_access(const struct watch_spec *spec);

static inline bool watch_stops(const struct watch *w)
{
	return !w->out && w->spec.owner != WATCH_LOG;
}

#endif
