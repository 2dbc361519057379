/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.h - limit an attacker who has taken over this process
 *
 * Purpose
 *	An attacker who exploits a hole in this program, as a guest, as a
 *	debugger or by a file, a dump for example, gets the rights of this
 *	process. So the process gives up every right that it no longer needs, as
 *	soon as everything is open:
 *
 *	descriptors	those that the process has inherited are closed
 *	capabilities	all of them are dropped, for good (no_new_privs)
 *	files		Landlock: struct sandbox_config lists the folders and
 *			files and their uses; no other file can be opened
 *	system calls	seccomp, with one list for each kind of thread. No
 *			thread can start a program, map code, or reach another
 *			process. Only the user network opens connections.
 *
 *	Standard input, output and error stay open, and so does everything that
 *	this program has opened: disks, networks, the terminal and KVM still
 *	work. Names of files can still be looked up.
 *
 * A call that is not on the list
 *	is never made. One line on stderr names it, once for each call. If no
 *	library would make it by itself (execve, ptrace), the process ends. Any
 *	other call fails: with ENOSYS, as on a kernel that lacks it, or with
 *	EACCES if the call is allowed with other arguments. So a C library that
 *	is newer than the list does not end a user's guest. Opening a file to
 *	read it fails without the line, because libraries try it and work
 *	without the file.
 *
 * Order
 *	Call sandbox_create() on the main thread, at any time. Call
 *	sandbox_process() before the threads that it restricts exist. Then each
 *	thread calls sandbox_thread(), the main thread last.
 */
#ifndef TRAPLINE_SANDBOX_H
#define TRAPLINE_SANDBOX_H

#include <stddef.h>
#include <trapline/types.h>

enum sandbox_thread {
	SANDBOX_CONTROL,
	SANDBOX_VCPU,
	SANDBOX_DEVICE,
	SANDBOX_DUMP, /* the only thread of a process that reads a dump */
	SANDBOX_NR_THREADS,
};

#define SANDBOX_MAX_FOLDERS 11

enum sandbox_use {
	SANDBOX_READ, /* read the files below the folder */
	/* Create new files in the folder, rename them and remove them. */
	SANDBOX_SAVE,
	SANDBOX_REMOVE, /* remove files in the folder */
};

/* An ioctl, and the kinds of thread that may make it: 1U << kind. */
struct sandbox_request {
	uint64_t request;
	unsigned int threads;
};

struct sandbox_config {
	/* Folders, or single files to read. A missing one is skipped. */
	struct {
		char *path;
		enum sandbox_use use;
	} folder[SANDBOX_MAX_FOLDERS];
	unsigned int nr_folders;
	/* A user network: the threads open sockets for guests. */
	bool user_net;
	/*
	 * ioctls, besides those of terminals. The filter tests the first one
	 * before all other calls, because it has to be fast.
	 */
	const struct sandbox_request *requests;
	unsigned int nr_requests;
	/*
	 * Called before a denied call ends the process, in a signal handler.
	 * NULL: nothing is called.
	 */
	void (*ending)(void);
};

struct sandbox;

/*
 * Add a folder or a file to the configuration, which keeps a copy of the path.
 * Nothing is added if path is NULL, or if the configuration is full.
 */
void sandbox_config_add(struct sandbox_config *config, const char *path,
			enum sandbox_use use);
/*
 * Add the folder of a file. Links are followed, as open(2) follows them. If the
 * file is directly in /etc, only the file is added, because other files there
 * are secret.
 */
void sandbox_config_add_folder_of(struct sandbox_config *config,
				  const char *path, enum sandbox_use use);
/* Free the copies of the paths. */
void sandbox_config_deinit(struct sandbox_config *config);

/*
 * Make the lists. config has to stay valid until sandbox_process() has returned.
 * Returns 0, -ENOMEM, or libseccomp's error, with one line in err.
 */
int sandbox_create(const struct sandbox_config *config, char *err,
		   size_t err_size, struct sandbox **ret);
void sandbox_destroy(struct sandbox *s);

/*
 * Close inherited descriptors, drop the capabilities and apply Landlock, for
 * the calling thread and all threads that it creates later. Returns 0, or a
 * negative errno if this kernel lacks a part of the sandbox. Then missing gets
 * one line that names the part and the reason, and all other parts are in
 * force.
 */
int sandbox_process(struct sandbox *s, char *missing, size_t size);

/*
 * Apply the list to the calling thread, for good. This does nothing without a
 * sandbox (NULL), and if sandbox_process() has found no seccomp. 0 or a
 * negative errno.
 */
int sandbox_thread(const struct sandbox *s, enum sandbox_thread kind);

#endif
