/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line of "trapline lab", checked, as a struct
 *
 * Strings point into argv or are constants; the caller frees nothing.
 */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	bool share_cwd;
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
 * Parse argv[1...]. Returns 0 on success. On a usage error returns -EINVAL, and
 * *x_error is one line for the user (static storage, valid until the next
 * call). With --help, only the return value is checked: @help is set, and
 * @command may be empty.
 */
int lab_options_parse(struct lab_options *options, int argc, char **argv,
		      const char **x_error);

/*
 * The suffixes of a disk's file name. Returns the length of the name without
 * them, and sets *ret unless ret is NULL.
 */
struct lab_disk {
	bool read_only, snapshot;
	bool locked; /* the caller has locked it, so QEMU must not */
};

size_t lab_disk_suffixes(const char *arg, struct lab_disk *ret);

/*
 * Parse "512M", "2G" or plain bytes. Returns false for other text and on
 * overflow.
 */
bool lab_parse_size(const char *text, uint64_t *ret);

/* The text of --help. */
extern const char lab_usage[];

#endif
