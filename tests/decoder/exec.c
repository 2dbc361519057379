// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec - run the cases of a file, each from registers to registers
 *
 * A static arm64 program for qemu-aarch64 or a real machine. It reads and
 * writes registers in the signal frame. A BRK after each case raises SIGTRAP.
 * The handler saves the registers of the finished case from the frame, writes
 * those of the next case, and returns to the next slot. The signal is recorded
 * for a case that ends with SIGILL, SIGSEGV or SIGBUS.
 */
#include <asm/sigcontext.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>
#include "exec.h"

static struct exec_file *file;
static uint64_t current;
static uint8_t stack[65536];

static struct fpsimd_context *fpsimd(ucontext_t *uc)
{
	return (struct fpsimd_context *)uc->uc_mcontext.__reserved;
}

static void take_out(struct exec_case *c, ucontext_t *uc, int sig,
		     const siginfo_t *info)
{
	mcontext_t *mc = &uc->uc_mcontext;

	memcpy(c->regs.x, mc->regs, sizeof(c->regs.x));
	c->regs.sp = mc->sp;
	c->regs.pc = mc->pc;
	c->regs.pstate = mc->pstate;
	memcpy(c->regs.v, fpsimd(uc)->vregs, sizeof(c->regs.v));
	memcpy(c->window, exec_window(), EXEC_WINDOW_SIZE);
	c->signal = sig == SIGTRAP ? 0 : sig;
	c->fault = (uint64_t)info->si_addr;
	c->stray = exec_is_stray();
}

static void put_in(const struct exec_case *c, ucontext_t *uc)
{
	mcontext_t *mc = &uc->uc_mcontext;

	memcpy(mc->regs, c->regs.x, sizeof(c->regs.x));
	mc->sp = c->regs.sp;
	mc->pc = c->regs.pc;
	mc->pstate = c->regs.pstate;
	memcpy(fpsimd(uc)->vregs, c->regs.v, sizeof(c->regs.v));
	memcpy(exec_window(), c->window, EXEC_WINDOW_SIZE);
}

static void next(int sig, siginfo_t *info, void *context)
{
	if (file->done != current)
		take_out(&file->cases[file->done++], context, sig, info);
	if (file->done == file->nr)
		_exit(0);
	put_in(&file->cases[file->done], context);
	current = file->done + 1;
}

static int map_at(uint64_t at, uint64_t size)
{
	return mmap((void *)at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == (void *)at
		       ? 0
		       : -1;
}

static int code_write(void)
{
	static const uint64_t areas[] = { EXEC_CODE_LOW, EXEC_CODE_HIGH };

	for (int i = 0; i < 2; i++)
		if (map_at(areas[i], EXEC_CODE_SIZE))
			return -1;
	exec_code_write(file);
	for (int i = 0; i < 2; i++)
		if (mprotect((void *)areas[i], EXEC_CODE_SIZE,
			     PROT_READ | PROT_EXEC))
			return -1;
	return 0;
}

static void signals_set(void)
{
	static const int signals[] = { SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = {
		.sa_sigaction = next,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigaltstack(&ss, NULL);
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (size < (off_t)sizeof(*file)) {
		fprintf(stderr, "usage: exec FILE (of tests/decoder/diff)\n");
		return 2;
	}
	file = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (file == MAP_FAILED || code_write() ||
	    map_at(EXEC_WINDOW, EXEC_PAGE_SIZE)) {
		perror("exec: mmap");
		return 1;
	}
	memset(exec_window(), EXEC_FILL, EXEC_PAGE_SIZE);
	__asm__("mrs %0, dczid_el0" : "=r"(file->dczid));
	__asm__("mrs %0, ctr_el0" : "=r"(file->ctr));
	signals_set();
	raise(SIGTRAP);
	return 1;
}
