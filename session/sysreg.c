// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysreg.c - see sysreg.h
 *
 * A wrong value of most registers harms the guest no more than a wrong value of
 * x0. A wrong value of a register that translates addresses is worse: the next
 * instruction cannot be fetched, nor can the vectors, and the guest hangs
 * without a word. So a value is refused if the instruction at the PC, the
 * vectors or the stack would move.
 */
#include "sysreg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <trapline/arm64.h>
#include <trapline/stage1.h>

#define SCTLR_E0E       BIT_ULL(24)
#define SCTLR_EE        BIT_ULL(25)
#define VBAR_RES0       GENMASK_ULL(10, 0)
#define DESC_ATTR_INDEX GENMASK_ULL(4, 2)

static int refuse(struct guest *g, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct guest *g, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(g->why, sizeof(g->why), format, ap);
	va_end(ap);
	return -EPERM;
}

/* The registers of a translation, one of which is to be changed. */
static int translation_get(struct guest *g, unsigned int vcpu,
			   struct stage1_regs *ret)
{
	int err = g->ops->sysreg_get(g, vcpu, GUEST_SCTLR_EL1, &ret->sctlr);

	if (!err)
		err = g->ops->sysreg_get(g, vcpu, GUEST_TCR_EL1, &ret->tcr);
	if (!err)
		err = g->ops->sysreg_get(g, vcpu, GUEST_TTBR0_EL1, &ret->ttbr0);
	if (!err)
		err = g->ops->sysreg_get(g, vcpu, GUEST_TTBR1_EL1, &ret->ttbr1);
	return err;
}

/* The member of regs for this register; NULL: it translates nothing. */
static uint64_t *translation_member(struct stage1_regs *regs,
				    enum guest_sysreg reg)
{
	switch ((int)reg) {
	case GUEST_SCTLR_EL1:
		return &regs->sctlr;
	case GUEST_TCR_EL1:
		return &regs->tcr;
	case GUEST_TTBR0_EL1:
		return &regs->ttbr0;
	case GUEST_TTBR1_EL1:
		return &regs->ttbr1;
	default:
		return NULL;
	}
}

/* Does va translate to the same place with both? Unmapped before: anything. */
static bool is_same(struct guest *g, const struct stage1_regs *before,
		    const struct stage1_regs *after, va_t va)
{
	struct stage1_mapping a, b;

	return stage1_walk(g, before, va, &a) ||
	       (!stage1_walk(g, after, va, &b) && a.ipa == b.ipa);
}

static int translation_check(struct guest *g, unsigned int vcpu,
			     enum guest_sysreg reg, uint64_t value,
			     const struct guest_regs *regs)
{
	struct {
		const char *what;
		va_t va;
	} places[] = { { "the instruction at the PC", regs->pc },
		       { "the stack", regs->sp },
		       { "the vectors", 0 } };
	struct stage1_regs before, after;
	int err = translation_get(g, vcpu, &before);

	if (!err)
		err = g->ops->sysreg_get(g, vcpu, GUEST_VBAR_EL1,
					 &places[2].va);
	if (err)
		return err;
	after = before;
	*translation_member(&after, reg) = value;
	if ((before.sctlr ^ after.sctlr) & (SCTLR_EE | SCTLR_E0E))
		return refuse(g, "SCTLR_EL1.EE and E0E cannot change: the "
				 "guest's memory would have the other byte "
				 "order");
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		if (!is_same(g, &before, &after, places[i].va))
			return refuse(g,
				      "with this value CPU %u would not find "
				      "%s (0x%" PRIx64 ") any more",
				      vcpu, places[i].what, places[i].va);
	return 0;
}

static int vectors_check(struct guest *g, unsigned int vcpu, va_t va)
{
	struct stage1_mapping map;
	struct stage1_regs regs;
	int err = translation_get(g, vcpu, &regs);

	if (err)
		return err;
	if (va & VBAR_RES0)
		return refuse(g, "VBAR_EL1 is a multiple of 2048");
	if (stage1_walk(g, &regs, va, &map) || (map.desc && !map.exec_el1) ||
	    !guest_ram_range(g, map.ipa, VBAR_RES0 + 1))
		return refuse(g,
			      "EL1 cannot execute vectors at 0x%" PRIx64
			      " on CPU %u",
			      va, vcpu);
	return 0;
}

/* The type of the memory at the PC must stay. */
static int types_check(struct guest *g, unsigned int vcpu, uint64_t value,
		       const struct guest_regs *regs)
{
	struct stage1_regs translation;
	struct stage1_mapping map;
	unsigned int shift;
	uint64_t before;
	int err = translation_get(g, vcpu, &translation);

	if (!err)
		err = g->ops->sysreg_get(g, vcpu, GUEST_MAIR_EL1, &before);
	if (err || stage1_walk(g, &translation, regs->pc, &map) || !map.desc)
		return err;
	shift = 8 * (unsigned int)FIELD_GET(DESC_ATTR_INDEX, map.desc);
	if ((uint8_t)(before >> shift) == (uint8_t)(value >> shift))
		return 0;
	return refuse(g, "Attr%u is the type of the memory at the PC",
		      shift / 8);
}

static int check(struct guest *g, unsigned int vcpu, enum guest_sysreg reg,
		 uint64_t value)
{
	struct stage1_regs any;
	struct guest_regs regs;
	int err = g->ops->regs_get_some(
		g, vcpu, GUEST_REG_PC | GUEST_REG_SP | GUEST_REG_PSTATE, &regs);

	if (err)
		return err;
	if (translation_member(&any, reg))
		return translation_check(g, vcpu, reg, value, &regs);
	if (reg == GUEST_VBAR_EL1)
		return vectors_check(g, vcpu, value);
	if (reg == GUEST_MAIR_EL1)
		return types_check(g, vcpu, value, &regs);
	return 0;
}

int sysreg_write(struct view *v, unsigned int vcpu, enum guest_sysreg reg,
		 uint64_t value)
{
	struct guest *g = v->g;
	int err = check(g, vcpu, reg, value);

	if (err)
		return err;
	err = g->ops->sysreg_set(g, vcpu, reg, value);
	if (err == -EROFS)
		refuse(g, "a dump cannot be changed");
	else if (err && err != -EBUSY && err != -ESRCH)
		refuse(g, "this host's KVM does not let %s be written",
		       gdbstub_sysregs[reg].name);
	return err;
}
