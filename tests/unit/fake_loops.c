// SPDX-License-Identifier: GPL-2.0-or-later
/* fake_loops.c - see fake_loops.h */
#include "fake_loops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <linux/kvm.h>
#include "vmm/catch/pbreak.h"

#define LOOP      A64_ADD(5, 5, 1), A64_NOP, A64_ADD(6, 6, 1), A64_B(-3)
#define LOOP_SIZE 16
#define NOP_AT    4

static const uint32_t loops[] = { LOOP, LOOP, LOOP, LOOP };

struct fake_vm_options loops_options(unsigned int cpus)
{
	struct fake_vm_options o = {
		.cpus = cpus,
		.code = loops,
		.nr_code = ARRAY_SIZE(loops),
	};

	for (unsigned int i = 0; i < cpus; i++)
		o.entry[i] = i * LOOP_SIZE;
	return o;
}

va_t loops_nop(unsigned int vcpu)
{
	return FAKE_VM_CODE + vcpu * LOOP_SIZE + NOP_AT;
}

struct fake_vm *loops_start(unsigned int cpus)
{
	struct fake_vm_options o = loops_options(cpus);
	struct fake_vm *fv;

	fake_vm_start(&o, &fv);
	return fv;
}

struct fake_vm *loops_start_waiting(unsigned int cpus)
{
	struct fake_vm_options o = loops_options(cpus);
	struct fake_vm *fv;

	o.waits = true;
	fake_vm_start(&o, &fv);
	for (unsigned int i = 0; i < cpus; i++)
		fake_vm_set_pc(fv, i, loops_nop(i));
	return fv;
}

void loops_brk_set(struct fake_vm *fv, unsigned int vcpu)
{
	assert_int_equal(fv->g->ops->break_set(fv->g, 0, GUEST_BREAK_SW,
					       loops_nop(vcpu), 4),
			 0);
}

void loops_brk_clear(struct fake_vm *fv, unsigned int vcpu)
{
	assert_int_equal(fv->g->ops->break_clear(fv->g, 0, GUEST_BREAK_SW,
						 loops_nop(vcpu), 4),
			 0);
}

void loops_pass(struct fake_vm *fv, unsigned int vcpu)
{
	loops_brk_clear(fv, vcpu);
	fake_vm_resume(fv, vcpu, GUEST_STEP, GUEST_HOLD);
	assert_int_equal(fake_vm_expect(fv, GUEST_STOP_STEP, vcpu),
			 loops_nop(vcpu) + 4);
	loops_brk_set(fv, vcpu);
}

void loops_check(struct fake_vm *fv, unsigned int vcpu)
{
	va_t offset = fake_vm_pc(fv, vcpu) - loops_nop(vcpu);
	bool between = offset == 0 || offset == 4;

	assert_int_equal(fake_vm_x(fv, vcpu, 5),
			 fake_vm_x(fv, vcpu, 6) + between);
}

void loops_feed_brk(unsigned int vcpu)
{
	const struct fake_exit exit = {
		.reason = KVM_EXIT_DEBUG,
		.hsr = 0x3cULL << 26 | BIT_ULL(25) | 0x544c,
	};

	fake_kvm_exit(vcpu, &exit);
}

void loops_pbreak_set(struct fake_vm *fv, unsigned int vcpu)
{
	assert_int_equal(
		pbreak_add(debug_pbreaks(fv->debug), loops_nop(vcpu), ""), 0);
}
