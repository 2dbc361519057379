/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.h - where the lab's parts are: what setup fetched, what was built
 *
 * All functions say on standard error what is missing and what to do, and
 * return -ENOENT then. Results are malloc'd: the caller frees them.
 */
#ifndef LAB_PATHS_H
#define LAB_PATHS_H

#include <stdbool.h>

struct lab_paths {
	char *kernel; /* file to boot */
	char *base; /* base archive, made by scripts/mklab */
	char *init; /* the lab's process 1 */
	char *trapline; /* arm64 trapline; NULL when it is not built */
	char *module; /* trapline.ko for that kernel, where it was asked for */
	char *qemu;
};

/*
 * Find everything for --kernel @kernel (a name in the cache or a path), with
 * @module trapline.ko, too: built for a kernel by name, beside one by path.
 */
int lab_paths_find(struct lab_paths *paths, const char *kernel, bool module);
void lab_paths_free(struct lab_paths *paths);

#endif
