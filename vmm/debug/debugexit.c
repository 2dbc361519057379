// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * debugexit.c - KVM_EXIT_DEBUG: is it ours or the guest's?
 *
 * While guest debugging is enabled, KVM routes every debug exception of the
 * guest to the VMM. Our own exceptions become stops. The guest's own ones (BRKs
 * of kprobes, BUG, WARN and uprobes, single steps, break and watch points) are
 * injected as the CPU would have taken them, from EL0 as well.
 *
 * All of this runs on the vCPU's own thread and uses only that vCPU's
 * registers.
 *
 * Source: Arm ARM (DDI 0487), "ESR_ELx, Exception Syndrome Register", ISS
 * encodings of the debug exceptions; Linux Documentation/virt/kvm/api.rst,
 * KVM_EXIT_DEBUG.
 */
#include "breakpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/decoder.h>
#include "vmm/regs.h"
#include "vmm/vcpu.h"

/* EC bit 0 of a hardware debug exception: no change of EL. */
#define ESR_EC_SAME_EL BIT_ULL(26)

_Static_assert(FIELD_PREP(ESR_ELx_EC_MASK, 1) == ESR_EC_SAME_EL, "ESR.EC");

/* Inject the exception that the guest would have taken. */
static int reinject(struct vcpu *vcpu, uint64_t esr, va_t far)
{
	unsigned int ec = FIELD_GET(ESR_ELx_EC_MASK, esr);
	uint64_t pstate;
	int err;

	if (ec >= ESR_ELx_EC_BREAKPT_LOW && ec <= ESR_ELx_EC_WATCHPT_CUR) {
		err = vcpu_pstate_get(vcpu, &pstate);
		if (err)
			return err;
		esr &= ~ESR_EC_SAME_EL;
		if (FIELD_GET(PSTATE_EL, pstate))
			esr |= ESR_EC_SAME_EL;
	}
	return vcpu_inject_sync(vcpu, esr, far);
}

/* 1: *ret is filled; 0: continue; -EAGAIN: the exception is the guest's own. */
static int brk_exit(struct breakpoints *bps, struct vcpu *vcpu, uint64_t esr,
		    va_t pc, struct guest_stop *ret)
{
	ipa_t ipa;

	if (FIELD_GET(ESR_ELx_BRK64_ISS_COMMENT_MASK, esr) !=
		    TRAPLINE_BRK_IMM ||
	    vcpu_va_ipa(vcpu, pc, &ipa))
		return -EAGAIN;
	/* The vCPU has arrived at a BRK again: forget its last stop. */
	vcpu->leave.brk = IPA_NONE;
	switch (breakpoints_state(bps, ipa)) {
	case BREAK_OURS:
		ret->kind = GUEST_STOP_SW_BREAK;
		ret->addr = pc;
		ret->access = GUEST_EXEC;
		return 1;
	case BREAK_STALE:
		return 0;
	default:
		return -EAGAIN;
	}
}

static int hw_exit(struct breakpoints *bps, struct vcpu *vcpu, unsigned int ec,
		   uint64_t esr, va_t far, va_t pc, struct guest_stop *ret)
{
	bool any, exact, hit = breakpoints_hw_break(bps, pc, &any);

	if (!any)
		return -EAGAIN;
	if (ec == ESR_ELx_EC_BREAKPT_LOW) {
		ret->kind = GUEST_STOP_HW_BREAK;
		ret->addr = pc;
		ret->access = GUEST_EXEC;
		exact = hit;
	} else {
		ret->kind = GUEST_STOP_WATCH;
		hit = breakpoints_hw_watch(bps, far,
					   FIELD_GET(ESR_ELx_WNR, esr),
					   &ret->addr, &ret->access, &exact);
	}
	return !exact && breakpoints_guest_uses(vcpu) ? -EAGAIN : hit;
}

/* KVM did not let the VMM read or change the vCPU: stop and say so. */
static int failure(struct guest_stop *ret, uint64_t esr, int err)
{
	ret->kind = GUEST_STOP_FAILURE;
	snprintf(ret->text, sizeof(ret->text),
		 "CPU %u: a debug exception (ESR 0x%" PRIx64
		 ") cannot be given to the guest: %s",
		 ret->vcpu, esr, strerror(-err));
	return 1;
}

int breakpoints_debug_exit(struct breakpoints *bps, struct vcpu *vcpu,
			   struct guest_stop *ret)
{
	const struct kvm_debug_exit_arch *exit = &vcpu->run->debug.arch;
	unsigned int ec = FIELD_GET(ESR_ELx_EC_MASK, exit->hsr);
	va_t pc;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->vcpu = vcpu->index;
	err = vcpu_pc_get(vcpu, &pc);
	if (err)
		return failure(ret, exit->hsr, err);
	err = -EAGAIN;
	if (ec == ESR_ELx_EC_BRK64)
		err = brk_exit(bps, vcpu, exit->hsr, pc, ret);
	else if (ec == ESR_ELx_EC_BREAKPT_LOW || ec == ESR_ELx_EC_WATCHPT_LOW)
		err = hw_exit(bps, vcpu, ec, exit->hsr, exit->far, pc, ret);
	if (err != -EAGAIN)
		return err;
	err = reinject(vcpu, exit->hsr, exit->far);
	return err ? failure(ret, exit->hsr, err) : 0;
}
