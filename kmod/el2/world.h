/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - declarations that the C files of EL2 share
 *
 * Each x.inc.c is compiled once for each kind of host: x_nvhe.c and x_vhe.c set
 * EL2_VHE and include it. The code is freestanding: it uses no kernel symbol,
 * has no data, and is not instrumented. On nVHE it runs from a copy at VA = PA,
 * so its objects lie between vectors.o and end.o in Kbuild's list. The build
 * checks that no object refers to anything outside.
 *
 *	switch	switch a vCPU's registers and the host's; run the vCPU
 *	vgic	the list-register interface
 *	tlb	TLB maintenance
 */
#ifndef TRAPLINE_KMOD_EL2_WORLD_H
#define TRAPLINE_KMOD_EL2_WORLD_H

#include <asm/barrier.h>
#include <asm/sysreg.h>
#include "../regs.h"
#include "ctx.h"
#include "el2.h"

/*
 * READ_NAMED and WRITE_NAMED access a guest's EL1 register, by the name that
 * EL2 has for it on this kind of host.
 */
#if EL2_VHE
#define NAME(name)        name##_vhe
#define READ_NAMED(r)     read_sysreg_s(SYS_##r##_EL12)
#define WRITE_NAMED(v, r) write_sysreg_s(v, SYS_##r##_EL12)
#define CNTV_CTL          SYS_CNTV_CTL_EL02
#define CNTV_CVAL         SYS_CNTV_CVAL_EL02
#else
#define NAME(name)        name##_nvhe
#define READ_NAMED(r)     read_sysreg(r##_EL1)
#define WRITE_NAMED(v, r) write_sysreg(v, r##_EL1)
#define CNTV_CTL          sys_reg(3, 3, 14, 3, 1)
#define CNTV_CVAL         sys_reg(3, 3, 14, 3, 2)
#endif
#define EL2_TEXT   __section(".el2.text")
#define EL2_INLINE static __always_inline

/*
 * F(0) to F(15), for numbered registers. A loop with a switch would compile to
 * a table of addresses unless -fno-jump-tables is given (Kbuild).
 */
#define EACH_16(F) \
	F(0)       \
	F(1)       \
	F(2)       \
	F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)

u64 NAME(el2_guest_enter)(struct el2_ctx *ctx);
u64 NAME(el2_run)(struct el2_ctx *ctx);
u64 NAME(el2_put)(struct el2_ctx *ctx);
u64 NAME(el2_tlb_flush)(u64 op, u64 vttbr, u64 ipa);
void el2_recover_nvhe(struct el2_ctx *ctx);

/* Load the guest's GIC interface (at load) and save it (at put). */
void NAME(el2_vgic_load)(const struct el2_vgic *v);
void NAME(el2_vgic_save)(struct el2_vgic *v);
/*
 * Load and save the list registers around each run. Callers use vgic_in() and
 * vgic_out().
 */
void NAME(el2_vgic_in)(struct el2_vgic *v, bool withhold);
void NAME(el2_vgic_out)(struct el2_vgic *v);
/*
 * After an error: turn the guest's interface off and give the host its own
 * interface back.
 */
void NAME(el2_vgic_off)(const struct el2_vgic *v);

/* Most runs have no interrupt pending, and then vgic_in() does nothing. */
EL2_INLINE void vgic_in(struct el2_vgic *v, bool withhold)
{
	if ((v->used_lrs | v->write_lrs) || !v->loaded)
		NAME(el2_vgic_in)(v, withhold);
}

EL2_INLINE void vgic_out(struct el2_vgic *v)
{
	if (v->used_lrs || !v->loaded)
		NAME(el2_vgic_out)(v);
}

/*
 * Cortex-A57 1319537, Cortex-A72 1319367: the switch mixes stage 1 of one world
 * with stage 2 of the other. An AT that the CPU speculates meanwhile fills the
 * TLB with a mix of both. So there are no walks from walks_bar() to
 * walks_free(): EPD0 and EPD1 bar them. These bits have an effect only while
 * the MMU is on. The host's MMU is on anyway; for a guest, walks_bar() turns it
 * on.
 */
EL2_INLINE void walks_bar(bool guest)
{
	write_sysreg(read_sysreg(tcr_el1) | TCR_EPDS, tcr_el1);
	isb();
	if (!guest)
		return;
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_ELx_M, sctlr_el1);
	isb();
}

EL2_INLINE void walks_free(u64 sctlr, u64 tcr)
{
	isb();
	write_sysreg(sctlr, sctlr_el1);
	isb();
	write_sysreg(tcr, tcr_el1);
}

#endif
