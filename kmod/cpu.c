// SPDX-License-Identifier: GPL-2.0-only
/*
 * See cpu.h. Source: Arm ARM, the ID registers by title; "HCR_EL2", fields
 * TERR, TID5 and TID2.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "cpu.h"

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "gate.h"
#include "idreg.h"
#include "knobs.h"
#include "regs.h"

static int fake_cpu = -1;
module_param(fake_cpu, int, 0400);
MODULE_PARM_DESC(fake_cpu, "the CPU of fake_regs (with test_knobs=1)");
static char *fake_regs;
module_param(fake_regs, charp, 0400);
MODULE_PARM_DESC(fake_regs, "NAME:VALUE,...: ID registers of fake_cpu");

static DEFINE_PER_CPU(struct host_cpu, here);

static bool fake(const char *name, u64 *value)
{
	const char *at;

	if (!fake_regs || fake_cpu != smp_processor_id() || !knobs_allowed())
		return false;
	at = strstr(fake_regs, name);
	return at && sscanf(at + strlen(name), ":%llx", value) == 1;
}

/* MRS encodes the register in the instruction, so each register has a case. */
#define CPU_ID(name, enc) \
	case enc:         \
		return fake(name, &value) ? value : read_sysreg_s(enc)

u64 cpu_id(u32 enc)
{
	u64 value;

	switch (enc) {
		CPU_ID("ID_AA64PFR0_EL1", SYS_ID_AA64PFR0_EL1);
		CPU_ID("ID_AA64PFR1_EL1", SYS_ID_AA64PFR1_EL1);
		CPU_ID("ID_AA64DFR0_EL1", SYS_ID_AA64DFR0_EL1);
		CPU_ID("ID_AA64MMFR0_EL1", SYS_ID_AA64MMFR0_EL1);
		CPU_ID("ID_AA64MMFR1_EL1", SYS_ID_AA64MMFR1_EL1);
		CPU_ID("ID_AA64MMFR4_EL1", REG_MMFR4);
		CPU_ID("CTR_EL0", REG_CTR);
		CPU_ID("CLIDR_EL1", REG_CLIDR);
		CPU_ID("PMBIDR_EL1", REG_PMBIDR);
		CPU_ID("TRBIDR_EL1", REG_TRBIDR);
		CPU_ID("MPAMIDR_EL1", REG_MPAMIDR);
	}
	return 0;
}

static void features_fill(struct el2_features *has)
{
	u64 pfr0 = cpu_id(SYS_ID_AA64PFR0_EL1);
	u64 dfr0 = cpu_id(SYS_ID_AA64DFR0_EL1);

	has->fgt = cpu_id(SYS_ID_AA64MMFR0_EL1) & MMFR0_FGT;
	has->hcrx = cpu_id(SYS_ID_AA64MMFR1_EL1) & MMFR1_HCX;
	has->mpam = (pfr0 & PFR0_MPAM) ||
		    (cpu_id(SYS_ID_AA64PFR1_EL1) & PFR1_MPAM);
	has->mpam_hcr = has->mpam && (cpu_id(REG_MPAMIDR) & MPAMIDR_HAS_HCR);
	has->newer = has->fgt || has->hcrx || has->mpam;
	has->ras = pfr0 & PFR0_RAS;
	has->nr_brps = FIELD_GET(DFR0_BRPS, dfr0) + 1;
	has->nr_wrps = FIELD_GET(DFR0_WRPS, dfr0) + 1;
	if (gate_vhe())
		return;
	has->spe = (dfr0 & DFR0_SPE) && !(cpu_id(REG_PMBIDR) & BUFFER_IDR_P);
	has->trbe = (dfr0 & DFR0_TRBE) && !(cpu_id(REG_TRBIDR) & BUFFER_IDR_P);
}

static void cpu_fill(struct host_cpu *cpu)
{
	u64 pfr0 = cpu_id(SYS_ID_AA64PFR0_EL1);

	features_fill(&cpu->has);
	cpu->aarch32 = FIELD_GET(PFR0_EL0, pfr0) == 2;
	if (pfr0 & PFR0_RAS)
		cpu->hcr |= HCR_TERR;
	if (cpu_id(SYS_ID_AA64PFR1_EL1) & PFR1_MTE)
		cpu->hcr |= HCR_TID5;
	/* A guest sees the same caches on every CPU. */
	if (!idreg_caches_same())
		cpu->hcr |= HCR_TID2;
	cpu->known = true;
}

const struct host_cpu *cpu_here(void)
{
	struct host_cpu *cpu = this_cpu_ptr(&here);

	if (unlikely(!cpu->known))
		cpu_fill(cpu);
	return cpu;
}
