// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image.c - the initramfs of one run
 *
 * The kernel unpacks concatenated archives in order. So this code copies the
 * base archive, which scripts/mklab makes, and appends a small one. Both go to
 * a memfd that QEMU inherits, so no file has to be cleaned up, however this
 * process ends.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <trapline/report.h>
#include <trapline/types.h>
#include <trapline/util.h>

#include "cpio.h"
#include "wire.h"

bool lab_path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

/* True for a directory in which the lab's own root has its files. */
static bool would_cover_lab(const char *dir)
{
	static const char *const own[] = {
		"/",    "/bin",      "/sbin",
		"/usr", "/usr/bin",  "/usr/lib",
		"/lib", "/usr/sbin", "/usr/lib/aarch64-linux-gnu",
		"/dev", "/proc",     "/sys",
		"/lab", "/etc",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(dir, own[i]))
			return true;
	return false;
}

static int by_length(const void *a, const void *b)
{
	const struct lab_share *x = a, *y = b;

	return (int)strlen(x->dir) - (int)strlen(y->dir);
}

static int add_share(struct lab_plan *plan, const char *dir, bool read_only)
{
	char *real = realpath(dir, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0) {
		report(REPORT_ERROR, "--share %s: %s", dir, strerror(errno));
		free(real);
		return -ENOENT;
	}
	if (!S_ISDIR(st.st_mode) || would_cover_lab(real)) {
		report(REPORT_ERROR, "--share %s: %s", dir,
		       S_ISDIR(st.st_mode)
			       ? "it would cover the lab's own files: share a folder"
				 " below it"
			       : "not a folder");
		free(real);
		return -EINVAL;
	}
	plan->shares[plan->nshares++] = (struct lab_share){ real, read_only };
	return 0;
}

/* "DIR" or "DIR,ro" */
static int add_share_option(struct lab_plan *plan, const char *arg)
{
	size_t n = strlen(arg);
	bool read_only = n > 3 && !strcmp(arg + n - 3, ",ro");
	char *dir = strndup(arg, read_only ? n - 3 : n);
	int err = dir ? add_share(plan, dir, read_only) : -ENOMEM;

	free(dir);
	return err;
}

/*
 * Sort short directories first. So a directory is mounted after the directories
 * that contain it, or is dropped if one of these is of the same kind. A
 * read-only directory then never hides a writable one.
 */
static void drop_nested(struct lab_plan *plan)
{
	unsigned int i, j, kept = 0;

	qsort(plan->shares, plan->nshares, sizeof(plan->shares[0]), by_length);
	for (i = 0; i < plan->nshares; i++) {
		struct lab_share *s = &plan->shares[i];

		for (j = 0; j < kept; j++)
			if (lab_path_is_below(s->dir, plan->shares[j].dir) &&
			    s->read_only == plan->shares[j].read_only)
				break;
		if (j < kept)
			free(s->dir);
		else
			plan->shares[kept++] = *s;
	}
	plan->nshares = kept;
}

int lab_plan_shares(struct lab_plan *plan)
{
	const struct lab_options *o = plan->options;
	unsigned int i;
	int err = 0;

	plan->cwd = getcwd(NULL, 0);
	if (!o->no_cwd && plan->cwd && !would_cover_lab(plan->cwd))
		err = add_share(plan, plan->cwd, false);
	for (i = 0; !err && i < o->shares.n; i++)
		err = add_share_option(plan, o->shares.item[i]);
	drop_nested(plan);
	return err;
}

void lab_plan_free(struct lab_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nshares; i++)
		free(plan->shares[i].dir);
	plan->nshares = 0;
	free(plan->cwd);
	plan->cwd = NULL;
}

static void put_string(FILE *out, char kind, const char *text)
{
	fputc(kind, out);
	fputs(text, out);
	fputc('\0', out);
}

static void put_env(FILE *out, const char *name)
{
	const char *value;

	if (strchr(name, '=')) {
		put_string(out, 'e', name);
		return;
	}
	value = getenv(name);
	if (value)
		fprintf(out, "e%s=%s%c", name, value, '\0');
}

/* True when the user set this variable: the user's value replaces ours. */
static bool is_given(const struct lab_options *o, const char *entry)
{
	size_t n = strcspn(entry, "=");
	unsigned int i;

	for (i = 0; i < o->env.n; i++)
		if (strcspn(o->env.item[i], "=") == n &&
		    !strncmp(o->env.item[i], entry, n))
			return true;
	return false;
}

static void put_environment(FILE *out, const struct lab_options *o)
{
	static const char *const ours[] = {
		"PATH=/bin:/sbin:/usr/bin:/usr/sbin",
		"HOME=/root",
		"USER=root",
		"TRAPLINE_LAB=1",
		"TERM",
		"LANG",
		"NO_COLOR",
	};
	unsigned int i;

	for (i = 0; i < o->env.n; i++)
		put_env(out, o->env.item[i]);
	for (i = 0; i < ARRAY_SIZE(ours); i++)
		if (!is_given(o, ours[i]))
			put_env(out, ours[i]);
}

char *lab_config_text(const struct lab_plan *plan, size_t *x_size)
{
	const struct lab_options *o = plan->options;
	char *text = NULL, **arg;
	FILE *out = open_memstream(&text, x_size);
	unsigned int i;

	if (!out)
		return NULL;
	for (arg = o->command; *arg; arg++)
		put_string(out, 'a', *arg);
	if (plan->cwd)
		put_string(out, 'd', plan->cwd);
	put_environment(out, o);
	for (i = 0; i < plan->nshares; i++)
		put_string(out, 'm', plan->shares[i].dir);
	if (o->disks.n)
		put_string(out, 'g', "disk");
	if (o->el2_core)
		put_string(out, 'k', EL2_MODULE);
	if (o->net) {
		put_string(out, 'g', "net");
		put_string(out, 'n', "");
	}
	if (plan->tty)
		fprintf(out, "t%hu %hu%c", plan->rows, plan->columns, '\0');
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * The name in the archive of the host's file @path: its real name without the
 * leading slash. NULL with a message.
 */
static char *place_of(const char *option, const char *path)
{
	char *real = realpath(path, NULL), *slash;
	bool covers;

	if (!real) {
		report(REPORT_ERROR, "--%s %s: %s", option, path,
		       strerror(errno));
		return NULL;
	}
	slash = strrchr(real, '/');
	*slash = '\0';
	covers = *real && would_cover_lab(real);
	*slash = '/';
	if (covers) {
		report(REPORT_ERROR,
		       "--%s %s: it would lie among the lab's own files: "
		       "move it to another folder",
		       option, path);
		free(real);
		return NULL;
	}
	memmove(real, real + 1, strlen(real));
	return real;
}

static int add_files(struct cpio *cpio, const struct lab_options *o)
{
	unsigned int i;

	for (i = 0; i < o->files.n; i++) {
		char *place = place_of("file", o->files.item[i]);

		if (!place)
			return -EINVAL;
		cpio_add_parents(cpio, place);
		cpio_copy_file(cpio, place, 0444, o->files.item[i]);
		free(place);
	}
	return 0;
}

/* Do the first @n characters of @arg end in @suffix? */
static bool ends_in(const char *arg, size_t n, const char *suffix)
{
	size_t len = strlen(suffix);

	return n > len && !strncmp(arg + n - len, suffix, len);
}

size_t lab_disk_suffixes(const char *arg, struct lab_disk *ret)
{
	struct lab_disk d = { 0 };
	size_t n = strlen(arg);

	d.locked = ends_in(arg, n, ",locked");
	n -= d.locked ? strlen(",locked") : 0;
	d.read_only = ends_in(arg, n, ",ro");
	n -= d.read_only ? strlen(",ro") : 0;
	d.snapshot = !d.read_only && ends_in(arg, n, ",snapshot");
	n -= d.snapshot ? strlen(",snapshot") : 0;
	if (ret)
		*ret = d;
	return n;
}

/* Each disk's path becomes a link to the disk's device. */
static int add_disks(struct cpio *cpio, const struct lab_options *o)
{
	char device[] = "/dev/vda";
	unsigned int i;

	for (i = 0; i < o->disks.n && i < 26; i++) {
		char *file = strndup(o->disks.item[i],
				     lab_disk_suffixes(o->disks.item[i], NULL));
		char *place = file ? place_of("disk", file) : NULL;

		free(file);
		if (!place)
			return -EINVAL;
		device[sizeof(device) - 2] = (char)('a' + i);
		cpio_add_parents(cpio, place);
		cpio_add_link(cpio, place, device);
		free(place);
	}
	return 0;
}

static int make_overlay(struct cpio *cpio, const struct lab_plan *plan)
{
	const struct lab_paths *paths = plan->paths;
	size_t size;
	char *text = lab_config_text(plan, &size);
	int err;

	if (!text)
		return -ENOMEM;
	cpio_copy_file(cpio, "init", 0755, paths->init);
	if (paths->trapline)
		cpio_copy_file(cpio, "usr/bin/trapline", 0755, paths->trapline);
	if (paths->module)
		cpio_copy_file(cpio, &MODULES_DIR "/" EL2_MODULE[1], 0644,
			       paths->module);
	cpio_add_file(cpio, CONFIG_FILE + 1, 0644, text, size);
	free(text);
	err = add_files(cpio, plan->options);
	if (!err)
		err = add_disks(cpio, plan->options);
	return err ? err : cpio_finish(cpio);
}

static int copy_base(int to, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	while ((n = sendfile(to, fd, NULL, 1 << 30)) > 0)
		;
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

int lab_image_create(const struct lab_plan *plan)
{
	struct cpio cpio;
	int fd = memfd_create("lab-initramfs", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	cpio_init(&cpio);
	if (!err)
		err = make_overlay(&cpio, plan);
	if (!err)
		err = copy_base(fd, plan->paths->base);
	if (!err)
		err = write_all(fd, cpio.data, cpio.size);
	cpio_deinit(&cpio);
	if (!err)
		return fd;
	/* The message about a wrong option has been printed already. */
	if (err != -EINVAL)
		report(REPORT_ERROR, "cannot put the initramfs together: %s",
		       strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}
