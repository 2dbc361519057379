/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs.h - registers and fields that the kernel's headers lack, or that they
 * name differently in different kernel versions
 *
 * Source: Arm ARM, the register descriptions; for ICC_ and ICH_, GIC
 * Architecture Specification (IHI 0069). This header has no code and no kernel
 * symbol, so that el2/ can include it.
 */
#ifndef TRAPLINE_KMOD_REGS_H
#define TRAPLINE_KMOD_REGS_H

#include <linux/bits.h>
#include <asm/sysreg.h>

/* Registers of EL2. */
#define HCRX_EL2    sys_reg(3, 4, 1, 2, 2)
#define HFGRTR_EL2  sys_reg(3, 4, 1, 1, 4)
#define HFGWTR_EL2  sys_reg(3, 4, 1, 1, 5)
#define HFGITR_EL2  sys_reg(3, 4, 1, 1, 6)
#define HDFGRTR_EL2 sys_reg(3, 4, 3, 1, 4)
#define HDFGWTR_EL2 sys_reg(3, 4, 3, 1, 5)
#define MPAM2_EL2   sys_reg(3, 4, 10, 5, 0)
#define MPAMHCR_EL2 sys_reg(3, 4, 10, 4, 0)
#define VSESR_EL2   sys_reg(3, 4, 5, 2, 3)
#define VSESR_IDS   BIT_ULL(24) /* IMPLEMENTATION DEFINED syndrome, here 0 */
#define VDISR_EL2   sys_reg(3, 4, 12, 1, 1)
#define MSR_PAN_1   ".inst 0xd500419f"

/* VTTBR_EL2, VTCR_EL2 */
#define VTTBR_VMID      GENMASK_ULL(63, 48)
#define VTTBR_VMID_HIGH GENMASK_ULL(63, 56)
#define VTCR_T0SZ       GENMASK_ULL(5, 0)
#define VTCR_SL0        GENMASK_ULL(7, 6)
#define VTCR_WBWA       (BIT_ULL(8) | BIT_ULL(10))
#define VTCR_SH_INNER   GENMASK_ULL(13, 12)
#define VTCR_TG0        GENMASK_ULL(15, 14)
#define VTCR_PS         GENMASK_ULL(18, 16)
#define VTCR_VS         BIT_ULL(19)
#define VTCR_RES1       BIT_ULL(31)

/* CPTR_EL2, in its layout for E2H = 0, and for E2H = 1 (that of CPACR_EL1). */
#define CPTR_RES1     0x22ffULL
#define CPTR_TZ       BIT_ULL(8)
#define CPTR_TFP      BIT_ULL(10)
#define CPTR_TSM      BIT_ULL(12)
#define CPTR_TTA      BIT_ULL(20)
#define CPTR_TAM      BIT_ULL(30)
#define CPTR_E2H_FPEN GENMASK_ULL(21, 20)
#define CPTR_E2H_TTA  BIT_ULL(28)

/* CNTHCTL_EL2, likewise for both layouts. */
#define CNTHCTL_PCTEN     BIT_ULL(0)
#define CNTHCTL_PTEN      BIT_ULL(1)
#define CNTHCTL_E2H_PCTEN BIT_ULL(10)
#define CNTHCTL_E2H_PTEN  BIT_ULL(11)

/* MPAM2_EL2, MPAMHCR_EL2: trap the MPAM registers of EL1. */
#define MPAM2_TRAPS      (BIT_ULL(58) | BIT_ULL(49) | BIT_ULL(48))
#define MPAM2_ENSM       BIT_ULL(50)
#define MPAMHCR_TRAP_IDR BIT_ULL(31)

/* The host's sampling and trace buffers. PMBLIMITR, TRBLIMITR: enable bit. */
#define PMSCR_EL1      sys_reg(3, 0, 9, 9, 0)
#define PMBLIMITR_EL1  sys_reg(3, 0, 9, 10, 0)
#define TRFCR_EL1      sys_reg(3, 0, 1, 2, 1)
#define TRBLIMITR_EL1  sys_reg(3, 0, 9, 11, 0)
#define BUFFER_ENABLED BIT_ULL(0)
#define PSB_CSYNC      "hint #17"
#define TSB_CSYNC      "hint #18"

/* TCR_EL1: no walks with TTBR0_EL1 and TTBR1_EL1 */
#define TCR_EPDS (BIT_ULL(7) | BIT_ULL(23))

/*
 * ESR_ELx.ISS of a trapped MRS or MSR, of a data abort, of a software step (ISV
 * and EX).
 */
#define ISS_READ    BIT_ULL(0)
#define ISS_RT      GENMASK_ULL(9, 5)
#define ISS_AR      BIT_ULL(14) /* LDAR, LDAPR, STLR */
#define ISS_SRT     GENMASK_ULL(20, 16)
#define ISS_SAS     GENMASK_ULL(23, 22)
#define ISS_STEP_EX (BIT_ULL(24) | BIT_ULL(6))

/* ESR_ELx of an SError with this AET, and DFSC "asynchronous SError" (RAS) */
#define ESR_SERROR_AET(aet)                           \
	((u64)ESR_ELx_EC_SERROR << ESR_ELx_EC_SHIFT | \
	 (u64)(aet) << ESR_ELx_AET_SHIFT | ESR_ELx_FSC_SERROR)

/* HPFAR_EL2, PAR_EL1 */
#define HPFAR_FIPA GENMASK_ULL(43, 4)
#define PAR_F      BIT_ULL(0)
#define PAR_S      BIT_ULL(9)
#define PAR_PA     GENMASK_ULL(51, 12)

/* HFGWTR_EL2 */
#define HFGWTR_VBAR BIT_ULL(38)

/* ICC_SRE_EL2, ICH_HCR_EL2, ICH_LR<n>_EL2 */
#define SRE_ENABLE  BIT_ULL(3)
#define ICH_EN      BIT_ULL(0)
#define LR_ACTIVE   BIT_ULL(63)
#define LR_PENDING  BIT_ULL(62)
#define LR_HW       BIT_ULL(61)
#define LR_GROUP1   BIT_ULL(60)
#define LR_PRIORITY GENMASK_ULL(55, 48)
#define LR_PINTID   GENMASK_ULL(44, 32)
#define LR_EOI      BIT_ULL(41)

/* Debug registers */
#define REG_MDSCR  sys_reg(2, 0, 0, 2, 2)
#define REG_OSLAR  sys_reg(2, 0, 1, 0, 4)
#define REG_OSLSR  sys_reg(2, 0, 1, 1, 4)
#define OSLSR_OSLM BIT_ULL(3)
#define OSLSR_OSLK BIT_ULL(1)
#define OSLAR_OSLK BIT_ULL(0)

/* MPIDR_EL1; SCTLR_EL1 with its RES1 bits, MMU and caches off */
#define MPIDR_RES1  BIT_ULL(31)
#define MPIDR_AFF3  GENMASK_ULL(39, 32)
#define MPIDR_AFF2  GENMASK_ULL(23, 16)
#define MPIDR_AFF1  GENMASK_ULL(15, 8)
#define MPIDR_AFF   GENMASK_ULL(23, 0) /* Aff2, Aff1, Aff0 */
#define SCTLR_RESET 0x30c50838ULL

/* PSTATE.IT, the state of an IT block, is in two fields. */
#define PSTATE_IT_1_0 GENMASK_ULL(26, 25)
#define PSTATE_IT_7_2 GENMASK_ULL(15, 10)

/* ID registers that older kernels do not name. */
#define REG_PMBIDR  sys_reg(3, 0, 9, 10, 7)
#define REG_TRBIDR  sys_reg(3, 0, 9, 11, 7)
#define REG_MPAMIDR sys_reg(3, 0, 10, 4, 4)
#define REG_MMFR4   sys_reg(3, 0, 0, 7, 4)
#define REG_MIDR    sys_reg(3, 0, 0, 0, 0)
#define REG_REVIDR  sys_reg(3, 0, 0, 0, 6)
#define REG_CCSIDR  sys_reg(3, 1, 0, 0, 0)
#define REG_CLIDR   sys_reg(3, 1, 0, 0, 1)
#define REG_AIDR    sys_reg(3, 1, 0, 0, 7)
#define REG_CSSELR  sys_reg(3, 2, 0, 0, 0)
#define REG_CTR     sys_reg(3, 3, 0, 0, 1)

/* Fields of ID registers: ID_AA64<name>_EL1 */
#define PFR0_EL0        GENMASK_ULL(3, 0)
#define PFR0_EL2        GENMASK_ULL(11, 8)
#define PFR0_GIC        GENMASK_ULL(27, 24)
#define PFR0_RAS        GENMASK_ULL(31, 28)
#define PFR0_MPAM       GENMASK_ULL(43, 40)
#define PFR0_CSV2       GENMASK_ULL(59, 56)
#define PFR1_MTE        GENMASK_ULL(11, 8)
#define PFR1_MPAM       GENMASK_ULL(19, 16)
#define DFR0_BRPS       GENMASK_ULL(15, 12)
#define DFR0_WRPS       GENMASK_ULL(23, 20)
#define DFR0_SPE        GENMASK_ULL(35, 32)
#define DFR0_TRBE       GENMASK_ULL(47, 44)
#define ISAR2_CLRBHB    GENMASK_ULL(31, 28)
#define MMFR0_PARANGE   GENMASK_ULL(3, 0)
#define MMFR0_FGT       GENMASK_ULL(59, 56)
#define MMFR1_VMID      GENMASK_ULL(7, 4)
#define MMFR1_PAN       GENMASK_ULL(23, 20)
#define MMFR1_HCX       GENMASK_ULL(43, 40)
#define MMFR4_E2H0      GENMASK_ULL(27, 24)
#define E2H0_NI_NV1     0xe /* 0xe and 0xf: HCR_EL2.E2H is RES1 */
/* PMBIDR_EL1, TRBIDR_EL1: the buffer belongs to a higher exception level. */
#define BUFFER_IDR_P    BIT_ULL(4)
#define MPAMIDR_HAS_HCR BIT_ULL(17)

/* SMCCC: a fast call, and the owners of calls that the host half handles. */
#define SMCCC_FAST   BIT_ULL(31)
#define SMCCC_OWNER  GENMASK_ULL(29, 24)
#define SMCCC_OWNERS (BIT_ULL(0) | BIT_ULL(4))

#endif
