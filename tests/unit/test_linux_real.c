// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_linux_real.c - tasks, stacks, the log and types of Debian's own kernels
 *
 * The test builds the kernel's objects in guest memory, with the layouts that
 * kernel_truth.py has from bpftool, and reads them with the session's commands.
 * No number below belongs to one kernel (fake_running.h).
 */
#include "fake_linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "session/record.h"

#define RING      (HEAP_VA + 6 * SZ_64K)
#define DESCS     (HEAP_VA + 7 * SZ_64K)
#define INFOS     (HEAP_VA + 8 * SZ_64K)
#define TEXTS     (HEAP_VA + 9 * SZ_64K)
#define LINE      (HEAP_VA + 10 * SZ_64K)
#define EL1       5 /* PSTATE: EL1h */
#define TEXT_SIZE 256 /* of the log's ring */

/* --- types ------------------------------------------------------------------- */

static void test_types(void **state)
{
	static const char *const names[] = {
		"task_struct.comm",
		"task_struct.thread.cpu_context.pc",
		"task_struct.se.sum_exec_runtime",
		"printk_ringbuffer.text_data_ring.data",
		"module.kallsyms",
	};
	struct setup *s = *state;
	struct introspect_object o;
	char name[64], *path;
	uint64_t value;
	uint32_t offset;

	start(s);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		strcpy(name, names[i]);
		path = strchr(name, '.');
		*path++ = '\0';
		if (introspect_offset(s->in, name, path, &offset))
			fail_msg("no %s", names[i]);
		assert_int_equal(offset, truth_number(s->t, names[i]));
	}
	assert_int_equal(introspect_offset(s->in, "nothing", "x", &offset),
			 -ENOENT);
	assert_int_equal(introspect_object(s->in, "struct task_struct", HEAP_VA,
					   "", &o),
			 0);
	assert_int_equal(o.size, truth_number(s->t, "sizeof.task_struct"));
	/* A number with a sign, through a pointer. */
	*at(s, member(s, HEAP_VA, "task_struct.real_parent")) = SECOND;
	put32(s, member(s, SECOND, "task_struct.pid"), -7U);
	assert_int_equal(introspect_get(s->in, "task_struct", HEAP_VA,
					"real_parent->pid", &value),
			 0);
	assert_true(value == -7ULL);
	assert_int_equal(introspect_get(s->in, "pid_t", HEAP_VA, ".x", &value),
			 -ENOENT);
	assert_int_equal(introspect_get(s->in, "task_struct", HEAP_VA,
					"comm[16]", &value),
			 -ERANGE);
	assert_int_equal(introspect_get(s->in, "task_struct", HEAP_VA, "comm[x",
					&value),
			 -EINVAL);
	assert_int_equal(introspect_get(s->in, "task_struct", HEAP_VA, "comm",
					&value),
			 -EINVAL);
	assert_int_equal(introspect_get(s->in, "task_struct", NOWHERE, "pid",
					&value),
			 -EFAULT);
}

static void test_print(void **state)
{
	struct setup *s = *state;
	char line[128];

	start(s);
	*at(s, HEAP_VA) = HEAP_VA;
	*at(s, HEAP_VA + 8) = symbol(s, "panic");
	snprintf(line, sizeof(line), "print list_head 0x%llx", HEAP_VA);
	expect(run(s, line, 0), "{\n  .next = 0x");
	expect(linux_text, "<panic+0x0>\n}\n");
	strcat(line, ".prev --json");
	expect(run(s, line, 0), "\"0xffffb000");
	strcpy((char *)at(s, member(s, SECOND, "task_struct.comm")), "a\"b");
	put32(s, member(s, SECOND, "task_struct.pid"), -7U);
	put32(s, member(s, SECOND, "task_struct.flags"), 1);
	snprintf(line, sizeof(line), "print struct task_struct 0x%llx", SECOND);
	expect(run(s, line, 0), ".comm = \"a\\\"b\"");
	expect(linux_text, ".pid = -7,");
	strcat(line, " --json");
	expect(run(s, line, 0), "\"comm\": \"a\\\"b\"");
	snprintf(line, sizeof(line), "print task_struct 0x%llx.comm[1]",
		 SECOND);
	assert_string_equal(run(s, line, 0), "34\n");
	if (symbol(s, "jiffies_64"))
		run(s, "print jiffies_64", 0);
	run(s, "print", -EINVAL);
	run(s, "print task_struct nowhere", -EINVAL);
	expect(run(s, "print no_such 0xffff900000000000", -ENOENT),
	       "no such type");
	expect(run(s, "print int 0xffff900000000000", -EFAULT), "cannot be");
	expect(run(s, "print panic", -ENOENT), "is not known");
	*at(s, HEAP_VA) = HEAP_VA + 16;
	*at(s, HEAP_VA + 16) = HEAP_VA;
	snprintf(line, sizeof(line), "list list_head.prev 0x%llx", HEAP_VA);
	assert_string_equal(run(s, line, 0), "object\n0xffffb00080000008\n");
	*at(s, HEAP_VA + 16) = HEAP_VA + 16;
	snprintf(line, sizeof(line), "list list_head.next 0x%llx", HEAP_VA);
	expect(run(s, line, -ELOOP), "does not come back");
	*at(s, HEAP_VA + 16) = NOWHERE;
	expect(run(s, line, -EFAULT), "after 2 nodes: a node cannot be read");
	run(s, "list list_head", -EINVAL);
	run(s, "list list_head.none 0xffff900000000000", -ENOENT);
}

/* The output of a command says that the limit was reached. */
static void limit_note(struct setup *s)
{
	static const struct session_owner owner = { .live = false };
	struct session *session;
	struct record r;
	char text[128] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, s, NULL,
					&session),
			 0);
	record_begin(&r, session, out);
	record_end(&r);
	fclose(out);
	session_destroy(session);
	assert_string_equal(text, "not everything was read: a command reads "
				  "kernel memory at most 1 times\n");
}

static void test_limit(void **state)
{
	struct setup *s = *state;
	uint64_t word;

	start(s);
	introspect_limit_reads(s->in, 1);
	assert_int_equal(introspect_read(s->in, HEAP_VA, &word, 8), 0);
	assert_int_equal(introspect_limit_reached(s->in), 0);
	assert_int_equal(introspect_read(s->in, HEAP_VA, &word, 8), -EFAULT);
	assert_int_equal(introspect_limit_reached(s->in), 1);
	limit_note(s);
	introspect_limit_reads(s->in, 0);
	assert_int_equal(introspect_limit_reached(s->in), 0);
	assert_int_equal(introspect_read(s->in, HEAP_VA, &word, 8), 0);
}

/* --- tasks ------------------------------------------------------------------- */

static void test_ps(void **state)
{
	struct setup *s = *state;
	struct introspect_task *tasks;
	unsigned int nr;
	va_t init;

	start(s);
	init = tasks_put(s);
	*at(s, member(s, SECOND, "task_struct.se.sum_exec_runtime")) = 42000000;
	assert_int_equal(introspect_task_list(s->in, &tasks, &nr), 0);
	assert_int_equal(nr, 3);
	assert_true(tasks[0].va == init && tasks[0].state == 'R');
	assert_string_equal(tasks[1].comm, "in?it");
	assert_true(tasks[1].state == 'D' && tasks[1].ns == 42000000);
	assert_true(tasks[2].pid == 9 && tasks[2].tgid == 1);
	free(tasks);
	expect(run(s, "ps", 0), "in?it");
	expect(run(s, "ps --json", 0), "{\"pid\": 9, \"tgid\": 1, ");
	/*
	 * A list of threads that forms a circle, and a pointer that is not
	 * mapped.
	 */
	*at(s, member(s, THREAD, "task_struct.thread_node")) =
		member(s, THREAD, "task_struct.thread_node");
	expect(run(s, "ps", -ELOOP), "not complete");
	*at(s, member(s, init, "task_struct.tasks")) = NOWHERE;
	expect(run(s, "ps", -EFAULT), "swapper/0");
}

/* --- stacks ------------------------------------------------------------------ */

static void frame_put(struct setup *s, va_t fp, va_t next, va_t pc)
{
	*at(s, fp) = next;
	*at(s, fp + 8) = pc;
}

/* The registers of an exception at va; returns the place of their record. */
static va_t exception_put(struct setup *s, va_t va, va_t fp, va_t pc,
			  uint64_t pstate)
{
	va_t record = member(s, va, "pt_regs.stackframe");
	bool meta = truth_has(s->t, "frame_record_meta.type");

	*at(s, va + 29 * 8) = fp;
	*at(s, va + 32 * 8) = pc;
	*at(s, va + 33 * 8) = pstate;
	if (meta)
		*at(s, member(s, record, "frame_record_meta.type")) =
			pstate & 0xc ? 2 : 1;
	frame_put(s, record, meta || !(pstate & 0xc) ? 0 : fp,
		  meta || !(pstate & 0xc) ? 0 : pc);
	return record;
}

static void test_bt(void **state)
{
	struct setup *s = *state;
	struct guest_regs *regs = &s->fake->regs[0];
	va_t user, irq, pc;

	start(s);
	tasks_put(s);
	/*
	 * A system call, interrupted by an interrupt, which calls a function.
	 */
	user = exception_put(s, STACK + 0x3000, 0, 0x401234, 0);
	pc = symbol(s, "el0t_64_sync");
	assert_true(pc);
	frame_put(s, STACK + 0x2000, user, pc + 8);
	irq = exception_put(s, STACK + 0x1000, STACK + 0x2000,
			    symbol(s, "vfs_read") + 4, EL1);
	frame_put(s, STACK + 0x800, irq, symbol(s, "el1h_64_irq") + 8);
	/* A signed return address. */
	frame_put(s, STACK + 0x400, STACK + 0x800,
		  (symbol(s, "do_exit") + 8) & ~GENMASK_ULL(54, 50));
	*regs = (struct guest_regs){
		.pc = symbol(s, "panic"),
		.pstate = EL1,
	};
	regs->x[29] = STACK + 0x400;
	regs->x[30] = symbol(s, "schedule") + 8;
	expect(run(s, "bt", 0), "CPU 0: pid 9 worker\n");
	expect(linux_text, " panic+0x0/");
	expect(linux_text, "? from LR, may be old  schedule+0x8/");
	expect(linux_text, " do_exit+0x8/");
	expect(linux_text, "interrupted here ");
	expect(linux_text, " vfs_read+0x4/");
	expect(linux_text, "0x0000000000401234 EL0");
	assert_null(strstr(linux_text, "cannot be read"));
	/* A frame pointer that points to its own record. */
	frame_put(s, STACK + 0x400, STACK + 0x400, regs->pc + 8);
	expect(run(s, "bt cpu 0 --json", 0), "form a circle");
	regs->x[29] = NOWHERE;
	expect(run(s, "bt 9", 0), "leads nowhere");
	regs->pstate = 0;
	expect(run(s, "bt", 0), "EL0");
	run(s, "bt cpu 7", -EINVAL);
	expect(run(s, "bt cpu 1", 0), "CPU 1 is off");
	/* A task that sleeps. */
	regs->pstate = EL1;
	*at(s, member(s, SECOND, "task_struct.thread.cpu_context.fp")) =
		STACK + 0x3800;
	expect(run(s, "bt 1", 0), "pid 1 in?it, state D\n");
	expect(linux_text, " schedule+0x4/");
	expect(run(s, "bt blocked", 0), "pid 1 in?it");
	expect(run(s, "bt all", 0), "swapper/0");
	expect(run(s, "bt nothing", -EINVAL), "no task nothing");
}

/* --- tasks as threads ----------------------------------------------------------- */

#define MM  (HEAP_VA + 11 * SZ_64K)
#define PGD (HEAP_VA + 12 * SZ_64K)

static unsigned int index_of(unsigned int pid)
{
	return 9999999 + pid;
}

/* A table for user addresses that maps the page at VA 0 to the page of STACK. */
static void user_put(struct setup *s)
{
	ipa_t ipa = PGD - HEAP_VA + HEAP;

	*at(s, member(s, SECOND, "task_struct.mm")) = MM;
	*at(s, member(s, MM, "mm_struct.pgd")) = PGD;
	for (unsigned int i = 0; i < 3; i++)
		*at(s, PGD + i * SZ_4K) = (ipa + (i + 1) * SZ_4K) | 3;
	*at(s, PGD + 3 * SZ_4K) = (STACK - HEAP_VA + HEAP) | 0x403;
}

static void threads_check(struct setup *s, struct gdbstub_target *t, va_t init)
{
	const unsigned int *list;
	struct guest_fpregs fp;
	struct guest_regs regs;
	uint64_t value;

	/* The third task is on CPU 0. */
	assert_int_equal(t->ops->threads(t, &list), 2);
	assert_int_equal(list[0], index_of(0));
	assert_int_equal(list[1], index_of(1));
	assert_int_equal(t->ops->regs_get(t, list[1], GUEST_REG_ALL, &regs), 0);
	assert_int_equal(regs.x[19], 1919);
	assert_int_equal(regs.x[28], 2828);
	assert_true(regs.x[29] == STACK + 0x3800);
	assert_true(regs.pc == symbol(s, "schedule") + 4);
	assert_int_equal(t->ops->regs_set(t, list[1], &regs), -EROFS);
	assert_int_equal(t->ops->fpregs_get(t, list[1], &fp), -ENOENT);
	assert_int_equal(t->ops->fpregs_set(t, list[1], &fp), -EROFS);
	assert_int_equal(t->ops->sysreg_get(t, list[0], GUEST_SP_EL0, &value),
			 0);
	assert_true(value == init);
	assert_int_equal(t->ops->sysreg_get(t, list[0], GUEST_ESR_EL1, &value),
			 -ENOENT);
	assert_int_equal(t->ops->regs_get(t, index_of(9), GUEST_REG_ALL, &regs),
			 -EINVAL);
}

static void memory_check(struct setup *s, struct gdbstub_target *t)
{
	uint64_t value = 0;

	*at(s, STACK + 0x10) = 0x1234;
	assert_int_equal(t->ops->read(t, index_of(0), STACK + 0x10, &value, 8),
			 8);
	assert_int_equal(value, 0x1234);
	value = 0;
	assert_int_equal(t->ops->read(t, index_of(1), 0x10, &value, 8), 8);
	assert_int_equal(value, 0x1234);
	assert_int_equal(t->ops->read(t, index_of(1), SZ_4K, &value, 8),
			 -EFAULT);
	/* A kernel thread has no user addresses. */
	assert_int_equal(t->ops->read(t, index_of(0), 0x10, &value, 8),
			 -EFAULT);
	assert_int_equal(t->ops->read(t, index_of(9), STACK, &value, 8),
			 -EINVAL);
}

static void thread_put(struct setup *s)
{
	static const struct {
		const char *path;
		uint64_t value;
	} saved[] = {
		{ "thread.cpu_context.x19", 1919 },
		{ "thread.cpu_context.x28", 2828 },
		{ "thread.cpu_context.fp", STACK + 0x3800 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(saved); i++)
		set(s, SECOND, "task_struct", saved[i].path, saved[i].value);
	user_put(s);
}

static void test_threads(void **state)
{
	const struct gdbstub_services *services = &session_services;
	static const struct session_owner owner = { .live = false };
	struct setup *s = *state;
	struct session *session;
	struct gdbstub_target *t;
	FILE *out = fopen("/dev/null", "w");
	const unsigned int *list;
	char text[128];
	va_t init;

	start(s);
	init = tasks_put(s);
	thread_put(s);
	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, s, NULL,
					&session),
			 0);
	t = session_target(session);
	assert_int_equal(t->ops->threads(t, &list), 0);
	assert_int_equal(session_run(session, "threads tasks", out), 0);
	threads_check(s, t, init);
	memory_check(s, t);
	assert_int_equal(services->thread_info(session, index_of(1), text,
					       sizeof(text)),
			 0);
	assert_string_equal(text, "in?it pid 1, state D");
	assert_int_equal(services->thread_info(session, index_of(9), text,
					       sizeof(text)),
			 -EINVAL);
	/* The list is that of the stop: a task with the pid of another one. */
	put32(s, member(s, SECOND, "task_struct.pid"), 0);
	assert_int_equal(t->ops->threads(t, &list), 2);
	session_stopped(session);
	assert_int_equal(t->ops->threads(t, &list), 1);
	/* The task on the CPU is not known: the kernel's mark counts. */
	put32(s, member(s, SECOND, "task_struct.pid"), 1);
	s->fake->offline[0] = true;
	set32(s, SECOND, "task_struct", "on_cpu", 1);
	session_stopped(session);
	assert_int_equal(t->ops->threads(t, &list), 2);
	assert_int_equal(list[1], index_of(9));
	s->fake->running = true;
	assert_int_equal(t->ops->threads(t, &list), 0);
	s->fake->running = false;
	services->attached(session, false);
	assert_int_equal(t->ops->threads(t, &list), 0);
	assert_int_equal(session_run(session, "threads x", out), -EINVAL);
	fclose(out);
	session_destroy(session);
}

/* --- the log and the command line --------------------------------------------- */

struct log_record {
	const char *text;
	uint64_t state;
	uint32_t begin, next;
};

static void log_put(struct setup *s, uint64_t id, const struct log_record *r)
{
	va_t desc = DESCS + (id & 3) * truth_number(s->t, "sizeof.prb_desc");
	va_t info = INFOS + (id & 3) * truth_number(s->t, "sizeof.printk_info");
	uint32_t place = r->begin % TEXT_SIZE;

	if (r->begin / TEXT_SIZE != (r->next - 1) / TEXT_SIZE)
		place = 0;
	*at(s, desc) = id | r->state << 62;
	*at(s, member(s, desc, "prb_desc.text_blk_lpos.begin")) = r->begin;
	*at(s, member(s, desc, "prb_desc.text_blk_lpos.next")) = r->next;
	*at(s, member(s, info, "printk_info.seq")) = id;
	*at(s, member(s, info, "printk_info.ts_nsec")) = id * 1000000;
	*(uint16_t *)at(s, member(s, info, "printk_info.text_len")) =
		(uint16_t)strlen(r->text);
	if (!*r->text)
		return;
	*at(s, TEXTS + place) = id;
	memcpy(at(s, TEXTS + place + 8), r->text, strlen(r->text));
}

static void ring_put(struct setup *s, uint64_t first, uint64_t last)
{
#define RING_SET(field, value) \
	(*at(s, member(s, RING, "printk_ringbuffer." field)) = (value))
	*at(s, symbol(s, "prb")) = RING;
	RING_SET("desc_ring.count_bits", 2);
	RING_SET("desc_ring.descs", DESCS);
	RING_SET("desc_ring.infos", INFOS);
	RING_SET("desc_ring.head_id", last);
	RING_SET("desc_ring.tail_id", first);
	put32(s, member(s, RING, "printk_ringbuffer.text_data_ring.size_bits"),
	      8);
	RING_SET("text_data_ring.data", TEXTS);
}

static void test_dmesg(void **state)
{
	static const struct log_record records[] = {
		{ "first\nsecond\033", 2, 200, 240 },
		{ "wrapped", 1, 240, 272 }, /* starts the ring */
		{ "not yet written", 0, 272, 296 },
		{ "", 2, 1, 1 },
	};
	struct setup *s = *state;

	start(s);
	/* Without the symbol the code is searched, and has no ring yet. */
	if (!symbol(s, "prb")) {
		expect(run(s, "dmesg", -ENOENT), "no log is found");
		return;
	}
	ring_put(s, 2, 5);
	for (unsigned int i = 0; i < ARRAY_SIZE(records); i++)
		log_put(s, 2 + i, &records[i]);
	assert_string_equal(run(s, "dmesg", 0), "[    0.002000] first\n"
						"[    0.002000] second?\n"
						"[    0.003000] wrapped\n"
						"[    0.005000] \n");
	expect(run(s, "dmesg --json", 0), "\"text\": \"first?second?\"}");
	/* The text of another record, and descriptors with wrong positions. */
	*at(s, TEXTS + 200) = 77;
	assert_null(strstr(run(s, "dmesg", 0), "first"));
	RING_SET("text_data_ring.data", NOWHERE);
	expect(run(s, "dmesg", 0), "2 records cannot be read");
	RING_SET("desc_ring.count_bits", 63);
	expect(run(s, "dmesg", -EBADMSG), "no log is found");
}

static void test_cmdline(void **state)
{
	struct setup *s = *state;
	va_t variable;

	run(s, "cmdline", -ENOENT);
	start(s);
	variable = symbol(s, "saved_command_line");
	if (!variable) {
		expect(run(s, "cmdline", -ENOENT), "no command line");
		return;
	}
	*at(s, variable) = LINE;
	strcpy((char *)at(s, LINE), "console=ttyAMA0 quiet");
	expect(run(s, "cmdline", 0), "\nconsole=ttyAMA0 quiet\n");
	*at(s, variable) = NOWHERE;
	expect(run(s, "cmdline", -EFAULT), "no command line");
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_types), T(test_print),
	T(test_limit), T(test_ps), T(test_bt), T(test_threads), T(test_dmesg),
	T(test_cmdline),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
