// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reader.c - see reader.h
 *
 * Both directions of the socket carry a struct message and then its text. The
 * parent sends a request, and the child answers it; the child's first message
 * says whether the dump is open. The parent trusts no number of the child.
 */
#include "reader.h"
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <trapline/report.h>
#include <trapline/util.h>
#include <unistd.h>

/* Longest line that a user can type, and longest text of a command. */
#define LINE_SIZE_MAX (1U << 20)
#define TEXT_SIZE_MAX (1U << 30)

enum request {
	REQUEST_RUN,
	REQUEST_COMPLETE,
};

struct message {
	int32_t code; /* of a request: enum request; of an answer: an error */
	uint32_t size; /* of the text */
};

struct reader {
	pid_t pid;
	int fd;
};

static int message_send(int fd, int code, const char *text, size_t size)
{
	struct message m = { .code = code, .size = (uint32_t)size };
	int err = write_all(fd, &m, sizeof(m));

	return err ? err : write_all(fd, text, size);
}

/* --- the child ----------------------------------------------------------- */

static void command_run(struct session *s, enum request request,
			const char *line, FILE *out, int *ret)
{
	*ret = 0;
	if (request == REQUEST_COMPLETE)
		session_complete(s, line, out);
	else
		*ret = session_run(s, line, out);
}

/* Answer one request. Returns 0, or a negative errno: the parent has ended. */
static int request_serve(struct session *s, int fd)
{
	struct message m;
	char *line = NULL, *text = NULL;
	size_t size = 0;
	FILE *out;
	int code = -ENOMEM, err = read_all(fd, &m, sizeof(m));

	if (err)
		return err;
	line = calloc(1, (size_t)m.size + 1);
	if (!line)
		return -ENOMEM;
	err = read_all(fd, line, m.size);
	out = err ? NULL : open_memstream(&text, &size);
	if (out) {
		command_run(s, (enum request)m.code, line, out, &code);
		if (fclose(out) || size > TEXT_SIZE_MAX) {
			code = -EFBIG;
			size = 0;
		}
	}
	if (!err)
		err = message_send(fd, code, text, size);
	free(text);
	free(line);
	return err;
}

/*
 * The terminal is not this process's: a key must not end it, and it may not
 * read a key. Messages still go to standard error.
 */
static void terminal_leave(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

static void child(const struct reader_options *o, int fd)
{
	struct dump d;
	int err;

	terminal_leave();
	err = dump_open(&d, o->vmcore);
	if (!err && !o->no_sandbox)
		err = dump_confine(o->modules, NULL);
	if (!err)
		err = dump_read(&d, o->modules);
	if (!err)
		dump_look(&d, o->tells);
	if (!message_send(fd, err, NULL, 0) && !err)
		while (!request_serve(d.session, fd))
			;
	dump_close(&d);
}

/* --- the parent ---------------------------------------------------------- */

/* Copy the text of an answer to out. */
static int text_copy(int fd, uint32_t size, FILE *out)
{
	char part[4096];

	while (size) {
		uint32_t n = min(size, (uint32_t)sizeof(part));
		int err = read_all(fd, part, n);

		if (err)
			return err;
		fwrite(part, 1, n, out);
		size -= n;
	}
	return 0;
}

/* Returns the child's answer, or -EPIPE if the child has ended. */
static int answer_wait(struct reader *r, FILE *out)
{
	struct message m;

	if (read_all(r->fd, &m, sizeof(m)) || m.size > TEXT_SIZE_MAX ||
	    (m.size && (!out || text_copy(r->fd, m.size, out))))
		return -EPIPE;
	return m.code > 0 ? -EPROTO : m.code;
}

static int ask(struct reader *r, enum request request, const char *line,
	       FILE *out)
{
	size_t size = strlen(line);
	int err;

	if (size > LINE_SIZE_MAX) {
		fprintf(out, "the line is too long\n");
		return -E2BIG;
	}
	err = message_send(r->fd, request, line, size);
	err = err ? -EPIPE : answer_wait(r, out);
	if (err == -EPIPE && request == REQUEST_RUN)
		fprintf(out, "the process that reads the dump has ended\n");
	return err;
}

static int run(void *opaque, const char *command, FILE *out)
{
	return ask(opaque, REQUEST_RUN, command, out);
}

static void complete(void *opaque, const char *line, FILE *out)
{
	ask(opaque, REQUEST_COMPLETE, line, out);
}

const struct shell_ops reader_ops = {
	.run = run,
	.complete = complete,
};

static int fork_child(const struct reader_options *o, struct reader *r)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	fflush(NULL);
	r->pid = fork();
	if (!r->pid) {
		close(fds[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			child(o, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	r->fd = fds[0];
	return r->pid < 0 ? -errno : 0;
}

int reader_open(const struct reader_options *o, struct reader **ret)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	signal(SIGPIPE, SIG_IGN);
	err = fork_child(o, r);
	if (err)
		report(REPORT_ERROR, "cannot start a process: %s",
		       strerror(-err));
	else
		err = answer_wait(r, NULL);
	if (err == -EPIPE)
		report(REPORT_ERROR,
		       "%s: the process that reads the dump has ended",
		       o->vmcore);
	if (err)
		reader_close(r);
	else
		*ret = r;
	return err;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->pid > 0)
		waitpid(r->pid, NULL, 0);
	free(r);
}
