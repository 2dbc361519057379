/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the subcommands of trapline
 *
 * To add one: a function of this shape, which parses its own argv (argv[0] is
 * its name) and returns main()'s exit status, and a line in the table of
 * main.c.
 */
#ifndef TRAPLINE_CLI_CLI_H
#define TRAPLINE_CLI_CLI_H

/* Exit status of main(): a wrong command line, any other failure. */
#define CLI_USAGE  2
#define CLI_FAILED 1

int run_main(int argc, char **argv);

#endif
