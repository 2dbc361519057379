// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sandbox.c - a process that tries to leave
 *
 * Each attempt runs in a child of its own, confined as each kind of thread is.
 * It is what a hostile guest would do after it has taken over that thread. The
 * attempt has to end the child or to fail. An operation that the thread needs
 * for its own work has to succeed. This is a program of its own, which runs on
 * the build host and on the lab's kernels.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/sandbox.h"

#define CONTROL  (1U << SANDBOX_CONTROL)
#define VCPU     (1U << SANDBOX_VCPU)
#define DEVICE   (1U << SANDBOX_DEVICE)
#define ALL      (CONTROL | VCPU | DEVICE)
#define MAX_PATH 512
#define ENDED    (128 + SIGSYS) /* by the sandbox */

/* Folders: read/ has file, save/ is empty, other/ has file. */
static char top[256];
static pid_t parent;
static bool has_landlock;

/* ---- attempts: 0, or -1 and errno, as a system call ------------------------ */

static int try_exec(void)
{
	char *const argv[] = { (char *)"/bin/true", NULL };

	return execve(argv[0], argv, argv + 1);
}

static int try_fork(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int try_kill(void)
{
	return kill(parent, 0);
}

static int try_tgkill(void)
{
	return (int)syscall(SYS_tgkill, parent, parent, 0);
}

static int try_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}

static int try_readv(void)
{
	return (int)syscall(SYS_process_vm_readv, parent, NULL, 0, NULL, 0, 0);
}

static int try_map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int try_protect_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int try_ipv4(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_type(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static int try_uid(void)
{
	return (int)syscall(SYS_setresuid, 0, 0, 0);
}

static int try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static int try_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int try_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int try_module(void)
{
	return (int)syscall(SYS_finit_module, 0, "", 0);
}

static int try_filter(void)
{
	return prctl(PR_SET_SECCOMP, 0, 0, 0, 0);
}

static int open_at(const char *folder, const char *name, int flags)
{
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "%s/%s/%s", top, folder, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static int try_read(void)
{
	return open_at("read", "file", O_RDONLY);
}

static int try_read_other(void)
{
	return open_at("other", "file", O_RDONLY);
}

static int try_write(void)
{
	return open_at("read", "file", O_WRONLY);
}

static int try_save(void)
{
	return open_at("save", "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int try_save_other(void)
{
	return open_at("other", "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int try_remove(void)
{
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "%s/other/file", top);
	return unlink(path);
}

static int try_allocate(void)
{
	char *p = malloc(64 << 20);

	if (p)
		memset(p, 1, 64 << 20);
	free(p);
	return p ? 0 : -1;
}

static int try_print(void)
{
	return fprintf(stderr, "%s", "") < 0 ? -1 : 0;
}

static int try_raise(void)
{
	return raise(SIGCHLD);
}

static int try_disk(void)
{
	int fd = memfd_create("disk", 0);

	return fd < 0 ? -1 : 0;
}

/* ---- what has to come of them ----------------------------------------------- */

enum outcome {
	WORKS,
	DENIED, /* EACCES */
	DIES
};

struct attempt {
	const char *name;
	int (*fn)(void);
	unsigned int kinds;
	enum outcome want;
	bool user_net, saves; /* as the sandbox is configured */
	bool by_landlock; /* nothing to see where there is none */
};

static const struct attempt attempts[] = {
	{ "start a program", try_exec, ALL, DIES, true, true, false },
	{ "fork", try_fork, ALL, DIES, true, true, false },
	{ "signal another process", try_kill, ALL, DIES, true, true, false },
	{ "signal its thread", try_tgkill, ALL, DIES, true, true, false },
	{ "trace it", try_ptrace, ALL, DIES, true, true, false },
	{ "read its memory", try_readv, ALL, DIES, true, true, false },
	{ "map code", try_map_code, ALL, DIES, true, true, false },
	{ "make code", try_protect_code, ALL, DIES, true, true, false },
	{ "a connection", try_ipv4, ALL, DIES, false, true, false },
	{ "a connection, user network", try_ipv4, CONTROL, DIES, true, true,
	  false },
	{ "a user network's own", try_ipv4, VCPU | DEVICE, WORKS, true, true,
	  false },
	{ "a Unix socket", try_unix, ALL, DIES, true, true, false },
	{ "a netlink socket", try_netlink, ALL, DIES, true, true, false },
	{ "type on the terminal", try_type, ALL, DIES, true, true, false },
	{ "become root", try_uid, ALL, DIES, true, true, false },
	{ "mount", try_mount, ALL, DIES, true, true, false },
	{ "a user namespace", try_namespace, ALL, DIES, true, true, false },
	{ "bpf", try_bpf, ALL, DIES, true, true, false },
	{ "load a module", try_module, ALL, DIES, true, true, false },
	{ "take the filter away", try_filter, ALL, DIES, true, true, false },
	{ "make an anonymous file", try_disk, ALL, DIES, true, true, false },
	{ "read a file of its own", try_read, CONTROL, WORKS, false, true,
	  false },
	{ "the same on other threads", try_read, VCPU | DEVICE, DENIED, false,
	  true, false },
	{ "read another file", try_read_other, ALL, DENIED, true, true, true },
	{ "write a file", try_write, CONTROL, DENIED, true, true, true },
	{ "write a file, no folder to save in", try_write, ALL, DIES, true,
	  false, false },
	{ "write a file on other threads", try_write, VCPU | DEVICE, DIES, true,
	  true, false },
	{ "save", try_save, CONTROL, WORKS, false, true, false },
	{ "save elsewhere", try_save_other, CONTROL, DENIED, false, true,
	  true },
	{ "save elsewhere, no folder to save in", try_save_other, ALL, DIES,
	  false, false, false },
	{ "remove a file", try_remove, ALL, DIES, true, true, false },
	{ "memory", try_allocate, ALL, WORKS, false, false, false },
	{ "a message", try_print, ALL, WORKS, false, false, false },
	{ "a signal to itself", try_raise, ALL, WORKS, false, false, false },
};

static void config_fill(struct sandbox_config *c, const struct attempt *a,
			char *reads, char *saves, size_t size)
{
	snprintf(reads, size, "%s/read", top);
	snprintf(saves, size, "%s/save", top);
	*c = (struct sandbox_config){ .user_net = a->user_net };
	c->folder[c->nr_folders].path = reads;
	c->folder[c->nr_folders++].use = SANDBOX_READ;
	if (!a->saves)
		return;
	c->folder[c->nr_folders].path = saves;
	c->folder[c->nr_folders++].use = SANDBOX_SAVE;
}

static void confine(const struct attempt *a, enum sandbox_thread kind)
{
	char reads[MAX_PATH], saves[MAX_PATH], err[256];
	struct sandbox_config config;
	struct sandbox *s;

	config_fill(&config, a, reads, saves, sizeof(reads));
	if (sandbox_create(&config, err, sizeof(err), &s) ||
	    sandbox_process(s, err, sizeof(err))) {
		printf("%s\n", err);
		fflush(stdout);
		_exit(1);
	}
	if (sandbox_thread(s, kind))
		_exit(2);
}

/* Exit status of a child that tries it. */
static int outcome_of(const struct attempt *a, enum sandbox_thread kind)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		confine(a, kind);
		_exit(a->fn() >= 0 ? 10 : errno == EACCES ? 11 : 12);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 1000 + WTERMSIG(status);
}

static unsigned int run_all(unsigned int *passed)
{
	static const char *const names[] = { "control", "vCPU", "device" };
	static const int want[] = {
		[WORKS] = 10, [DENIED] = 11, [DIES] = ENDED
	};
	unsigned int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct attempt *a = &attempts[i];

		for (int kind = 0; kind < SANDBOX_NR_THREADS; kind++) {
			int got;

			if (!(a->kinds & 1U << kind) ||
			    (a->by_landlock && !has_landlock))
				continue;
			got = outcome_of(a, (enum sandbox_thread)kind);
			if (got == want[a->want]) {
				++*passed;
				continue;
			}
			failed++;
			printf("FAIL  %s, on a %s thread: %d, want %d\n",
			       a->name, names[kind], got, want[a->want]);
		}
	}
	return failed;
}

/* ---- threads, and what is left ----------------------------------------------- */

static int capabilities_left(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	return (data[0].effective | data[0].permitted | data[0].inheritable |
		data[1].effective | data[1].permitted | data[1].inheritable) !=
	       0;
}

static void *thread_main(void *arg)
{
	static char text[] = "thread";

	if (capabilities_left() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return NULL;
	return sandbox_thread(arg, SANDBOX_DEVICE) ? NULL : text;
}

/* A thread that starts afterwards has no more than the first one. */
static bool threads_are_confined(void)
{
	const struct sandbox_config config = { 0 };
	struct sandbox *s;
	pthread_t thread;
	void *ret = NULL;
	char err[256];
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (sandbox_create(&config, err, sizeof(err), &s) ||
		    sandbox_process(s, err, sizeof(err)) ||
		    pthread_create(&thread, NULL, thread_main, s) ||
		    pthread_join(thread, &ret))
			_exit(1);
		sandbox_thread(s, SANDBOX_CONTROL);
		_exit(ret && !capabilities_left() ? 0 : 1);
	}
	/* capget(2) of the first thread is no longer allowed. */
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == ENDED;
}

static void file_put(const char *folder, const char *name)
{
	int fd;

	fd = open_at(folder, name, O_WRONLY | O_CREAT);
	if (fd >= 0)
		close(fd);
}

static void folders_make(const char *where)
{
	static const char *const names[] = { "read", "save", "other" };
	char path[MAX_PATH];

	snprintf(top, sizeof(top), "%s/test_sandbox.XXXXXX", where);
	if (!mkdtemp(top))
		exit(1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		mkdir(path, 0700);
	}
	file_put("read", "file");
	file_put("other", "file");
}

static void folders_remove(void)
{
	static const char *const names[] = { "read/file", "other/file",
					     "save/new",  "read",
					     "save",      "other" };
	char path[MAX_PATH];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		remove(path);
	}
	rmdir(top);
}

/* test_sandbox [FOLDER]: the files are made in FOLDER, by default /tmp. */
int main(int argc, char **argv)
{
	unsigned int passed = 0, failed;

	parent = getpid();
	has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION) > 0;
	if (!has_landlock)
		printf("no Landlock here: files are not tried\n");
	folders_make(argc > 1 ? argv[1] : "/tmp");
	failed = run_all(&passed);
	folders_remove();
	if (threads_are_confined()) {
		passed++;
	} else {
		printf("FAIL  a thread that starts later\n");
		failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
