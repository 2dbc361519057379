/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.h - the features of one CPU's hardware
 *
 * A guest sees the same ID registers on every CPU: the kernel's sanitised
 * values (idreg.c). But the registers that EL2 has to trap, save and restore
 * depend on the CPU's hardware. A feature that another CPU lacks, or that the
 * kernel was told to ignore (arm64.nopauth and others), still exists in this
 * CPU.
 *
 * To test machines whose CPUs differ, the parameter fake_cpu makes one CPU
 * claim fewer features than it has: "fake_cpu=1
 * fake_regs=ID_AA64MMFR0_EL1:0x1122,...". The parameter works only with
 * test_knobs=1 (knobs.h).
 */
#ifndef TRAPLINE_KMOD_CPU_H
#define TRAPLINE_KMOD_CPU_H

#include <linux/types.h>
#include <asm/kvm_arm.h>
#include "el2/ctx.h"

/* HCR_EL2: traps that depend on the CPU. */
#define HOST_CPU_HCR (HCR_TERR | HCR_TID5 | HCR_TID2)

struct host_cpu {
	bool known;
	bool aarch32; /* at EL0 */
	u64 hcr; /* the bits of HOST_CPU_HCR that HCR_EL2 has on this CPU */
	struct el2_features has;
};

/* The features of the current CPU. Preemption is off. */
const struct host_cpu *cpu_here(void);

/*
 * A raw ID register of this CPU, or its value in fake_regs. Only for the
 * registers in cpu.c's table; 0 for any other. Preemption is off.
 */
u64 cpu_id(u32 enc);

#endif
