// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_vm_hang.c - --watchdog stops a live VM that makes no progress
 *
 * The guest is no Linux: its vCPU spins with interrupts off. What the watchdog
 * knows of Linux is tested by test_hang_report.c.
 *
 * TSan: yes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_vm.h"
#include "vmm/cmd/hangwatch.h"
#include "vmm/run.h"

static struct fake_vm *fv;
static struct hangwatch *watch;

static void start(const uint32_t *code, size_t nr)
{
	struct fake_vm_options options = {
		.cpus = 2,
		.code = code,
		.nr_code = nr,
	};

	fake_vm_start(&options, &fv);
	assert_int_equal(hangwatch_create(fv->session, 1, &watch), 0);
	/* A vCPU that waits for interrupts does not hang. */
	fake_kvm_power(1, false);
}

static void finish(void)
{
	hangwatch_destroy(watch);
	fake_vm_finish(fv);
}

/* Let the other threads run for a moment. */
static void pause_control(void)
{
	pthread_mutex_unlock(&fv->vm.control);
	usleep(1000);
	pthread_mutex_lock(&fv->vm.control);
}

/* Wait until a look is due, and let the watchdog look. */
static void look(void)
{
	while (hangwatch_timeout(watch) > 0)
		pause_control();
	hangwatch_tick(watch);
}

static void test_spin(void **state)
{
	static const uint32_t spin[] = { A64_B(0) };
	struct guest_stop stop = { .kind = GUEST_STOP_NONE };

	start(spin, ARRAY_SIZE(spin));
	assert_int_equal(hangwatch_timeout(watch), -1);
	fake_vm_run(fv);
	assert_in_range(hangwatch_timeout(watch), 0, 250);
	while (fv->g->ops->stop_get(fv->g, &stop)) {
		hangwatch_tick(watch);
		pause_control();
	}
	assert_int_equal(stop.kind, GUEST_STOP_HANG);
	assert_int_equal(stop.code, GUEST_HANG_IRQS);
	assert_int_equal(stop.vcpu, 0);
	session_stopped(fv->session);
	if (!strstr(fv->g->last.text, "Hang: CPU 0 has taken no interrupt") ||
	    !strstr(fv->g->last.text, "; stopped in "))
		fail_msg("%s", fv->g->last.text);
	/* A stopped guest does not hang. */
	assert_int_equal(hangwatch_timeout(watch), -1);
	hangwatch_tick(watch);
	fake_vm_expect_none(fv);
	finish();
}

static void test_wait(void **state)
{
	struct guest_stop stop;

	start(NULL, 0);
	fake_vm_run(fv);
	for (int i = 0; i < 6; i++) {
		look();
		assert_int_equal(fv->g->ops->stop_get(fv->g, &stop), -EAGAIN);
		pause_control();
	}
	assert_true(fv->g->ops->is_running(fv->g));
	/* While a debugger holds a vCPU, there are no looks. */
	fake_vm_stop(fv);
	fake_vm_resume(fv, 0, GUEST_RUN, GUEST_HOLD);
	look();
	fake_vm_expect_none(fv);
	hangwatch_forget(watch);
	finish();
}

static void test_none(void **state)
{
	start(NULL, 0);
	hangwatch_destroy(watch);
	assert_int_equal(hangwatch_create(fv->session, 0, &watch), 0);
	assert_null(watch);
	hangwatch_tick(watch);
	hangwatch_forget(watch);
	assert_int_equal(hangwatch_timeout(watch), -1);
	finish();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
