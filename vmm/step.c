// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step.c - one instruction of the guest, and no interrupt
 *
 * KVM's single step lets a pending interrupt in, and the step then ends in
 * its handler. So IRQ and FIQ are masked for the length of the step, and put
 * back truthfully: an instruction that reads or writes DAIF, an exception
 * that saves it in SPSR_EL1, and an exception return that loads it must all
 * have seen, and leave, what the guest knows.
 *
 * WFI and WFE may complete at once by architecture, so a step over one does:
 * it could wait for ever while the other vCPUs are held.
 *
 * Source: Arm ARM, "Software Step exceptions"; "DAIF, Interrupt Mask Bits".
 */
#include "vm.h"

#include <trapline/decoder.h>

#define PSTATE_IF    (PSTATE_I | PSTATE_F)
#define VECTORS_SIZE 0x800
#define INSN_SIZE    4

/* MSR DAIFSet/DAIFClr, #imm: CRm is the immediate, op2 says which. */
#define MSR_IMM_CRM         GENMASK_ULL(11, 8)
#define MSR_IMM_OP2         GENMASK_ULL(7, 5)
#define MSR_IMM_OP2_DAIFSET 6
#define MSR_IMM_MASK        0xfffff0dfU
#define MSR_IMM_DAIF        0xd50340dfU /* DAIFSet, #0; DAIFClr differs in op2 */
#define INSN_RT             GENMASK_ULL(4, 0)
#define RT_ZR               31

static enum insn_class step_class(struct vcpu *vcpu)
{
	return vcpu->step.insn ? decoder_insn_class(vcpu->step.insn)
			       : INSN_OTHER;
}

enum exit_result step_begin(struct vcpu *vcpu)
{
	struct vcpu_step *step = &vcpu->step;
	uint64_t pstate;

	if (vcpu_pc_get(vcpu, &step->pc) || vcpu_pstate_get(vcpu, &pstate))
		return EXIT_PARK;
	step->insn = 0;
	step->daif = pstate & PSTATE_DAIF;
	step->masked = (pstate & PSTATE_IF) != PSTATE_IF;
	if (!(pstate & PSTATE_nRW) &&
	    !vcpu_insn_get(vcpu, step->pc, &step->insn) &&
	    step_class(vcpu) == INSN_WFI)
		return vcpu_pc_set(vcpu, step->pc + INSN_SIZE) ? EXIT_PARK
							       : EXIT_STEPPED;
	if (step->masked && vcpu_pstate_set(vcpu, pstate | PSTATE_IF))
		return EXIT_PARK;
	step->active = true;
	return EXIT_AGAIN;
}

/*
 * Did the step end at a vector of EL1's, by an exception of this very
 * instruction? Entry masks all of DAIF, which a step never does.
 */
static bool took_exception(struct vcpu *vcpu, va_t pc, uint64_t pstate)
{
	uint64_t vbar, elr;

	if ((pstate & PSTATE_DAIF) != PSTATE_DAIF ||
	    vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar) ||
	    pc - vbar >= VECTORS_SIZE ||
	    vcpu_sysreg_get(vcpu, GUEST_ELR_EL1, &elr))
		return false;
	return elr == vcpu->step.pc || elr == vcpu->step.pc + INSN_SIZE;
}

static void fix_spsr(struct vcpu *vcpu)
{
	uint64_t spsr;

	if (vcpu_sysreg_get(vcpu, GUEST_SPSR_EL1, &spsr))
		return;
	spsr &= ~(PSTATE_IF | PSTATE_SS);
	spsr |= vcpu->step.daif & PSTATE_IF;
	vcpu_sysreg_set(vcpu, GUEST_SPSR_EL1, spsr);
}

/* MRS Xt, DAIF has read our mask. */
static void fix_mrs(struct vcpu *vcpu)
{
	unsigned int rt = FIELD_GET(INSN_RT, vcpu->step.insn);
	uint64_t value;

	if (rt == RT_ZR || vcpu_x_get(vcpu, rt, &value))
		return;
	value &= ~PSTATE_IF;
	vcpu_x_set(vcpu, rt, value | (vcpu->step.daif & PSTATE_IF));
}

/* DAIF as the instruction at step.pc leaves it, masked as it was. */
static uint64_t daif_after(struct vcpu *vcpu, uint64_t pstate)
{
	uint32_t insn = vcpu->step.insn;
	uint64_t daif = vcpu->step.daif;
	uint64_t imm;

	switch (step_class(vcpu)) {
	case INSN_ERET:
		return pstate & PSTATE_DAIF;
	case INSN_MSR_DAIF:
		if ((insn & MSR_IMM_MASK) != MSR_IMM_DAIF)
			return pstate & PSTATE_DAIF;
		imm = FIELD_PREP(PSTATE_DAIF, FIELD_GET(MSR_IMM_CRM, insn));
		return FIELD_GET(MSR_IMM_OP2, insn) == MSR_IMM_OP2_DAIFSET
			       ? daif | imm
			       : daif & ~imm;
	default:
		/* D and A were never touched. */
		return (pstate & (PSTATE_D | PSTATE_A)) | (daif & PSTATE_IF);
	}
}

bool step_end(struct vcpu *vcpu, bool stepped)
{
	struct vcpu_step *step = &vcpu->step;
	uint64_t pstate;
	bool done;
	va_t pc;

	step->active = false;
	if (vcpu_pc_get(vcpu, &pc) || vcpu_pstate_get(vcpu, &pstate))
		return stepped;
	/* A signal may have come between the access and the step's exit. */
	done = stepped || pc != step->pc;
	if (done && took_exception(vcpu, pc, pstate)) {
		fix_spsr(vcpu);
		vcpu_pstate_set(vcpu, pstate & ~PSTATE_SS);
		return done;
	}
	if (step->masked && done && step_class(vcpu) == INSN_MRS_DAIF)
		fix_mrs(vcpu);
	pstate &= ~PSTATE_SS;
	if (step->masked && done)
		pstate = (pstate & ~PSTATE_DAIF) | daif_after(vcpu, pstate);
	else if (step->masked)
		pstate = (pstate & ~PSTATE_DAIF) | step->daif;
	vcpu_pstate_set(vcpu, pstate);
	return done;
}
