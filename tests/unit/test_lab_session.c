// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c, qemu.c: descriptors. A runner that has too few descriptors must
 * end; in this test, socket pairs that stay silent replace QEMU. QEMU must
 * inherit only its own descriptors; in this test, a script that lists its
 * descriptors replaces QEMU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/lab.h"
#include "lab/session.h"

#define LIMIT_SECONDS 600 /* ends a run that hangs */

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

/*
 * Without a descriptor for signals the runner must end, because it could not
 * see a signal or QEMU's end.
 */
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

static void script_make(char *path)
{
	static const char text[] = "#!/bin/sh\n"
				   "readlink /proc/$$/fd/*\n"
				   "echo end of list\n";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
}

/* Read QEMU's output up to the end of the list. */
static void list_read(int fd, char *text, size_t size)
{
	size_t length = 0;

	fcntl(fd, F_SETFL, 0);
	alarm(LIMIT_SECONDS);
	while (!strstr(text, "end of list")) {
		ssize_t n = read(fd, text + length, size - 1 - length);

		assert_true(n > 0);
		length += (size_t)n;
	}
	alarm(0);
}

/* A guest that has taken over QEMU could use an inherited descriptor. */
static void qemu_inherits_nothing(void **state)
{
	char *argv[] = { (char *)"lab", (char *)"true", NULL };
	char qemu_path[] = "/tmp/test_lab_qemu.XXXXXX";
	struct lab_paths paths = { .kernel = argv[0], .qemu = qemu_path };
	struct lab_options options;
	struct lab_plan plan = { .options = &options, .paths = &paths };
	char text[4096] = "";
	struct lab_qemu qemu;
	char error[256];
	int inherited = open("/dev/zero", O_RDWR);
	int image = open("/dev/full", O_RDWR | O_CLOEXEC);

	assert_int_equal(
		lab_options_parse(&options, 2, argv, error, sizeof(error)), 0);
	script_make(qemu_path);
	assert_int_equal(lab_qemu_start(&qemu, &plan, image), 0);
	list_read(qemu.errors, text, sizeof(text));
	lab_qemu_stop(&qemu);
	assert_non_null(strstr(text, "/dev/full"));
	assert_null(strstr(text, "/dev/zero"));
	close(inherited);
	close(image);
	unlink(qemu_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptor_for_signals),
		cmocka_unit_test(qemu_inherits_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
