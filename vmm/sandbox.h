/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.h - what is left to do for whoever takes the process over
 *
 * Purpose
 *	A guest, a debugger or a file that finds a hole in this program has
 *	then what this program has. So once everything is open, the process
 *	gives away what it will not need again:
 *
 *	capabilities	all of them, and the way back to any (no_new_privs)
 *	files		Landlock, where the kernel has it: folders that
 *			struct sandbox_config names can be used as it says,
 *			nothing else of the file system can be opened
 *	system calls	seccomp, a list for each kind of thread. None can start
 *			a program, map code, reach another process, or open a
 *			connection, but for the user network's.
 *
 *	Descriptors that are open stay usable: what disks, networks, the
 *	terminal and KVM allow can still be done. Names of files can still be
 *	looked up.
 *
 * A call that is not on the list
 *	ends the process, with one line on stderr that says which call of
 *	which thread it was. Opening a file to read it is the exception: that
 *	fails with EACCES, because libraries try it and do without.
 *
 * Order
 *	sandbox_create(), on the main thread, any time; sandbox_process(),
 *	before the threads it is for exist; sandbox_thread() by each thread,
 *	the main thread last.
 */
#ifndef TRAPLINE_VMM_SANDBOX_H
#define TRAPLINE_VMM_SANDBOX_H

#include <stddef.h>
#include <trapline/types.h>

enum sandbox_thread {
	SANDBOX_CONTROL,
	SANDBOX_VCPU,
	SANDBOX_DEVICE,
	SANDBOX_NR_THREADS,
};

#define SANDBOX_MAX_FOLDERS 8

enum sandbox_use {
	SANDBOX_READ, /* files below it are read */
	SANDBOX_SAVE, /* new files are made in it */
	SANDBOX_REMOVE, /* files in it are removed */
};

struct sandbox_config {
	/* Folders, or single files to read; what is not there is left out. */
	struct {
		const char *path;
		enum sandbox_use use;
	} folder[SANDBOX_MAX_FOLDERS];
	unsigned int nr_folders;
	/* A user network: vCPU and device threads open sockets for guests. */
	bool user_net;
};

struct sandbox;

/*
 * Make the lists. 0, -ENOMEM, or what libseccomp said, with one line in err.
 */
int sandbox_create(const struct sandbox_config *config, char *err,
		   size_t err_size, struct sandbox **ret);
void sandbox_destroy(struct sandbox *s);

/*
 * Capabilities and Landlock, of the calling thread and all that it creates
 * afterwards. 0 or a negative errno, with one line in err.
 */
int sandbox_process(const struct sandbox *s, char *err, size_t err_size);

/*
 * The list for the calling thread, for good. Nothing without a sandbox (NULL).
 * 0 or a negative errno.
 */
int sandbox_thread(const struct sandbox *s, enum sandbox_thread kind);

#endif
