/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - the subcommands of trapline
 *
 * To add one: write a function of this shape, which parses its own argv
 * (argv[0] is its name) and returns main()'s exit status. Then add a line to
 * the table in main.c.
 */
#ifndef TRAPLINE_CLI_CLI_H
#define TRAPLINE_CLI_CLI_H

/*
 * Exit status of main(): 2 for a wrong command line, 1 for any other failure.
 */
#define CLI_USAGE  2
#define CLI_FAILED 1

int run_main(int argc, char **argv);
int post_main(int argc, char **argv);
int shell_main(int argc, char **argv);
int report_main(int argc, char **argv);

/* Show only errors from now on. */
void cli_quiet(void);

#endif
