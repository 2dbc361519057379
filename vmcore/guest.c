// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * guest.c - a dump as struct guest
 *
 * RAM is the file, in place, or the decompressed pages of a file that is
 * compressed. Nothing can be changed, and nothing runs.
 *
 * A dump that QEMU or a crash kernel has written has no system registers. The
 * kernel's page table is then swapper_pg_dir, whose address comes from
 * VMCOREINFO or kallsyms. The page size and the size of the address space are
 * found by trial: only with the right values do the tables map the kernel's
 * text to the Image in RAM (introspect/kva.c).
 */
#include "core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

/* --- registers ----------------------------------------------------------- */

static int core_regs_get(struct guest *g, unsigned int vcpu,
			 struct guest_regs *ret)
{
	if (vcpu >= g->nr_vcpus)
		return -EINVAL;
	*ret = core_of(g)->cpu[vcpu].regs;
	return 0;
}

/* All registers are in memory already, so return all of them. */
static int core_regs_get_some(struct guest *g, unsigned int vcpu,
			      uint64_t which, struct guest_regs *ret)
{
	struct guest_regs regs;
	int err = core_regs_get(g, vcpu, &regs);

	if (err)
		return err;
	for (unsigned int i = 0; i < ARRAY_SIZE(regs.x); i++)
		ret->x[i] = which & GUEST_REG_X(i) ? regs.x[i] : 0;
	ret->sp = which & GUEST_REG_SP ? regs.sp : 0;
	ret->pc = which & GUEST_REG_PC ? regs.pc : 0;
	ret->pstate = which & GUEST_REG_PSTATE ? regs.pstate : 0;
	return 0;
}

static int core_regs_set(struct guest *g, unsigned int vcpu,
			 const struct guest_regs *regs)
{
	return vcpu < g->nr_vcpus ? -EROFS : -EINVAL;
}

static int core_fpregs_get(struct guest *g, unsigned int vcpu,
			   struct guest_fpregs *ret)
{
	if (vcpu >= g->nr_vcpus || !core_of(g)->cpu[vcpu].has_fpregs)
		return -EINVAL;
	*ret = core_of(g)->cpu[vcpu].fpregs;
	return 0;
}

static int core_fpregs_set(struct guest *g, unsigned int vcpu,
			   const struct guest_fpregs *regs)
{
	return vcpu < g->nr_vcpus ? -EROFS : -EINVAL;
}

static int core_sysreg_get(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t *ret)
{
	if (vcpu >= g->nr_vcpus || (unsigned int)reg >= GUEST_NR_SYSREGS ||
	    !(core_of(g)->cpu[vcpu].known & BIT_ULL(reg)))
		return -EINVAL;
	*ret = core_of(g)->cpu[vcpu].sysreg[reg];
	return 0;
}

static int core_sysreg_set(struct guest *g, unsigned int vcpu,
			   enum guest_sysreg reg, uint64_t value)
{
	return vcpu < g->nr_vcpus ? -EROFS : -EINVAL;
}

static bool core_vcpu_online(struct guest *g, unsigned int vcpu)
{
	return vcpu < g->nr_vcpus && core_of(g)->cpu[vcpu].online;
}

/* --- memory -------------------------------------------------------------- */

static long core_ipa_read(struct guest *g, ipa_t ipa, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		uint64_t n = len - done;
		const uint8_t *p = guest_map(g, ipa + done, &n);

		if (!p)
			break;
		memcpy((uint8_t *)buf + done, p, n);
		done += n;
	}
	return done || !len ? (long)done : -EFAULT;
}

static long core_ipa_write(struct guest *g, ipa_t ipa, const void *buf,
			   size_t len)
{
	return len ? -EROFS : 0;
}

/* --- what a dump cannot do ----------------------------------------------- */

static int core_resume(struct guest *g, const enum guest_action *actions,
		       const struct guest_range *ranges)
{
	return -ENOTSUP;
}

static int core_resume_over(struct guest *g, unsigned int vcpu)
{
	return -ENOTSUP;
}

static int core_stop_request(struct guest *g)
{
	return 0;
}

static int core_stop_get(struct guest *g, struct guest_stop *ret)
{
	return -EAGAIN;
}

static bool core_is_running(struct guest *g)
{
	return false;
}

static int core_kill(struct guest *g)
{
	return -ENOTSUP;
}

static int core_break_set(struct guest *g, unsigned int vcpu,
			  enum guest_break_kind kind, va_t va, uint64_t len)
{
	snprintf(g->why, sizeof(g->why),
		 "this is a dump: nothing runs, so nothing can stop");
	return -ENOTSUP;
}

static int core_break_clear(struct guest *g, unsigned int vcpu,
			    enum guest_break_kind kind, va_t va, uint64_t len)
{
	return -ENOENT;
}

const struct guest_ops core_ops = {
	.regs_get = core_regs_get,
	.regs_get_some = core_regs_get_some,
	.regs_set = core_regs_set,
	.fpregs_get = core_fpregs_get,
	.fpregs_set = core_fpregs_set,
	.sysreg_get = core_sysreg_get,
	.sysreg_set = core_sysreg_set,
	.vcpu_online = core_vcpu_online,
	.ram_map = core_kdump_map,
	.ipa_read = core_ipa_read,
	.ipa_write = core_ipa_write,
	.resume = core_resume,
	.resume_over = core_resume_over,
	.stop_request = core_stop_request,
	.stop_get = core_stop_get,
	.is_running = core_is_running,
	.kill = core_kill,
	.break_set = core_break_set,
	.break_clear = core_break_clear,
};

struct guest *vmcore_guest(struct vmcore *c)
{
	return &c->guest;
}

/* --- the tables of a dump without system registers ----------------------- */

/* Read a number of VMCOREINFO, which has lines "KEY=VALUE\n". */
static bool info_number(const struct vmcore *c, const char *key, int base,
			uint64_t *ret)
{
	size_t left = c->info.size, n = strlen(key);
	const char *at = c->info.data, *line;
	char value[24], *end;

	for (; at && left > n; at = line) {
		line = memchr(at, '\n', left);
		if (!memcmp(at, key, n) && at[n] == '=')
			break;
		if (!line++)
			return false;
		left -= (size_t)(line - at);
	}
	if (!at || left <= n)
		return false;
	left = min(left - n - 1, sizeof(value) - 1);
	memcpy(value, at + n + 1, left);
	value[left] = '\0';
	errno = 0;
	*ret = strtoull(value, &end, base);
	return !errno && end != value;
}

/* Look for VMCOREINFO in RAM; QEMU's dumps usually have no note of it. */
static void info_from_ram(struct vmcore *c, struct introspect *in)
{
	if (!introspect_vmcoreinfo_published(in, &c->found_info))
		c->info = (struct vmcore_text){ c->found_info,
						strlen(c->found_info) };
}

/* The IPA of swapper_pg_dir. */
static bool table_find(struct vmcore *c, struct introspect *in, ipa_t *ret)
{
	uint64_t va, offset;

	if (!c->info.data)
		info_from_ram(c, in);
	if (info_number(c, "SYMBOL(swapper_pg_dir)", 16, &va) &&
	    info_number(c, "NUMBER(kimage_voffset)", 0, &offset)) {
		*ret = va - offset;
		return true;
	}
	return !introspect_symbol_ipa(in, "swapper_pg_dir", ret);
}

static void tables_set(struct vmcore *c, ipa_t table, uint64_t tcr)
{
	for (unsigned int i = 0; i < c->guest.nr_vcpus; i++) {
		struct core_cpu *cpu = &c->cpu[i];

		cpu->sysreg[GUEST_SCTLR_EL1] = SCTLR_ELx_M;
		cpu->sysreg[GUEST_TCR_EL1] = tcr;
		cpu->sysreg[GUEST_TTBR0_EL1] = 0;
		cpu->sysreg[GUEST_TTBR1_EL1] = table;
		cpu->known = BIT_ULL(GUEST_SCTLR_EL1) | BIT_ULL(GUEST_TCR_EL1) |
			     BIT_ULL(GUEST_TTBR0_EL1) |
			     BIT_ULL(GUEST_TTBR1_EL1);
	}
}

int vmcore_find_tables(struct vmcore *c, struct introspect *in)
{
	/* TCR_EL1.TG1, and the sizes of Linux's address spaces. */
	static const struct {
		unsigned int tg1, va_bits;
	} spaces[] = {
		{ 2, 48 }, { 2, 39 }, { 2, 52 }, { 1, 47 }, { 1, 48 },
		{ 1, 52 }, { 1, 36 }, { 3, 48 }, { 3, 42 }, { 3, 52 },
	};
	ipa_t table;
	va_t text;

	if (introspect_find_kernel_by_info(in))
		return c->has_sysregs ? 0 : -ENOENT;
	if (c->has_sysregs)
		return 0;
	if (!table_find(c, in, &table))
		return -ENOENT;
	for (unsigned int i = 0; i < ARRAY_SIZE(spaces); i++) {
		uint64_t tcr =
			FIELD_PREP(TCR_TG1_MASK, spaces[i].tg1) |
			FIELD_PREP(TCR_T1SZ_MASK, 64 - spaces[i].va_bits) |
			TCR_EPD0_MASK;

		if (spaces[i].va_bits == 52)
			tcr |= FIELD_PREP(TCR_IPS_MASK, 6) |
			       (spaces[i].tg1 == 3 ? 0 : TCR_DS);
		tables_set(c, table, tcr);
		if (!introspect_text_va(in, &text))
			return 0;
	}
	for (unsigned int i = 0; i < c->guest.nr_vcpus; i++)
		c->cpu[i].known = 0;
	return -ENOENT;
}
