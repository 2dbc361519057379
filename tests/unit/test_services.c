// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_services.c - the data about Linux that a session gives to the gdb stub
 *
 * The guest is that of fake_modules.h, without a live VM. The test also checks
 * the output of the commands for this guest's kernel and modules.
 */
#include "fake_modules.h"
#include "session/state.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KERNEL   "/trapline/kernel-9.8.7-test"
#define SERVICES (&session_services)

struct setup {
	struct fake_modules m;
	struct session *session;
	bool attached, pending;
	char refused[80];
	char *text; /* of the last document or command */
};

static bool exec_pending(void *opaque)
{
	return ((struct setup *)opaque)->pending;
}

static void attached(void *opaque, bool is_attached)
{
	((struct setup *)opaque)->attached = is_attached;
}

static void refused(void *opaque, const char *line)
{
	struct setup *s = opaque;

	snprintf(s->refused, sizeof(s->refused), "%s", line);
}

static const struct session_owner owner = {
	.exec_pending = exec_pending,
	.attached = attached,
	.refused = refused,
};

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	fake_modules_create(&s->m);
	assert_int_equal(session_create(&s->m.fake->guest, s->m.in, &owner, s,
					"/nonexistent", &s->session),
			 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	free(s->text);
	s->text = NULL;
	session_destroy(s->session);
	fake_modules_destroy(&s->m);
	free(s);
	return 0;
}

static const char *libraries(struct setup *s)
{
	size_t size;
	FILE *out;

	free(s->text);
	s->text = NULL;
	out = open_memstream(&s->text, &size);
	assert_int_equal(SERVICES->libraries(s->session, out), 0);
	fclose(out);
	return s->text;
}

static const char *run(struct setup *s, const char *line, int expected)
{
	size_t size;
	FILE *out;

	free(s->text);
	s->text = NULL;
	out = open_memstream(&s->text, &size);
	assert_int_equal(SERVICES->monitor(s->session, line, out), expected);
	fclose(out);
	return s->text;
}

static void expect_elf(struct setup *s, const char *path)
{
	struct gdbstub_file file;

	assert_int_equal(SERVICES->file_open(s->session, path, &file), 0);
	assert_true(file.size > sizeof(Elf64_Ehdr));
	assert_memory_equal(file.data, ELFMAG, SELFMAG);
	SERVICES->file_close(s->session, &file);
	assert_null(file.data);
}

static void expect_no_file(struct setup *s, const char *path)
{
	struct gdbstub_file file;

	assert_int_equal(SERVICES->file_open(s->session, path, &file), -ENOENT);
}

static void expect_vmcoreinfo(struct setup *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(SERVICES->vmcoreinfo(s->session, out), 0);
	fclose(out);
	assert_memory_equal(text, "OSRELEASE=9.8.7-test\n", 21);
	free(text);
}

static void test_kernel(void **state)
{
	struct setup *s = *state;
	va_t text;

	assert_string_equal(SERVICES->exec_file(s->session), KERNEL);
	assert_int_equal(SERVICES->text_address(s->session, &text), 0);
	assert_true(text == FAKE_MODULES_TEXT);
	expect_elf(s, KERNEL);
	expect_no_file(s, KERNEL "x");
	expect_no_file(s, "/etc/passwd");
	assert_non_null(strstr(run(s, "kernel", 0), "Linux version 9.8.7-test "
						    "(a) #1 SMP\n"));
	assert_non_null(strstr(s->text, "_text 0xffff800008000000\n"));
	expect_vmcoreinfo(s);
}

static void test_no_kernel(void **state)
{
	struct setup *s = *state;
	va_t text;

	memset(fake_modules_at(&s->m, FAKE_MODULES_TEXT), 0, 64);
	introspect_reset(s->m.in);
	assert_null(SERVICES->exec_file(s->session));
	assert_int_equal(SERVICES->text_address(s->session, &text), -ENOENT);
	assert_string_equal(libraries(s), "<library-list>\n</library-list>\n");
	expect_no_file(s, KERNEL);
	expect_no_file(s, "/trapline/modules/m1.ko");
}

static void test_libraries(void **state)
{
	struct setup *s = *state;

	fake_modules_put(&s->m, 2, "m%u", 4);
	assert_string_equal(
		libraries(s),
		"<library-list>\n"
		"<library name=\"/trapline/modules/m0.ko\">"
		"<segment address=\"0xffff800007e00000\"/></library>\n"
		"<library name=\"/trapline/modules/m1.ko\">"
		"<segment address=\"0xffff800007e10000\"/></library>\n"
		"</library-list>\n");
}

static void break_put(struct setup *s, va_t va)
{
	struct fake_guest *fake = s->m.fake;

	fake->breaks[fake->nr_breaks++] =
		(struct fake_break){ GUEST_BREAK_SW, va, 4 };
}

static unsigned int breaks_at(struct setup *s, va_t va)
{
	const struct fake_guest *fake = s->m.fake;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < fake->nr_breaks; i++)
		nr += fake->breaks[i].va == va;
	return nr;
}

/* gdb does not clear its breakpoints in a library that leaves the list. */
static void test_breaks_forgotten(void **state)
{
	struct setup *s = *state;
	const va_t m0 = FAKE_MODULES_VA, m1 = FAKE_MODULES_VA + 0x10000;

	fake_modules_put(&s->m, 2, "m%u", 4);
	libraries(s);
	break_put(s, m0 + 8);
	break_put(s, m1 + 8);
	fake_modules_put(&s->m, 1, "m%u", 4);
	libraries(s);
	assert_int_equal(breaks_at(s, m0 + 8), 1);
	assert_int_equal(breaks_at(s, m1 + 8), 0);
	/* Loaded again before gdb has asked: gdb has forgotten nothing. */
	fake_modules_put(&s->m, 2, "m%u", 4);
	libraries(s);
	break_put(s, m1 + 8);
	fake_modules_put(&s->m, 1, "m%u", 4);
	introspect_modules_refresh(s->m.in);
	fake_modules_put(&s->m, 2, "m%u", 4);
	libraries(s);
	assert_int_equal(breaks_at(s, m1 + 8), 1);
}

/* While a module has its init text, its file has another name. */
static void test_init(void **state)
{
	struct setup *s = *state;
	struct fake_module *m;

	fake_modules_put(&s->m, 1, "m%u", 4);
	m = fake_modules_at(&s->m, FAKE_MODULES_RING);
	m->init_base = m->base + 0x1000;
	m->init_size = 0x1000;
	assert_string_equal(
		libraries(s),
		"<library-list>\n"
		"<library name=\"/trapline/modules/init/m0.ko\">"
		"<segment address=\"0xffff800007e00000\"/></library>\n"
		"</library-list>\n");
	expect_elf(s, "/trapline/modules/init/m0.ko");
}

static void test_modules(void **state)
{
	struct setup *s = *state;

	fake_modules_put(&s->m, 2, "m%u", 4);
	expect_elf(s, "/trapline/modules/m1.ko");
	expect_no_file(s, "/trapline/modules/m2.ko");
	expect_no_file(s, "/trapline/modules/m1");
	expect_no_file(s, "/trapline/modules/.ko");
	assert_string_equal(run(s, "modules", 0),
			    "0xffff800007e00000     4096 m0\n"
			    "0xffff800007e10000     4096 m1\n");
	assert_non_null(strstr(run(s, "sym 0xffff800007e10004", 0), "[m1]"));
}

/* The fake kernel's types have no reference counts and no users. */
static void test_module_commands(void **state)
{
	struct setup *s = *state;

	fake_modules_put(&s->m, 2, "m%u", 4);
	assert_non_null(strstr(run(s, "lsmod", 0),
			       "\nm1                       0xffff800007e10000"
			       "      4096"));
	assert_non_null(strstr(run(s, "lsmod --json", 0),
			       "\n{\"module\": \"m0\", "
			       "\"text\": \"0xffff800007e00000\", "
			       "\"text size\": 4096, \"used by\": \"\"},\n"));
	assert_string_equal(run(s, "mod m1", 0),
			    "m1: struct module at 0xffff800007e20090, "
			    "build-id not known\n");
	assert_string_equal(run(s, "mod m2", -ENOENT),
			    "no module \"m2\": lsmod lists them\n");
}

static void test_threads(void **state)
{
	struct setup *s = *state;
	char buf[64];

	s->m.fake->regs[0].pstate = 5;
	assert_int_equal(SERVICES->thread_info(s->session, 0, buf, sizeof(buf)),
			 0);
	assert_string_equal(buf, "CPU 0, EL1");
	s->m.fake->offline[0] = true;
	assert_int_equal(SERVICES->thread_info(s->session, 0, buf, sizeof(buf)),
			 0);
	assert_string_equal(buf, "CPU 0, off");
	assert_string_equal(run(s, "where", 0), "CPU 0: off\n");
	assert_int_equal(SERVICES->thread_info(s->session, 1, buf, sizeof(buf)),
			 -EINVAL);
}

static void test_owner(void **state)
{
	struct setup *s = *state;

	SERVICES->attached(s->session, true);
	assert_true(s->attached);
	SERVICES->attached(s->session, false);
	assert_false(s->attached);
	SERVICES->refused(s->session, "a line");
	assert_string_equal(s->refused, "a line");
	assert_false(SERVICES->exec_pending(s->session));
	s->pending = true;
	assert_true(SERVICES->exec_pending(s->session));
}

static void test_symbols(void **state)
{
	struct setup *s = *state;

	assert_non_null(strstr(run(s, "sym panic", 0), " panic+0x0/0x"));
	assert_non_null(strstr(run(s, "walk panic", 0), "-> IPA 0x4"));
	assert_non_null(strstr(run(s, "walk 0xffff900000000000", -EFAULT),
			       "not mapped"));
	assert_non_null(strstr(run(s, "sym 0x1234", 0), "0x0000000000001234"));
}

int main(void)
{
	/* clang-format off */
#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)
	/* clang-format on */
	const struct CMUnitTest tests[] = {
		T(test_kernel),           T(test_no_kernel), T(test_libraries),
		T(test_breaks_forgotten), T(test_init),      T(test_modules),
		T(test_threads),          T(test_owner),     T(test_symbols),
		T(test_module_commands),
	};

	return fake_guest_run_tests(tests);
}
