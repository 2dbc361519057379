// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake_linux.c - see fake_linux.h
 */
#include "fake_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "session/state.h"

#define PERCPU_HEAP (HEAP_VA + 4 * SZ_1M)
#define PERCPU_SIZE SZ_1M

char *linux_text;

static const struct session_owner owner;

const char *run(struct setup *s, const char *line, int expected)
{
	struct session *session;
	size_t size;
	FILE *out;
	int err;

	free(linux_text);
	out = open_memstream(&linux_text, &size);
	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, NULL,
					NULL, &session),
			 0);
	err = session_run(session, line, out);
	session_destroy(session);
	fclose(out);
	if (err != expected)
		fail_msg("%s: %d: %s", line, err, linux_text);
	return linux_text;
}

const char *report_make(struct setup *s)
{
	struct session_report *r;
	struct session *session;
	size_t size;
	FILE *out;

	free(linux_text);
	out = open_memstream(&linux_text, &size);
	assert_int_equal(session_create(&s->fake->guest, s->in, &owner, NULL,
					NULL, &session),
			 0);
	assert_int_equal(session_report_create(session, &r), 0);
	assert_int_equal(session_report_write(r, SESSION_REPORT_JSON, out), 0);
	session_report_destroy(r);
	session_destroy(session);
	fclose(out);
	return linux_text;
}

void expect(const char *in, const char *what)
{
	if (!strstr(in, what))
		fail_msg("no '%s' in: %s", what, in);
}

uint64_t *at(struct setup *s, va_t va)
{
	return va >= HEAP_VA ? heap(s, va) : ram64(s, va - TEXT + KERNEL);
}

void put32(struct setup *s, va_t va, uint32_t value)
{
	memcpy(at(s, va), &value, sizeof(value));
}

va_t symbol(struct setup *s, const char *name)
{
	va_t va = 0;

	introspect_symbol_by_name(s->in, name, &va);
	return va;
}

va_t field(struct setup *s, va_t object, const char *type, const char *path)
{
	uint32_t offset;

	if (introspect_offset(s->in, type, path, &offset))
		fail_msg("no %s.%s", type, path);
	return object + offset;
}

void start(struct setup *s)
{
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
}

static void task_put(struct setup *s, va_t task, va_t parent, const char *comm,
		     uint32_t pid, uint32_t tgid)
{
	strcpy((char *)at(s, member(s, task, "task_struct.comm")), comm);
	put32(s, member(s, task, "task_struct.pid"), pid);
	put32(s, member(s, task, "task_struct.tgid"), tgid);
	put32(s, member(s, task, "task_struct.__state"), pid ? 2 : 0);
	*at(s, member(s, task, "task_struct.real_parent")) = parent;
	*at(s, member(s, task, "task_struct.stack")) = STACK;
	*at(s, member(s, task, "task_struct.signal")) = SIGNALS;
	*at(s, member(s, task, "task_struct.thread.cpu_context.pc")) =
		symbol(s, "schedule") + 4;
}

va_t tasks_put(struct setup *s)
{
	va_t init = symbol(s, "init_task"), a, b, threads, node;

	if (!init)
		init = HEAP_VA;
	task_put(s, init, init, "swapper/0", 0, 0);
	task_put(s, SECOND, init, "in\033it", 1, 1);
	task_put(s, THREAD, init, "worker", 9, 1);
	a = member(s, init, "task_struct.tasks");
	b = member(s, SECOND, "task_struct.tasks");
	*at(s, a) = b;
	*at(s, b) = a;
	threads = member(s, SIGNALS, "signal_struct.thread_head");
	node = member(s, SECOND, "task_struct.thread_node");
	*at(s, threads) = node;
	*at(s, node) = member(s, THREAD, "task_struct.thread_node");
	*at(s, member(s, THREAD, "task_struct.thread_node")) = threads;
	s->fake->sysregs[0][GUEST_SP_EL0] = THREAD;
	return init;
}

void percpu_put(struct setup *s, unsigned int nr)
{
	va_t offsets = symbol(s, "__per_cpu_offset");
	struct introspect_object o;

	assert_true(offsets && symbol(s, "nr_cpu_ids"));
	put32(s, symbol(s, "nr_cpu_ids"), nr);
	*at(s, offsets) = 0;
	assert_int_equal(introspect_percpu(s->in, "runqueues", 0, &o), 0);
	for (unsigned int i = 0; i < nr; i++)
		*at(s, offsets + i * 8) =
			PERCPU_HEAP + i * PERCPU_SIZE -
			ALIGN_DOWN(o.va - PERCPU_SIZE / 2, SZ_4K);
}

va_t percpu(struct setup *s, const char *name, unsigned int cpu,
	    const char *path)
{
	struct introspect_object o;

	assert_int_equal(introspect_percpu(s->in, name, cpu, &o), 0);
	assert_int_equal(introspect_object_member(s->in, path, &o), 0);
	return o.va;
}

int linux_tests(const struct running_test *tests, size_t nr)
{
	int failed = running_tests(tests, nr);

	free(linux_text);
	return failed;
}

void set(struct setup *s, va_t object, const char *type, const char *path,
	 uint64_t value)
{
	*at(s, field(s, object, type, path)) = value;
}

void set32(struct setup *s, va_t object, const char *type, const char *path,
	   uint32_t value)
{
	put32(s, field(s, object, type, path), value);
}

bool has(struct setup *s, const char *type, const char *path)
{
	uint32_t offset;

	return !introspect_offset(s->in, type, path, &offset);
}
