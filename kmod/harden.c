// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose a vector table of el2/entry.S: see harden.h. Sources: Arm's "Cache
 * Speculation Side-channels" and "Spectre-BHB" white papers, DEN0028 (the
 * firmware's workarounds). arch/arm64/kernel/proton-pack.c makes the same
 * choice for KVM.
 *
 * One choice serves all CPUs, because each of the three methods is harmless
 * where it is not needed. The CPUs that are online at load are examined.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "harden.h"

#include <linux/arm-smccc.h>
#include <linux/bitfield.h>
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include "el2/ctx.h"
#include "el2/el2.h"
#include "own.h"
#include "psci.h"
#include "regs.h"

#define LOOPS_MAX 132

enum harden {
	HARDEN_NONE,
	HARDEN_LOOP, /* branches that fill the history */
	HARDEN_CLEAR, /* CLRBHB */
	HARDEN_FIRMWARE, /* SMCCC_ARCH_WORKAROUND_3, or _1 */
	HARDEN_AUTO
};

static const char *const names[] = { "none", "loop", "clear", "firmware",
				     "auto" };
static enum harden how = HARDEN_AUTO;
static u64 argument; /* loops, or firmware call, for the chosen table */
/*
 * loops is the largest loop count that any CPU needs. v2_firmware: the firmware
 * of a CPU has the workaround for v2. v2_bare: the firmware of a CPU lacks it.
 * bhb_firmware: the firmware of a CPU has the workaround for BHB.
 */
static atomic_t loops;
static bool v2_firmware, v2_bare, bhb_firmware;

static int harden_set(const char *value, const struct kernel_param *param)
{
	int i = sysfs_match_string(names, value);

	if (i < 0)
		return i;
	how = i;
	return 0;
}

static int harden_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", names[how]);
}

static const struct kernel_param_ops harden_ops = {
	.set = harden_set,
	.get = harden_get,
};
module_param_cb(harden, &harden_ops, NULL, 0444);
MODULE_PARM_DESC(
	harden,
	"branch predictors at a guest's exits: auto, none, loop, clear, firmware");

/* Number of branches in a core's history. An unknown core gets LOOPS_MAX. */
static const struct {
	u32 model;
	unsigned int loops;
} histories[] = {
	{ MIDR_CORTEX_A57, 8 },   { MIDR_CORTEX_A72, 8 },
	{ MIDR_AMPERE1, 11 },     { MIDR_CORTEX_A76, 24 },
	{ MIDR_CORTEX_A77, 24 },  { MIDR_NEOVERSE_N1, 24 },
	{ MIDR_CORTEX_A78, 32 },  { MIDR_CORTEX_A78C, 32 },
	{ MIDR_CORTEX_X1, 32 },   { MIDR_CORTEX_X2, 32 },
	{ MIDR_CORTEX_A710, 32 }, { MIDR_NEOVERSE_N2, 32 },
	{ MIDR_NEOVERSE_V1, 32 },
};

static void look(void *unused)
{
	u32 model = read_cpuid_id() & MIDR_CPU_MODEL_MASK;
	int need = LOOPS_MAX, most;

	for (unsigned int i = 0; i < ARRAY_SIZE(histories); i++)
		if (histories[i].model == model)
			need = histories[i].loops;
	switch (psci_workaround(ARM_SMCCC_ARCH_WORKAROUND_1)) {
	case 0:
		WRITE_ONCE(v2_firmware, true);
		break;
	case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
		break;
	default:
		WRITE_ONCE(v2_bare, true);
	}
	if (!psci_workaround(ARM_SMCCC_ARCH_WORKAROUND_3))
		WRITE_ONCE(bhb_firmware, true);
	do {
		most = atomic_read(&loops);
	} while (need > most && atomic_cmpxchg(&loops, most, need) != most);
}

/* The firmware's workaround for v2 also protects against BHB. */
static enum harden choose(void)
{
	if (cpu_mitigations_off())
		return HARDEN_NONE;
	if (cpus_have_cap(ARM64_SPECTRE_V2)) {
		if (v2_firmware)
			return HARDEN_FIRMWARE;
		if (v2_bare) {
			pr_warn("Spectre v2: this CPU needs firmware with SMCCC_ARCH_WORKAROUND_1, and its firmware lacks that: run only guests that you trust\n");
			return HARDEN_NONE;
		}
	}
	if (!cpus_have_cap(ARM64_SPECTRE_BHB))
		return HARDEN_NONE;
	if (FIELD_GET(ISAR2_CLRBHB,
		      read_sanitised_ftr_reg(SYS_ID_AA64ISAR2_EL1)))
		return HARDEN_CLEAR;
	if (atomic_read(&loops) == LOOPS_MAX && bhb_firmware)
		return HARDEN_FIRMWARE;
	return HARDEN_LOOP;
}

void harden_init(void)
{
	on_each_cpu(look, NULL, 1);
	if (how == HARDEN_AUTO)
		how = choose();
	if (how == HARDEN_LOOP)
		argument = atomic_read(&loops);
	else
		argument = bhb_firmware ? ARM_SMCCC_ARCH_WORKAROUND_3
					: ARM_SMCCC_ARCH_WORKAROUND_1;
}

void harden_apply(struct el2_ctx *ctx)
{
	ctx->vectors = own_guest_vectors() + how * EL2_VECTORS_SIZE;
	ctx->harden = argument;
}
