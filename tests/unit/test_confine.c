// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confine.c: the files that a confined VMM can open. A child process is
 * confined as "trapline run" is. Its exit status shows the result.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/confine.h"
#include "vmm/vm.h"

static char top[] = "/tmp/test-confine-XXXXXX";

static char *path_of(const char *name)
{
	static char path[2][128];
	static int n;

	n ^= 1;
	snprintf(path[n], sizeof(path[n]), "%s/%s", top, name);
	return path[n];
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	if (!mkdtemp(top))
		return -1;
	put("Image", "old");
	put("secret", "secret");
	return 0;
}

static int teardown(void **state)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -r %s", top);
	return system(line);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* The first 15 characters of the file; NULL: the file cannot be opened. */
static const char *get(const char *name)
{
	static char text[16];
	FILE *file = fopen(name, "r");

	if (!file)
		return NULL;
	memset(text, 0, sizeof(text));
	(void)!fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	return text;
}

static void expect(const char *name, const char *text)
{
	const char *got = get(name);

	if (text ? !got || strcmp(got, text) : got || errno != EACCES)
		_exit(1);
}

static void child(int built)
{
	char *kernel = strdup(path_of("Image"));
	const struct vm_config config = { .kernel = kernel };
	static struct vm vm;
	char byte;

	vm.config = &config;
	if (vm_confine(&vm))
		_exit(2);
	vm_thread_confine(&vm, SANDBOX_CONTROL);
	if (vm_image_name(&vm, VM_INITRD, NULL) ||
	    vm_image_name(&vm, VM_KERNEL, kernel) != kernel)
		_exit(3);
	expect(kernel, "old");
	expect(path_of("secret"), NULL);
	if (write(built, "", 1) != 1 || read(built, &byte, 1) != 1)
		_exit(4);
	expect(kernel, NULL);
	expect(vm_image_name(&vm, VM_KERNEL, kernel), "old");
	_exit(0);
}

/*
 * The process can open the kernel, and no other file of its folder. If another
 * file gets the kernel's name, a reset loads the kernel of the start.
 */
static void the_kernel_alone(void **state)
{
	int status, sockets[2];
	char byte;
	pid_t pid;

	if (!has_landlock())
		skip();
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	pid = fork();
	if (!pid) {
		close(sockets[0]);
		child(sockets[1]);
	}
	close(sockets[1]);
	if (read(sockets[0], &byte, 1) == 1) {
		put("built", "new");
		assert_int_equal(rename(path_of("built"), path_of("Image")), 0);
		assert_int_equal(write(sockets[0], "", 1), 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(sockets[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
