// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_prototype.c - prototypes of functions, and the types of a module
 *
 * The kernel's types are those of Debian's own kernels. The module's blob is
 * made here: it continues the kernel's types and strings, and is found by the
 * list that the kernel keeps.
 */
#include "fake_running.h"
#include "introspect/layout.h"
#include "introspect/module_btf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	/* A function without a result, and what is no function. */
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
	/* Two members of a union that are one as good as the other. */
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
	uint32_t types[24];
	char strings[32];
};

/* The blob: a function mod_func(struct task_struct *t). */
static void blob_put(struct setup *s, const struct btf_view *base)
{
	static const char strings[] = "\0mod_func\0t\0twice";
	struct introspect_type task;
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
			0, INFO(CONST, 0), task.id, 0
		};

		memcpy(b.types, types, sizeof(types));
		b.h.type_len = b.h.str_off = sizeof(types) - 4;
		memcpy((char *)b.types + b.h.type_len, strings,
		       sizeof(strings));
	}
	memcpy(at(s, BLOB), &b, sizeof(b));
}

static bool types_put(struct setup *s, const struct btf_view *base)
{
	uint32_t list, module, btf, data, size, id, strings;
	va_t head;

	if (introspect_symbol_by_name(s->in, "btf_modules", &head) ||
	    introspect_offset(s->in, "btf_module", "list", &list) ||
	    introspect_offset(s->in, "btf_module", "module", &module) ||
	    introspect_offset(s->in, "btf_module", "btf", &btf) ||
	    introspect_offset(s->in, "btf", "data", &data) ||
	    introspect_offset(s->in, "btf", "data_size", &size) ||
	    introspect_offset(s->in, "btf", "start_id", &id) ||
	    introspect_offset(s->in, "btf", "start_str_off", &strings))
		return false;
	*at(s, head) = NODE + list;
	*at(s, NODE + list) = head;
	*at(s, NODE + module) = MODULE;
	*at(s, NODE + btf) = BTF;
	*at(s, BTF + data) = BLOB;
	*(uint32_t *)at(s, BTF + size) = sizeof(struct blob);
	*(uint32_t *)at(s, BTF + id) = base->nr + 1;
	*(uint32_t *)at(s, BTF + strings) = base->strings_len;
	blob_put(s, base);
	return true;
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
	/* 6.1 has no symbols of data: the list is not found. */
	assert_null(module_btf(s->in, MODULE));
	if (!types_put(s, base))
		return;
	v = module_btf(s->in, MODULE);
	assert_non_null(v);
	assert_ptr_equal(module_btf(s->in, MODULE), v);
	assert_null(module_btf(s->in, MODULE + 8));
	assert_true(btf_get(v, base->nr + 3, &r));
	assert_true(btf_name_is(v, r.name, "mod_func", 8));
	btf_name(v, r.name, text, sizeof(text));
	assert_string_equal(text, "mod_func");
	assert_false(btf_get(v, base->nr + 9, &r));
	f = (struct introspect_type){ .btf = v, .id = base->nr + 2 };
	parameter_is(s, &f, 0, "t", "struct task_struct *");
	t = (struct introspect_type){ .btf = v, .id = base->nr + 1 };
	assert_int_equal(introspect_pointed(&t, &t), 0);
	assert_int_equal(place(&t, truth_number(s->t, "task_struct.comm"), 1,
			       text, sizeof(text)),
			 0);
	assert_string_equal(text, "comm[0]");
	/* A module that was loaded again, with a blob that is none. */
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

/* clang-format off */
#define T(x) { #x, x }
static const struct running_test tests[] = {
	T(test_function), T(test_member), T(test_module),
};
/* clang-format on */

int main(void)
{
	return running_tests(tests, ARRAY_SIZE(tests));
}
