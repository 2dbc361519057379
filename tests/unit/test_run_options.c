// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_run_options.c - the command line of "trapline run", and the command line
 * that the lab gets instead
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run_lab.h"
#include "cli/run_options.h"

static struct run_options o;

/* Words separated by '|', so that arguments may have spaces. */
static int parse(const char *line)
{
	static char copy[4096];
	char *argv[64] = { (char *)"run" }, *at = copy;
	int argc = 1;

	run_options_deinit(&o);
	snprintf(copy, sizeof(copy), "%s", line);
	while (at && *line)
		argv[argc++] = strsep(&at, "|");
	return run_options_parse(&o, argc, argv);
}

static void refused(const char *line, const char *say)
{
	assert_int_equal(parse(line), -EINVAL);
	if (!strstr(o.error, say))
		fail_msg("%s: '%s' does not say '%s'", line, o.error, say);
	assert_null(strchr(o.error, '\n'));
}

static void test_defaults(void **state)
{
	assert_int_equal(parse("Image"), 0);
	assert_string_equal(o.config.kernel, "Image");
	assert_string_equal(o.config.accel, "auto");
	assert_string_equal(o.config.gdb, "1234");
	assert_int_equal(o.config.cpus, 1);
	assert_int_equal(o.config.memory, 512 * SZ_1M);
	assert_int_equal(o.config.catches, VMM_CATCH_OOPS | VMM_CATCH_PANIC);
	assert_null(o.config.initrd);
	assert_null(o.config.append);
	assert_int_equal(o.config.load_address, 0);
	assert_false(o.config.wait || o.quiet || o.config.lpa2);
}

static void test_spellings(void **state)
{
	static const char *const lines[] = {
		"-c|4|-m|1G|-i|rd|Image",
		"Image|-c4|-m1024|-ird",
		"--cpus=4|--mem=1024M|Image|--initrd=rd",
		"--cpus|4|--mem|1048576k|--initrd|rd|--|Image",
		"-c|2|-c|4|-m|1g|-i|rd|Image",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_int_equal(o.config.cpus, 4);
		assert_int_equal(o.config.memory, SZ_1G);
		assert_string_equal(o.config.initrd, "rd");
		assert_string_equal(o.config.kernel, "Image");
	}
	assert_int_equal(parse("--|-strange-name"), 0);
	assert_string_equal(o.config.kernel, "-strange-name");
}

static void test_numbers(void **state)
{
	static const char *const bad_cpus[] = {
		"0",  "17", "-1",
		"1x", "x",  "+1",
		" 1", "0x", "99999999999999999999"
	};
	static const char *const bad_mem[] = {
		"1",
		"31",
		"31M",
		"x",
		"-1",
		"1GB",
		"2GG",
		"G",
		"0",
		"1025G",
		"18446744073709551615",
		"18446744073709551616",
		"9999999T",
	};
	char line[128];

	for (size_t i = 0; i < ARRAY_SIZE(bad_cpus); i++) {
		snprintf(line, sizeof(line), "-c|%s|Image", bad_cpus[i]);
		refused(line, "1 to 16");
		refused(line, "--cpus");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_mem); i++) {
		snprintf(line, sizeof(line), "-m|%s|Image", bad_mem[i]);
		refused(line, "32M to 1T");
		refused(line, "--mem");
	}
	assert_int_equal(parse("-m|32M|Image"), 0);
	assert_int_equal(parse("-m|33|Image"), 0);
	assert_int_equal(o.config.memory, 34 * SZ_1M);
	assert_int_equal(parse("-m|1T|Image"), 0);
	assert_int_equal(parse("-c|16|Image"), 0);
	refused("-c|9|--lab-gic|2|Image", "1 to 8");
	refused("--lab-gic|4|Image", "2 or 3");
	refused("--lab-gic|2|--accel|trapline|Image", "needs a GICv3");
	refused("--lab-smp|0|Image", "1 to 64");
}

static void test_operands(void **state)
{
	refused("", "no KERNEL");
	refused("-c|1", "no KERNEL");
	refused("Image|other", "KERNEL is already");
	refused("Image|-c", "--cpus needs a value");
	refused("Image|--cpus=", "--cpus needs a value");
	refused("--nonsense|Image", "no option --nonsense");
	refused("--cpu|1|Image", "no option --cpu");
	refused("-x|Image", "no option -x");
	refused("-|Image", "no option -");
	refused("--wait=1|Image", "takes no value");
	refused("-qq|Image", "takes no value");
	assert_int_equal(parse("--help"), 0);
	assert_true(o.help);
	assert_int_equal(parse("-h|Image"), 0);
}

static void test_gdb(void **state)
{
	assert_int_equal(parse("--gdb|none|Image"), 0);
	assert_null(o.config.gdb);
	assert_int_equal(parse("--gdb|[::1]:4000|Image"), 0);
	assert_string_equal(o.config.gdb, "[::1]:4000");
	assert_int_equal(parse("--gdb|unix:/tmp/s|Image"), 0);
	assert_int_equal(parse("--gdb|4000,any-user|Image"), 0);
	assert_int_equal(parse("--gdb|[::]:4000,any-user|Image"), 0);
	assert_string_equal(o.config.gdb, "[::]:4000,any-user");
	refused("--gdb|4000,any|Image", "any-user");
	refused("--gdb|,any-user|Image", "any-user");
	assert_int_equal(parse("--gdb|dev:/dev/x|Image"), 0);
	refused("--gdb|0|Image", "1 to 65535");
	refused("--gdb|65536|Image", "1 to 65535");
	refused("--gdb|unix:|Image", "unix:PATH");
	refused("--gdb|host:|Image", "HOST:PORT");
	refused("--gdb|none|--wait|Image", "--wait");
}

static void test_catch(void **state)
{
	assert_int_equal(parse("--catch|none|Image"), 0);
	assert_int_equal(o.config.catches, 0);
	assert_int_equal(parse("--catch|panic|Image"), 0);
	assert_int_equal(o.config.catches, VMM_CATCH_PANIC);
	assert_int_equal(parse("--catch|panic,oops|Image"), 0);
	assert_int_equal(o.config.catches, VMM_CATCH_OOPS | VMM_CATCH_PANIC);
	refused("--catch|warn|Image", "oops, panic");
	refused("--catch|oops,|Image", "oops, panic");
	refused("--catch|oops,none|Image", "oops, panic");
	refused("--catch|oopspanic|Image", "oops, panic");
}

static void test_disks(void **state)
{
	assert_int_equal(parse("-d|a.img|-d|b.img,ro|Image"), 0);
	assert_int_equal(o.config.nr_disks, 2);
	assert_string_equal(o.config.disk[0].path, "a.img");
	assert_false(o.config.disk[0].read_only);
	assert_string_equal(o.config.disk[1].path, "b.img");
	assert_true(o.config.disk[1].read_only);
	refused("-d|,ro|Image", "FILE,ro");
	refused("-d|1|-d|2|-d|3|-d|4|-d|5|-d|6|-d|7|-d|8|-d|9|Image",
		"at most 8");
}

static void test_nets(void **state)
{
	assert_int_equal(parse("-n|user,hostfwd=tcp:2222-22,"
			       "hostfwd=udp::53-:5353|-n|tap=tap0|Image"),
			 0);
	assert_int_equal(o.config.nr_nets, 2);
	assert_int_equal(o.config.net[0].nr_forwards, 2);
	assert_int_equal(o.config.net[0].forward[0].host_port, 2222);
	assert_int_equal(o.config.net[0].forward[0].guest_port, 22);
	assert_true(o.config.net[0].forward[1].udp);
	assert_false(o.config.net[0].forward[0].any);
	assert_int_equal(o.config.net[0].forward[1].guest_port, 5353);
	assert_string_equal(o.config.net[1].tap, "tap0");
	assert_int_equal(parse("-n|user,hostfwd=tcp:0.0.0.0:1-2,"
			       "hostfwd=tcp:127.0.0.1:3-4|Image"),
			 0);
	assert_true(o.config.net[0].forward[0].any);
	assert_false(o.config.net[0].forward[1].any);
	assert_int_equal(o.config.net[0].forward[1].host_port, 3);
	assert_false(o.config.net[0].host_loopback);
	assert_int_equal(parse("-n|user,host-loopback=on,hostfwd=tcp:1-2|-n|"
			       "user,host-loopback=off|Image"),
			 0);
	assert_true(o.config.net[0].host_loopback);
	assert_int_equal(o.config.net[0].nr_forwards, 1);
	assert_false(o.config.net[1].host_loopback);
	refused("-n|user,host-loopback|Image", "host-loopback=on");
	refused("-n|user,host-loopback=yes|Image", "host-loopback=on");
	refused("-n|user,hostfwd=tcp:1.2.3.4:1-2|Image", "--net");
	refused("-n|users|Image", "--net");
	refused("-n|user,|Image", "--net");
	refused("-n|user,hostfwd=tcp:0-22|Image", "--net");
	refused("-n|user,hostfwd=tcp:1-65536|Image", "--net");
	refused("-n|user,hostfwd=tcp:1-22x|Image", "--net");
	refused("-n|user,hostfwd=sctp:1-22|Image", "--net");
	refused("-n|tap=|Image", "--net");
	refused("-n|tap=a-name-too-long-for-one|Image", "--net");
}

static void test_load_address(void **state)
{
	assert_int_equal(parse("--load-address|0x40080000|u-boot.bin"), 0);
	assert_int_equal(o.config.load_address, 0x40080000);
	refused("--load-address|0|Image", "0x40000000");
	refused("--load-address|0x3fffffff|Image", "0x40000000");
	refused("--load-address|0x40000002|Image", "multiple of 4");
	refused("--load-address|40080000x|Image", "0x40000000");
}

/* ---- the lab ----------------------------------------------------------- */

static char dir[64];
static struct run_lab lab;

static void touch(const char *name)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static int lab_setup(void **state)
{
	char sub[96];

	strcpy(dir, "/tmp/test_run_options.XXXXXX");
	assert_non_null(mkdtemp(dir));
	touch("Image");
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	touch("sub/disk");
	return 0;
}

static int lab_teardown(void **state)
{
	char line[128];

	run_options_deinit(&o);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	return system(line);
}

/* The lab's whole command line in one string. */
static const char *translate(const char *line)
{
	static char text[4096];
	size_t n = 0;

	assert_int_equal(parse(line), 0);
	run_lab_deinit(&lab);
	if (run_lab_translate(&o, &lab))
		return lab.error;
	for (int i = 0; i < lab.argc; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
			      lab.argv[i]);
	assert_null(lab.argv[lab.argc]);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not have '%s'", text, part);
}

static void test_lab(void **state)
{
	char line[256], want[512];
	const char *got;

	snprintf(line, sizeof(line),
		 "%s/Image|-c|2|-d|%s/sub/disk,ro|-a|a b|--lab-cpu|nvhe|"
		 "--lab-kernel|6.1|-n|user,hostfwd=tcp:2222-22|-m|1G",
		 dir, dir);
	got = translate(line);
	assert_null(strstr(got, "--accel"));
	/* All files in this test are empty. */
	assert_has(got, "lab --cpu nvhe --kernel 6.1 --mem 1536M --gdb 1234 ");
	assert_has(got, " --net --forward 2222:2222 ");
	snprintf(want, sizeof(want),
		 " --no-cwd --file %s/Image --disk %s/sub/disk,ro,locked "
		 "trapline run --cpus 2 --mem 1024M --append a b --disk "
		 "%s/sub/disk,ro ",
		 dir, dir, dir);
	assert_has(got, want);
	assert_has(got, " --net user,hostfwd=tcp:0.0.0.0:2222-22 ");
	assert_has(got, " --gdb dev:/dev/virtio-ports/trapline.gdb "
			"--gdb-target target remote :1234 ");
	snprintf(want, sizeof(want), " -- %s/Image", dir);
	assert_has(got, want);
	snprintf(line, sizeof(line), "%s/Image|--gdb|4000,any-user", dir);
	got = translate(line);
	assert_has(got, " --gdb 4000,any-user ");
	assert_has(got, " --gdb-target target remote :4000 ");
	snprintf(line, sizeof(line), "%s/Image|-n|user,host-loopback=on", dir);
	assert_has(translate(line), " --net user,host-loopback=on ");
	snprintf(line, sizeof(line), "%s/Image|--accel|trapline", dir);
	got = translate(line);
	assert_has(got, "lab --accel trapline --mem ");
	assert_has(got, " trapline run --cpus 1 --mem 512M --accel trapline ");
	run_lab_deinit(&lab);
}

/* Of the current folder, the lab gets only the files that were named. */
static void test_lab_cwd(void **state)
{
	char cwd[512], *old = getcwd(cwd, sizeof(cwd));
	char want[512];
	const char *got;

	assert_non_null(old);
	assert_int_equal(chdir(dir), 0);
	got = translate("Image|-d|sub/disk");
	assert_null(strstr(got, "--share"));
	snprintf(
		want, sizeof(want),
		" --no-cwd --file %s/Image --disk %s/sub/disk,locked trapline ",
		dir, dir);
	assert_has(got, want);
	run_lab_deinit(&lab);
	assert_int_equal(chdir(cwd), 0);
}

/* --save-dir, --dump-on-oops and --report-on-oops make a folder writable. */
static void test_lab_folders(void **state)
{
	char line[512], want[256];
	const char *got;

	snprintf(line, sizeof(line),
		 "--save-dir|%s/sub/../sub|--modules|%s|%s/Image", dir, dir,
		 dir);
	got = translate(line);
	assert_string_equal(o.config.save_dir + strlen(dir), "/sub/../sub");
	snprintf(want, sizeof(want), " --share %s,ro --share %s/sub trapline ",
		 dir, dir);
	assert_has(got, want);
	snprintf(want, sizeof(want), " --save-dir %s/sub ", dir);
	assert_has(got, want);
	snprintf(line, sizeof(line), "--save-dir|%s/Image|%s/Image", dir, dir);
	assert_has(translate(line), "not a folder");
	run_lab_deinit(&lab);
	snprintf(line, sizeof(line), "--dump-on-oops|%s/sub/./core|%s/Image",
		 dir, dir);
	got = translate(line);
	assert_string_equal(o.config.files[VMM_OOPS].dump_name, "core");
	snprintf(want, sizeof(want), " --share %s/sub trapline ", dir);
	assert_has(got, want);
	snprintf(want, sizeof(want), " --dump-on-oops %s/sub/core ", dir);
	assert_has(got, want);
	snprintf(line, sizeof(line), "--report-on-oops|%s/sub|%s/Image", dir,
		 dir);
	got = translate(line);
	snprintf(want, sizeof(want), " --share %s/sub trapline ", dir);
	assert_has(got, want);
	snprintf(want, sizeof(want), " --report-on-oops %s/sub ", dir);
	assert_has(got, want);
	snprintf(line, sizeof(line),
		 "--watchdog|30|--report-on-hang|%s/sub|--dump-on-hang|%s/x|"
		 "--report-on-oops|%s/sub|%s/Image",
		 dir, dir, dir, dir);
	got = translate(line);
	snprintf(want, sizeof(want), " --share %s/sub --share %s trapline ",
		 dir, dir);
	assert_has(got, want);
	snprintf(want, sizeof(want), " --watchdog 30 --report-on-oops %s/sub ",
		 dir);
	assert_has(got, want);
	snprintf(want, sizeof(want),
		 " --dump-on-hang %s/x --report-on-hang %s/sub ", dir, dir);
	assert_has(got, want);
	assert_int_equal(parse("--watchdog|0|Image"), -EINVAL);
	assert_int_equal(parse("--dump-on-hang|core|Image"), -EINVAL);
	assert_has(o.error, "need --watchdog SECONDS");
	snprintf(line, sizeof(line), "--dump-on-oops|%s/Image|%s/Image", dir,
		 dir);
	assert_int_equal(parse(line), -EINVAL);
	assert_has(o.error, "exists already");
	assert_int_equal(parse("--dump-on-oops|sub/|Image"), -EINVAL);
	assert_has(o.error, "name of a file");
	run_lab_deinit(&lab);
}

static void test_lab_sandbox(void **state)
{
	char line[256];

	snprintf(line, sizeof(line), "%s/Image", dir);
	assert_null(strstr(translate(line), "sandbox"));
	assert_int_equal(o.config.sandbox, VMM_SANDBOX_TRY);
	snprintf(line, sizeof(line), "--no-sandbox|%s/Image", dir);
	assert_has(translate(line), " --no-sandbox ");
	snprintf(line, sizeof(line), "--sandbox|%s/Image", dir);
	assert_has(translate(line), " --sandbox ");
	run_lab_deinit(&lab);
}

static void test_lab_refuses(void **state)
{
	char line[256];

	snprintf(line, sizeof(line), "%s/Image|-n|tap=tap0", dir);
	assert_has(translate(line), "tap0");
	snprintf(line, sizeof(line), "%s/Image|-n|user,hostfwd=udp:1-1", dir);
	assert_has(translate(line), "udp:1: the lab carries TCP");
	snprintf(line, sizeof(line), "%s/Image|--gdb|unix:/tmp/s", dir);
	assert_has(translate(line), "only a port");
	assert_has(translate("/nonexistent/Image"), "No such file");
	assert_has(translate("/dev/null"), "regular file");
	run_lab_deinit(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_gdb),
		cmocka_unit_test(test_catch),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_load_address),
		cmocka_unit_test(test_lab),
		cmocka_unit_test(test_lab_cwd),
		cmocka_unit_test(test_lab_folders),
		cmocka_unit_test(test_lab_sandbox),
		cmocka_unit_test(test_lab_refuses),
	};

	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
