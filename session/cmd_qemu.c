// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_qemu.c - commands of QEMU's monitor
 *
 * gef, pwndbg and users' own scripts type these commands, because they are
 * written for QEMU's stub, and read the answers. So the answers have the form
 * of QEMU's. Source: QEMU's manual, "QEMU Monitor"; the form is that of
 * QEMU 7.2. trapline's own commands say more (regs, where, pagetables, vtop).
 */
#include "state.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/stage1.h>
#include <trapline/util.h>

#define XP_BYTES_MAX   SZ_1M
#define MEM_RANGES_MAX 100000

/* --- physical memory ------------------------------------------------------- */

static int cmd_phys(struct session *s, const char *args, FILE *out)
{
	bool on = !strcmp(args, "on");

	if (*args && !on && strcmp(args, "off")) {
		fprintf(out, "usage: monitor phys [on|off]\n");
		return -EINVAL;
	}
	if (*args)
		s->view.phys = on;
	fprintf(out, "the debugger's addresses are %s addresses%s\n",
		s->view.phys ? "physical (IPA)" : "virtual",
		*args ? "; type \"maintenance flush dcache\"" : "");
	return 0;
}

struct xp {
	uint64_t count;
	unsigned int size; /* of one item, in bytes */
	char format;
	ipa_t ipa;
};

/* "[/][COUNT][FORMAT][SIZE] ADDRESS" */
static bool xp_parse(const char *args, struct xp *ret)
{
	static const char sizes[] = "bhwg";
	const char *at = args, *size;

	*ret = (struct xp){ .count = 1, .size = 4, .format = 'x' };
	if (*at == '/') {
		at++;
		if (isdigit((unsigned char)*at)) {
			for (ret->count = 0; isdigit((unsigned char)*at); at++)
				if (ret->count < XP_BYTES_MAX)
					ret->count = ret->count * 10 +
						     (uint64_t)(*at - '0');
		}
		for (; *at && *at != ' '; at++) {
			size = strchr(sizes, *at);
			if (size)
				ret->size = 1U << (size - sizes);
			else if (strchr("xduoc", *at))
				ret->format = *at;
			else
				return false;
		}
		at += strspn(at, " ");
	}
	if (ret->format == 'c')
		ret->size = 1;
	return number_parse(at, NULL, &ret->ipa);
}

static void xp_item(const struct xp *x, uint64_t value, FILE *out)
{
	unsigned int bits = x->size * 8;
	int64_t is_signed = (int64_t)(value << (64 - bits)) >> (64 - bits);

	switch (x->format) {
	case 'x':
		fprintf(out, " 0x%0*" PRIx64, (int)(bits / 4), value);
		break;
	case 'o':
		fprintf(out, " 0%0*" PRIo64, (int)(bits + 2) / 3, value);
		break;
	case 'u':
		fprintf(out, " %*" PRIu64, (int)(bits * 10 + 32) / 33, value);
		break;
	case 'd':
		fprintf(out, " %*" PRId64, (int)(bits * 10 + 32) / 33,
			is_signed);
		break;
	default:
		fprintf(out, " '%c'",
			value >= ' ' && value < 0x7f ? (int)value : '.');
	}
}

static int cmd_xp(struct session *s, const char *args, FILE *out)
{
	struct guest *g = session_guest(s);
	uint64_t value, line;
	struct xp x;

	if (!xp_parse(args, &x)) {
		fprintf(out,
			"usage: monitor xp/[COUNT][xduoc][bhwg] ADDRESS\n");
		return -EINVAL;
	}
	if (x.count * x.size > XP_BYTES_MAX) {
		fprintf(out, "xp shows %llu bytes at most\n", XP_BYTES_MAX);
		return -EMSGSIZE;
	}
	line = x.size == 1 ? 8 : 16 / x.size;
	for (uint64_t i = 0; i < x.count; i++, x.ipa += x.size) {
		if (!(i % line))
			fprintf(out, "%s%016" PRIx64 ":", i ? "\n" : "", x.ipa);
		value = 0;
		if (g->ops->ipa_read(g, x.ipa, &value, x.size) !=
		    (long)x.size) {
			fprintf(out, " Cannot access memory\n");
			return -EFAULT;
		}
		xp_item(&x, value, out);
	}
	fputc('\n', out);
	return 0;
}

static int cmd_gva2gpa(struct session *s, const char *args, FILE *out)
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
	if (err)
		fprintf(out, "Unmapped\n");
	else
		fprintf(out, "gpa: 0x%" PRIx64 "\n", map.ipa);
	return 0;
}

/* --- info -------------------------------------------------------------------- */

static int info_mtree(struct session *s, FILE *out)
{
	const struct guest *g = session_guest(s);

	fprintf(out, "FlatView #0\n AS \"memory\", root: system\n"
		     " Root memory region: system\n");
	for (unsigned int i = 0; i < g->nr_ram; i++)
		fprintf(out,
			"  %016" PRIx64 "-%016" PRIx64
			" (prio 0, ram): trapline.ram\n",
			g->ram[i].ipa, g->ram[i].ipa + g->ram[i].size - 1);
	fputc('\n', out);
	return 0;
}

static int info_registers(struct session *s, FILE *out)
{
	unsigned int vcpu = session_vcpu(s), i;
	struct guest_regs regs;
	int err = view_regs_get(&s->view, vcpu, GUEST_REG_ALL, &regs);

	if (err)
		return err;
	fprintf(out, "\nCPU#%u\n PC=%016" PRIx64, vcpu, regs.pc);
	for (i = 0; i < ARRAY_SIZE(regs.x); i++)
		fprintf(out, " X%02u=%016" PRIx64 "%s", i, regs.x[i],
			i % 3 == 1 ? "\n" : "");
	fprintf(out,
		"  SP=%016" PRIx64 "\nPSTATE=%08" PRIx64 " %c%c%c%c EL%u%c\n",
		regs.sp, regs.pstate, regs.pstate & PSTATE_N ? 'N' : '-',
		regs.pstate & PSTATE_Z ? 'Z' : '-',
		regs.pstate & PSTATE_C ? 'C' : '-',
		regs.pstate & PSTATE_V ? 'V' : '-',
		(unsigned int)FIELD_GET(PSTATE_EL, regs.pstate),
		regs.pstate & PSTATE_SP ? 'h' : 't');
	return 0;
}

static int info_cpus(struct session *s, FILE *out)
{
	struct guest *g = session_guest(s);

	for (unsigned int i = 0; i < g->nr_vcpus; i++)
		fprintf(out, "%c CPU #%u: thread_id=%u%s\n",
			i == session_vcpu(s) ? '*' : ' ', i, i + 1,
			g->ops->vcpu_online(g, i) ? "" : " (halted)");
	return 0;
}

struct mem {
	FILE *out;
	unsigned int rows;
};

static bool mem_row(void *opaque, const struct session_range *r)
{
	struct mem *m = opaque;

	fprintf(m->out, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c\n",
		r->va, r->va + r->size, r->size, r->el0 ? 'u' : '-',
		r->writable ? 'w' : '-');
	return ++m->rows < MEM_RANGES_MAX;
}

/* QEMU has this for x86 and RISC-V only. */
static int info_mem(struct session *s, FILE *out)
{
	struct mem m = { .out = out };
	int err = session_ranges_each(s, mem_row, &m);

	if (err)
		fprintf(out, "PG disabled\n");
	return 0;
}

static int cmd_info(struct session *s, const char *args, FILE *out)
{
	static const struct {
		const char *name;
		int (*show)(struct session *s, FILE *out);
	} infos[] = {
		{ "mtree", info_mtree },
		{ "registers", info_registers },
		{ "cpus", info_cpus },
		{ "mem", info_mem },
	};
	size_t len = strcspn(args, " ");

	for (unsigned int i = 0; i < ARRAY_SIZE(infos); i++)
		if (strlen(infos[i].name) == len &&
		    !strncmp(args, infos[i].name, len))
			return infos[i].show(s, out);
	fprintf(out, "usage: monitor info mtree|registers|cpus|mem\n");
	return -EINVAL;
}

/* clang-format off */
static const struct session_command rows[] = {
	{ "phys", "[on|off]",
	  "on: gdb's addresses are physical (IPA), whatever the MMU does\n"
	  "phys on", SESSION_ANY, cmd_phys },
	{ "xp", "/[COUNT][xduoc][bhwg] ADDRESS",
	  "physical memory, as QEMU's monitor shows it\nxp/4gx 0x40000000",
	  SESSION_ANY, cmd_xp },
	{ "gva2gpa", "ADDRESS|NAME", "an address's IPA, as QEMU's monitor says it",
	  SESSION_ANY, cmd_gva2gpa },
	{ "info", "[mtree|registers|cpus|mem]",
	  "what gef, pwndbg and scripts ask QEMU's monitor\ninfo cpus",
	  SESSION_ANY, cmd_info },
};
/* clang-format on */

int session_commands_qemu(struct session *s)
{
	return session_commands_add(s, rows, ARRAY_SIZE(rows));
}
