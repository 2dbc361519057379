/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_args.h - every ioctl of /dev/trapline, and arguments for it
 *
 * Arguments are plausible, boundary or random, at addresses that may not be
 * mapped. Each thread has its own random numbers.
 */
#ifndef TESTS_KMOD_FUZZ_ARGS_H
#define TESTS_KMOD_FUZZ_ARGS_H

#include <stddef.h>
#include "machine.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ARG_PAGES     4 /* at args, plus one that is never mapped */

enum kind {
	SYSTEM,
	VM,
	VCPU,
	VGIC,
	EVENT,
	NR_KINDS
};

/* RAM_SIZE bytes for guests, and pages for arguments. The program maps both. */
extern uint8_t *ram, *args;
extern size_t page;

extern __thread uint64_t fuzz_state; /* not 0 */
uint64_t rnd(void);
unsigned int below(unsigned int n);
int one_in(unsigned int n);
uint64_t boundary(void);

/* Write or read memory that may not be mapped, without a signal. */
void put(void *to, void *from, size_t size);
void get(void *to, void *from, size_t size);
/* An address for an argument: mapped, half mapped, or not mapped. */
uint8_t *arg_page(void);

/* The program defines this. It returns one of the program's descriptors. */
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
