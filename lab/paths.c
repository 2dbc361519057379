// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paths.c - find the lab's parts
 *
 * The cache holds fetched files (TRAPLINE_CACHE, or else trapline/ in the XDG
 * cache directory). Built files lie beside the running program in the build
 * directory (build/amd64/trapline, build/arm64/lab-init) or, once installed, in
 * the data directory, which may also have a kernel (scripts/deb). If a base
 * archive is missing, or is older than the script mklab or the kernel's
 * modules, this code runs mklab to make it.
 */
#include "paths.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trapline/report.h>
#include <trapline/types.h>

static char *__attribute__((format(printf, 1, 2))) format(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

static bool exists(const char *path)
{
	return path && !access(path, R_OK);
}

static char *cache_dir(void)
{
	const char *dir = getenv("TRAPLINE_CACHE");

	if (dir && *dir)
		return strdup(dir);
	dir = getenv("XDG_CACHE_HOME");
	if (dir && *dir)
		return format("%s/trapline", dir);
	dir = getenv("HOME");
	return format("%s/.cache/trapline", dir ? dir : "");
}

/*
 * Find one of trapline's files. If this program runs in its build directory,
 * the file is @name below @built. In an installation it is below the data
 * directory. Both places are relative to the program, so an installation may be
 * moved.
 */
static char *own_file(const char *built, const char *name)
{
	const char *const dirs[] = { built, "../share/trapline" };
	char self[PATH_MAX], *path, *dir;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return NULL;
	self[n] = '\0';
	dir = dirname(self);
	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++) {
		path = format("%s/%s/%s", dir, dirs[i], name);
		if (exists(path))
			return path;
		free(path);
	}
	return NULL;
}

static char *built_file(const char *name)
{
	return own_file("..", name);
}

static char *script_file(const char *name)
{
	return own_file("../..", name);
}

static int run_script(const char *script, const char *a, const char *b)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl(script, script, a, b, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -EIO : 0;
}

/* A global, because nftw(3) passes no pointer to its callback. */
static struct timespec newest;

/*
 * Use the time of the last status change (ctime), not of the last write
 * (mtime): a file that was copied or moved here may have any mtime. The ctime
 * of a folder changes when a file is added or removed.
 */
static int note_change(const char *path, const struct stat *st, int flag,
		       struct FTW *ftw)
{
	if (flag == FTW_NS)
		return 0;
	if (st->st_ctim.tv_sec > newest.tv_sec ||
	    (st->st_ctim.tv_sec == newest.tv_sec &&
	     st->st_ctim.tv_nsec > newest.tv_nsec))
		newest = st->st_ctim;
	return 0;
}

static void note_file(const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		note_change(path, &st, FTW_F, NULL);
}

/*
 * True when the archive exists and is newer than the script that makes it and
 * than all files that the script reads from a kernel's folder.
 */
static bool up_to_date(const char *base, const char *script, const char *dir)
{
	static const char *const trees[] = { "lib/modules/.",
					     "modules/lib/modules/." };
	static const char *const parts[] = { "", "lib", "modules",
					     "modules/lib" };
	struct stat st;
	char *path;

	if (stat(base, &st) < 0)
		return false;
	newest = (struct timespec){ 0 };
	if (script)
		note_file(script);
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		path = format("%s/%s", dir, parts[i]);
		note_file(path);
		free(path);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(trees); i++) {
		path = format("%s/%s", dir, trees[i]);
		nftw(path, note_change, 16, FTW_PHYS);
		free(path);
	}
	return st.st_mtim.tv_sec > newest.tv_sec ||
	       (st.st_mtim.tv_sec == newest.tv_sec &&
		st.st_mtim.tv_nsec > newest.tv_nsec);
}

/*
 * kernel is a name in the cache, or a folder that ends in '/'. dir is the
 * kernel's folder in both cases.
 */
static int make_base(const char *base, const char *kernel, const char *dir)
{
	char *script = script_file("scripts/mklab");
	int err = 0;

	if (up_to_date(base, script, dir))
		goto out;
	err = -ENOENT;
	if (!script) {
		report(REPORT_ERROR,
		       "%s is missing, and so is scripts/mklab, which "
		       "makes it",
		       base);
		goto out;
	}
	err = run_script(script, kernel, base);
	if (err)
		report(REPORT_ERROR,
		       "cannot make %s: the messages above say why", base);
out:
	free(script);
	return err;
}

/* FNV-1a: gives the archives of two folders different names. */
static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	return h;
}

/* A kernel given as a file; its modules, if it has any, lie beside it. */
static int find_kernel_file(struct lab_paths *paths, const char *cache,
			    const char *file)
{
	char real[PATH_MAX];

	if (!realpath(file, real)) {
		report(REPORT_ERROR, "%s: %s", file, strerror(errno));
		return -ENOENT;
	}
	paths->kernel = strdup(real);
	*(strrchr(real, '/') + 1) = '\0';
	paths->base =
		format("%s/lab/at-%016" PRIx64 ".cpio", cache, hash(real));
	return make_base(paths->base, real, real);
}

/* A package brings a kernel with its base archive, and the module for it. */
static bool find_packaged_kernel(struct lab_paths *paths, const char *name)
{
	char *kernel = format("lab/%s.vmlinuz", name);
	char *base = format("lab/%s.cpio", name);

	paths->kernel = built_file(kernel);
	paths->base = paths->kernel ? built_file(base) : NULL;
	free(kernel);
	free(base);
	if (paths->base)
		return true;
	free(paths->kernel);
	paths->kernel = NULL;
	return false;
}

static int find_kernel(struct lab_paths *paths, const char *cache,
		       const char *name)
{
	char *dir;
	int err;

	if (strchr(name, '/'))
		return find_kernel_file(paths, cache, name);
	if (find_packaged_kernel(paths, name))
		return 0;
	paths->kernel = format("%s/kernels/%s/vmlinuz", cache, name);
	if (!exists(paths->kernel) && exists(name)) {
		free(paths->kernel);
		paths->kernel = NULL;
		return find_kernel_file(paths, cache, name);
	}
	if (!exists(paths->kernel)) {
		report(REPORT_ERROR, "no kernel %s here: run scripts/%s%s",
		       name,
		       strcmp(name, "6.1") && strcmp(name, "6.12")
			       ? "fetch kernel "
			       : "setup",
		       strcmp(name, "6.1") && strcmp(name, "6.12") ? name : "");
		return -ENOENT;
	}
	paths->base = format("%s/lab/%s.cpio", cache, name);
	dir = format("%s/kernels/%s", cache, name);
	err = make_base(paths->base, name, dir);
	free(dir);
	return err;
}

static char *find_in_path(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *file;

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : strdup(name);
	for (path = path ? path : "/usr/bin:/bin"; *path; path = end) {
		end = strchrnul(path, ':');
		file = format("%.*s/%s", (int)(end - path), path, name);
		if (!access(file, X_OK))
			return file;
		free(file);
		end += *end == ':';
	}
	return NULL;
}

/* The user's QEMU, or the one that scripts/setup fetched, or the system's. */
static int find_qemu(struct lab_paths *paths, const char *cache)
{
	const char *name = getenv("TRAPLINE_QEMU");

	if (!name || !*name) {
		name = "qemu-system-aarch64";
		paths->qemu = format("%s/hostqemu/%s", cache, name);
		if (!access(paths->qemu, X_OK))
			return 0;
		free(paths->qemu);
	}
	paths->qemu = find_in_path(name);
	if (paths->qemu)
		return 0;
	report(REPORT_ERROR,
	       "%s is not here: run scripts/setup, or set TRAPLINE_QEMU", name);
	return -ENOENT;
}

static int find_module(struct lab_paths *paths, const char *kernel)
{
	const char *slash = strrchr(paths->kernel, '/');
	char *file = format("kmod/%s/trapline.ko", kernel);

	paths->module = strchr(kernel, '/') ? NULL : built_file(file);
	free(file);
	if (paths->module)
		return 0;
	paths->module = format("%.*s/trapline.ko", (int)(slash - paths->kernel),
			       paths->kernel);
	if (exists(paths->module))
		return 0;
	if (strchr(kernel, '/'))
		report(REPORT_ERROR,
		       "--accel trapline: no %s: build it for this kernel "
		       "(make module KDIR=...) and copy it there",
		       paths->module);
	else
		report(REPORT_ERROR,
		       "--accel trapline: no trapline.ko for kernel %s: "
		       "run make KERNELS=%s modules",
		       kernel, kernel);
	return -ENOENT;
}

int lab_paths_find(struct lab_paths *paths, const char *kernel, bool module)
{
	char *cache = cache_dir();
	int err;

	memset(paths, 0, sizeof(*paths));
	err = find_qemu(paths, cache);
	if (!err)
		err = find_kernel(paths, cache, kernel);
	if (!err && module)
		err = find_module(paths, kernel);
	if (!err) {
		paths->init = built_file("arm64/lab-init");
		paths->trapline = built_file("arm64/trapline");
	}
	if (!err && !paths->init) {
		report(REPORT_ERROR,
		       "arm64/lab-init is not built: run scripts/setup, then make");
		err = -ENOENT;
	}
	if (err)
		lab_paths_free(paths);
	free(cache);
	return err;
}

void lab_paths_free(struct lab_paths *paths)
{
	free(paths->kernel);
	free(paths->base);
	free(paths->init);
	free(paths->trapline);
	free(paths->module);
	free(paths->qemu);
	memset(paths, 0, sizeof(*paths));
}
