// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * commands.c - the commands that work with every guest
 *
 * A command is a word and the rest of its line. All of them are in one const
 * table at the end of this file.
 */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/code.h>
#include <trapline/util.h>
#include "line.h"
#include "record.h"

unsigned int session_vcpu(struct session *s)
{
	const struct guest_stop *stop = guest_last_stop(session_guest(s));

	return stop ? stop->vcpu : 0;
}

/* The vCPU's number, or nothing for the vCPU that stopped. */
static int parse_vcpu(struct session *s, const char *args, unsigned int *ret,
		      FILE *out)
{
	uint64_t n = session_vcpu(s);

	if (*args && !number_parse(args, NULL, &n))
		n = GUEST_MAX_VCPUS;
	if (n >= session_guest(s)->nr_vcpus) {
		fprintf(out, "no CPU %s: CPUs are 0 to %u\n", args,
			session_guest(s)->nr_vcpus - 1);
		return -EINVAL;
	}
	*ret = (unsigned int)n;
	return 0;
}

int session_address(struct session *s, const char *args, va_t *ret, FILE *out)
{
	if (number_parse(args, NULL, ret) ||
	    (*args &&
	     !introspect_symbol_by_name(session_introspect(s), args, ret)))
		return 0;
	fprintf(out, "%s is no number (0x...) and no kernel symbol\n",
		*args ? args : "an empty address");
	return -EINVAL;
}

void session_symbol(struct session *s, va_t va, FILE *out)
{
	struct introspect *in = session_introspect(s);
	struct introspect_symbol sym;
	char gone[96];

	fprintf(out, "0x%016" PRIx64, va);
	if (introspect_symbol_by_address(in, va, &sym)) {
		if (!introspect_module_gone(in, va, gone, sizeof(gone)))
			fprintf(out, " %s", gone);
		return;
	}
	fprintf(out, " %s+0x%" PRIx64 "/0x%" PRIx64, sym.name, va - sym.va,
		sym.size);
	if (sym.module && *sym.module)
		fprintf(out, " [%s]", sym.module);
}

static int cmd_context(struct session *s, const char *args, FILE *out)
{
	bool fault = !strcmp(args, "fault");
	int err;

	if (!*args) {
		fprintf(out, "%s\n",
			view_is_fault(&s->view) ? "fault" : "real");
		return 0;
	}
	if (!fault && strcmp(args, "real")) {
		fprintf(out, "usage: monitor context fault|real\n");
		return -EINVAL;
	}
	err = view_fault_set(&s->view, fault);
	if (err)
		fprintf(out, "the guest is not stopped at a crash\n");
	else
		fprintf(out,
			"now the %s context; type \"maintenance flush "
			"register-cache\" to see it\n",
			fault ? "faulting (read-only)" : "real");
	return err;
}

static int cmd_threads(struct session *s, const char *args, FILE *out)
{
	struct threads *t = &s->view.threads;
	bool tasks = !strcmp(args, "tasks");

	if (!*args) {
		fprintf(out, "%s\n", t->shown ? "tasks" : "cpus");
		return 0;
	}
	if (!tasks && strcmp(args, "cpus")) {
		fprintf(out, "usage: monitor threads [tasks|cpus]\n");
		return -EINVAL;
	}
	t->shown = tasks;
	threads_forget(t);
	if (!tasks)
		return 0;
	threads_read(t, session_guest(s), session_introspect(s));
	fprintf(out, "%u tasks that are on no CPU are threads now\n", t->nr);
	if (t->error)
		fprintf(out, "the list of tasks is not complete: %s\n",
			t->error == -ENOENT ? "no BTF, or no task yet"
					    : strerror(-t->error));
	return 0;
}

static int cmd_modules(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	int nr = introspect_modules_refresh(in);

	if (nr < 0) {
		fprintf(out, "no list of modules (yet): %s\n", strerror(-nr));
		return nr;
	}
	for (int i = 0; i < nr; i++) {
		const struct introspect_module *m =
			introspect_module(in, (unsigned int)i);

		fprintf(out, "0x%016" PRIx64 " %8" PRIu64 " %s\n", m->text,
			m->size, m->name);
	}
	return 0;
}

static int where_one(struct session *s, unsigned int vcpu, FILE *out)
{
	struct guest *g = session_guest(s);
	struct guest_regs regs;
	char comm[32];
	int pid, err;

	fprintf(out, "CPU %u: ", vcpu);
	if (!g->ops->vcpu_online(g, vcpu)) {
		fprintf(out, "off\n");
		return 0;
	}
	err = view_regs_get(&s->view, vcpu, GUEST_REG_ALL, &regs);
	if (err) {
		fprintf(out, "%s\n", strerror(-err));
		return err;
	}
	fprintf(out, "EL%u ", (unsigned int)FIELD_GET(PSTATE_EL, regs.pstate));
	session_symbol(s, regs.pc, out);
	if (!introspect_current(session_introspect(s), vcpu, comm, sizeof(comm),
				&pid))
		fprintf(out, ", %s pid %d", comm, pid);
	fputc('\n', out);
	return 0;
}

static int cmd_where(struct session *s, const char *args, FILE *out)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < session_guest(s)->nr_vcpus; i++)
		err = where_one(s, i, out);
	return err;
}

/* Print the fields that are not 0, as gdb prints flags. */
static void fields_print(const struct gdbstub_sysreg *r, uint64_t value,
			 FILE *out)
{
	for (size_t i = 0; i < r->nr_fields; i++) {
		const struct gdbstub_field *f = &r->fields[i];
		uint64_t mask = GENMASK_ULL(f->end, f->start);

		if (!(value & mask))
			continue;
		fprintf(out, " %s", f->name);
		if (f->end - f->start >= 16)
			fprintf(out, "=0x%" PRIx64, (value & mask) >> f->start);
		else if (f->end > f->start)
			fprintf(out, "=%" PRIu64, (value & mask) >> f->start);
	}
}

static int cmd_regs(struct session *s, const char *args, FILE *out)
{
	struct guest *g = session_guest(s);
	unsigned int vcpu;
	int err = parse_vcpu(s, args, &vcpu, out);

	for (int i = 0; !err && i < GUEST_NR_SYSREGS; i++) {
		uint64_t value;

		/* Skip a register that this host's KVM does not show. */
		if (g->ops->sysreg_get(g, vcpu, (enum guest_sysreg)i, &value))
			continue;
		fprintf(out, "%-16s 0x%016" PRIx64, gdbstub_sysregs[i].name,
			value);
		fields_print(&gdbstub_sysregs[i], value, out);
		fputc('\n', out);
	}
	return err;
}

static int cmd_walk(struct session *s, const char *args, FILE *out)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	va_t va;
	int err = session_address(s, args, &va, out);

	if (err)
		return err;
	err = introspect_stage1_regs(session_introspect(s), session_vcpu(s),
				     &regs);
	if (!err)
		err = stage1_walk(session_guest(s), &regs, va, &map);
	if (err) {
		fprintf(out, "0x%016" PRIx64 " is not mapped\n", va);
		return err;
	}
	fprintf(out, "0x%016" PRIx64 " -> IPA 0x%" PRIx64, va, map.ipa);
	if (map.desc)
		fprintf(out,
			", level %d, 0x%" PRIx64 " bytes, %s%s%s, "
			"descriptor 0x%016" PRIx64 "\n",
			(int)map.level, map.size,
			map.writable ? "read-write" : "read-only",
			map.exec_el1 ? ", EL1 may execute" : "",
			map.el0 ? ", EL0 may access" : "", map.desc);
	else
		fprintf(out, ", MMU off\n");
	return 0;
}

static int cmd_sym(struct session *s, const char *args, FILE *out)
{
	struct record r;
	va_t va;
	int err = session_address(s, args, &va, out);

	if (err)
		return err;
	if (!s->json) {
		session_symbol(s, va, out);
		fputc('\n', out);
		return 0;
	}
	record_begin(&r, s, out);
	record_hex(&r, "address", va);
	record_symbol(&r, s, "symbol", va, false);
	record_row(&r);
	record_end(&r);
	return 0;
}

static int cmd_kernel(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	int err = introspect_find_kernel(in);
	const uint8_t *id;
	char line[256];
	bool odd;
	size_t n;
	va_t text;

	odd = introspect_not_understood(in, line, sizeof(line));
	if (odd)
		fprintf(out, "%s\n", line);
	else if (err)
		fprintf(out, "no Linux kernel found in guest memory (yet)\n");
	if (err)
		return odd ? 0 : -ENOENT;
	fprintf(out, "%s\nIPA 0x%" PRIx64 ", %" PRIu64 " KiB\n",
		introspect_banner(in), introspect_text_ipa(in),
		introspect_image_size(in) / 1024);
	if (introspect_text_va(in, &text))
		fprintf(out, "_text: not relocated yet\n");
	else
		fprintf(out, "_text 0x%016" PRIx64 "\n", text);
	n = introspect_build_id(in, &id);
	if (n)
		fprintf(out, "build-id ");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x", id[i]);
	fprintf(out, "%s%u symbols\n", n ? "\n" : "",
		introspect_nr_symbols(in));
	return 0;
}

static int cmd_status(struct session *s, const char *args, FILE *out)
{
	struct guest *g = session_guest(s);
	const struct guest_stop *stop = guest_last_stop(g);
	uint64_t size = 0;

	for (unsigned int i = 0; i < g->nr_ram; i++)
		size += g->ram[i].size;
	if (!stop)
		fprintf(out, "running\n");
	else
		fprintf(out, "%s, CPU %u%s%s\n", guest_stop_text(stop->kind),
			stop->vcpu, *stop->text ? ": " : "", stop->text);
	fprintf(out, "%u CPUs, %llu MiB of RAM at 0x%" PRIx64 "\n", g->nr_vcpus,
		size / SZ_1M, g->nr_ram ? g->ram[0].ipa : 0);
	if (s->owner->status)
		s->owner->status(s->opaque, out);
	return 0;
}

static int cmd_poweroff(struct session *s, const char *args, FILE *out)
{
	struct guest *g = session_guest(s);

	return g->ops->kill(g);
}

/* Print the help of one command; the lines after its first are examples. */
static int help_one(struct session *s, const char *name, FILE *out)
{
	const struct session_command *c;

	for (unsigned int i = 0; (c = session_command(s, i)); i++) {
		const char *more = strchrnul(c->help, '\n');

		if (strcmp(c->name, name))
			continue;
		fprintf(out, "%s %s\n    %.*s\n", c->name, c->args,
			(int)(more - c->help), c->help);
		while (*more++) {
			size_t len = strcspn(more, "\n");

			fprintf(out, "example: monitor %.*s\n", (int)len, more);
			more += len;
		}
		return 0;
	}
	fprintf(out, "no command \"%s\"; try: monitor help\n", name);
	return -ENOENT;
}

static int cmd_help(struct session *s, const char *args, FILE *out)
{
	const struct session_command *c;

	if (*args)
		return help_one(s, args, out);
	for (unsigned int i = 0; (c = session_command(s, i)); i++) {
		char usage[48];

		if (c->needs == SESSION_LIVE && !s->owner->live)
			continue;
		snprintf(usage, sizeof(usage), "%s %s", c->name, c->args);
		fprintf(out, "%-30s %.*s\n", usage, (int)strcspn(c->help, "\n"),
			c->help);
	}
	return 0;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "help", "[COMMAND]", "this list, or more about one command",
	  SESSION_ANY, cmd_help },
	{ "status", "", "state, break and watch points", SESSION_ANY,
	  cmd_status },
	{ "where", "", "the PC and the task of each CPU", SESSION_ANY,
	  cmd_where },
	{ "context", "[fault|real]", "at a crash: the registers that gdb shows",
	  SESSION_ANY, cmd_context },
	{ "threads", "[tasks|cpus]",
	  "the threads that gdb shows: the CPUs only, or each task, too\n"
	  "threads tasks", SESSION_LINUX, cmd_threads },
	{ "kernel", "", "version, address and symbols of the kernel", SESSION_ANY,
	  cmd_kernel },
	{ "modules", "", "loaded modules: address, size, name", SESSION_LINUX,
	  cmd_modules },
	{ "sym", "NAME|ADDRESS [--json]", "look up a kernel symbol\n"
	  "sym panic\nsym 0xffff800080012345 --json", SESSION_ANY, cmd_sym },
	{ "walk", "NAME|ADDRESS", "translate an address (stage 1)",
	  SESSION_ANY, cmd_walk },
	{ "disas", "[ADDRESS [N]]",
	  "N (16) instructions from ADDRESS on, or around the PC",
	  SESSION_ANY, session_disas },
	{ "regs", "[CPU]", "system registers and their fields", SESSION_ANY,
	  cmd_regs },
	{ "complete", "\"LINE\"",
	  "the words that can end LINE, for programs with a prompt\n"
	  "complete \"print task_struct init_task.co\"",
	  SESSION_ANY, session_complete_command },
	{ "poweroff", "", "power the guest off", SESSION_LIVE, cmd_poweroff },
};
/* clang-format on */

int session_commands_own(struct session *s)
{
	static int (*const adds[])(struct session * s) = {
		session_commands_linux,  session_commands_sched,
		session_commands_proc,   session_commands_kmem,
		session_commands_mem,    session_commands_irq,
		session_commands_wait,   session_commands_net,
		session_commands_crash,  session_commands_types,
		session_commands_memory, session_commands_qemu,
	};
	int err = session_commands_add(s, rows, ARRAY_SIZE(rows));

	for (unsigned int i = 0; !err && i < ARRAY_SIZE(adds); i++)
		err = adds[i](s);
	return err;
}
