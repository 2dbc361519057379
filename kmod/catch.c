// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catching writes to system registers: see catch.h. Source: Arm ARM,
 * "HCR_EL2", field TVM; "HFGWTR_EL2, Hypervisor Fine-Grained Write Trap
 * Register"; "ID_AA64MMFR0_EL1", field FGT.
 */
#include "catch.h"

#include <linux/errno.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/debug-monitors.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include <trapline/abi.h>
#include "regs.h"
#include "sysreg.h"
#include "vcpu.h"
#include "vm.h"

#define BY_TVM (TRAPLINE_CATCH_VBAR - 1)

u64 catch_offered(void)
{
	bool fgt = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1) & MMFR0_FGT;

	return BY_TVM | (fgt ? TRAPLINE_CATCH_VBAR : 0);
}

long catch_set(struct vm *vm, unsigned long arg)
{
	u64 catch;

	if (copy_from_user(&catch, (void __user *)arg, sizeof(catch)))
		return -EFAULT;
	if (catch & ~catch_offered())
		return -EINVAL;
	WRITE_ONCE(vm->catch, catch);
	vm_each_vcpu(vm, vcpu)
		vcpu_kick(vcpu);
	return 0;
}

void catch_apply(struct vcpu *vcpu)
{
	u64 catch = READ_ONCE(vcpu->vm->catch);

	if (vcpu->catch.traps == catch)
		return;
	vcpu_put(vcpu);
	vcpu->catch.traps = catch;
	vcpu->ctx->hfgwtr = catch & TRAPLINE_CATCH_VBAR ? HFGWTR_VBAR : 0;
	if ((catch & BY_TVM) || vcpu->cleaned || !sysreg_caches_on(vcpu))
		vcpu->ctx->hcr |= HCR_TVM;
	else
		vcpu->ctx->hcr &= ~HCR_TVM;
}

int catch_exit(struct vcpu *vcpu, u32 enc, u64 old, u64 value)
{
	struct trapline_run *shared = trapline_run(vcpu->run);

	vcpu->catch.pending = true;
	vcpu->catch.enc = enc;
	vcpu->catch.pc = vcpu->ctx->pc;
	vcpu->run->exit_reason = TRAPLINE_EXIT_CATCH;
	shared->esr = vcpu->ctx->esr;
	shared->catch_old = old;
	shared->catch_value = value;
	return 0;
}

bool catch_complete(struct vcpu *vcpu)
{
	struct vcpu_catch *catch = &vcpu->catch;

	if (!catch->pending)
		return false;
	catch->pending = false;
	if (vcpu->ctx->pc != catch->pc)
		return false;
	sysreg_write_context(vcpu, catch->enc,
			     READ_ONCE(trapline_run(vcpu->run)->catch_value));
	vcpu_skip(vcpu, vcpu->ctx->esr);
	vcpu->ctx->pstate &= ~(u64)DBG_SPSR_SS;
	return true;
}
