// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_sections.c - the tables of a report
 *
 * The size of each table is bounded: a hostile guest may have any number of
 * tasks, modules and log records.
 */
#include "hang.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/text.h>
#include <trapline/util.h>

#define TEXT_MAX     600
#define CODE_BEFORE  12U
#define CODE_AFTER   4U
#define MAX_BLOCKED  64U
#define MAX_SAME     3 /* more frames with the same PC share one line */
#define MAX_STACK    12 /* functions of a blocked task */
#define MAX_MODULES  512
#define LOG_LINES    80U
#define MEMORY_BYTES 32U

/* --- facts -----------------------------------------------------------------*/

static void fact(struct crash *c, struct doc_table *t, const char *name,
		 const char *value)
{
	doc_cell(c->d, t, "%s", name);
	doc_cell(c->d, t, "%s", value);
}

static void hex_text(const uint8_t *data, size_t size, char *buf,
		     size_t buf_size)
{
	*buf = '\0';
	for (size_t i = 0; i < size && 2 * i + 3 <= buf_size; i++)
		snprintf(buf + 2 * i, 3, "%02x", data[i]);
}

static void kernel_facts(struct crash *c, struct doc_table *t)
{
	const uint8_t *id;
	char text[2049];
	size_t n;
	va_t va;

	fact(c, t, "kernel", introspect_banner(c->in));
	n = introspect_build_id(c->in, &id);
	hex_text(id, n, text, sizeof(text));
	fact(c, t, "build-id", n ? text : "not known");
	if (!introspect_command_line(c->in, text, sizeof(text)))
		fact(c, t, "command line", text);
	if (!introspect_text_va(c->in, &va)) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, va);
		fact(c, t, "_text", text);
	} else {
		doc_note(c->d, "virtual addresses: the page tables of the "
			       "kernel were not found");
	}
}

static void crash_facts(struct crash *c, struct doc_table *t)
{
	char text[TEXT_MAX];
	size_t n;
	va_t pc;

	if (crash_pc(c, &pc)) {
		crash_place(c, pc, text, sizeof(text));
		fact(c, t, "at", text);
	}
	if (c->has_esr) {
		n = (size_t)snprintf(text, sizeof(text), "0x%08" PRIx64 ": ",
				     c->esr);
		crash_esr_text(c->esr, text + n, sizeof(text) - n);
		fact(c, t, "ESR_EL1", text);
	}
	if (c->has_far) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, c->far);
		fact(c, t, "FAR_EL1", text);
	} else if (c->has_access && c->kind >= CRASH_NULL &&
		   c->kind <= CRASH_READ) {
		snprintf(text, sizeof(text),
			 "0x%016" PRIx64 ", from the instruction and its "
			 "registers",
			 c->addr);
		fact(c, t, "address", text);
	}
	if (c->has_regs && c->linux_found) {
		snprintf(text, sizeof(text), "EL%u, interrupts %s",
			 (unsigned int)FIELD_GET(PSTATE_EL, c->regs.pstate),
			 c->regs.pstate & PSTATE_I ? "off" : "on");
		fact(c, t, "state", text);
	}
}

static void facts(struct crash *c)
{
	static const struct doc_column columns[] = { { "what", DOC_TEXT },
						     { "value", DOC_TEXT } };
	struct doc_table *t =
		doc_table(c->d, "facts", "Facts", columns, ARRAY_SIZE(columns));
	const struct guest_stop *stop = guest_last_stop(c->g);
	uint64_t size = 0;
	char text[TEXT_MAX];

	crash_facts(c, t);
	if (c->linux_found)
		kernel_facts(c, t);
	else if (introspect_not_understood(c->in, text, sizeof(text)))
		doc_note(c->d, "%s", text);
	else
		doc_note(c->d, "no Linux kernel was found: tasks, modules and "
			       "the log are unknown");
	for (unsigned int i = 0; i < c->g->nr_ram; i++)
		size += c->g->ram[i].size;
	snprintf(text, sizeof(text), "%u CPU%s, %" PRIu64 " MiB of RAM",
		 c->g->nr_vcpus, c->g->nr_vcpus == 1 ? "" : "s",
		 (uint64_t)(size / SZ_1M));
	fact(c, t, "machine", text);
	if (stop)
		fact(c, t, "stop",
		     stop->text[0] ? stop->text : guest_stop_text(stop->kind));
}

/* --- code and registers ----------------------------------------------------*/

static void code(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "mark", DOC_TEXT },
		{ "address", DOC_HEX },
		{ "symbol", DOC_TEXT },
		{ "instruction", DOC_TEXT },
	};
	struct introspect_symbol sym;
	struct doc_table *t;
	uint64_t before;
	unsigned int nr;
	va_t pc, va;

	if (!crash_pc(c, &pc) || pc % INSN_SIZE || c->regs.pstate & PSTATE_nRW)
		return;
	t = doc_table(c->d, "code", "Code", columns, ARRAY_SIZE(columns));
	before = min(pc % SZ_4K, (va_t)CODE_BEFORE * INSN_SIZE);
	if (!introspect_symbol_by_address(c->in, pc, &sym))
		before = min(before, pc - sym.va);
	/* The addresses may wrap: count the lines. */
	nr = (unsigned int)(before / INSN_SIZE) + 1 + CODE_AFTER;
	for (va = pc - before; nr--; va += INSN_SIZE) {
		char text[TEXT_MAX] = "", place[TEXT_MAX] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");
		int err = out ? session_insn(c->s, va, out) : -ENOMEM;

		if (out)
			fclose(out);
		if (err) {
			doc_note(c->d, "code at 0x%016" PRIx64 ": not mapped",
				 va);
			break;
		}
		if (!introspect_symbol_by_address(c->in, va, &sym))
			snprintf(place, sizeof(place), "%s+0x%" PRIx64,
				 sym.name, va - sym.va);
		doc_cell(c->d, t, "%s", va == pc ? "=>" : "");
		doc_cell(c->d, t, "0x%016" PRIx64, va);
		doc_cell(c->d, t, "%s", place);
		doc_cell(c->d, t, "%s", text);
	}
}

static void registers(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "register", DOC_TEXT },
		{ "value", DOC_HEX },
		{ "points_at", DOC_TEXT },
	};
	struct doc_table *t;

	if (!c->has_regs)
		return;
	t = doc_table(c->d, "registers", "Registers", columns,
		      ARRAY_SIZE(columns));
	for (unsigned int i = 0; i < 34; i++) {
		static const char *const others[] = { "sp", "pc", "pstate" };
		uint64_t value = i < 31    ? c->regs.x[i]
				 : i == 31 ? c->regs.sp
				 : i == 32 ? c->regs.pc
					   : c->regs.pstate;
		char text[TEXT_MAX] = "";

		if (i < 33 && c->linux_found)
			crash_value_text(c, value, text, sizeof(text));
		if (i < 31)
			doc_cell(c->d, t, "x%u", i);
		else
			doc_cell(c->d, t, "%s", others[i - 31]);
		doc_cell(c->d, t, "0x%016" PRIx64, value);
		doc_cell(c->d, t, "%s", text);
	}
}

static uint64_t register_of(const struct crash *c, unsigned int i)
{
	return i < 31 ? c->regs.x[i] : c->regs.sp;
}

/*
 * Name all registers with the value of register i. false: a register before i
 * has this value.
 */
static bool names_of(const struct crash *c, unsigned int i, char *buf,
		     size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (unsigned int n = 0; n < 32 && len < size; n++) {
		if (register_of(c, n) != register_of(c, i))
			continue;
		if (n < i)
			return false;
		if (n < 31)
			len += (size_t)snprintf(buf + len, size - len, "%sx%u",
						len ? " " : "", n);
		else
			len += (size_t)snprintf(buf + len, size - len, "%ssp",
						len ? " " : "");
	}
	return true;
}

static void memory_row(struct crash *c, struct doc_table *t, const char *names,
		       va_t va)
{
	uint8_t data[MEMORY_BYTES];
	char bytes[3 * MEMORY_BYTES] = "", text[MEMORY_BYTES + 1] = "";
	size_t len = 0;

	if (introspect_read(c->in, va, data, sizeof(data)))
		return;
	for (unsigned int i = 0; i < MEMORY_BYTES; i++) {
		len += (size_t)snprintf(bytes + len, sizeof(bytes) - len,
					"%s%02x", i && i % 8 == 0 ? " " : "",
					data[i]);
		text[i] = text_is_printable((char)data[i]) ? (char)data[i]
							   : '.';
	}
	doc_cell(c->d, t, "%s", names);
	doc_cell(c->d, t, "0x%016" PRIx64, va);
	doc_cell(c->d, t, "%s", bytes);
	doc_cell(c->d, t, "%s", text);
}

/* The first bytes of the memory that the registers point to. */
static void memory(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "registers", DOC_TEXT },
		{ "address", DOC_HEX },
		{ "bytes", DOC_TEXT },
		{ "characters", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "memory",
					"Memory at the registers", columns,
					ARRAY_SIZE(columns));

	for (unsigned int i = 0; i < 32; i++) {
		char names[160];

		if (!crash_is_low(register_of(c, i)) &&
		    names_of(c, i, names, sizeof(names)))
			memory_row(c, t, names, register_of(c, i));
	}
}

/* --- stacks ----------------------------------------------------------------*/

static const char *const frame_notes[] = {
	[INTROSPECT_FRAME_PC] = "",
	[INTROSPECT_FRAME_CALL] = "",
	[INTROSPECT_FRAME_EXCEPTION] = "interrupted",
	[INTROSPECT_FRAME_MAYBE] = "?",
	[INTROSPECT_FRAME_USER] = "EL0",
};

static void frame_cells(struct crash *c, struct doc_table *t, int number,
			const struct introspect_frame *f, int times)
{
	struct introspect_symbol sym;
	char text[TEXT_MAX] = "";

	if (*crash_frame_symbol(c, f, &sym))
		snprintf(text, sizeof(text),
			 "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", sym.name,
			 f->pc - sym.va, sym.size, *sym.module ? " [" : "",
			 sym.module, *sym.module ? "]" : "");
	doc_cell(c->d, t, "%d", number);
	doc_cell(c->d, t, "0x%016" PRIx64, f->pc);
	if (times)
		doc_cell(c->d, t, "%d times", times);
	else
		doc_cell(c->d, t, "%s", frame_notes[f->kind]);
	doc_cell(c->d, t, "%s", text);
}

static const char *stack_reason(int why)
{
	return why == -ELOOP ? "its frames form a circle"
			     : "a frame pointer is invalid";
}

/* Count the frames from i on that have the same PC: a recursion. */
static int same_frames(const struct crash *c, int i)
{
	int n = 1;

	while (i + n < c->nr_frames && c->frames[i + n].pc == c->frames[i].pc)
		n++;
	return n;
}

static void stack(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "frame", DOC_NUMBER },
		{ "pc", DOC_HEX },
		{ "note", DOC_TEXT },
		{ "function", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "stack",
					c->hang && c->hang->kind
						? "Stack of the hang"
						: "Stack of the crash",
					columns, ARRAY_SIZE(columns));

	for (int i = 0; i < c->nr_frames; i++) {
		int n = same_frames(c, i);

		frame_cells(c, t, i, &c->frames[i], n > MAX_SAME ? n : 0);
		if (n > MAX_SAME)
			i += n - 1;
	}
	if (c->why)
		doc_note(c->d, "the end of the stack of the crash: %s",
			 stack_reason(c->why));
	if (c->nr_frames == CRASH_FRAMES)
		doc_note(c->d, "more than %d frames of the stack of the crash",
			 CRASH_FRAMES);
}

static void cpu_stack(struct crash *c, struct doc_table *t, unsigned int vcpu)
{
	struct introspect_frame frames[CRASH_FRAMES];
	struct guest_regs regs;
	int nr, why;

	if (c->g->ops->regs_get(c->g, vcpu, &regs))
		return;
	nr = introspect_backtrace(c->in, &regs, frames, CRASH_FRAMES, &why);
	for (int i = 0; i < nr; i++) {
		doc_cell(c->d, t, "%u", vcpu);
		frame_cells(c, t, i, &frames[i], 0);
	}
	if (why)
		doc_note(c->d, "the end of the stack of CPU %u: %s", vcpu,
			 stack_reason(why));
}

static void cpu_row(struct crash *c, struct doc_table *t, unsigned int vcpu)
{
	char comm[20] = "", place[TEXT_MAX] = "";
	struct guest_regs regs;
	int pid = -1;

	doc_cell(c->d, t, "%u", vcpu);
	if (!c->g->ops->vcpu_online(c->g, vcpu) ||
	    c->g->ops->regs_get(c->g, vcpu, &regs)) {
		doc_cell(c->d, t, "%s", "");
		doc_cell(c->d, t, "%s", "");
		doc_cell(c->d, t, "off");
		doc_cell(c->d, t, "%s", "");
		return;
	}
	if (c->linux_found)
		introspect_current(c->in, vcpu, comm, sizeof(comm), &pid);
	crash_place(c, regs.pc, place, sizeof(place));
	if (pid >= 0)
		doc_cell(c->d, t, "%d", pid);
	else
		doc_cell(c->d, t, "%s", "");
	doc_cell(c->d, t, "%s", comm);
	doc_cell(c->d, t, "EL%u%s",
		 (unsigned int)FIELD_GET(PSTATE_EL, regs.pstate),
		 regs.pstate & PSTATE_I ? ", IRQs off" : "");
	doc_cell(c->d, t, "%s", place);
}

static void cpus(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "cpu", DOC_NUMBER }, { "pid", DOC_NUMBER },
		{ "comm", DOC_TEXT },  { "state", DOC_TEXT },
		{ "at", DOC_TEXT },
	};
	static const struct doc_column stacks[] = {
		{ "cpu", DOC_NUMBER },    { "frame", DOC_NUMBER },
		{ "pc", DOC_HEX },        { "note", DOC_TEXT },
		{ "function", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "cpus", "Every CPU", columns,
					ARRAY_SIZE(columns));

	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		cpu_row(c, t, i);
	if (!c->linux_found)
		return;
	t = doc_table(c->d, "cpu_stacks", "Stack of every CPU", stacks,
		      ARRAY_SIZE(stacks));
	for (unsigned int i = 0; i < c->g->nr_vcpus; i++)
		if (c->g->ops->vcpu_online(c->g, i))
			cpu_stack(c, t, i);
}

/* --- the page walk ---------------------------------------------------------*/

static void walk(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "level", DOC_NUMBER },
		{ "at_ipa", DOC_HEX },
		{ "descriptor", DOC_HEX },
		{ "meaning", DOC_TEXT },
	};
	struct stage1_step steps[STAGE1_MAX_STEPS];
	struct stage1_mapping map;
	struct stage1_regs regs;
	struct doc_table *t;
	unsigned int nr = 0;
	uint64_t mair = 0;

	if (c->kind < CRASH_NULL || c->kind > CRASH_READ ||
	    (!c->has_far && !c->has_access))
		return;
	if (introspect_stage1_regs(c->in, c->vcpu, &regs)) {
		doc_note(c->d, "the page walk: no tables are known");
		return;
	}
	c->g->ops->sysreg_get(c->g, c->vcpu, GUEST_MAIR_EL1, &mair);
	stage1_walk_steps(c->g, &regs, c->has_far ? c->far : c->addr, steps,
			  &nr, &map);
	t = doc_table(c->d, "walk", "Page walk of the address", columns,
		      ARRAY_SIZE(columns));
	for (unsigned int i = 0; i < nr; i++) {
		bool leaf = i + 1 == nr && (steps[i].level == 3 ||
					    !(steps[i].desc & DESC_TABLE));
		char *text = session_descriptor(&steps[i], leaf, mair);

		doc_cell(c->d, t, "%d", steps[i].level);
		doc_cell(c->d, t, "0x%016" PRIx64, steps[i].at);
		doc_cell(c->d, t, "0x%016" PRIx64, steps[i].desc);
		doc_cell(c->d, t, "%s", text ? text : "");
		free(text);
	}
	if (!nr)
		doc_note(c->d, "the page walk: the address belongs to neither "
			       "table");
}

/* --- tasks -----------------------------------------------------------------*/

struct group {
	char stack[TEXT_MAX];
	char tasks[TEXT_MAX];
	unsigned int nr;
};

static void stack_line(struct crash *c, const struct introspect_task *task,
		       char *buf, size_t size)
{
	struct introspect_frame frames[MAX_STACK];
	struct introspect_symbol sym;
	struct guest_regs regs;
	size_t len = 0;
	int nr, why;

	*buf = '\0';
	if (introspect_task_regs(c->in, task->va, &regs))
		return;
	nr = introspect_backtrace(c->in, &regs, frames, MAX_STACK, &why);
	for (int i = 0; i < nr && len < size; i++) {
		const char *name = crash_frame_symbol(c, &frames[i], &sym);

		if (!*name || frames[i].kind == INTROSPECT_FRAME_MAYBE)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					len ? " < " : "", name);
	}
}

/* Tasks with the same stack share a row. */
static void blocked_add(struct crash *c, const struct introspect_task *task,
			struct group *groups, unsigned int *nr)
{
	char stack[TEXT_MAX];
	unsigned int i;
	size_t len;

	stack_line(c, task, stack, sizeof(stack));
	for (i = 0; i < *nr && strcmp(groups[i].stack, stack); i++)
		;
	if (i == MAX_BLOCKED)
		return;
	if (i == *nr)
		++*nr;
	snprintf(groups[i].stack, sizeof(groups[i].stack), "%s", stack);
	groups[i].nr++;
	len = strlen(groups[i].tasks);
	snprintf(groups[i].tasks + len, sizeof(groups[i].tasks) - len,
		 "%s%d %s", len ? ", " : "", task->pid, task->comm);
}

static void blocked(struct crash *c)
{
	static const struct doc_column columns[] = { { "number", DOC_NUMBER },
						     { "tasks", DOC_TEXT },
						     { "stack", DOC_TEXT } };
	struct group *groups = calloc(MAX_BLOCKED, sizeof(*groups));
	struct introspect_task *tasks;
	unsigned int nr, nr_groups = 0;
	struct doc_table *t;
	int err = introspect_task_list(c->in, &tasks, &nr);

	if (err)
		doc_note(c->d, "the list of tasks: %s",
			 err == -ENOENT ? "no BTF, or no task yet"
					: strerror(-err));
	for (unsigned int i = 0; groups && i < nr; i++)
		if (tasks[i].state == 'D')
			blocked_add(c, &tasks[i], groups, &nr_groups);
	free(tasks);
	t = doc_table(c->d, "blocked", "Blocked tasks", columns,
		      ARRAY_SIZE(columns));
	for (unsigned int i = 0; i < nr_groups; i++) {
		doc_cell(c->d, t, "%u", groups[i].nr);
		doc_cell(c->d, t, "%s", groups[i].tasks);
		doc_cell(c->d, t, "%s", groups[i].stack);
	}
	if (!groups)
		c->d->err = -ENOMEM;
	free(groups);
}

/* --- the log ---------------------------------------------------------------*/

struct log {
	char *line[LOG_LINES]; /* a ring */
	uint64_t nr;
};

static void log_line(struct log *log, uint64_t ns, const char *text, size_t len)
{
	char **at = &log->line[log->nr++ % LOG_LINES];

	free(*at);
	if (asprintf(at, "[%5" PRIu64 ".%06" PRIu64 "] %.*s", ns / 1000000000,
		     ns / 1000 % 1000000, (int)min(len, (size_t)1024),
		     text) < 0)
		*at = NULL;
}

static void log_see(void *opaque, const struct introspect_log_record *r)
{
	const char *text = r->text;

	do {
		size_t len = strcspn(text, "\n");

		log_line(opaque, r->ns, text, len);
		text += len;
	} while (*text++ && *text);
}

static void log_tail(struct crash *c)
{
	static const struct doc_column columns[] = { { "line", DOC_TEXT } };
	struct log log = { .nr = 0 };
	unsigned int lost = 0;
	struct doc_table *t;
	int err = introspect_log(c->in, log_see, &log, &lost);

	if (err)
		doc_note(c->d, "the kernel's log: %s", strerror(-err));
	if (lost)
		doc_note(c->d, "%u records of the kernel's log", lost);
	t = doc_table(c->d, "log", "End of the log", columns,
		      ARRAY_SIZE(columns));
	for (unsigned int i = 0; i < LOG_LINES; i++) {
		char **at = &log.line[(log.nr + i) % LOG_LINES];

		if (*at)
			doc_cell(c->d, t, "%s", *at);
		free(*at);
	}
}

/* --- modules ---------------------------------------------------------------*/

static void modules(struct crash *c)
{
	static const struct doc_column columns[] = {
		{ "module", DOC_TEXT },
		{ "text", DOC_HEX },
		{ "size", DOC_NUMBER },
		{ "build_id", DOC_TEXT },
	};
	struct doc_table *t = doc_table(c->d, "modules", "Modules", columns,
					ARRAY_SIZE(columns));
	int nr = introspect_modules_refresh(c->in);

	if (nr < 0)
		doc_note(c->d, "the list of modules: %s", strerror(-nr));
	if (nr > MAX_MODULES)
		doc_note(c->d, "%d more modules", nr - MAX_MODULES);
	for (int i = 0; i < min(nr, MAX_MODULES); i++) {
		const struct introspect_module *m =
			introspect_module(c->in, (unsigned int)i);
		char id[48];

		hex_text(m->build_id, m->build_id_size, id, sizeof(id));
		doc_cell(c->d, t, "%s", m->name);
		doc_cell(c->d, t, "0x%016" PRIx64, m->text);
		doc_cell(c->d, t, "%" PRIu64, m->size);
		doc_cell(c->d, t, "%s", id);
	}
}

void crash_sections(struct crash *c)
{
	facts(c);
	hang_sections(c);
	code(c);
	if (c->linux_found)
		stack(c);
	registers(c);
	if (c->has_regs && c->linux_found)
		memory(c);
	if (c->has_regs && c->linux_found)
		crash_objects(c);
	walk(c);
	cpus(c);
	if (!c->linux_found)
		return;
	blocked(c);
	log_tail(c);
	modules(c);
}
