/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line of "trapline lab", checked and as a struct
 *
 * Strings point into argv or are constants; nothing is to be freed.
 */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define LAB_MAX_LIST 32

struct lab_list {
	const char *item[LAB_MAX_LIST];
	unsigned int n;
};

struct lab_options {
	const char *cpu; /* what QEMU's -cpu takes */
	const char *cpu_append; /* what the kernel needs to be told for it */
	unsigned int gic; /* 2 or 3 */
	unsigned int smp;
	uint64_t mem; /* bytes */
	const char *kernel; /* a name in the cache, or a path with a '/' */
	const char *append;
	bool el2_core; /* EL2 is trapline.ko's, not KVM's */
	unsigned int gdb_port; /* 0: none */
	bool gdb_any_user;
	bool icount;
	bool net;
	bool verbose;
	bool share_cwd;
	bool help;
	int escape; /* 0..31: the terminal's escape key; -1: none */
	struct lab_list shares;
	struct lab_list disks;
	struct lab_list forwards;
	struct lab_list env;
	char **command; /* NULL-terminated, at least one word */
};

/*
 * Parse argv[1...]. On success 0. On a usage error -EINVAL, and *x_error is a
 * line for the user (static storage, valid until the next call). With --help
 * success is all that is checked: @help is set, @command may be empty.
 */
int lab_options_parse(struct lab_options *options, int argc, char **argv,
		      const char **x_error);

/* "512M", "2G", plain bytes; false for anything else, and for overflow. */
bool lab_parse_size(const char *text, uint64_t *ret);

/* The text of --help. */
extern const char lab_usage[];

#endif
