/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch_engine.h - what the files of the watch engine share
 *
 *	watch.c		the tables: set, clear, apply (control thread)
 *	watch_fault.c	an access that faulted (vCPU threads)
 *	watch_open.c	a page opened for one vCPU, all others held
 *	watch_dma.c	what devices write
 *	watch_tell.c	what the kernel may finish by itself
 *	watch_hit.c	which watches an access touches, and what it changes
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
	struct watch *next_same; /* in its chain: by address */
	unsigned int id; /* for people */
	struct watch_spec spec;
	struct watch_range *ranges; /* where the bytes are, in order of VA */
	unsigned int nr_ranges;
	bool hw; /* in debug registers */
	bool stage2_only; /* debug registers are no good for it */
	bool out; /* cleared, the protection stays for a moment */
	uint64_t nr_hits; /* atomic: reported or logged */
};

/* What one access touches. */
#define WATCH_MAX_TOUCHED 8
struct watch_touch {
	struct watch *watch[WATCH_MAX_TOUCHED];
	struct watch_hit hit[WATCH_MAX_TOUCHED];
	unsigned int nr;
	unsigned int vcpu; /* who; conditions ask */
	int stop; /* index of the one to report; -1: none */
	va_t stop_va; /* its first watched byte touched */
};

/* A store-exclusive that has failed once: watch.h. */
struct watch_reservation {
	bool valid;
	ipa_t ipa;
	uint32_t len;
	va_t pc;
	uint64_t sp;
};

#define WATCH_ANY_PC (~0ULL)

/* A page that the decoder's refusal has opened, with what it held. */
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
	struct watch_reservation reservation; /* engine.lock */
	bool pending; /* a hit has been reported, its access is not done */
	va_t pending_pc;
	bool late; /* the last hit was told after the instruction */
	struct watch_opened opened[WATCH_MAX_OPEN];
	unsigned int nr_opened;
	struct watch_opened lent; /* readable for a store-exclusive to come */
};

/* A device's hit, until somebody is told of its stop. */
struct watch_device_hit {
	struct watch_hit hit;
	unsigned int id; /* of the watch, for people */
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
	bool tell; /* the tables have changed: watch_tell() is due */
	struct watch_vcpu *vcpu; /* vm.nr_vcpus */

	pthread_mutex_t lock;
	unsigned int nr_reservations;
	struct watchlog log;
	struct introspect_tasks tasks; /* how to tell who runs, for the log */
	bool has_tasks;

	/* Watched bytes that a device is about to write; engine.lock. */
	struct watch_dma *dma;
	struct watch_device_hit device_hit[WATCH_MAX_DEVICE_HITS];
	unsigned int nr_device_hits; /* oldest first */

	/* Of the last watch stop. */
	bool has_last;
	struct watch_hit last;
	struct introspect *last_in; /* is to say who it was, before it runs */
	uint64_t time_offset; /* of the guest's counter to this host's */
	uint64_t nr_false, nr_decoded, nr_refused; /* atomic */
};

/*
 * watch_hit.c: an access of [ipa, ipa + len) in one page; new is NULL for a
 * read. Adds to ret what it touches.
 */
void watch_touch_add(struct watch_engine *e, struct watch_touch *ret, ipa_t ipa,
		     uint32_t len, unsigned int access, const uint8_t *new);
/* The access is done (or, a stop, is to be reported): count and log. */
void watch_touch_done(struct watch_engine *e, const struct watch_touch *touch);

/* watch_fault.c: bytes of the access under way, for a store by the code at pc. */
void watch_reserve(struct vcpu *vcpu, va_t pc);
/* The access under way is done: who did it, count and log. */
void watch_commit(struct vcpu *vcpu, struct watch_touch *touch);
/* A hit of touch->stop: *ret, lastwatch. EXIT_STOP. */
enum exit_result watch_report(struct vcpu *vcpu, struct guest_stop *ret);

/*
 * watch_open.c: the access at the PC, which faulted at IPA fault and cannot
 * be emulated, done by the CPU; watched bytes are compared afterwards.
 */
enum exit_result watch_open_step(struct vcpu *vcpu, ipa_t fault,
				 const char *reason, struct guest_stop *ret);
/*
 * The load-exclusive under way may read its page, until the next exit or for
 * a millisecond, with all other vCPUs held.
 */
enum exit_result watch_open_exclusive(struct vcpu *vcpu, ipa_t fault);

/*
 * watch_tell.c. The list to the back end, before vCPUs run; none, because a
 * watch has come and the list is not complete any more; all stores to this
 * page, with engine.lock held, before a reservation there.
 */
void watch_tell(struct watch_engine *e);
void watch_untell(struct watch_engine *e);
void watch_tell_exclusive(struct watch_engine *e, ipa_t ipa);

/*
 * watch_dma.c: a device's stop has been fetched: fill in what is to be told,
 * and *ret. false: nothing is left to tell. Control thread.
 */
bool watch_device_stopped(struct watch_engine *e, struct guest_stop *stop,
			  struct watch_hit *ret);

/* enum guest_access: what hits. */
unsigned int watch_access(enum guest_break_kind kind);
/* The guest's virtual counter now; any thread. */
uint64_t watch_time(const struct watch_engine *e);
/* No store-exclusive succeeds to [ipa, ipa + len) before the next attempt. */
void watch_reservations_break(struct watch_engine *e, ipa_t ipa, uint64_t len);
enum guest_access watch_stop_access(const struct watch_spec *spec);

static inline bool watch_stops(const struct watch *w)
{
	return !w->out && w->spec.owner != WATCH_LOG;
}

#endif
