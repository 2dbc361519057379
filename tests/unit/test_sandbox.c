// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sandbox.c - a process that tries to leave
 *
 * Each attempt runs in a child of its own, confined as each kind of thread is.
 * It is what a hostile guest would do after it has taken over that thread. The
 * attempt has to end the child, or to fail with the error that the sandbox
 * gives: another error would mean that the kernel has looked at the call. An
 * operation that the thread needs for its own work has to succeed. This is a
 * program of its own, which runs on the build host and on the lab's kernels.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/landlock.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <trapline/abi.h>
#include <unistd.h>

#include "vmm/kvm_ops.h"
#include "vmm/sandbox_requests.h"

#define CONTROL (1U << SANDBOX_CONTROL)
#define VCPU    (1U << SANDBOX_VCPU)
#define DEVICE  (1U << SANDBOX_DEVICE)
#define DUMP    (1U << SANDBOX_DUMP)
#define ALL     (CONTROL | VCPU | DEVICE | DUMP)

#define MAX_PATH 512

/* Folders: read/ has file, and link to other/file; save/ has old. */
static char top[256];
static pid_t parent;
static int inherited; /* without FD_CLOEXEC */
static bool has_landlock;
static unsigned int passed, failed;

/* ---- attempts: 0 or more, or -1 and errno, as a system call ---------------- */

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

/* The kernel sends SIGKILL when the pipe can be read. */
static int try_signal_by_owner(void)
{
	return fcntl(STDIN_FILENO, F_SETOWN, parent);
}

static int try_choose_signal(void)
{
	return fcntl(STDIN_FILENO, F_SETSIG, SIGKILL);
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

static int try_raw_ipv4(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
}

static int try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int try_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int try_inherited(void)
{
	return (int)write(inherited, "x", 1);
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

static int try_list(void)
{
	return open_at("read", ".", O_RDONLY | O_DIRECTORY);
}

static int try_read_other(void)
{
	return open_at("other", "file", O_RDONLY);
}

static int try_climb(void)
{
	return open_at("read", "../other/file", O_RDONLY);
}

static int try_link(void)
{
	return open_at("read", "link", O_RDONLY);
}

/* O_PATH opens a file without a right; /proc opens it again, with one. */
static int try_reopen(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d",
		 open_at("other", "file", O_PATH));
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int try_truncate(void)
{
	return open_at("read", "file", O_RDONLY | O_TRUNC);
}

static int try_write(void)
{
	return open_at("read", "file", O_WRONLY);
}

static int try_nameless(void)
{
	return open_at("save", ".", O_TMPFILE | O_RDWR);
}

static int try_create_unsafely(void)
{
	return open_at("save", "old", O_WRONLY | O_CREAT);
}

static int try_save(void)
{
	return open_at("save", "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int try_save_other(void)
{
	return open_at("other", "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int try_own_memory(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static int try_parents_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", parent);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int try_remove(void)
{
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "%s/other/file", top);
	return unlink(path);
}

/* The call that gives a complete file its name. */
static int saved_link(const char *to)
{
	char from[MAX_PATH], name[MAX_PATH];
	int fd = open_at("save", "part", O_WRONLY | O_CREAT | O_EXCL), ret;

	if (fd < 0)
		return -1;
	close(fd);
	snprintf(from, sizeof(from), "%s/save/part", top);
	snprintf(name, sizeof(name), "%s/%s/whole", top, to);
	ret = linkat(AT_FDCWD, from, AT_FDCWD, name, 0);
	fd = errno;
	if (unlink(from))
		return -1;
	errno = fd;
	return ret ? ret : unlink(name);
}

static int try_complete(void)
{
	return saved_link("save");
}

/* Landlock: EXDEV or EACCES, as the kernel's version has it. */
static int try_complete_elsewhere(void)
{
	int ret = saved_link("other");

	if (ret && errno == EXDEV)
		errno = EACCES;
	return ret;
}

static int try_replace(void)
{
	char from[MAX_PATH], name[MAX_PATH];

	snprintf(from, sizeof(from), "%s/save/part", top);
	snprintf(name, sizeof(name), "%s/save/whole", top);
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, name, 0);
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

/* As in the signal handler after "fg". The kernel gives ENOTTY. */
static int try_foreground(void)
{
	return getpgrp() > 0 ? tcgetpgrp(STDERR_FILENO) : -1;
}

/*
 * Try every ioctl of KVM that kvm_ops.c uses, on the control thread. That thread
 * needs all of them, KVM_RUN included: it runs the vCPU that does a single step.
 * Each call gets the kernel's answer, which here is ENOTTY.
 */
static int try_kvm(void)
{
	const struct kvm_ops *kvm = &kvm_device_ops;
	const int answers[] = {
		kvm->api_version(STDERR_FILENO),
		kvm->check(STDERR_FILENO, 0),
		kvm->run_size(STDERR_FILENO),
		kvm->vm_create(STDERR_FILENO, 0),
		kvm->cap_enable(STDERR_FILENO, NULL),
		kvm->region_set(STDERR_FILENO, NULL),
		kvm->attributes_set(STDERR_FILENO, NULL),
		kvm->watch_set(STDERR_FILENO, NULL),
		kvm->catch_set(STDERR_FILENO, NULL),
		kvm->irq_line(STDERR_FILENO, NULL),
		kvm->device_create(STDERR_FILENO, NULL),
		kvm->target(STDERR_FILENO, NULL),
		kvm->vcpu_create(STDERR_FILENO, 0),
		kvm->device_attr(STDERR_FILENO, NULL),
		kvm->vcpu_init(STDERR_FILENO, NULL),
		kvm->run(STDERR_FILENO),
		kvm->reg_get(STDERR_FILENO, NULL),
		kvm->reg_set(STDERR_FILENO, NULL),
		kvm->mp_state(STDERR_FILENO, NULL),
		kvm->guest_debug(STDERR_FILENO, NULL),
		kvm->recorder(STDERR_FILENO, NULL),
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		errno = -answers[i];
		if (errno != ENOTTY)
			break;
	}
	return -1;
}

static int try_run(void)
{
	return ioctl(STDERR_FILENO, KVM_RUN, 0);
}

/* ---- expected outcomes ---- */

/* Exit status of a child: one of these, or the error of its attempt. */
#define WORKS 200
#define DIES  (128 + SIGSYS)

/* How the sandbox is configured. */
#define NET   1 /* a user network */
#define SAVES 2 /* a folder to save in */
#define FILES 4 /* Landlock does it: not checked without Landlock */

struct attempt {
	const char *name;
	int (*fn)(void);
	unsigned int kinds;
	int want;
	unsigned int how;
	/* fn NULL: the system call nr; all arguments are 0 except second. */
	long nr;
	unsigned long second;
};

/* clang-format off */
static const struct attempt attempts[] = {
	/* other processes */
	{ "fork: another process", try_fork, ALL, DIES, NET | SAVES, 0, 0 },
	{ "signal another process", try_kill, ALL, DIES, NET | SAVES, 0, 0 },
	{ "signal its thread", try_tgkill, ALL, DIES, NET | SAVES, 0, 0 },
	{ "let the kernel signal it", try_signal_by_owner, ALL, EACCES,
	  NET | SAVES, 0, 0 },
	{ "choose the kernel's signal", try_choose_signal, ALL, EACCES,
	  NET | SAVES, 0, 0 },
	/* code */
	{ "map code", try_map_code, ALL, DIES, NET | SAVES, 0, 0 },
	{ "make code", try_protect_code, ALL, DIES, NET | SAVES, 0, 0 },
	{ "write to read-only memory, by /proc", try_own_memory, ALL, EACCES,
	  NET | SAVES, 0, 0 },
	{ "read another process, by /proc", try_parents_memory, ALL, EACCES,
	  NET | SAVES | FILES, 0, 0 },
	/* networks */
	{ "a connection", try_ipv4, ALL, EACCES, SAVES, 0, 0 },
	{ "a user network, used", try_ipv4, ALL, WORKS, NET | SAVES, 0, 0 },
	{ "forged packets, user network", try_raw_ipv4, ALL, EPERM,
	  NET | SAVES, 0, 0 },
	{ "a Unix socket: local daemons", try_unix, ALL, EACCES, NET | SAVES,
	  0, 0 },
	{ "a netlink socket: the kernel's networks", try_netlink, ALL, EACCES,
	  NET | SAVES, 0, 0 },
	{ "a packet socket", try_packet, ALL, EACCES, NET | SAVES, 0, 0 },
	{ "a vsock: other machines of this host", try_vsock, ALL, EACCES,
	  NET | SAVES, 0, 0 },
	/* files */
	{ "use a descriptor of the shell's", try_inherited, ALL, EBADF,
	  NET | SAVES, 0, 0 },
	{ "read a file of its own", try_read, CONTROL | DUMP, WORKS, SAVES, 0, 0 },
	{ "list its folder", try_list, CONTROL | DUMP, WORKS, SAVES, 0, 0 },
	{ "read on other threads", try_read, VCPU | DEVICE, EACCES, SAVES,
	  0, 0 },
	{ "read another file", try_read_other, ALL, EACCES,
	  NET | SAVES | FILES, 0, 0 },
	{ "read another by ..", try_climb, ALL, EACCES, NET | SAVES | FILES,
	  0, 0 },
	{ "read another file by a symbolic link", try_link, ALL, EACCES,
	  NET | SAVES | FILES, 0, 0 },
	{ "read another file by O_PATH and /proc", try_reopen, ALL, EACCES,
	  NET | SAVES | FILES, 0, 0 },
	{ "truncate a file", try_truncate, ALL, EACCES, NET | SAVES, 0, 0 },
	{ "write a file", try_write, ALL, EACCES, NET | SAVES, 0, 0 },
	{ "write a file, no folder to save in", try_write, ALL, EACCES, NET,
	  0, 0 },
	{ "save", try_save, CONTROL, WORKS, SAVES, 0, 0 },
	{ "save on other threads", try_save, VCPU | DEVICE | DUMP, EACCES,
	  NET | SAVES, 0, 0 },
	{ "overwrite what is saved", try_create_unsafely, ALL, EACCES, SAVES,
	  0, 0 },
	{ "save a nameless file", try_nameless, ALL, EACCES, SAVES, 0, 0 },
	{ "save elsewhere", try_save_other, CONTROL, EACCES, SAVES | FILES, 0,
	  0 },
	{ "save elsewhere, no folder to save in", try_save_other, ALL, EACCES,
	  0, 0, 0 },
	{ "remove a file", try_remove, ALL, ENOSYS, NET, 0, 0 },
	{ "remove a file elsewhere", try_remove, CONTROL, EACCES,
	  SAVES | FILES, 0, 0 },
	{ "remove a file on other threads", try_remove, VCPU | DEVICE, ENOSYS,
	  NET | SAVES, 0, 0 },
	{ "complete a file", try_complete, CONTROL, WORKS, SAVES, 0, 0 },
	{ "complete a file elsewhere", try_complete_elsewhere, CONTROL, EACCES,
	  SAVES | FILES, 0, 0 },
	{ "complete a file on other threads", NULL, VCPU | DEVICE | DUMP, ENOSYS,
	  NET | SAVES, SYS_linkat, 0 },
	{ "unlinkat on other threads", NULL, VCPU | DEVICE, ENOSYS,
	  NET | SAVES, SYS_unlinkat, 0 },
	{ "linkat, no folder to save in", NULL, ALL, ENOSYS, NET, SYS_linkat,
	  0 },
	{ "replace a file", try_replace, CONTROL, EACCES, SAVES, 0, 0 },
	{ "replace a file on other threads", try_replace, VCPU | DEVICE,
	  EACCES, NET | SAVES, 0, 0 },
	/* its own work */
	{ "memory", try_allocate, ALL, WORKS, 0, 0, 0 },
	{ "a message", try_print, ALL, WORKS, 0, 0, 0 },
	{ "a signal to itself", try_raise, ALL, WORKS, 0, 0, 0 },
	{ "KVM", try_kvm, CONTROL, ENOTTY, 0, 0, 0 },
	{ "run a vCPU", try_run, VCPU, ENOTTY, 0, 0, 0 },
	{ "ask for the terminal's job", try_foreground, ALL ^ DUMP, ENOTTY, 0, 0, 0 },
};

/* Every thread tries these calls, with a user network and a --save-dir. */
static const struct {
	long nr;
	int want;
	const char *name; /* and what an attacker would gain by it */
} calls[] = {
	{ SYS_execve, DIES, "execve: a program" },
	{ SYS_execveat, DIES, "execveat: a program from a descriptor" },
	{ SYS_memfd_create, DIES, "memfd_create: a file to execute" },
	{ SYS_clone3, DIES, "clone3: arguments that no filter sees" },
	{ SYS_io_uring_setup, DIES, "io_uring: calls that no filter sees" },
	{ SYS_io_uring_enter, DIES, "io_uring_enter" },
	{ SYS_ptrace, DIES, "ptrace: registers of other processes" },
	{ SYS_process_vm_readv, DIES, "process_vm_readv: their memory" },
	{ SYS_process_vm_writev, DIES, "process_vm_writev: their memory" },
	{ SYS_process_madvise, DIES, "process_madvise: their memory" },
	{ SYS_pidfd_open, DIES, "pidfd_open: their descriptors" },
	{ SYS_pidfd_getfd, DIES, "pidfd_getfd: their descriptors" },
	{ SYS_pidfd_send_signal, DIES, "pidfd_send_signal" },
	{ SYS_rt_sigqueueinfo, DIES, "rt_sigqueueinfo: signals with data" },
	{ SYS_rt_tgsigqueueinfo, DIES, "rt_tgsigqueueinfo" },
	{ SYS_open_by_handle_at, DIES,
	  "open_by_handle_at: files without their folders" },
	{ SYS_name_to_handle_at, ENOSYS, "name_to_handle_at" },
	{ SYS_mount, DIES, "mount: other files under known names" },
	{ SYS_umount2, DIES, "umount2: the files below a mount" },
	{ SYS_move_mount, DIES, "move_mount" },
	{ SYS_open_tree, DIES, "open_tree: a mount of its own" },
	{ SYS_fsopen, DIES, "fsopen: a file system" },
	{ SYS_pivot_root, DIES, "pivot_root" },
	{ SYS_chroot, DIES, "chroot" },
	{ SYS_chdir, ENOSYS, "chdir" },
	{ SYS_unshare, DIES, "unshare: capabilities in a namespace" },
	{ SYS_setns, DIES, "setns: another namespace" },
	{ SYS_setresuid, DIES, "setresuid: root" },
	{ SYS_setgroups, DIES, "setgroups" },
	{ SYS_capset, DIES, "capset" },
	{ SYS_prctl, ENOSYS, "prctl: dumpable, capabilities, ptracer" },
	{ SYS_seccomp, DIES, "seccomp: a listener for other threads" },
	{ SYS_bpf, DIES, "bpf: code in the kernel" },
	{ SYS_perf_event_open, DIES, "perf_event_open: the kernel's data" },
	{ SYS_init_module, DIES, "init_module" },
	{ SYS_finit_module, DIES, "finit_module" },
	{ SYS_kexec_load, DIES, "kexec_load" },
	{ SYS_add_key, DIES, "add_key: the user's keys" },
	{ SYS_request_key, DIES, "request_key" },
	{ SYS_keyctl, DIES, "keyctl" },
	{ SYS_userfaultfd, DIES, "userfaultfd: stop the kernel half-way" },
	{ SYS_personality, ENOSYS, "personality: code in all memory" },
	{ SYS_remap_file_pages, ENOSYS, "remap_file_pages" },
	{ SYS_shmget, ENOSYS, "shmget: memory of other processes" },
	{ SYS_shmat, ENOSYS, "shmat: memory to execute" },
	{ SYS_mq_open, ENOSYS, "mq_open" },
	{ SYS_sendmsg, ENOSYS, "sendmsg: give a descriptor away" },
	{ SYS_sendmmsg, ENOSYS, "sendmmsg" },
	{ SYS_socketpair, ENOSYS, "socketpair" },
	{ SYS_openat2, ENOSYS, "openat2: flags that no filter sees" },
	{ SYS_truncate, ENOSYS, "truncate" },
	{ SYS_ftruncate, ENOSYS, "ftruncate" },
	{ SYS_symlinkat, ENOSYS, "symlinkat" },
	{ SYS_renameat2, EACCES, "renameat2: replace a file" },
	{ SYS_mkdirat, ENOSYS, "mkdirat" },
	{ SYS_mknodat, ENOSYS, "mknodat: a device" },
	{ SYS_fchmod, ENOSYS, "fchmod: set-user-id" },
	{ SYS_fchmodat, ENOSYS, "fchmodat" },
	{ SYS_fchownat, ENOSYS, "fchownat" },
	{ SYS_fsetxattr, ENOSYS, "fsetxattr: capabilities of a file" },
	{ SYS_inotify_init1, ENOSYS, "inotify: actions of others" },
	{ SYS_fanotify_init, ENOSYS, "fanotify" },
	{ SYS_vmsplice, ENOSYS, "vmsplice: pages of a pipe" },
	{ SYS_splice, ENOSYS, "splice" },
	{ SYS_prlimit64, ENOSYS, "prlimit: limits of other processes" },
	{ SYS_sched_setscheduler, ENOSYS, "sched_setscheduler: real time" },
	{ SYS_setpriority, ENOSYS, "setpriority" },
	{ SYS_syslog, ENOSYS, "syslog: addresses of the kernel" },
	{ SYS_reboot, ENOSYS, "reboot" },
	{ 510, ENOSYS, "a call of a future kernel" },
	{ 100000, ENOSYS, "a call that no kernel has" },
};

/* The same for ioctl(2); KVM's on any thread, the others on the vCPU's. */
static const struct {
	unsigned long request;
	const char *name;
} requests[] = {
	{ TIOCSTI, "TIOCSTI: type a command on the terminal" },
	{ TIOCSTI | 1UL << 32, "TIOCSTI, as 64 bits" },
	{ TIOCLINUX, "TIOCLINUX: paste on the console" },
	{ TIOCSCTTY, "TIOCSCTTY: take a terminal" },
	{ TIOCSPGRP, "TIOCSPGRP: signals for another job" },
	{ FIOSETOWN, "FIOSETOWN: signals for another process" },
	{ TUNSETIFF, "TUNSETIFF: another network device" },
	{ SIOCSIFADDR, "SIOCSIFADDR: an address of this machine's" },
	{ KVM_CREATE_GUEST_MEMFD, "KVM_CREATE_GUEST_MEMFD" },
	{ KVM_IRQFD, "KVM_IRQFD: wait queues of the kernel" },
	{ KVM_IOEVENTFD, "KVM_IOEVENTFD" },
	{ KVM_SIGNAL_MSI, "KVM_SIGNAL_MSI" },
	{ KVM_SET_GSI_ROUTING, "KVM_SET_GSI_ROUTING" },
	{ KVM_GET_DIRTY_LOG, "KVM_GET_DIRTY_LOG" },
	{ KVM_SET_SIGNAL_MASK, "KVM_SET_SIGNAL_MASK: block SIGSYS" },
	{ KVM_GET_STATS_FD, "KVM_GET_STATS_FD: more descriptors" },
	{ KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR" },
	{ _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0xff, 8), "a future KVM ioctl" },
	{ _IOC(_IOC_WRITE, TRAPLINE_IO, 0xff, 8), "a future trapline ioctl" },
};
/* clang-format on */

static void config_fill(struct sandbox_config *c, const struct attempt *a,
			char *reads, char *saves, size_t size)
{
	snprintf(reads, size, "%s/read", top);
	snprintf(saves, size, "%s/save", top);
	*c = (struct sandbox_config){
		.user_net = a->how & NET,
		.requests = sandbox_requests,
		.nr_requests = sandbox_nr_requests,
	};
	c->folder[c->nr_folders].path = reads;
	c->folder[c->nr_folders++].use = SANDBOX_READ;
	if (!(a->how & SAVES))
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
	    (sandbox_process(s, err, sizeof(err)) && has_landlock)) {
		printf("%s\n", err);
		fflush(stdout);
		_exit(1);
	}
	if (sandbox_thread(s, kind))
		_exit(2);
}

static int attempt(const struct attempt *a)
{
	if (a->fn)
		return a->fn();
	return (int)syscall(a->nr, 0, a->second, 0, 0, 0, 0);
}

/* Exit status of a child that makes the attempt. */
static int outcome_of(const struct attempt *a, enum sandbox_thread kind)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		inherited = dup(null);
		confine(a, kind);
		_exit(attempt(a) >= 0 ? WORKS : errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 1000 + WTERMSIG(status);
}

static const char *const threads[] = { "control", "vCPU", "device", "dump" };

static void run(const struct attempt *a)
{
	for (int kind = 0; kind < SANDBOX_NR_THREADS; kind++) {
		int got;

		if (!(a->kinds & 1U << kind) ||
		    ((a->how & FILES) && !has_landlock))
			continue;
		got = outcome_of(a, (enum sandbox_thread)kind);
		if (got == a->want) {
			passed++;
			continue;
		}
		failed++;
		printf("FAIL  %s, on a %s thread: %d, want %d\n", a->name,
		       threads[kind], got, a->want);
	}
}

static void run_all(void)
{
	struct attempt a = { .kinds = ALL, .how = NET | SAVES };

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		run(&attempts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		a.name = calls[i].name;
		a.nr = calls[i].nr;
		a.want = calls[i].want;
		run(&a);
	}
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		a.name = requests[i].name;
		a.nr = SYS_ioctl;
		a.second = requests[i].request;
		a.want = EACCES;
		run(&a);
	}
}

/* ---- threads, and remaining rights ------------------------------------------ */

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

/* A thread that starts after the sandbox has no more rights than the first. */
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
		    (sandbox_process(s, err, sizeof(err)) && has_landlock) ||
		    pthread_create(&thread, NULL, thread_main, s) ||
		    pthread_join(thread, &ret) || capabilities_left())
			_exit(1);
		_exit(ret ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A refused call gives one line, with the call's name and its arguments. */
static bool refusal_is_told_once(void)
{
	const struct attempt a = { .how = 0 };
	char text[512] = "", want[64];
	size_t length = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		confine(&a, SANDBOX_VCPU);
		ioctl(STDIN_FILENO, TIOCSTI, "x");
		ioctl(STDIN_FILENO, TIOCSTI, "x");
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)n;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	snprintf(want, sizeof(want), " ioctl(.., 0x%x) ", TIOCSTI);
	return strstr(text, want) && strchr(text, '\n') == text + length - 1;
}

static void file_put(const char *folder, const char *name)
{
	int fd = open_at(folder, name, O_WRONLY | O_CREAT);

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
	file_put("save", "old");
	file_put("other", "file");
	snprintf(path, sizeof(path), "%s/read/link", top);
	if (symlink("../other/file", path) < 0)
		exit(1);
}

static void folders_remove(void)
{
	static const char *const names[] = { "read/file",  "read/link",
					     "other/file", "save/old",
					     "save/new",   "read",
					     "save",       "other" };
	char path[MAX_PATH];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		remove(path);
	}
	rmdir(top);
}

static void count(const char *name, bool ok)
{
	if (!ok)
		printf("FAIL  %s\n", name);
	*(ok ? &passed : &failed) += 1;
}

/* test_sandbox [FOLDER]: the files are made in FOLDER, by default /tmp. */
int main(int argc, char **argv)
{
	parent = getpid();
	has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION) > 0;
	if (!has_landlock)
		printf("no Landlock here: files are not tried\n");
	folders_make(argc > 1 ? argv[1] : "/tmp");
	run_all();
	folders_remove();
	count("a thread that starts later", threads_are_confined());
	count("a refused call is reported once", refusal_is_told_once());
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
