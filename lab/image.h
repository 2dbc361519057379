/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - the initramfs of one run: the base archive and, appended to it, the
 * lab's init, the arm64 trapline and the configuration (wire.h)
 */
#ifndef LAB_IMAGE_H
#define LAB_IMAGE_H

#include <stddef.h>
#include <stdbool.h>

#include <trapline/lab.h>
#include "paths.h"

/*
 * The options, and the state of this process that the lab uses: the current
 * directory and the terminal.
 */
struct lab_plan {
	const struct lab_options *options;
	const struct lab_paths *paths;
	char *cwd;
	struct lab_share {
		char *dir; /* absolute */
		bool read_only;
	} shares[LAB_MAX_LIST + 1]; /* outer ones first, each once */
	unsigned int nshares;
	bool tty;
	unsigned short rows, columns;
};

/*
 * Fill plan->shares: the directories of the options and the current one, as
 * absolute paths. A directory below another one of the same kind is left out.
 * -errno with a message.
 */
int lab_plan_shares(struct lab_plan *plan);
void lab_plan_free(struct lab_plan *plan);

/*
 * True when @path is the directory @dir or lies below it. Both must be absolute
 * and normalized.
 */
bool lab_path_is_below(const char *path, const char *dir);

/* The contents of CONFIG_FILE, from malloc(3). NULL: out of memory. */
char *lab_config_text(const struct lab_plan *plan, size_t *x_size);

/*
 * Write the whole initramfs to a file without a name. Returns the file's
 * descriptor, or -errno with a message.
 */
int lab_image_create(const struct lab_plan *plan);

/*
 * The suffixes of a disk's file name. Returns the length of the name without
 * them, and sets *ret unless ret is NULL.
 */
struct lab_disk {
	bool read_only, snapshot;
	bool locked; /* the caller has locked it, so QEMU must not */
};

size_t lab_disk_suffixes(const char *arg, struct lab_disk *ret);

#endif
