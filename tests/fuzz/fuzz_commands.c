// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_commands.c - lines that a debugger sends as monitor commands
 *
 * The input has lines. A line whose first byte is below 0x20 (and not the end
 * of the line) begins with the command of this number. The guest is a stopped
 * VM on the fake KVM, so the commands of vmm/cmd/ run, too. Commands that end
 * the guest are left out.
 *
 * A command must print something or succeed, and its text must be one that can
 * go to a terminal.
 */
#include <string.h>
#include <trapline/session.h>

#include "input.h"
#include "tests/unit/fake_cpu.h"
#include "tests/unit/fake_vm.h"

#define MAX_LINES 32
#define MAX_LINE  256

static struct fake_vm *fv;
static unsigned int nr_commands;

static void set_up(void)
{
	static const uint32_t code[] = { A64_STR(3, 1), A64_WFI, A64_B(-1) };
	const struct fake_vm_options options = { .cpus = 2,
						 .trapline = true,
						 .code = code,
						 .nr_code = ARRAY_SIZE(code) };

	fake_vm_start(&options, &fv);
	fake_vm_mmu_on(fv);
	while (session_command(fv->session, nr_commands))
		nr_commands++;
}

/* The commands that end or restart the guest only set a flag of the VM. */
static bool ends_guest(const char *line)
{
	static const char *const words[] = { "reset", "quit", "poweroff" };

	line += strspn(line, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strncmp(line, words[i], strlen(words[i])))
			return true;
	return false;
}

static void run_line(const char *line)
{
	char *text = NULL;
	size_t length;
	FILE *out;
	int error;

	if (ends_guest(line))
		return;
	out = open_memstream(&text, &length);
	must(out, "no memory");
	error = session_run(fv->session, line, out);
	must(!fclose(out), "no memory");
	must(!error || length, "an error without a text");
	free(text);
}

static void next_line(struct input *in, char *line)
{
	const struct session_command *c;
	size_t length = 0;
	uint8_t byte = input_next(in);

	if (byte < ' ' && byte != '\n') {
		c = session_command(fv->session, byte % nr_commands);
		length = (size_t)sprintf(line, "%s ", c->name);
		byte = input_next(in);
	}
	for (; byte && byte != '\n'; byte = input_next(in))
		if (length < MAX_LINE)
			line[length++] = (char)byte;
	line[length] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	char line[MAX_LINE + 1];

	if (!fv)
		set_up();
	for (int i = 0; i < MAX_LINES && in.at < in.end; i++) {
		next_line(&in, line);
		run_line(line);
	}
	run_line("unwatch all");
	run_line("whowrote off");
	run_line("catch-sysreg none");
	return 0;
}
