// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confine.c - the sandbox that fits a VM's configuration
 *
 * The files that are opened after the start: the images, at a reset; the user's
 * modules; the files that monitor commands, --dump-on-oops and --report-on-oops
 * write; the file that names the DNS server, which libslirp reads.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <trapline/report.h>
#include "sandbox.h"
#include "vm.h"

#define UNIX_SPEC "unix:"

struct folders {
	struct sandbox_config config;
	char *name[SANDBOX_MAX_FOLDERS]; /* to be freed */
};

static void folder_add(struct folders *f, char *path, enum sandbox_use use)
{
	unsigned int n = f->config.nr_folders;

	if (!path || n == SANDBOX_MAX_FOLDERS) {
		free(path);
		return;
	}
	f->name[n] = path;
	f->config.folder[n].path = path;
	f->config.folder[n].use = use;
	f->config.nr_folders++;
}

static void name_add(struct folders *f, const char *path, enum sandbox_use use)
{
	if (path)
		folder_add(f, strdup(path), use);
}

/*
 * Add the folder of a file. Links are followed, as open(2) follows them. If the
 * file is directly in /etc, add only the file, because other files there are
 * secret.
 */
static void folder_of(struct folders *f, const char *path, enum sandbox_use use)
{
	char *real = path ? realpath(path, NULL) : NULL;
	char *slash = real ? strrchr(real, '/') : NULL;

	if (slash && strncmp(real, "/etc/", (size_t)(slash - real) + 1) != 0)
		slash[slash == real] = '\0';
	folder_add(f, real, use);
}

static bool has_user_net(const struct vm_config *c)
{
	for (unsigned int i = 0; i < c->nr_nets; i++)
		if (!c->net[i].tap)
			return true;
	return false;
}

static void folders_find(const struct vm_config *c, struct folders *f)
{
	size_t unix_spec = sizeof(UNIX_SPEC) - 1;

	name_add(f, c->kernel, SANDBOX_READ);
	name_add(f, c->initrd, SANDBOX_READ);
	name_add(f, c->dtb, SANDBOX_READ);
	name_add(f, c->modules, SANDBOX_READ);
	name_add(f, c->save_dir, SANDBOX_SAVE);
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		name_add(f, c->files[i].dump_dir, SANDBOX_SAVE);
		name_add(f, c->files[i].report_dir, SANDBOX_SAVE);
	}
	if (c->gdb && !strncmp(c->gdb, UNIX_SPEC, unix_spec))
		folder_of(f, c->gdb + unix_spec, SANDBOX_REMOVE);
	f->config.user_net = has_user_net(c);
	if (f->config.user_net)
		folder_of(f, "/etc/resolv.conf", SANDBOX_READ);
}

static void images_hold(struct vm *vm)
{
	const char *names[VM_NR_IMAGE_FILES] = {
		[VM_KERNEL] = vm->config->kernel,
		[VM_INITRD] = vm->config->initrd,
		[VM_DTB] = vm->config->dtb,
	};

	for (unsigned int i = 0; i < VM_NR_IMAGE_FILES; i++)
		if (names[i])
			vm->image_file[i].fd =
				open(names[i], O_PATH | O_CLOEXEC);
}

const char *vm_image_name(struct vm *vm, enum vm_image_file which,
			  const char *name)
{
	int held = vm->image_file[which].fd;
	char *again = vm->image_file[which].name;
	int fd = held > 0 ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || held <= 0 || errno != EACCES)
		return name;
	report(REPORT_ERROR,
	       "%s is another file than at the start, and the "
	       "sandbox allows only that: the guest gets the old file "
	       "(--no-sandbox takes the new one)",
	       name);
	snprintf(again, sizeof(vm->image_file[which].name), "/proc/self/fd/%d",
		 held);
	return again;
}

int vm_confine(struct vm *vm)
{
	enum vmm_sandbox wanted = vm->config->sandbox;
	struct folders f = { 0 };
	char line[256] = "";
	int err;

	if (wanted == VMM_SANDBOX_OFF)
		return 0;
	images_hold(vm);
	folders_find(vm->config, &f);
	err = sandbox_create(&f.config, line, sizeof(line), &vm->sandbox);
	if (!err)
		err = sandbox_process(vm->sandbox, line, sizeof(line));
	for (unsigned int i = 0; i < f.config.nr_folders; i++)
		free(f.name[i]);
	if (err && wanted == VMM_SANDBOX_REQUIRED)
		report(REPORT_ERROR,
		       "--sandbox: this machine cannot restrict %s", line);
	else if (err)
		report(REPORT_NOTE,
		       "sandbox: this machine cannot restrict %s; the "
		       "guest runs without this",
		       line);
	return wanted == VMM_SANDBOX_REQUIRED ? err : 0;
}

void vm_thread_confine(struct vm *vm, enum sandbox_thread kind)
{
	int err = sandbox_thread(vm->sandbox, kind);

	if (!err)
		return;
	report(REPORT_ERROR,
	       "sandbox: a thread cannot get its list of system "
	       "calls: %s (--no-sandbox runs without)",
	       strerror(-err));
	_exit(1);
}
