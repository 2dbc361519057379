// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lists.c - see lists.h
 *
 * Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst.
 *
 * libseccomp has state of its own, so it makes the filters on the main thread.
 * Names that an architecture does not have (poll on arm64) are skipped, so that
 * one table serves all architectures.
 *
 * To add a system call: add its name to the table, with the threads that need
 * it. If the call can reach anything that is not open yet, also add a rule for
 * its arguments: see special_rules().
 */
#include "lists.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __aarch64__
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#endif

/* The threads that may call a name. */
#define CONTROL (1U << SANDBOX_CONTROL)
#define VCPU    (1U << SANDBOX_VCPU)
#define DEVICE  (1U << SANDBOX_DEVICE)
#define DUMP    (1U << SANDBOX_DUMP)
#define GUEST   (CONTROL | VCPU | DEVICE)
#define ALL     (GUEST | DUMP)

/* Allowed with any arguments. */
static const struct call {
	const char *name;
	unsigned int threads;
} calls[] = {
	/* memory, threads, time: what the C library does */
	{ "brk", ALL },
	{ "clock_gettime", ALL },
	{ "clock_nanosleep", ALL },
	{ "exit", ALL },
	{ "exit_group", ALL },
	{ "futex", ALL },
	{ "getegid", ALL },
	{ "geteuid", ALL },
	{ "getgid", ALL },
	{ "getpgid", ALL },
	{ "getpgrp", ALL },
	{ "getpid", ALL },
	{ "getrandom", ALL },
	{ "gettid", ALL },
	{ "gettimeofday", ALL },
	{ "getuid", ALL },
	{ "madvise", ALL },
	{ "membarrier", ALL },
	{ "mremap", ALL },
	{ "munmap", ALL },
	{ "nanosleep", ALL },
	{ "restart_syscall", ALL },
	{ "rseq", ALL },
	{ "rt_sigprocmask", ALL },
	{ "rt_sigreturn", ALL },
	{ "sched_getaffinity", ALL },
	{ "sched_yield", ALL },
	{ "set_robust_list", ALL },
	{ "sigaltstack", ALL },
	{ "sysinfo", ALL },
	{ "time", ALL },
	{ "rt_sigaction", CONTROL | DUMP },
	/* descriptors that are open */
	{ "close", ALL },
	{ "fstat", ALL },
	{ "lseek", ALL },
	{ "newfstatat", ALL }, /* fstat(3) of some C libraries */
	{ "poll", ALL },
	{ "ppoll", ALL },
	{ "pread64", ALL },
	{ "read", ALL },
	{ "readv", ALL },
	{ "timerfd_settime", GUEST },
	{ "write", ALL },
	{ "writev", ALL },
	/* vCPUs: a timer that ends KVM_RUN a little later (watch_open.c) */
	{ "timer_create", VCPU | CONTROL },
	{ "timer_settime", VCPU | CONTROL },
	/* the debugger's connection; a vCPU thread may answer it at a stop */
	{ "accept", CONTROL | DUMP },
	{ "accept4", CONTROL | DUMP },
	{ "getpeername", CONTROL | DUMP },
	{ "getsockname", CONTROL | DUMP },
	{ "getsockopt", CONTROL | DUMP },
	{ "setsockopt", CONTROL | DUMP },
	{ "shutdown", CONTROL | VCPU | DUMP },
	{ "recvfrom", CONTROL | VCPU | DUMP },
	{ "sendto", CONTROL | VCPU | DUMP },
	/* a reset makes KVM's descriptors again and loads the images */
	{ "dup3", CONTROL },
	/* the shell on the console: readline waits for the rest of a key */
	{ "pselect6", CONTROL },
	{ "select", CONTROL },
	/* folders that Landlock allows; the descriptor of --save-dir */
	{ "getdents64", CONTROL | DUMP },
	/* disks */
	{ "fallocate", DEVICE },
	{ "fdatasync", DEVICE },
	{ "preadv", DEVICE },
	{ "preadv2", DEVICE },
	{ "pwrite64", DEVICE | CONTROL }, /* CONTROL: dumps */
	{ "pwritev", DEVICE },
	{ "pwritev2", DEVICE },
	{ "sync_file_range", DEVICE },
	/* networks: the descriptors that libslirp waits for */
	{ "epoll_ctl", GUEST },
	{ "epoll_pwait", DEVICE },
	{ "epoll_wait", DEVICE },
};

/* With a user network, a guest's frame may open or close a connection. */
static const char *const user_net_calls[] = {
	"accept",      "accept4",    "bind",       "connect",  "getpeername",
	"getsockname", "getsockopt", "listen",     "recvfrom", "recvmsg",
	"sendto",      "shutdown",   "setsockopt",
};

/*
 * Looking up a name opens nothing. These calls are refused with EACCES and
 * without a message, and libraries work without them.
 */
static const char *const refused_calls[] = {
	"access",   "faccessat", "faccessat2", "getcwd", "open",  "readlinkat",
	"readlink", "stat",      "statfs",     "statx",  "uname",
};

/*
 * ioctls that future C libraries use for terminals: termios2, the same on every
 * architecture.
 */
#define TERMIOS2_GET 0x802c542aU
#define TERMIOS2_SET 0x402c542bU

/*
 * ioctls of terminals and descriptors, by thread. TCSETS and TIOCGPGRP are for
 * any thread of a guest: signal handlers set the mode of the user's terminal
 * (vmm/devices/ttymode.c).
 */
static const struct sandbox_request
	requests[] = {
		{ TCSETS, GUEST },
		{ TCSETSW, CONTROL },
		{ TCGETS, ALL },
		{ TERMIOS2_SET, GUEST },
		{ TERMIOS2_GET, ALL },
		{ TIOCGPGRP, GUEST },
		{ TIOCGWINSZ, ALL },
		{ TIOCSWINSZ, CONTROL }, /* readline sets the size that it has read */
		{ FIONREAD, ALL },
		{ FIONBIO, ALL },
	};

static int name_allow(scmp_filter_ctx f, const char *name, uint32_t action)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr < 0 ? 0 : seccomp_rule_add(f, action, nr, 0);
}

static int requests_allow(scmp_filter_ctx f, unsigned int thread,
			  const struct sandbox_request *r, unsigned int nr)
{
	int err = 0;

	for (unsigned int i = 0; i < nr && !err; i++)
		if (r[i].threads & thread)
			err = seccomp_rule_add(
				f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1_32(SCMP_CMP_EQ, r[i].request));
	return err;
}

static bool has_folder(const struct sandbox_config *c, enum sandbox_use use)
{
	for (unsigned int i = 0; i < c->nr_folders; i++)
		if (c->folder[i].use == use)
			return true;
	return false;
}

/*
 * Landlock decides which files may be opened. This rule allows opening a file
 * to read it, and creating a file if there is a folder to save in. No existing
 * file can be opened for writing. A thread that may open no file gets an error:
 * see trapline/sandbox.h.
 */
static int openat_allow(scmp_filter_ctx f, const struct sandbox_config *c,
			unsigned int thread)
{
	const uint64_t creates = O_CREAT | O_EXCL;
	const uint64_t writes = O_ACCMODE | creates | O_TRUNC | O_APPEND;
	bool reads = thread == CONTROL || c->user_net ||
		     (thread == DUMP && has_folder(c, SANDBOX_READ));
	uint32_t action = reads ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
	int err = seccomp_rule_add(f, action, SCMP_SYS(openat), 1,
				   SCMP_A2_32(SCMP_CMP_MASKED_EQ, writes,
					      O_RDONLY));

	if (err || thread != CONTROL || !has_folder(c, SANDBOX_SAVE))
		return err;
	return seccomp_rule_add(f, action, SCMP_SYS(openat), 1,
				SCMP_A2_32(SCMP_CMP_MASKED_EQ, writes,
					   O_WRONLY | creates));
}

static int names_allow(scmp_filter_ctx f, const char *const *names,
		       unsigned int nr)
{
	int err = 0;

	for (unsigned int i = 0; i < nr && !err; i++)
		err = name_allow(f, names[i], SCMP_ACT_ALLOW);
	return err;
}

/*
 * The calls on names that the folders need. A file that is complete gets its
 * name by renameat2() or linkat(). Landlock decides in which folders. Neither
 * call replaces a file.
 */
static int folders_allow(scmp_filter_ctx f, const struct sandbox_config *c,
			 unsigned int thread)
{
	static const char *const removes[] = { "unlink", "unlinkat" };
	bool saves = thread == CONTROL && has_folder(c, SANDBOX_SAVE);
	int err = 0;

	if (saves || has_folder(c, SANDBOX_REMOVE))
		err = names_allow(f, removes, ARRAY_SIZE(removes));
	if (err || !saves)
		return err;
	err = name_allow(f, "linkat", SCMP_ACT_ALLOW);
	return err ? err
		   : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(renameat2), 1,
				      SCMP_A4_32(SCMP_CMP_EQ,
						 RENAME_NOREPLACE));
}

/*
 * Commands that could send signals to other processes are not here (F_SETOWN).
 */
static int fcntl_allow(scmp_filter_ctx f)
{
	static const uint32_t commands[] = {
		F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
		F_GETFL, F_SETFL,         F_OFD_SETLK,
	};
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(commands) && !err; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				       SCMP_A1_32(SCMP_CMP_EQ, commands[i]));
	return err;
}

/*
 * Rules for arguments: memory that is not executable, signals to this process
 * only, IPv4 sockets only.
 */
static int special_rules(scmp_filter_ctx f, const struct sandbox_config *c,
			 unsigned int thread)
{
	static const char *const maps[] = { "mmap", "mprotect" };
	int err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				   SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid()));

	for (unsigned int i = 0; i < ARRAY_SIZE(maps) && !err; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW,
				       seccomp_syscall_resolve_name(maps[i]), 1,
				       SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC,
						  0));
	if (!err)
		err = fcntl_allow(f);
	if (!err)
		err = openat_allow(f, c, thread);
	if (!err && thread & (CONTROL | DUMP))
		err = folders_allow(f, c, thread);
	if (!err && c->user_net)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0_32(SCMP_CMP_EQ, AF_INET));
	return err;
}

static int filter_fill(scmp_filter_ctx f, const struct sandbox_config *c,
		       enum sandbox_thread kind)
{
	unsigned int thread = 1U << kind;
	int err = requests_allow(f, thread, requests, ARRAY_SIZE(requests));

	if (!err)
		err = requests_allow(f, thread, c->requests, c->nr_requests);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls) && !err; i++)
		if (calls[i].threads & thread)
			err = name_allow(f, calls[i].name, SCMP_ACT_ALLOW);
	for (unsigned int i = 0; i < ARRAY_SIZE(user_net_calls) && !err; i++)
		if (c->user_net)
			err = name_allow(f, user_net_calls[i], SCMP_ACT_ALLOW);
	for (unsigned int i = 0; i < ARRAY_SIZE(refused_calls) && !err; i++)
		err = name_allow(f, refused_calls[i], SCMP_ACT_ERRNO(EACCES));
	if (!err)
		err = special_rules(f, c, thread);
	return err;
}

/*
 * The ioctl that has to be fast is tested before all other calls. These
 * instructions fall through to libseccomp's filter, which begins at label 0.
 */
#define NR_FIRST 7

static unsigned int first_make(uint32_t request,
			       struct sock_filter ret[static NR_FIRST])
{
	const struct sock_filter first[NR_FIRST] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, request, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	memcpy(ret, first, sizeof(first));
	return NR_FIRST;
}

/* libseccomp writes the filter only to a file descriptor. */
static int filter_export(scmp_filter_ctx f, const struct sock_filter *first,
			 size_t nr_first, struct sock_fprog *ret)
{
	int fd = memfd_create("sandbox", MFD_CLOEXEC);
	struct sock_filter *filter = NULL;
	off_t size = 0;
	size_t nr;
	int err = fd < 0 ? -errno : seccomp_export_bpf(f, fd);

	if (!err)
		size = lseek(fd, 0, SEEK_CUR);
	nr = (size_t)size / sizeof(*filter);
	if (!err && (size <= 0 || nr + nr_first > BPF_MAXINSNS))
		err = -E2BIG;
	if (!err) {
		filter = calloc(nr + nr_first, sizeof(*filter));
		err = filter ? 0 : -ENOMEM;
	}
	if (!err && pread(fd, filter + nr_first, (size_t)size, 0) != size)
		err = -EIO;
	if (!err) {
		memcpy(filter, first, nr_first * sizeof(*filter));
		ret->filter = filter;
		ret->len = (unsigned short)(nr + nr_first);
	} else {
		free(filter);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int sandbox_list_make(const struct sandbox_config *c, enum sandbox_thread kind,
		      struct sock_fprog *ret)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	struct sock_filter first[NR_FIRST];
	unsigned int nr_first = 0;
	int err;

	if (!f)
		return -ENOMEM;
	if (c->nr_requests && c->requests[0].threads & 1U << kind)
		nr_first = first_make((uint32_t)c->requests[0].request, first);
	/* Calls of another architecture (32-bit). */
	err = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
			       SCMP_ACT_KILL_PROCESS);
	/* Binary search: libseccomp 2.5 */
	if (!err)
		err = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = filter_fill(f, c, kind);
	if (!err)
		err = filter_export(f, first, nr_first, ret);
	seccomp_release(f);
	return err;
}
