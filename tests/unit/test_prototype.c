// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_prototype.c - prototypes of functions, and the types of a module, also as
 * gdb reads them from the module's symbol file
 *
 * The kernel's types are those of Debian's own kernels. The module's blob is
 * made here: it continues the kernel's types and strings, and is found by the
 * list that the kernel keeps.
 */
#include "fake_running.h"
#include "introspect/layout.h"
#include "introspect/module_btf.h"
#include "introspect/textref.h"
#include "introspect/state.h"
#include "introspect/symfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE           (HEAP_VA + 2 * SZ_64K) /* struct module */
#define NODE             (HEAP_VA + 3 * SZ_64K) /* struct btf_module */
#define BTF              (HEAP_VA + 4 * SZ_64K) /* struct btf */
#define BLOB             (HEAP_VA + 5 * SZ_64K)
#define INFO(kind, vlen) ((uint32_t)BTF_KIND_##kind << 24 | (vlen))

static uint64_t *at(struct setup *s, va_t va)
{
	return va >= HEAP_VA ? heap(s, va) : ram64(s, va - TEXT + KERNEL);
}

static void start(struct setup *s)
{
	assert_int_equal(introspect_find_kernel_at(s->in, KERNEL), 0);
	relocate(s);
}

static void parameter_is(struct setup *s, const struct introspect_type *proto,
			 unsigned int i, const char *name, const char *type)
{
	struct introspect_type ret;
	char text[64];

	assert_int_equal(
		introspect_parameter(proto, i, text, sizeof(text), &ret), 0);
	assert_string_equal(text, name);
	introspect_type_text(&ret, text, sizeof(text));
	assert_string_equal(text, type);
}

static void test_function(void **state)
{
	struct setup *s = *state;
	struct introspect_type f, t;
	char text[64];

	assert_int_equal(introspect_function(s->in, "vfs_read", "", &f),
			 -ENOENT);
	start(s);
	assert_int_equal(introspect_function(s->in, "vfs_read", "", &f), 0);
	parameter_is(s, &f, 0, "file", "struct file *");
	parameter_is(s, &f, 1, "buf", "char *");
	parameter_is(s, &f, 2, "count", "size_t");
	parameter_is(s, &f, 3, "pos", "loff_t *");
	assert_int_equal(introspect_parameter(&f, 4, text, sizeof(text), &t),
			 -ENOENT);
	assert_int_equal(introspect_parameter(&f, 8, text, sizeof(text), &t),
			 -ENOENT);
	assert_int_equal(introspect_returned(&f, &t), 0);
	introspect_type_text(&t, text, sizeof(text));
	assert_string_equal(text, "ssize_t");
	assert_int_equal(introspect_pointed(&t, &t), -ENOENT);
	/* A function without a result, and a name that is not a function. */
	assert_int_equal(introspect_function(s->in, "do_exit", "", &f), 0);
	assert_int_equal(introspect_returned(&f, &t), -ENOENT);
	assert_int_equal(introspect_function(s->in, "task_struct", "", &f),
			 -ENOENT);
	assert_int_equal(introspect_function(s->in, "vfs_read", "no_module",
					     &f),
			 -ENOENT);
	assert_int_equal(introspect_type_find(s->in, "struct task_struct", &t),
			 0);
	assert_int_equal(introspect_parameter(&t, 0, text, sizeof(text), &f),
			 -ENOENT);
	introspect_type_text(&t, text, sizeof(text));
	assert_string_equal(text, "struct task_struct");
	t.id = 0;
	introspect_type_text(&t, text, sizeof(text));
	assert_string_equal(text, "void");
}

static int place(const struct introspect_type *t, uint64_t offset,
		 uint64_t size, char *path, size_t path_size)
{
	struct introspect_type ret;

	return introspect_member_at(t, offset, size, path, path_size, &ret);
}

static void test_member(void **state)
{
	struct setup *s = *state;
	struct introspect_type t;
	uint64_t comm, context;
	char path[64];

	start(s);
	assert_int_equal(introspect_type_find(s->in, "struct task_struct", &t),
			 0);
	comm = truth_number(s->t, "task_struct.comm");
	context = truth_number(s->t, "task_struct.thread.cpu_context.pc");
	assert_int_equal(place(&t, context, 8, path, sizeof(path)), 0);
	assert_string_equal(path, "thread.cpu_context.pc");
	assert_int_equal(place(&t, comm + 3, 1, path, sizeof(path)), 0);
	assert_string_equal(path, "comm[3]");
	/* Not the whole member, beyond the structure, no room for the name. */
	assert_int_equal(place(&t, context, 4, path, sizeof(path)), -ENOENT);
	assert_int_equal(place(&t, context + 4, 4, path, sizeof(path)),
			 -ENOENT);
	assert_int_equal(place(&t, 1ULL << 40, 8, path, sizeof(path)), -ENOENT);
	assert_int_equal(place(&t, context, 8, path, 8), -ENOENT);
	assert_int_equal(place(&t, comm + 3, 1, path, 6), -ENOENT);
	/* Two members of a union fit equally well. */
	assert_int_equal(
		introspect_type_find(s->in, "struct callback_head", &t), 0);
	assert_int_equal(place(&t, 0, 8, path, sizeof(path)), 0);
	assert_string_equal(path, "next");
	assert_int_equal(introspect_type_find(s->in, "union sigval", &t), 0);
	assert_int_equal(place(&t, 0, 8, path, sizeof(path)), 0);
	assert_string_equal(path, "sival_ptr");
}

/* --- a module --------------------------------------------------------------*/

struct blob {
	struct btf_header h;
	uint32_t types[40];
	char strings[64];
};

/* The blob: a function mod_func(struct task_struct *t). */
static void blob_put(struct setup *s, const struct btf_view *base)
{
	static const char strings[] =
		"\0mod_func\0t\0twice\0mod_state\0task\0list";
	struct introspect_type task, list;
	uint32_t n = base->nr, str = base->strings_len;
	struct blob b = {
		.h = { .magic = BTF_MAGIC,
		       .version = BTF_VERSION,
		       .hdr_len = sizeof(b.h),
		       .type_len = sizeof(b.types),
		       .str_off = sizeof(b.types),
		       .str_len = sizeof(strings) },
	};

	assert_int_equal(
		introspect_type_find(s->in, "struct task_struct", &task), 0);
	assert_int_equal(introspect_type_find(s->in, "struct list_head", &list),
			 0);
	{
		const uint32_t types[] = {
			/* n + 1: a pointer to task_struct */
			0, INFO(PTR, 0), task.id,
			/* n + 2: int (struct task_struct *t) */
			0, INFO(FUNC_PROTO, 1), n + 1, str + 10, n + 1,
			/* n + 3: mod_func */
			str + 1, INFO(FUNC, 0), n + 2,
			/* n + 4: a function twice, with two prototypes */
			str + 12, INFO(FUNC, 0), n + 2,
			/* n + 5, n + 6 */
			0, INFO(FUNC_PROTO, 0), 0, str + 12, INFO(FUNC, 0),
			n + 5,
			/* n + 7: a type of the kernel behind a qualifier */
			0, INFO(CONST, 0), task.id,
			/* n + 8: struct mod_state */
			str + 18, INFO(STRUCT, 2), 24, str + 28, n + 1, 0,
			str + 33, list.id, 64, 0
		};

		memcpy(b.types, types, sizeof(types));
		b.h.type_len = b.h.str_off = sizeof(types) - 4;
		memcpy((char *)b.types + b.h.type_len, strings,
		       sizeof(strings));
	}
	memcpy(at(s, BLOB), &b, sizeof(b));
}

/*
 * Put the module into the list at head. The list is empty at first, as in a
 * kernel without such modules.
 */
static void list_put(struct setup *s, va_t head, const struct btf_view *base)
{
	uint32_t list, module, btf, data, size, id, strings;

	assert_int_equal(
		introspect_offset(s->in, "btf_module", "list", &list) |
			introspect_offset(s->in, "btf_module", "module",
					  &module) |
			introspect_offset(s->in, "btf_module", "btf", &btf) |
			introspect_offset(s->in, "btf", "data", &data) |
			introspect_offset(s->in, "btf", "data_size", &size) |
			introspect_offset(s->in, "btf", "start_id", &id) |
			introspect_offset(s->in, "btf", "start_str_off",
					  &strings),
		0);
	*at(s, head) = NODE + list;
	*at(s, NODE + list) = *at(s, NODE + list + 8) = head;
	*at(s, NODE + module) = MODULE;
	*at(s, NODE + btf) = BTF;
	*at(s, BTF + data) = BLOB;
	*(uint32_t *)at(s, BTF + size) = sizeof(struct blob);
	*(uint32_t *)at(s, BTF + id) = base->nr + 1;
	*(uint32_t *)at(s, BTF + strings) = base->strings_len;
	blob_put(s, base);
}

/*
 * Without symbols of data, the list is at one of the addresses in the code that
 * walks it.
 */
static const struct btf_view *types_put(struct setup *s,
					const struct btf_view *base)
{
	uint64_t ref[32], before;
	const struct btf_view *v = NULL;
	unsigned int nr = 1;
	va_t head;

	if (introspect_symbol_by_name(s->in, "btf_modules", &head))
		nr = textref_scan(s->in, "btf_try_get_module", ref, 32);
	else
		ref[0] = head - TEXT;
	for (unsigned int i = 0; i < nr && !v; i++) {
		before = *at(s, TEXT + ref[i]);
		list_put(s, TEXT + ref[i], base);
		v = module_btf(s->in, MODULE);
		if (!v)
			*at(s, TEXT + ref[i]) = before;
	}
	return v;
}

static void test_module(void **state)
{
	struct setup *s = *state;
	const struct btf_view *base, *v;
	struct introspect_type f, t;
	struct btf_record r;
	uint32_t size_at;
	char text[64];

	assert_null(module_btf(s->in, MODULE));
	start(s);
	base = layouts_btf(s->in);
	assert_null(module_btf(s->in, MODULE));
	v = types_put(s, base);
	assert_non_null(v);
	assert_ptr_equal(module_btf(s->in, MODULE), v);
	assert_null(module_btf(s->in, MODULE + 8));
	assert_true(btf_get(v, base->nr + 3, &r));
	assert_true(btf_name_is(v, r.name, "mod_func", 8));
	btf_name(v, r.name, text, sizeof(text));
	assert_string_equal(text, "mod_func");
	assert_false(btf_get(v, base->nr + 10, &r));
	f = (struct introspect_type){ .btf = v, .id = base->nr + 2 };
	parameter_is(s, &f, 0, "t", "struct task_struct *");
	t = (struct introspect_type){ .btf = v, .id = base->nr + 1 };
	assert_int_equal(introspect_pointed(&t, &t), 0);
	assert_int_equal(place(&t, truth_number(s->t, "task_struct.comm"), 1,
			       text, sizeof(text)),
			 0);
	assert_string_equal(text, "comm[0]");
	/* A module that was loaded again, whose blob is not BTF. */
	introspect_offset(s->in, "btf", "data_size", &size_at);
	*(uint32_t *)at(s, BTF + size_at) = 8;
	assert_null(module_btf(s->in, MODULE));
	*(uint32_t *)at(s, BTF + size_at) = sizeof(struct blob);
	introspect_offset(s->in, "btf", "data", &size_at);
	*at(s, BTF + size_at) = BLOB + SZ_4K;
	assert_null(module_btf(s->in, MODULE));
	*at(s, BTF + size_at) = 0;
	assert_null(module_btf(s->in, MODULE));
}

/* --- the module's file ------------------------------------------------------*/

static void file_write(const char *dir, const char *name, const void *data,
		       size_t size)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

static void files_write(struct setup *s, const char *dir)
{
	Elf64_Sym syms[] = { { 0 },
			     { .st_name = 1,
			       .st_value = MODULE,
			       .st_size = 64,
			       .st_shndx = 1 } };
	char types[] = "?T", strings[] = "\0mod_func";
	struct module_info m = {
		.pub = { .load = MODULE, .load_size = SZ_4K },
		.va = MODULE,
		.name = "mod",
		.text = { MODULE, SZ_4K },
		.symbols = { true, 2, syms, types, strings, sizeof(strings) },
	};
	struct symfile file;
	const uint8_t *data;
	size_t size;

	assert_int_equal(symfile_module(s->in, &m, &file), 0);
	file_write(dir, "module", file.data, file.size);
	free(file.data);
	assert_int_equal(introspect_symbol_file(s->in, &data, &size), 0);
	file_write(dir, "kernel", data, size);
}

/* Commands for gdb, first with the module's file only; and its answers. */
static const char *const asks[][2] = {
	{ "whatis mod_func",
	  "type = struct task_struct *(struct task_struct *)" },
	{ "info scope mod_func", "a variable in $x0" },
	{ "ptype struct mod_state", "    struct task_struct *task;\n"
				    "    struct list_head list;\n" },
	{ "ptype struct list_head", "    struct list_head *prev;\n" },
	{ "ptype ((struct mod_state *)0)->task", "<incomplete type>" },
	{ "add-symbol-file kernel", "" },
	{ "p sizeof(*((struct mod_state *)0)->task) == sizeof.task_struct",
	  " = 1\n" },
};

/* The command line for gdb; "sizeof.x" becomes the number of kernel_truth.py. */
static char *command(struct setup *s, const char *dir)
{
	const char *gdb = getenv("GDB"), *number;
	char *line;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	fprintf(out, "cd %s && %s -nx -q -batch -ex 'set confirm off' ", dir,
		gdb ? gdb : "gdb-multiarch");
	for (unsigned int i = 0; i < ARRAY_SIZE(asks); i++) {
		number = strstr(asks[i][0], "sizeof.");
		if (number)
			fprintf(out, "-ex '%.*s%llu' ",
				(int)(number - asks[i][0]), asks[i][0],
				(unsigned long long)truth_number(s->t, number));
		else
			fprintf(out, "-ex '%s' ", asks[i][0]);
	}
	fprintf(out, "module 2>&1; rm -r %s", dir);
	fclose(out);
	return line;
}

static void test_module_file(void **state)
{
	struct setup *s = *state;
	char dir[] = "/tmp/trapline-test-prototype-XXXXXX";
	char *line, *text = NULL;
	unsigned int wrong = 0;
	size_t size = 0;
	FILE *in;

	start(s);
	if (fake_guest_pieces || !types_put(s, layouts_btf(s->in)))
		return;
	assert_non_null(mkdtemp(dir));
	files_write(s, dir);
	line = command(s, dir);
	in = popen(line, "r");
	assert_true(in && getdelim(&text, &size, '\0', in) > 0);
	pclose(in);
	for (unsigned int i = 0; i < ARRAY_SIZE(asks); i++) {
		if (strstr(text, asks[i][1]))
			continue;
		print_error("no '%s' in:\n%s", asks[i][1], text);
		wrong++;
	}
	free(text);
	free(line);
	assert_int_equal(wrong, 0);
}

/* clang-format off */
#define T(x) { #x, x }
static const struct running_test tests[] = {
	T(test_function), T(test_member), T(test_module), T(test_module_file),
};
/* clang-format on */

int main(void)
{
	return running_tests(tests, ARRAY_SIZE(tests));
}
