/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the option parser of all subcommands
 *
 * A subcommand has one const table of its options: each option's name, its
 * argument, its line of help, and the function that checks the argument and
 * stores it in the subcommand's struct. The parser and --help use this table,
 * and scripts/test static/manual compares docs/trapline.1 with it.
 *
 * Options are written as -m 1G, -m1G, --mem 1G or --mem=1G; "--" ends them. If
 * an option is given twice, the last one wins, unless the option makes a list.
 *
 * To add an option: a line in the table, the field in the struct, and an .It in
 * docs/trapline.1.
 */
#ifndef TRAPLINE_CLI_OPTIONS_H
#define TRAPLINE_CLI_OPTIONS_H

#include <stdio.h>
#include <trapline/types.h>

struct option_parser;

struct cli_option {
	const char *name; /* NULL: help is the title of the options below */
	char letter; /* 0: none */
	const char *takes; /* the argument, as --help shows it; NULL: none */
	const char *help; /* sentences; --help breaks the lines */
	/*
	 * Check arg and store it. Returns 0, or a negative errno after
	 * option_bad() or option_fail().
	 */
	int (*parse)(struct option_parser *p, const char *arg);
	size_t offset; /* of the field in the subcommand's struct */
	uint64_t low, high; /* limits, for the parse functions that use them */
};

struct cli_syntax {
	const char *command; /* the subcommand */
	const char *intro; /* --help: the text before the options ... */
	const char *end; /* ... and after them */
	const struct cli_option *options;
	size_t nr_options;
	/* Handle a word that is no option. NULL: the word ends the options. */
	int (*operand)(struct option_parser *p, const char *word);
};

struct option_parser {
	const struct cli_syntax *syntax;
	const struct cli_option *option; /* the one being parsed */
	const char *arg; /* its argument */
	void *result; /* the subcommand's struct */
	char *error;
	size_t error_size;
};

/*
 * Parse argv[1...] into result. Returns how many words of argv were used, or a
 * negative errno with one line in error.
 */
int options_parse(const struct cli_syntax *syntax, void *result, int argc,
		  char *const *argv, char *error, size_t error_size);

/* Print the text of --help. */
void options_help(const struct cli_syntax *syntax, FILE *out);

/*
 * Set the error and return -EINVAL. option_bad() puts the option and its
 * argument before the text, which says what to give instead.
 */
int option_bad(struct option_parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int option_fail(struct option_parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Values of parse for the usual types; the field's type is in brackets. */
int option_flag(struct option_parser *p, const char *arg); /* bool */
/* Without an argument: store low (an enum). */
int option_value(struct option_parser *p, const char *arg);
int option_text(struct option_parser *p, const char *arg); /* const char * */
int option_maybe_empty(struct option_parser *p, const char *arg); /* the same */
/*
 * One of the words in takes, separated by '|' (const char *). A word in
 * capitals is a placeholder: the option's own parse function handles its values
 * before it calls option_choice().
 */
int option_choice(struct option_parser *p, const char *arg);
/* A number from low to high (unsigned int). */
int option_number(struct option_parser *p, const char *arg);
/* Bytes from low to high: digits and K, M, G or T, or MiB (uint64_t). */
int option_size(struct option_parser *p, const char *arg);

/*
 * Find the name that the user probably meant by word. NULL: no name is similar.
 * first points to the first of nr pointers to names; stride is the distance in
 * bytes from one such pointer to the next.
 */
const char *name_nearest(const char *word, const void *first, size_t stride,
			 size_t nr);

#endif
