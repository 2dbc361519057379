// SPDX-License-Identifier: GPL-2.0-only
/*
 * See quick.h. The result of the look-up is cached as a span: bytes of one page
 * and one slot where no watch cares about this kind of access. The span is
 * valid until slots, denials or watched ranges change (deny.changes, under
 * vm->slots_lock).
 */
#include "quick.h"

#include <linux/uaccess.h>
#include <asm/esr.h>
#include <trapline/abi.h>
#include "access.h"
#include "fault.h"
#include "slots.h"
#include "vcpu.h"
#include "vm.h"

/*
 * Accesses next to watched bytes alternate between the bytes before and after
 * them, so a span's place depends on the address.
 */
static struct quick_span *span_of(struct vcpu *vcpu, u64 ipa)
{
	return &vcpu->quick[(ipa >> 6) % QUICK_SPANS];
}

static bool span_find_locked(struct vcpu *vcpu, u64 ipa, bool write,
			     struct quick_span *span)
{
	unsigned int kind = write ? TRAPLINE_FAULT_WRITE : TRAPLINE_FAULT_READ;
	struct vm *vm = vcpu->vm;
	struct vm_slot *slot = slots_find(vm, ipa);

	span->changes = 0;
	/*
	 * fault.c handles slots with a dirty log, and accesses that are not
	 * denied.
	 */
	if (!vm->deny.finish || !slot || slot->dirty ||
	    !(deny_page(&vm->deny, ipa) & kind) ||
	    (write && (slot->flags & KVM_MEM_READONLY)))
		return false;
	span->first = ipa & PAGE_MASK;
	span->last = span->first + PAGE_SIZE - 1;
	if (!deny_gap(&vm->deny, write, ipa, &span->first, &span->last))
		return false;
	span->to_hva = slot->hva - slot->ipa;
	span->write = write;
	span->changes = vm->deny.changes;
	return true;
}

static bool span_find(struct vcpu *vcpu, u64 ipa, bool write,
		      struct quick_span *span)
{
	struct vm *vm = vcpu->vm;
	bool found;

	if (!vm->deny.finish || !down_read_trylock(&vm->slots_lock))
		return false;
	found = span_find_locked(vcpu, ipa, write, span);
	up_read(&vm->slots_lock);
	return found;
}

static bool access_try(struct vcpu *vcpu, u64 esr, u64 hva)
{
	int ret;

	pagefault_disable();
	ret = access_do(vcpu, esr, hva);
	pagefault_enable();
	if (ret)
		return false;
	vcpu_count(vcpu, STAT_FALSE_HIT);
	vcpu_skip(vcpu, esr);
	return true;
}

/* The barriers pair with those in quick_forget(). */
static bool span_try(struct vcpu *vcpu, const struct quick_span *span, u64 esr,
		     u64 ipa)
{
	bool write = esr & ESR_ELx_WNR, done;

	WRITE_ONCE(vcpu->quick_busy, true);
	/* Set quick_busy before reading changes. */
	smp_mb();
	done = span->changes == READ_ONCE(vcpu->vm->deny.changes) &&
	       span->write == write && ipa >= span->first &&
	       ipa + (access_size(esr) - 1) <= span->last &&
	       access_try(vcpu, esr, ipa + span->to_hva);
	/* The access is complete before quick_busy is false. */
	smp_store_release(&vcpu->quick_busy, false);
	return done;
}

bool quick_access(struct vcpu *vcpu)
{
	u64 esr = vcpu->ctx->esr, ipa = fault_ipa(vcpu->ctx);
	struct quick_span *span = span_of(vcpu, ipa);

	if (!fault_plain(esr, ipa))
		return false;
	return span_try(vcpu, span, esr, ipa) ||
	       (span_find(vcpu, ipa, esr & ESR_ELx_WNR, span) &&
		span_try(vcpu, span, esr, ipa));
}

void quick_forget(struct vm *vm)
{
	WRITE_ONCE(vm->deny.changes, vm->deny.changes + 1);
	/* Pairs with span_try(), which sets quick_busy, then reads changes. */
	smp_mb();
	vm_each_vcpu(vm, vcpu)
		while (smp_load_acquire(&vcpu->quick_busy)) /* see span_try() */
			cpu_relax();
}
