// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_oopsreport.c - the files of --report-on-oops
 *
 * The guest is no Linux. Its report says so, and its dump is complete.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <trapline/vmcore.h>
#include <unistd.h>

#include "fake_vm.h"
#include "vmm/cmd/oopsreport.h"

static char dir[] = "/tmp/test-oopsreport-XXXXXX";
static char line[512];

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void has(const char *name, const char *text)
{
	static char data[SZ_64K];
	FILE *file = fopen(path_of(name), "r");

	assert_non_null(file);
	data[fread(data, 1, sizeof(data) - 1, file)] = '\0';
	fclose(file);
	if (!strstr(data, text))
		fail_msg("%s: no '%s' in: %s", name, text, data);
}

static int write_files(struct fake_vm *fv)
{
	return oopsreport_write(fv->session, dir, false, -1, line,
				sizeof(line));
}

static void test_files(void **state)
{
	struct fake_vm_options options = { .cpus = 1 };
	struct vmcore *core;
	struct fake_vm *fv;

	fake_vm_start(&options, &fv);
	assert_int_equal(oopsreport_check(dir, line, sizeof(line)), 0);
	fake_vm_run(fv);
	fake_vm_stop(fv);
	assert_int_equal(write_files(fv), 0);
	assert_non_null(strstr(line, "/report.txt"));
	has("report.txt", "No Linux kernel was found");
	has("report.json", "\"schema\": \"trapline-report\"");
	has("report.html", "<!DOCTYPE html>");
	assert_int_equal(
		vmcore_open(path_of("vmcore"), &core, line, sizeof(line)), 0);
	assert_int_equal(vmcore_guest(core)->nr_vcpus, 1);
	vmcore_close(core);
	/* Existing files are not overwritten; missing files are written. */
	assert_int_equal(oopsreport_check(dir, line, sizeof(line)), -EEXIST);
	assert_int_equal(unlink(path_of("report.html")), 0);
	assert_int_equal(write_files(fv), -EEXIST);
	assert_non_null(strstr(line, "report.txt"));
	has("report.html", "<!DOCTYPE html>");
	assert_int_equal(unlink(path_of("vmcore")), 0);
	assert_int_equal(oopsreport_check(dir, line, sizeof(line)), -EEXIST);
	assert_int_equal(unlink(path_of("report.txt")), 0);
	assert_int_equal(unlink(path_of("report.json")), 0);
	assert_int_equal(unlink(path_of("report.html")), 0);
	assert_int_equal(write_files(fv), 0);
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const names[] = { "report.txt",
						     "report.json",
						     "report.html" };

		assert_int_equal(unlink(path_of(names[i])), 0);
	}
	assert_int_equal(write_files(fv), -EEXIST);
	assert_non_null(strstr(line, "vmcore"));
	fake_vm_finish(fv);
}

static int setup(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
