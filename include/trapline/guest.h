/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - what a debugger may ask of a guest, alive or dead
 *
 * Purpose
 *	gdbstub/ and introspect/ see a guest only through this header. The
 *	live VM (vmm/debug/debug.c) and the test fake (tests/unit/fake_guest.c)
 *	implement it; a dump will.
 *
 * Ownership and locking
 *	A struct guest belongs to whoever created it. All functions here are
 *	called by one thread at a time, the control thread or who stands in for
 *	it (the live VM: vmm/vm.h, "The control lock"). Buffers belong to the
 *	caller.
 *
 * State
 *
 *	          guest_resume()
 *	STOPPED ------------------> RUNNING
 *	   ^                           |
 *	   |   stop_fd readable,       | a vCPU hits something, or
 *	   +------ guest_stop_get() <--+ guest_stop_request()
 *
 *	The guest is all-stop: a stop names one vCPU and one reason, and no
 *	vCPU runs until guest_resume(). Registers can be asked for and set
 *	only while STOPPED (-EBUSY otherwise); memory can be read at any time.
 *
 * Errors
 *	0 or a negative errno:
 *	-EBUSY	the guest is running
 *	-EINVAL	no such vCPU, register, or an impossible argument
 *	-EFAULT	no memory there (unmapped VA, or IPA outside RAM)
 *	-EROFS	the register view is the read-only fault context
 *	-ENOSPC	no debug register left
 *	-ENOTSUP	this guest cannot do that (a dump cannot run)
 *	-ESRCH	the guest has powered off
 */
#ifndef TRAPLINE_GUEST_H
#define TRAPLINE_GUEST_H

#include <trapline/types.h>

#define GUEST_MAX_VCPUS 16

/* PSTATE and SPSR_ELx, Arm ARM "SPSR_EL1, Saved Program Status Register". */
#define PSTATE_N     BIT_ULL(31)
#define PSTATE_Z     BIT_ULL(30)
#define PSTATE_C     BIT_ULL(29)
#define PSTATE_V     BIT_ULL(28)
#define PSTATE_PAN   BIT_ULL(22)
#define PSTATE_SS    BIT_ULL(21)
#define PSTATE_IL    BIT_ULL(20)
#define PSTATE_BTYPE GENMASK_ULL(11, 10)
#define PSTATE_D     BIT_ULL(9)
#define PSTATE_A     BIT_ULL(8)
#define PSTATE_I     BIT_ULL(7)
#define PSTATE_F     BIT_ULL(6)
#define PSTATE_DAIF  GENMASK_ULL(9, 6)
#define PSTATE_nRW   BIT_ULL(4)
#define PSTATE_EL    GENMASK_ULL(3, 2)
#define PSTATE_SP    BIT_ULL(0)

/* The general registers as gdb's org.gnu.gdb.aarch64.core has them. */
struct guest_regs {
	uint64_t x[31];
	uint64_t sp; /* the current stack pointer: by PSTATE.SP and EL */
	uint64_t pc;
	uint64_t pstate;
};

/* Some of them: a mask of these. */
#define GUEST_REG_X(n)   BIT_ULL(n)
#define GUEST_REG_SP     BIT_ULL(31)
#define GUEST_REG_PC     BIT_ULL(32)
#define GUEST_REG_PSTATE BIT_ULL(33)
#define GUEST_REG_ALL    GENMASK_ULL(33, 0)

/* The FP/SIMD registers as gdb's org.gnu.gdb.aarch64.fpu has them. */
struct guest_fpregs {
	unsigned __int128 v[32];
	uint32_t fpsr;
	uint32_t fpcr;
};

/* EL1 system registers that can be asked for, one by one. */
enum guest_sysreg {
	GUEST_SCTLR_EL1,
	GUEST_TCR_EL1,
	GUEST_TTBR0_EL1,
	GUEST_TTBR1_EL1,
	GUEST_MAIR_EL1,
	GUEST_VBAR_EL1,
	GUEST_ESR_EL1,
	GUEST_FAR_EL1,
	GUEST_ELR_EL1,
	GUEST_SPSR_EL1,
	GUEST_SP_EL0,
	GUEST_SP_EL1,
	GUEST_TPIDR_EL0,
	GUEST_TPIDRRO_EL0,
	GUEST_TPIDR_EL1,
	GUEST_CONTEXTIDR_EL1,
	GUEST_MPIDR_EL1,
	GUEST_MIDR_EL1,
	GUEST_ID_AA64MMFR0_EL1,
	GUEST_ID_AA64MMFR2_EL1,
	GUEST_NR_SYSREGS,
};

/* One range of guest RAM, mapped for as long as the guest exists. */
struct guest_ram {
	ipa_t ipa;
	uint64_t size;
	uint8_t *host;
};

enum guest_action {
	GUEST_HOLD, /* stays where it is */
	GUEST_RUN, /* runs */
	GUEST_STEP, /* one instruction; the stop is GUEST_STOP_STEP */
};

/* [start, end), empty when they are the same. */
struct guest_range {
	va_t start;
	va_t end;
};

enum guest_stop_kind {
	GUEST_STOP_NONE,
	GUEST_STOP_REQUESTED, /* guest_stop_request() */
	GUEST_STOP_STEP,
	GUEST_STOP_SW_BREAK, /* PC on the breakpoint */
	GUEST_STOP_HW_BREAK,
	GUEST_STOP_BREAK, /* one that no debugger knows of; text says which */
	GUEST_STOP_WATCH, /* PC on the access, not done yet; addr, access */
	GUEST_STOP_CRASH, /* the guest kernel oopsed or panicked; text */
	GUEST_STOP_FAILURE, /* an exit nobody handles; text says what */
	GUEST_STOP_MODULE, /* the list of modules has changed */
	GUEST_STOP_EXEC, /* the kernel has relocated itself */
	GUEST_STOP_EXITED, /* powered off: only memory can be read; code */
};

enum guest_access {
	GUEST_NO_ACCESS = 0, /* a watch that no debugger has set */
	GUEST_READ = 1,
	GUEST_WRITE = 2,
	GUEST_READ_WRITE = 3,
	GUEST_EXEC = 4,
};

/*
 * For people. A switch and not a table: the compiler finds the kind that has no
 * text (-Wswitch).
 */
static inline const char *guest_stop_text(enum guest_stop_kind kind)
{
	switch (kind) {
	case GUEST_STOP_NONE:
		return "not started";
	case GUEST_STOP_REQUESTED:
		return "stopped on request";
	case GUEST_STOP_STEP:
		return "stopped after a step";
	case GUEST_STOP_SW_BREAK:
		return "stopped at a breakpoint";
	case GUEST_STOP_HW_BREAK:
		return "stopped at a hardware breakpoint";
	case GUEST_STOP_BREAK:
		return "stopped at a breakpoint of the monitor";
	case GUEST_STOP_WATCH:
		return "stopped at a watchpoint";
	case GUEST_STOP_CRASH:
		return "stopped at a crash";
	case GUEST_STOP_FAILURE:
		return "stopped: cannot go on";
	case GUEST_STOP_MODULE:
		return "stopped: modules have changed";
	case GUEST_STOP_EXEC:
		return "stopped: the kernel has relocated itself";
	case GUEST_STOP_EXITED:
		return "powered off";
	}
	return "stopped";
}

struct guest_stop {
	enum guest_stop_kind kind;
	unsigned int vcpu;
	va_t addr; /* GUEST_STOP_WATCH: first byte touched */
	enum guest_access access; /* GUEST_STOP_WATCH: the watch's own kind */
	bool device; /* GUEST_STOP_WATCH: a device wrote; no PC is on it */
	int code; /* GUEST_STOP_EXITED: exit status */
	char text[256]; /* one line for people; may be empty */
};

enum guest_break_kind {
	GUEST_BREAK_SW, /* BRK in guest text; len is ignored */
	GUEST_BREAK_HW, /* debug register; len is ignored */
	GUEST_WATCH_WRITE, /* len bytes */
	GUEST_WATCH_READ,
	GUEST_WATCH_ACCESS,
};

struct guest;

/*
 * To add an implementation: fill every member (none may be NULL, return
 * -ENOTSUP instead), set nr_vcpus, ram and nr_ram before anybody sees the
 * guest, make stop_fd an eventfd or any descriptor that polls readable while
 * a stop waits to be fetched, and run tests/unit/test_guest_ops.c against it.
 */
struct guest_ops {
	/*
	 * Registers of a stopped vCPU. While the fault view is on (view_set),
	 * regs_get on the crashed vCPU gives the faulting context and
	 * regs_set fails with -EROFS.
	 */
	int (*regs_get)(struct guest *g, unsigned int vcpu,
			struct guest_regs *ret);
	int (*regs_set)(struct guest *g, unsigned int vcpu,
			const struct guest_regs *regs);
	/*
	 * Only those of the mask, GUEST_REG_*: a stop's reply needs few, and
	 * each may cost a call into the hypervisor. The others are 0.
	 */
	int (*regs_get_some)(struct guest *g, unsigned int vcpu, uint64_t which,
			     struct guest_regs *ret);
	int (*fpregs_get)(struct guest *g, unsigned int vcpu,
			  struct guest_fpregs *ret);
	int (*fpregs_set)(struct guest *g, unsigned int vcpu,
			  const struct guest_fpregs *regs);
	int (*sysreg_get)(struct guest *g, unsigned int vcpu,
			  enum guest_sysreg reg, uint64_t *ret);
	/* false: the vCPU is powered off (PSCI) and has no meaningful PC. */
	bool (*vcpu_online)(struct guest *g, unsigned int vcpu);

	/*
	 * Memory by virtual address, as the stopped vCPU's own tables have it
	 * (kernel addresses through swapper_pg_dir where those do not), or by
	 * IPA while its MMU is off. Reads never show breakpoints; writes go
	 * through read-only mappings and keep planted breakpoints. Short
	 * transfers are not errors: the number of bytes done is returned,
	 * -EFAULT only when there is not even one.
	 */
	long (*va_read)(struct guest *g, unsigned int vcpu, va_t va, void *buf,
			size_t len);
	long (*va_write)(struct guest *g, unsigned int vcpu, va_t va,
			 const void *buf, size_t len);
	/* The same by IPA. */
	long (*ipa_read)(struct guest *g, ipa_t ipa, void *buf, size_t len);
	long (*ipa_write)(struct guest *g, ipa_t ipa, const void *buf,
			  size_t len);

	/*
	 * actions[nr_vcpus]. All GUEST_HOLD is -EINVAL. Returns at once; the
	 * stop comes by stop_fd. A vCPU that steps and has a range goes on
	 * stepping while its PC is inside; ranges may be NULL.
	 */
	int (*resume)(struct guest *g, const enum guest_action *actions,
		      const struct guest_range *ranges);
	/*
	 * The stop was nobody's business (a condition that is false): go on
	 * as if it had not been, with the actions of the last resume. vcpu,
	 * which stands on a break point, first executes the instruction
	 * there. Errors as resume.
	 */
	int (*resume_over)(struct guest *g, unsigned int vcpu);
	/* Ask for a stop; it comes by stop_fd. No-op while stopped. */
	int (*stop_request)(struct guest *g);
	/*
	 * Fetch the waiting stop: 0, or -EAGAIN when there is none. From here
	 * on the guest is STOPPED.
	 */
	int (*stop_get)(struct guest *g, struct guest_stop *ret);
	bool (*is_running)(struct guest *g);
	/* Power off, as by pulling the plug; the stop is GUEST_STOP_EXITED. */
	int (*kill)(struct guest *g);

	/*
	 * Break and watch points, by virtual address of the given vCPU. The
	 * same one twice is 0 and counted once; a breakpoint in a kernel then
	 * goes to where its address is now. Clearing one that is not set is
	 * -ENOENT.
	 */
	int (*break_set)(struct guest *g, unsigned int vcpu,
			 enum guest_break_kind kind, va_t va, uint64_t len);
	int (*break_clear)(struct guest *g, unsigned int vcpu,
			   enum guest_break_kind kind, va_t va, uint64_t len);
};

struct guest {
	const struct guest_ops *ops;
	unsigned int nr_vcpus;
	const struct guest_ram *ram; /* ascending IPA */
	unsigned int nr_ram;
	int stop_fd; /* polls readable while a stop waits */
	/* One line for people: why the last break_set failed; "" where the
	 * errno says it all. */
	char why[256];
};

/*
 * Host address of guest RAM, in place. NULL unless all of [ipa, ipa + len)
 * lies in one range of RAM. What stands there may change under the reader
 * while the guest runs, and planted breakpoints show: copy once, then use.
 */
static inline uint8_t *guest_ram_at(const struct guest *g, ipa_t ipa,
				    uint64_t len)
{
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		if (ipa >= r->ipa && ipa - r->ipa < r->size &&
		    len <= r->size - (ipa - r->ipa))
			return r->host + (ipa - r->ipa);
	}
	return NULL;
}

#endif
