// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * deny.c - see deny.h
 *
 * The handler runs wherever the call was made, perhaps in malloc(3) or with a
 * lock held. So it only reads a table, writes one line and returns.
 */
#include "deny.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/types.h>
#include <ucontext.h>
#include <unistd.h>

#define STATUS_SIGNAL 128

/* The registers of a system call: its result, and its second argument. */
#ifdef __aarch64__
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define SECOND(context) ((context)->uc_mcontext.regs[1])
#else
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define SECOND(context) ((context)->uc_mcontext.gregs[REG_RSI])
#endif

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
					    "renameat2", "socket" };

#define NR_CALLS 512 /* more than any kernel has */

/* What the handler needs for each call, by number, looked up beforehand. */
static struct answer {
	char name[24]; /* empty: libseccomp does not know it */
	bool ends;
	int error; /* 0: ENOSYS */
	bool told; /* atomic */
} answers[NR_CALLS];

static void (*on_ending)(void);

static struct answer *answer_of(int nr)
{
	return &answers[nr < 0 || nr >= NR_CALLS ? NR_CALLS - 1 : nr];
}

void sandbox_deny_prepare(void)
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

static void append_number(char **end, uint64_t n, unsigned int base)
{
	char digits[24], *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do
		*--first = "0123456789abcdef"[n % base];
	while (n /= base);
	append(end, first);
}

/* The second argument of ioctl(2) and fcntl(2) is the requested operation. */
static void tell(int nr, const struct answer *answer, uint64_t second)
{
	char line[256], *end = line;

	append(&end, "trapline: sandbox: system call ");
	append_number(&end, (unsigned int)nr, 10);
	append(&end, " ");
	append(&end, answer->name);
	append(&end, "(.., 0x");
	append_number(&end, second, 16);
	append(&end,
	       answer->ends
		       ? ") is not allowed: the process ends here. If nobody"
			 " has attacked it"
		       : ") is refused. If something does not work now");
	append(&end, ", please report this; --no-sandbox runs without\n");
	if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
		return;
}

/* SIGSYS by SECCOMP_RET_TRAP: the call has not been made. */
static void on_denied(int sig, siginfo_t *info, void *context)
{
	struct answer *answer = answer_of(info->si_syscall);
	ucontext_t *registers = context;
	uint64_t second = SECOND(registers);

	if (answer->ends) {
		if (on_ending)
			on_ending();
		tell(info->si_syscall, answer, second);
		_exit(STATUS_SIGNAL + sig);
	}
	if (!__atomic_exchange_n(&answer->told, true, __ATOMIC_RELAXED))
		tell(info->si_syscall, answer, second);
	RESULT(registers) = -(answer->error ? answer->error : ENOSYS);
}

int sandbox_deny_handle(void (*ending)(void))
{
	struct sigaction denied = { .sa_sigaction = on_denied,
				    .sa_flags = SA_SIGINFO };
	sigset_t set;

	on_ending = ending;
	/* If SIGSYS were blocked, the kernel would kill without a message. */
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return sigaction(SIGSYS, &denied, NULL) < 0 ? -errno : 0;
}
