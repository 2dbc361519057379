/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_stub.h - a stub over the fake guest, with services, in one thread
 *
 * For tests that speak the protocol, and for tests/rsp/fake_server.c, to which
 * real debuggers connect. The machine is always the same:
 *
 *	4 vCPUs, the last powered off; 4 MiB of RAM at FAKE_STUB_RAM
 *	x<n> of vCPU v is v << 32 | n; sp and pc are in RAM, 0x1000 apart
 *	each system register is 0xe1000000 + its number in enum guest_sysreg
 *
 * The guest "runs" from break point to break point. A resume that runs vCPU 0
 * goes to the next software or hardware break point at or after its PC (or,
 * after the last, to the first). Without break points, watch points hit, one
 * after the other, and the next step does the store. Without any point the
 * guest continues to run.
 *
 * monitor commands: help; echo TEXT; lines N; fail; sleepers N: there are N
 * threads besides the vCPUs, with the indices FAKE_STUB_SLEEPER and up, whose
 * registers x<n> are the index << 32 | n. These commands act on the next
 * resume: oops TEXT, panic TEXT, failure TEXT, module, exec, exit N. count N:
 * x0 of CPU 0 is N, and is incremented at each break point that it hits.
 */
#ifndef TRAPLINE_TESTS_FAKE_STUB_H
#define TRAPLINE_TESTS_FAKE_STUB_H

#include <trapline/gdbstub.h>

#include "fake_guest.h"
#include "session/view.h"

#define FAKE_STUB_CPUS     4
#define FAKE_STUB_RAM      0x40000000ULL
#define FAKE_STUB_RAM_SIZE (4 * SZ_1M)
#define FAKE_STUB_PC       0x40080000ULL
#define FAKE_STUB_SP       0x40100000ULL
#define FAKE_STUB_KERNEL   "/trapline/kernel" /* path of the exec file */
#define FAKE_STUB_SLEEPER  999U
#define FAKE_STUB_SLEEPERS 20000

struct fake_stub {
	struct fake_guest *fake;
	struct introspect *in;
	struct view view; /* the stub's target */
	struct gdbstub *stub;
	struct gdbstub_file kernel; /* data NULL: -ENOENT */
	unsigned int nr_opens; /* files open now */
	unsigned int nr_attaches, nr_detaches;
	unsigned int nr_refusals; /* number of reported refusals */
	char refusal[256]; /* text of the last one */
	bool early; /* the kernel has not relocated itself yet */
	bool no_model; /* a resumed guest does not stop by itself */

	/* Private. */
	struct gdbstub_services services;
	struct gdbstub_target_ops ops;
	unsigned int sleepers[FAKE_STUB_SLEEPERS], nr_sleepers;
	unsigned int seen_resumes;
	bool counts;
	unsigned int next_watch;
	va_t pending_write;
};

/* Aborts with a message when spec cannot be opened. */
struct fake_stub *fake_stub_create(const char *spec);
/* The same with the caller's services. */
struct fake_stub *
fake_stub_create_with(const char *spec,
		      const struct gdbstub_services *services);
void fake_stub_destroy(struct fake_stub *fs);

/*
 * One round: poll for at most timeout_ms (also for fd to be readable, unless
 * it is -1), fetch a stop, dispatch. Returns poll(2)'s result.
 */
int fake_stub_pump(struct fake_stub *fs, int fd, int timeout_ms);
/* Run rounds until no more events come. */
void fake_stub_settle(struct fake_stub *fs);

#endif
