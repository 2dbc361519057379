// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * savefile.c: a file that a debugger names is written below the folder of
 * --save-dir, or not at all.
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
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/types.h>

#include "session/savefile.h"

static char top[] = "/tmp/test-save-XXXXXX";
static char dir[64];
static char err[512];

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

/* top/saved is the folder of --save-dir. top/victim must never change. */
static int setup(void **state)
{
	FILE *victim;

	if (!mkdtemp(top))
		return -1;
	snprintf(dir, sizeof(dir), "%s/saved", top);
	victim = fopen(path_of("victim"), "w");
	if (!victim)
		return -1;
	fputs("untouched", victim);
	fclose(victim);
	return mkdir(dir, 0700) || mkdir(path_of("saved/sub"), 0700) ||
	       symlink("../victim", path_of("saved/link")) ||
	       symlink("..", path_of("saved/up")) ||
	       symlink(top, path_of("saved/away")) ||
	       symlink("sub", path_of("saved/inside")) ||
	       mkfifo(path_of("saved/fifo"), 0600);
}

static int teardown(void **state)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -r %s", top);
	return system(line);
}

static int save(const char *name)
{
	int error;

	err[0] = '\0';
	error = savefile_put(dir, name, "saved", 5, err, sizeof(err));
	assert_int_equal(!*err, !error);
	assert_null(strchr(err, '\n'));
	return error;
}

static void below_the_folder(void **state)
{
	struct stat st;

	assert_int_equal(save("log"), 0);
	assert_int_equal(stat(path_of("saved/log"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(save("sub/log"), 0);
	assert_int_equal(stat(path_of("saved/sub/log"), &st), 0);
	assert_int_equal(save("./sub//more"), 0);
	assert_int_equal(stat(path_of("saved/sub/more"), &st), 0);
}

/* Names that lead out of the folder, and names where no file can be. */
static void nowhere_else(void **state)
{
	static const struct {
		const char *name;
		int error;
	} bad[] = {
		{ "", -EINVAL },
		{ "/tmp/x", -EXDEV },
		{ "../victim", -EXDEV },
		{ "../new", -EXDEV },
		{ "sub/../../new", -EXDEV },
		{ "..", -EXDEV },
		{ "../", -EXDEV },
		{ "link", -EEXIST },
		{ "up/new", -ELOOP },
		{ "away/new", -ELOOP },
		{ "inside/new", -ELOOP },
		{ "fifo", -EEXIST },
		{ "sub", -EEXIST },
		{ ".", -EEXIST },
		{ "none/new", -ENOENT },
		{ "fifo/new", -ENOTDIR },
	};
	char text[16] = "";
	struct stat st;
	FILE *victim;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(save(bad[i].name), bad[i].error);
	assert_int_equal(stat(path_of("new"), &st), -1);
	victim = fopen(path_of("victim"), "r");
	assert_non_null(fgets(text, sizeof(text), victim));
	assert_string_equal(text, "untouched");
	fclose(victim);
	/* A file that exists already stays as it is. */
	assert_int_equal(save("once"), 0);
	assert_int_equal(save("once"), -EEXIST);
	assert_non_null(strstr(err, "once: "));
}

/* A file has its name when it is complete, and no other file is left. */
static void complete_or_not_there(void **state)
{
	struct savefile f;
	struct stat st;

	assert_int_equal(savefile_begin(dir, "sub/core", &f, err, sizeof(err)),
			 0);
	assert_int_equal(write(f.fd, "saved", 5), 5);
	assert_int_equal(stat(path_of("saved/sub/core"), &st), -1);
	assert_int_equal(savefile_commit(&f, err, sizeof(err)), 0);
	assert_int_equal(stat(path_of("saved/sub/core"), &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(savefile_begin(dir, "sub/core", &f, err, sizeof(err)),
			 -EEXIST);
	assert_int_equal(savefile_begin(dir, "up/new", &f, err, sizeof(err)),
			 -ELOOP);
	assert_int_equal(savefile_begin(dir, "../new", &f, err, sizeof(err)),
			 -EXDEV);
	assert_int_equal(savefile_begin(dir, "sub/half", &f, err, sizeof(err)),
			 0);
	savefile_abort(&f);
	/* Another file has taken the name meanwhile: it stays. */
	assert_int_equal(savefile_begin(dir, "sub/late", &f, err, sizeof(err)),
			 0);
	assert_int_equal(mkdir(path_of("saved/sub/late"), 0700), 0);
	assert_int_equal(savefile_commit(&f, err, sizeof(err)), -EEXIST);
	assert_non_null(strstr(err, "late: exists already"));
	assert_int_equal(rmdir(path_of("saved/sub/late")), 0);
	assert_int_equal(unlink(path_of("saved/sub/core")), 0);
	/* Only what the other tests have saved is in the folder. */
	unlink(path_of("saved/sub/log"));
	unlink(path_of("saved/sub/more"));
	assert_int_equal(rmdir(path_of("saved/sub")), 0);
	assert_int_equal(mkdir(path_of("saved/sub"), 0700), 0);
}

/* A disk that is full: no half file is left, and the name is free. */
static void full_disk(void **state)
{
	static char text[100000];
	struct rlimit old, less;

	signal(SIGXFSZ, SIG_IGN);
	memset(text, 'x', sizeof(text));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	less = (struct rlimit){ sizeof(text) / 2, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	assert_int_equal(savefile_put(dir, "sub/full", text, sizeof(text), err,
				      sizeof(err)),
			 -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(err, "sub/full: File too large");
	assert_int_equal(rmdir(path_of("saved/sub")), 0);
	assert_int_equal(mkdir(path_of("saved/sub"), 0700), 0);
	assert_int_equal(save("sub/full"), 0);
	assert_int_equal(unlink(path_of("saved/sub/full")), 0);
}

static void no_folder_no_file(void **state)
{
	assert_int_equal(savefile_put(NULL, "x", "", 0, err, sizeof(err)),
			 -EACCES);
	assert_non_null(strstr(err, "--save-dir DIR"));
	assert_int_equal(savefile_put("/nonexistent", "x", "", 0, err,
				      sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "the folder /nonexistent: No such"));
	assert_int_equal(savefile_check(dir, err, sizeof(err)), 0);
	assert_int_equal(savefile_check(path_of("victim"), err, sizeof(err)),
			 -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_the_folder),
		cmocka_unit_test(nowhere_else),
		cmocka_unit_test(complete_or_not_there),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(no_folder_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
