// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sandbox.c - see sandbox.h
 *
 * Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst and
 * landlock.rst, capabilities(7).
 *
 * libseccomp has state of its own, so it makes the filters once, on the main
 * thread. Each thread then loads its filter by one prctl(2). Names that an
 * architecture does not have (poll on arm64) are skipped, so that one table
 * serves all architectures.
 *
 * To add a system call: add its name to the table, with the threads that need
 * it. If the call can reach anything that is not open yet, also add a rule for
 * its arguments: see special_rules().
 *
 * A filter refuses by SIGSYS, so that the handler can name the call. The call
 * has not been made then, whatever the handler does.
 */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <trapline/abi.h>
#include "vmm/devices/ttymode.h"

#define STATUS_SIGNAL 128

/* The register in which a system call returns. */
#ifdef __aarch64__
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define NATIVE_ARCH     AUDIT_ARCH_AARCH64
#else
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define NATIVE_ARCH     AUDIT_ARCH_X86_64
#endif

/* The threads that may call a name. */
#define CONTROL (1U << SANDBOX_CONTROL)
#define VCPU    (1U << SANDBOX_VCPU)
#define DEVICE  (1U << SANDBOX_DEVICE)
#define ALL     (CONTROL | VCPU | DEVICE)

struct sandbox {
	struct sandbox_config config;
	struct sock_fprog filter[SANDBOX_NR_THREADS];
	bool has_filters; /* true if this kernel has seccomp */
	int folder_fd[SANDBOX_MAX_FOLDERS]; /* see folder_allow(); 0: none */
};

/* --- the lists --------------------------------------------------------------- */

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
	{ "rt_sigaction", CONTROL },
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
	{ "timerfd_settime", ALL },
	{ "write", ALL },
	{ "writev", ALL },
	/* vCPUs: a timer that ends KVM_RUN a little later (watch_open.c) */
	{ "timer_create", VCPU | CONTROL },
	{ "timer_settime", VCPU | CONTROL },
	/* the debugger's connection; a vCPU thread may answer it at a stop */
	{ "accept", CONTROL },
	{ "accept4", CONTROL },
	{ "getpeername", CONTROL },
	{ "getsockname", CONTROL },
	{ "getsockopt", CONTROL },
	{ "setsockopt", CONTROL },
	{ "shutdown", CONTROL | VCPU },
	{ "recvfrom", CONTROL | VCPU },
	{ "sendto", CONTROL | VCPU },
	/* a reset makes KVM's descriptors again and loads the images */
	{ "dup3", CONTROL },
	/* folders that Landlock allows; the descriptor of --save-dir */
	{ "getdents64", CONTROL },
	/* disks */
	{ "fallocate", DEVICE },
	{ "fdatasync", DEVICE },
	{ "preadv", DEVICE },
	{ "preadv2", DEVICE },
	{ "pwrite64", DEVICE },
	{ "pwritev", DEVICE },
	{ "pwritev2", DEVICE },
	{ "sync_file_range", DEVICE },
	/* networks: the descriptors that libslirp waits for */
	{ "epoll_ctl", ALL },
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
 * These calls end the process: no library makes them by itself, so an attacker
 * has taken the process over. mmap and mprotect end it only for executable
 * memory.
 */
static const char *const ending_calls[] = {
	"acct",
	"add_key",
	"bpf",
	"capset",
	"chroot",
	"clone",
	"clone3",
	"delete_module",
	"execve",
	"execveat",
	"finit_module",
	"fork",
	"fsopen",
	"init_module",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"kill",
	"memfd_create",
	"memfd_secret",
	"mmap",
	"mount",
	"move_mount",
	"mprotect",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pidfd_getfd",
	"pidfd_open",
	"pidfd_send_signal",
	"pivot_root",
	"pkey_mprotect",
	"process_madvise",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"request_key",
	"rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	"seccomp",
	"setgid",
	"setgroups",
	"setns",
	"setregid",
	"setresgid",
	"setresuid",
	"setreuid",
	"setuid",
	"tgkill",
	"tkill",
	"umount2",
	"unshare",
	"userfaultfd",
	"vfork",
};

/*
 * These calls are allowed with some arguments and fail with EACCES with others.
 * A call that is in no table fails with ENOSYS, as on a kernel that does not
 * have it: a C library that is newer than the tables tries new calls, and uses
 * other calls if they fail.
 */
static const char *const denied_calls[] = { "fcntl", "ioctl", "openat",
					    "socket" };

/*
 * ioctls that future C libraries use for terminals: termios2, the same on every
 * architecture.
 */
#define TERMIOS2_GET 0x802c542aU
#define TERMIOS2_SET 0x402c542bU

/*
 * ioctls by thread. The control thread makes a new VM at a reset, so it may
 * use all of kvm_ops.c. TCSETS is for any thread that restores the user's
 * terminal.
 */
static const struct request {
	uint64_t request;
	unsigned int threads;
} requests[] = {
	{ KVM_RUN, VCPU },
	{ KVM_GET_ONE_REG, VCPU | CONTROL },
	{ KVM_SET_ONE_REG, VCPU | CONTROL },
	{ KVM_SET_GUEST_DEBUG, VCPU | CONTROL },
	{ KVM_GET_MP_STATE, VCPU | CONTROL },
	{ KVM_SET_USER_MEMORY_REGION, VCPU | CONTROL },
	{ KVM_SET_MEMORY_ATTRIBUTES, VCPU | CONTROL },
	{ TRAPLINE_SET_WATCH, ALL },
	{ KVM_IRQ_LINE, ALL },
	{ KVM_GET_API_VERSION, CONTROL },
	{ KVM_CHECK_EXTENSION, CONTROL },
	{ KVM_GET_VCPU_MMAP_SIZE, CONTROL },
	{ KVM_CREATE_VM, CONTROL },
	{ KVM_ENABLE_CAP, CONTROL },
	{ KVM_CREATE_DEVICE, CONTROL },
	{ KVM_SET_DEVICE_ATTR, CONTROL },
	{ KVM_ARM_PREFERRED_TARGET, CONTROL },
	{ KVM_CREATE_VCPU, CONTROL },
	{ KVM_ARM_VCPU_INIT, CONTROL },
	{ TRAPLINE_SET_CATCH, CONTROL },
	{ TRAPLINE_SET_RECORDER, CONTROL },
	{ TCSETS, ALL },
	{ TCGETS, ALL },
	{ TERMIOS2_SET, ALL },
	{ TERMIOS2_GET, ALL },
	{ TIOCGWINSZ, ALL },
	{ FIONREAD, ALL },
	{ FIONBIO, ALL },
};

static int name_allow(scmp_filter_ctx f, const char *name, uint32_t action)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr < 0 ? 0 : seccomp_rule_add(f, action, nr, 0);
}

static int requests_allow(scmp_filter_ctx f, unsigned int thread)
{
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(requests) && !err; i++)
		if (requests[i].threads & thread)
			err = seccomp_rule_add(
				f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1_32(SCMP_CMP_EQ, requests[i].request));
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
 * Landlock decides which files may be opened. The rule here allows to read, and
 * to create a file if there is a folder to save in: no file that exists can be
 * written to. A thread that may open no file gets an error: see sandbox.h.
 */
static int openat_allow(scmp_filter_ctx f, const struct sandbox_config *c,
			unsigned int thread)
{
	const uint64_t creates = O_CREAT | O_EXCL;
	const uint64_t writes = O_ACCMODE | creates | O_TRUNC | O_APPEND;
	bool reads = thread == CONTROL || c->user_net;
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

static int unlink_allow(scmp_filter_ctx f)
{
	int err = name_allow(f, "unlink", SCMP_ACT_ALLOW);

	return err ? err : name_allow(f, "unlinkat", SCMP_ACT_ALLOW);
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
	if (!err && thread == CONTROL && has_folder(c, SANDBOX_REMOVE))
		err = unlink_allow(f);
	if (!err && c->user_net && thread != CONTROL)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				       SCMP_A0_32(SCMP_CMP_EQ, AF_INET));
	return err;
}

static int filter_fill(scmp_filter_ctx f, const struct sandbox_config *c,
		       enum sandbox_thread kind)
{
	unsigned int thread = 1U << kind;
	int err = requests_allow(f, thread);

	for (unsigned int i = 0; i < ARRAY_SIZE(calls) && !err; i++)
		if (calls[i].threads & thread)
			err = name_allow(f, calls[i].name, SCMP_ACT_ALLOW);
	for (unsigned int i = 0; i < ARRAY_SIZE(user_net_calls) && !err; i++)
		if (c->user_net && thread != CONTROL)
			err = name_allow(f, user_net_calls[i], SCMP_ACT_ALLOW);
	for (unsigned int i = 0; i < ARRAY_SIZE(refused_calls) && !err; i++)
		err = name_allow(f, refused_calls[i], SCMP_ACT_ERRNO(EACCES));
	if (!err)
		err = special_rules(f, c, thread);
	return err;
}

/*
 * KVM_RUN is the call that has to be fast, so these instructions come before
 * all others. They fall through to libseccomp's, which begin at label 0.
 */
static const struct sock_filter run_first[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		 offsetof(struct seccomp_data, args[1])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KVM_RUN, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* libseccomp writes the filter only to a file descriptor. */
static int filter_export(scmp_filter_ctx f, size_t nr_first,
			 struct sock_fprog *ret)
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
		memcpy(filter, run_first, nr_first * sizeof(*filter));
		ret->filter = filter;
		ret->len = (unsigned short)(nr + nr_first);
	} else {
		free(filter);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int filter_make(struct sandbox *s, enum sandbox_thread kind)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	int err;

	if (!f)
		return -ENOMEM;
	/* Calls of another architecture (32-bit). */
	err = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
			       SCMP_ACT_KILL_PROCESS);
	/* Binary search: libseccomp 2.5 */
	if (!err)
		err = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = filter_fill(f, &s->config, kind);
	if (!err)
		err = filter_export(
			f, kind == SANDBOX_VCPU ? ARRAY_SIZE(run_first) : 0,
			&s->filter[kind]);
	seccomp_release(f);
	return err;
}

/* --- what a refused call gets ------------------------------------------------- */

#define NR_CALLS 512 /* more than any kernel has */

/* What the handler has to know, looked up beforehand, by number. */
static struct answer {
	char name[24]; /* empty: libseccomp does not know it */
	bool ends;
	int error; /* 0: ENOSYS */
	atomic_bool told;
} answers[NR_CALLS];

static struct answer *answer_of(int nr)
{
	return &answers[nr < 0 || nr >= NR_CALLS ? NR_CALLS - 1 : nr];
}

static void answers_make(void)
{
	for (int nr = 0; nr < NR_CALLS - 1; nr++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		snprintf(answers[nr].name, sizeof(answers[nr].name), "%s",
			 name ? name : "");
		free(name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ending_calls); i++)
		answer_of(seccomp_syscall_resolve_name(ending_calls[i]))->ends =
			true;
	for (size_t i = 0; i < ARRAY_SIZE(denied_calls); i++)
		answer_of(seccomp_syscall_resolve_name(denied_calls[i]))->error =
			EACCES;
	/* The calls that this architecture lacks share this entry. */
	answers[NR_CALLS - 1].ends = false;
}

/* Append text to line. printf(3) is not safe in the handler. */
static void append(char **end, const char *text)
{
	size_t n = strlen(text);

	memcpy(*end, text, n);
	*end += n;
}

static void append_number(char **end, unsigned int n)
{
	char digits[16], *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do
		*--first = (char)('0' + n % 10);
	while (n /= 10);
	append(end, first);
}

static void tell(int nr, const struct answer *answer)
{
	char line[256], *end = line;

	append(&end, "trapline: sandbox: system call ");
	append_number(&end, (unsigned int)nr);
	append(&end, " ");
	append(&end, answer->name);
	append(&end,
	       answer->ends
		       ? " is not allowed: the process ends here. If nobody"
			 " has attacked it"
		       : " is refused. If something does not work now");
	append(&end, ", please report this; --no-sandbox runs without\n");
	if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
		return;
}

/* SIGSYS by SECCOMP_RET_TRAP: the call has not been made. */
static void on_denied(int sig, siginfo_t *info, void *context)
{
	struct answer *answer = answer_of(info->si_syscall);

	if (answer->ends) {
		ttymode_restore();
		tell(info->si_syscall, answer);
		_exit(STATUS_SIGNAL + sig);
	}
	if (!atomic_exchange(&answer->told, true))
		tell(info->si_syscall, answer);
	RESULT((ucontext_t *)context) =
		-(answer->error ? answer->error : ENOSYS);
}

/* --- making and freeing ----------------------------------------------------- */

int sandbox_create(const struct sandbox_config *config, char *err,
		   size_t err_size, struct sandbox **ret)
{
	struct sandbox *s = calloc(1, sizeof(*s));
	int code = s ? 0 : -ENOMEM;

	if (s)
		s->config = *config;
	for (int kind = 0; kind < SANDBOX_NR_THREADS && !code; kind++)
		code = filter_make(s, (enum sandbox_thread)kind);
	if (code) {
		sandbox_destroy(s);
		snprintf(err, err_size, "the lists of system calls: %s",
			 strerror(-code));
		return code;
	}
	answers_make();
	*ret = s;
	return 0;
}

void sandbox_destroy(struct sandbox *s)
{
	if (!s)
		return;
	for (int kind = 0; kind < SANDBOX_NR_THREADS; kind++)
		free(s->filter[kind].filter);
	for (unsigned int i = 0; i < SANDBOX_MAX_FOLDERS; i++)
		if (s->folder_fd[i])
			close(s->folder_fd[i]);
	free(s);
}

/* --- what the process gives up -------------------------------------------------- */

static int capabilities_drop(struct sandbox *s)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &header, none) < 0)
		return -errno;
	return 0;
}

/*
 * All rights of Landlock's first version. Later versions' rights refine these,
 * or are not needed.
 */
#define LANDLOCK_ALL (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static const uint64_t use_rights[] = {
	[SANDBOX_READ] = LANDLOCK_ACCESS_FS_READ_FILE |
			 LANDLOCK_ACCESS_FS_READ_DIR,
	[SANDBOX_SAVE] = LANDLOCK_ACCESS_FS_MAKE_REG |
			 LANDLOCK_ACCESS_FS_WRITE_FILE,
	[SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

/*
 * The descriptor stays open: on a file system that does not keep inodes (9p),
 * the next look-up of an unused folder makes a new inode, which Landlock does
 * not know.
 */
static int folder_allow(int ruleset, const char *path, uint64_t rights,
			int *folder_fd)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return 0;
	*folder_fd = rule.parent_fd = fd;
	if (!fstat(fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		return -errno;
	return 0;
}

static int files_restrict(struct sandbox *s)
{
	const struct sandbox_config *c = &s->config;
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = LANDLOCK_ALL,
	};
	/*
	 * The size of the structure's first version: the kernel may not know
	 * later members.
	 */
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all,
			      sizeof(all.handled_access_fs), 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	for (unsigned int i = 0; i < c->nr_folders && !err; i++)
		err = folder_allow(fd, c->folder[i].path,
				   use_rights[c->folder[i].use],
				   &s->folder_fd[i]);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * A descriptor without FD_CLOEXEC has come from the program that started this
 * one, for example a shell. Everything of ours has FD_CLOEXEC.
 */
static int descriptors_close(struct sandbox *s)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *de;

	(void)s;
	if (!dir)
		return -errno;
	while ((de = readdir(dir))) {
		int fd = atoi(de->d_name);

		if (fd > STDERR_FILENO && fcntl(fd, F_GETFD) == 0)
			close(fd);
	}
	closedir(dir);
	return 0;
}

/* Has this kernel seccomp? EFAULT: it has, and would read a filter at NULL. */
static int filters_check(struct sandbox *s)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 &&
	    errno != EFAULT)
		return -errno;
	s->has_filters = true;
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct sandbox *s);
} steps[] = {
	{ "inherited descriptors (/proc)", descriptors_close },
	{ "capabilities", capabilities_drop },
	{ "files (Landlock)", files_restrict },
	{ "system calls (seccomp)", filters_check },
};

int sandbox_process(struct sandbox *s, char *missing, size_t size)
{
	size_t len = 0;
	int first = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int err = steps[i].fn(s);

		if (!err)
			continue;
		first = first ? first : err;
		if (len < size)
			len += (size_t)snprintf(missing + len, size - len,
						"%s%s: %s", len ? "; " : "",
						steps[i].name, strerror(-err));
	}
	return first;
}

/* --- threads ----------------------------------------------------------------- */

int sandbox_thread(const struct sandbox *s, enum sandbox_thread kind)
{
	struct sigaction denied = { .sa_sigaction = on_denied,
				    .sa_flags = SA_SIGINFO };
	sigset_t set;

	if (!s || !s->has_filters)
		return 0;
	/* If SIGSYS were blocked, the kernel would kill without a message. */
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (sigaction(SIGSYS, &denied, NULL) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &s->filter[kind]) < 0)
		return -errno;
	return 0;
}
