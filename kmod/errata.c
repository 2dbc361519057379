// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errata: see errata.h. Source: Documentation/arch/arm64/silicon-errata.rst and
 * the help texts of arch/arm64/Kconfig, which describe each erratum and name
 * the affected revisions. Branch predictor weaknesses are handled in harden.c.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "errata.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/cputype.h>
#include "compat.h"

/* True if any CPU has the erratum, because a vCPU may run on any CPU. */
static bool check_stage1, bar_walks;

static bool ignore_errata;
module_param(ignore_errata, bool, 0444);
MODULE_PARM_DESC(ignore_errata, "load on CPUs with errata that concern EL2");

/* Variant and revision from MIDR_EL1: r1p2 is 0x12. */
#define RXPY(midr)  (MIDR_VARIANT(midr) << 4 | MIDR_REVISION(midr))
#define MODEL(midr) (MIDR_CPU_MODEL_MASK & (midr))
#define ANY         0xff

static const struct erratum {
	u32 model;
	u8 first, last; /* RXPY() */
	const char *text;
} table[] = {
	{ MIDR_CORTEX_A55, 0x00, 0x20,
	  "Cortex-A55 1530923: speculative AT with another world's registers" },
	{ MIDR_CORTEX_A76, 0x00, 0x30,
	  "Cortex-A76 1165522, 1286807: speculative AT, TLBI has to be repeated" },
	{ MIDR_NEOVERSE_N1, 0x00, 0x30,
	  "Neoverse-N1 1165522: speculative AT with another world's registers" },
	{ MIDR_CORTEX_A77, 0x00, 0x10,
	  "Cortex-A77 1508412: reading PAR_EL1 may deadlock" },
	{ MIDR_CORTEX_A510, 0x00, 0x11,
	  "Cortex-A510 2077057: SPSR_EL2 wrong after a step, 2441009: TLBI" },
	{ MIDR_THUNDERX, 0x00, ANY,
	  "ThunderX 23154, 27456: list registers, instruction cache by VMID" },
	{ MIDR_CAVIUM_THUNDERX2, 0x00, ANY,
	  "ThunderX2 219: HCR_EL2 and translation registers" },
	{ MIDR_QCOM_FALKOR_V1, 0x00, ANY,
	  "Falkor v1 1003, 1009: ASIDs, TLBI has to be repeated" },
	{ MIDR_QCOM_FALKOR, 0x00, ANY,
	  "Falkor 1009, 1041: TLBI, translation turned off" },
	{ MIDR_AMPERE1A, 0x00, ANY,
	  "AmpereOne AC04_CPU_23: writes to HCR_EL2 and address translation" },
};

static bool has(u32 midr, const struct erratum *e)
{
	return MODEL(midr) == e->model && RXPY(midr) >= e->first &&
	       RXPY(midr) <= e->last;
}

static void look(void *found)
{
	u32 midr = read_cpuid_id();

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (has(midr, &table[i]))
			WRITE_ONCE(*(const struct erratum **)found, &table[i]);
	if (MODEL(midr) == MIDR_CORTEX_A57 && RXPY(midr) <= 0x12)
		WRITE_ONCE(check_stage1, true);
	if (MODEL(midr) == MIDR_CORTEX_A57 || MODEL(midr) == MIDR_CORTEX_A72)
		WRITE_ONCE(bar_walks, true);
}

int errata_check(void)
{
	const struct erratum *found = NULL;

	on_each_cpu(look, &found, 1);
	if (!found)
		return 0;
	if (ignore_errata) {
		pr_warn("this CPU has %s\n", found->text);
		return 0;
	}
	pr_err("this CPU has %s, which this module does not work around: load it with ignore_errata=1 to use it anyway\n",
	       found->text);
	return -EOPNOTSUPP;
}

bool errata_check_stage1(void)
{
	return check_stage1;
}

bool errata_bar_walks(void)
{
	return bar_walks;
}
