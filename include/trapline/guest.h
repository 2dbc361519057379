/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - the debugger's interface to a guest, live or a dump
 *
 * Purpose
 *	session/ and introspect/ access a guest only through this header. The
 *	live VM (vmm/debug/live.c), a dump (vmcore/guest.c) and the test fake
 *	(tests/unit/fake_guest.c) implement it.
 *
 * Ownership and locking
 *	A struct guest belongs to its creator. Only one thread at a time calls
 *	the functions here: the control thread, or a thread that acts in its
 *	place (the live VM: vmm/run.h, "The control lock"). Buffers belong to
 *	the caller.
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
 *	vCPU runs until guest_resume(). Registers can be read and written only
 *	while the guest is STOPPED (-EBUSY otherwise). Memory can be read at
 *	any time.
 *
 * Errors
 *	0 or a negative errno:
 *	-EBUSY	the guest is running
 *	-EINVAL	no such vCPU or register, or an invalid argument
 *	-EFAULT	no memory there (unmapped VA, or IPA outside RAM)
 *	-EROFS	this guest's registers cannot be written (a dump)
 *	-ENOSPC	no debug register left
 *	-ENOTSUP	this guest cannot do that (a dump cannot run)
 *	-ESRCH	the guest has powered off
 */
#ifndef TRAPLINE_GUEST_H
#define TRAPLINE_GUEST_H

#include <string.h>
#include <trapline/arm64.h>
#include <trapline/types.h>

#define GUEST_MAX_VCPUS 16

/* The general registers of gdb's feature org.gnu.gdb.aarch64.core. */
struct guest_regs {
	uint64_t x[31];
	uint64_t sp; /* the current stack pointer, by PSTATE.SP and EL */
	uint64_t pc;
	uint64_t pstate; /* PSTATE_* in arm64.h */
};

/* Bits of a mask that selects general registers. */
#define GUEST_REG_X(n)   BIT_ULL(n)
#define GUEST_REG_SP     BIT_ULL(31)
#define GUEST_REG_PC     BIT_ULL(32)
#define GUEST_REG_PSTATE BIT_ULL(33)
#define GUEST_REG_ALL    GENMASK_ULL(33, 0)

/* The FP/SIMD registers of gdb's feature org.gnu.gdb.aarch64.fpu. */
struct guest_fpregs {
	unsigned __int128 v[32];
	uint32_t fpsr;
	uint32_t fpcr;
};

/*
 * The system registers that sysreg_get() can read. Dumps have them in this
 * order: add new ones at the end.
 */
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
	GUEST_CPACR_EL1,
	GUEST_MDSCR_EL1,
	GUEST_CNTKCTL_EL1,
	GUEST_CNTV_CTL_EL0,
	GUEST_CNTV_CVAL_EL0,
	GUEST_CNTVCT_EL0,
	GUEST_PAR_EL1,
	GUEST_PMCR_EL0,
	GUEST_AMAIR_EL1,
	GUEST_AFSR0_EL1,
	GUEST_AFSR1_EL1,
	GUEST_ACTLR_EL1,
	GUEST_CSSELR_EL1,
	GUEST_ID_AA64PFR0_EL1,
	GUEST_ID_AA64PFR1_EL1,
	GUEST_ID_AA64DFR0_EL1,
	GUEST_ID_AA64ISAR0_EL1,
	GUEST_ID_AA64ISAR1_EL1,
	GUEST_ID_AA64ISAR2_EL1,
	GUEST_ID_AA64MMFR1_EL1,
	GUEST_CTR_EL0,
	GUEST_CLIDR_EL1,
	GUEST_REVIDR_EL1,
	GUEST_DBGBVR0_EL1,
	GUEST_DBGBCR0_EL1,
	GUEST_DBGBVR1_EL1,
	GUEST_DBGBCR1_EL1,
	GUEST_DBGBVR2_EL1,
	GUEST_DBGBCR2_EL1,
	GUEST_DBGBVR3_EL1,
	GUEST_DBGBCR3_EL1,
	GUEST_DBGBVR4_EL1,
	GUEST_DBGBCR4_EL1,
	GUEST_DBGBVR5_EL1,
	GUEST_DBGBCR5_EL1,
	GUEST_DBGWVR0_EL1,
	GUEST_DBGWCR0_EL1,
	GUEST_DBGWVR1_EL1,
	GUEST_DBGWCR1_EL1,
	GUEST_DBGWVR2_EL1,
	GUEST_DBGWCR2_EL1,
	GUEST_DBGWVR3_EL1,
	GUEST_DBGWCR3_EL1,
	GUEST_NR_SYSREGS,
};

/*
 * One range of guest RAM. host is the range in the memory of this process, for
 * as long as the guest exists. It is NULL if the guest has the range only in
 * pieces (a compressed dump): guest_ops.ram_map() then finds each piece.
 */
struct guest_ram {
	ipa_t ipa;
	uint64_t size;
	uint8_t *host;
};

enum guest_action {
	GUEST_HOLD, /* the vCPU does not run */
	GUEST_RUN, /* the vCPU runs */
	GUEST_STEP, /* one instruction; the stop is GUEST_STOP_STEP */
};

/* [start, end); empty if start equals end. */
struct guest_range {
	va_t start;
	va_t end;
};

enum guest_stop_kind {
	GUEST_STOP_NONE,
	GUEST_STOP_REQUESTED, /* guest_stop_request() */
	GUEST_STOP_STEP,
	GUEST_STOP_SW_BREAK, /* PC is the breakpoint's address */
	GUEST_STOP_HW_BREAK,
	GUEST_STOP_BREAK, /* a breakpoint that no debugger set; text */
	GUEST_STOP_WATCH, /* PC is that of the pending access; addr, access */
	GUEST_STOP_CRASH, /* the guest kernel oopsed or panicked; text */
	GUEST_STOP_FAILURE, /* an exit that has no handler; text */
	GUEST_STOP_MODULE, /* the list of modules has changed */
	GUEST_STOP_EXEC, /* the kernel has relocated itself */
	GUEST_STOP_EXITED, /* powered off: only memory can be read; code */
	GUEST_STOP_HANG, /* the guest makes no progress; code, text */
};

/* GUEST_STOP_HANG: what has not happened for too long. Dumps have the number. */
enum guest_hang {
	GUEST_HANG_NONE,
	GUEST_HANG_IRQS, /* the vCPU has taken no interrupt */
	GUEST_HANG_SWITCHES, /* the vCPU has not switched tasks */
	GUEST_HANG_MEMORY, /* a task has found no free memory */
	GUEST_HANG_BLOCKED, /* a blocked task has not run */
	GUEST_HANG_RCU, /* a grace period of RCU has not ended */
	GUEST_NR_HANGS,
};

enum guest_access {
	GUEST_NO_ACCESS = 0, /* no debugger has set this watchpoint */
	GUEST_READ = 1,
	GUEST_WRITE = 2,
	GUEST_READ_WRITE = 3,
	GUEST_EXEC = 4,
};

/*
 * The text to show to the user. This is a switch and not a table, so that the
 * compiler finds a kind without a text (-Wswitch).
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
		return "stopped: cannot continue";
	case GUEST_STOP_HANG:
		return "stopped: no progress";
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
	enum guest_access access; /* GUEST_STOP_WATCH: kind of watchpoint */
	bool device; /* GUEST_STOP_WATCH: a device wrote, no instruction */
	int code; /* _EXITED: status; _HANG: enum guest_hang; _CRASH: 2: panic */
	char text[256]; /* one line to show to the user; may be empty */
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
 * To add an implementation:
 * - fill every member; only ram_map may be NULL, the others return -ENOTSUP;
 * - set nr_vcpus, ram and nr_ram before any other code uses the guest;
 * - make stop_fd an eventfd, or another descriptor that polls readable while a
 *   stop waits to be fetched;
 * - run tests/unit/test_guest_ops.c against the implementation.
 */
struct guest_ops {
	/* Registers of a stopped vCPU. */
	int (*regs_get)(struct guest *g, unsigned int vcpu,
			struct guest_regs *ret);
	int (*regs_set)(struct guest *g, unsigned int vcpu,
			const struct guest_regs *regs);
	/*
	 * which is a mask (GUEST_REG_*): read only these registers; the others
	 * are 0. A stop reply needs few registers, and each may cost a call
	 * into the hypervisor.
	 */
	int (*regs_get_some)(struct guest *g, unsigned int vcpu, uint64_t which,
			     struct guest_regs *ret);
	int (*fpregs_get)(struct guest *g, unsigned int vcpu,
			  struct guest_fpregs *ret);
	int (*fpregs_set)(struct guest *g, unsigned int vcpu,
			  const struct guest_fpregs *regs);
	int (*sysreg_get)(struct guest *g, unsigned int vcpu,
			  enum guest_sysreg reg, uint64_t *ret);
	/* The hypervisor may refuse a register or a value: its error. */
	int (*sysreg_set)(struct guest *g, unsigned int vcpu,
			  enum guest_sysreg reg, uint64_t value);
	/* false: the vCPU is powered off (PSCI); its PC has no meaning. */
	bool (*vcpu_online)(struct guest *g, unsigned int vcpu);

	/*
	 * Return the address of the byte of RAM at ipa, which lies in a range
	 * without a host address. Set *len to the number of bytes that follow
	 * there: at least 1, at most the old *len. The address is valid until
	 * the next call. NULL: the guest lacks this byte. Only guest_map()
	 * calls this member. The member is NULL if every range has a host
	 * address.
	 */
	const uint8_t *(*ram_map)(const struct guest *g, ipa_t ipa,
				  uint64_t *len);
	/*
	 * Access RAM. Reads show the original bytes in place of planted
	 * breakpoints; writes keep planted breakpoints. A short transfer is no
	 * error: the functions return the number of bytes transferred, and
	 * -EFAULT only if that number is 0. Virtual addresses: session/view.h.
	 */
	long (*ipa_read)(struct guest *g, ipa_t ipa, void *buf, size_t len);
	long (*ipa_write)(struct guest *g, ipa_t ipa, const void *buf,
			  size_t len);

	/*
	 * actions has nr_vcpus elements. If all are GUEST_HOLD, resume()
	 * returns -EINVAL. resume() returns at once; stop_fd reports the stop.
	 * ranges is NULL or has nr_vcpus elements: a vCPU with GUEST_STEP
	 * continues to step while its PC is inside its range.
	 */
	int (*resume)(struct guest *g, const enum guest_action *actions,
		      const struct guest_range *ranges);
	/*
	 * Continue after a stop that is not to be reported (the condition of a
	 * breakpoint is false), with the actions of the last resume. vcpu has
	 * stopped at a breakpoint; it first executes the instruction there.
	 * Errors are those of resume.
	 */
	int (*resume_over)(struct guest *g, unsigned int vcpu);
	/* Request a stop; stop_fd reports it. Does nothing while stopped. */
	int (*stop_request)(struct guest *g);
	/*
	 * Fetch the waiting stop. Returns 0, or -EAGAIN if there is none. From
	 * here on the guest is STOPPED.
	 */
	int (*stop_get)(struct guest *g, struct guest_stop *ret);
	bool (*is_running)(struct guest *g);
	/* Power off at once; the stop is GUEST_STOP_EXITED. */
	int (*kill)(struct guest *g);

	/*
	 * Breakpoints and watchpoints, by virtual address of the given vCPU.
	 * Setting a point that is already set returns 0, and one break_clear()
	 * removes it. A kernel breakpoint that is set again moves to the place
	 * to which its address now translates. Clearing a point that is not set
	 * returns -ENOENT.
	 */
	int (*break_set)(struct guest *g, unsigned int vcpu,
			 enum guest_break_kind kind, va_t va, uint64_t len);
	int (*break_clear)(struct guest *g, unsigned int vcpu,
			   enum guest_break_kind kind, va_t va, uint64_t len);
	/*
	 * Clear all GUEST_BREAK_SW in this range: a debugger forgets its
	 * breakpoints in a library that has gone. NULL: this guest cannot have
	 * breakpoints.
	 */
	void (*break_forget)(struct guest *g, va_t va, uint64_t size);
};

struct guest {
	const struct guest_ops *ops;
	unsigned int nr_vcpus;
	const struct guest_ram *ram; /* ascending IPA */
	unsigned int nr_ram;
	int stop_fd; /* polls readable while a stop waits */
	/*
	 * The stop that stop_get() has fetched last; kind GUEST_STOP_NONE:
	 * none yet. Debuggers use guest_last_stop().
	 */
	struct guest_stop last;
	/*
	 * At a GUEST_STOP_CRASH: the registers with which the guest kernel
	 * faulted, if the kernel has saved them (struct pt_regs).
	 */
	bool has_fault;
	struct guest_regs fault;
	/*
	 * One line to show to the user: why the last break_set failed; "" if
	 * the errno is enough.
	 */
	char why[256];
};

/* The last stop; NULL while the guest runs. */
static inline const struct guest_stop *guest_last_stop(struct guest *g)
{
	return g->ops->is_running(g) ? NULL : &g->last;
}

/* The range that has all of [ipa, ipa + len); NULL: none. */
static inline const struct guest_ram *guest_ram_range(const struct guest *g,
						      ipa_t ipa, uint64_t len)
{
	for (unsigned int i = 0; i < g->nr_ram; i++) {
		const struct guest_ram *r = &g->ram[i];

		if (ipa >= r->ipa && ipa - r->ipa < r->size &&
		    len <= r->size - (ipa - r->ipa))
			return r;
	}
	return NULL;
}

/*
 * The host address of guest RAM, for as long as the guest exists. NULL unless
 * all of [ipa, ipa + len) lies in one range that has a host address. The bytes
 * there include planted breakpoints, and may change at any time while the guest
 * runs: copy once, then use the copy. Only a live guest's own code uses this
 * function; code that works for every guest uses guest_map() and
 * guest_ram_read().
 */
static inline uint8_t *guest_ram_at(const struct guest *g, ipa_t ipa,
				    uint64_t len)
{
	const struct guest_ram *r = guest_ram_range(g, ipa, len);

	return r && r->host ? r->host + (ipa - r->ipa) : NULL;
}

/*
 * Find guest RAM at ipa, to read it. Returns the address of the byte at ipa,
 * and sets *len to the number of bytes that follow there, at most the old *len.
 * For further bytes the caller calls again. The address is valid until the next
 * call for this guest. NULL, with *len undefined: no RAM there. The bytes are
 * those that guest_ram_at() describes.
 */
static inline const uint8_t *guest_map(const struct guest *g, ipa_t ipa,
				       uint64_t *len)
{
	const struct guest_ram *r = guest_ram_range(g, ipa, 1);

	if (!r)
		return NULL;
	if (*len > r->size - (ipa - r->ipa))
		*len = r->size - (ipa - r->ipa);
	return r->host ? r->host + (ipa - r->ipa)
		       : g->ops->ram_map(g, ipa, len);
}

/* guest_ram_read() of RAM that is in pieces. */
static inline __attribute__((cold)) bool
guest_ram_gather(const struct guest *g, ipa_t ipa, void *buf, uint64_t len)
{
	uint8_t *to = (uint8_t *)buf;

	while (len) {
		uint64_t n = len;
		const uint8_t *p = guest_map(g, ipa, &n);

		if (!p)
			return false;
		memcpy(to, p, n);
		to += n;
		ipa += n;
		len -= n;
	}
	return true;
}

/* Copy guest RAM to buf. false: not all of it is there. */
static inline bool guest_ram_read(const struct guest *g, ipa_t ipa, void *buf,
				  uint64_t len)
{
	const uint8_t *p = guest_ram_at(g, ipa, len);

	if (!p)
		return guest_ram_gather(g, ipa, buf, len);
	memcpy(buf, p, len);
	return true;
}

#endif
