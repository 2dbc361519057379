// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c: a runner that is short of descriptors ends. QEMU's part is played
 * by socket pairs on which nothing comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/session.h"

#define LIMIT_SECONDS 120 /* of a run that hangs */

static int runner(void)
{
	const struct rlimit none_left = { 3, 3 };
	const struct lab_options options = { 0 };
	const struct lab_plan plan = { .options = &options };
	struct lab_qemu qemu = { .gdb = -1 };

	for (unsigned int i = 0; i < 3; i++) {
		int *ours[] = { &qemu.control, &qemu.console, &qemu.errors };
		int fds[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
			return 2;
		*ours[i] = fds[0];
	}
	if (setrlimit(RLIMIT_NOFILE, &none_left))
		return 2;
	alarm(LIMIT_SECONDS);
	return lab_session_run(&qemu, &plan, NULL);
}

/* Otherwise it would neither hear a signal nor see that QEMU has ended. */
static void no_descriptor_for_signals(void **state)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(runner());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptor_for_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
