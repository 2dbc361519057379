// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_cause.c - the first sentences of a report: what happened, and why
 *
 * Names of fault codes: Arm ARM, "ESR_EL1, Exception Syndrome Register".
 */
#include "hang.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/util.h>

#define EC_IABT_CUR 0x21
#define EC_DABT_CUR 0x25

#define FSC       GENMASK_ULL(5, 0)
#define FSC_KIND  GENMASK_ULL(5, 2)
#define FSC_LEVEL GENMASK_ULL(1, 0)
#define FSC_ALIGN 0x21

#define TEXT_MAX 320

/* --- ESR -------------------------------------------------------------------*/

static const struct {
	unsigned int ec;
	const char *text;
} classes[] = {
	{ 0x00, "unknown reason" },
	{ 0x07, "access to SVE or SIMD" },
	{ 0x0d, "branch target exception" },
	{ 0x0e, "illegal execution state" },
	{ 0x1c, "pointer authentication failure" },
	{ EC_IABT_CUR, "instruction abort from EL1" },
	{ 0x22, "PC alignment fault" },
	{ 0x24, "data abort from EL0" },
	{ EC_DABT_CUR, "data abort from EL1" },
	{ 0x26, "SP alignment fault" },
	{ 0x2f, "SError" },
	{ 0x31, "breakpoint at EL1" },
	{ 0x33, "step at EL1" },
	{ 0x35, "watchpoint at EL1" },
	{ 0x3c, "BRK" },
};

/* Levels below 0 have codes of their own. */
static const struct {
	unsigned int fsc;
	enum crash_fsc kind;
	int level;
} low_levels[] = {
	{ 0x29, CRASH_FSC_SIZE, -1 },
	{ 0x2a, CRASH_FSC_TRANSLATION, -2 },
	{ 0x2b, CRASH_FSC_TRANSLATION, -1 },
	{ 0x2c, CRASH_FSC_SIZE, -2 },
};

enum crash_fsc crash_fsc(uint64_t esr, int *level_ret)
{
	unsigned int fsc = (unsigned int)FIELD_GET(FSC, esr);
	unsigned int kind = (unsigned int)FIELD_GET(FSC_KIND, esr);

	for (unsigned int i = 0; i < ARRAY_SIZE(low_levels); i++) {
		if (low_levels[i].fsc != fsc)
			continue;
		*level_ret = low_levels[i].level;
		return low_levels[i].kind;
	}
	if (kind >= CRASH_FSC_OTHER)
		return CRASH_FSC_OTHER;
	*level_ret = (int)FIELD_GET(FSC_LEVEL, esr);
	return (enum crash_fsc)kind;
}

static void fsc_text(uint64_t esr, char *buf, size_t size)
{
	static const char *const kinds[] = { "address size fault",
					     "translation fault",
					     "access flag fault",
					     "permission fault" };
	unsigned int fsc = (unsigned int)FIELD_GET(FSC, esr);
	int level;
	enum crash_fsc kind = crash_fsc(esr, &level);

	if (kind != CRASH_FSC_OTHER)
		snprintf(buf, size, "%s, level %d", kinds[kind], level);
	else if (fsc == 0x10)
		snprintf(buf, size, "synchronous external abort");
	else if (fsc == 0x11)
		snprintf(buf, size, "tag check fault");
	else if (fsc == FSC_ALIGN)
		snprintf(buf, size, "alignment fault");
	else
		snprintf(buf, size, "fault status 0x%x", fsc);
}

void crash_esr_text(uint64_t esr, char *buf, size_t size)
{
	unsigned int ec = (unsigned int)FIELD_GET(ESR_ELx_EC_MASK, esr);
	const char *class = "exception class";
	char more[96] = "", fsc[48];

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].ec == ec)
			class = classes[i].text;
	if (ec == EC_IABT_CUR || ec == EC_DABT_CUR || ec == 0x24) {
		fsc_text(esr, fsc, sizeof(fsc));
		snprintf(more, sizeof(more), ", %s%s", fsc,
			 ec == EC_IABT_CUR   ? ""
			 : esr & ESR_ELx_CM  ? ", cache maintenance"
			 : esr & ESR_ELx_WNR ? ", write"
					     : ", read");
	} else if (ec == ESR_ELx_EC_BRK64) {
		snprintf(more, sizeof(more), " #0x%x",
			 (unsigned int)FIELD_GET(ESR_ELx_BRK64_ISS_COMMENT_MASK,
						 esr));
	}
	snprintf(buf, size, "%s (0x%02x)%s", class, ec, more);
}

/* --- parts of sentences ----------------------------------------------------*/

/* "insmod (pid 57) on CPU 0" */
static void who(const struct crash *c, char *buf, size_t size)
{
	if (*c->comm)
		snprintf(buf, size, "%s (pid %d) on CPU %u", c->comm, c->pid,
			 c->vcpu);
	else
		snprintf(buf, size, "CPU %u", c->vcpu);
}

/* The instruction at va by Capstone, or "". */
static void insn_text(struct crash *c, va_t va, char *buf, size_t size)
{
	FILE *out = fmemopen(buf, size, "w");

	*buf = '\0';
	if (!out)
		return;
	session_insn(c->s, va, out);
	fclose(out);
	buf[size - 1] = '\0';
}

static const char *fault_reason(const struct crash *c)
{
	int level;

	if (!c->has_esr)
		return "";
	switch (crash_fsc(c->esr, &level)) {
	case CRASH_FSC_PERM:
		return c->kind == CRASH_USER ? ", which is user memory"
		       : c->is_write         ? ", which is read-only"
					     : ", which it may not read";
	case CRASH_FSC_OTHER:
		return FIELD_GET(FSC, c->esr) == FSC_ALIGN
			       ? ", which is not aligned"
			       : "";
	default:
		return ", which is not mapped";
	}
}

/* --- one kind each ---------------------------------------------------------*/

static void abort_cause(struct crash *c, const char *place)
{
	unsigned int ec = (unsigned int)FIELD_GET(ESR_ELx_EC_MASK, c->esr);
	char subject[64], bytes[32] = "";
	va_t addr = c->has_far ? c->far : c->addr;

	who(c, subject, sizeof(subject));
	if (c->has_esr && ec == EC_IABT_CUR) {
		snprintf(c->d->cause, DOC_LINE,
			 "%s jumped to 0x%" PRIx64 ", where it cannot execute.",
			 subject, c->has_far ? c->far : c->regs.pc);
		return;
	}
	if (c->has_access)
		snprintf(bytes, sizeof(bytes), " %u byte%s", c->size,
			 c->size == 1 ? "" : "s");
	snprintf(c->d->cause, DOC_LINE,
		 "%s %s%s at address 0x%" PRIx64 "%s, in %s.", subject,
		 c->is_write ? "wrote" : "read", bytes, addr, fault_reason(c),
		 place);
}

static void stack_cause(struct crash *c, const char *place)
{
	char subject[64];
	uint64_t stack = 0;
	va_t task;

	who(c, subject, sizeof(subject));
	if (!introspect_current_task(c->in, c->vcpu, &task))
		introspect_get(c->in, "task_struct", task, "stack", &stack);
	if (stack > c->regs.sp)
		snprintf(c->d->cause, DOC_LINE,
			 "%s overflowed its kernel stack in %s: SP is %" PRIu64
			 " bytes below the stack.",
			 subject, place, stack - c->regs.sp);
	else
		snprintf(c->d->cause, DOC_LINE,
			 "%s overflowed its kernel stack in %s.", subject,
			 place);
}

static void panic_cause(struct crash *c, const char *place)
{
	char subject[64];

	who(c, subject, sizeof(subject));
	snprintf(c->d->cause, DOC_LINE, "%s called %s() in %s%s%s.", subject,
		 c->function, place, *c->message ? ": " : "", c->message);
}

/* Write the cause of a panic that follows a check of the kernel. */
static void found_cause(struct crash *c)
{
	static const char *const texts[] = {
		[CRASH_WARN] = "reached a WARN()",
		[CRASH_LOCKUP] = "ran without a pause until the watchdog fired",
		[CRASH_HUNG] = "has waited for a long time",
		[CRASH_RCU] = "stalled RCU",
	};
	char subject[64], place[TEXT_MAX] = "an unknown place";

	who(c, subject, sizeof(subject));
	for (int i = c->first; i < c->nr_frames; i++) {
		char name[CRASH_NAME];

		if (!crash_name(c, &c->frames[i], name, sizeof(name)))
			continue;
		crash_place(c, c->frames[i].pc, place, sizeof(place));
		break;
	}
	snprintf(c->d->cause, DOC_LINE,
		 "%s %s in %s, and the kernel panicked: %s", subject,
		 texts[c->kind], place, c->message);
}

static void stop_cause(struct crash *c, const char *place)
{
	struct introspect_symbol sym;
	char subject[64], caller[TEXT_MAX];
	const char *name =
		c->nr_frames ? crash_frame_symbol(c, &c->frames[0], &sym) : "";

	who(c, subject, sizeof(subject));
	if (!strstr(name, "_lock_slowpath")) {
		snprintf(c->d->cause, DOC_LINE,
			 "The guest was stopped, and no crash is known: %s is "
			 "in %s.",
			 subject, place);
		return;
	}
	snprintf(caller, sizeof(caller), "%s", place);
	for (int i = 1; i < c->nr_frames; i++) {
		char buf[CRASH_NAME];

		if (!crash_name(c, &c->frames[i], buf, sizeof(buf)))
			continue;
		crash_place(c, c->frames[i].pc, caller, sizeof(caller));
		break;
	}
	snprintf(c->d->cause, DOC_LINE,
		 "The guest was stopped, and no crash is known: %s waits for a "
		 "spinlock in %s.",
		 subject, caller);
}

static void oops_cause(struct crash *c, const char *place)
{
	char subject[64], esr[TEXT_MAX] = "an unknown reason";

	who(c, subject, sizeof(subject));
	if (c->has_esr)
		crash_esr_text(c->esr, esr, sizeof(esr));
	snprintf(c->d->cause, DOC_LINE, "%s crashed in %.300s: %s%s%.64s.",
		 subject, place, *c->message ? c->message : "",
		 *c->message ? ", " : "", esr);
}

/* --- more sentences --------------------------------------------------------*/

static bool is_abort(enum crash_kind kind)
{
	return kind >= CRASH_NULL && kind <= CRASH_READ;
}

/* Explain the values of the registers that made the address of the access. */
static void access_explain(struct crash *c)
{
	const struct insn *i = &c->insn;
	char text[TEXT_MAX];
	bool index = i->rm < 31;

	insn_text(c, c->regs.pc, text, sizeof(text));
	if (*text)
		doc_detail(c->d, "The instruction is: %s", text);
	if (!c->has_access || i->flags & INSN_LITERAL || i->rn == 31)
		return;
	crash_trace(c, i->rn,
		    i->flags & INSN_POST || index ? 0 : (int64_t)i->imm,
		    index ? 0 : c->size);
	if (index)
		crash_trace(c, i->rm, 0, 0);
}

/* The crash is at the target of a jump. LR is the address after the call. */
static void fetch_explain(struct crash *c)
{
	char place[TEXT_MAX], text[TEXT_MAX];

	crash_place(c, c->regs.x[30] - 4, place, sizeof(place));
	insn_text(c, c->regs.x[30] - 4, text, sizeof(text));
	doc_detail(c->d, "LR is the address after %s%s%s.", place,
		   *text ? ": " : "", text);
}

struct bug_line {
	char text[TEXT_MAX];
};

static void bug_see(void *opaque, const struct introspect_log_record *r)
{
	struct bug_line *line = opaque;
	const char *at = strstr(r->text, "kernel BUG at ");

	if (at)
		snprintf(line->text, sizeof(line->text), "%.*s",
			 (int)strcspn(at, "\n"), at);
}

static void bug_explain(struct crash *c)
{
	struct bug_line line = { "" };
	unsigned int lost;

	introspect_log(c->in, bug_see, &line, &lost);
	if (*line.text)
		doc_detail(c->d, "The kernel says: %s", line.text);
}

static void cycle_explain(struct crash *c)
{
	struct introspect_symbol first, sym;
	unsigned int nr = 0;

	if (!c->nr_frames || !*crash_frame_symbol(c, &c->frames[0], &first))
		return;
	for (int i = 0; i < c->nr_frames; i++)
		if (*crash_frame_symbol(c, &c->frames[i], &sym) &&
		    sym.va == first.va)
			nr++;
	if (nr > 1)
		doc_detail(c->d, "%u of the first %d frames belong to %s.", nr,
			   c->nr_frames, c->where);
}

void crash_explain(struct crash *c)
{
	unsigned int ec = (unsigned int)FIELD_GET(ESR_ELx_EC_MASK, c->esr);
	char place[TEXT_MAX] = "an unknown place", subject[64];
	va_t pc;

	if (crash_pc(c, &pc))
		crash_place(c, pc, place, sizeof(place));
	if (!c->linux_found) {
		snprintf(c->d->cause, DOC_LINE,
			 "No Linux kernel was found in the memory of the "
			 "guest; CPU %u is at %s.",
			 c->vcpu, place);
		return;
	}
	if (c->hang && c->hang->kind) {
		hang_explain(c);
		return;
	}
	switch (c->kind) {
	case CRASH_NONE:
		stop_cause(c, place);
		return;
	case CRASH_BUG:
		who(c, subject, sizeof(subject));
		snprintf(c->d->cause, DOC_LINE, "%s reached a BUG() in %s.",
			 subject, place);
		bug_explain(c);
		return;
	case CRASH_STACK:
		stack_cause(c, place);
		cycle_explain(c);
		return;
	case CRASH_PANIC:
		panic_cause(c, place);
		return;
	case CRASH_WARN:
	case CRASH_LOCKUP:
	case CRASH_HUNG:
	case CRASH_RCU:
		found_cause(c);
		return;
	case CRASH_SERROR:
	case CRASH_OOPS:
		oops_cause(c, place);
		return;
	default:
		break;
	}
	abort_cause(c, place);
	if (is_abort(c->kind) && c->has_esr && ec == EC_IABT_CUR)
		fetch_explain(c);
	else
		access_explain(c);
}
