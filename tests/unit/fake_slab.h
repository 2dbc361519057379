/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_slab.h - a slab of SLUB, and the kernel's struct pages, in a fake guest
 * that runs one of Debian's kernels (fake_linux.h)
 */
#ifndef TRAPLINE_TESTS_FAKE_SLAB_H
#define TRAPLINE_TESTS_FAKE_SLAB_H

#include "fake_linux.h"

#define ROOTS    (HEAP_VA + 11 * SZ_64K)
#define SECTIONS (HEAP_VA + 12 * SZ_64K)
#define CACHE    (HEAP_VA + 13 * SZ_64K)
#define NAMES    (HEAP_VA + 14 * SZ_64K)
#define SHEAVES  (HEAP_VA + 15 * SZ_64K)
#define SLAB     (HEAP_VA + 24 * SZ_64K) /* memory of a slab */
#define PAGES    (HEAP_VA + 7 * SZ_1M) /* struct page of the heap's first page */
#define PAGE     SZ_4K
#define SIZE     512 /* of an object, with its tracks */
#define LINK     128 /* offset of the link in an object */
#define INUSE    208
#define NR       8
#define RANDOM   0x1122334455667788ULL

/* The struct page of the page at va, in the heap. */
va_t page_of(struct setup *s, va_t va);
/* Write an array of struct page for the heap. */
void pages_put(struct setup *s);
/* The address of an object of the slab. */
va_t object(unsigned int i);
/* Store the link to the next free object in a free object. */
void link_put(struct setup *s, va_t from, va_t to);
/*
 * Write a slab of one page. Objects 1 and 2 are in its list of free objects.
 * CPU 0 keeps object 3, free. A node keeps object 4, if the kernel has barns.
 */
void slab_put(struct setup *s);

#endif
