// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_dwarf.c - gdb reads the types that were made of a BTF blob
 *
 * The blob is written by hand: every kind of type, and damaged ones. The fake
 * kernel has functions of some of the names. gdb reads the symbol file, without
 * a target, and prints what it has found.
 */
#include "btf_words.h"
#include "fake_modules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <trapline/report.h>

/* The strings of the blob, and their offsets. */
/* clang-format off */
#define NAMES(X) \
	X(int_) X(char_) X(bool_) X(wide) X(ulong) X(real) X(node) X(next) \
	X(bits) X(low) X(high) X(all) X(u) X(i) X(c) X(color) X(RED) \
	X(BLUE) X(sign) X(MINUS) X(PLUS) X(big) X(HUGE_) X(alias) X(later) \
	X(later_u) X(later_e) X(table) X(call) X(tail) X(ring) X(bad) \
	X(holds) X(points) X(mix) X(f00042_function) X(f00043_function) \
	X(f00044_function) X(f00045_function) X(f00046_function) X(twice) \
	X(nowhere) X(a1) X(a2) X(a3) X(a4) X(a5) X(a6) X(a7) X(a8) X(a9)
/* clang-format on */

#define MEMBER_OF(name) char name[sizeof(#name)];
#define STRING_OF(name) #name,

static const struct names {
	char none[1];
	NAMES(MEMBER_OF)
} names = { "", NAMES(STRING_OF) };

#define N(name) ((uint32_t)offsetof(struct names, name))

/* clang-format off */
static const uint32_t types[] = {
	/* 1 */ W_INT(N(int_), 4, BTF_INT_SIGNED),
	/* 2 */ W_INT(N(char_), 1, 0),
	/* 3 */ W_INT(N(bool_), 1, BTF_INT_BOOL),
	/* 4 */ W_INT(N(wide), 16, BTF_INT_SIGNED),
	/* 5 */ W_INT(N(ulong), 8, 0),
	/* 6 */ W_OF(FLOAT, N(real), 8),
	/* 7 */ W_STRUCT(STRUCT, N(node), 2, 16),
		W_MEMBER(N(next), 8, 0), W_MEMBER(N(c), 9, 64),
	/* 8 */ W_OF(PTR, 0, 7),
	/* 9 */ W_ARRAY(2, 8),
	/* 10 */ W_BITS(STRUCT, N(bits), 4, 16),
		W_BIT_MEMBER(N(low), 1, 0, 3), W_BIT_MEMBER(N(high), 5, 3, 40),
		W_BIT_MEMBER(0, 11, 64, 0), W_MEMBER(N(tail), 12, 128),
	/* 11 */ W_STRUCT(UNION, 0, 2, 8),
		W_MEMBER(N(u), 2, 0), W_MEMBER(N(i), 9, 0),
	/* 12 */ W_ARRAY(1, 0),
	/* 13 */ W_STRUCT(ENUM, N(color), 2, 4), N(RED), 1, N(BLUE), 0xffffffff,
	/* 14 */ W_BITS(ENUM, N(sign), 2, 4), N(MINUS), -1U, N(PLUS), 1,
	/* 15 */ W_STRUCT(ENUM64, N(big), 1, 8), N(HUGE_), 2, 1,
	/* 16 */ W_OF(TYPEDEF, N(alias), 17),
	/* 17 */ W_OF(CONST, 0, 18),
	/* 18 */ W_OF(VOLATILE, 0, 1),
	/* 19 */ W_OF(FWD, N(later), 0),
	/* 20 */ N(later_u), BTF_WORD(FWD, 0) | BTF_KFLAG, 0,
	/* 21 */ W_STRUCT(ENUM, N(later_e), 0, 4),
	/* 22 */ W_OF(PTR, 0, 23),
	/* 23 */ 0, BTF_WORD(FUNC_PROTO, 3), 1, 0, 24, 0, 8, 0, 0,
	/* 24 */ W_OF(PTR, 0, 25),
	/* 25 */ W_OF(CONST, 0, 0),
	/* 26 */ W_ARRAY(27, 2),
	/* 27 */ W_ARRAY(28, 3),
	/* 28 */ W_OF(TYPE_TAG, N(u), 1),
	/* 29 */ W_STRUCT(STRUCT, N(mix), 9, 120),
		W_MEMBER(N(table), 26, 0), W_MEMBER(N(call), 22, 192),
		W_MEMBER(N(a1), 30, 256), W_MEMBER(N(a2), 31, 320),
		W_MEMBER(N(a3), 32, 384), W_MEMBER(N(color), 13, 448),
		W_MEMBER(N(a4), 16, 480), W_MEMBER(N(wide), 4, 512),
		W_MEMBER(N(a5), 33, 640),
	/* 30 */ W_OF(PTR, 0, 19),
	/* 31 */ W_OF(PTR, 0, 20),
	/* 32 */ W_OF(PTR, 0, 0),
	/* 33 */ W_OF(RESTRICT, 0, 8),
	/* 34: damaged */ W_STRUCT(STRUCT, N(bad), 1, 4), W_MEMBER(N(i), 5, 0),
	/* 35: damaged */ W_STRUCT(STRUCT, N(holds), 1, 4),
		W_MEMBER(N(i), 34, 0),
	/* 36 */ W_STRUCT(STRUCT, N(points), 1, 8), W_MEMBER(N(i), 37, 0),
	/* 37 */ W_OF(PTR, 0, 34),
	/* 38: 10 parameters */ 0, BTF_WORD(FUNC_PROTO, 10), 8,
		N(a1), 1, N(a2), 8, N(a3), 13, N(a4), 16, N(a5), 3, N(a6), 2,
		N(a7), 5, N(a8), 32, N(a9), 1, 0, 0,
	/* 39: a structure among the parameters */
		0, BTF_WORD(FUNC_PROTO, 3), 0, N(a1), 1, N(a2), 7, N(a3), 1,
	/* 40 */ W_OF(FUNC, N(f00042_function), 38),
	/* 41 */ W_OF(FUNC, N(f00043_function), 39),
	/* 42, 43: one name, two prototypes */
		W_OF(FUNC, N(f00044_function), 38),
		W_OF(FUNC, N(f00044_function), 39),
	/* 44: two symbols have this name */ W_OF(FUNC, N(twice), 39),
	/* 45: no symbol has this name */ W_OF(FUNC, N(nowhere), 39),
	/* 46: its type is no prototype */ W_OF(FUNC, N(f00045_function), 7),
	/* 47 */ W_OF(FUNC, N(f00046_function), 48),
	/* 48: a damaged type among the parameters */
		0, BTF_WORD(FUNC_PROTO, 1), 0, N(a1), 34,
	/* 49 */ W_OF(DECL_TAG, N(u), 7), -1U,
};

/* What gdb has to print, for each command. */
static const struct {
	const char *command, *text;
} asks[] = {
	{ "ptype struct node", "type = struct node {\n    struct node *next;\n"
	  "    char_ c[8];\n}\n" },
	{ "ptype/o struct bits", "/*      0: 0   |       4 */    int_ low : 3;\n" },
	{ "ptype/o struct bits", "0: 3   |       8 */    ulong high : 40;\n" },
	{ "ptype struct bits", "    union {\n        char_ u;\n"
	  "        char_ i[8];\n    };\n" },
	{ "p sizeof(struct bits)", " = 16\n" },
	{ "ptype enum color", "{RED = 1, BLUE = 4294967295}\n" },
	{ "ptype enum sign", "{MINUS = -1, PLUS = 1}\n" },
	{ "p (long)HUGE_", " = 4294967298\n" },
	{ "ptype alias", "type = const volatile int_\n" },
	{ "ptype struct mix", "    int_ table[2][3];\n"
	  "    int_ (*call)(const void *, struct node *, ...);\n"
	  "    struct later *a1;\n    union later_u *a2;\n    void *a3;\n"
	  "    enum color color;\n    alias a4;\n    wide wide;\n"
	  "    struct node * restrict a5;\n}\n" },
	{ "p sizeof(struct mix)", " = 120\n" },
	{ "p &((struct mix *)0)->a5", " 0x50\n" },
	{ "p sizeof(wide)", " = 16\n" },
	{ "p (char_)65", " = 65 'A'\n" },
	{ "p (bool_)1", " = true\n" },
	{ "p (real)1/2", " = 0.5\n" },
	{ "ptype struct bad", "No struct type named bad.\n" },
	{ "ptype struct holds", "No struct type named holds.\n" },
	{ "ptype struct points", "    void *i;\n" },
	{ "p RED", " = RED\n" },
	{ "whatis f00042_function", "type = struct node *(int_, struct node *, "
	  "enum color, alias, bool_, char_, ulong, void *, int_, ...)\n" },
	{ "whatis f00043_function", "type = void (int_, struct node, int_)\n" },
	{ "whatis f00044_function", "type = <text variable, no debug info>\n" },
	{ "whatis f00045_function", "type = <text variable, no debug info>\n" },
	{ "whatis f00046_function", "type = <text variable, no debug info>\n" },
	{ "whatis twice", "type = <text variable, no debug info>\n" },
	{ "ptype nowhere", "No symbol \"nowhere\" in current context.\n" },
	{ "info scope f00042_function", "Symbol a1 is multi-location:\n"
	  "  Range 0xffff800008010a80-0xffff800008010a84: "
	  "a variable in $x0\n" },
	{ "info scope f00042_function", "Symbol a8 is multi-location:\n"
	  "  Range 0xffff800008010a80-0xffff800008010a84: "
	  "a variable in $x7\n" },
	{ "info scope f00042_function", "Symbol a9 is optimized out.\n" },
	{ "info scope f00043_function", "a variable in $x0\n" },
	{ "info scope f00043_function", "Symbol a2 is optimized out.\n" },
	{ "info scope f00043_function", "Symbol a3 is optimized out.\n" },
	{ "info symbol 0xffff800008010a84", "f00042_function + 4 in" },
	{ "maint info symtabs", "producer trapline, from BTF without 2 damaged" },
};
/* clang-format on */

static struct fake_modules guest;
static char path[] = "/tmp/trapline-test-dwarf-XXXXXX";

static char said[128];

static void show(enum report_kind kind, const char *text)
{
	snprintf(said, sizeof(said), "%s", text);
}

static void blob_put(void)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = sizeof(types),
		.str_off = sizeof(types),
		.str_len = sizeof(names),
	};

	memcpy(guest.btf, &h, sizeof(h));
	memcpy(guest.btf + sizeof(h), types, sizeof(types));
	memcpy(guest.btf + sizeof(h) + sizeof(types), &names, sizeof(names));
}

static void file_write(void)
{
	const uint8_t *data;
	size_t size;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(introspect_symbol_file(guest.in, &data, &size), 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static int setup(void **state)
{
	fake_modules_create(&guest);
	blob_put();
	report_set(show);
	file_write();
	report_set(NULL);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	fake_modules_destroy(&guest);
	return 0;
}

/* The output of a program, which the caller frees. */
static char *output(const char *command)
{
	FILE *in = popen(command, "r");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(in);
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	pclose(in);
	return text;
}

static char *gdb_command(void)
{
	const char *gdb = getenv("GDB");
	char *line;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	fprintf(out, "%s -nx -q -batch -ex 'set width 0' ",
		gdb ? gdb : "gdb-multiarch");
	for (unsigned int i = 0; i < ARRAY_SIZE(asks); i++)
		fprintf(out, "-ex 'echo @%u\\n' -ex \"%s\" ", i,
			asks[i].command);
	fprintf(out, "-ex 'echo @%zu\\n' %s 2>&1", ARRAY_SIZE(asks), path);
	fclose(out);
	return line;
}

/* Cut the answer to command i out of gdb's output. */
static char *answer(const char *text, unsigned int i)
{
	char from[16], to[16];
	const char *begin, *end;

	snprintf(from, sizeof(from), "@%u\n", i);
	snprintf(to, sizeof(to), "@%u\n", i + 1);
	begin = strstr(text, from);
	end = begin ? strstr(begin, to) : NULL;
	if (!end)
		fail_msg("gdb has said: %s", text);
	return strndup(begin + strlen(from), end - begin - strlen(from));
}

static void test_gdb(void **state)
{
	char *command = gdb_command(), *text = output(command), *got;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(asks); i++) {
		got = answer(text, i);
		if (!strstr(got, asks[i].text)) {
			print_error("%s:\n%sThis is not in it:\n%s",
				    asks[i].command, got, asks[i].text);
			wrong++;
		}
		free(got);
	}
	free(text);
	free(command);
	assert_int_equal(wrong, 0);
}

static void test_said(void **state)
{
	assert_string_equal(said, "kernel: 2 types of its BTF are damaged; gdb "
				  "does not get them");
}

/* readelf decodes all sections, and finds no fault. */
static void test_readelf(void **state)
{
	char command[256], *text;

	snprintf(command, sizeof(command),
		 "readelf --debug-dump=info,abbrev,loc %s 2>&1", path);
	text = output(command);
	assert_non_null(strstr(text, "DW_TAG_formal_parameter"));
	assert_non_null(strstr(text, "(DW_OP_reg7 (x7))"));
	assert_null(strstr(text, "Warning"));
	assert_null(strstr(text, "Error"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gdb),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_readelf),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
