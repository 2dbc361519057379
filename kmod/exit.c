// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits by exception class. fault.c handles the aborts. Source: Arm ARM,
 * "ESR_EL2, Exception Syndrome Register (EL2)".
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "exit.h"

#include <linux/nmi.h>
#include <linux/ratelimit.h>
#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/traps.h>
#include "fault.h"
#include "psci.h"
#include "sysreg.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define EC_OTHER  0x0a /* trapped by HCRX_EL2: LD64B and so on */
#define EC_SYS128 0x14 /* MRRS, MSRR, SYSP */

int exit_internal(struct vcpu *vcpu, u64 code)
{
	struct el2_ctx *ctx = vcpu->ctx;
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON;
	run->internal.ndata = 5;
	run->internal.data[0] = code;
	run->internal.data[1] = ctx->esr;
	run->internal.data[2] = ctx->far;
	run->internal.data[3] = ctx->hpfar;
	run->internal.data[4] = ctx->pc;
	return 0;
}

static int exit_bug(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;

	vm_kill(vcpu->vm);
	ctx->esr = ctx->bug_esr;
	ctx->pc = ctx->bug_pc;
	pr_err_ratelimited(
		"EL2 took an exception of its own (ESR %#llx, PC %#llx): this VM cannot run any more, please report this\n",
		ctx->bug_esr, ctx->bug_pc);
	return exit_internal(vcpu, EL2_EXIT_BUG);
}

static int exit_undefined(struct vcpu *vcpu)
{
	inject_undefined(vcpu);
	return 1;
}

static int exit_wfx(struct vcpu *vcpu)
{
	vcpu_skip(vcpu, vcpu->ctx->esr);
	/*
	 * A stepped WFI must not wait: it would wait for interrupts that are
	 * withheld from the guest. An AArch32 WFI may have failed its
	 * condition, so it does not wait either.
	 */
	vcpu_count(vcpu,
		   vcpu->ctx->esr & ESR_ELx_WFx_ISS_WFE ? STAT_WFE : STAT_WFI);
	if (vcpu->ctx->esr & ESR_ELx_WFx_ISS_WFE || vcpu_aarch32(vcpu) ||
	    vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		return 1;
	vcpu_put(vcpu);
	timer_wait(vcpu);
	return 1;
}

static int exit_fp(struct vcpu *vcpu)
{
	vcpu->fp_wanted = true;
	return 1;
}

/* Guests call by HVC, not SMC. A trapped SMC leaves PC at the SMC itself. */
static int exit_smc(struct vcpu *vcpu)
{
	vcpu_skip(vcpu, vcpu->ctx->esr);
	vcpu_set_x(vcpu, 0, ~0ULL);
	return 1;
}

/*
 * A physical SError that came while the guest ran. As in KVM, a corrected error
 * changes nothing. If the guest cannot continue, it takes a virtual SError. An
 * error that may have reached any data stops the host.
 */
static int exit_serror(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr;

	if (arm64_is_ras_serror(esr)) {
		switch (arm64_ras_serror_get_severity(esr)) {
		case ESR_ELx_AET_CE:
		case ESR_ELx_AET_UEO:
			return 1;
		case ESR_ELx_AET_UEU:
		case ESR_ELx_AET_UER:
			break;
		default:
			pr_crit("SError while a guest ran, ESR %#llx\n", esr);
			nmi_panic(NULL, "uncontainable SError in a guest");
		}
	}
	vcpu->ctx->hcr |= HCR_VSE;
	return 1;
}

bool exit_fast(struct vcpu *vcpu)
{
	bool done = false;

	/* A step has to end after its instruction. */
	if (vcpu->debug.control & KVM_GUESTDBG_SINGLESTEP)
		return false;
	switch (ESR_ELx_EC(vcpu->ctx->esr)) {
	case ESR_ELx_EC_DABT_LOW:
		done = fault_fast(vcpu);
		break;
	case ESR_ELx_EC_SYS64:
		done = sysreg_fast(vcpu);
		break;
	}
	/* The guest's own step ends after this instruction, too. */
	if (done)
		vcpu->ctx->pstate &= ~(u64)DBG_SPSR_SS;
	return done;
}

/* NULL: see exit_sync(). */
static int (*const handlers[ESR_ELx_EC_MAX + 1])(struct vcpu *vcpu) = {
	[ESR_ELx_EC_UNKNOWN] = exit_undefined,
	[ESR_ELx_EC_WFx] = exit_wfx,
	[ESR_ELx_EC_FP_ASIMD] = exit_fp,
	[ESR_ELx_EC_PAC] = exit_undefined,
	[EC_OTHER] = exit_undefined,
	[EC_SYS128] = exit_undefined,
	[ESR_ELx_EC_HVC64] = psci_call,
	[ESR_ELx_EC_SMC64] = exit_smc,
	[ESR_ELx_EC_SYS64] = sysreg_trapped,
	[ESR_ELx_EC_SVE] = exit_undefined,
	[ESR_ELx_EC_SME] = exit_undefined,
	[ESR_ELx_EC_IABT_LOW] = fault_handle,
	[ESR_ELx_EC_DABT_LOW] = fault_handle,
	/* These come here only while MDCR_EL2.TDE is set for a debugger. */
	[ESR_ELx_EC_BREAKPT_LOW] = debug_exit,
	[ESR_ELx_EC_SOFTSTP_LOW] = debug_exit,
	[ESR_ELx_EC_WATCHPT_LOW] = debug_exit,
	[ESR_ELx_EC_BRK64] = debug_exit,
};

/*
 * Exceptions that exist only in AArch32 are injected as undefined instructions,
 * so that the guest's user space cannot end the VM with them.
 */
static int exit_sync(struct vcpu *vcpu)
{
	int (*handler)(struct vcpu *) = handlers[ESR_ELx_EC(vcpu->ctx->esr)];

	if (handler)
		return handler(vcpu);
	return vcpu_aarch32(vcpu) ? exit_undefined(vcpu)
				  : exit_internal(vcpu, EL2_EXIT_SYNC);
}

int exit_handle(struct vcpu *vcpu, u64 code)
{
	switch (code) {
	case EL2_EXIT_SYNC:
		return exit_sync(vcpu);
	case EL2_EXIT_IRQ:
	case EL2_EXIT_FIQ:
		/*
		 * Let softirqs run: kernel_neon_begin() may have disabled them.
		 */
		vcpu_fp_put(vcpu);
		return 1;
	case EL2_EXIT_SERROR:
		return exit_serror(vcpu);
	case EL2_EXIT_BUG:
		return exit_bug(vcpu);
	default:
		return exit_internal(vcpu, code);
	}
}
