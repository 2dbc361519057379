// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's state at reset, and the changes of PC and PSTATE that the host
 * makes. Source: Documentation/virt/kvm/api.rst, KVM_ARM_VCPU_INIT; Arm ARM,
 * the registers by title.
 */
#include "vcpu.h"

#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/cputype.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include "errata.h"
#include "harden.h"
#include "idreg.h"
#include "regs.h"
#include "timer.h"
#include "vm.h"

#define PTRAUTH \
	(BIT(KVM_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC))
#define FEATURES (BIT(KVM_ARM_VCPU_POWER_OFF) | BIT(KVM_ARM_VCPU_PSCI_0_2))
#define PSTATE_USED                                                        \
	(PSR_f | PSR_MODE_MASK | PSR_MODE32_BIT | PSR_D_BIT | PSR_A_BIT |  \
	 PSR_I_BIT | PSR_F_BIT | PSR_IL_BIT | DBG_SPSR_SS | PSR_SSBS_BIT | \
	 PSR_PAN_BIT | PSR_UAO_BIT | PSR_DIT_BIT | PSR_BTYPE_MASK)
#define PSTATE_USED32 \
	(PSTATE_USED | PSR_AA32_T_BIT | PSR_AA32_IT_MASK | PSR_AA32_GE_MASK)
#define HCR_TRAPS                                                        \
	(HCR_TSC | HCR_TSW | HCR_TWI | HCR_VM | HCR_BSU_IS | HCR_FB |    \
	 HCR_TACR | HCR_AMO | HCR_SWIO | HCR_TIDCP | HCR_RW | HCR_TLOR | \
	 HCR_FMO | HCR_IMO | HCR_PTW | HCR_TID3 | HCR_TID1)
#define MDCR_TRAPS                                                       \
	(MDCR_EL2_TPM | MDCR_EL2_TPMS | MDCR_EL2_TPMCR | MDCR_EL2_TDRA | \
	 MDCR_EL2_TDOSA | MDCR_EL2_TDA | MDCR_EL2_TTRF)

u64 vcpu_mpidr(const struct vcpu *vcpu)
{
	return MPIDR_RES1 | (vcpu->id / VCPUS_PER_AFF1) << MPIDR_LEVEL_BITS |
	       (vcpu->id % VCPUS_PER_AFF1);
}

/* True: every CPU that the kernel has seen has AArch32 (see vcpu_enter()). */
static bool host_has_aarch32(void)
{
	return FIELD_GET(PFR0_EL0, idreg_host(SYS_ID_AA64PFR0_EL1)) == 2;
}

int vcpu_set_pstate(struct vcpu *vcpu, u64 pstate)
{
	switch (pstate & (PSR_MODE_MASK | PSR_MODE32_BIT)) {
	case PSR_MODE_EL0t:
	case PSR_MODE_EL1t:
	case PSR_MODE_EL1h:
		vcpu->ctx->pstate = pstate & PSTATE_USED;
		return 0;
	case PSR_AA32_MODE_USR:
		/* A saved state may have come from another kind of CPU. */
		if (!vcpu_aarch32(vcpu) && !host_has_aarch32())
			return -EINVAL;
		vcpu->ctx->pstate = pstate & PSTATE_USED32;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ITSTATE: a condition, and a mask that is shifted by each instruction. */
#define IT_BASE GENMASK_ULL(7, 5)
#define IT_MASK GENMASK_ULL(4, 0)
#define IT_LEFT GENMASK_ULL(2, 0) /* 0: this was the last instruction */

/* Source: Arm ARM, "Software use of ITSTATE", and its ITAdvance(). */
static u64 it_advance(u64 pstate)
{
	u64 it = FIELD_GET(PSTATE_IT_7_2, pstate) << 2 |
		 FIELD_GET(PSTATE_IT_1_0, pstate);

	it = it & IT_LEFT ? (it & IT_BASE) | (it << 1 & IT_MASK) : 0;
	return (pstate & ~PSR_AA32_IT_MASK) |
	       FIELD_PREP(PSTATE_IT_7_2, it >> 2) |
	       FIELD_PREP(PSTATE_IT_1_0, it & 3);
}

void vcpu_skip(struct vcpu *vcpu, u64 esr)
{
	bool thumb = vcpu_aarch32(vcpu) && (vcpu->ctx->pstate & PSR_AA32_T_BIT);

	vcpu->ctx->pc += thumb && !(esr & ESR_ELx_IL) ? 2 : 4;
	if (!vcpu_aarch32(vcpu))
		vcpu->ctx->pstate &= ~(u64)PSR_BTYPE_MASK;
	if (thumb)
		vcpu->ctx->pstate = it_advance(vcpu->ctx->pstate);
}

/*
 * If the guest's ID registers do not show a feature, its use traps and is
 * UNDEFINED (sysreg.c).
 */
static u64 hcr_value(const struct el2_ctx *ctx)
{
	u64 hcr = HCR_TRAPS | HCR_TVM;

	if (ctx->ptrauth)
		hcr |= HCR_API | HCR_APK;
	return hcr;
}

void vcpu_reset(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;
	struct el2_vgic vgic = ctx->vgic;
	struct vm *vm = vcpu->vm;

	memset(ctx, 0, sizeof(*ctx));
	memset(&vcpu->fp, 0, sizeof(vcpu->fp));
	ctx->vgic.present = vgic.present;
	ctx->vgic.loaded = vgic.loaded;
	ctx->vgic.nr_apr = vgic.nr_apr;
	ctx->vgic.hcr = vgic.hcr;
	ctx->pstate = PSR_MODE_EL1h | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT |
		      PSR_F_BIT;
	ctx->reg[EL2_SCTLR] = SCTLR_RESET;
	ctx->ptrauth = vcpu->features & PTRAUTH;
	ctx->check_stage1 = errata_check_stage1();
	ctx->bar_walks = errata_bar_walks();
	ctx->hcr = hcr_value(ctx);
	ctx->mdcr = MDCR_TRAPS;
	ctx->vtcr = vm->stage2.vtcr;
	ctx->vpidr = read_cpuid_id();
	ctx->vmpidr = vcpu_mpidr(vcpu);
	harden_apply(ctx);
	vcpu->mmio_pending = false;
	/*
	 * Other vCPUs may have filled caches: the first set/way operation
	 * cleans.
	 */
	vcpu->cleaned = false;
	vcpu->catch.pending = false;
	vcpu->catch.traps = 0;
	debug_reset(vcpu);
	timer_reset(vcpu);
	vgic_vcpu_reset(vcpu);
}

bool vcpu_reset_asked(struct vcpu *vcpu)
{
	bool reset;

	spin_lock_irq(&vcpu->kick_lock);
	reset = vcpu->reset.pending;
	vcpu->reset.pending = false;
	spin_unlock_irq(&vcpu->kick_lock);
	if (!reset)
		return false;
	vcpu_put(vcpu);
	vcpu_reset(vcpu);
	vcpu->ctx->pc = vcpu->reset.pc;
	vcpu->ctx->x[0] = vcpu->reset.x0;
	if (vcpu->reset.big_endian)
		vcpu->ctx->reg[EL2_SCTLR] |= SCTLR_ELx_EE;
	return true;
}

long vcpu_init(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_vcpu_init init;
	u32 features = FEATURES;

	if (copy_from_user(&init, (void __user *)arg, sizeof(init)))
		return -EFAULT;
	if (init.target != KVM_ARM_TARGET_GENERIC_V8)
		return -EINVAL;
	if (idreg_has_ptrauth())
		features |= PTRAUTH;
	for (unsigned int i = 0; i < ARRAY_SIZE(init.features); i++)
		if (init.features[i] & ~(i ? 0 : features))
			return -ENOENT;
	/* Address and generic authentication can only be enabled together. */
	if ((init.features[0] & PTRAUTH) != PTRAUTH &&
	    (init.features[0] & PTRAUTH))
		return -EINVAL;
	if (vcpu->inited && vcpu->features != init.features[0])
		return -EINVAL;
	vcpu->features = init.features[0];
	if (vcpu->ran) {
		stage2_reset(&vcpu->vm->stage2);
		vcpu->anew = true;
	}
	vcpu_reset(vcpu);
	vcpu->power_off = vcpu->features & BIT(KVM_ARM_VCPU_POWER_OFF);
	vcpu->suspended = false;
	vcpu->inited = true;
	return 0;
}
