// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aborts of a guest. RAM is mapped on demand, accesses to the VGIC's registers
 * are emulated, and the rest is MMIO for user space. Source: Arm ARM, "ISS
 * encoding for an exception from a Data Abort" and "HPFAR_EL2".
 */
#include "fault.h"

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <trapline/abi.h>
#include "access.h"
#include "exit.h"
#include "quick.h"
#include "slots.h"
#include "sync.h"
#include "tracepoints.h"
#include "vcpu.h"
#include "vm.h"

#define ISS_NR GENMASK_ULL(23, 0)

struct fault {
	u64 esr, ipa, far;
	unsigned int kind; /* TRAPLINE_FAULT_READ, _WRITE or _EXEC */
	bool walk, permission;
	bool iabort; /* an instruction fetch, or the walk for one */
};

static bool is_write(const struct fault *fault)
{
	return fault->kind == TRAPLINE_FAULT_WRITE;
}

static bool is_fetch(const struct fault *fault)
{
	return fault->kind == TRAPLINE_FAULT_EXEC;
}

/* True: the load or store is to a register of the VGIC, and is done. */
static bool fault_vgic(struct vcpu *vcpu, const struct fault *fault)
{
	u64 value = is_write(fault) ? access_stored(vcpu, fault->esr) : 0;

	if (!vgic_mmio(vcpu, fault->ipa, is_write(fault),
		       access_size(fault->esr), &value))
		return false;
	trace_trapline_mmio(vcpu->id, vcpu->ctx->pc, is_write(fault),
			    access_size(fault->esr), fault->ipa, value);
	if (!is_write(fault))
		access_loaded(vcpu, fault->esr, value);
	vcpu_count(vcpu, STAT_MMIO_KERNEL);
	vcpu_skip(vcpu, fault->esr);
	return true;
}

static int mmio_exit(struct vcpu *vcpu, const struct fault *fault)
{
	struct kvm_run *run = vcpu->run;
	unsigned int size = access_size(fault->esr);
	u64 value = is_write(fault) ? access_stored(vcpu, fault->esr) : 0;

	trace_trapline_mmio(vcpu->id, vcpu->ctx->pc, is_write(fault), size,
			    fault->ipa, value);
	if (is_write(fault) &&
	    ioeventfd_store(vcpu->vm, fault->ipa, size, value)) {
		vcpu_count(vcpu, STAT_MMIO_KERNEL);
		vcpu_skip(vcpu, fault->esr);
		return 1;
	}
	vcpu_count(vcpu, STAT_MMIO_USER);
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = fault->ipa;
	run->mmio.len = size;
	run->mmio.is_write = is_write(fault);
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (is_write(fault))
		memcpy(run->mmio.data, &value, size);
	vcpu->mmio_pending = true;
	vcpu->mmio_esr = fault->esr;
	return 0;
}

void fault_complete_mmio(struct vcpu *vcpu)
{
	u64 esr = vcpu->mmio_esr, value = 0;

	if (!vcpu->mmio_pending)
		return;
	vcpu->mmio_pending = false;
	vcpu_skip(vcpu, esr);
	vcpu->ctx->pstate &= ~(u64)DBG_SPSR_SS;
	if (esr & ESR_ELx_WNR)
		return;
	memcpy(&value, vcpu->run->mmio.data, access_size(esr));
	access_loaded(vcpu, esr, value);
}

/* An access to an address without a slot, or a store to a read-only slot. */
static int fault_mmio(struct vcpu *vcpu, const struct fault *fault)
{
	if (is_fetch(fault) || fault->walk) {
		inject_abort(vcpu, fault->iabort, fault->far);
		return 1;
	}
	if (fault->esr & ESR_ELx_CM) {
		vcpu_skip(vcpu, fault->esr);
		return 1;
	}
	if (fault->esr & ESR_ELx_ISV)
		return fault_vgic(vcpu, fault) ? 1 : mmio_exit(vcpu, fault);
	if (!vcpu->vm->nisv_to_user)
		return -ENOSYS;
	vcpu->run->exit_reason = KVM_EXIT_ARM_NISV;
	vcpu->run->arm_nisv.esr_iss = fault->esr & ISS_NR;
	vcpu->run->arm_nisv.fault_ipa = fault->ipa;
	return 0;
}

/* The memory at an address, and the size of the piece that can be mapped. */
struct backing {
	struct page *page; /* the page of the address; holds a reference */
	bool writable;
	u64 ipa, size, pa; /* a page, or the block that contains it */
};

/*
 * The memory has a hardware error. Tell the VMM by SIGBUS, as KVM does, with
 * the size of the page that is lost. Returns 1: KVM_RUN continues, and sees the
 * signal.
 */
static int poisoned(u64 hva)
{
	struct vm_area_struct *vma;
	short shift = PAGE_SHIFT;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, hva);
	if (vma && vma->vm_start <= hva)
		shift = __ffs(vma_kernel_pagesize(vma));
	mmap_read_unlock(current->mm);
	send_sig_mceerr(BUS_MCEERR_AR, (void __user *)hva, shift, current);
	return 1;
}

static int page_get(const struct vm_slot *slot, const struct fault *fault,
		    bool may_write, struct backing *b)
{
	u64 hva = slot->hva + (b->ipa - slot->ipa);
	bool write = is_write(fault);
	int ret;

	b->writable = may_write &&
		      get_user_page_fast_only(hva, FOLL_WRITE, &b->page);
	if (!b->writable) {
		ret = get_user_pages_unlocked(hva, 1, &b->page,
					      (write ? FOLL_WRITE : 0) |
						      FOLL_HWPOISON);
		if (ret == -EHWPOISON)
			return poisoned(hva);
		if (ret != 1)
			return ret < 0 ? ret : -EFAULT;
		b->writable = write;
	}
	b->pa = page_to_phys(b->page);
	return 0;
}

/*
 * True if the process maps the pages of the block contiguously and with the
 * same permission. If the process maps a huge page, this costs one look-up in
 * its page tables. No page is faulted in.
 */
static bool pages_adjoin(struct vcpu *vcpu, u64 hva, u64 pa, bool writable)
{
	int nr = STAGE2_BLOCK / PAGE_SIZE, got;
	struct page **pages = vcpu->cache.pages;
	bool adjoin;

	got = get_user_pages_fast_only(hva, nr, writable ? FOLL_WRITE : 0,
				       pages);
	adjoin = got == nr;
	for (int i = 0; i < got; i++) {
		adjoin &= page_to_phys(pages[i]) == pa + i * PAGE_SIZE;
		put_page(pages[i]);
	}
	return adjoin;
}

/* Turn the page into a block if the process and the debugger allow it. */
static void block_try(struct vcpu *vcpu, const struct vm_slot *slot,
		      struct backing *b)
{
	u64 ipa = b->ipa & ~(STAGE2_BLOCK - 1);
	u64 hva = slot->hva + (ipa - slot->ipa);
	u64 pa = b->pa & ~(STAGE2_BLOCK - 1);

	if (slot->dirty || ((slot->hva ^ slot->ipa) & (STAGE2_BLOCK - 1)) ||
	    ((b->ipa ^ b->pa) & (STAGE2_BLOCK - 1)) || ipa < slot->ipa ||
	    ipa + STAGE2_BLOCK > slot->ipa + slot->size)
		return;
	if (PAGE_SIZE << compound_order(compound_head(b->page)) <
		    STAGE2_BLOCK ||
	    !deny_none(&vcpu->vm->deny, ipa, STAGE2_BLOCK) ||
	    !pages_adjoin(vcpu, hva, pa, b->writable))
		return;
	b->ipa = ipa;
	b->pa = pa;
	b->size = STAGE2_BLOCK;
}

/*
 * Memory is cleaned at its first mapping, because the guest's caches may be
 * off. It becomes executable only after a fetch. Before that, its data cache is
 * cleaned and the instruction caches are invalidated.
 */
static int backing_map(struct vcpu *vcpu, const struct fault *fault,
		       const struct backing *b, unsigned int denied)
{
	unsigned int perm = STAGE2_R | (b->writable ? STAGE2_W : 0);
	struct stage2 *s2 = &vcpu->vm->stage2;
	u64 old_size = 0;
	int old = stage2_lookup(s2, fault->ipa, &old_size);

	if (is_fetch(fault) || (old > 0 && (old & STAGE2_X)))
		perm |= STAGE2_X;
	/* A larger mapping than before has new parts that are not clean yet. */
	if (old < 0 || old_size < b->size ||
	    (is_fetch(fault) && !(old & STAGE2_X)))
		stage2_clean(s2, b->pa, b->size);
	if (perm & STAGE2_X)
		stage2_icache(s2);
	return stage2_map(s2, &vcpu->cache, b->ipa, b->pa, b->size,
			  perm & ~denied);
}

/* Map the memory at the address, without the permissions in denied. */
static int fault_in(struct vcpu *vcpu, struct vm_slot *slot,
		    const struct fault *fault, unsigned int denied)
{
	struct stage2 *s2 = &vcpu->vm->stage2;
	struct backing b = { .ipa = fault->ipa & PAGE_MASK, .size = PAGE_SIZE };
	unsigned long seq = READ_ONCE(s2->inv_seq);
	int ret;

	BUILD_BUG_ON(STAGE2_R != TRAPLINE_MEMORY_DENY_READ);
	BUILD_BUG_ON(STAGE2_W != TRAPLINE_MEMORY_DENY_WRITE);
	BUILD_BUG_ON(STAGE2_X != TRAPLINE_MEMORY_DENY_EXEC);
	/*
	 * Pairs with the lock in the notifier: read seq before getting the
	 * page.
	 */
	smp_rmb();
	ret = page_get(slot, fault, !(denied & STAGE2_W), &b);
	if (ret)
		return ret;
	block_try(vcpu, slot, &b);
	spin_lock(&s2->lock);
	if (!s2->inv_count && s2->inv_seq == seq)
		ret = backing_map(vcpu, fault, &b, denied);
	spin_unlock(&s2->lock);
	/*
	 * From now on the guest may write to the page, and the host's page
	 * tables do not show these writes.
	 */
	if (b.writable)
		set_page_dirty_lock(b.page);
	if (is_write(fault))
		slots_mark_dirty(slot, fault->ipa);
	put_page(b.page);
	return ret ? ret : 1;
}

/*
 * Try to complete a denied access without user space. 0: done, and PC has
 * advanced; -errno.
 */
static int denied_finish(struct vcpu *vcpu, struct vm_slot *slot,
			 const struct fault *fault)
{
	const struct deny *deny = &vcpu->vm->deny;
	u64 hva = slot->hva + (fault->ipa - slot->ipa);
	int ret;

	if (!deny->finish || is_fetch(fault) || fault->walk ||
	    !fault_plain(fault->esr, fault->ipa) ||
	    (is_write(fault) && (slot->flags & KVM_MEM_READONLY)) ||
	    deny_watched(deny, is_write(fault), fault->ipa,
			 access_size(fault->esr)))
		return -EPERM;
	ret = access_do(vcpu, fault->esr, hva);
	if (ret)
		return ret;
	if (is_write(fault))
		slots_mark_dirty(slot, fault->ipa);
	vcpu_count(vcpu, STAT_FALSE_HIT);
	vcpu_skip(vcpu, fault->esr);
	return 0;
}

static int denied_exit(struct vcpu *vcpu, const struct fault *fault)
{
	struct trapline_memory_fault *out = trapline_memory_fault(vcpu->run);
	struct trapline_run *shared = trapline_run(vcpu->run);

	vcpu_count(vcpu, STAT_DENIED);
	vcpu->run->exit_reason = KVM_EXIT_MEMORY_FAULT;
	out->flags = fault->kind | (fault->walk ? TRAPLINE_FAULT_WALK : 0);
	out->gpa = fault->ipa & PAGE_MASK;
	out->size = PAGE_SIZE;
	shared->esr = fault->esr;
	shared->ipa = fault->ipa;
	shared->far = fault->far;
	sync_out_fp(vcpu);
	return 0;
}

/* Cache maintenance is not an access: it is done here, without an exit. */
static int denied_clean(struct vcpu *vcpu, const struct vm_slot *slot,
			const struct fault *fault)
{
	int ret = access_clean(slot->hva + (fault->ipa - slot->ipa));

	if (ret)
		return ret;
	icache_invalidate();
	vcpu_skip(vcpu, fault->esr);
	return 1;
}

static int fault_slot(struct vcpu *vcpu, struct vm_slot *slot,
		      struct fault *fault)
{
	unsigned int denied = deny_page(&vcpu->vm->deny, fault->ipa);
	int ret;

	/* If walks may read here, the permission fault is that of a write. */
	if (fault->walk && fault->permission &&
	    !(denied & TRAPLINE_MEMORY_DENY_READ))
		fault->kind = TRAPLINE_FAULT_WRITE;
	/*
	 * If the walk was denied, the fault's address is that of the table
	 * entry, not that of the cache maintenance operation.
	 */
	if ((fault->esr & ESR_ELx_CM) && !fault->walk && !is_fetch(fault) &&
	    (fault->permission || (denied & fault->kind)))
		return denied_clean(vcpu, slot, fault);
	if (denied & fault->kind) {
		if (denied_finish(vcpu, slot, fault))
			return denied_exit(vcpu, fault);
		if (fault->permission)
			return 1;
		/*
		 * Map it with the allowed permissions, so that quick_access()
		 * handles the next fault.
		 */
	}
	if (slot->flags & KVM_MEM_READONLY) {
		if (is_write(fault))
			return fault_mmio(vcpu, fault);
		denied |= TRAPLINE_MEMORY_DENY_WRITE;
	}
	if (slot->dirty && !is_write(fault))
		denied |= TRAPLINE_MEMORY_DENY_WRITE;
	ret = stage2_cache_fill(&vcpu->cache);
	if (ret)
		return ret;
	return fault_in(vcpu, slot, fault, denied);
}

static int fault_memory(struct vcpu *vcpu, struct fault *fault)
{
	struct vm *vm = vcpu->vm;
	struct vm_slot *slot;
	int ret;

	down_read(&vm->slots_lock);
	slot = slots_find(vm, fault->ipa);
	ret = slot ? fault_slot(vcpu, slot, fault) : fault_mmio(vcpu, fault);
	up_read(&vm->slots_lock);
	return ret;
}

static struct fault fault_of(const struct el2_ctx *ctx)
{
	struct fault fault = {
		.esr = ctx->esr,
		.far = ctx->far,
		.ipa = fault_ipa(ctx),
		.kind = TRAPLINE_FAULT_READ,
		.walk = ctx->esr & ESR_ELx_S1PTW,
		.permission = (ctx->esr & ESR_ELx_FSC_TYPE) == ESR_ELx_FSC_PERM,
		.iabort = ESR_ELx_EC(ctx->esr) == ESR_ELx_EC_IABT_LOW,
	};

	if (fault.iabort && !fault.walk)
		fault.kind = TRAPLINE_FAULT_EXEC;
	else if (!fault.walk && (ctx->esr & ESR_ELx_WNR) &&
		 !(ctx->esr & ESR_ELx_CM))
		fault.kind = TRAPLINE_FAULT_WRITE;
	return fault;
}

static noinline bool fault_fast_vgic(struct vcpu *vcpu)
{
	struct fault fault = fault_of(vcpu->ctx);

	return fault_vgic(vcpu, &fault);
}

bool fault_fast(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr;

	if (!(esr & ESR_ELx_ISV) || (esr & (ESR_ELx_S1PTW | ESR_ELx_CM)))
		return false;
	switch (esr & ESR_ELx_FSC_TYPE) {
	case ESR_ELx_FSC_FAULT:
		return fault_fast_vgic(vcpu);
	case ESR_ELx_FSC_PERM:
		return quick_access(vcpu);
	default:
		return false;
	}
}

int fault_handle(struct vcpu *vcpu)
{
	struct el2_ctx *ctx = vcpu->ctx;
	struct fault fault = fault_of(ctx);
	u64 type = ctx->esr & ESR_ELx_FSC_TYPE;

	trace_trapline_guest_fault(vcpu->id, ctx->pc, ctx->esr, ctx->far,
				   fault.ipa);
	vcpu_put(vcpu);
	if ((ctx->esr & ESR_ELx_FSC) == ESR_ELx_FSC_EXTABT) {
		inject_abort(vcpu, fault.iabort, fault.far);
		return 1;
	}
	if (type != ESR_ELx_FSC_FAULT && type != ESR_ELx_FSC_PERM &&
	    type != ESR_ELx_FSC_ACCESS)
		return exit_internal(vcpu, EL2_EXIT_SYNC);
	return fault_memory(vcpu, &fault);
}
