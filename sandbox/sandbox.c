// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sandbox.c - see trapline/sandbox.h
 *
 * Source: capabilities(7), Documentation/userspace-api/landlock.rst.
 */
#include <trapline/sandbox.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "deny.h"
#include "lists.h"

struct sandbox {
	struct sandbox_config config;
	struct sock_fprog filter[SANDBOX_NR_THREADS];
	bool has_filters; /* as this kernel has seccomp */
	int folder_fd[SANDBOX_MAX_FOLDERS]; /* see folder_allow(); 0: none */
};

int sandbox_create(const struct sandbox_config *config, char *err,
		   size_t err_size, struct sandbox **ret)
{
	struct sandbox *s = calloc(1, sizeof(*s));
	int code = s ? 0 : -ENOMEM;

	if (s)
		s->config = *config;
	for (int kind = 0; kind < SANDBOX_NR_THREADS && !code; kind++)
		code = sandbox_list_make(config, (enum sandbox_thread)kind,
					 &s->filter[kind]);
	if (code) {
		sandbox_destroy(s);
		snprintf(err, err_size, "the lists of system calls: %s",
			 strerror(-code));
		return code;
	}
	sandbox_deny_prepare();
	*ret = s;
	return 0;
}

void sandbox_destroy(struct sandbox *s)
{
	if (!s)
		return;
	for (int kind = 0; kind < SANDBOX_NR_THREADS; kind++)
		free(s->filter[kind].filter);
	for (unsigned int i = 0; i < SANDBOX_MAX_FOLDERS; i++)
		if (s->folder_fd[i])
			close(s->folder_fd[i]);
	free(s);
}

/* --- the configuration --------------------------------------------------------- */

static void path_add(struct sandbox_config *c, char *path, enum sandbox_use use)
{
	if (!path || c->nr_folders == SANDBOX_MAX_FOLDERS) {
		free(path);
		return;
	}
	c->folder[c->nr_folders].path = path;
	c->folder[c->nr_folders++].use = use;
}

void sandbox_config_add(struct sandbox_config *config, const char *path,
			enum sandbox_use use)
{
	if (path)
		path_add(config, strdup(path), use);
}

void sandbox_config_add_folder_of(struct sandbox_config *config,
				  const char *path, enum sandbox_use use)
{
	char *real = path ? realpath(path, NULL) : NULL;
	char *slash = real ? strrchr(real, '/') : NULL;

	if (slash && strncmp(real, "/etc/", (size_t)(slash - real) + 1) != 0)
		slash[slash == real] = '\0';
	path_add(config, real, use);
}

void sandbox_config_deinit(struct sandbox_config *config)
{
	for (unsigned int i = 0; i < config->nr_folders; i++)
		free(config->folder[i].path);
	config->nr_folders = 0;
}

/* --- what the process gives up -------------------------------------------------- */

static int capabilities_drop(struct sandbox *s)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &header, none) < 0)
		return -errno;
	return 0;
}

/*
 * All rights of Landlock's first version. Later versions' rights refine these,
 * or are not needed.
 */
#define LANDLOCK_ALL (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static const uint64_t use_rights[] = {
	[SANDBOX_READ] = LANDLOCK_ACCESS_FS_READ_FILE |
			 LANDLOCK_ACCESS_FS_READ_DIR,
	[SANDBOX_SAVE] = LANDLOCK_ACCESS_FS_MAKE_REG |
			 LANDLOCK_ACCESS_FS_WRITE_FILE |
			 LANDLOCK_ACCESS_FS_REMOVE_FILE,
	[SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

/*
 * The descriptor stays open: on a file system that does not keep inodes (9p),
 * the next look-up of an unused folder makes a new inode, which Landlock does
 * not know.
 */
static int folder_allow(int ruleset, const char *path, uint64_t rights,
			int *folder_fd)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return 0;
	*folder_fd = rule.parent_fd = fd;
	if (!fstat(fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		return -errno;
	return 0;
}

static int files_restrict(struct sandbox *s)
{
	const struct sandbox_config *c = &s->config;
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = LANDLOCK_ALL,
	};
	/*
	 * The size of the structure's first version: the kernel may not know
	 * later members.
	 */
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all,
			      sizeof(all.handled_access_fs), 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	for (unsigned int i = 0; i < c->nr_folders && !err; i++)
		err = folder_allow(fd, c->folder[i].path,
				   use_rights[c->folder[i].use],
				   &s->folder_fd[i]);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * A descriptor without FD_CLOEXEC has come from the program that started this
 * one, for example a shell. Everything of ours has FD_CLOEXEC.
 */
static int descriptors_close(struct sandbox *s)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	(void)s;
	if (!dir)
		return -errno;
	while ((de = readdir(dir))) {
		int fd = atoi(de->d_name);

		if (fd > STDERR_FILENO && fcntl(fd, F_GETFD) == 0)
			close(fd);
	}
	closedir(dir);
	return 0;
}

/* Does this kernel have seccomp? EFAULT: yes, it has looked for the filter. */
static int filters_check(struct sandbox *s)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 &&
	    errno != EFAULT)
		return -errno;
	s->has_filters = true;
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct sandbox *s);
} steps[] = {
	{ "inherited descriptors (/proc)", descriptors_close },
	{ "capabilities", capabilities_drop },
	{ "files (Landlock)", files_restrict },
	{ "system calls (seccomp)", filters_check },
};

int sandbox_process(struct sandbox *s, char *missing, size_t size)
{
	size_t len = 0;
	int first = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int err = steps[i].fn(s);

		if (!err)
			continue;
		first = first ? first : err;
		if (len < size)
			len += (size_t)snprintf(missing + len, size - len,
						"%s%s: %s", len ? "; " : "",
						steps[i].name, strerror(-err));
	}
	return first;
}

/* --- threads ----------------------------------------------------------------- */

int sandbox_thread(const struct sandbox *s, enum sandbox_thread kind)
{
	int err;

	if (!s || !s->has_filters)
		return 0;
	err = sandbox_deny_handle(s->config.ending);
	if (!err &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &s->filter[kind]) < 0)
		err = -errno;
	return err;
}
