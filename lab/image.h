/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - the initramfs of one run: the base archive, and over it the
 * lab's init, the arm64 trapline and the configuration (wire.h)
 */
#ifndef LAB_IMAGE_H
#define LAB_IMAGE_H

#include <stddef.h>
#include <stdbool.h>

#include "options.h"
#include "paths.h"

/* What the options and this process's surroundings come to. */
struct lab_plan {
	const struct lab_options *options;
	const struct lab_paths *paths;
	char *cwd;
	char *shares[LAB_MAX_LIST + 1]; /* absolute, none below another */
	unsigned int nshares;
	bool tty;
	unsigned short rows, columns;
};

/*
 * Which directories to share: the options' and the current one, made
 * absolute, without those that lie below others. -errno with a message.
 */
int lab_plan_shares(struct lab_plan *plan);
void lab_plan_free(struct lab_plan *plan);

/* Is @path the directory @dir or below it? Both absolute and normal. */
bool lab_path_is_below(const char *path, const char *dir);

/* CONFIG_FILE's bytes; malloc'd. NULL without memory. */
char *lab_config_text(const struct lab_plan *plan, size_t *x_size);

/* The whole initramfs as a file without a name. fd or -errno, with a message. */
int lab_image_create(const struct lab_plan *plan);

#endif
