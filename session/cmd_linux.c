// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_linux.c - commands that show Linux: its log, tasks, stacks and modules
 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>
#include "state.h"

#define MAX_FRAMES 128

/* --- the log ---------------------------------------------------------------- */

static void log_text(struct record *r, const struct introspect_log_record *rec,
		     const char *text, size_t len)
{
	fprintf(r->out, "[%5" PRIu64 ".%06" PRIu64 "] ", rec->ns / 1000000000,
		rec->ns / 1000 % 1000000);
	for (size_t i = 0; i < len; i++)
		fputc(text_is_printable(text[i]) ? text[i] : '?', r->out);
	fputc('\n', r->out);
}

/* A record may have several lines: each is shown with the time, as dmesg(1). */
static void log_see(void *opaque, const struct introspect_log_record *rec)
{
	struct record *r = opaque;
	const char *text = rec->text;
	size_t len;

	if (r->json) {
		record_number(r, "seq", 0, (int64_t)rec->seq);
		record_number(r, "ns", 0, (int64_t)rec->ns);
		record_number(r, "level", 0, rec->level);
		record_number(r, "facility", 0, rec->facility);
		record_text(r, "text", 0, text);
		record_row(r);
		return;
	}
	do {
		len = strcspn(text, "\n");
		log_text(r, rec, text, len);
		text += len;
	} while (*text++ && *text);
}

static int cmd_dmesg(struct session *s, const char *args, FILE *out)
{
	struct record r;
	unsigned int lost = 0;
	int err;

	record_begin(&r, s, out);
	err = introspect_log(session_introspect(s), log_see, &r, &lost);
	if (err)
		record_note(&r, "no log is found in the kernel (yet): %s",
			    strerror(-err));
	else if (lost)
		record_note(&r, "%u records cannot be read", lost);
	record_end(&r);
	return err;
}

/* --- tasks ------------------------------------------------------------------- */

static void task_note(struct record *r, int err)
{
	if (err)
		record_note(r, "the list of tasks is not complete: %s",
			    err == -ENOENT ? "no BTF, or no task yet"
					   : strerror(-err));
}

static int cmd_ps(struct session *s, const char *args, FILE *out)
{
	struct introspect_task *tasks;
	struct record r;
	unsigned int nr;
	int err = introspect_task_list(session_introspect(s), &tasks, &nr);

	record_begin(&r, s, out);
	for (unsigned int i = 0; i < nr; i++) {
		const struct introspect_task *t = &tasks[i];
		char state[3] = { t->state, t->on_cpu ? '+' : '\0' };
		char comm[20];

		record_number(&r, "pid", 7, t->pid);
		record_number(&r, "tgid", 7, t->tgid);
		record_number(&r, "ppid", 7, t->ppid);
		record_number(&r, "cpu", 3, t->cpu);
		record_text(&r, "state", -5, state);
		record_number(&r, "ms", 9, (int64_t)(t->ns / 1000000));
		record_hex(&r, "task", t->va);
		record_hex(&r, "stack", t->stack);
		snprintf(comm, sizeof(comm), t->kthread ? "[%s]" : "%s",
			 t->comm);
		record_text(&r, "comm", -1, comm);
		record_row(&r);
	}
	task_note(&r, err);
	record_end(&r);
	free(tasks);
	return err;
}

/* --- stacks ------------------------------------------------------------------ */

static const char *const frame_notes[] = {
	[INTROSPECT_FRAME_PC] = "",
	[INTROSPECT_FRAME_CALL] = "",
	[INTROSPECT_FRAME_EXCEPTION] = "interrupted here",
	[INTROSPECT_FRAME_MAYBE] = "? from LR, may be old",
	[INTROSPECT_FRAME_USER] = "EL0",
};

static void frame_row(struct record *r, struct session *s, int number,
		      const struct introspect_frame *f)
{
	bool is_return = f->kind == INTROSPECT_FRAME_CALL ||
			 f->kind == INTROSPECT_FRAME_MAYBE;
	const char *note = frame_notes[f->kind];
	struct introspect_symbol sym;

	if (!introspect_symbol_by_address(session_introspect(s), f->pc, &sym) &&
	    !strcmp(sym.name, "call_on_irq_stack"))
		note = "on the IRQ stack up to here";
	record_number(r, "#", 3, number);
	record_hex(r, "pc", f->pc);
	record_text(r, "note", -22, note);
	record_symbol(r, s, "function", f->pc, is_return);
	record_row(r);
}

static void frames_show(struct record *r, struct session *s,
			const struct guest_regs *regs)
{
	struct introspect_frame frames[MAX_FRAMES];
	int why, nr = introspect_backtrace(session_introspect(s), regs, frames,
					   MAX_FRAMES, &why);

	for (int i = 0; i < nr; i++)
		frame_row(r, s, i, &frames[i]);
	if (why)
		record_note(r, "%s: the stack cannot be read to its end: %s",
			    r->title,
			    why == -ELOOP ? "its frames form a circle"
					  : "a frame pointer leads nowhere");
}

static int bt_cpu(struct record *r, struct session *s, unsigned int vcpu)
{
	struct guest_regs regs;
	char comm[20] = "?";
	int pid = -1, err;

	if (vcpu >= session_guest(s)->nr_vcpus) {
		record_note(r, "no CPU %u", vcpu);
		return -EINVAL;
	}
	if (!session_guest(s)->ops->vcpu_online(session_guest(s), vcpu)) {
		record_note(r, "CPU %u is off", vcpu);
		return 0;
	}
	introspect_current(session_introspect(s), vcpu, comm, sizeof(comm),
			   &pid);
	record_title(r, "CPU %u: pid %d %s", vcpu, pid, comm);
	err = view_regs_get(&s->view, vcpu, GUEST_REG_ALL, &regs);
	if (err)
		record_note(r, "CPU %u: %s", vcpu, strerror(-err));
	else
		frames_show(r, s, &regs);
	return err;
}

static int bt_task(struct record *r, struct session *s,
		   const struct introspect_task *t)
{
	struct guest *g = session_guest(s);
	struct guest_regs regs;
	va_t task;
	int err;

	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		if (g->ops->vcpu_online(g, i) &&
		    !introspect_current_task(session_introspect(s), i, &task) &&
		    task == t->va)
			return bt_cpu(r, s, i);
	record_title(r, "pid %d %s, state %c", t->pid, t->comm, t->state);
	err = introspect_task_regs(session_introspect(s), t->va, &regs);
	if (err)
		record_note(r, "pid %d: no saved registers: %s", t->pid,
			    strerror(-err));
	else
		frames_show(r, s, &regs);
	return err;
}

/* The tasks that the word selects: a pid or address, "all", "blocked". */
static bool selects(const char *word, const struct introspect_task *t)
{
	uint64_t n;

	if (number_parse(word, NULL, &n))
		return t->va == n || (uint64_t)t->pid == n;
	return !strcmp(word, "all") ||
	       (!strcmp(word, "blocked") && t->state == 'D');
}

static int bt_tasks(struct record *r, struct session *s, const char *word)
{
	struct introspect_task *tasks;
	unsigned int nr, found = 0;
	int err = introspect_task_list(session_introspect(s), &tasks, &nr);

	task_note(r, err);
	for (unsigned int i = 0; i < nr; i++) {
		/* CPU 1's idle task has pid 0, too; 0 is that of CPU 0. */
		if (!selects(word, &tasks[i]) || (found && !strcmp(word, "0")))
			continue;
		found++;
		bt_task(r, s, &tasks[i]);
	}
	free(tasks);
	if (!found && strcmp(word, "blocked")) {
		record_note(r,
			    "no task %s: give a pid, the address of a "
			    "task_struct, \"cpu N\", \"all\" or \"blocked\"",
			    word);
		return err ? err : -EINVAL;
	}
	if (!found)
		record_note(r, "no task is blocked");
	return err;
}

static int cmd_bt(struct session *s, const char *args, FILE *out)
{
	struct record r;
	uint64_t vcpu = session_vcpu(s);
	int err;

	record_begin(&r, s, out);
	if (!*args || (!strncmp(args, "cpu ", 4) &&
		       number_in(args + 4, 0, UINT32_MAX, &vcpu)))
		err = bt_cpu(&r, s, (unsigned int)vcpu);
	else
		err = bt_tasks(&r, s, args);
	record_end(&r);
	return err;
}

/* --- modules ------------------------------------------------------------------ */

/* The names of the modules that use this one, as lsmod(8) shows them. */
static void users_add(struct introspect *in, va_t module, char *text,
		      size_t size)
{
	uint32_t head, node, name_at;
	struct introspect_list l;
	char name[64];
	va_t at, user;

	*text = '\0';
	if (introspect_offset(in, "module", "source_list", &head) ||
	    introspect_offset(in, "module", "name", &name_at) ||
	    introspect_offset(in, "module_use", "source_list", &node))
		return;
	introspect_list_init(&l, module + head);
	while (introspect_list_next(in, &l, &at) > 0) {
		size_t len = strlen(text);

		if (introspect_get(in, "module_use", at - node, "source",
				   &user) ||
		    introspect_read(in, user + name_at, name, sizeof(name) - 1))
			continue;
		name[sizeof(name) - 1] = '\0';
		snprintf(text + len, size - len, "%s%s", len ? "," : "", name);
	}
}

static void module_row(struct record *r, struct session *s,
		       const struct introspect_module *m)
{
	struct introspect *in = session_introspect(s);
	uint64_t refs;
	char users[512];

	record_text(r, "module", -24, m->name);
	record_hex(r, "text", m->text);
	record_number(r, "text size", 9, (int64_t)m->size);
	/* The kernel itself holds one reference (MODULE_REF_BASE). */
	if (!introspect_get(in, "module", m->va, "refcnt.counter", &refs))
		record_number(r, "refs", 4, (int64_t)refs - 1);
	users_add(in, m->va, users, sizeof(users));
	record_text(r, "used by", -1, users);
	record_row(r);
}

static int cmd_lsmod(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	int nr = introspect_modules_refresh(in);
	struct record r;

	record_begin(&r, s, out);
	if (nr < 0)
		record_note(&r, "the list of modules cannot be read (yet): %s",
			    strerror(-nr));
	for (int i = 0; i < nr; i++)
		module_row(&r, s, introspect_module(in, (unsigned int)i));
	record_end(&r);
	return nr < 0 ? nr : 0;
}

static const struct introspect_module *module_named(struct introspect *in,
						    const char *name)
{
	int nr = introspect_modules_refresh(in);

	for (int i = 0; i < nr; i++) {
		const struct introspect_module *m =
			introspect_module(in, (unsigned int)i);

		if (!strcmp(m->name, name))
			return m;
	}
	return NULL;
}

static int cmd_mod(struct session *s, const char *args, FILE *out)
{
	const struct introspect_module *m =
		module_named(session_introspect(s), args);
	char id[2 * 32 + 1] = "";
	struct record r;

	if (!m) {
		fprintf(out, "no module \"%s\": lsmod lists them\n", args);
		return -ENOENT;
	}
	for (size_t i = 0; i < m->build_id_size && i < 32; i++)
		snprintf(id + 2 * i, 3, "%02x", m->build_id[i]);
	record_begin(&r, s, out);
	record_title(&r, "%s: struct module at 0x%" PRIx64 ", build-id %s",
		     m->name, m->va, *id ? id : "not known");
	for (unsigned int i = 0; i < m->nr_sections; i++) {
		record_text(&r, "section", -32, m->sections[i].name);
		record_hex(&r, "address", m->sections[i].va);
		record_row(&r);
	}
	record_end(&r);
	return 0;
}

static int cmd_cmdline(struct session *s, const char *args, FILE *out)
{
	char line[2049];
	struct record r;
	int err = introspect_command_line(session_introspect(s), line,
					  sizeof(line));

	record_begin(&r, s, out);
	if (err) {
		record_note(&r, "no command line is found (yet)");
	} else {
		record_text(&r, "command line", -1, line);
		record_row(&r);
	}
	record_end(&r);
	return err;
}

static int cmd_vmcoreinfo(struct session *s, const char *args, FILE *out)
{
	struct introspect *in = session_introspect(s);
	bool made = !strcmp(args, "made");
	char *text;
	int err;

	if (*args && !made) {
		fprintf(out, "usage: monitor vmcoreinfo [made]\n");
		return -EINVAL;
	}
	err = made ? introspect_vmcoreinfo_made(in, &text)
		   : introspect_vmcoreinfo(in, &text);
	if (err) {
		fprintf(out, "the kernel's addresses are not known (yet)\n");
		return err;
	}
	fputs(text, out);
	free(text);
	return 0;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "dmesg", "[--json]", "the kernel's log, also before a console is up\n"
	  "dmesg\ndmesg --json", SESSION_LINUX, cmd_dmesg },
	{ "log", "[--json]", "the same as dmesg\nlog --json", SESSION_LINUX,
	  cmd_dmesg },
	{ "ps", "[--json]", "all tasks; a + after the state: on a CPU now\n"
	  "ps", SESSION_LINUX, cmd_ps },
	{ "bt", "[PID|TASK|cpu N|all|blocked] [--json]",
	  "kernel stacks, across exceptions and the IRQ stack\n"
	  "bt\nbt cpu 1\nbt 1\nbt blocked --json", SESSION_LINUX, cmd_bt },
	{ "lsmod", "[--json]", "loaded modules and their users\n"
	  "lsmod", SESSION_LINUX, cmd_lsmod },
	{ "mod", "MODULE [--json]", "sections and build-id of a module\n"
	  "mod virtio_blk", SESSION_LINUX, cmd_mod },
	{ "cmdline", "[--json]", "the kernel's command line\n"
	  "cmdline", SESSION_LINUX, cmd_cmdline },
	{ "vmcoreinfo", "[made]",
	  "VMCOREINFO, for crash and drgn; made: as made here if the kernel died "
	  "before it had one\n"
	  "vmcoreinfo\nvmcoreinfo made", SESSION_LINUX, cmd_vmcoreinfo },
};
/* clang-format on */

int session_commands_linux(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
