// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prompt.c - a prompt with GNU readline; see trapline/shell.h
 *
 * readline keeps its state in global variables, so a process has one prompt.
 * readline's callback interface is used: the caller waits for input, and may do
 * other work meanwhile. readline handles no signals here, and no files are
 * completed, since a command's arguments are names of the guest.
 *
 * readline changes the terminal's mode while a line is edited, and restores it
 * before the line is run.
 */
#include <trapline/shell.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include <unistd.h>
#include <readline/readline.h>
#include <readline/history.h>
#include "line.h"

#define HISTORY_MAX  1000
/* Marks for readline: what is between them has no width on the screen. */
#define INVISIBLE(s) "\001" s "\002"

static struct {
	struct shell *shell;
	const char *history; /* file; NULL: none */
	int status; /* of the last line */
	char *words; /* of the completion under way */
	char *next_word;
} prompt;

/* --- completion ---------------------------------------------------------- */

/*
 * Names come from a guest, or from another program. A name may not become a
 * program in the user's line: a process may have the name "a | sh".
 */
static bool is_clean(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!text_is_printable(*c))
			return false;
	return !shell_line_program(word);
}

/* readline calls this for one word after the other. */
static char *next_word(const char *text, int state)
{
	char *word;

	while ((word = strsep(&prompt.next_word, "\n")))
		if (*word && !strncmp(word, text, strlen(text)) &&
		    is_clean(word))
			return strdup(word);
	return NULL;
}

static char **complete(const char *text, int start, int end)
{
	struct shell *s = prompt.shell;
	char **matches = NULL, *line;
	size_t size = 0;
	FILE *out;

	rl_attempted_completion_over = 1;
	line = strndup(rl_line_buffer, (size_t)end);
	if (line && shell_line_program(line)) {
		/* A program: readline completes names of files. */
		rl_attempted_completion_over = s->confined;
	} else if (line && s->ops->complete) {
		out = open_memstream(&prompt.words, &size);
		if (out) {
			s->ops->complete(s->opaque, shell_line_command(line),
					 out);
			fclose(out);
			prompt.next_word = prompt.words;
			matches = rl_completion_matches(text, next_word);
		}
		free(prompt.words);
		prompt.words = NULL;
	}
	free(line);
	return matches;
}

/* --- history ------------------------------------------------------------- */

static void history_open(const char *path)
{
	int fd;

	using_history();
	stifle_history(HISTORY_MAX);
	prompt.history = path;
	if (!path)
		return;
	/* append_history() makes no file; other users may not read it. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		prompt.history = NULL;
		return;
	}
	close(fd);
	read_history(path);
}

/* Each line is written at once: several shells may use one file. */
static void history_line(const char *line)
{
	HIST_ENTRY *last =
		history_length ? history_get(history_base + history_length - 1)
			       : NULL;

	if (!line[strspn(line, " \t")] || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (prompt.history)
		append_history(1, prompt.history);
}

static void history_close(void)
{
	if (prompt.history)
		history_truncate_file(prompt.history, HISTORY_MAX);
}

/* --- the prompt ---------------------------------------------------------- */

static bool has_colour(const struct shell *s)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(s->out)) && !(none && *none) && term &&
	       strcmp(term, "dumb");
}

static const char *prompt_text(const struct shell *s)
{
	if (!has_colour(s))
		return "trapline> ";
	return prompt.status ? INVISIBLE("\033[1;31m") "trapline>" //
		       INVISIBLE("\033[0m") " "
			     : INVISIBLE("\033[1m") "trapline>" //
		       INVISIBLE("\033[0m") " ";
}

static void on_line(char *line)
{
	struct shell *s = prompt.shell;

	if (!line) {
		s->over = true;
		fputc('\n', s->out);
	} else {
		history_line(line);
		prompt.status = shell_run(s, line);
		free(line);
	}
	if (s->over)
		rl_callback_handler_remove();
	else
		rl_set_prompt(prompt_text(s));
}

/* readline's own function makes more system calls than a sandbox allows. */
static int read_key(FILE *in)
{
	unsigned char key;
	ssize_t n;

	do {
		n = read(fileno(in), &key, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? key : EOF;
}

void shell_prompt_open(struct shell *s, FILE *in, const char *history)
{
	prompt.shell = s;
	prompt.status = 0;
	rl_readline_name = "trapline";
	rl_instream = in;
	rl_outstream = s->out;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_basic_word_break_characters = " \t";
	rl_attempted_completion_function = complete;
	rl_getc_function = read_key;
	history_open(history);
	rl_callback_handler_install(prompt_text(s), on_line);
}

/* readline's commands that read files, or look a user up. */
static int (*const outward[])(int count, int key) = {
	rl_tilde_expand,
	rl_re_read_init_file,
};

void shell_prompt_prepare(void)
{
	Keymap const maps[] = { emacs_standard_keymap, emacs_meta_keymap,
				emacs_ctlx_keymap, vi_movement_keymap,
				vi_insertion_keymap };

	rl_readline_name = "trapline";
	rl_initialize();
	for (unsigned int i = 0; i < ARRAY_SIZE(outward); i++)
		for (unsigned int m = 0; m < ARRAY_SIZE(maps); m++)
			rl_unbind_function_in_map(outward[i], maps[m]);
}

void shell_prompt_input(void)
{
	rl_callback_read_char();
}

void shell_prompt_interrupt(void)
{
	rl_callback_sigcleanup();
	rl_free_line_state();
	fputs("^C\n", prompt.shell->out);
	rl_replace_line("", 0);
	rl_on_new_line();
	rl_redisplay();
}

void shell_prompt_close(void)
{
	rl_callback_handler_remove();
	history_close();
	prompt.shell = NULL;
}

/* --- a prompt with nothing beside it ------------------------------------- */

static void handle_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGINT:
		shell_prompt_interrupt();
		break;
	case SIGCONT:
		rl_prep_terminal(1);
		rl_forced_update_display();
		break;
	case SIGWINCH:
		rl_resize_terminal();
		break;
	}
}

void shell_prompt(struct shell *s, FILE *in, const char *history)
{
	struct pollfd fds[2] = { { .fd = fileno(in), .events = POLLIN },
				 { .events = POLLIN } };
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &old);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	shell_prompt_open(s, in, history);
	while (!s->over && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
		if (fds[1].revents)
			handle_signal(fds[1].fd);
		if (fds[0].revents)
			shell_prompt_input();
	}
	shell_prompt_close();
	close(fds[1].fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
}
