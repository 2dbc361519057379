// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_shell.c - lines of the shell: commands, programs, pipes and scripts
 */
#include <trapline/shell.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <readline/readline.h>

#include "shell/line.h"
#include "shell/program.h"

/* --- lines --------------------------------------------------------------- */

static void line_has(const char *line, const char *command, const char *program)
{
	struct shell_line l;

	assert_int_equal(shell_line_parse(line, &l), 0);
	if (command)
		assert_string_equal(l.command, command);
	else
		assert_null(l.command);
	if (program)
		assert_string_equal(l.program, program);
	else
		assert_null(l.program);
	shell_line_deinit(&l);
}

static void lines(void **state)
{
	line_has("", NULL, NULL);
	line_has(" \t\r\n", NULL, NULL);
	line_has("  # ps | cat", NULL, NULL);
	line_has("ps", "ps", NULL);
	line_has(" bt  1 \r\n", "bt  1", NULL);
	line_has("monitor ps\n", "ps", NULL);
	line_has("monitor", "monitor", NULL);
	line_has("monitors ps", "monitors ps", NULL);
	line_has("monitor  ps | head", "ps", "head");
	line_has("!ls | wc", NULL, "ls | wc");
	line_has(" ! ", NULL, "");
	line_has("ps |", "ps", "");
	line_has("ps | grep a | wc -l\n", "ps", "grep a | wc -l");
	line_has("ps |grep a||true", "ps", "grep a||true");
	line_has("| wc", "", "wc");
	/* Not the end of the command. */
	line_has("catch a|b", "catch a|b", NULL);
	line_has("watch x if new == 0 || new == 1", //
		 "watch x if new == 0 || new == 1", NULL);
	line_has("watch x if a || b | cat", "watch x if a || b", "cat");
}

/* --- running ------------------------------------------------------------- */

struct setup {
	struct shell shell;
	char *text;
	size_t size;
	char asked[512]; /* all commands so far */
};

static int run_command(void *opaque, const char *command, FILE *out)
{
	struct setup *s = opaque;

	strcat(strcat(s->asked, command), ";");
	if (!strcmp(command, "bad")) {
		fprintf(out, "it is bad\n");
		return -EDOM;
	}
	if (!strcmp(command, "many"))
		for (unsigned int i = 0; i < 100000; i++)
			fprintf(out, "line %u\n", i);
	fprintf(out, "%s\033[31m\t\xff\n", command);
	return 0;
}

static const struct shell_ops ops = { .run = run_command };

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->shell.ops = &ops;
	s->shell.opaque = s;
	s->shell.out = open_memstream(&s->text, &s->size);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	fclose(s->shell.out);
	free(s->text);
	free(s);
	return 0;
}

/* Control characters never reach the terminal. */
static void commands(void **state)
{
	struct setup *s = *state;

	assert_int_equal(shell_run(&s->shell, " a b "), 0);
	assert_string_equal(s->text, "a b?[31m\t?\n");
	assert_int_equal(shell_run(&s->shell, "bad"), -EDOM);
	assert_non_null(strstr(s->text, "it is bad"));
	assert_int_equal(shell_run(&s->shell, "# c"), 0);
	assert_int_equal(shell_run(&s->shell, "help"), 0);
	assert_non_null(strstr(s->text, "leave the shell"));
	assert_string_equal(s->asked, "a b;bad;help;");
}

static void end(void **state)
{
	static const char *const words[] = { "exit", " quit\n", "q" };
	struct setup *s = *state;

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		s->shell.over = false;
		assert_int_equal(shell_run(&s->shell, words[i]), 0);
		assert_true(s->shell.over);
	}
	s->shell.over = false;
	assert_int_equal(shell_run(&s->shell, "monitor quit"), 0);
	assert_int_equal(shell_run(&s->shell, "quit 1"), 0);
	assert_false(s->shell.over);
	assert_string_equal(s->asked, "quit;quit 1;");
}

static void pipes(void **state)
{
	char path[] = "/tmp/trapline-shell-XXXXXX", line[128], got[64] = "";
	struct setup *s = *state;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	snprintf(line, sizeof(line), "some text | tr e E | cat >%s", path);
	assert_int_equal(shell_run(&s->shell, line), 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), 17);
	assert_string_equal(got, "somE tExt?[31m\t?\n");
	assert_int_equal(s->size, 0);
	/* The command's error goes before that of the program. */
	assert_int_equal(shell_run(&s->shell, "bad | false"), -EDOM);
	assert_int_equal(shell_run(&s->shell, "a | false"), -EIO);
	assert_int_equal(shell_run(&s->shell, "a | kill -9 $$"), -EIO);
	/* A program that does not read its input is no error. */
	assert_int_equal(shell_run(&s->shell, "many | head -n 1 >/dev/null"),
			 0);
	assert_int_equal(shell_run(&s->shell, "!true"), 0);
	assert_int_equal(shell_run(&s->shell, "!exit 3"), -EIO);
	assert_int_equal(s->size, 0);
	assert_int_equal(shell_run(&s->shell, "!"), -EINVAL);
	assert_int_equal(shell_run(&s->shell, "a |"), -EINVAL);
	unlink(path);
	close(fd);
}

static void statuses(void **state)
{
	assert_int_equal(program_run("exit 3", NULL, 0), 3);
	assert_int_equal(program_run("kill -15 $$", NULL, 0), 128 + 15);
	assert_int_equal(program_run("exec /no/such/program 2>/dev/null", "",
				     0),
			 PROGRAM_NOT_FOUND);
	/* The program has the default action of signals. */
	assert_int_equal(program_run("kill -PIPE $$; exit 1", "", 0), 128 + 13);
}

/* In the sandbox no program is started. */
static void confined(void **state)
{
	struct setup *s = *state;

	s->shell.confined = true;
	assert_int_equal(shell_run(&s->shell, "!true"), -EPERM);
	assert_non_null(strstr(s->text, "allows no programs"));
	assert_int_equal(shell_run(&s->shell, "a | true"), -EPERM);
	assert_int_equal(shell_run(&s->shell, "a"), 0);
}

static void script(void **state)
{
	static char text[] = "# comment\n\na\nbad\n  b c\n!exit 2\nexit\nd\n";
	struct setup *s = *state;
	FILE *in = fmemopen(text, strlen(text), "r");

	assert_int_equal(shell_script(&s->shell, in), -EDOM);
	assert_string_equal(s->asked, "a;bad;b c;");
	assert_true(s->shell.over);
	fclose(in);
	/* The last line has no line end. */
	in = fmemopen(text, 12, "r");
	s->shell.over = false;
	assert_int_equal(shell_script(&s->shell, in), 0);
	assert_string_equal(s->asked, "a;bad;b c;a;");
	fclose(in);
}

/* In a sandbox, a key that looks a user up would end the guest. */
static void keys(void **state)
{
	assert_ptr_equal(rl_function_of_keyseq("\033&", emacs_standard_keymap,
					       NULL),
			 rl_tilde_expand);
	setenv("INPUTRC", "/dev/null", 1);
	shell_prompt_prepare();
	assert_ptr_not_equal(rl_function_of_keyseq("\033&",
						   emacs_standard_keymap, NULL),
			     rl_tilde_expand);
	assert_ptr_not_equal(rl_function_of_keyseq("\030\022",
						   emacs_standard_keymap, NULL),
			     rl_re_read_init_file);
	assert_ptr_not_equal(rl_function_of_keyseq("&", vi_movement_keymap,
						   NULL),
			     rl_tilde_expand);
	assert_ptr_equal(rl_function_of_keyseq("\001", emacs_standard_keymap,
					       NULL),
			 rl_beg_of_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test_setup_teardown(commands, setup, teardown),
		cmocka_unit_test_setup_teardown(end, setup, teardown),
		cmocka_unit_test_setup_teardown(pipes, setup, teardown),
		cmocka_unit_test(statuses),
		cmocka_unit_test_setup_teardown(confined, setup, teardown),
		cmocka_unit_test_setup_teardown(script, setup, teardown),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
