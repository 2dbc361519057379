/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine.h - the sandbox (trapline/sandbox.h) that fits a VM's configuration
 */
#ifndef TRAPLINE_VMM_CONFINE_H
#define TRAPLINE_VMM_CONFINE_H

#include <trapline/sandbox.h>

struct vm;

/*
 * Give up all rights that this process does not need any more, once everything
 * is open and before the VM's threads start. Sets vm->sandbox, from which the
 * threads get their lists. If this machine lacks a part of the sandbox, one
 * line on stderr says so, and that is an error only with VMM_SANDBOX_REQUIRED.
 * 0 or a negative errno.
 */
int vm_confine(struct vm *vm);

/* Files of the configuration that a reset loads again. */
enum vm_image_file {
	VM_KERNEL,
	VM_INITRD,
	VM_DTB,
	VM_NR_IMAGE_FILES,
};

/*
 * Returns the name by which to open a file. name is the configuration's name,
 * or NULL. The sandbox allows only the file that had this name at the start. If
 * another file has the name now, for example after a build, one line on stderr
 * says so, and the result is a name of the first file. It is valid until the
 * next call.
 */
const char *vm_image_name(struct vm *vm, enum vm_image_file which,
			  const char *name);

/* Apply its list of system calls to the calling thread, or end the process. */
void vm_thread_confine(struct vm *vm, enum sandbox_thread kind);

#endif
