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
#include "sandbox_requests.h"
#include "vm.h"
#include "vmm/devices/ttymode.h"

#define UNIX_SPEC "unix:"

static bool has_user_net(const struct vm_config *c)
{
	for (unsigned int i = 0; i < c->nr_nets; i++)
		if (!c->net[i].tap)
			return true;
	return false;
}

static void config_fill(const struct vm_config *c, struct sandbox_config *s)
{
	size_t unix_spec = sizeof(UNIX_SPEC) - 1;

	sandbox_config_add(s, c->kernel, SANDBOX_READ);
	sandbox_config_add(s, c->initrd, SANDBOX_READ);
	sandbox_config_add(s, c->dtb, SANDBOX_READ);
	sandbox_config_add(s, c->modules, SANDBOX_READ);
	sandbox_config_add(s, c->save_dir, SANDBOX_SAVE);
	for (unsigned int i = 0; i < VMM_NR_EVENTS; i++) {
		sandbox_config_add(s, c->files[i].dump_dir, SANDBOX_SAVE);
		sandbox_config_add(s, c->files[i].report_dir, SANDBOX_SAVE);
	}
	if (c->gdb && !strncmp(c->gdb, UNIX_SPEC, unix_spec))
		sandbox_config_add_folder_of(s, c->gdb + unix_spec,
					     SANDBOX_REMOVE);
	s->user_net = has_user_net(c);
	if (s->user_net)
		sandbox_config_add_folder_of(s, "/etc/resolv.conf",
					     SANDBOX_READ);
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
	struct sandbox_config c = {
		.requests = sandbox_requests,
		.nr_requests = sandbox_nr_requests,
		.ending = ttymode_restore,
	};
	char line[256] = "";
	int err;

	if (wanted == VMM_SANDBOX_OFF)
		return 0;
	images_hold(vm);
	config_fill(vm->config, &c);
	err = sandbox_create(&c, line, sizeof(line), &vm->sandbox);
	if (!err)
		err = sandbox_process(vm->sandbox, line, sizeof(line));
	sandbox_config_deinit(&c);
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
