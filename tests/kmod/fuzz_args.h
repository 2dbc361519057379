/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_args.h - every ioctl of /dev/trapline, and arguments for it
 *
 * Plausible, boundary and random ones, at places that may not be there. Each
 * thread has random numbers of its own.
 */
#ifndef TESTS_KMOD_FUZZ_ARGS_H
#define TESTS_KMOD_FUZZ_ARGS_H

#include <stddef.h>
#include "machine.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ARG_PAGES     4 /* at args; and one that is never there */

enum kind {
	SYSTEM,
	VM,
	VCPU,
	VGIC,
	EVENT,
	NR_KINDS
};

/* RAM_SIZE bytes for guests, pages for arguments; the program maps both. */
extern uint8_t *ram, *args;
extern size_t page;

extern __thread uint64_t fuzz_state; /* not 0 */
uint64_t rnd(void);
unsigned int below(unsigned int n);
int one_in(unsigned int n);
uint64_t boundary(void);

/* What may not be there is written, or read, without a signal. */
void put(void *to, void *from, size_t size);
void get(void *to, void *from, size_t size);
/* A place for an argument: good, half there, or not there at all. */
uint8_t *arg_page(void);

/* The program's: one of its descriptors. */
int fuzz_fd(void);

struct fuzz_ioctl {
	enum kind kind;
	unsigned long cmd;
	void (*fill)(void *at); /* 512 bytes; NULL: the argument is a number */
};
extern const struct fuzz_ioctl fuzz_ioctls[];
extern const unsigned int nr_fuzz_ioctls;
void fill_random(void *at);

#endif
