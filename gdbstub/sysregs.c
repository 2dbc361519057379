// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysregs.c - the fields of the system registers; see trapline/gdbstub.h
 *
 * The names are those of the Arm ARM, "AArch64 System Register Descriptions".
 * A field that the architecture reserves is left out.
 */
#include <trapline/gdbstub.h>
#include <trapline/util.h>

#define B(name, bit)            \
	{                       \
#name, bit, bit \
	}
#define F(name, start, end)       \
	{                         \
#name, start, end \
	}
/* A field of an ID register has four bits. */
#define N(name, start)                  \
	{                               \
#name, start, start + 3 \
	}

#define FIELDS(of) static const struct gdbstub_field of[]

/* clang-format off */
FIELDS(sctlr) = {
	B(M, 0), B(A, 1), B(C, 2), B(SA, 3), B(SA0, 4), B(CP15BEN, 5),
	B(nAA, 6), B(ITD, 7), B(SED, 8), B(UMA, 9), B(EnRCTX, 10), B(EOS, 11),
	B(I, 12), B(EnDB, 13), B(DZE, 14), B(UCT, 15), B(nTWI, 16),
	B(nTWE, 18), B(WXN, 19), B(TSCXT, 20), B(IESB, 21), B(EIS, 22),
	B(SPAN, 23), B(E0E, 24), B(EE, 25), B(UCI, 26), B(EnDA, 27),
	B(nTLSMD, 28), B(LSMAOE, 29), B(EnIB, 30), B(EnIA, 31), B(BT0, 35),
	B(BT1, 36), B(ITFSB, 37), F(TCF0, 38, 39), F(TCF, 40, 41), B(ATA0, 42),
	B(ATA, 43), B(DSSBS, 44), B(TIDCP, 63),
};

FIELDS(tcr) = {
	F(T0SZ, 0, 5), B(EPD0, 7), F(IRGN0, 8, 9), F(ORGN0, 10, 11),
	F(SH0, 12, 13), F(TG0, 14, 15), F(T1SZ, 16, 21), B(A1, 22),
	B(EPD1, 23), F(IRGN1, 24, 25), F(ORGN1, 26, 27), F(SH1, 28, 29),
	F(TG1, 30, 31), F(IPS, 32, 34), B(AS, 36), B(TBI0, 37), B(TBI1, 38),
	B(HA, 39), B(HD, 40), B(HPD0, 41), B(HPD1, 42), B(TBID0, 51),
	B(TBID1, 52), B(NFD0, 53), B(NFD1, 54), B(E0PD0, 55), B(E0PD1, 56),
	B(DS, 59),
};

FIELDS(ttbr) = { B(CnP, 0), F(BADDR, 1, 47), F(ASID, 48, 63) };

FIELDS(mair) = {
	F(Attr0, 0, 7), F(Attr1, 8, 15), F(Attr2, 16, 23), F(Attr3, 24, 31),
	F(Attr4, 32, 39), F(Attr5, 40, 47), F(Attr6, 48, 55), F(Attr7, 56, 63),
};

FIELDS(esr) = { F(ISS, 0, 24), B(IL, 25), F(EC, 26, 31), F(ISS2, 32, 55) };

FIELDS(pstate) = {
	B(SP, 0), F(EL, 2, 3), B(nRW, 4), B(F, 6), B(I, 7), B(A, 8), B(D, 9),
	F(BTYPE, 10, 11), B(SSBS, 12), B(IL, 20), B(SS, 21), B(PAN, 22),
	B(UAO, 23), B(DIT, 24), B(TCO, 25), B(V, 28), B(C, 29), B(Z, 30),
	B(N, 31),
};

FIELDS(contextidr) = { F(PROCID, 0, 31) };

FIELDS(cpacr) = { F(ZEN, 16, 17), F(FPEN, 20, 21), F(SMEN, 24, 25), B(TTA, 28) };

FIELDS(mdscr) = {
	B(SS, 0), B(ERR, 6), B(TDCC, 12), B(KDE, 13), B(HDE, 14), B(MDE, 15),
	B(TDA, 21), F(INTdis, 22, 23), B(TXU, 26), B(RXO, 27), B(TXfull, 29),
	B(RXfull, 30), B(TFO, 31),
};

FIELDS(cntkctl) = {
	B(EL0PCTEN, 0), B(EL0VCTEN, 1), B(EVNTEN, 2), B(EVNTDIR, 3),
	F(EVNTI, 4, 7), B(EL0VTEN, 8), B(EL0PTEN, 9), B(EVNTIS, 17),
};

FIELDS(cntv_ctl) = { B(ENABLE, 0), B(IMASK, 1), B(ISTATUS, 2) };

/* The fields of PAR_EL1 while its bit F is 0. */
FIELDS(par) = { B(F, 0), F(SH, 7, 8), B(NS, 9), F(PA, 12, 51), F(ATTR, 56, 63) };

FIELDS(pmcr) = {
	B(E, 0), B(P, 1), B(C, 2), B(D, 3), B(X, 4), B(DP, 5), B(LC, 6),
	B(LP, 7), F(N, 11, 15), F(IDCODE, 16, 23), F(IMP, 24, 31),
};

FIELDS(csselr) = { B(InD, 0), F(Level, 1, 3) };

FIELDS(dbgbcr) = {
	B(E, 0), F(PMC, 1, 2), F(BAS, 5, 8), B(HMC, 13), F(SSC, 14, 15),
	F(LBN, 16, 19), F(BT, 20, 23),
};

FIELDS(dbgwcr) = {
	B(E, 0), F(PAC, 1, 2), F(LSC, 3, 4), F(BAS, 5, 12), B(HMC, 13),
	F(SSC, 14, 15), F(LBN, 16, 19), B(WT, 20), F(MASK, 24, 28),
};

FIELDS(mpidr) = {
	F(Aff0, 0, 7), F(Aff1, 8, 15), F(Aff2, 16, 23), B(MT, 24), B(U, 30),
	F(Aff3, 32, 39),
};

FIELDS(midr) = {
	F(Revision, 0, 3), F(PartNum, 4, 15), F(Architecture, 16, 19),
	F(Variant, 20, 23), F(Implementer, 24, 31),
};

FIELDS(ctr) = {
	F(IminLine, 0, 3), F(L1Ip, 14, 15), F(DminLine, 16, 19), F(ERG, 20, 23),
	F(CWG, 24, 27), B(IDC, 28), B(DIC, 29),
};

FIELDS(pfr0) = {
	N(EL0, 0), N(EL1, 4), N(EL2, 8), N(EL3, 12), N(FP, 16), N(AdvSIMD, 20),
	N(GIC, 24), N(RAS, 28), N(SVE, 32), N(SEL2, 36), N(MPAM, 40),
	N(AMU, 44), N(DIT, 48), N(RME, 52), N(CSV2, 56), N(CSV3, 60),
};

FIELDS(pfr1) = {
	N(BT, 0), N(SSBS, 4), N(MTE, 8), N(RAS_frac, 12), N(MPAM_frac, 16),
	N(SME, 24), N(RNDR_trap, 28), N(CSV2_frac, 32), N(NMI, 36),
};

FIELDS(dfr0) = {
	N(DebugVer, 0), N(TraceVer, 4), N(PMUVer, 8), N(BRPs, 12), N(WRPs, 20),
	N(CTX_CMPs, 28), N(PMSVer, 32), N(DoubleLock, 36), N(TraceFilt, 40),
};

FIELDS(isar0) = {
	N(AES, 4), N(SHA1, 8), N(SHA2, 12), N(CRC32, 16), N(Atomic, 20),
	N(TME, 24), N(RDM, 28), N(SHA3, 32), N(SM3, 36), N(SM4, 40), N(DP, 44),
	N(FHM, 48), N(TS, 52), N(TLB, 56), N(RNDR, 60),
};

FIELDS(isar1) = {
	N(DPB, 0), N(APA, 4), N(API, 8), N(JSCVT, 12), N(FCMA, 16),
	N(LRCPC, 20), N(GPA, 24), N(GPI, 28), N(FRINTTS, 32), N(SB, 36),
	N(SPECRES, 40), N(BF16, 44), N(DGH, 48), N(I8MM, 52), N(XS, 56),
	N(LS64, 60),
};

FIELDS(isar2) = {
	N(WFxT, 0), N(RPRES, 4), N(GPA3, 8), N(APA3, 12), N(MOPS, 16), N(BC, 20),
	N(PAC_frac, 24),
};

FIELDS(mmfr0) = {
	N(PARange, 0), N(ASIDBits, 4), N(BigEnd, 8), N(SNSMem, 12),
	N(BigEndEL0, 16), N(TGran16, 20), N(TGran64, 24), N(TGran4, 28),
	N(TGran16_2, 32), N(TGran64_2, 36), N(TGran4_2, 40), N(ExS, 44),
	N(FGT, 56), N(ECV, 60),
};

FIELDS(mmfr1) = {
	N(HAFDBS, 0), N(VMIDBits, 4), N(VH, 8), N(HPDS, 12), N(LO, 16),
	N(PAN, 20), N(SpecSEI, 24), N(XNX, 28), N(TWED, 32), N(ETS, 36),
	N(HCX, 40), N(AFP, 44), N(nTLBPA, 48), N(TIDCP1, 52), N(CMOW, 56),
};

FIELDS(mmfr2) = {
	N(CnP, 0), N(UAO, 4), N(LSM, 8), N(IESB, 12), N(VARange, 16),
	N(CCIDX, 20), N(NV, 24), N(ST, 28), N(AT, 32), N(IDS, 36), N(FWB, 40),
	N(TTL, 48), N(BBM, 52), N(EVT, 56), N(E0PD, 60),
};

static const char id[] = "it is an identification register";
static const char counter[] = "the counter counts; its offset is the VMM's";
static const char pmu[] = "the guest has no PMU";

#define WITH(of) .fields = of, .nr_fields = ARRAY_SIZE(of)
#define ROW(reg, ...) [GUEST_##reg] = { .name = #reg, __VA_ARGS__ }
#define UNION(reg, of)  ROW(reg, .type = GDBSTUB_UNION, WITH(of))
#define NUMBER(reg, of) ROW(reg, .type = GDBSTUB_FLAGS, WITH(of))
#define TTBR(n) \
	ROW(TTBR##n##_EL1, .type = GDBSTUB_UINT64, WITH(ttbr))
#define PLAIN(reg)      ROW(reg, .type = GDBSTUB_UINT64)
#define DATA(reg)       ROW(reg, .type = GDBSTUB_DATA_PTR)
#define CODE(reg)       ROW(reg, .type = GDBSTUB_CODE_PTR)
#define ID(reg, of) \
	ROW(reg, .type = GDBSTUB_FLAGS, WITH(of), .read_only = id)
#define BREAK(n) DATA(DBGBVR##n##_EL1), UNION(DBGBCR##n##_EL1, dbgbcr)
#define WATCH(n) DATA(DBGWVR##n##_EL1), UNION(DBGWCR##n##_EL1, dbgwcr)

const struct gdbstub_sysreg gdbstub_sysregs[GUEST_NR_SYSREGS] = {
	UNION(SCTLR_EL1, sctlr), NUMBER(TCR_EL1, tcr), TTBR(0),
	TTBR(1), UNION(MAIR_EL1, mair), CODE(VBAR_EL1),
	UNION(ESR_EL1, esr), DATA(FAR_EL1), CODE(ELR_EL1),
	UNION(SPSR_EL1, pstate), DATA(SP_EL0), DATA(SP_EL1), DATA(TPIDR_EL0),
	DATA(TPIDRRO_EL0), DATA(TPIDR_EL1), UNION(CONTEXTIDR_EL1, contextidr),
	ID(MPIDR_EL1, mpidr), ID(MIDR_EL1, midr), ID(ID_AA64MMFR0_EL1, mmfr0),
	ID(ID_AA64MMFR2_EL1, mmfr2), UNION(CPACR_EL1, cpacr),
	UNION(MDSCR_EL1, mdscr), UNION(CNTKCTL_EL1, cntkctl),
	UNION(CNTV_CTL_EL0, cntv_ctl), PLAIN(CNTV_CVAL_EL0),
	ROW(CNTVCT_EL0, .type = GDBSTUB_UINT64, .read_only = counter),
	UNION(PAR_EL1, par),
	ROW(PMCR_EL0, .type = GDBSTUB_UNION, WITH(pmcr), .read_only = pmu),
	PLAIN(AMAIR_EL1), PLAIN(AFSR0_EL1), PLAIN(AFSR1_EL1), PLAIN(ACTLR_EL1),
	UNION(CSSELR_EL1, csselr), ID(ID_AA64PFR0_EL1, pfr0),
	ID(ID_AA64PFR1_EL1, pfr1), ID(ID_AA64DFR0_EL1, dfr0),
	ID(ID_AA64ISAR0_EL1, isar0), ID(ID_AA64ISAR1_EL1, isar1),
	ID(ID_AA64ISAR2_EL1, isar2), ID(ID_AA64MMFR1_EL1, mmfr1),
	ID(CTR_EL0, ctr),
	ROW(CLIDR_EL1, .type = GDBSTUB_UINT64, .read_only = id),
	ROW(REVIDR_EL1, .type = GDBSTUB_UINT64, .read_only = id),
	BREAK(0), BREAK(1), BREAK(2), BREAK(3), BREAK(4), BREAK(5),
	WATCH(0), WATCH(1), WATCH(2), WATCH(3),
};
/* clang-format on */

const struct gdbstub_sysreg gdbstub_pstate = {
	.name = "pstate",
	.type = GDBSTUB_FLAGS,
	.fields = pstate,
	.nr_fields = ARRAY_SIZE(pstate),
};
