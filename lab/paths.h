/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.h - where the lab's parts are: what setup fetched, what was built
 *
 * All functions say on standard error what is missing and what to do, and
 * return -ENOENT then. Results are malloc'd: the caller frees them.
 */
#ifndef LAB_PATHS_H
#define LAB_PATHS_H

struct lab_paths {
	char *kernel; /* file to boot */
	char *base; /* base archive, made by scripts/mklab */
	char *init; /* the lab's process 1 */
	char *trapline; /* arm64 trapline; NULL when it is not built */
	char *qemu;
};

/* Find everything for --kernel @kernel (a name in the cache or a path). */
int lab_paths_find(struct lab_paths *paths, const char *kernel);
void lab_paths_free(struct lab_paths *paths);

#endif
