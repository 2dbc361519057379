// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor.c - "monitor" commands of the live VM
 *
 * All commands are in one const table. A command is a word and the rest of its
 * line. The commands only call debug.h, introspect.h and guest.h, on a stopped
 * guest.
 */
#include "monitor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vmm/debug/breakpoints.h"
#include "session/line.h"
#include "monitor_kmod.h"
#include "monitor_watch.h"
#include "vmm/debug/pbreak.h"
#include "vmm/regs.h"
#include "vmm/run.h"
#include "vmm/vm.h"

struct monitor_command {
	const char *name;
	const char *args;
	const char *help;
	int (*fn)(struct debug *d, const char *args, FILE *out);
};

static const char *const sysreg_names[GUEST_NR_SYSREGS] = {
	[GUEST_SCTLR_EL1] = "SCTLR_EL1",
	[GUEST_TCR_EL1] = "TCR_EL1",
	[GUEST_TTBR0_EL1] = "TTBR0_EL1",
	[GUEST_TTBR1_EL1] = "TTBR1_EL1",
	[GUEST_MAIR_EL1] = "MAIR_EL1",
	[GUEST_VBAR_EL1] = "VBAR_EL1",
	[GUEST_ESR_EL1] = "ESR_EL1",
	[GUEST_FAR_EL1] = "FAR_EL1",
	[GUEST_ELR_EL1] = "ELR_EL1",
	[GUEST_SPSR_EL1] = "SPSR_EL1",
	[GUEST_SP_EL0] = "SP_EL0",
	[GUEST_SP_EL1] = "SP_EL1",
	[GUEST_TPIDR_EL0] = "TPIDR_EL0",
	[GUEST_TPIDRRO_EL0] = "TPIDRRO_EL0",
	[GUEST_TPIDR_EL1] = "TPIDR_EL1",
	[GUEST_CONTEXTIDR_EL1] = "CONTEXTIDR_EL1",
	[GUEST_MPIDR_EL1] = "MPIDR_EL1",
	[GUEST_MIDR_EL1] = "MIDR_EL1",
	[GUEST_ID_AA64MMFR0_EL1] = "ID_AA64MMFR0_EL1",
	[GUEST_ID_AA64MMFR2_EL1] = "ID_AA64MMFR2_EL1",
};

/* The vCPU that commands refer to: the one that stopped. */
static unsigned int vcpu_current(struct debug *d)
{
	const struct guest_stop *stop = debug_last_stop(d);

	return stop ? stop->vcpu : 0;
}

/* Parse a whole word as a number, C notation. false: it is none. */
static bool parse_number(const char *s, uint64_t *ret)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret = strtoull(s, &end, 0);
	return !errno && !*end;
}

/* The vCPU's number, or nothing for the vCPU that stopped. */
static int parse_vcpu(struct debug *d, const char *args, unsigned int *ret,
		      FILE *out)
{
	uint64_t n = vcpu_current(d);

	if (*args && !parse_number(args, &n))
		n = GUEST_MAX_VCPUS;
	if (n >= debug_guest(d)->nr_vcpus) {
		fprintf(out, "no CPU %s: CPUs are 0 to %u\n", args,
			debug_guest(d)->nr_vcpus - 1);
		return -EINVAL;
	}
	*ret = (unsigned int)n;
	return 0;
}

int monitor_address(struct debug *d, const char *args, va_t *ret, FILE *out)
{
	if (parse_number(args, ret) ||
	    (*args &&
	     !introspect_symbol_by_name(debug_introspect(d), args, ret)))
		return 0;
	fprintf(out, "%s is no number (0x...) and no kernel symbol\n",
		*args ? args : "an empty address");
	return -EINVAL;
}

void monitor_symbol(struct debug *d, va_t va, FILE *out)
{
	struct introspect_symbol sym;

	fprintf(out, "0x%016" PRIx64, va);
	if (introspect_symbol_by_address(debug_introspect(d), va, &sym))
		return;
	fprintf(out, " %s+0x%" PRIx64 "/0x%" PRIx64, sym.name, va - sym.va,
		sym.size);
	if (sym.module && *sym.module)
		fprintf(out, " [%s]", sym.module);
}

static int cmd_context(struct debug *d, const char *args, FILE *out)
{
	bool fault = !strcmp(args, "fault");
	int err;

	if (!*args) {
		fprintf(out, "%s\n", debug_view_is_fault(d) ? "fault" : "real");
		return 0;
	}
	if (!fault && strcmp(args, "real")) {
		fprintf(out, "usage: monitor context fault|real\n");
		return -EINVAL;
	}
	err = debug_view_set(d, fault);
	if (err)
		fprintf(out, "the guest is not stopped at a crash\n");
	else
		fprintf(out,
			"now the %s context; type \"maintenance flush "
			"register-cache\" to see it\n",
			fault ? "faulting (read-only)" : "real");
	return err;
}

static int cmd_modules(struct debug *d, const char *args, FILE *out)
{
	struct introspect *in = debug_introspect(d);
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

static int where_one(struct debug *d, unsigned int vcpu, FILE *out)
{
	struct guest *g = debug_guest(d);
	struct guest_regs regs;
	char comm[32];
	int pid, err;

	fprintf(out, "CPU %u: ", vcpu);
	if (!g->ops->vcpu_online(g, vcpu)) {
		fprintf(out, "off\n");
		return 0;
	}
	err = g->ops->regs_get(g, vcpu, &regs);
	if (err) {
		fprintf(out, "%s\n", strerror(-err));
		return err;
	}
	fprintf(out, "EL%u ", (unsigned int)FIELD_GET(PSTATE_EL, regs.pstate));
	monitor_symbol(d, regs.pc, out);
	if (!introspect_current(debug_introspect(d), vcpu, comm, sizeof(comm),
				&pid))
		fprintf(out, ", %s pid %d", comm, pid);
	fputc('\n', out);
	return 0;
}

static int cmd_where(struct debug *d, const char *args, FILE *out)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < debug_guest(d)->nr_vcpus; i++)
		err = where_one(d, i, out);
	return err;
}

static int cmd_regs(struct debug *d, const char *args, FILE *out)
{
	struct guest *g = debug_guest(d);
	unsigned int vcpu;
	int err = parse_vcpu(d, args, &vcpu, out);

	for (int i = 0; !err && i < GUEST_NR_SYSREGS; i++) {
		uint64_t value;

		/* Skip a register that this host's KVM does not show. */
		if (g->ops->sysreg_get(g, vcpu, (enum guest_sysreg)i, &value))
			continue;
		fprintf(out, "%-16s 0x%016" PRIx64 "\n", sysreg_names[i],
			value);
	}
	return err;
}

static int cmd_walk(struct debug *d, const char *args, FILE *out)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	va_t va;
	int err = monitor_address(d, args, &va, out);

	if (err)
		return err;
	err = introspect_stage1_regs(debug_introspect(d), vcpu_current(d),
				     &regs);
	if (!err)
		err = stage1_walk(debug_guest(d), &regs, va, &map);
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

static int cmd_sym(struct debug *d, const char *args, FILE *out)
{
	va_t va;
	int err = monitor_address(d, args, &va, out);

	if (!err) {
		monitor_symbol(d, va, out);
		fputc('\n', out);
	}
	return err;
}

static int cmd_kernel(struct debug *d, const char *args, FILE *out)
{
	struct introspect *in = debug_introspect(d);
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

static int cmd_catch(struct debug *d, const char *args, FILE *out)
{
	static const struct {
		const char *word;
		unsigned int catches;
	} words[] = {
		{ "none", 0 },
		{ "oops", VMM_CATCH_OOPS },
		{ "panic", VMM_CATCH_PANIC },
		{ "oops,panic", VMM_CATCH_OOPS | VMM_CATCH_PANIC },
		{ "panic,oops", VMM_CATCH_OOPS | VMM_CATCH_PANIC },
	};
	int err = *args ? -EINVAL : 0;

	for (unsigned int i = 0; *args && i < ARRAY_SIZE(words); i++)
		if (!strcmp(args, words[i].word))
			err = debug_catch_set(d, words[i].catches);
	if (err == -EINVAL) {
		fprintf(out, "usage: monitor catch oops,panic|none\n");
		return err;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(words) - 1; i++)
		if (words[i].catches == debug_catch_get(d))
			fprintf(out, "catch %s\n", words[i].word);
	return err;
}

static int cmd_status(struct debug *d, const char *args, FILE *out)
{
	const struct guest_stop *stop = debug_last_stop(d);

	if (!stop)
		fprintf(out, "running\n");
	else
		fprintf(out, "%s, CPU %u%s%s\n", guest_stop_text(stop->kind),
			stop->vcpu, *stop->text ? ": " : "", stop->text);
	fprintf(out, "%u CPUs, %llu MiB of RAM at 0x%" PRIx64 "\n",
		debug_guest(d)->nr_vcpus, debug_guest(d)->ram[0].size / SZ_1M,
		debug_guest(d)->ram[0].ipa);
	breakpoints_print(debug_vm(d)->breakpoints, out);
	pbreak_print(debug_pbreaks(d), out);
	return cmd_catch(d, "", out);
}

static int pbreak_said(int err, const char *args, FILE *out)
{
	switch (err) {
	case 1:
		fprintf(out,
			"%s is not in any kernel found so far: waiting "
			"for one that has it\n",
			args);
		return 0;
	case -EEXIST:
		fprintf(out, "there is one at %s already\n", args);
		break;
	case -EINVAL:
		fprintf(out, "%s is no multiple of 4\n", args);
		break;
	case -EFAULT:
		fprintf(out, "there is no RAM at IPA %s\n", args);
		break;
	case -ENOSPC:
		fprintf(out, "%d is all there can be: delete one first\n",
			PBREAK_MAX);
		break;
	}
	return err;
}

/* "delete N", or nothing to list all. -ENOENT: neither. */
static int pbreak_common(struct debug *d, const char *args, FILE *out)
{
	static const char word[] = "delete ";
	uint64_t n = 0;

	if (!*args) {
		pbreak_print(debug_pbreaks(d), out);
		return 0;
	}
	if (strncmp(args, word, sizeof(word) - 1))
		return -ENOENT;
	if (parse_number(args + sizeof(word) - 1, &n) && n <= PBREAK_MAX &&
	    !pbreak_del(debug_pbreaks(d), (unsigned int)n))
		return 0;
	fprintf(out, "no breakpoint of the monitor's has that number\n");
	return -EINVAL;
}

static int cmd_pbreak(struct debug *d, const char *args, FILE *out)
{
	int err = pbreak_common(d, args, out);
	uint64_t ipa;

	if (err != -ENOENT)
		return err;
	if (!parse_number(args, &ipa)) {
		fprintf(out, "usage: monitor pbreak IPA|delete N\n");
		return -EINVAL;
	}
	return pbreak_said(pbreak_add(debug_pbreaks(d), ipa, ""), args, out);
}

static int cmd_break(struct debug *d, const char *args, FILE *out)
{
	int err = pbreak_common(d, args, out);

	if (err != -ENOENT)
		return err;
	if (strlen(args) >= PBREAK_NAME) {
		fprintf(out, "the name is too long: at most %d characters\n",
			PBREAK_NAME - 1);
		return -EINVAL;
	}
	if (strpbrk(args, " \t")) {
		fprintf(out, "usage: monitor break FUNCTION|delete N\n");
		return -EINVAL;
	}
	return pbreak_said(pbreak_add(debug_pbreaks(d), 0, args), args, out);
}

static int cmd_devices(struct debug *d, const char *args, FILE *out)
{
	bus_print(&debug_vm(d)->bus, out);
	return 0;
}

static int cmd_poweroff(struct debug *d, const char *args, FILE *out)
{
	struct guest *g = debug_guest(d);

	return g->ops->kill(g);
}

static int cmd_quit(struct debug *d, const char *args, FILE *out)
{
	vm_request(debug_vm(d), BUS_REQUEST_QUIT);
	return 0;
}

static int cmd_reset(struct debug *d, const char *args, FILE *out)
{
	vm_request(debug_vm(d), BUS_REQUEST_RESET);
	fprintf(out, "the guest starts again; before \"continue\" tell gdb so: "
		     "maintenance flush register-cache, thread 1\n");
	return 0;
}

static int cmd_help(struct debug *d, const char *args, FILE *out);

static const struct monitor_command commands[] = {
	{ "help", "", "this list", cmd_help },
	{ "status", "", "state, break and watch points", cmd_status },
	{ "where", "", "where each CPU is, and what runs there", cmd_where },
	{ "context", "[fault|real]", "at a crash: whose registers are shown",
	  cmd_context },
	{ "catch", "[oops,panic|none]", "what stops the guest by itself",
	  cmd_catch },
	{ "kernel", "", "which kernel, where, how many symbols", cmd_kernel },
	{ "modules", "", "loaded modules: address, size, name", cmd_modules },
	{ "sym", "NAME|ADDRESS", "look a kernel symbol up", cmd_sym },
	{ "walk", "NAME|ADDRESS", "translate an address (stage 1)", cmd_walk },
	{ "regs", "[CPU]", "system registers", cmd_regs },
	{ "watch", "ADDR [LEN] [if COND]", "stop at writes, of any length",
	  monitor_watch },
	{ "unwatch", "NUMBER|all", "forget that", monitor_unwatch },
	{ "whowrote", "ADDR[,LEN]|show|...", "log writes without stopping",
	  monitor_whowrote },
	{ "watchpoints", "", "all of them, and how they are watched",
	  monitor_watchpoints },
	{ "lastwatch", "", "the last hit: who, old and new value",
	  monitor_lastwatch },
	{ "flight", "[CPU [N]]|on [N]|off", "what a CPU did last",
	  monitor_flight },
	{ "catch-sysreg", "[NAME[,NAME]...|none]",
	  "stop at writes to system registers", monitor_catch_sysreg },
	{ "pbreak", "[IPA|delete N]", "break at a physical address",
	  cmd_pbreak },
	{ "break", "[FUNCTION|delete N]",
	  "break in the kernel, be it there yet or not", cmd_break },
	{ "devices", "", "addresses, interrupts and queues", cmd_devices },
	{ "reset", "", "start the guest again", cmd_reset },
	{ "poweroff", "", "power the guest off", cmd_poweroff },
	{ "quit", "", "end trapline", cmd_quit },
};

static int cmd_help(struct debug *d, const char *args, FILE *out)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct monitor_command *c = &commands[i];
		char usage[48];

		snprintf(usage, sizeof(usage), "%s %s", c->name, c->args);
		fprintf(out, "%-30s %s\n", usage, c->help);
	}
	return 0;
}

int monitor_run(struct debug *d, const char *line, FILE *out)
{
	const char *word;
	size_t length;

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		char *args;
		int err;

		if (!line_is(line, commands[i].name))
			continue;
		args = line_args(line);
		err = args ? commands[i].fn(d, args, out) : -ENOMEM;
		free(args);
		return err;
	}
	word = line_word(line, &length);
	fprintf(out, "no command \"%.*s\"; try: monitor help\n", (int)length,
		word);
	return 0;
}
