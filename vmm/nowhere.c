// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nowhere.c - see nowhere.h
 *
 * Source: Arm ARM (DDI 0487), "ESR_EL1, Exception Syndrome Register", ISS
 * encoding for an exception from a Data Abort.
 */
#include "nowhere.h"

#include <trapline/arm64.h>
#include <trapline/decoder.h>
#include <trapline/vmm.h>
#include "regs.h"
#include "vcpu.h"
#include "vm.h"

/* Has the stop at this instruction been reported just now? */
static bool was_reported(const struct vcpu *vcpu, va_t pc)
{
	const struct vcpu_leave *l = &vcpu->leave;

	return l->kind == GUEST_STOP_FAILURE && l->pc == pc &&
	       vcpu->vm->nr_resumes - l->resumes == 1;
}

/* The address that the instruction at pc accesses. */
static bool address_find(struct vcpu *vcpu, va_t pc, va_t *ret)
{
	struct insn_regs copy = { .pc = pc };
	struct decoder_env env = { 0 };
	struct guest_regs regs;
	struct access access;
	struct insn insn;
	uint32_t word;

	if (vcpu_insn_get(vcpu, pc, &word) || decoder_decode(word, &insn) ||
	    vcpu_regs_get(vcpu, &regs))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(copy.x); i++)
		copy.x[i] = regs.x[i];
	copy.sp = regs.sp;
	copy.pstate = regs.pstate;
	if (decoder_access(&insn, &copy, &env, &access) || !access.nr)
		return false;
	*ret = access.mem[0].addr;
	return true;
}

static int abort_inject(struct vcpu *vcpu, va_t pc, bool write)
{
	uint64_t esr = ESR_ELx_IL | ESR_ELx_FSC_EXTABT, pstate;
	unsigned int ec = ESR_ELx_EC_DABT_LOW;
	va_t far = 0;
	int err = vcpu_pstate_get(vcpu, &pstate);

	if (err)
		return err;
	if (FIELD_GET(PSTATE_EL, pstate))
		ec = ESR_ELx_EC_DABT_CUR;
	esr |= FIELD_PREP(ESR_ELx_EC_MASK, (uint64_t)ec);
	if (write)
		esr |= ESR_ELx_WNR;
	if (!address_find(vcpu, pc, &far))
		esr |= ESR_ELx_FnV;
	return vcpu_inject_sync(vcpu, esr, far);
}

enum exit_result nowhere_accessed(struct vcpu *vcpu, bool write,
				  const char *what, struct guest_stop *ret)
{
	va_t pc;

	if (vcpu_pc_get(vcpu, &pc) ||
	    (vcpu->vm->config->unassigned == VMM_UNASSIGNED_STOP &&
	     !was_reported(vcpu, pc)) ||
	    abort_inject(vcpu, pc, write))
		return vcpu_stop_failure(vcpu, ret, what);
	vcpu->leave.kind = GUEST_STOP_NONE;
	return vcpu->step.active ? EXIT_STEPPED : EXIT_AGAIN;
}
