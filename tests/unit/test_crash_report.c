// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_crash_report.c - reports of crashes of Debian's own kernels
 *
 * The test writes a few instructions over a function of the kernel. The vCPU
 * stops where trapline would stop it: at the start of one of the kernel's
 * functions for crashes, with the arguments of this function. Prototypes and
 * members come from the kernel's own BTF.
 */
#include "fake_modules.h"
#include "fake_running.h"
#include "session/reportdoc.h"
#include "session/state.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASK     (HEAP_VA + 2 * SZ_64K)
#define STACK    (HEAP_VA + 3 * SZ_64K)
#define STRING   (HEAP_VA + 4 * SZ_64K)
#define OBJECT   (HEAP_VA + 5 * SZ_64K)
#define SIGNALS  (HEAP_VA + 6 * SZ_64K)
#define RING     (HEAP_VA + 8 * SZ_64K)
#define EL1      5 /* PSTATE: EL1h */
#define ESR_READ 0x96000006ULL /* data abort from EL1, translation, level 2 */

static const struct session_owner owner;
static char *text; /* of the last report */
static char title[DOC_TITLE], signature[17];

/* --- JSON ------------------------------------------------------------------*/

/* Skip one JSON value at p, and return its end; fail if there is no value. */
static const char *json_value(const char *p)
{
	char close = 0;

	p += strspn(p, " \n");
	if (*p == '"') {
		for (p++; *p != '"'; p++) {
			assert_in_range(*p, ' ', '~');
			p += *p == '\\';
		}
		return p + 1;
	}
	if (*p != '{' && *p != '[') {
		size_t n = strspn(p, "-0123456789nul");

		assert_true(n > 0);
		return p + n;
	}
	close = *p == '{' ? '}' : ']';
	p++;
	p += strspn(p, " \n");
	while (*p != close) {
		if (close == '}') {
			assert_int_equal(*p, '"');
			p = json_value(p);
			assert_int_equal(*p, ':');
			p++;
		}
		p = json_value(p);
		p += strspn(p, " \n");
		assert_true(*p == ',' || *p == close);
		p += *p == ',';
		p += strspn(p, " \n");
	}
	return p + 1;
}

/* --- making reports --------------------------------------------------------*/

static const char *write_as(struct session_report *r,
			    enum session_report_format format)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	assert_int_equal(session_report_write(r, format, out), 0);
	fclose(out);
	return text;
}

static struct session_report *make(struct guest *g, struct introspect *in)
{
	struct session_report *r;
	struct session *s;
	const char *end;

	assert_int_equal(session_create(g, in, &owner, NULL, NULL, &s), 0);
	assert_int_equal(session_report_create(s, &r), 0);
	session_destroy(s);
	strcpy(title, session_report_title(r));
	strcpy(signature, r->signature);
	end = json_value(write_as(r, SESSION_REPORT_JSON));
	assert_string_equal(end, "\n");
	return r;
}

/* Make a report as text. It is valid until the next call. */
static const char *report_of(struct setup *s)
{
	struct session_report *r = make(&s->fake->guest, s->in);

	write_as(r, SESSION_REPORT_TEXT);
	session_report_destroy(r);
	/* Lines of the sentences may end at any blank. */
	for (char *p = strchr(text, '\n') + 1; strncmp(p, "\nsig", 4); p++)
		if (*p == '\n')
			*p = ' ';
	return text;
}

static void expect(const char *what)
{
	if (!strstr(text, what))
		fail_msg("no '%s' in: %s", what, text);
}

static void expect_title(const char *what)
{
	if (strcmp(title, what))
		fail_msg("'%s' is not the title of: %s", what, text);
}

/* --- the guest -------------------------------------------------------------*/

static uint64_t *at(struct setup *s, va_t va)
{
	return va >= HEAP_VA ? heap(s, va) : ram64(s, va - TEXT + KERNEL);
}

static va_t symbol(struct setup *s, const char *name)
{
	va_t va = 0;

	if (introspect_symbol_by_name(s->in, name, &va))
		fail_msg("no symbol %s", name);
	return va;
}

static uint32_t offset(struct setup *s, const char *type, const char *path)
{
	uint32_t ret;

	if (introspect_offset(s->in, type, path, &ret))
		fail_msg("no %s.%s", type, path);
	return ret;
}

static void words_put(struct setup *s, va_t va, const uint32_t *words, size_t n)
{
	memcpy(at(s, va), words, n * sizeof(*words));
}

static void frame_put(struct setup *s, va_t fp, va_t next, va_t pc)
{
	*at(s, fp) = next;
	*at(s, fp + 8) = pc;
}

/* ldr x<t>, [x<n>, #offset] */
static uint32_t ldr(unsigned int t, unsigned int n, uint32_t off)
{
	return 0xf9400000U | off / 8 << 10 | n << 5 | t;
}

static uint32_t bl(va_t from, va_t to)
{
	return 0x94000000U | ((uint32_t)(to - from) >> 2 & 0x3ffffff);
}

static void start(struct setup *s)
{
	struct guest *g = &s->fake->guest;
	va_t tasks;

	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
	strcpy((char *)at(s, member(s, TASK, "task_struct.comm")), "cra<sh");
	*(uint32_t *)at(s, member(s, TASK, "task_struct.pid")) = 77;
	*at(s, member(s, TASK, "task_struct.stack")) = STACK;
	tasks = member(s, TASK, "task_struct.tasks");
	*at(s, tasks) = tasks;
	s->fake->sysregs[0][GUEST_SP_EL0] = TASK;
	/* A table of user space without entries. */
	s->fake->sysregs[0][GUEST_TTBR0_EL1] = HEAP + 7 * SZ_64K;
	g->last = (struct guest_stop){ .kind = GUEST_STOP_REQUESTED };
}

/* Let the vCPU stop at the start of a function, with these arguments. */
static void stop_at(struct setup *s, const char *function, uint64_t x0,
		    uint64_t x1, uint64_t x2)
{
	struct guest_regs *regs = &s->fake->regs[0];

	regs->pc = symbol(s, function);
	regs->x[0] = x0;
	regs->x[1] = x1;
	regs->x[2] = x2;
	regs->x[29] = STACK + 0x800;
	regs->pstate = EL1;
	s->fake->guest.last.kind = GUEST_STOP_CRASH;
}

/* vfs_read(), called by ksys_read(), crashes at its second instruction. */
static struct guest_regs *fault_put(struct setup *s)
{
	va_t function = symbol(s, "vfs_read"), caller = symbol(s, "ksys_read");
	const uint32_t code[] = {
		ldr(1, 0, offset(s, "file", "f_inode")),
		ldr(2, 1, offset(s, "inode", "i_sb")),
	};
	const uint32_t call[] = { 0xaa0103e0, /* mov x0, x1 */
				  bl(caller + 4, function) };
	struct guest_regs *fault = &s->fake->guest.fault;

	words_put(s, function, code, ARRAY_SIZE(code));
	words_put(s, caller, call, ARRAY_SIZE(call));
	frame_put(s, STACK + 0x1000, STACK + 0x1800, caller + 8);
	frame_put(s, STACK + 0x1800, 0, symbol(s, "do_exit") + 8);
	frame_put(s, STACK + 0x800, STACK + 0x1000, symbol(s, "do_exit") + 8);
	*fault = (struct guest_regs){ .pc = function + 4, .pstate = EL1 };
	fault->sp = STACK + 0x1000;
	fault->x[0] = OBJECT;
	fault->x[5] = 0x4a4a4a4a4a4a4a4aULL;
	fault->x[6] = 0xdead000000000100ULL;
	fault->x[7] = (uint64_t)-22LL;
	fault->x[8] = TASK;
	fault->x[9] = STACK + 0x2000;
	fault->x[29] = STACK + 0x1000;
	s->fake->guest.has_fault = true;
	strcpy((char *)at(s, STRING), "Oops");
	strcpy((char *)at(s, OBJECT), "some text");
	return fault;
}

/* --- aborts ----------------------------------------------------------------*/

static void test_null(void **state)
{
	struct setup *s = *state;
	uint64_t *sysregs = s->fake->sysregs[0];
	uint32_t i_sb;

	start(s);
	i_sb = offset(s, "inode", "i_sb");
	fault_put(s);
	stop_at(s, "die", STRING, 0, ESR_READ);
	sysregs[GUEST_ESR_EL1] = ESR_READ;
	sysregs[GUEST_FAR_EL1] = i_sb;
	report_of(s);
	expect_title("BUG: unable to handle kernel NULL pointer dereference in "
		     "vfs_read");
	expect("also: bad-access in vfs_read");
	expect("cra<sh (pid 77) on CPU 0 read 8 bytes at address 0x");
	expect("which is not mapped");
	expect(" x1 is NULL. ");
	expect("from file->f_inode (struct inode *)");
	expect("The access is to .i_sb of struct inode");
	expect("file is argument 1 of vfs_read, a struct file *.");
	expect("ksys_read passed buf (char *).");
	expect("data abort from EL1 (0x25), translation fault, level 2, read");
	expect("the characters \"JJJJJJJJ\"");
	expect("LIST_POISON1");
	expect("-22, which may be an error");
	expect("the task cra<sh itself");
	expect("the stack of cra<sh, SP + 0x1000");
	expect(": \"some text\"");
	expect("\nPage walk of the address\n");
	expect(" not valid\n");
	/* FAR_EL1 belongs to another exception: compute the address instead. */
	sysregs[GUEST_ESR_EL1] = 0x12;
	sysregs[GUEST_FAR_EL1] = 0x1234567;
	report_of(s);
	expect("from the instruction and its registers");
	assert_null(strstr(text, "1234567"));
	/* Without the function's arguments. */
	s->fake->regs[0].pc = symbol(s, "do_exit");
	report_of(s);
	expect_title("BUG: unable to handle kernel NULL pointer dereference in "
		     "vfs_read");
}

/* A crash of another kind, at the same place. */
static void kind_check(struct setup *s, uint64_t esr, va_t far,
		       const char *expected)
{
	char line[DOC_TITLE];

	stop_at(s, "die", STRING, 0, esr);
	s->fake->sysregs[0][GUEST_ESR_EL1] = esr;
	s->fake->sysregs[0][GUEST_FAR_EL1] = far;
	report_of(s);
	snprintf(line, sizeof(line), "%s in vfs_read", expected);
	expect_title(line);
}

static void test_kinds(void **state)
{
	struct setup *s = *state;
	char null[17];

	start(s);
	fault_put(s);
	kind_check(s, ESR_READ, 8,
		   "BUG: unable to handle kernel NULL pointer dereference");
	strcpy(null, signature);
	kind_check(s, ESR_READ, 0xffff900000000000ULL,
		   "BUG: unable to handle kernel paging request");
	assert_string_not_equal(null, signature);
	kind_check(s, 0x9600000f, 0x400000,
		   "BUG: unable to handle kernel access to user memory");
	expect("which is user memory");
	kind_check(s, 0x9600004f, TEXT,
		   "BUG: unable to handle kernel write to read-only memory");
	expect("which is read-only");
	kind_check(s, 0x9600000f, TEXT,
		   "BUG: unable to handle kernel read from unreadable memory");
	kind_check(s, 0x8600000f, HEAP_VA,
		   "BUG: unable to handle kernel execute from non-executable "
		   "memory");
	expect("where it cannot execute");
	expect("LR is the address after");
	kind_check(s, 0x96000010, HEAP_VA, "Internal error");
	expect("synchronous external abort");
	kind_check(s, 0x96000021, HEAP_VA + 1,
		   "BUG: unable to handle kernel paging request");
	expect("which is not aligned");
	kind_check(s, 0x02000000, 0, "Internal error");
	expect("unknown reason");
	kind_check(s, 0x96000011, 0, "Internal error");
	/* The levels that exist only with 52-bit addresses. */
	kind_check(s, 0x9600002b, 8,
		   "BUG: unable to handle kernel NULL pointer dereference");
	assert_string_equal(null, signature);
	expect("which is not mapped");
	expect("translation fault, level -1, read");
	kind_check(s, 0x96000029, HEAP_VA,
		   "BUG: unable to handle kernel paging request");
	expect("address size fault, level -1, read");
	kind_check(s, 0x9600003f, 0, "Internal error");
	kind_check(s, 0xfe000000, 0, "Internal error");
	expect("exception class (0x3f)");
	kind_check(s, 0xf2000800, 0, "kernel BUG");
	expect("reached a BUG() in vfs_read+0x4/");
	strcpy((char *)at(s, STRING), "Oops - BUG");
	kind_check(s, 0, 0, "kernel BUG");
}

/* Addresses, registers, CPU and task do not change the signature of a bug. */
static void test_signature(void **state)
{
	struct setup *s = *state;
	struct guest_regs *fault;
	char first[17];

	start(s);
	fault = fault_put(s);
	kind_check(s, ESR_READ, 8,
		   "BUG: unable to handle kernel NULL pointer dereference");
	strcpy(first, signature);
	fault->pc += 4;
	fault->x[0] = 0;
	strcpy((char *)at(s, member(s, TASK, "task_struct.comm")), "other");
	s->fake->offline[1] = false;
	vcpu_set(s, 1, TABLES | 1);
	kind_check(s, ESR_READ, 16,
		   "BUG: unable to handle kernel NULL pointer dereference");
	assert_string_equal(first, signature);
	/* With another caller, it is another bug. */
	frame_put(s, STACK + 0x1000, STACK + 0x1800, symbol(s, "do_exit") + 8);
	kind_check(s, ESR_READ, 16,
		   "BUG: unable to handle kernel NULL pointer dereference");
	assert_string_not_equal(first, signature);
}

/* Does the report of this code contain the text? NULL: no origin is given. */
static void trace_check(struct setup *s, const uint32_t *code, size_t nr,
			const char *expected)
{
	struct guest_regs *fault = &s->fake->guest.fault;

	words_put(s, symbol(s, "vfs_read"), code, nr);
	fault->pc = symbol(s, "vfs_read") + (nr - 1) * 4;
	stop_at(s, "die", STRING, 0, ESR_READ);
	s->fake->sysregs[0][GUEST_ESR_EL1] = ESR_READ;
	report_of(s);
	if (expected)
		expect(expected);
	else
		assert_null(strstr(text, "It "));
}

#define TRACE(s, expected, ...)                           \
	trace_check(s, (const uint32_t[]){ __VA_ARGS__ }, \
		    sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, expected)

static void test_trace(void **state)
{
	struct setup *s = *state;
	va_t function;

	start(s);
	function = symbol(s, "vfs_read");
	fault_put(s);
	/* mov x1, x3; ldr x2, [x1] */
	TRACE(s, "It is pos (", 0xaa0303e1, ldr(2, 1, 0));
	/* sub x1, x0, #16; ldr x2, [x1] */
	TRACE(s, "It is file - 0x10 (struct file *).", 0xd1004001,
	      ldr(2, 1, 0));
	/* sub x1, x0, #16; ldr x1, [x1]; no member is there */
	TRACE(s, "from *(file - 0x10).", 0xd1004001, ldr(1, 1, 0),
	      ldr(2, 1, 0));
	/* ldr x1, [x0, #0x7ff8]: beyond the structure */
	TRACE(s, "from *(file + 0x7ff8).", ldr(1, 0, 0x7ff8), ldr(2, 1, 0));
	/* ldp x2, x1, [x0] */
	TRACE(s, "vfs_read+0x0 from ", 0xa9400402, ldr(2, 1, 0));
	/* mrs x1, sp_el0; ldr x1, [x1, #mm] */
	TRACE(s, "from current->mm (struct mm_struct", 0xd5384101,
	      ldr(1, 1, offset(s, "task_struct", "mm")), ldr(2, 1, 0));
	/* bl get_task_mm; mov x1, x0 */
	TRACE(s, "It is get_task_mm() (struct mm_struct *).",
	      bl(function, symbol(s, "get_task_mm")), 0xaa0003e1, ldr(2, 1, 0));
	/* The call changes x3. */
	TRACE(s, NULL, bl(function, symbol(s, "get_task_mm")), 0xaa0303e1,
	      ldr(2, 1, 0));
	/* blr x9: the result in x0 is unknown */
	TRACE(s, NULL, 0xd63f0120, 0xaa0003e1, ldr(2, 1, 0));
	/* x19 is no argument; ldr x1, [sp]; add x1, x2, x3 */
	TRACE(s, NULL, 0xaa1303e1, ldr(2, 1, 0));
	TRACE(s, NULL, ldr(1, 31, 0), ldr(2, 1, 0));
	TRACE(s, NULL, 0x8b030041, ldr(2, 1, 0));
	/* cbz x0, 2 words on; mov x1, x0: the value depends on the path */
	TRACE(s, NULL, 0xb4000040, 0xaa0003e1, ldr(2, 1, 0));
	/* adr x1, .: a constant; and the word that it points to */
	TRACE(s, NULL, 0x10000001, ldr(2, 1, 0));
	TRACE(s, "from vfs_read.", 0x10000001, ldr(1, 1, 0), ldr(2, 1, 0));
	TRACE(s, "from *(vfs_read + 0x8).", 0x10000001, ldr(1, 1, 8),
	      ldr(2, 1, 0));
	/* ldr x2, [x0, x1] has two address registers */
	TRACE(s, "x1 is NULL.", ldr(1, 0, 0), 0xf8616802);
	/* ldr w1, [x0]: no pointer */
	TRACE(s, NULL, 0xb9400001, ldr(2, 1, 0));
	/* ldr x2, [x1], #8 */
	TRACE(s, "It is buf (char *).", 0xf8408422);
}

/* --- panics ----------------------------------------------------------------*/

static void panic_check(struct setup *s, const char *message,
			const char *expected)
{
	strcpy((char *)at(s, STRING), message);
	stop_at(s, "panic", STRING, 0, 0);
	report_of(s);
	expect_title(expected);
}

/* An interrupt on CPU 0, in which the kernel found something. */
static void interrupt_put(struct setup *s)
{
	va_t regs = STACK + 0x2000, record;
	bool meta = truth_has(s->t, "frame_record_meta.type");
	struct guest_regs *fault = &s->fake->guest.fault;

	record = member(s, regs, "pt_regs.stackframe");
	*at(s, regs + 29 * 8) = STACK + 0x1000;
	*at(s, regs + 32 * 8) = symbol(s, "vfs_read") + 4;
	*at(s, regs + 33 * 8) = EL1;
	if (meta)
		*at(s, member(s, record, "frame_record_meta.type")) = 2;
	frame_put(s, record, meta ? 0 : STACK + 0x1000,
		  meta ? 0 : symbol(s, "vfs_read") + 4);
	frame_put(s, STACK + 0x900, record, symbol(s, "el1h_64_irq") + 8);
	frame_put(s, STACK + 0x800, STACK + 0x900, symbol(s, "do_exit") + 8);
	*fault = (struct guest_regs){ .pc = symbol(s, "do_exit") + 4,
				      .pstate = EL1 };
	fault->x[29] = STACK + 0x800;
}

static void test_panic(void **state)
{
	struct setup *s = *state;

	start(s);
	fault_put(s);
	interrupt_put(s);
	panic_check(s, "device 12 at 0xffff0012 <gone>",
		    "kernel panic: device NUM at ADDR <gone>");
	expect("called panic() in do_exit+0x4/");
	expect("also: kernel panic in do_exit");
	panic_check(s, "softlockup: hung tasks",
		    "BUG: soft lockup in vfs_read");
	expect("ran without a pause until the watchdog fired in vfs_read+0x4");
	panic_check(s, "kernel: panic_on_warn set ...", "WARNING in vfs_read");
	panic_check(s, "RCU Stall", "INFO: rcu detected stall in vfs_read");
	expect("stalled RCU");
	panic_check(s, "", "kernel panic in do_exit");
	/* The vCPU has left the start of panic(): x0 is no message. */
	strcpy((char *)at(s, STRING), "softlockup: hung tasks");
	s->fake->regs[0].pc += 0x24;
	report_of(s);
	expect_title("kernel panic in do_exit");
	s->fake->guest.has_fault = false;
	s->fake->regs[0].x[29] = STACK + 0x1000;
	report_of(s);
	expect_title("kernel panic in ksys_read");
	expect("called panic() in ksys_read+0x8/");
}

static void test_hung(void **state)
{
	struct setup *s = *state;
	va_t init = 0, a, b;

	start(s);
	fault_put(s);
	introspect_symbol_by_name(s->in, "init_task", &init);
	if (!init)
		init = HEAP_VA;
	*at(s, member(s, init, "task_struct.signal")) = SIGNALS;
	*at(s, member(s, TASK, "task_struct.signal")) = SIGNALS;
	*at(s, member(s, TASK, "task_struct.real_parent")) = init;
	*at(s, member(s, init, "task_struct.real_parent")) = init;
	*at(s, member(s, SIGNALS, "signal_struct.thread_head")) =
		member(s, SIGNALS, "signal_struct.thread_head");
	*(uint32_t *)at(s, member(s, TASK, "task_struct.__state")) = 2;
	a = member(s, init, "task_struct.tasks");
	b = member(s, TASK, "task_struct.tasks");
	*at(s, a) = b;
	*at(s, b) = a;
	*at(s, member(s, TASK, "task_struct.thread.cpu_context.pc")) =
		symbol(s, "schedule") + 4;
	*at(s, member(s, TASK, "task_struct.thread.cpu_context.fp")) =
		STACK + 0x1000;
	panic_check(s, "hung_task: blocked tasks",
		    "INFO: task hung in ksys_read");
	expect("has waited for a long time in ksys_read");
	expect("\nBlocked tasks\n");
	expect(" 77 cra<sh ");
	expect("schedule < ksys_read < do_exit");
}

/* Functions that not every kernel has. */
static bool has(struct setup *s, const char *name)
{
	va_t va;

	return !introspect_symbol_by_name(s->in, name, &va);
}

static void test_others(void **state)
{
	struct setup *s = *state;
	struct guest_regs *fault;

	start(s);
	fault = fault_put(s);
	*at(s, member(s, TASK, "task_struct.stack")) = STACK;
	fault->sp = STACK - 0x10;
	frame_put(s, STACK + 0x1000, STACK + 0x1100, symbol(s, "vfs_read") + 8);
	frame_put(s, STACK + 0x1100, 0, symbol(s, "ksys_read") + 8);
	stop_at(s,
		has(s, "panic_bad_stack") ? "panic_bad_stack"
					  : "handle_bad_stack",
		0, ESR_READ, STACK - 0x10);
	report_of(s);
	expect_title("kernel stack overflow in vfs_read");
	expect("overflowed its kernel stack in vfs_read+0x4/");
	expect("SP is 16 bytes below the stack.");
	expect("2 of the first 3 frames belong to vfs_read.");
	stop_at(s, "arm64_serror_panic", 0, 0xbe000000, 0);
	report_of(s);
	expect_title("SError in vfs_read");
	expect("SError (0x2f)");
	if (has(s, "__panic_unhandled")) {
		strcpy((char *)at(s, STRING), "64-bit el1t sync");
		stop_at(s, "__panic_unhandled", 0, STRING, 0x02000000);
		report_of(s);
		expect_title("Internal error in vfs_read");
		expect("64-bit el1t sync");
	}
}

/* --- dumps without a stop at a crash ---------------------------------------*/

/* The vCPU is below panic(), and its message is in the log. */
static void log_check(struct setup *s)
{
	log_line_put(s, RING,
		     "Kernel panic - not syncing: device 12\033\nmore");
	report_of(s);
	expect_title("kernel panic: device NUM?");
	expect("called panic() in ksys_read+0x8/");
	log_line_put(s, RING, "---[ end Kernel panic - not syncing: x ]---");
	report_of(s);
	expect_title("kernel panic in ksys_read");
	log_line_put(s, RING, "Kernel panic - not syncing: softlockup: hung");
	report_of(s);
	expect_title("BUG: soft lockup in ksys_read");
}

static void test_found(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0];

	start(s);
	fault_put(s);
	s->fake->guest.has_fault = false;
	report_of(s);
	assert_memory_equal(title, "stopped in ", 11);
	expect("The guest was stopped, and no crash is known");
	/* The oops of the first exception below die(). */
	interrupt_put(s);
	frame_put(s, STACK + 0x700, STACK + 0x900, symbol(s, "panic") + 8);
	frame_put(s, STACK + 0x600, STACK + 0x700, symbol(s, "die") + 8);
	*regs = (struct guest_regs){ .pc = symbol(s, "schedule"),
				     .pstate = EL1 };
	regs->x[29] = STACK + 0x600;
	report_of(s);
	expect("bad-access in vfs_read");
	expect("vfs_read+0x4");
	/* Without ESR, the BRK at the PC tells that this is a BUG(). */
	*(uint32_t *)at(s, symbol(s, "vfs_read") + 4) = 0xd4210000;
	report_of(s);
	expect_title("kernel BUG in vfs_read");
	expect("reached a BUG() in vfs_read+0x4/");
	/* The exception of another function that ends in panic(). */
	frame_put(s, STACK + 0x780, STACK + 0x900,
		  symbol(s, "arm64_serror_panic") + 8);
	frame_put(s, STACK + 0x700, STACK + 0x780, symbol(s, "panic") + 8);
	regs->x[29] = STACK + 0x700;
	report_of(s);
	expect_title("SError in vfs_read");
	expect("crashed in vfs_read+0x4/");
	/* panic() without an oops. The vCPU is in a function that it called. */
	frame_put(s, STACK + 0x700, STACK + 0x1000, symbol(s, "panic") + 8);
	report_of(s);
	expect_title("kernel panic in ksys_read");
	expect("called panic() in ksys_read+0x8/");
	expect("\n  at       ksys_read+0x8/");
	if (has(s, "prb"))
		log_check(s);
	/* A CPU that waits for a lock. */
	if (!has(s, "queued_spin_lock_slowpath"))
		return;
	regs->pc = symbol(s, "queued_spin_lock_slowpath") + 16;
	regs->x[29] = STACK + 0x1000;
	report_of(s);
	expect_title("stopped in ksys_read");
	expect("waits for a spinlock in ksys_read+0x8/");
}

/* A page of code is the last one of all addresses, and there is one at 0. */
static void test_wrap(void **state)
{
	static const uint64_t nop = 0xd503201fd503201fULL;
	struct setup *s = *state;
	ipa_t table = HEAP + 8 * SZ_64K, code = HEAP + 2 * SZ_2M;
	ipa_t roots[] = { TABLES, HEAP + 7 * SZ_64K };

	start(s);
	for (unsigned int i = 0; i < ARRAY_SIZE(roots); i++) {
		unsigned int entry = i ? 0 : 511;

		*ram64(s, roots[i] + 8 * entry) = table | 3;
		*ram64(s, table + 8 * entry) = (table + SZ_4K) | 3;
		*ram64(s, table + SZ_4K + 8 * entry) = code | 0x401;
		table += SZ_64K;
	}
	for (uint64_t i = 0; i < SZ_4K; i += sizeof(nop)) {
		*ram64(s, code + i) = nop;
		*ram64(s, code + SZ_2M - SZ_4K + i) = nop;
	}
	s->fake->regs[0] = (struct guest_regs){ .pc = -20ULL, .pstate = EL1 };
	report_of(s);
	expect("\n  =>   0xffffffffffffffec ");
	expect("\n       0xfffffffffffffffc ");
	assert_null(strstr(text, "\n       0x0000000000000000 "));
}

static void test_no_linux(void **state)
{
	struct setup *s = *state;

	memset(fake_guest_at(s->fake, KERNEL, SZ_4K), 0, SZ_4K);
	report_of(s);
	expect("No Linux kernel was found");
	expect("\nWhat could not be read\n");
	expect("no Linux kernel was found: tasks, modules and the log");
}

/* --- a hostile guest -------------------------------------------------------*/

static void test_hostile(void **state)
{
	static const char evil[] = "<script>alert(\"1\")</script>\033[2J\\";
	struct fake_modules m;
	struct session_report *r;

	if (fake_guest_pieces)
		return;
	fake_modules_create(&m);
	/* A module of such a name is not even listed. */
	fake_modules_put(&m, 3, "<script>&\"'\\%u", 0);
	m.fake->regs[0].pc = FAKE_MODULES_VA + 0x10004;
	m.fake->regs[0].pstate = EL1;
	m.fake->guest.last.kind = GUEST_STOP_REQUESTED;
	strcpy(m.fake->guest.last.text, evil);
	r = make(&m.fake->guest, m.in);
	assert_int_equal(session_report_add(r, "console", "Console", evil,
					    sizeof(evil) - 1),
			 0);
	assert_int_equal(session_report_add(r, "none", "None", NULL, 0), 0);
	json_value(write_as(r, SESSION_REPORT_JSON));
	expect("\"console\": \"<script>alert(\\\"1\\\")</script>?[2J\\\\\"");
	expect("\"value\": \"<script>alert(\\\"1\\\")</script>?[2J\\\\\"");
	write_as(r, SESSION_REPORT_HTML);
	assert_null(strstr(text, "<script"));
	assert_null(strchr(text, '\033'));
	expect("<td>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;?[2J");
	expect("<pre>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;?[2J");
	write_as(r, SESSION_REPORT_TEXT);
	assert_null(strchr(text, '\033'));
	for (unsigned int i = 0; i < DOC_MAX_TABLES; i++)
		session_report_add(r, "more", "More", "x\r\ny\n", 5);
	assert_int_equal(session_report_add(r, "more", "More", "x", 1),
			 -ENOSPC);
	session_report_destroy(r);
	session_report_destroy(NULL);
	fake_modules_destroy(&m);
}

/* Data that does not exist: a CPU that is off, and no blocked task. */
static void test_json(void **state)
{
	struct setup *s = *state;
	struct session_report *r;

	start(s);
	fault_put(s);
	stop_at(s, "die", STRING, 0, ESR_READ);
	r = make(&s->fake->guest, s->in);
	expect("{\"cpu\": 0, \"pid\": 77, \"comm\": \"cra<sh\", ");
	expect("{\"cpu\": 1, \"pid\": null, \"comm\": \"\", "
	       "\"state\": \"off\", \"at\": \"\"}");
	assert_null(strstr(text, "\"blocked\""));
	expect("\"unread\": [");
	session_report_destroy(r);
}

static void test_html(void **state)
{
	struct setup *s = *state;
	struct session_report *r;

	start(s);
	fault_put(s);
	stop_at(s, "die", STRING, 0, ESR_READ);
	s->fake->sysregs[0][GUEST_ESR_EL1] = ESR_READ;
	r = make(&s->fake->guest, s->in);
	write_as(r, SESSION_REPORT_HTML);
	expect("<p>cra&lt;sh (pid 77) on CPU 0 read 8 bytes");
	expect(" class=\"mark\">");
	expect("<svg ");
	/* A register that leads to its memory. */
	expect("<tr id=\"0xffffb00080050000\">");
	expect("<a href=\"#0xffffb00080050000\">0xffffb00080050000</a>");
	session_report_destroy(r);
}

/* clang-format off */
#define T(x) { #x, x }
static const struct running_test tests[] = {
	T(test_null), T(test_kinds), T(test_signature), T(test_trace),
	T(test_panic), T(test_hung), T(test_others), T(test_found),
	T(test_wrap), T(test_no_linux), T(test_hostile), T(test_html),
	T(test_json),
};
/* clang-format on */

int main(void)
{
	int failed = running_tests(tests, ARRAY_SIZE(tests));

	free(text);
	return failed;
}
