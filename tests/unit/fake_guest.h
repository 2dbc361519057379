/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_guest.h - a struct guest without a CPU, for unit tests
 *
 * RAM is host memory that the test fills; registers are plain arrays that
 * the test sets; a run is a list of stops that the test queues. No instruction
 * executes: GUEST_STEP without a queued stop only adds 4 to the vCPU's PC.
 *
 * Stops
 *	fake_guest_queue_stop() queues stops; each resume hands out the next
 *	one at once (stop_fd becomes readable). With an empty queue, a resume
 *	that steps a vCPU stops with GUEST_STOP_STEP. Any other resume runs the
 *	guest until stop_request, kill or fake_guest_raise().
 *
 * Memory
 *	Breakpoints are recorded, never planted. With all system registers 0
 *	the MMU is off: VA is IPA.
 *
 *	A guest that is created while fake_guest_pieces is set has no RAM with
 *	a host address. It hands out copies of 4 KiB, one at a time, like a
 *	compressed dump. The address sanitizer reports a read outside a piece,
 *	or of a piece that is no longer valid. The test itself
 *	uses fake_guest_at().
 *
 * A guest starts STOPPED, all vCPUs online, all registers 0. One thread.
 */
#ifndef TRAPLINE_TESTS_FAKE_GUEST_H
#define TRAPLINE_TESTS_FAKE_GUEST_H

#include <trapline/guest.h>

#define FAKE_PIECE      SZ_4K
#define FAKE_MAX_RAM    4
#define FAKE_MAX_STOPS  64
#define FAKE_MAX_BREAKS 64

struct fake_break {
	enum guest_break_kind kind;
	va_t va;
	uint64_t len;
};

struct fake_guest {
	struct guest guest; /* hand &fake->guest to the code under test */
	struct guest_ram ram[FAKE_MAX_RAM]; /* with host addresses */

	/* The guest's state, free for the test to set and look at. */
	struct guest_regs regs[GUEST_MAX_VCPUS];
	struct guest_fpregs fpregs[GUEST_MAX_VCPUS];
	uint64_t sysregs[GUEST_MAX_VCPUS][GUEST_NR_SYSREGS];
	bool offline[GUEST_MAX_VCPUS];
	bool running;
	bool exited;

	/* Knobs. */
	bool read_only_view; /* regs_set fails with -EROFS */
	ipa_t lost; /* IPA of a piece that cannot be read; 0: none */
	unsigned int max_breaks; /* of hardware ones; beyond it: -ENOSPC */

	/* Records of the calls. */
	enum guest_action last_actions[GUEST_MAX_VCPUS];
	struct guest_range last_ranges[GUEST_MAX_VCPUS];
	unsigned int nr_resumes;
	unsigned int nr_stop_requests;
	struct fake_break breaks[FAKE_MAX_BREAKS];
	unsigned int nr_breaks;

	/* Private. */
	struct guest_ram pieces[FAKE_MAX_RAM]; /* without host addresses */
	uint8_t *piece; /* handed out last */
	ipa_t piece_ipa;
	struct guest_stop queue[FAKE_MAX_STOPS];
	unsigned int nr_queue;
	struct guest_stop stop;
	bool stop_waits;
};

/*
 * A guest with nr_vcpus and one range of zeroed RAM. Aborts when the host has
 * no memory.
 */
struct fake_guest *fake_guest_create(unsigned int nr_vcpus, ipa_t ipa,
				     uint64_t size);
/* Add one more range. The caller adds ranges in ascending order. */
void fake_guest_add_ram(struct fake_guest *fake, ipa_t ipa, uint64_t size);
void fake_guest_destroy(struct fake_guest *fake);

/* Hand out this stop at the next resume (after those queued before). */
void fake_guest_queue_stop(struct fake_guest *fake,
			   const struct guest_stop *stop);
/* Stop the running guest now, as a vCPU thread would do. */
void fake_guest_raise(struct fake_guest *fake, const struct guest_stop *stop);

/* RAM of the guest, for the test to change; NULL: not all of it is there. */
uint8_t *fake_guest_at(struct fake_guest *fake, ipa_t ipa, uint64_t size);
/*
 * Map a private copy of a file into RAM, at a multiple of the page size. For a
 * kernel this is several times as fast as a real copy.
 */
void fake_guest_map(struct fake_guest *fake, ipa_t ipa, int fd, size_t size);
/* Copy into RAM; aborts when there is no RAM at ipa. */
void fake_guest_load(struct fake_guest *fake, ipa_t ipa, const void *data,
		     size_t size);

extern bool fake_guest_pieces;

/* Run an array of struct CMUnitTest twice: RAM in place, RAM in pieces. */
#define fake_guest_run_tests(tests)                                           \
	({                                                                    \
		int failed_ = cmocka_run_group_tests_name("RAM in place",     \
							  tests, NULL, NULL); \
                                                                              \
		fake_guest_pieces = true;                                     \
		failed_ + cmocka_run_group_tests_name("RAM in pieces", tests, \
						      NULL, NULL);            \
	})

#endif
