// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_format_real.c - the message of a panic, with every kind of format
 *
 * The vCPU stands at the start of panic(). The expected texts are those that
 * Documentation/core-api/printk-formats.rst gives.
 */
#include "fake_linux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT (HEAP_VA + 6 * SZ_64K)
#define DATA   (HEAP_VA + 7 * SZ_64K)
#define INNER  (HEAP_VA + 8 * SZ_64K)
#define FRAME  (HEAP_VA + 9 * SZ_64K)

static char message[160];

static void begin(struct setup *s)
{
	va_t text;

	start(s);
	assert_int_equal(introspect_text_va(s->in, &text), 0);
}

/* Expand a format with these arguments, in registers and on the stack. */
static const char *expand(struct setup *s, const char *format, unsigned int nr,
			  const uint64_t *args)
{
	struct guest_regs *regs = &s->fake->regs[0];

	strcpy((char *)heap(s, FORMAT), format);
	memset(regs, 0x5a, sizeof(regs->x));
	regs->x[0] = FORMAT;
	regs->sp = FRAME;
	for (unsigned int i = 0; i < nr; i++) {
		if (i < 7)
			regs->x[1 + i] = args[i];
		else
			*heap(s, FRAME + 8 * (i - 7)) = args[i];
	}
	assert_int_equal(introspect_crash_message(s->in, "panic", regs, message,
						  sizeof(message)),
			 0);
	return message;
}

#define EXPAND(s, format, ...)                                           \
	expand(s, format, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8, \
	       (const uint64_t[]){ __VA_ARGS__ })
#define EXPECT(s, text, format, ...) \
	assert_string_equal(EXPAND(s, format, __VA_ARGS__), text)

static void test_integers(void **state)
{
	struct setup *s = *state;

	begin(s);
	EXPECT(s, "42 -1 0x2a", "%d %i 0x%x\nmore", 42, ~0ULL, 42);
	EXPECT(s, "   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42,
	       42, 42, 42);
	EXPECT(s, "0xff 0XFF 0x0 0377 00ff", "%#x %#X %#x %#o %.4x", 255, 255,
	       0, 255, 255);
	EXPECT(s, "0x000000ff", "%#010x", 255);
	EXPECT(s, "-1 255 -2 65535", "%hhd %hhu %hd %hu", 255, 511, 0x1fffe,
	       0x1ffff);
	EXPECT(s, "1099511627776 -1 1 8000000000000000", "%lu %lld %zu %tx",
	       1ULL << 40, ~0ULL, 1, 1ULL << 63);
	EXPECT(s, "100% -9223372036854775808", "%d%% %ld", 100, 1ULL << 63);
	/* Widths from arguments do not shift the arguments after them. */
	EXPECT(s, "   42|42   |7 042 9", "%*d|%*d|%d %.*d %d", 5, 42, -5ULL, 42,
	       7, 3, 42, 9);
	EXPECT(s, "   1", "%*.*d", 4, ~0ULL, 1);
}

static void test_texts(void **state)
{
	struct setup *s = *state;

	begin(s);
	strcpy((char *)heap(s, DATA), "mailbox-engine");
	EXPECT(s, "mailbox|mailb     |     mailb", "%.*s|%-10.5s|%10.5s", 7,
	       DATA, DATA, DATA);
	EXPECT(s, "(null) (efault) (efault) (fault)", "%s %s %s %s", 0, 8,
	       (uint64_t)-ENOENT, NOWHERE);
	EXPECT(s, "ok  c?", "%c%c%3c%c", 'o', 'k', 'c', 1);
	/* The level of printk() is not a part of the text. */
	EXPECT(s, "begin 1 end", "\0010begin %d \001cend", 1);
	/* Of nine arguments, two are on the stack. */
	EXPECT(s, "1 2 3 4 5 6 7 8 mailbox-engine",
	       "%d %d %d %d %d %d %d %d %s", 1, 2, 3, 4, 5, 6, 7, 8, DATA);
	/* What follows is not known. */
	EXPECT(s, "1 %n %d", "%d %n %d", 1, 2, 3);
	EXPECT(s, "1 %", "%d %", 1);
}

static void test_pointers(void **state)
{
	static const uint8_t bytes[] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
					 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11,
					 0x22, 0x33, 0x44, 0x55 };
	struct setup *s = *state;

	begin(s);
	memcpy(heap(s, DATA), bytes, sizeof(bytes));
	EXPECT(s, "0000000000000042 ffff000000000000 42", "%p %px %2px", 0x42,
	       0xffff000000000000, 0x42);
	EXPECT(s,
	       "52:54:00:12:34:56 56:34:12:00:54:52 52-54-00-12-34-56 "
	       "525400123456",
	       "%pM %pMR %pMF %pm", DATA, DATA, DATA, DATA);
	EXPECT(s, "52 54 00|52:54|52-54|5254", "%*ph|%*phC|%2phD|%2phN", 3,
	       DATA, 2, DATA, DATA, DATA);
	EXPECT(s, "82.84.0.18 082.084.000.018 18.0.84.82", "%pI4 %pi4 %pI4l",
	       DATA, DATA, DATA);
	EXPECT(s,
	       "5254:0012:3456:789a:bcde:f011:2233:4455 "
	       "5254:12:3456:789a:bcde:f011:2233:4455",
	       "%pI6 %pI6c", DATA, DATA);
	EXPECT(s,
	       "52540012-3456-789a-bcde-f01122334455 "
	       "12005452-5634-9A78-BCDE-F01122334455",
	       "%pUb %pUL", DATA, DATA);
	EXPECT(s, "14,12005452 1,4,6,10", "%*pb %11pbl", 37, DATA, DATA);
	EXPECT(s, "0x9a78563412005452", "%pad", DATA);
	EXPECT(s, "RT.. little-endian (0x12005452)", "%p4cc", DATA);
	EXPECT(s, "-ENOENT -EPROBE_DEFER 0000000000000001", "%pe %pe %pe",
	       (uint64_t)-ENOENT, -517ULL, 1);
	EXPECT(s, "(null) (efault)", "%pM %pI4", 0, 1);
	/* What is not known is said, and shifts nothing. */
	EXPECT(s, "%-8pOFf(0xffff000000000000) 7 %pM(0xffff900000000000)",
	       "%-8pOFf %d %pM", 0xffff000000000000, 7, NOWHERE);
}

static void test_symbols(void **state)
{
	struct setup *s = *state;
	unsigned long long size;
	char name[64];
	va_t panic;

	begin(s);
	panic = symbol(s, "panic");
	assert_int_equal(sscanf(EXPAND(s, "%pS", panic + 4),
				"%63[^+]+0x4/0x%llx", name, &size),
			 2);
	assert_string_equal(name, "panic");
	EXPECT(s, "panic 0xffff900000000000", "%ps %pS", panic + 4, NOWHERE);
	/* The call is before a return address, perhaps in another function. */
	assert_memory_equal(EXPAND(s, "%pB", panic + 4), "panic+0x4/", 10);
	assert_null(strstr(EXPAND(s, "%pB", panic), "panic+0x0"));
}

/* A format inside another one, with a va_list of its own. */
static void test_nested(void **state)
{
	struct setup *s = *state;
	uint64_t *va_list = heap(s, INNER + 256);

	begin(s);
	strcpy((char *)heap(s, INNER), "unit %d of %d, %x");
	*heap(s, INNER + 128) = INNER;
	*heap(s, INNER + 136) = INNER + 256;
	va_list[0] = DATA; /* the stack */
	va_list[1] = INNER + 512; /* the end of the saved registers */
	((int32_t *)va_list)[6] = -16;
	*heap(s, INNER + 496) = 3;
	*heap(s, INNER + 504) = 4;
	*heap(s, DATA) = 0xbeef;
	EXPECT(s, "a: unit 3 of 4, beef! 5", "a: %pV! %d", INNER + 128, 5);
	/* A format that is in itself. */
	strcpy((char *)heap(s, INNER), "x%pV");
	*heap(s, INNER + 496) = INNER + 128;
	*heap(s, INNER + 504) = INNER + 128;
	assert_memory_equal(EXPAND(s, "%pV", INNER + 128), "xx%pV(0x", 8);
}

/* %pd and %pD have names of the last folders of a path. */
static void test_paths(void **state)
{
	struct setup *s = *state;
	va_t root = DATA, folder = DATA + 2 * SZ_4K, file = DATA + SZ_4K;

	begin(s);
	if (!has(s, "dentry", "d_name.name"))
		return;
	strcpy((char *)heap(s, INNER), "log");
	strcpy((char *)heap(s, INNER + 64), "messages");
	strcpy((char *)heap(s, INNER + 128), "/");
	set(s, root, "dentry", "d_parent", root);
	set(s, root, "dentry", "d_name.name", INNER + 128);
	set(s, folder, "dentry", "d_parent", root);
	set(s, folder, "dentry", "d_name.name", INNER);
	set(s, file, "dentry", "d_parent", folder);
	set(s, file, "dentry", "d_name.name", INNER + 64);
	EXPECT(s, "messages log/messages", "%pd %pd2", file, file);
	set(s, DATA + 3 * SZ_4K, "file", "f_path.dentry", file);
	EXPECT(s, "/log/messages", "%pD4", DATA + 3 * SZ_4K);
}

/* clang-format off */
static const struct running_test tests[] = {
	T(test_integers), T(test_texts), T(test_pointers), T(test_symbols),
	T(test_nested), T(test_paths),
};
/* clang-format on */

int main(void)
{
	return linux_tests(tests, ARRAY_SIZE(tests));
}
