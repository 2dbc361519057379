/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reportcrash.h - what is known of a crash while its report is made
 *
 * report_context.c finds the vCPU that matters, its registers and its stack.
 * report_class.c says what kind of crash it is: type, title, signature.
 * hang.h finds the cause of a hang, if the guest has not crashed.
 * report_cause.c writes the sentences, report_trace.c follows a register's value
 * through the code, and report_sections.c fills the tables, with report_slab.c
 * for slab objects.
 */
#ifndef TRAPLINE_SESSION_REPORTCRASH_H
#define TRAPLINE_SESSION_REPORTCRASH_H

#include <trapline/decoder.h>
#include "reportdoc.h"
#include "state.h"

#define CRASH_FRAMES 96
#define CRASH_NAME   200 /* longer than most symbols; others are cut */

enum crash_kind {
	CRASH_NONE, /* the guest was stopped, and has not crashed */
	CRASH_NULL,
	CRASH_PAGING,
	CRASH_USER,
	CRASH_WRITE_RO,
	CRASH_EXEC,
	CRASH_READ,
	CRASH_BUG,
	CRASH_STACK,
	CRASH_SERROR,
	CRASH_OOPS, /* an oops of another kind */
	CRASH_WARN, /* from here on: a panic that follows this finding */
	CRASH_LOCKUP,
	CRASH_HUNG,
	CRASH_RCU,
	CRASH_PANIC,
	CRASH_DEADLOCK, /* from here on: only without a panic */
	CRASH_IRQS,
	CRASH_MEMORY,
};

struct crash {
	struct session *s;
	struct introspect *in;
	struct guest *g;
	struct session_report *d;

	unsigned int vcpu; /* the one that crashed, or the most interesting one */
	bool linux_found;
	bool has_regs;
	struct guest_regs regs; /* at the crash */
	char comm[20]; /* of the vCPU's task; "": not known */
	int pid;
	/* The function for crashes that the vCPU is in, or NULL. */
	const char *function;
	char message[160]; /* given to that function; "": none */
	uint64_t esr, far;
	bool has_esr, has_far;

	struct introspect_frame frames[CRASH_FRAMES];
	int nr_frames;
	int why; /* not 0: why the end of the stack cannot be read */
	int first; /* the first frame that has to do with the crash */

	/* The access of the instruction at PC, if that is a load or store. */
	bool has_access;
	struct insn insn;
	va_t addr;
	uint32_t size;
	bool is_write;

	enum crash_kind kind;
	char where[CRASH_NAME]; /* the function that the title names */
	unsigned int searched; /* instructions, by crash_calls_with() */
	struct hang *hang; /* hang.h; NULL: the guest was not examined */
};

/* report_context.c */
void crash_find(struct crash *c);
/*
 * The stack from these registers on, at most CRASH_FRAMES. A frame from LR that
 * is certain has the kind INTROSPECT_FRAME_CALL. *why as introspect_backtrace().
 */
int crash_backtrace(struct crash *c, const struct guest_regs *regs,
		    struct introspect_frame *frames, int *why);
/* The symbol of a frame; "": none. */
const char *crash_frame_symbol(struct crash *c,
			       const struct introspect_frame *f,
			       struct introspect_symbol *ret);
/* "name+0x1/0x2 [module]", or the address. */
void crash_place(struct crash *c, va_t va, char *buf, size_t size);
/* Is the address in the lower half: user space or nothing? */
bool crash_is_low(va_t va);
/*
 * The address at which the guest crashed: PC, but the caller of panic() if PC
 * is in a function that panic() called. false: it is not known.
 */
bool crash_pc(const struct crash *c, va_t *ret);
uint64_t crash_page_size(struct crash *c);

/* report_class.c: needs crash_find(). Sets kind, where, title, signature. */
void crash_classify(struct crash *c);
/* The cleaned name of a frame's function; false: it does not identify a bug. */
bool crash_name(struct crash *c, const struct introspect_frame *f, char *buf,
		size_t size);

/* report_cause.c: the sentences. */
void crash_explain(struct crash *c);
/*
 * The kind of a fault in a walk of the page tables, and its level, which may be
 * negative. CRASH_FSC_OTHER: a fault status of another kind.
 */
enum crash_fsc {
	CRASH_FSC_SIZE,
	CRASH_FSC_TRANSLATION,
	CRASH_FSC_FLAG,
	CRASH_FSC_PERM,
	CRASH_FSC_OTHER,
};

enum crash_fsc crash_fsc(uint64_t esr, int *level_ret);
/* ESR_EL1 in words. */
void crash_esr_text(uint64_t esr, char *buf, size_t size);

/*
 * report_trace.c: write sentences that say where the value of a register at PC
 * came from. The instruction at PC accesses size bytes at value + displacement.
 * size 0: no access.
 */
void crash_trace(struct crash *c, unsigned int reg, int64_t displacement,
		 uint32_t size);

/*
 * The value of a register before the instruction at pc, if the code has this
 * address as a constant.
 */
bool crash_constant(struct crash *c, va_t pc, unsigned int reg, va_t *ret);
/*
 * Does the function at pc call another function, for whose name is() returns
 * true, with this constant address as the first argument?
 * After many instructions, for one report, the answer is always no.
 */
bool crash_calls_with(struct crash *c, va_t pc, bool (*is)(const char *name),
		      va_t value);

/*
 * report_slab.c: the table of the slab objects that registers point to, and
 * sentences about the object of one register.
 */
void crash_objects(struct crash *c);
void crash_object_detail(struct crash *c, unsigned int reg);

/* report_sections.c */
void crash_sections(struct crash *c);
/* report_values.c: explain a number, for example as an address in a stack. */
void crash_value_text(struct crash *c, uint64_t value, char *buf, size_t size);

#endif
