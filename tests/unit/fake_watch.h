/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_watch.h - guests with watchpoints, for the tests of stage 2 and of debug
 * registers
 *
 * A test is run twice, by ON_BOTH: on stock KVM (memory slots; MMIO and NISV
 * exits) and on a /dev/trapline (page attributes; memory faults; the "kernel"
 * finishes plain accesses beside the watched bytes).
 */
#ifndef TRAPLINE_TESTS_FAKE_WATCH_H
#define TRAPLINE_TESTS_FAKE_WATCH_H

#include "fake_vm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "vmm/debug/breakpoints.h"
#include "vmm/watch/watch.h"

#define WATCHED FAKE_VM_DATA
#define BESIDE  (FAKE_VM_DATA + 0x100) /* in the same page */

static const va_t at = FAKE_VM_CODE;

/* One vCPU at the first of these words; x1 is WATCHED, x2 BESIDE, x3 3. */
static inline struct fake_vm *start(unsigned int cpus, bool trapline,
				    const uint32_t *words, size_t nr)
{
	struct fake_vm_options o = {
		.cpus = cpus,
		.trapline = trapline,
		.code = words,
		.nr_code = nr,
	};
	struct fake_vm *fv;

	fake_vm_start(&o, &fv);
	for (unsigned int i = 0; i < cpus; i++) {
		fake_vm_set_x(fv, i, 1, WATCHED);
		fake_vm_set_x(fv, i, 2, BESIDE);
		fake_vm_set_x(fv, i, 3, 3);
	}
	return fv;
}

#define START(cpus, ...)                                                \
	start(cpus, *(bool *)*state, (const uint32_t[]){ __VA_ARGS__ }, \
	      sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)
#define END A64_WFI, A64_B(-1)

static inline int watch(struct fake_vm *fv, enum guest_break_kind kind, va_t va,
			uint64_t len)
{
	return fv->g->ops->break_set(fv->g, 0, kind, va, len);
}

static inline int unwatch(struct fake_vm *fv, enum guest_break_kind kind,
			  va_t va, uint64_t len)
{
	return fv->g->ops->break_clear(fv->g, 0, kind, va, len);
}

/* Let the guest run to its end, where it waits. */
static inline void finish_guest(struct fake_vm *fv)
{
	fake_vm_run(fv);
	for (unsigned int i = 0; i < fv->g->nr_vcpus; i++)
		fake_kvm_wait_idle(i);
	assert_int_equal(fake_vm_stop(fv), GUEST_STOP_REQUESTED);
}

/* Expect a hit at pc, of the byte at addr and this kind of access. */
static inline void expect_hit(struct fake_vm *fv, va_t pc, va_t addr,
			      enum guest_access access)
{
	struct guest_stop stop;

	fake_vm_wait(fv, &stop);
	assert_int_equal(stop.kind, GUEST_STOP_WATCH);
	assert_int_equal(stop.vcpu, 0);
	assert_int_equal(stop.addr, addr);
	assert_int_equal(stop.access, access);
	assert_int_equal(fake_vm_pc(fv, 0), pc);
}

/*
 * This store also stores its base register, with writeback: the result is
 * CONSTRAINED UNPREDICTABLE, so the decoder refuses it.
 */
#define REFUSED A64_STP_POST(1, 3, 1)

#define ON_BOTH(test)                            \
	cmocka_unit_test_prestate(test, &on[0]), \
		cmocka_unit_test_prestate(test, &on[1])

#endif
