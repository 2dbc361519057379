// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_types.c - commands that show objects of the kernel by their types
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>
#include "state.h"

#define MAX_SHOWN 10000 /* nodes of a list */

/* Split "ADDR.path" or "SYMBOL[1].path" into address and path. */
static int place_parse(struct session *s, char *text, va_t *ret,
		       const char **path, FILE *out)
{
	/* The name of a symbol may have dots: it is tried as a whole first. */
	size_t len = strcspn(text, "[");
	char *cut = NULL, *word;
	int err;

	*path = text + strlen(text);
	if (!number_parse(text, NULL, ret) &&
	    !introspect_symbol_by_name(session_introspect(s), text, ret))
		return 0;
	cut = memchr(text, '.', len);
	if (!cut)
		cut = text + len;
	else
		len = (size_t)(cut - text);
	word = strndup(text, len);
	if (!word)
		return -ENOMEM;
	err = session_address(s, word, ret, out);
	free(word);
	*path = cut;
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT:
		return "the kernel's BTF has no such type or member";
	case -EINVAL:
		return "the path has a wrong form";
	case -ERANGE:
		return "the array has no such element";
	case -E2BIG:
		return "the object is too large";
	default:
		return "that memory cannot be read";
	}
}

static int object_show(struct session *s, const char *type, va_t va,
		       const char *path, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_object o;
	int err = introspect_object(in, type, va, path, &o);

	if (!err) {
		if (!s->json && !*path)
			fprintf(out, "(%s *)0x%" PRIx64 ": ", type, va);
		err = introspect_object_print(in, &o, s->json, out);
	}
	if (err)
		fprintf(out, "%s%s: %s", type, path, why(err));
	fputc('\n', out);
	return err;
}

/* Types of some variables; BTF has only the types of per-CPU variables. */
static const struct {
	const char *symbol, *type;
} variables[] = {
	{ "init_task", "struct task_struct" },
	{ "init_mm", "struct mm_struct" },
	{ "init_uts_ns", "struct uts_namespace" },
	{ "init_pid_ns", "struct pid_namespace" },
	{ "init_net", "struct net" },
	{ "init_user_ns", "struct user_namespace" },
	{ "init_cred", "struct cred" },
	{ "jiffies", "u64" },
	{ "jiffies_64", "u64" },
	{ "modules", "struct list_head" },
	{ "panic_cpu", "atomic_t" },
	{ "totalram_pages", "u64" },
	{ "memstart_addr", "s64" },
};

/* -ENOENT: there is no such per-CPU variable; nothing is printed. */
static int percpu_show(struct session *s, const char *args, size_t len,
		       FILE *out)
{
	struct introspect *in = session_introspect(s);
	unsigned int nr = introspect_nr_cpus(in);
	struct introspect_object o;
	char name[64];
	int err = -ENOENT;

	snprintf(name, sizeof(name), "%.*s", (int)len, args);
	for (unsigned int i = 0; i < nr; i++) {
		err = introspect_percpu(in, name, i, &o);
		if (err == -ENOENT)
			return err;
		fprintf(out,
			s->json ? "%s{\"cpu\": %u, \"value\": " : "%sCPU %u: ",
			!s->json ? ""
			: i      ? ",\n"
				 : "[",
			i);
		if (!err)
			err = introspect_object_member(in, args + len, &o);
		if (!err)
			err = introspect_object_print(in, &o, s->json, out);
		if (err)
			fprintf(out, s->json ? "null" : "%s", why(err));
		fputs(s->json ? "}" : "\n", out);
	}
	if (s->json)
		fputs("]\n", out);
	return err;
}

const char *session_variable_type(const char *name, size_t len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(variables); i++)
		if (strlen(variables[i].symbol) == len &&
		    !strncmp(name, variables[i].symbol, len))
			return variables[i].type;
	return NULL;
}

static int variable_show(struct session *s, const char *args, FILE *out)
{
	size_t len = strcspn(args, ".[");
	int err = percpu_show(s, args, len, out);
	const char *type;
	char name[64];
	va_t va;

	if (err != -ENOENT)
		return err;
	type = session_variable_type(args, len);
	snprintf(name, sizeof(name), "%.*s", (int)len, args);
	if (type &&
	    !introspect_symbol_by_name(session_introspect(s), name, &va))
		return object_show(s, type, va, args + len, out);
	fprintf(out, "the type of %.*s is not known: print TYPE %.*s\n",
		(int)len, args, (int)len, args);
	return -ENOENT;
}

static int cmd_print(struct session *s, const char *args, FILE *out)
{
	char *text = strdup(args), *place;
	const char *path;
	va_t va;
	int err;

	if (!text)
		return -ENOMEM;
	place = strrchr(text, ' ');
	if (!*text) {
		fprintf(out, "usage: monitor print TYPE ADDR[.MEMBER]\n");
		err = -EINVAL;
	} else if (!place) {
		err = variable_show(s, text, out);
	} else {
		*place++ = '\0';
		err = place_parse(s, place, &va, &path, out);
		if (!err)
			err = object_show(s, text, va, path, out);
	}
	free(text);
	return err;
}

/* --- lists -------------------------------------------------------------------- */

static int nodes_show(struct session *s, struct record *r, va_t head,
		      uint32_t offset)
{
	struct introspect_list l;
	va_t at;
	int err;

	introspect_list_init(&l, head);
	while ((err = introspect_list_next(session_introspect(s), &l, &at)) >
	       0) {
		record_hex(r, "object", at - offset);
		record_row(r);
		if (r->rows == MAX_SHOWN) {
			record_note(r, "the list is longer");
			return 0;
		}
	}
	if (err)
		record_note(r, "after %u nodes: %s", l.nr,
			    err == -ELOOP
				    ? "the list does not come back to its head"
				    : "a node cannot be read");
	return err;
}

static int cmd_list(struct session *s, const char *args, FILE *out)
{
	char *text = strdup(args), *address, *member;
	uint32_t offset;
	struct record r;
	va_t head;
	int err = -EINVAL;

	if (!text)
		return -ENOMEM;
	address = strrchr(text, ' ');
	if (address)
		*address++ = '\0';
	member = strchr(text, '.');
	if (!address || !member) {
		fprintf(out, "usage: monitor list TYPE.MEMBER HEAD\n");
		goto free;
	}
	*member++ = '\0';
	err = session_address(s, address, &head, out);
	if (err)
		goto free;
	err = introspect_offset(session_introspect(s),
				strncmp(text, "struct ", 7) ? text : text + 7,
				member, &offset);
	if (err) {
		fprintf(out, "struct %s has no member %s, or there is no BTF\n",
			text, member);
		goto free;
	}
	record_begin(&r, s, out);
	err = nodes_show(s, &r, head, offset);
	record_end(&r);
free:
	free(text);
	return err;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "print", "TYPE ADDR[.MEMBER] | SYMBOL[.MEMBER] [--json]",
	  "an object by its type; members that are 0 are left out\n"
	  "print task_struct 0xffff000002345678.mm->pgd\n"
	  "print init_task.comm\nprint struct list_head modules --json\n"
	  "print runqueues.nr_running",
	  SESSION_LINUX, cmd_print },
	{ "list", "TYPE.MEMBER HEAD [--json]",
	  "the objects in a list of the kernel\n"
	  "list module.list modules", SESSION_LINUX, cmd_list },
};
/* clang-format on */

int session_commands_types(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
