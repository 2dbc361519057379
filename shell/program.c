// SPDX-License-Identifier: GPL-2.0-or-later
/* program.c - see program.h */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <trapline/util.h>
#include <unistd.h>

/*
 * Signals that this process ignores as long as the program runs: a terminal
 * sends its signals to both, and a program may end before it has read all of
 * its input.
 */
static const int ignored[] = { SIGINT, SIGQUIT, SIGPIPE };

static int spawn(const char *line, int in, pid_t *ret)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)line, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults, mask;
	int err;

	sigemptyset(&mask);
	sigemptyset(&defaults);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaddset(&defaults, ignored[i]);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setsigmask(&attr, &mask);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	err = posix_spawn(ret, "/bin/sh", &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *line, const char *text, size_t size)
{
	int fds[2] = { -1, -1 };
	pid_t pid;
	int err;

	if (text && pipe2(fds, O_CLOEXEC))
		return -errno;
	err = spawn(line, fds[0], &pid);
	if (text)
		close(fds[0]);
	/* An error means that the program reads no more; this is no failure. */
	if (!err && text)
		write_all(fds[1], text, size);
	if (text)
		close(fds[1]);
	return err ? err : status_of(pid);
}

int program_run(const char *line, const char *text, size_t size)
{
	struct sigaction old[ARRAY_SIZE(ignored)];
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i],
			  &(struct sigaction){ .sa_handler = SIG_IGN },
			  &old[i]);
	ret = run(line, text, size);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaction(ignored[i], &old[i], NULL);
	return ret;
}
