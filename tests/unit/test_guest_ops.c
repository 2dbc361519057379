// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_guest_ops.c - an implementation keeps the promises of guest.h
 *
 * Runs with the fake guest; change setup() to test another implementation. The
 * guest needs two vCPUs, RAM at RAM_BASE, VA = IPA (MMU off), and must be
 * stopped.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fake_guest.h"

#define RAM_BASE 0x40000000ULL
#define RAM_SIZE SZ_64K

static int setup(void **state)
{
	*state = &fake_guest_create(2, RAM_BASE, RAM_SIZE)->guest;
	return 0;
}

static int teardown(void **state)
{
	fake_guest_destroy(*state);
	return 0;
}

static void complete(void **state)
{
	struct guest *g = *state;
	void *const *ops = (void *const *)g->ops;

	for (size_t i = 0; i < sizeof(*g->ops) / sizeof(*ops); i++)
		assert_non_null(ops[i]);
	assert_int_equal(g->nr_vcpus, 2);
	assert_true(g->nr_ram > 0);
	assert_true(g->stop_fd >= 0);
}

static void registers(void **state)
{
	struct guest *g = *state;
	struct guest_regs regs, got;
	struct guest_fpregs fp;
	uint64_t value;

	assert_int_equal(g->ops->regs_get(g, 1, &regs), 0);
	for (unsigned int i = 0; i < 31; i++)
		regs.x[i] = i * 0x0101010101010101ULL;
	regs.pc = RAM_BASE + 0x100;
	regs.sp = RAM_BASE + 0x8000;
	assert_int_equal(g->ops->regs_set(g, 1, &regs), 0);
	assert_int_equal(g->ops->regs_get(g, 1, &got), 0);
	assert_memory_equal(&got, &regs, sizeof(regs));
	assert_int_equal(g->ops->regs_get(g, 2, &got), -EINVAL);
	assert_int_equal(g->ops->regs_set(g, 2, &got), -EINVAL);
	assert_int_equal(g->ops->fpregs_get(g, 0, &fp), 0);
	assert_int_equal(g->ops->fpregs_set(g, 0, &fp), 0);
	assert_int_equal(g->ops->sysreg_get(g, 0, GUEST_SCTLR_EL1, &value), 0);
	assert_int_equal(value & 1, 0);
	assert_int_equal(g->ops->sysreg_get(g, 0, GUEST_NR_SYSREGS, &value),
			 -EINVAL);
	assert_int_equal(g->ops->sysreg_set(g, 1, GUEST_FAR_EL1, 7), 0);
	assert_int_equal(g->ops->sysreg_get(g, 1, GUEST_FAR_EL1, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(g->ops->sysreg_set(g, 0, GUEST_NR_SYSREGS, 7),
			 -EINVAL);
	assert_int_equal(g->ops->sysreg_set(g, 2, GUEST_FAR_EL1, 7), -EINVAL);
	assert_true(g->ops->vcpu_online(g, 0));
	assert_false(g->ops->vcpu_online(g, 2));
}

static void memory(void **state)
{
	struct guest *g = *state;
	const char text[] = "trapline";
	char buf[16] = "";

	assert_int_equal(g->ops->ipa_write(g, RAM_BASE + 9, text, 9), 9);
	assert_int_equal(g->ops->ipa_read(g, RAM_BASE + 9, buf, 9), 9);
	assert_string_equal(buf, text);
	assert_true(guest_ram_read(g, RAM_BASE + 9, buf, 9));
	assert_memory_equal(buf, text, 9);
	/* A transfer is cut at the end of RAM, and is 0 bytes beyond it. */
	assert_int_equal(g->ops->ipa_read(g, RAM_BASE + RAM_SIZE - 4, buf, 16),
			 4);
	assert_int_equal(g->ops->ipa_write(g, RAM_BASE + RAM_SIZE - 4, text, 9),
			 4);
	assert_int_equal(g->ops->ipa_read(g, RAM_BASE + RAM_SIZE, buf, 1),
			 -EFAULT);
	assert_int_equal(g->ops->ipa_read(g, RAM_BASE - 1, buf, 2), -EFAULT);
	assert_int_equal(g->ops->ipa_read(g, ~0ULL, buf, 2), -EFAULT);
	assert_null(guest_ram_at(g, RAM_BASE + RAM_SIZE - 4, 5));
	assert_null(guest_ram_at(g, RAM_BASE, ~0ULL));
}

/* RAM in pieces: each has its bytes, and all of them together are RAM. */
static void pieces(void **state)
{
	struct guest *g = *state;
	uint64_t len, at;
	uint8_t buf[8];

	for (ipa_t ipa = RAM_BASE; ipa < RAM_BASE + RAM_SIZE; ipa += 8)
		assert_int_equal(g->ops->ipa_write(g, ipa, &ipa, 8), 8);
	for (at = 0; at < RAM_SIZE; at += len) {
		const uint8_t *p;

		len = RAM_SIZE - at;
		p = guest_map(g, RAM_BASE + at, &len);
		assert_non_null(p);
		assert_true(len && len % 8 == 0 && len <= RAM_SIZE - at);
		for (uint64_t i = 0; i < len; i += 8) {
			ipa_t ipa = RAM_BASE + at + i;

			assert_memory_equal(p + i, &ipa, 8);
		}
	}
	assert_true(guest_ram_read(g, RAM_BASE + SZ_4K - 4, buf, 8));
	assert_memory_equal(buf + 4, &(ipa_t){ RAM_BASE + SZ_4K }, 4);
	assert_false(guest_ram_read(g, RAM_BASE + RAM_SIZE - 4, buf, 8));
	len = 1;
	assert_null(guest_map(g, RAM_BASE - 1, &len));
	assert_non_null(guest_ram_range(g, RAM_BASE, RAM_SIZE));
	assert_null(guest_ram_range(g, RAM_BASE, RAM_SIZE + 1));
}

static bool stop_waits(struct guest *g)
{
	struct pollfd fd = { .fd = g->stop_fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void running(void **state)
{
	struct guest *g = *state;
	enum guest_action hold[2] = { GUEST_HOLD, GUEST_HOLD };
	enum guest_action run[2] = { GUEST_RUN, GUEST_HOLD };
	enum guest_action step[2] = { GUEST_HOLD, GUEST_STEP };
	struct guest_range ranges[2] = { 0 };
	struct guest_regs regs;
	struct guest_stop stop;

	assert_false(g->ops->is_running(g));
	assert_int_equal(g->ops->stop_get(g, &stop), -EAGAIN);
	assert_int_equal(g->ops->resume(g, hold, NULL), -EINVAL);
	assert_int_equal(g->ops->resume(g, run, NULL), 0);
	assert_true(g->ops->is_running(g));
	assert_int_equal(g->ops->resume(g, run, NULL), -EBUSY);
	assert_int_equal(g->ops->regs_get(g, 0, &regs), -EBUSY);
	assert_int_equal(g->ops->stop_request(g), 0);
	assert_true(stop_waits(g));
	assert_int_equal(g->ops->stop_get(g, &stop), 0);
	assert_int_equal(stop.kind, GUEST_STOP_REQUESTED);
	assert_false(stop_waits(g));
	/* A request has no effect while the guest is stopped. */
	assert_int_equal(g->ops->stop_request(g), 0);
	assert_false(stop_waits(g));

	assert_int_equal(g->ops->resume(g, step, NULL), 0);
	assert_true(stop_waits(g));
	assert_int_equal(g->ops->stop_get(g, &stop), 0);
	assert_int_equal(stop.kind, GUEST_STOP_STEP);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(g->ops->regs_get(g, 1, &regs), 0);
	ranges[1] = (struct guest_range){ regs.pc, regs.pc + 16 };
	assert_int_equal(g->ops->resume(g, step, ranges), 0);
	assert_int_equal(g->ops->stop_get(g, &stop), 0);
	assert_int_equal(stop.kind, GUEST_STOP_STEP);
	assert_int_equal(g->ops->regs_get_some(g, 1, GUEST_REG_PC, &regs), 0);
	assert_int_equal(regs.pc, ranges[1].end);

	assert_int_equal(g->ops->kill(g), 0);
	assert_int_equal(g->ops->stop_get(g, &stop), 0);
	assert_int_equal(stop.kind, GUEST_STOP_EXITED);
	assert_int_equal(g->ops->resume(g, run, NULL), -ESRCH);
}

static void points(void **state)
{
	struct guest *g = *state;
	const struct guest_ops *ops = g->ops;
	uint32_t word;
	int err = 0;

	assert_int_equal(ops->break_set(g, 0, GUEST_BREAK_SW, RAM_BASE + 8, 4),
			 0);
	assert_int_equal(ops->break_set(g, 0, GUEST_BREAK_SW, RAM_BASE + 8, 4),
			 0);
	/* A read never shows the BRK. */
	assert_int_equal(ops->ipa_read(g, RAM_BASE + 8, &word, 4), 4);
	assert_int_equal(word, 0);
	assert_int_equal(
		ops->break_clear(g, 0, GUEST_BREAK_SW, RAM_BASE + 8, 4), 0);
	assert_int_equal(ops->break_clear(g, 0, GUEST_BREAK_SW, RAM_BASE + 8,
					  4),
			 -ENOENT);
	assert_int_equal(ops->break_set(g, 0, GUEST_BREAK_SW, 0x1000, 4),
			 -EFAULT);
	for (unsigned int i = 0; !err && i < 100; i++)
		err = ops->break_set(g, 0, GUEST_WATCH_WRITE, RAM_BASE + 16 * i,
				     8);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(ops->break_clear(g, 0, GUEST_WATCH_WRITE, RAM_BASE, 4),
			 -ENOENT);
	assert_int_equal(ops->break_clear(g, 0, GUEST_WATCH_WRITE, RAM_BASE, 8),
			 0);
}

/* Every kind of stop has a text of its own. */
static void stop_texts(void **state)
{
	for (int i = GUEST_STOP_NONE; i <= GUEST_STOP_EXITED; i++) {
		const char *text = guest_stop_text((enum guest_stop_kind)i);

		assert_non_null(text);
		assert_string_not_equal(text, "stopped");
		for (int j = GUEST_STOP_NONE; j < i; j++)
			assert_string_not_equal(
				text, guest_stop_text((enum guest_stop_kind)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_texts),
		cmocka_unit_test_setup_teardown(complete, setup, teardown),
		cmocka_unit_test_setup_teardown(registers, setup, teardown),
		cmocka_unit_test_setup_teardown(memory, setup, teardown),
		cmocka_unit_test_setup_teardown(pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(running, setup, teardown),
		cmocka_unit_test_setup_teardown(points, setup, teardown),
	};

	return fake_guest_run_tests(tests);
}
