// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash.c - the functions that an arm64 kernel calls when it crashes
 *
 * Prototypes: arch/arm64/kernel/traps.c (die, panic_bad_stack,
 * arm64_serror_panic, handle_bad_stack), entry-common.c (__panic_unhandled),
 * kernel/panic.c (panic, nmi_panic). Oopses and BUG() call die. struct pt_regs
 * begins with struct user_pt_regs (include/uapi/asm/ptrace.h), which has the
 * layout of struct guest_regs.
 */
#include "format.h"
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <trapline/code.h>
#include <trapline/decoder.h>

#define ENTRY_WORDS 8
#define NR_ARGS     FORMAT_REGS
#define LR          30
#define FORMAT_MAX  512
#define MESSAGE_MAX 160

_Static_assert(sizeof(struct guest_regs) == 34 * 8, "struct user_pt_regs");

/*
 * To add a function: set regs_arg and message_arg by its prototype. Set
 * is_format if the message is a format, with its arguments after it. In the
 * member what, %s is replaced by the message. unless and with name other
 * functions, or NULL: the row is used only if the kernel does not have unless,
 * and does have with.
 */
static const struct point {
	const char *function;
	const char *unless, *with;
	enum introspect_crash kind;
	int regs_arg;
	int message_arg;
	bool is_format;
	const char *what;
} points[] = {
	{ "die", NULL, NULL, INTROSPECT_OOPS, 1, 0, false,
	  "Internal error: %s" },
	{ "panic_bad_stack", NULL, NULL, INTROSPECT_PANIC, 0, -1, false,
	  "kernel stack overflow" },
	{ "handle_bad_stack", "panic_bad_stack", NULL, INTROSPECT_PANIC, 0, -1,
	  false, "kernel stack overflow" },
	{ "arm64_serror_panic", NULL, NULL, INTROSPECT_PANIC, 0, -1, false,
	  "asynchronous SError interrupt" },
	{ "__panic_unhandled", NULL, NULL, INTROSPECT_PANIC, 0, 1, false,
	  "unhandled %s exception" },
	/* In a kernel with vpanic(), nmi_panic() does not call panic(). */
	{ "nmi_panic", NULL, "vpanic", INTROSPECT_PANIC, 0, 1, true, "%s" },
	{ "panic", NULL, NULL, INTROSPECT_PANIC, -1, 0, true, "%s" },
};

/* IPA of the first instruction that ftrace does not rewrite. */
static int body_ipa(struct introspect *in, const char *function, ipa_t *ret)
{
	uint32_t insns[ENTRY_WORDS];
	ipa_t ipa;
	int err = introspect_symbol_ipa(in, function, &ipa);

	if (!err)
		err = kva_read_image(in, ipa - in->k.ipa, insns, sizeof(insns));
	if (!err)
		*ret = ipa + decoder_entry_padding(insns, ENTRY_WORDS);
	return err;
}

int introspect_catches(struct introspect *in, struct introspect_catch *ret,
		       unsigned int max)
{
	unsigned int nr = 0;
	ipa_t ipa;

	if (!in->found)
		return -ENOENT;
	for (unsigned int i = 0; i < ARRAY_SIZE(points) && nr < max; i++) {
		if (points[i].unless &&
		    !introspect_symbol_ipa(in, points[i].unless, &ipa))
			continue;
		if (points[i].with &&
		    introspect_symbol_ipa(in, points[i].with, &ipa))
			continue;
		if (body_ipa(in, points[i].function, &ipa))
			continue;
		ret[nr++] = (struct introspect_catch){
			.function = points[i].function,
			.kind = points[i].kind,
			.ipa = ipa,
			.regs_arg = points[i].regs_arg,
			.message_arg = points[i].message_arg,
		};
	}
	return (int)nr;
}

static const struct point *point_of(const struct introspect_catch *at)
{
	unsigned int i = ARRAY_SIZE(points) - 1;

	while (i && strcmp(points[i].function, at->function))
		i--;
	return &points[i];
}

/* The message that the kernel is about to print, from its arguments. */
static void message_read(struct introspect *in,
			 const struct introspect_catch *at,
			 const struct guest_regs *regs, char *buf, size_t size)
{
	struct format_args args = { .nr = NR_ARGS, .stack = regs->sp };
	unsigned int arg = at->message_arg;
	char format[FORMAT_MAX];

	snprintf(buf, size, "?");
	if (at->message_arg < 0 || arg >= NR_ARGS ||
	    kva_read_string(in, regs->x[arg], format, sizeof(format)) < 0)
		return;
	memcpy(args.regs, regs->x, sizeof(args.regs));
	args.next = point_of(at)->is_format ? arg + 1 : arg;
	format_message(in, point_of(at)->is_format ? format : "%s", &args, buf,
		       size);
}

int introspect_crash_message(struct introspect *in, const char *function,
			     const struct guest_regs *entry, char *buf,
			     size_t size)
{
	struct introspect_catch at = { .function = function };

	for (unsigned int i = 0; i < ARRAY_SIZE(points); i++) {
		if (strcmp(points[i].function, function))
			continue;
		at.message_arg = points[i].message_arg;
		if (at.message_arg < 0)
			return -ENOENT;
		message_read(in, &at, entry, buf, size);
		return 0;
	}
	return -ENOENT;
}

static void place_format(struct introspect *in, va_t pc, char *buf, size_t size)
{
	struct introspect_symbol s;
	char gone[96];
	int n;

	/* The list of modules may be older than the module at pc. */
	if (pc < in->kva.text || pc - in->kva.text >= in->k.size)
		introspect_modules_refresh(in);
	if (introspect_symbol_by_address(in, pc, &s)) {
		n = snprintf(buf, size, "0x%016llx", (unsigned long long)pc);
		if (!introspect_module_gone(in, pc, gone, sizeof(gone)))
			snprintf(buf + n, size - (size_t)n, " (%s)", gone);
		return;
	}
	if (*s.name)
		n = snprintf(buf, size, "%s+0x%llx/0x%llx", s.name,
			     (unsigned long long)(pc - s.va),
			     (unsigned long long)s.size);
	else
		n = snprintf(buf, size, "0x%016llx", (unsigned long long)pc);
	if (*s.module && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - n, " [%s]", s.module);
}

static void text_format(struct introspect *in, unsigned int vcpu,
			const struct introspect_catch *at,
			const struct guest_regs *entry, va_t pc, char *text,
			size_t size)
{
	char message[MESSAGE_MAX], what[MESSAGE_MAX + 64], place[192];
	const char *format = point_of(at)->what, *s = strstr(format, "%s");

	message_read(in, at, entry, message, sizeof(message));
	if (s)
		snprintf(what, sizeof(what), "%.*s%s%s", (int)(s - format),
			 format, message, s + 2);
	else
		snprintf(what, sizeof(what), "%s", format);
	place_format(in, pc, place, sizeof(place));
	snprintf(text, size, "%s: %s at %s, CPU %u",
		 at->kind == INTROSPECT_OOPS ? "Oops" : "Panic", what, place,
		 vcpu);
}

int introspect_fault_context(struct introspect *in, unsigned int vcpu,
			     const struct introspect_catch *at,
			     struct guest_regs *ret, char *text, size_t size)
{
	struct guest_regs entry, fault, saved;
	int err = in->g->ops->regs_get(in->g, vcpu, &entry);

	if (err)
		return err;
	/* If this fails, no memory can be read, but regs_get() has worked. */
	kva_refresh(in);
	fault = entry;
	fault.pc = kva_strip_pac(in, entry.x[LR]) - 4;
	if (at->regs_arg >= 0 && at->regs_arg < NR_ARGS &&
	    !kva_read(in, entry.x[at->regs_arg], &saved, sizeof(saved)))
		fault = saved;
	text_format(in, vcpu, at, &entry, fault.pc, text, size);
	*ret = fault;
	return 0;
}
