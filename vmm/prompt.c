// SPDX-License-Identifier: GPL-2.0-or-later
/* prompt.c - see prompt.h */
#include "prompt.h"

#include <fcntl.h>
#include <unistd.h>
#include "vm.h"
#include "vmm/catch/debug.h"
#include "vmm/devices/terminal.h"

static int run(void *opaque, const char *command, FILE *out)
{
	struct prompt *p = opaque;
	bool ran = debug_peek_begin(p->debug);
	int err = session_run(p->session, command, out);

	debug_peek_end(p->debug, ran);
	return err;
}

static void complete(void *opaque, const char *line, FILE *out)
{
	struct prompt *p = opaque;
	bool ran = debug_peek_begin(p->debug);

	session_complete(p->session, line, out);
	debug_peek_end(p->debug, ran);
}

static const struct shell_ops ops = { .run = run, .complete = complete };

static FILE *stream(int fd, const char *mode)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *ret = copy < 0 ? NULL : fdopen(copy, mode);

	if (!ret && copy >= 0)
		close(copy);
	return ret;
}

void prompt_init(struct prompt *p, struct vm *vm, struct debug *debug,
		 struct session *session)
{
	*p = (struct prompt){ .vm = vm, .debug = debug, .session = session };
	if (!isatty(STDIN_FILENO))
		return;
	p->in = stream(STDIN_FILENO, "r");
	p->out = stream(STDOUT_FILENO, "w");
	p->shell = (struct shell){
		.ops = &ops, .opaque = p, .out = p->out, .confined = true
	};
	if (p->in && p->out)
		shell_prompt_prepare();
}

void prompt_deinit(struct prompt *p)
{
	prompt_close(p);
	if (p->in)
		fclose(p->in);
	if (p->out)
		fclose(p->out);
}

void prompt_open(struct prompt *p)
{
	if (p->open)
		return;
	if (!p->in || !p->out) {
		terminal_take_back(p->vm->terminal);
		return;
	}
	p->open = true;
	p->shell.over = false;
	fprintf(p->out,
		"\ntrapline: \"help\" lists the commands, \"exit\" goes "
		"back to the guest's console\n");
	fflush(p->out);
	shell_prompt_open(&p->shell, p->in, NULL);
}

int prompt_fd(const struct prompt *p)
{
	return p->open ? fileno(p->in) : -1;
}

void prompt_input(struct prompt *p)
{
	shell_prompt_input();
	if (p->shell.over)
		prompt_close(p);
}

void prompt_close(struct prompt *p)
{
	if (!p->open)
		return;
	p->open = false;
	shell_prompt_close();
	terminal_take_back(p->vm->terminal);
}
