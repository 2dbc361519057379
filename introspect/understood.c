// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * understood.c - report which of the kernel's tables are not understood
 *
 * The tables that introspection reads are no stable interface: a new kernel may
 * change them. The user is then told which table of which kernel is not
 * understood, and which features do not work.
 */
#include "state.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <trapline/arm64.h>

static bool runs_on(struct guest *g, unsigned int vcpu)
{
	struct guest_regs regs;
	uint64_t sctlr;

	if (!g->ops->vcpu_online(g, vcpu) ||
	    g->ops->sysreg_get(g, vcpu, GUEST_SCTLR_EL1, &sctlr) ||
	    !(sctlr & SCTLR_ELx_M) || g->ops->regs_get(g, vcpu, &regs))
		return false;
	return !FIELD_GET(PSTATE_EL, regs.pstate) || regs.pc & VA_UPPER_HALF;
}

bool introspect_kernel_runs(struct introspect *in)
{
	for (unsigned int i = 0; i < in->g->nr_vcpus; i++)
		if (runs_on(in->g, i))
			return true;
	return false;
}

/* --- the tables of a kernel that was found ------------------------------- */

static bool has_crash_functions(struct introspect *in)
{
	ipa_t ipa;

	return !introspect_symbol_ipa(in, "die", &ipa) &&
	       !introspect_symbol_ipa(in, "panic", &ipa);
}

static bool has_address(struct introspect *in)
{
	va_t va;

	return !introspect_text_va(in, &va) || !introspect_kernel_runs(in);
}

/* True without BTF, too: a kernel may be built without it. */
static bool has_types(struct introspect *in)
{
	struct kallsyms_entry e;
	int err = layouts_load(in);

	return !err ||
	       (err == -ENOENT && !kallsyms_lookup(&in->ks, "__start_BTF", &e));
}

static bool has_modules(struct introspect *in)
{
	return layouts_load(in) || modules_understood(in);
}

static bool has_tasks(struct introspect *in)
{
	uint32_t offset;

	return layouts_load(in) ||
	       (!layout_offset(in, "task_struct", "comm", &offset) &&
		!layout_offset(in, "task_struct", "pid", &offset));
}

/*
 * To add a table: name it, name the features that do not work without it, and
 * add a function that says whether the table is understood.
 */
static const struct {
	const char *piece;
	const char *without;
	bool (*has)(struct introspect *in);
} pieces[] = {
	{ "die() and panic()", "crash stop", has_crash_functions },
	{ "the page tables that map it", "addresses", has_address },
	{ "its BTF", "modules and tasks", has_types },
	{ "struct module", "modules", has_modules },
	{ "struct task_struct", "tasks", has_tasks },
};

/* --- the line ------------------------------------------------------------ */

struct line {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void
line_add(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->at, l->left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= l->left)
		n = l->left ? (int)l->left - 1 : 0;
	l->at += n;
	l->left -= (size_t)n;
}

static void name_add(struct line *l, const struct kernel_image *k,
		     const char *how)
{
	line_add(l, "Linux %s at IPA 0x%llx is not %sunderstood: ",
		 *k->release ? k->release : "(no version)",
		 (unsigned long long)k->ipa, how);
}

bool introspect_not_understood(struct introspect *in, char *text, size_t size)
{
	struct line l = { .at = text, .left = size };
	unsigned int nr = 0;

	if (!in->found) {
		if (!in->odd.missing)
			return false;
		name_add(&l, &in->odd.k, "");
		line_add(&l, "%s (no symbols, no crash stop)", in->odd.missing);
		return true;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (pieces[i].has(in))
			continue;
		if (!nr++)
			name_add(&l, &in->k, "wholly ");
		line_add(&l, "%s%s (no %s)", nr > 1 ? ", " : "",
			 pieces[i].piece, pieces[i].without);
	}
	return nr;
}
