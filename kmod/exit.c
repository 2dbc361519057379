// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits by exception class, and the aborts among them: RAM is faulted in,
 * the VGIC's registers are answered, the rest is MMIO for user space.
 * Source: Arm ARM, "ESR_EL2, Exception Syndrome Register (EL2)".
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "exit.h"

#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <asm/esr.h>
#include <asm/ptrace.h>
#include "psci.h"
#include "sysreg.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define HPFAR_FIPA      GENMASK_ULL(43, 4)
#define FSC_TYPE        0x3cULL
#define FSC_TRANSLATION 0x04ULL
#define FSC_ACCESS      0x08ULL
#define FSC_PERMISSION  0x0cULL
#define FSC_EXTERNAL    0x10ULL

#define ISS_SAS GENMASK_ULL(23, 22)
#define ISS_SRT GENMASK_ULL(20, 16)
#define ISS_NR  GENMASK_ULL(23, 0)

struct fault {
	u64 esr, ipa, far;
	bool fetch, write, walk, permission;
};

static int exit_internal(struct vcpu *vcpu, u64 code)
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

	vcpu->vm->dead = true;
	ctx->esr = ctx->bug_esr;
	ctx->pc = ctx->bug_pc;
	pr_err_ratelimited(
		"EL2 took an exception of its own (ESR %#llx, PC %#llx); this VM is dead, please report it\n",
		ctx->bug_esr, ctx->bug_pc);
	return exit_internal(vcpu, EL2_EXIT_BUG);
}

static int exit_unknown(struct vcpu *vcpu)
{
	return exit_internal(vcpu, EL2_EXIT_SYNC);
}

static int exit_undefined(struct vcpu *vcpu)
{
	inject_undefined(vcpu);
	return 1;
}

static int exit_wfx(struct vcpu *vcpu)
{
	vcpu->ctx->pc += 4;
	if (vcpu->ctx->esr & ESR_ELx_WFx_ISS_WFE)
		return 1;
	vcpu_fp_put(vcpu);
	timer_wait(vcpu);
	return 1;
}

static int exit_fp(struct vcpu *vcpu)
{
	vcpu->fp_wanted = true;
	return 1;
}

static int exit_hvc(struct vcpu *vcpu)
{
	return psci_call(vcpu);
}

/* SMC is not the guest's conduit; it comes with the PC on it. */
static int exit_smc(struct vcpu *vcpu)
{
	vcpu->ctx->pc += 4;
	vcpu_set_x(vcpu, 0, ~0ULL);
	return 1;
}

/* BRK, step: they come here only while a debugger is there (MDCR_EL2.TDE). */
static int exit_debug(struct vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	vcpu->run->debug.arch.hsr = vcpu->ctx->esr;
	vcpu->run->debug.arch.hsr_high = 0;
	vcpu->run->debug.arch.far = vcpu->ctx->far;
	return 0;
}

static int exit_sysreg(struct vcpu *vcpu)
{
	return sysreg_trapped(vcpu);
}

static int mmio_exit(struct vcpu *vcpu, const struct fault *fault)
{
	struct kvm_run *run = vcpu->run;
	unsigned int size = 1U << FIELD_GET(ISS_SAS, fault->esr);
	u64 value = vcpu_x(vcpu, FIELD_GET(ISS_SRT, fault->esr));

	if (vgic_mmio(vcpu, fault->ipa, fault->write, size, &value)) {
		if (!fault->write)
			vcpu_set_x(vcpu, FIELD_GET(ISS_SRT, fault->esr), value);
		vcpu->ctx->pc += 4;
		return 1;
	}
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = fault->ipa;
	run->mmio.len = size;
	run->mmio.is_write = fault->write;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (fault->write)
		memcpy(run->mmio.data, &value, size);
	vcpu->mmio_pending = true;
	vcpu->mmio_esr = fault->esr;
	return 0;
}

void exit_complete_mmio(struct vcpu *vcpu)
{
	u64 esr = vcpu->mmio_esr, value = 0;
	unsigned int size = 1U << FIELD_GET(ISS_SAS, esr);

	if (!vcpu->mmio_pending)
		return;
	vcpu->mmio_pending = false;
	vcpu->ctx->pc += 4;
	if (esr & ESR_ELx_WNR)
		return;
	memcpy(&value, vcpu->run->mmio.data, size);
	if ((esr & ESR_ELx_SSE) && size < sizeof(value))
		value = sign_extend64(value, size * 8 - 1);
	if (!(esr & ESR_ELx_SF))
		value &= U32_MAX;
	vcpu_set_x(vcpu, FIELD_GET(ISS_SRT, esr), value);
}

/* Where no slot is, or on a store to a read-only one. */
static int fault_mmio(struct vcpu *vcpu, const struct fault *fault)
{
	if (fault->fetch || fault->walk) {
		inject_abort(vcpu, fault->fetch, fault->far);
		return 1;
	}
	if (fault->esr & ESR_ELx_CM) {
		vcpu->ctx->pc += 4;
		return 1;
	}
	if (fault->esr & ESR_ELx_ISV)
		return mmio_exit(vcpu, fault);
	if (!vcpu->vm->nisv_to_user)
		return -ENOSYS;
	vcpu->run->exit_reason = KVM_EXIT_ARM_NISV;
	vcpu->run->arm_nisv.esr_iss = fault->esr & ISS_NR;
	vcpu->run->arm_nisv.fault_ipa = fault->ipa;
	return 0;
}

/*
 * The page at hva into stage 2. Executable only once it has been fetched
 * from, its data cache cleaned and the instruction caches invalidated; with
 * its data cleaned to memory at the first mapping, because the guest's caches
 * may be off.
 */
static int fault_in(struct vcpu *vcpu, const struct fault *fault, u64 hva,
		    bool writable)
{
	struct stage2 *s2 = &vcpu->vm->stage2;
	u64 ipa = fault->ipa & PAGE_MASK;
	unsigned long seq = READ_ONCE(s2->inv_seq);
	unsigned int perm = 0;
	struct page *page;
	int old, ret;

	/* Pairs with the lock in the notifier: seq before the page. */
	smp_rmb();
	if (writable && get_user_page_fast_only(hva, FOLL_WRITE, &page)) {
		perm |= STAGE2_W;
	} else {
		ret = get_user_pages_unlocked(hva, 1, &page,
					      fault->write ? FOLL_WRITE : 0);
		if (ret != 1)
			return ret < 0 ? ret : -EFAULT;
		if (fault->write)
			perm |= STAGE2_W;
	}
	spin_lock(&s2->lock);
	if (s2->inv_count || s2->inv_seq != seq)
		goto unlock;
	old = stage2_lookup(s2, ipa);
	if (fault->fetch || (old > 0 && (old & STAGE2_X)))
		perm |= STAGE2_X;
	if (old < 0 || (fault->fetch && !(old & STAGE2_X)))
		stage2_clean_page(page_address(page));
	if (fault->fetch)
		asm volatile("ic ialluis\n\tdsb ish" : : : "memory");
	stage2_map(s2, &vcpu->cache, ipa, page_to_phys(page), perm);
unlock:
	spin_unlock(&s2->lock);
	/* Written from now on by the guest, unseen by the host's tables. */
	if (perm & STAGE2_W)
		set_page_dirty_lock(page);
	put_page(page);
	return 1;
}

static int fault_memory(struct vcpu *vcpu, const struct fault *fault)
{
	struct vm *vm = vcpu->vm;
	struct vm_slot *slot;
	int ret;

	ret = stage2_cache_fill(&vcpu->cache);
	if (ret)
		return ret;
	down_read(&vm->slots_lock);
	slot = vm_slot_find(vm, fault->ipa);
	if (!slot || (fault->write && (slot->flags & KVM_MEM_READONLY))) {
		up_read(&vm->slots_lock);
		return fault_mmio(vcpu, fault);
	}
	ret = fault_in(vcpu, fault,
		       slot->hva + ((fault->ipa & PAGE_MASK) - slot->ipa),
		       !(slot->flags & KVM_MEM_READONLY));
	up_read(&vm->slots_lock);
	return ret;
}

static int exit_abort(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;
	u64 type = ctx->esr & FSC_TYPE;
	struct fault fault = {
		.esr = ctx->esr,
		.far = ctx->far,
		.ipa = FIELD_GET(HPFAR_FIPA, ctx->hpfar) << 12 |
		       (ctx->far & (SZ_4K - 1)),
		.fetch = ESR_ELx_EC(ctx->esr) == ESR_ELx_EC_IABT_LOW,
		.walk = ctx->esr & ESR_ELx_S1PTW,
		.permission = type == FSC_PERMISSION,
	};

	vcpu_fp_put(vcpu);
	if ((ctx->esr & ESR_ELx_FSC) == FSC_EXTERNAL) {
		inject_abort(vcpu, fault.fetch, fault.far);
		return 1;
	}
	if (type != FSC_TRANSLATION && type != FSC_PERMISSION &&
	    type != FSC_ACCESS)
		return exit_unknown(vcpu);
	/* A walk writes to set access and dirty flags, and only then. */
	if (fault.walk)
		fault.write = fault.permission;
	else if (!fault.fetch)
		fault.write = (ctx->esr & ESR_ELx_WNR) &&
			      !(ctx->esr & ESR_ELx_CM);
	return fault_memory(vcpu, &fault);
}

static int (*const handlers[])(struct vcpu *vcpu) = {
	[0 ... ESR_ELx_EC_MAX] = exit_unknown,
	[ESR_ELx_EC_UNKNOWN] = exit_undefined,
	[ESR_ELx_EC_WFx] = exit_wfx,
	[ESR_ELx_EC_FP_ASIMD] = exit_fp,
	[ESR_ELx_EC_PAC] = exit_undefined,
	[ESR_ELx_EC_HVC64] = exit_hvc,
	[ESR_ELx_EC_SMC64] = exit_smc,
	[ESR_ELx_EC_SYS64] = exit_sysreg,
	[ESR_ELx_EC_SVE] = exit_undefined,
	[ESR_ELx_EC_SME] = exit_undefined,
	[ESR_ELx_EC_IABT_LOW] = exit_abort,
	[ESR_ELx_EC_DABT_LOW] = exit_abort,
	[ESR_ELx_EC_SOFTSTP_LOW] = exit_debug,
	[ESR_ELx_EC_BRK64] = exit_debug,
};

int exit_handle(struct vcpu *vcpu, u64 code)
{
	switch (code) {
	case EL2_EXIT_SYNC:
		return handlers[ESR_ELx_EC(vcpu->ctx->esr)](vcpu);
	case EL2_EXIT_IRQ:
	case EL2_EXIT_FIQ:
		/* Let softirqs run: kernel_neon_begin() holds them. */
		vcpu_fp_put(vcpu);
		return 1;
	case EL2_EXIT_BUG:
		return exit_bug(vcpu);
	default:
		return exit_internal(vcpu, code);
	}
}
