/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.h - run a command inside an arm64 machine with EL2, on any Linux host
 *
 * The machine is QEMU with a stock Debian kernel: see docs/lab.md. lab_run()
 * needs a process of its own: it sets signal handlers and the terminal mode,
 * and restores both.
 */
#ifndef TRAPLINE_LAB_H
#define TRAPLINE_LAB_H

#include <trapline/types.h>

#define LAB_MAX_LIST 32

struct lab_list {
	const char *item[LAB_MAX_LIST];
	unsigned int n;
};

struct lab_options {
	const char *cpu; /* the value of QEMU's -cpu */
	const char *cpu_append; /* kernel arguments that this CPU needs */
	unsigned int gic; /* 2 or 3 */
	unsigned int smp;
	uint64_t mem; /* bytes */
	const char *kernel; /* a name in the cache, or a path with a '/' */
	const char *append;
	bool el2_core; /* EL2 belongs to trapline.ko, not to KVM */
	unsigned int gdb_port; /* 0: none */
	bool gdb_any_user;
	bool icount;
	bool net;
	bool verbose;
	bool no_cwd; /* do not share the current folder */
	bool help;
	int escape; /* 0..31: the terminal's escape key; -1: none */
	struct lab_list shares; /* DIR or DIR,ro */
	struct lab_list files;
	struct lab_list disks; /* FILE and its suffixes */
	struct lab_list forwards;
	struct lab_list env;
	char **command; /* NULL-terminated, at least one word */
};

/*
 * Boot the machine and run the command. Returns the exit status for main(): the
 * command's own, 128 + n for signal n, or 1 after a report() if the lab itself
 * failed.
 */
int lab_run(const struct lab_options *options);

#endif
