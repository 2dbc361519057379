// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flight recorder: see record.h. A ring is a header and records in
 * vmalloc()ed pages. A mapping by user space keeps the pages alive after the
 * ring has been replaced. Nothing writes to them after that.
 */
#include "record.h"

#include <linux/bitfield.h>
#include <linux/log2.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/esr.h>
#include <asm/sysreg.h>
#include "counts.h"
#include "fault.h"
#include "regs.h"
#include "vcpu.h"
#include "vm.h"

static struct trapline_record *records(struct trapline_ring *ring)
{
	return (struct trapline_record *)(ring + 1);
}

static size_t ring_size(u32 nr)
{
	return PAGE_ALIGN(sizeof(struct trapline_ring) +
			  nr * sizeof(struct trapline_record));
}

static void ring_free(struct trapline_ring *ring)
{
	if (ring)
		count(COUNT_OBJECTS, -1);
	vfree(ring);
}

void record_init(struct vcpu *vcpu)
{
	spin_lock_init(&vcpu->recorder.lock);
}

void record_deinit(struct vcpu *vcpu)
{
	ring_free(vcpu->recorder.ring);
}

long record_set(struct vcpu *vcpu, unsigned long arg)
{
	struct recorder *r = &vcpu->recorder;
	struct trapline_ring *ring = NULL;
	u32 nr;

	if (copy_from_user(&nr, (void __user *)arg, sizeof(nr)))
		return -EFAULT;
	if (nr > RECORD_MAX)
		return -E2BIG;
	if (nr && !is_power_of_2(nr))
		return -EINVAL;
	if (nr) {
		ring = __vmalloc(ring_size(nr),
				 GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!ring)
			return -ENOMEM;
		count(COUNT_OBJECTS, 1);
		ring->nr = nr;
		ring->record_size = sizeof(struct trapline_record);
	}
	spin_lock(&r->lock);
	swap(r->ring, ring);
	r->nr = nr;
	r->head = 0;
	spin_unlock(&r->lock);
	ring_free(ring);
	return 0;
}

vm_fault_t record_fault(struct vcpu *vcpu, struct vm_fault *vmf)
{
	struct recorder *r = &vcpu->recorder;
	u64 at = (u64)vmf->pgoff << PAGE_SHIFT;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (at < TRAPLINE_RECORDER_OFFSET)
		return ret;
	at -= TRAPLINE_RECORDER_OFFSET;
	spin_lock(&r->lock);
	if (r->ring && at < ring_size(r->nr)) {
		vmf->page = vmalloc_to_page((char *)r->ring + at);
		get_page(vmf->page);
		ret = 0;
	}
	spin_unlock(&r->lock);
	return ret;
}

void record_write(struct vcpu *vcpu, enum trapline_record_kind kind, u32 esr,
		  u64 arg)
{
	struct recorder *r = &vcpu->recorder;

	records(r->ring)[r->head & (r->nr - 1)] = (struct trapline_record){
		.time = read_sysreg(cntpct_el0) - READ_ONCE(vcpu->vm->cntvoff),
		.pc = vcpu->ctx->pc,
		.kind = kind,
		.esr = esr,
		.arg = arg,
	};
	/* Whoever reads the new head must read the record, too. */
	smp_store_release(&r->ring->head, ++r->head);
}

void record_write_exit(struct vcpu *vcpu, u64 code)
{
	const struct el2_ctx *ctx = vcpu->ctx;
	u64 arg = 0;

	if (code == EL2_EXIT_IRQ || code == EL2_EXIT_FIQ) {
		record_write(vcpu, TRAPLINE_RECORD_HOST, 0, 0);
		return;
	}
	switch (ESR_ELx_EC(ctx->esr)) {
	case ESR_ELx_EC_IABT_LOW:
	case ESR_ELx_EC_DABT_LOW:
		arg = fault_ipa(ctx);
		break;
	case ESR_ELx_EC_SYS64:
		if (!(ctx->esr & ISS_READ))
			arg = vcpu_x(vcpu, FIELD_GET(ISS_RT, ctx->esr));
		break;
	case ESR_ELx_EC_HVC64:
		arg = ctx->x[0];
		break;
	}
	record_write(vcpu, TRAPLINE_RECORD_EXIT, ctx->esr, arg);
}
