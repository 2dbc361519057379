// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_session.c - a session over a guest that is no live VM
 *
 * The guest has two pages of memory whose order in RAM is not that of their
 * virtual addresses. The session sees the guest as it would see a dump.
 */
#include "fake_guest.h"
#include "session/record.h"
#include "session/state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAM      0x40000000ULL
#define RAM_SIZE SZ_1M
#define TABLES   (RAM + SZ_64K)
#define VA       0xffff800000000000ULL /* two pages */
#define FIRST    (RAM + 3 * SZ_4K) /* the page at VA */
#define SECOND   (RAM + SZ_4K) /* the page after it */

struct setup {
	struct fake_guest *fake;
	struct guest *g;
	struct introspect *in;
	struct session *session;
	struct gdbstub_target *t;
	unsigned int nr_status;
	char *text; /* of the last command */
};

static void status(void *opaque, FILE *out)
{
	struct setup *s = opaque;

	s->nr_status++;
	fprintf(out, "more\n");
}

static int console_add(struct session *s, struct session_report *r)
{
	return session_report_add(r, "console", "Console", "last words\n", 11);
}

static const struct session_owner dump = { .status = status,
					   .report = console_add };

static void tables_put(struct setup *s)
{
	static const struct {
		ipa_t at;
		uint64_t desc;
	} descs[] = {
		{ TABLES + 256 * 8, (TABLES + SZ_4K) | 3 },
		{ TABLES + SZ_4K, (TABLES + 2 * SZ_4K) | 3 },
		{ TABLES + 2 * SZ_4K, (TABLES + 3 * SZ_4K) | 3 },
		{ TABLES + 3 * SZ_4K, FIRST | 0x403 },
		{ TABLES + 3 * SZ_4K + 8, SECOND | 0x403 },
	};
	uint64_t *r = s->fake->sysregs[0];

	for (unsigned int i = 0; i < ARRAY_SIZE(descs); i++)
		fake_guest_load(s->fake, descs[i].at, &descs[i].desc, 8);
	r[GUEST_SCTLR_EL1] = 1;
	r[GUEST_TCR_EL1] = 16ULL << 16 | 16ULL | 2ULL << 30 | 5ULL << 32;
	r[GUEST_TTBR0_EL1] = RAM;
	r[GUEST_TTBR1_EL1] = TABLES;
}

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	s->fake = fake_guest_create(2, RAM, RAM_SIZE);
	s->g = &s->fake->guest;
	s->fake->regs[0].pc = 0x1000;
	s->fake->regs[1].pc = 0x2000;
	tables_put(s);
	assert_int_equal(introspect_create(s->g, &s->in), 0);
	assert_int_equal(
		session_create(s->g, s->in, &dump, s, NULL, &s->session), 0);
	s->t = session_target(s->session);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	free(s->text);
	s->text = NULL;
	session_destroy(s->session);
	introspect_destroy(s->in);
	fake_guest_destroy(s->fake);
	free(s);
	return 0;
}

/* --- virtual memory ------------------------------------------------------ */

static void test_memory(void **state)
{
	static const char text[] = "over the end of a page";
	struct setup *s = *state;
	char buf[sizeof(text)] = "";
	size_t size = sizeof(text);

	assert_int_equal(s->t->ops->write(s->t, 0, VA + SZ_4K - 8, text, size),
			 size);
	assert_memory_equal(fake_guest_at(s->fake, FIRST + SZ_4K - 8, 8), text,
			    8);
	assert_memory_equal(fake_guest_at(s->fake, SECOND, 8), text + 8, 8);
	assert_int_equal(s->t->ops->read(s->t, 0, VA + SZ_4K - 8, buf, size),
			 size);
	assert_string_equal(buf, text);
	/*
	 * A read is cut at the end of the mapped memory, and fails beyond it.
	 */
	assert_int_equal(s->t->ops->read(s->t, 0, VA + 2 * SZ_4K - 4, buf, 8),
			 4);
	assert_int_equal(s->t->ops->read(s->t, 0, VA + 2 * SZ_4K, buf, 8),
			 -EFAULT);
	assert_int_equal(s->t->ops->read(s->t, 2, VA, buf, 8), -EINVAL);
	s->fake->running = true;
	assert_int_equal(s->t->ops->read(s->t, 0, VA, buf, 8), -EBUSY);
}

/* A vCPU without tables uses those of another one. */
static void test_off(void **state)
{
	struct setup *s = *state;
	uint8_t buf[4];

	assert_int_equal(s->t->ops->read(s->t, 1, VA, buf, 4), -EFAULT);
	s->fake->offline[1] = true;
	assert_int_equal(s->t->ops->state(s->t, 1), GDBSTUB_OFF);
	assert_int_equal(s->t->ops->read(s->t, 1, VA, buf, 4), 4);
}

/* --- the fault view ------------------------------------------------------ */

static va_t pc_of(struct setup *s, unsigned int vcpu)
{
	struct guest_regs regs;

	assert_int_equal(s->t->ops->regs_get(s->t, vcpu, GUEST_REG_PC, &regs),
			 0);
	return regs.pc;
}

static const char *run(struct setup *s, const char *line, int expected)
{
	size_t size;
	FILE *out;

	free(s->text);
	s->text = NULL;
	out = open_memstream(&s->text, &size);
	assert_int_equal(session_run(s->session, line, out), expected);
	fclose(out);
	return s->text;
}

static void test_fault(void **state)
{
	struct guest_fpregs fp = { 0 };
	struct guest_regs regs = { 0 };
	struct setup *s = *state;

	assert_string_equal(run(s, "context", 0), "real\n");
	run(s, "context fault", -ENOENT);
	s->g->last = (struct guest_stop){ .kind = GUEST_STOP_CRASH,
					  .vcpu = 1,
					  .text = "Oops" };
	s->g->has_fault = true;
	s->g->fault.pc = 0x3000;
	session_stopped(s->session);
	assert_string_equal(run(s, "context", 0), "fault\n");
	assert_int_equal(pc_of(s, 0), 0x1000);
	assert_int_equal(pc_of(s, 1), 0x3000);
	assert_int_equal(s->t->ops->regs_set(s->t, 1, &regs), -EROFS);
	assert_int_equal(s->t->ops->fpregs_set(s->t, 1, &fp), -EROFS);
	assert_int_equal(s->t->ops->regs_set(s->t, 0, &regs), 0);
	run(s, "context real", 0);
	assert_int_equal(pc_of(s, 1), 0x2000);
	assert_int_equal(s->t->ops->regs_set(s->t, 1, &regs), 0);
	/* The line of the stop gets the instruction, if it can be read. */
	assert_string_equal(s->g->last.text, "Oops");
	memcpy(fake_guest_at(s->fake, FIRST, 4), "\x20\x04\x40\xf9", 4);
	s->g->last.vcpu = 0;
	s->g->fault.pc = VA;
	session_stopped(s->session);
	assert_string_equal(s->g->last.text, "Oops: ldr x0, [x1, #8]");
	s->g->last.vcpu = 1;
	s->g->fault.pc = 0x3000;
	/* The next crash is shown with its own faulting registers. */
	session_stopped(s->session);
	assert_int_equal(pc_of(s, 1), 0x3000);
	s->g->has_fault = false;
	assert_int_equal(pc_of(s, 1), 0);
}

/* --- commands ------------------------------------------------------------ */

static int echo(struct session *session, const char *args, FILE *out)
{
	struct setup *s = session_opaque(session);

	fprintf(out, "%u [%s]", s->nr_status, args);
	return -EDOM;
}

static const struct session_command rows[] = {
	{ "echo", "TEXT", "say it", SESSION_ANY, echo },
	{ "live", "", "for live guests", SESSION_LIVE, echo },
	{ "linux", "", "for kernels", SESSION_LINUX, echo },
};

static void test_table(void **state)
{
	struct setup *s = *state;
	unsigned int nr = 0;
	const char *help;

	while (session_command(s->session, nr))
		nr++;
	assert_int_equal(
		session_commands_add(s->session, rows, ARRAY_SIZE(rows)), 0);
	assert_string_equal(session_command(s->session, nr)->name, "echo");
	assert_null(session_command(s->session, nr + ARRAY_SIZE(rows)));
	assert_string_equal(run(s, " echo  a b \n", -EDOM), "0 [a b]");
	help = run(s, "help", 0);
	assert_non_null(strstr(help, "help"));
	assert_non_null(strstr(help, "echo TEXT "));
	/* Only what this guest can serve. */
	assert_non_null(strstr(help, "linux "));
	assert_null(strstr(help, "live "));
	assert_null(strstr(help, "poweroff"));
	assert_non_null(
		strstr(run(s, "echoes", -ENOENT), "no command \"echoes\""));
	/* A command that needs another kind of guest is refused. */
	assert_non_null(strstr(run(s, "live", -ENOTSUP), "this is a dump"));
	assert_non_null(strstr(run(s, "poweroff", -ENOTSUP), "a dump"));
	assert_non_null(strstr(run(s, "linux", -ENOENT), "no Linux kernel"));
	for (unsigned int i = 2; i < SESSION_MAX_TABLES; i++)
		session_commands_add(s->session, rows, 1);
	assert_int_equal(session_commands_add(s->session, rows, 1), -ENOSPC);
}

static void test_own(void **state)
{
	struct setup *s = *state;

	fake_guest_add_ram(s->fake, 0x80000000, SZ_1M);
	assert_string_equal(run(s, "status", 0),
			    "not started, CPU 0\n"
			    "2 CPUs, 2 MiB of RAM at 0x40000000\nmore\n");
	assert_int_equal(s->nr_status, 1);
	assert_string_equal(run(s, "walk 0xffff800000001008", 0),
			    "0xffff800000001008 -> IPA 0x40001008, level 3, "
			    "0x1000 bytes, read-write, EL1 may execute, "
			    "descriptor 0x0000000040001403\n");
	assert_non_null(
		strstr(run(s, "where", 0), "CPU 1: EL0 0x0000000000002000\n"));
	assert_non_null(strstr(run(s, "regs 0", 0),
			       "TTBR1_EL1        0x0000000040010000 "
			       "BADDR=0x20008000\n"));
	run(s, "regs 2", -EINVAL);
	run(s, "sym no_such_thing", -EINVAL);
	run(s, "kernel", -ENOENT);
	run(s, "modules", -ENOENT);
	assert_string_equal(run(s, "help walk", 0),
			    "walk NAME|ADDRESS\n"
			    "    translate an address (stage 1)\n");
	assert_non_null(
		strstr(run(s, "help bt", 0), "example: monitor bt cpu 1\n"));
	run(s, "help nothing", -ENOENT);
}

static void test_report(void **state)
{
	struct setup *s = *state;

	assert_non_null(strstr(run(s, "report", 0), "\nConsole\n  last words"));
	assert_non_null(strstr(run(s, "report --json", 0),
			       "\"schema\": \"trapline-report\""));
	assert_non_null(strstr(run(s, "report --html", 0), "<!DOCTYPE html>"));
	run(s, "report --html --json", -EINVAL);
	run(s, "report x", -EINVAL);
}

/* The walk of an address, as a table and as JSON. */
static void test_vtop(void **state)
{
	struct setup *s = *state;

	assert_string_equal(
		run(s, "vtop 0xffff800000001008", 0),
		"0xffff800000001008: TTBR1_EL1 0x40010000\n"
		"level at IPA             descriptor         meaning\n"
		"    0 0x0000000040010800 0x0000000040011003 table\n"
		"    1 0x0000000040011000 0x0000000040012003 table\n"
		"    2 0x0000000040012000 0x0000000040013003 table\n"
		"    3 0x0000000040013008 0x0000000040001403 page: "
		"Device-nGnRnE, Non-shareable, writable, AF, global, "
		"EL1 may execute, EL0 may execute\n"
		"0xffff800000001008 -> IPA 0x40001008, 0x1000 bytes\n");
	assert_non_null(
		strstr(run(s, "vtop --json 0xffff800000002000", -EFAULT),
		       "\"meaning\": \"not valid\"}\n], \"notes\": "
		       "[\"0xffff800000002000 is not mapped\"]}\n"));
	/* No word "--json" of its own. */
	run(s, "vtop x--json", -EINVAL);
	run(s, "vtop --jsonx", -EINVAL);
	/* Without the MMU there is nothing to walk. */
	s->fake->sysregs[0][GUEST_SCTLR_EL1] = 0;
	assert_non_null(strstr(run(s, "vtop 0x1000", 0), "outside RAM, MMU"));
}

/* The instructions of VA, of which the vCPU executes the third. */
static void test_disas(void **state)
{
	static const uint32_t code[] = { 0xa9bf7bfd, 0x94000002, 0xf9400420,
					 0xffffffff };
	struct setup *s = *state;

	memcpy(fake_guest_at(s->fake, FIRST, sizeof(code)), code, sizeof(code));
	s->fake->regs[0].pc = VA + 8;
	assert_string_equal(
		run(s, "disas 0xffff800000000000 4", 0),
		"   0xffff800000000000: stp x29, x30, [sp, #-0x10]!\n"
		"   0xffff800000000004: bl #0xffff80000000000c\n"
		"=> 0xffff800000000008: ldr x0, [x1, #8]\n"
		"   0xffff80000000000c: .inst 0xffffffff\n");
	/* Without an address: around the PC, but not from another page. */
	assert_int_equal(
		strncmp(run(s, "disas", 0), "   0xffff800000000000: s", 24), 0);
	assert_non_null(strstr(s->text, "\n=> 0xffff800000000008: "));
	assert_non_null(strstr(run(s, "disas 0xffff800000001ffc 2", -EFAULT),
			       "0xffff800000002000: not mapped\n"));
	assert_non_null(strstr(run(s, "disas 0xffff800000000002", -EINVAL),
			       "multiple of 4"));
	run(s, "disas 0xffff800000000000 0", -EINVAL);
	run(s, "disas 0xffff800000000000 many", -EINVAL);
	run(s, "disas no_such_thing", -EINVAL);
	s->fake->regs[0].pstate |= PSTATE_nRW;
	run(s, "disas", -ENOTSUP);
	s->fake->running = true;
	run(s, "disas", -EBUSY);
}

/* In the physical mode the debugger's addresses are IPAs. */
static void test_phys(void **state)
{
	struct setup *s = *state;
	uint8_t buf[4] = { 0 };

	assert_false(s->t->ops->phys_get(s->t));
	assert_int_equal(s->t->ops->read(s->t, 0, FIRST, buf, 4), -EFAULT);
	assert_non_null(strstr(run(s, "phys on", 0), "physical"));
	assert_true(s->t->ops->phys_get(s->t));
	assert_int_equal(s->t->ops->write(s->t, 0, FIRST, "abcd", 4), 4);
	assert_int_equal(s->t->ops->read(s->t, 0, FIRST, buf, 4), 4);
	assert_memory_equal(buf, "abcd", 4);
	/* No RAM there: no device is read. */
	assert_int_equal(s->t->ops->read(s->t, 0, 0x09000000, buf, 4), -EFAULT);
	assert_int_equal(s->t->ops->read(s->t, 0, VA, buf, 4), -EFAULT);
	s->t->ops->phys_set(s->t, false);
	assert_int_equal(s->t->ops->read(s->t, 0, VA, buf, 4), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_non_null(strstr(run(s, "phys", 0), "virtual"));
	run(s, "phys maybe", -EINVAL);
}

/* QEMU's monitor, as gef, pwndbg and scripts read it. */
static void test_qemu(void **state)
{
	static const uint8_t bytes[] = { 0x41, 0xff, 0, 0x80, 1, 0, 0, 0, 2, 9 };
	struct setup *s = *state;

	memcpy(fake_guest_at(s->fake, FIRST, sizeof(bytes)), bytes,
	       sizeof(bytes));
	assert_string_equal(run(s, "xp/10xb 0x40003000", 0),
			    "0000000040003000: 0x41 0xff 0x00 0x80 0x01 0x00 "
			    "0x00 0x00\n0000000040003008: 0x02 0x09\n");
	assert_string_equal(run(s, "xp/gx 0x40003000", 0),
			    "0000000040003000: 0x000000018000ff41\n");
	assert_string_equal(run(s, "xp /2wd 0x40003000", 0),
			    "0000000040003000: -2147418303          1\n");
	assert_string_equal(run(s, "xp 0x40003004", 0),
			    "0000000040003004: 0x00000001\n");
	assert_string_equal(run(s, "xp/2c 0x40003000", 0),
			    "0000000040003000: 'A' '.'\n");
	assert_string_equal(run(s, "xp/ob 0x40003001", 0),
			    "0000000040003001: 0377\n");
	assert_string_equal(run(s, "xp/hu 0x40003000", 0),
			    "0000000040003000: 65345\n");
	assert_string_equal(run(s, "xp/x 0x1000", -EFAULT),
			    "0000000000001000: Cannot access memory\n");
	run(s, "xp/99999999999999999999x 0x40003000", -EMSGSIZE);
	run(s, "xp/2s 0x40003000", -EINVAL);
	run(s, "xp", -EINVAL);
	assert_string_equal(run(s, "gva2gpa 0xffff800000001008", 0),
			    "gpa: 0x40001008\n");
	assert_string_equal(run(s, "gva2gpa 0xffff900000001008", 0),
			    "Unmapped\n");
	assert_non_null(strstr(run(s, "info mtree -f", 0),
			       "\n  0000000040000000-00000000400fffff (prio 0, "
			       "ram): "));
	assert_non_null(strstr(run(s, "info registers", 0),
			       "\nCPU#0\n PC=0000000000001000 X00="));
	assert_string_equal(run(s, "info cpus", 0),
			    "* CPU #0: thread_id=1\n  CPU #1: thread_id=2\n");
	assert_string_equal(run(s, "info mem", 0), "PG disabled\n");
	run(s, "info", -EINVAL);
	run(s, "info memory", -EINVAL);
}

/* Write a register of vCPU 0; returns the text of a refusal, or "". */
static const char *set(struct setup *s, enum guest_sysreg reg, uint64_t value)
{
	uint64_t before = s->fake->sysregs[0][reg];
	const char *why = "";
	int err = s->t->ops->sysreg_set(s->t, 0, reg, value, &why);

	assert_int_equal(!err, !*why);
	assert_int_equal(s->fake->sysregs[0][reg], err ? before : value);
	return why;
}

/* A value with which the guest could not go on is refused. */
static void test_sysreg(void **state)
{
	struct setup *s = *state;
	uint64_t *r = s->fake->sysregs[0];
	uint64_t tcr = r[GUEST_TCR_EL1];

	s->fake->regs[0].pc = VA + 4;
	s->fake->regs[0].sp = VA + SZ_4K;
	s->fake->regs[0].pstate = PSTATE_DAIF | 5;
	assert_string_equal(set(s, GUEST_ESR_EL1, 7), "");
	assert_string_equal(set(s, GUEST_TTBR0_EL1, 0x1000), "");
	assert_string_equal(set(s, GUEST_TTBR1_EL1, TABLES | 1ULL << 48), "");
	assert_non_null(
		strstr(set(s, GUEST_TTBR1_EL1, RAM),
		       "the instruction at the PC (0xffff800000000004"));
	assert_non_null(strstr(set(s, GUEST_SCTLR_EL1, 0), "the PC"));
	assert_non_null(
		strstr(set(s, GUEST_SCTLR_EL1, 1 | 1ULL << 25), "byte order"));
	assert_non_null(strstr(set(s, GUEST_TCR_EL1, tcr | 63 << 16), "CPU 0"));
	assert_string_equal(set(s, GUEST_SCTLR_EL1, 5), "");
	assert_string_equal(set(s, GUEST_VBAR_EL1, VA + 0x800), "");
	assert_non_null(strstr(set(s, GUEST_VBAR_EL1, VA + 8), "2048"));
	assert_non_null(strstr(set(s, GUEST_VBAR_EL1, VA + 8 * SZ_4K),
			       "cannot execute vectors"));
	assert_string_equal(set(s, GUEST_MAIR_EL1, 0xff00), "");
	assert_non_null(strstr(set(s, GUEST_MAIR_EL1, 0xff44), "Attr0"));
	s->fake->read_only_view = true;
	assert_non_null(strstr(set(s, GUEST_ESR_EL1, 0), "a dump"));
	s->fake->read_only_view = false;
	s->fake->running = true;
	assert_int_equal(s->t->ops->sysreg_set(s->t, 0, GUEST_ESR_EL1, 0,
					       &(const char *){ "" }),
			 -EBUSY);
}

static int cmd_rows(struct session *s, const char *args, FILE *out)
{
	struct record r;

	record_begin(&r, s, out);
	for (unsigned int i = 0; i < 300000; i++) {
		record_number(&r, "n", 1, i);
		record_row(&r);
	}
	record_end(&r);
	return 0;
}

/* A hostile guest can make a command find any number of rows. */
static void test_rows(void **state)
{
	static const struct session_command more[] = {
		{ "rows", "[--json]", "many rows", SESSION_ANY, cmd_rows },
	};
	struct setup *s = *state;
	const char *text;

	assert_int_equal(session_commands_add(s->session, more, 1), 0);
	text = run(s, "rows", 0);
	assert_null(strstr(text, "299999"));
	assert_non_null(strstr(text, "there are more rows\n"));
	text = run(s, "rows --json", 0);
	assert_null(strstr(text, "299999"));
	assert_non_null(strstr(text, "}\n], \"notes\": [\"there are more"));
}

int main(void)
{
	/* clang-format off */
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
	/* clang-format on */
	const struct CMUnitTest tests[] = {
		T(test_memory), T(test_off),  T(test_fault), T(test_table),
		T(test_own),    T(test_vtop), T(test_disas), T(test_rows),
		T(test_report), T(test_phys), T(test_qemu),  T(test_sysreg),
	};

	return fake_guest_run_tests(tests);
}
