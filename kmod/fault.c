// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aborts of a guest: RAM is faulted in, the VGIC's registers are answered,
 * the rest is MMIO for user space. Source: Arm ARM, "ISS encoding for an
 * exception from a Data Abort" and "HPFAR_EL2".
 */
#include "fault.h"

#include <linux/bitfield.h>
#include <linux/mm.h>
#include <asm/esr.h>
#include "exit.h"
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
	if (fault->write &&
	    ioeventfd_store(vcpu->vm, fault->ipa, size, value)) {
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

void fault_complete_mmio(struct vcpu *vcpu)
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

int fault_handle(struct vcpu *vcpu)
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
		return exit_internal(vcpu, EL2_EXIT_SYNC);
	/* A walk writes to set access and dirty flags, and only then. */
	if (fault.walk)
		fault.write = fault.permission;
	else if (!fault.fetch)
		fault.write = (ctx->esr & ESR_ELx_WNR) &&
			      !(ctx->esr & ESR_ELx_CM);
	return fault_memory(vcpu, &fault);
}
