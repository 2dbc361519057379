// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inject.c - fail one system call of a program, again and again
 *
 *	inject ENOMEM|EINTR TRIES SECONDS SEED STATUS TEXT PROGRAM [ARGUMENT...]
 *
 * PROGRAM must end with STATUS and print TEXT when nothing fails. In each try
 * one of its system calls, or of its threads', fails with ENOMEM or with EINTR
 * instead of being made. The calls are spread evenly from the first to the last
 * one; SEED chooses where the first one is. With as many tries as there are
 * calls, each call fails once. Only calls that may fail with this error count,
 * and not those of the dynamic linker, whose errors are not the program's.
 *
 * A try is good if the program behaves as if nothing had failed, or ends with
 * another status and a line on standard error. A signal, a hang of SECONDS, and
 * an end without a word are failures. Prints the failures, the different first
 * lines of the errors, and a line with the counts. Status 1: something failed.
 *
 * Works by seccomp's user notification (seccomp(2), SECCOMP_RET_USER_NOTIF), so
 * it sees the calls that a library makes, too. Needs no ptrace.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <trapline/util.h>

#define OUT       "/tmp/inject.out"
#define ERR       "/tmp/inject.err"
/* The child's descriptor of the listener: the lowest one that is free. */
#define LISTENER  3
#define MAX_LINES 200

enum {
	MEM = 1,
	INTR = 2,
	BOTH = MEM | INTR
};

/* The calls that fail, and with which errors. */
static const struct {
	const char *name;
	int nr;
	int errors;
} calls[] = {
/* clang-format off */
#define CALL(name, errors) { #name, SYS_##name, errors }
	CALL(read, BOTH), CALL(write, BOTH), CALL(readv, BOTH),
	CALL(writev, BOTH), CALL(pread64, BOTH), CALL(pwrite64, BOTH),
	CALL(openat, BOTH), CALL(openat2, BOTH), CALL(ioctl, BOTH),
	CALL(ppoll, BOTH), CALL(futex, INTR), CALL(clock_nanosleep, INTR),
	CALL(mmap, MEM), CALL(mprotect, MEM), CALL(munmap, MEM),
	CALL(mremap, MEM), CALL(madvise, MEM), CALL(brk, MEM),
	CALL(clone, MEM), CALL(clone3, MEM), CALL(eventfd2, MEM),
	CALL(timerfd_create, MEM), CALL(signalfd4, MEM), CALL(pipe2, MEM),
	CALL(memfd_create, MEM), CALL(socket, MEM), CALL(socketpair, MEM),
	CALL(bind, MEM), CALL(listen, MEM), CALL(accept4, BOTH),
	CALL(connect, BOTH), CALL(setsockopt, MEM), CALL(sendto, BOTH),
	CALL(recvfrom, BOTH), CALL(sendmsg, BOTH), CALL(recvmsg, BOTH),
	CALL(newfstatat, MEM), CALL(fstat, MEM), CALL(statx, MEM),
	CALL(faccessat, MEM), CALL(readlinkat, MEM), CALL(getdents64, MEM),
	CALL(unlinkat, MEM), CALL(mkdirat, MEM), CALL(renameat2, MEM),
	CALL(linkat, MEM), CALL(fallocate, BOTH), CALL(ftruncate, INTR),
	CALL(fsync, INTR), CALL(fdatasync, INTR), CALL(flock, BOTH),
	CALL(wait4, INTR), CALL(seccomp, MEM), CALL(execve, MEM),
	{ "landlock_create_ruleset", 444, MEM },
	{ "landlock_add_rule", 445, MEM },
	{ "landlock_restrict_self", 446, MEM },
#ifdef SYS_poll
	CALL(poll, BOTH), CALL(open, BOTH), CALL(stat, MEM),
#endif
	/* clang-format on */
};

static int errors, error;
static unsigned int limit;

/* One try. */
static struct {
	unsigned long nth; /* 0: nothing fails */
	unsigned long nr; /* calls so far */
	const char *failed;
	uint64_t arg[2]; /* of the call that has failed */
	/* The dynamic linker's code. */
	uint64_t linker, linker_end;
	int status; /* as wait(2) has it */
	bool hung;
} try;

static struct {
	char *text[MAX_LINES];
	unsigned int times[MAX_LINES];
	unsigned int nr;
} lines;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- the child ----------------------------------------------------------- */

/* Set a filter with which each call in calls[] asks the parent first. */
static void filter_set(void)
{
	struct sock_filter code[2 * ARRAY_SIZE(calls) + 2];
	struct sock_fprog prog = { .filter = code };
	unsigned int n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		/* At execve() the parent gets the listener. */
		if (!(calls[i].errors & errors) && calls[i].nr != SYS_execve)
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].nr, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_ALLOW);
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) != LISTENER)
		_exit(126);
}

static void child(char **argv)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(OUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err = open(ERR, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	syscall(SYS_close_range, LISTENER, ~0U, 0);
	filter_set();
	execvp(argv[0], argv);
	_exit(127);
}

/* --- the parent ------------------------------------------------------------ */

/*
 * Get the child's listener. The child waits in execve() until somebody has the
 * listener. Before the child has set its filter, the descriptor LISTENER may be
 * another file, so try again until it is a listener. A listener answers ENOENT
 * for the id 0.
 */
static int listener_get(int pidfd)
{
	uint64_t id = 0;

	for (int i = 0; i < 100000; i++, usleep(1000)) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, LISTENER, 0);

		if (fd < 0)
			continue;
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) &&
		    errno == ENOENT)
			return fd;
		close(fd);
	}
	die("no listener");
	return -1;
}

/* The call, if it may fail with the error. */
static const char *name_of(int nr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr && calls[i].errors & errors)
			return calls[i].name;
	return NULL;
}

/* Find the dynamic linker, which is mapped before the program's first call. */
static void linker_find(pid_t pid)
{
	char path[32], line[512];
	uint64_t from, to;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/ld-linux") ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &from, &to) != 2)
			continue;
		try.linker = try.linker ?: from;
		try.linker_end = to;
	}
	if (maps)
		fclose(maps);
}

/* True: this call may fail in this try. */
static bool counts(const struct seccomp_notif *n)
{
	uint64_t ip = n->data.instruction_pointer;

	if (!try.linker && n->data.nr != SYS_execve)
		linker_find((pid_t)n->pid);
	/* Only a wait is interrupted: FUTEX_WAIT is 0, FUTEX_WAIT_BITSET 9. */
	if (n->data.nr == SYS_futex && (n->data.args[1] & 0x7f) % 9)
		return false;
	return name_of(n->data.nr) && n->data.nr != SYS_execve &&
	       (ip < try.linker || ip >= try.linker_end);
}

static void answer(int listener)
{
	/* Room for the fields of a later kernel. */
	union {
		struct seccomp_notif n;
		char room[512];
	} ask = { 0 };
	union {
		struct seccomp_notif_resp r;
		char room[512];
	} reply = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask))
		return; /* the thread has ended meanwhile */
	reply.r.id = ask.n.id;
	if (!counts(&ask.n) || ++try.nr != try.nth) {
		reply.r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		try.failed = name_of(ask.n.data.nr);
		try.arg[0] = ask.n.data.args[0];
		try.arg[1] = ask.n.data.args[1];
		/* brk() fails by returning another address. */
		reply.r.error = ask.n.data.nr == SYS_brk ? 0 : -error;
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void run(char **argv, unsigned long nth)
{
	time_t end = time(NULL) + limit;
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t pid;

	memset(&try, 0, sizeof(try));
	try.nth = nth;
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(argv);
	p[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	p[1].fd = listener_get(p[0].fd);
	do {
		poll(p, 2, 1000);
		if (p[1].revents & POLLIN)
			answer(p[1].fd);
		try.hung = time(NULL) > end;
	} while (!p[0].revents && !try.hung);
	if (try.hung)
		kill(pid, SIGKILL);
	waitpid(pid, &try.status, 0);
	close(p[0].fd);
	close(p[1].fd);
}

/* The first line of a file that begins with text; "" stands for any line. */
static bool file_line(const char *path, const char *text, char *ret,
		      size_t size)
{
	FILE *in = fopen(path, "re");
	char line[512];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		found = *line && strstr(line, text);
	}
	if (in)
		fclose(in);
	if (found && ret)
		snprintf(ret, size, "%s", line);
	return found;
}

static void line_count(const char *text)
{
	for (unsigned int i = 0; i < lines.nr; i++) {
		if (!strcmp(lines.text[i], text)) {
			lines.times[i]++;
			return;
		}
	}
	if (lines.nr < MAX_LINES) {
		lines.text[lines.nr] = strdup(text);
		lines.times[lines.nr++] = 1;
	}
}

/* True: the program did what it does when nothing fails. */
static bool as_usual(int status, const char *text)
{
	return WIFEXITED(try.status) && WEXITSTATUS(try.status) == status &&
	       file_line(OUT, text, NULL, 0);
}

/* NULL: the try was good. */
static const char *verdict(int status, const char *text, bool *ret_usual)
{
	char line[512];

	*ret_usual = false;
	if (try.hung)
		return "hangs";
	if (WIFSIGNALED(try.status))
		return strsignal(WTERMSIG(try.status));
	*ret_usual = as_usual(status, text);
	if (*ret_usual)
		return NULL;
	if (!file_line(ERR, "", line, sizeof(line)))
		return "ends without a word";
	line_count(line);
	return WEXITSTATUS(try.status) == status ? "ends as if all were well"
						 : NULL;
}

int main(int argc, char **argv)
{
	unsigned long total, tries, bad = 0, usual = 0, first;
	const char *text, *wrong;
	bool is_usual;
	int status;

	if (argc < 8) {
		fprintf(stderr, "usage: inject ENOMEM|EINTR TRIES SECONDS SEED "
				"STATUS TEXT PROGRAM...\n");
		return 2;
	}
	errors = strcmp(argv[1], "EINTR") ? MEM : INTR;
	error = errors == INTR ? EINTR : ENOMEM;
	tries = strtoul(argv[2], NULL, 10);
	limit = (unsigned int)atoi(argv[3]);
	first = strtoul(argv[4], NULL, 10);
	status = atoi(argv[5]);
	text = argv[6];
	argv += 7;
	run(argv, 0);
	total = try.nr;
	if (try.hung || !as_usual(status, text)) {
		printf("without a failure: status %#x, hung %d\n", try.status,
		       try.hung);
		return 1;
	}
	tries = tries && tries < total ? tries : total;
	first %= total / tries;
	for (unsigned long i = 0; i < tries; i++) {
		run(argv, 1 + first + i * total / tries);
		if (!try.failed)
			continue; /* fewer calls this time */
		wrong = verdict(status, text, &is_usual);
		usual += is_usual;
		bad += !!wrong;
		if (wrong)
			printf("call %lu, %s(%#" PRIx64 ", %#" PRIx64 "): %s\n",
			       try.nth, try.failed, try.arg[0], try.arg[1],
			       wrong);
	}
	for (unsigned int i = 0; i < lines.nr; i++)
		printf("# %u times: %s\n", lines.times[i], lines.text[i]);
	printf("inject: %s, seed %s: %lu calls, %lu tries, %lu as usual, %lu "
	       "errors reported, %lu failures\n",
	       errors == INTR ? "EINTR" : "ENOMEM", argv[-3], total, tries,
	       usual, tries - usual - bad, bad);
	return bad != 0;
}
