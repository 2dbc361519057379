/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64.h - fields of AArch64 registers that user space reads or sets
 *
 * Every folder of user space may include this header. A field is a mask for
 * FIELD_GET and FIELD_PREP (types.h). Names are the Arm manual's, spelled as in
 * Linux's asm/esr.h, asm/sysreg.h and asm/pgtable-hwdef.h; PSTATE fields have
 * the manual's names. kmod/ uses the kernel's own headers.
 *
 * Source: Arm ARM, the register's own page.
 */
#ifndef TRAPLINE_ARM64_H
#define TRAPLINE_ARM64_H

#include <trapline/types.h>

/* Bytes of an A64 instruction. */
#define INSN_SIZE 4

/* Set in every VA that TTBR1_EL1 translates, clear in every VA of TTBR0_EL1. */
#define VA_UPPER_HALF BIT_ULL(55)

/* PSTATE and SPSR_ELx, Arm ARM "SPSR_EL1, Saved Program Status Register". */
#define PSTATE_N     BIT_ULL(31)
#define PSTATE_Z     BIT_ULL(30)
#define PSTATE_C     BIT_ULL(29)
#define PSTATE_V     BIT_ULL(28)
#define PSTATE_DIT   BIT_ULL(24)
#define PSTATE_PAN   BIT_ULL(22)
#define PSTATE_SS    BIT_ULL(21)
#define PSTATE_IL    BIT_ULL(20)
#define PSTATE_SSBS  BIT_ULL(12)
#define PSTATE_BTYPE GENMASK_ULL(11, 10)
#define PSTATE_D     BIT_ULL(9)
#define PSTATE_A     BIT_ULL(8)
#define PSTATE_I     BIT_ULL(7)
#define PSTATE_F     BIT_ULL(6)
#define PSTATE_DAIF  GENMASK_ULL(9, 6)
#define PSTATE_MODE  GENMASK_ULL(4, 0) /* nRW, EL and SP */
#define PSTATE_nRW   BIT_ULL(4)
#define PSTATE_EL    GENMASK_ULL(3, 2)
#define PSTATE_SP    BIT_ULL(0)

/* The vectors of an exception level, Arm ARM "Exception vectors". */
#define VECTORS_SIZE 0x800
#define VECTOR_SIZE  0x80

/* ESR_ELx: the exception class, and the fields of each class's ISS. */
#define ESR_ELx_EC_MASK                GENMASK_ULL(31, 26)
#define ESR_ELx_EC_WFx                 0x01
#define ESR_ELx_EC_SVC64               0x15
#define ESR_ELx_EC_HVC64               0x16
#define ESR_ELx_EC_SYS64               0x18
#define ESR_ELx_EC_IABT_LOW            0x20
#define ESR_ELx_EC_DABT_LOW            0x24
#define ESR_ELx_EC_DABT_CUR            0x25
#define ESR_ELx_EC_BREAKPT_LOW         0x30
#define ESR_ELx_EC_SOFTSTP_LOW         0x32
#define ESR_ELx_EC_WATCHPT_LOW         0x34
#define ESR_ELx_EC_WATCHPT_CUR         0x35
#define ESR_ELx_EC_BRK64               0x3c
#define ESR_ELx_IL                     BIT_ULL(25)
/* Data aborts and watchpoints. */
#define ESR_ELx_ISV                    BIT_ULL(24)
#define ESR_ELx_CM                     BIT_ULL(8)
#define ESR_ELx_FnV                    BIT_ULL(10)
#define ESR_ELx_WNR                    BIT_ULL(6)
/* Fault status codes: DFSC of a data abort, IFSC of an instruction abort. */
#define ESR_ELx_FSC_PERM_L(level)      (0x0c + (level))
#define ESR_ELx_FSC_EXTABT             0x10 /* not on a table walk */
#define ESR_ELx_FSC_DEBUG              0x22
/* Software steps. */
#define ESR_ELx_STEP_ISV               BIT_ULL(24)
#define ESR_ELx_STEP_EX                BIT_ULL(6)
/* BRK. */
#define ESR_ELx_BRK64_ISS_COMMENT_MASK GENMASK_ULL(15, 0)
/* WFI and WFE. */
#define ESR_ELx_WFx_ISS_WFE            BIT_ULL(0)
/* MSR, MRS and system instructions. */
#define ESR_ELx_SYS64_ISS_OP0_MASK     GENMASK_ULL(21, 20)
#define ESR_ELx_SYS64_ISS_OP2_MASK     GENMASK_ULL(19, 17)
#define ESR_ELx_SYS64_ISS_OP1_MASK     GENMASK_ULL(16, 14)
#define ESR_ELx_SYS64_ISS_CRN_MASK     GENMASK_ULL(13, 10)
#define ESR_ELx_SYS64_ISS_CRM_MASK     GENMASK_ULL(4, 1)
#define ESR_ELx_SYS64_ISS_DIR_READ     BIT_ULL(0)

#define SCTLR_ELx_M     BIT_ULL(0)
#define SCTLR_ELx_WXN   BIT_ULL(19)
#define SCTLR_EL1_SPAN  BIT_ULL(23)
#define SCTLR_EL1_E0E   BIT_ULL(24)
#define SCTLR_ELx_EE    BIT_ULL(25)
#define SCTLR_ELx_DSSBS BIT_ULL(44)

#define TCR_T0SZ_MASK GENMASK_ULL(5, 0)
#define TCR_EPD0_MASK BIT_ULL(7)
#define TCR_TG0_MASK  GENMASK_ULL(15, 14)
#define TCR_T1SZ_MASK GENMASK_ULL(21, 16)
#define TCR_EPD1_MASK BIT_ULL(23)
#define TCR_TG1_MASK  GENMASK_ULL(31, 30)
#define TCR_TG1_4K    FIELD_PREP(TCR_TG1_MASK, 2)
#define TCR_IPS_MASK  GENMASK_ULL(34, 32)
#define TCR_TBI0      BIT_ULL(37)
#define TCR_TBI1      BIT_ULL(38)
#define TCR_HD        BIT_ULL(40)
#define TCR_HPD0      BIT_ULL(41)
#define TCR_HPD1      BIT_ULL(42)
#define TCR_DS        BIT_ULL(59)

#define TTBR_ASID_MASK GENMASK_ULL(63, 48)

#define MDSCR_EL1_MDE BIT_ULL(15)

/* A block or page descriptor of stage 1, Arm ARM "VMSAv8-64". */
#define DESC_VALID           BIT_ULL(0)
#define DESC_TABLE           BIT_ULL(1) /* a page at level 3 */
#define DESC_AP_EL0          BIT_ULL(6)
#define DESC_AP_RO           BIT_ULL(7)
#define DESC_AF              BIT_ULL(10)
#define DESC_DBM             BIT_ULL(51)
#define DESC_PXN             BIT_ULL(53)
/* In a table descriptor: limits for all memory that the table maps. */
#define DESC_PXN_TABLE       BIT_ULL(59)
#define DESC_UXN_TABLE       BIT_ULL(60)
#define DESC_AP_TABLE_NO_EL0 BIT_ULL(61)
#define DESC_AP_TABLE_RO     BIT_ULL(62)

#endif
