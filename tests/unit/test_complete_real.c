// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_complete_real.c - completion over Debian's own kernels
 *
 * The names come from kernel_truth.py (fake_running.h).
 */
#include "fake_linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is word a line of the words that complete line? */
static bool offers(struct setup *s, const char *line, const char *word)
{
	char command[256], want[256];
	const char *text;

	snprintf(command, sizeof(command), "complete \"%s\"", line);
	snprintf(want, sizeof(want), "\n%s\n", word);
	text = run(s, command, 0);
	return !strncmp(text, want + 1, strlen(want + 1)) || strstr(text, want);
}

static void test_commands(void **state)
{
	struct setup *s = *state;

	assert_true(offers(s, "", "ps"));
	assert_true(offers(s, "pagetab", "pagetables"));
	assert_false(offers(s, "pagetab", "ps"));
	assert_true(offers(s, "help dme", "dmesg"));
	assert_true(offers(s, "regs ", "1"));
	/* Words of the grammar, in their place only. */
	assert_true(offers(s, "bt al", "all"));
	assert_true(offers(s, "bt c", "cpu"));
	assert_false(offers(s, "bt all al", "all"));
	assert_true(offers(s, "net so", "sockets"));
	assert_true(offers(s, "locks rw", "rwsem"));
	assert_true(offers(s, "bt all --j", "--json"));
	assert_false(offers(s, "bt ", "--json"));
	assert_false(offers(s, "where --j", "--json"));
	/* Only what a dump can do. */
	assert_false(offers(s, "pow", "poweroff"));
	assert_string_equal(run(s, "complete \"nothing x\"", 0), "");
	expect(run(s, "complete nothing", -EINVAL), "usage");
	expect(run(s, "complete \"", -EINVAL), "usage");
}

static void test_symbols(void **state)
{
	struct setup *s = *state;

	start(s);
	assert_true(offers(s, "sym do_init_mod", "do_init_module"));
	assert_true(offers(s, "disas start_kern", "start_kernel"));
	assert_true(offers(s, "vtop init_tas", "init_task"));
	assert_string_equal(run(s, "complete \"sym no_such_symbol\"", 0), "");
	assert_string_equal(run(s, "complete \"sym \"", 0), "");
}

static void test_types(void **state)
{
	struct setup *s = *state;

	start(s);
	assert_true(offers(s, "print task_str", "task_struct"));
	assert_true(offers(s, "print struct task_str", "task_struct"));
	assert_true(offers(s, "print pid", "pid_t"));
	assert_true(offers(s, "print init_tas", "init_task"));
	assert_true(offers(s, "print task_struct init_ta", "init_task"));
	assert_true(offers(s, "print task_struct 0x1.com", "0x1.comm"));
	assert_true(offers(s, "print task_struct x.mm->pg", "x.mm->pgd"));
	assert_true(offers(s, "print struct task_struct x.tasks.ne",
			   "x.tasks.next"));
	/* A member of an anonymous structure. */
	assert_true(offers(s, "print page x.mapp", "x.mapping"));
	assert_true(offers(s, "print init_task.sta", "init_task.stack"));
	assert_true(offers(s, "print init_task.real_parent->co",
			   "init_task.real_parent->comm"));
	assert_true(
		offers(s, "print runqueues.nr_runn", "runqueues.nr_running"));
	assert_true(offers(s, "list task_struct.tas", "task_struct.tasks"));
	assert_true(offers(s, "list task_struct.tasks init_ta", "init_task"));
	assert_string_equal(run(s, "complete \"list no_type.x\"", 0), "");
	assert_string_equal(run(s, "complete \"print pid_t x.y\"", 0), "");
}

static void test_tasks(void **state)
{
	struct setup *s = *state;

	start(s);
	tasks_put(s);
	assert_true(offers(s, "bt ", "9"));
	assert_true(offers(s, "vmas ", "1"));
	assert_true(offers(s, "foreach wo", "worker"));
	/* Names of the guest are clean. */
	assert_true(offers(s, "foreach in", "in?it"));
}

static const struct running_test tests[] = {
	T(test_commands),
	T(test_symbols),
	T(test_types),
	T(test_tasks),
};

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
