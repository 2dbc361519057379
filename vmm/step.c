// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step.c - step one instruction of the guest, without an interrupt
 *
 * /dev/trapline withholds interrupts from a step (KVM_GUESTDBG_BLOCKIRQ). KVM's
 * single step takes a pending interrupt, and the step then ends in its handler.
 * So IRQ and FIQ are masked for the length of the step, and restored
 * afterwards. The guest must not notice this. An instruction that reads or
 * writes DAIF, an exception that saves DAIF in SPSR_EL1, and an exception
 * return that loads DAIF must see and leave the guest's own values.
 *
 * The architecture allows WFI and WFE to complete at once, and a step over one
 * does so. Otherwise it might wait for ever while the other vCPUs are held.
 *
 * A range is stepped here, or by the device, many steps at a time. A loop in
 * the range may wait for the effect of an interrupt (a loop until jiffies
 * changes) and would wait for ever. So once in RANGE_PATIENCE steps one step is
 * open: a pending interrupt is taken. The interrupt's handler then runs with
 * interrupts enabled, until the PC is at the interrupted instruction again with
 * the same SP.
 *
 * A load-exclusive and its store-exclusive are one step: see exclusive.h. The
 * device does not know that. It stops after the first load-exclusive that it
 * steps, and the store of that sequence fails. The guest's next attempt is then
 * stepped here.
 *
 * Source: Arm ARM, "Software Step exceptions"; "DAIF, Interrupt Mask Bits".
 */
#include "step.h"

#include <trapline/abi.h>
#include <trapline/arm64.h>
#include <trapline/decoder.h>
#include "leave.h"
#include "regs.h"
#include "run.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm/debug/breakpoints.h"
#include "vmm/debug/exclusive.h"

#define PSTATE_IF (PSTATE_I | PSTATE_F)

/* System instructions, register moves, and exception generation. */
#define INSN_SYSTEM_MASK 0xfe000000U
#define INSN_SYSTEM      0xd4000000U

/* Steps of a range between two open steps. */
#define RANGE_PATIENCE 1000

/* MSR DAIFSet/DAIFClr, #imm: CRm is the immediate, op2 selects the two. */
#define MSR_IMM_CRM         GENMASK_ULL(11, 8)
#define MSR_IMM_OP2         GENMASK_ULL(7, 5)
#define MSR_IMM_OP2_DAIFSET 6
#define MSR_IMM_MASK        0xfffff0dfU
#define MSR_IMM_DAIF        0xd50340dfU /* DAIFSet, #0; DAIFClr: op2 differs */
#define INSN_RT             GENMASK_ULL(4, 0)
#define RT_ZR               31

static enum insn_class step_class(struct vcpu *vcpu)
{
	return vcpu->step.insn ? decoder_insn_class(vcpu->step.insn)
			       : INSN_OTHER;
}

/*
 * May the instruction change anything but the PC, flags, registers and memory:
 * interrupt masks, or translation?
 */
static bool changes_translation(uint32_t insn)
{
	return (insn & INSN_SYSTEM_MASK) == INSN_SYSTEM &&
	       decoder_insn_class(insn) != INSN_NOP;
}

bool step_keeps_translation(const struct vcpu *vcpu)
{
	return vcpu->step.active && !vcpu->step.range && vcpu->step.insn &&
	       !changes_translation(vcpu->step.insn);
}

static void goals_clear(struct vcpu *vcpu)
{
	vcpu->debug_dirty = vcpu->debug_dirty || vcpu->goals.nr;
	vcpu->goals.nr = 0;
	vcpu->goals.back = false;
}

/* The vector of a synchronous exception that is taken at pstate. */
static int sync_vector(struct vcpu *vcpu, uint64_t pstate, va_t *ret)
{
	va_t vbar;
	int err = vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar);

	if (!err)
		*ret = vbar + vcpu_vector(pstate);
	return err;
}

/* At a load-exclusive: run until after its store-exclusive, if possible. */
static void exclusive_begin(struct vcpu *vcpu, uint64_t pstate)
{
	uint32_t insns[EXCLUSIVE_MAX_INSNS] = { vcpu->step.insn };
	unsigned int max = breakpoints_hw_max(vcpu->vm->breakpoints);
	struct vcpu_goals *goals = &vcpu->goals;
	unsigned int nr = 1;

	if (max > VCPU_MAX_GOALS)
		max = VCPU_MAX_GOALS;
	if (max < 2 || sync_vector(vcpu, pstate, &goals->pc[0]))
		return;
	while (nr < ARRAY_SIZE(insns) &&
	       !vcpu_insn_get(vcpu, vcpu->step.pc + nr * INSN_SIZE, &insns[nr]))
		nr++;
	nr = exclusive_exits(insns, nr, vcpu->step.pc, &goals->pc[1], max - 1,
			     &vcpu->step.end);
	goals->nr = nr ? nr + 1 : 0;
	vcpu->debug_dirty = vcpu->debug_dirty || nr;
}

uint32_t step_control(const struct vcpu *vcpu)
{
	uint32_t control = KVM_GUESTDBG_SINGLESTEP;

	if (!vcpu->step.active || vcpu->goals.nr)
		return 0;
	if (!vcpu->step.open)
		control |= vcpu->vm->step_control & KVM_GUESTDBG_BLOCKIRQ;
	if (vcpu->step.range)
		control |= TRAPLINE_GUESTDBG_RANGE;
	return control;
}

/* Let the device step the range, unless this is a load-exclusive. */
static void range_begin(struct vcpu *vcpu)
{
	struct trapline_run *shared = trapline_run(vcpu->run);
	struct vcpu_step *step = &vcpu->step;

	step->range = !vcpu->goals.nr;
	if (!step->range)
		return;
	step->start = vcpu->range.start;
	step->end = vcpu->range.end;
	shared->step_start = step->start;
	shared->step_end = step->end;
	shared->step_max = RANGE_PATIENCE;
}

/* Must IRQ and FIQ be masked in PSTATE? */
static bool wants_mask(const struct vcpu *vcpu, uint64_t pstate)
{
	bool withheld = vcpu->vm->step_control & KVM_GUESTDBG_BLOCKIRQ &&
			!vcpu->goals.nr;

	return !withheld && !vcpu->step.open &&
	       (pstate & PSTATE_IF) != PSTATE_IF;
}

static enum exit_result step_begin(struct vcpu *vcpu, enum step_how how)
{
	struct vcpu_step *step = &vcpu->step;
	enum insn_class class;
	uint64_t pstate;

	*step = (struct vcpu_step){ .open = how == STEP_OPEN };
	if (leave_finish_access(vcpu) == EXIT_STEPPED)
		return EXIT_STEPPED;
	if (vcpu_pc_get(vcpu, &step->pc) || vcpu_pstate_get(vcpu, &pstate) ||
	    (step->open && vcpu_sp_get(vcpu, &step->sp)))
		return EXIT_PARK;
	step->start = step->pc;
	step->end = step->pc + INSN_SIZE;
	step->daif = pstate & PSTATE_DAIF;
	if (!(pstate & PSTATE_nRW))
		vcpu_insn_get(vcpu, step->pc, &step->insn);
	class = step_class(vcpu);
	if (class == INSN_WFI && !step->open)
		return vcpu_pc_set(vcpu, step->end) ? EXIT_PARK : EXIT_STEPPED;
	if (class == INSN_LOAD_EXCL)
		exclusive_begin(vcpu, pstate);
	if (how == STEP_RANGE)
		range_begin(vcpu);
	step->masked = wants_mask(vcpu, pstate);
	if (step->masked && vcpu_pstate_set(vcpu, pstate | PSTATE_IF))
		return EXIT_PARK;
	step->active = true;
	return EXIT_AGAIN;
}

/*
 * Did the step end at a vector of EL1, by an exception of this very
 * instruction? Exception entry masks all of DAIF, which a step never does.
 */
static bool took_exception(struct vcpu *vcpu, va_t pc, uint64_t pstate)
{
	uint64_t vbar, elr;

	if ((pstate & PSTATE_DAIF) != PSTATE_DAIF ||
	    vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar) ||
	    pc - vbar >= VECTORS_SIZE ||
	    vcpu_sysreg_get(vcpu, GUEST_ELR_EL1, &elr))
		return false;
	return elr - vcpu->step.start <= vcpu->step.end - vcpu->step.start;
}

/* The IRQ, FIQ and SError vectors of each group of four. */
static bool is_async_vector(uint64_t offset)
{
	return offset % VECTOR_SIZE == 0 && offset / VECTOR_SIZE % 4 != 0;
}

static void fix_spsr(struct vcpu *vcpu)
{
	uint64_t spsr;

	if (vcpu_sysreg_get(vcpu, GUEST_SPSR_EL1, &spsr))
		return;
	spsr &= ~PSTATE_SS;
	if (vcpu->step.masked)
		spsr = (spsr & ~PSTATE_IF) | (vcpu->step.daif & PSTATE_IF);
	vcpu_sysreg_set(vcpu, GUEST_SPSR_EL1, spsr);
}

/* MRS Xt, DAIF has read the mask that the step set. */
static void fix_mrs(struct vcpu *vcpu)
{
	unsigned int rt = FIELD_GET(INSN_RT, vcpu->step.insn);
	uint64_t value;

	if (rt == RT_ZR || vcpu_x_get(vcpu, rt, &value))
		return;
	value &= ~PSTATE_IF;
	vcpu_x_set(vcpu, rt, value | (vcpu->step.daif & PSTATE_IF));
}

/* The guest's DAIF after the instruction at step.pc. */
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
		/* The step never changed D and A. */
		return (pstate & (PSTATE_D | PSTATE_A)) | (daif & PSTATE_IF);
	}
}

/*
 * Leave the step. stepped: the step exception has occurred. Returns true if the
 * instruction has been executed, or has taken its exception.
 */
static bool step_end(struct vcpu *vcpu, bool stepped)
{
	struct vcpu_step *step = &vcpu->step;
	uint64_t pstate;
	bool done;
	va_t pc;

	step->active = false;
	goals_clear(vcpu);
	if (vcpu_pc_get(vcpu, &pc) || vcpu_pstate_get(vcpu, &pstate))
		return stepped;
	/* A signal may end KVM_RUN between the access and the step's exit. */
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

static enum exit_result run_to_exit(struct vcpu *vcpu, struct guest_stop *stop)
{
	enum exit_result result;

	do {
		result = vcpu_enter(vcpu, stop);
	} while (result == EXIT_AGAIN);
	return result;
}

enum exit_result step_once(struct vcpu *vcpu, enum step_how how,
			   struct guest_stop *stop)
{
	enum exit_result result = step_begin(vcpu, how);

	if (result == EXIT_AGAIN)
		result = run_to_exit(vcpu, stop);
	if (vcpu->step.active && step_end(vcpu, result == EXIT_STEPPED) &&
	    result == EXIT_PARK)
		result = EXIT_STEPPED;
	return result;
}

bool step_goal_reached(struct vcpu *vcpu)
{
	va_t pc;

	if (!vcpu->goals.nr || vcpu_pc_get(vcpu, &pc))
		return false;
	for (unsigned int i = 0; i < vcpu->goals.nr; i++)
		if (vcpu->goals.pc[i] == pc)
			return true;
	return false;
}

bool step_is_short(struct vcpu *vcpu)
{
	uint64_t pstate;
	uint32_t insn;
	va_t pc;

	if (vcpu_pc_get(vcpu, &pc) || vcpu_pstate_get(vcpu, &pstate) ||
	    pstate & PSTATE_nRW || vcpu_insn_get(vcpu, pc, &insn))
		return false;
	switch (decoder_insn_class(insn)) {
	case INSN_HVC:
	case INSN_SMC:
	case INSN_WFI:
	case INSN_LOAD_EXCL:
		return false;
	default:
		return true;
	}
}

void step_forget(struct vcpu *vcpu)
{
	goals_clear(vcpu);
	vcpu->range_steps = 0;
	vcpu->range_alone = 0;
}

/*
 * If an open step has ended in an interrupt handler, run until the handler
 * returns.
 */
static void back_begin(struct vcpu *vcpu)
{
	uint64_t vbar, elr;
	va_t pc;

	if (vcpu_pc_get(vcpu, &pc) ||
	    vcpu_sysreg_get(vcpu, GUEST_VBAR_EL1, &vbar) ||
	    pc - vbar >= VECTORS_SIZE || !is_async_vector(pc - vbar) ||
	    vcpu_sysreg_get(vcpu, GUEST_ELR_EL1, &elr) || elr != vcpu->step.pc)
		return;
	vcpu->goals = (struct vcpu_goals){
		.nr = 1,
		.pc = { elr },
		.back = true,
		.sp = vcpu->step.sp,
	};
	vcpu->debug_dirty = true;
}

/* Run with interrupts enabled until the handler has returned. */
static enum exit_result step_back(struct vcpu *vcpu, struct guest_stop *stop)
{
	struct vcpu_goals goals = vcpu->goals;
	enum exit_result result = run_to_exit(vcpu, stop);
	uint64_t sp;

	if (result == EXIT_PARK)
		return result;
	goals_clear(vcpu);
	if (result != EXIT_STEPPED || vcpu_sp_get(vcpu, &sp) || sp == goals.sp)
		return result;
	/*
	 * Another context reached the same PC: step past it, then wait again.
	 */
	result = step_once(vcpu, STEP_ONE, stop);
	vcpu->goals = goals;
	vcpu->debug_dirty = true;
	return result;
}

static bool in_range(struct vcpu *vcpu)
{
	va_t pc;

	return vcpu->action == GUEST_STEP && !vcpu_pc_get(vcpu, &pc) &&
	       pc >= vcpu->range.start && pc < vcpu->range.end;
}

static enum step_how step_choose(struct vcpu *vcpu)
{
	if (vcpu->leave.how != LEAVE_AT_ONCE ||
	    vcpu->range.start == vcpu->range.end)
		return STEP_ONE;
	if (vcpu->range_steps >= RANGE_PATIENCE) {
		vcpu->range_steps = 0;
		return STEP_OPEN;
	}
	if (!(vcpu->vm->step_control & TRAPLINE_GUESTDBG_RANGE))
		return STEP_ONE;
	if (!vcpu->range_alone)
		return STEP_RANGE;
	vcpu->range_alone--;
	return STEP_ONE;
}

/*
 * Count, for step_choose(), the steps that were taken. ISV and EX of a step's
 * syndrome are set if the device has stepped a load-exclusive.
 */
static void range_count(struct vcpu *vcpu)
{
	const struct vcpu_step *step = &vcpu->step;
	const uint64_t exclusive = ESR_ELx_STEP_ISV | ESR_ELx_STEP_EX;

	if (!step->range) {
		vcpu->range_steps++;
		if (step_class(vcpu) == INSN_LOAD_EXCL)
			vcpu->range_alone = 0;
	} else if ((vcpu->run->debug.arch.hsr & exclusive) == exclusive) {
		vcpu->range_alone = RANGE_PATIENCE;
	} else {
		vcpu->range_steps += RANGE_PATIENCE;
	}
}

enum exit_result step_run(struct vcpu *vcpu, struct guest_stop *stop)
{
	enum exit_result result;
	enum step_how how;

	do {
		if (vcpu->goals.back) {
			result = step_back(vcpu, stop);
			continue;
		}
		how = step_choose(vcpu);
		result = step_once(vcpu, how, stop);
		if (leave_needs_step(vcpu))
			run_step_done(vcpu, result == EXIT_STEPPED);
		if (result == EXIT_STEPPED)
			range_count(vcpu);
		if (how == STEP_OPEN && result == EXIT_STEPPED)
			back_begin(vcpu);
	} while (result == EXIT_STEPPED &&
		 (vcpu->goals.back || in_range(vcpu)));
	return result;
}
