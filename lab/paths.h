/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.h - find the lab's parts: the files that setup fetched and the build
 * made
 *
 * When a part is missing, every function names the part on standard error, says
 * what to do, and returns -ENOENT. Results are from malloc(3); the caller frees
 * them.
 */
#ifndef LAB_PATHS_H
#define LAB_PATHS_H

#include <stdbool.h>

struct lab_paths {
	char *kernel; /* file to boot */
	char *base; /* base archive, made by scripts/mklab */
	char *init; /* the lab's process 1 */
	char *trapline; /* arm64 trapline; NULL when it is not built */
	char *module; /* trapline.ko for that kernel; NULL unless requested */
	char *qemu;
};

/*
 * Find all parts for --kernel @kernel (a name in the cache or a path). With
 * @module also find trapline.ko. For a kernel that is given by name,
 * trapline.ko is in the build; for one given by path, it lies beside the
 * kernel.
 */
int lab_paths_find(struct lab_paths *paths, const char *kernel, bool module);
void lab_paths_free(struct lab_paths *paths);

#endif
