/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lab.h - "trapline lab" and its command line */
#ifndef TRAPLINE_CLI_LAB_H
#define TRAPLINE_CLI_LAB_H

#include <trapline/lab.h>

/*
 * Parse argv[1...]. Strings point into argv. Returns 0, or -EINVAL with one
 * line in error. With --help only o->help is set.
 */
int lab_options_parse(struct lab_options *o, int argc, char **argv, char *error,
		      size_t error_size);

/* Parse argv (argv[0] is "lab") and run; returns the exit status of main(). */
int lab_main(int argc, char **argv);

#endif
