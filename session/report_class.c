// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_class.c - the kind of a crash, its titles and its signature
 *
 * A title has the format of syzkaller's titles, which many users know: the
 * kind, and the first function that is not a helper. Helpers are functions that
 * every part of the kernel calls.
 *
 * The signature is a hash of the kind and of the names of a few functions.
 * Addresses, offsets, numbers, CPUs and tasks are not part of it. So the same
 * bug has the same signature in another build, on another machine and at
 * another time, unless the compiler inlines other functions.
 */
#include "hang.h"

#include <inttypes.h>
#include <string.h>
#include <trapline/util.h>

#define SIGNATURE_FRAMES 3
#define OVERFLOW_FRAMES  16 /* frames that may be part of the recursion */

#define EC_IABT_CUR 0x21
#define EC_DABT_CUR 0x25
#define BRK_BUG     0x800 /* BUG_BRK_IMM */
#define INSN_BUG    (0xd4200000U | BRK_BUG << 5) /* BRK #BRK_BUG */

#define FSC       GENMASK_ULL(5, 0)
#define FSC_ALIGN 0x21

static const struct {
	const char *type, *title, *also; /* %s is the function */
} kinds[] = {
	[CRASH_NONE] = { "stop", "stopped in %s", "" },
	[CRASH_NULL] = { "null-dereference",
			 "BUG: unable to handle kernel NULL pointer "
			 "dereference in %s",
			 "bad-access in %s" },
	[CRASH_PAGING] = { "paging-request",
			   "BUG: unable to handle kernel paging request in %s",
			   "bad-access in %s" },
	[CRASH_USER] = { "user-access",
			 "BUG: unable to handle kernel access to user memory "
			 "in %s",
			 "bad-access in %s" },
	[CRASH_WRITE_RO] = { "read-only-write",
			     "BUG: unable to handle kernel write to read-only "
			     "memory in %s",
			     "bad-access in %s" },
	[CRASH_EXEC] = { "no-execute",
			 "BUG: unable to handle kernel execute from "
			 "non-executable memory in %s",
			 "bad-access in %s" },
	[CRASH_READ] = { "no-read",
			 "BUG: unable to handle kernel read from unreadable "
			 "memory in %s",
			 "bad-access in %s" },
	[CRASH_BUG] = { "bug", "kernel BUG in %s", "" },
	[CRASH_STACK] = { "stack-overflow", "kernel stack overflow in %s",
			  "stack-overflow in %s" },
	[CRASH_SERROR] = { "serror", "SError in %s", "" },
	[CRASH_OOPS] = { "internal-error", "Internal error in %s",
			 "bad-access in %s" },
	[CRASH_WARN] = { "warning", "WARNING in %s", "" },
	[CRASH_LOCKUP] = { "soft-lockup", "BUG: soft lockup in %s",
			   "stall in %s" },
	[CRASH_HUNG] = { "hung-task", "INFO: task hung in %s", "hang in %s" },
	[CRASH_RCU] = { "rcu-stall", "INFO: rcu detected stall in %s",
			"stall in %s" },
	[CRASH_PANIC] = { "panic", "kernel panic in %s", "" },
	[CRASH_DEADLOCK] = { "deadlock", "possible deadlock in %s", "" },
	[CRASH_IRQS] = { "hard-lockup", "BUG: hard lockup in %s",
			 "stall in %s" },
	[CRASH_MEMORY] = { "memory-livelock", "INFO: OOM livelock in %s",
			   "hang in %s" },
};

/* --- the kind --------------------------------------------------------------*/

static enum crash_kind abort_kind(const struct crash *c, va_t addr,
				  uint64_t page)
{
	bool fetch = FIELD_GET(ESR_ELx_EC_MASK, c->esr) == EC_IABT_CUR;
	int level;
	enum crash_fsc fsc = crash_fsc(c->esr, &level);

	if (fsc == CRASH_FSC_OTHER && FIELD_GET(FSC, c->esr) != FSC_ALIGN)
		return CRASH_OOPS;
	if (fsc == CRASH_FSC_PERM) {
		if (crash_is_low(addr) && addr >= page)
			return CRASH_USER;
		if (fetch)
			return CRASH_EXEC;
		if (addr >= page)
			return c->is_write ? CRASH_WRITE_RO : CRASH_READ;
	}
	return addr < page ? CRASH_NULL : CRASH_PAGING;
}

/* Without ESR: what can the instruction at PC do? */
static enum crash_kind insn_kind(struct crash *c)
{
	uint32_t word;

	if (c->has_access)
		return c->addr < crash_page_size(c) ? CRASH_NULL : CRASH_PAGING;
	if (c->has_regs &&
	    view_read(&c->s->view, c->vcpu, c->regs.pc, &word, sizeof(word)) ==
		    sizeof(word) &&
	    word == INSN_BUG)
		return CRASH_BUG;
	return CRASH_OOPS;
}

static enum crash_kind fault_kind(struct crash *c)
{
	unsigned int ec = (unsigned int)FIELD_GET(ESR_ELx_EC_MASK, c->esr);

	if (!c->has_esr)
		return insn_kind(c);
	if (ec == EC_DABT_CUR && (c->has_far || c->has_access))
		return abort_kind(c, c->has_far ? c->far : c->addr,
				  crash_page_size(c));
	if (ec == EC_IABT_CUR)
		return abort_kind(c, c->has_far ? c->far : c->regs.pc,
				  crash_page_size(c));
	if (ec == ESR_ELx_EC_BRK64 &&
	    FIELD_GET(ESR_ELx_BRK64_ISS_COMMENT_MASK, c->esr) == BRK_BUG)
		return CRASH_BUG;
	return CRASH_OOPS;
}

static enum crash_kind panic_kind(const struct crash *c)
{
	static const struct {
		const char *text;
		enum crash_kind kind;
	} messages[] = {
		{ "panic_on_warn", CRASH_WARN }, { "softlockup", CRASH_LOCKUP },
		{ "Hard LOCKUP", CRASH_LOCKUP }, { "hung_task", CRASH_HUNG },
		{ "RCU Stall", CRASH_RCU },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(messages); i++)
		if (strstr(c->message, messages[i].text))
			return messages[i].kind;
	return CRASH_PANIC;
}

static enum crash_kind kind_of(struct crash *c)
{
	const char *f = c->function;

	if (!f && c->g->has_fault)
		return fault_kind(c);
	if (!f)
		return c->hang ? c->hang->kind : CRASH_NONE;
	if (!strcmp(f, "die") && strstr(c->message, "BUG"))
		return CRASH_BUG;
	if (!strcmp(f, "die"))
		return fault_kind(c);
	if (strstr(f, "bad_stack"))
		return CRASH_STACK;
	if (strstr(f, "serror"))
		return CRASH_SERROR;
	return strstr(f, "unhandled") ? CRASH_OOPS : panic_kind(c);
}

/* --- names -----------------------------------------------------------------*/

/*
 * The functions that do not identify a bug: functions that report a crash,
 * helpers that everything calls, and functions that wait. "name*" stands for
 * every name that begins so.
 */
static const char *const helpers[] = {
	/* Functions that report a crash. */
	"die",
	"panic",
	"vpanic",
	"nmi_panic",
	"panic_bad_stack",
	"handle_bad_stack",
	"check_panic_on_warn",
	"__warn",
	"warn_slowpath_*",
	"report_bug*",
	"__report_bug*",
	"call_el1_break_hook",
	"bug_handler",
	"bug_brk_handler",
	"call_break_hook",
	"brk_handler",
	"do_debug_exception",
	"do_el1_brk64",
	"el1_dbg",
	"el1_abort",
	"el1_brk64",
	"el1h_*",
	"el1t_*",
	"do_mem_abort",
	"do_page_fault",
	"do_translation_fault",
	"do_bad_area",
	"die_kernel_fault",
	"__do_kernel_fault",
	"die_at*",
	"dump_stack*",
	"show_stack*",
	"make_task_dead",
	"__bad_stack",
	"watchdog_timer_fn",
	"__stack_chk_fail",
	"rcu_check_gp_kthread*",
	"panic_on_rcu_stall",
	/* Memory and strings. */
	"memcpy*",
	"memmove*",
	"memset*",
	"memcmp*",
	"memchr*",
	"memscan*",
	"__memcpy*",
	"__memmove*",
	"__memset*",
	"__pi_mem*",
	"__pi_str*",
	"__pi___mem*",
	"strlen*",
	"strnlen*",
	"strcpy*",
	"strncpy*",
	"strscpy*",
	"strcmp*",
	"strncmp*",
	"strchr*",
	"strrchr*",
	"sized_strscpy*",
	"__arch_copy_*",
	"__arch_clear_*",
	"copy_page",
	"clear_page",
	"copy_highpage",
	"crc32*",
	/* Locks, lists and counters. */
	"_raw_spin_*",
	"_raw_read_*",
	"_raw_write_*",
	"queued_*",
	"mutex_lock*",
	"mutex_unlock*",
	"__mutex_*",
	"down_read*",
	"down_write*",
	"up_read*",
	"up_write*",
	"rwsem_*",
	"lock_*",
	"__lock_*",
	"do_raw_*",
	"__list_add_valid*",
	"__list_del_entry_valid*",
	"refcount_*",
	"kref_*",
	"rcu_read_*",
	"__ll_sc_*",
	/* Waiting. */
	"schedule*",
	"__schedule",
	"__switch_to",
	"io_schedule*",
	"preempt_schedule*",
	"wait_for_*",
	"__wait_for_*",
	"__delay",
	"__udelay",
	"__const_udelay",
	"arch_counter_get_*",
	/* Checkers. */
	"kasan_*",
	"__kasan_*",
	"__asan_*",
	"__hwasan_*",
	"kfence_*",
	"__kfence_*",
	"__ubsan_*",
	"ubsan_*",
	"fortify_panic",
	"__fortify_*",
	/* Allocators: the bug is the caller's. */
	"kfree",
	"kmem_cache_free*",
	"kmem_cache_alloc*",
	"__kmalloc*",
	"kmalloc*",
	"___slab_alloc",
	"__slab_alloc*",
	"__slab_free",
};

static bool is_helper(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(helpers); i++) {
		size_t len = strlen(helpers[i]);

		if (helpers[i][len - 1] == '*'
			    ? !strncmp(name, helpers[i], len - 1)
			    : !strcmp(name, helpers[i]))
			return true;
	}
	return false;
}

/* Copy the name without the parts that a compiler or an architecture adds. */
static void name_clean(const char *name, char *buf, size_t size)
{
	static const char *const prefixes[] = { "__arm64_", "__pi_" };

	for (unsigned int i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], len) && name[len])
			name += len;
	}
	/* ".isra.0", ".constprop.0", ".part.0", ".cold" */
	snprintf(buf, size, "%.*s", (int)strcspn(name, "."), name);
}

bool crash_name(struct crash *c, const struct introspect_frame *f, char *buf,
		size_t size)
{
	struct introspect_symbol sym;
	const char *name;

	*buf = '\0';
	if (f->kind == INTROSPECT_FRAME_MAYBE)
		return false;
	name = crash_frame_symbol(c, f, &sym);
	name_clean(name, buf, size);
	return *buf && !is_helper(buf) && !is_helper(name);
}

/* --- which frames ----------------------------------------------------------*/

/* The kernel finds these kinds in an interrupt: the bug is below it. */
static bool is_interrupted(enum crash_kind kind)
{
	return kind == CRASH_WARN || kind == CRASH_LOCKUP || kind == CRASH_RCU;
}

static void first_find(struct crash *c)
{
	if (!is_interrupted(c->kind))
		return;
	for (int i = c->first; i < c->nr_frames; i++)
		if (c->frames[i].kind == INTROSPECT_FRAME_EXCEPTION) {
			c->first = i;
			return;
		}
}

/* FNV-1a, of 64 bits */
static void hash(uint64_t *h, const char *text)
{
	do
		*h = (*h ^ (uint8_t)*text) * 0x100000001b3ULL;
	while (*text++);
}

struct names {
	char name[OVERFLOW_FRAMES][CRASH_NAME];
	unsigned int nr;
};

static void names_add(struct names *n, const char *name)
{
	for (unsigned int i = 0; i < n->nr; i++)
		if (!strcmp(n->name[i], name))
			return;
	snprintf(n->name[n->nr++], CRASH_NAME, "%.*s", CRASH_NAME - 1, name);
}

/*
 * Collect the names that make the signature. If the first one belongs to a
 * module, the functions of other modules and of the kernel do not count: how
 * the kernel calls a module differs between versions. Code that an exception
 * interrupted does not count either, because it has nothing to do with the bug.
 */
static void names_find(struct crash *c, struct names *n)
{
	bool overflow = c->kind == CRASH_STACK;
	int max = overflow ? OVERFLOW_FRAMES : SIGNATURE_FRAMES;
	int end = overflow ? min(c->first + max, c->nr_frames) : c->nr_frames;
	struct introspect_symbol sym;
	char name[CRASH_NAME], module[64] = "";

	for (int i = c->first; i < end && (int)n->nr < max; i++) {
		const struct introspect_frame *f = &c->frames[i];

		if (n->nr && (f->kind == INTROSPECT_FRAME_EXCEPTION ||
			      f->kind == INTROSPECT_FRAME_USER))
			break;
		if (!crash_name(c, f, name, sizeof(name)))
			continue;
		crash_frame_symbol(c, f, &sym);
		if (!strcmp(name, "call_on_irq_stack") ||
		    (n->nr && *module && strcmp(module, sym.module)))
			break;
		snprintf(module, sizeof(module), "%s", sym.module);
		names_add(n, name);
	}
}

/* Add the functions of all waits of a circle, always in the same order. */
static void cycle_names(struct crash *c, struct names *n)
{
	char names[SIGNATURE_FRAMES][CRASH_NAME];
	unsigned int nr = hang_cycle(c->hang, names, ARRAY_SIZE(names));

	for (unsigned int i = 0; i < nr; i++)
		names_add(n, names[i]);
}

/* --- titles ----------------------------------------------------------------*/

/* Replace the numbers in a message: they differ from crash to crash. */
static void message_clean(const char *message, char *buf, size_t size)
{
	size_t used = 0;

	while (*message && used + 5 < size) {
		bool starts = !used || !isalnum((unsigned char)message[-1]);
		size_t digits = strspn(message, "0123456789");
		size_t hex = !strncmp(message, "0x", 2)
				     ? strspn(message + 2, "0123456789abcdef")
				     : 0;

		if (starts && (hex || digits)) {
			message += hex ? hex + 2 : digits;
			used += (size_t)snprintf(buf + used, size - used, "%s",
						 hex ? "ADDR" : "NUM");
			continue;
		}
		buf[used++] = *message++;
	}
	buf[used] = '\0';
}

static void format(char *buf, size_t size, const char *text, const char *where)
{
	const char *at = strstr(text, "%s");

	if (at)
		snprintf(buf, size, "%.*s%s%s", (int)(at - text), text, where,
			 at + 2);
	else
		snprintf(buf, size, "%s", text);
}

/* Use the stack of a blocked task. The stack of the watchdog does not help. */
static void hung_find(struct crash *c)
{
	struct introspect_frame frames[CRASH_FRAMES];
	struct introspect_task *tasks;
	struct guest_regs regs;
	unsigned int nr;
	int why, n;

	introspect_task_list(c->in, &tasks, &nr);
	for (unsigned int i = 0; i < nr; i++) {
		if (tasks[i].state != 'D' ||
		    introspect_task_regs(c->in, tasks[i].va, &regs))
			continue;
		n = introspect_backtrace(c->in, &regs, frames, CRASH_FRAMES,
					 &why);
		memcpy(c->frames, frames, sizeof(frames));
		c->nr_frames = n;
		c->why = why;
		c->first = 0;
		c->pid = tasks[i].pid;
		snprintf(c->comm, sizeof(c->comm), "%s", tasks[i].comm);
		break;
	}
	free(tasks);
}

/* The function for the title; of a deadlock, the functions: "f and g". */
static void where_set(struct crash *c, const struct names *n)
{
	size_t len =
		(size_t)snprintf(c->where, sizeof(c->where), "%s",
				 n->nr ? n->name[0] : "an unknown function");

	if (c->kind != CRASH_DEADLOCK)
		return;
	for (unsigned int i = 1; i < n->nr && len < sizeof(c->where); i++)
		len += (size_t)snprintf(c->where + len, sizeof(c->where) - len,
					" and %.80s", n->name[i]);
}

void crash_classify(struct crash *c)
{
	struct session_report *d = c->d;
	uint64_t h = 0xcbf29ce484222325ULL;
	struct names n = { .nr = 0 };
	char message[100];

	c->kind = kind_of(c);
	if (c->kind == CRASH_HUNG && (!c->hang || !c->hang->kind))
		hung_find(c);
	first_find(c);
	if (c->kind == CRASH_DEADLOCK)
		cycle_names(c, &n);
	else
		names_find(c, &n);
	where_set(c, &n);
	snprintf(d->type, sizeof(d->type), "%s", kinds[c->kind].type);
	format(d->title, sizeof(d->title), kinds[c->kind].title, c->where);
	format(d->also[0], sizeof(d->also[0]), kinds[c->kind].also, c->where);
	if (c->kind == CRASH_PANIC && *c->message) {
		message_clean(c->message, message, sizeof(message));
		memcpy(d->also[0], d->title, sizeof(d->title));
		snprintf(d->title, sizeof(d->title), "kernel panic: %s",
			 message);
	}
	hash(&h, d->type);
	for (unsigned int i = 0; i < n.nr; i++)
		hash(&h, n.name[i]);
	snprintf(d->signature, sizeof(d->signature), "%016" PRIx64, h);
}
