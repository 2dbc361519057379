// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributor and the redistributors. Source: GIC Architecture
 * Specification (IHI 0069), "The GIC Distributor register map" and "The GIC
 * Redistributor register map". There is one security state, affinity routing is
 * always on, and there are no LPIs. Unknown registers are RAZ/WI.
 */
#include "vgic.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/cputype.h>
#include "timer.h"
#include "vcpu.h"
#include "vgic_state.h"
#include "vm.h"

#define GICD_CTLR      0x0000
#define GICD_TYPER     0x0004
#define GICD_IIDR      0x0008
#define GICD_STATUSR   0x0010
#define GICD_IROUTER   0x6000
#define GICD_PIDR2     0xffe8
#define GICR_CTLR      0x0000
#define GICR_IIDR      0x0004
#define GICR_TYPER     0x0008
#define GICR_WAKER     0x0014
#define GICR_PROPBASER 0x0070
#define GICR_PENDBASER 0x0078
#define GICR_SGI_FRAME 0x10000

/* These have the same offsets in the distributor and in the SGI frame. */
#define GIC_IGROUPR    0x080
#define GIC_ISENABLER  0x100
#define GIC_ICENABLER  0x180
#define GIC_ISPENDR    0x200
#define GIC_ICPENDR    0x280
#define GIC_ISACTIVER  0x300
#define GIC_ICACTIVER  0x380
#define GIC_IPRIORITYR 0x400
#define GIC_ITARGETSR  0x800
#define GIC_ICFGR      0xc00
#define GIC_IGRPMODR   0xd00
#define GIC_NSACR_END  0xf00
#define GIC_IDS        0xffd0
#define GIC_IDS_END    0x10000

#define CTLR_ARE_DS     (BIT(4) | BIT(6))
#define CTLR_ENABLES    (BIT(0) | BIT(1))
#define TYPER_ID_BITS   (9ULL << 19) /* 10 bits */
#define TYPER_AFF3      GENMASK_ULL(63, 56)
#define TYPER_AFF       GENMASK_ULL(55, 32)
#define TYPER_PROCESSOR GENMASK_ULL(23, 8)
#define TYPER_LAST      BIT_ULL(4)
#define PRIORITY_BITS   GENMASK(7, 3) /* those that are implemented */
#define IIDR_ARM        0x43bULL
#define PIDR2_GICV3     0x3bULL

enum field {
	FIELD_GROUP,
	FIELD_ENABLE,
	FIELD_PENDING,
	FIELD_ACTIVE,
	FIELD_PRIORITY,
	FIELD_CONFIG,
};

enum write_kind {
	WRITE_VALUE,
	WRITE_SET,
	WRITE_CLEAR,
};

/* Register ranges that have bits for each interrupt. */
static const struct {
	u16 start, end;
	u8 bits; /* for each interrupt */
	enum field field;
	enum write_kind kind;
} ranges[] = {
	{ GIC_IGROUPR, GIC_ISENABLER, 1, FIELD_GROUP, WRITE_VALUE },
	{ GIC_ISENABLER, GIC_ICENABLER, 1, FIELD_ENABLE, WRITE_SET },
	{ GIC_ICENABLER, GIC_ISPENDR, 1, FIELD_ENABLE, WRITE_CLEAR },
	{ GIC_ISPENDR, GIC_ICPENDR, 1, FIELD_PENDING, WRITE_SET },
	{ GIC_ICPENDR, GIC_ISACTIVER, 1, FIELD_PENDING, WRITE_CLEAR },
	{ GIC_ISACTIVER, GIC_ICACTIVER, 1, FIELD_ACTIVE, WRITE_SET },
	{ GIC_ICACTIVER, GIC_IPRIORITYR, 1, FIELD_ACTIVE, WRITE_CLEAR },
	{ GIC_IPRIORITYR, GIC_ITARGETSR, 8, FIELD_PRIORITY, WRITE_VALUE },
	{ GIC_ICFGR, GIC_IGRPMODR, 2, FIELD_CONFIG, WRITE_VALUE },
};

static u64 irq_field_get(const struct vgic_irq *irq, enum field field)
{
	switch (field) {
	case FIELD_GROUP:
		return irq->group1;
	case FIELD_ENABLE:
		return irq->enabled;
	case FIELD_PENDING:
		return irq->latch || (!irq->edge && irq->level);
	case FIELD_ACTIVE:
		return irq->active;
	case FIELD_PRIORITY:
		return irq->priority;
	case FIELD_CONFIG:
		return irq->edge ? 2 : 0;
	}
	return 0;
}

static void irq_field_set(struct vgic_irq *irq, unsigned int intid,
			  enum field field, u64 value)
{
	switch (field) {
	case FIELD_GROUP:
		irq->group1 = value;
		break;
	case FIELD_ENABLE:
		irq->enabled = value;
		break;
	case FIELD_PENDING:
		irq->latch = value;
		break;
	case FIELD_ACTIVE:
		irq->active = value;
		break;
	case FIELD_PRIORITY:
		irq->priority = value & PRIORITY_BITS;
		break;
	case FIELD_CONFIG:
		if (intid >= VGIC_NR_PRIVATE)
			irq->edge = value & 2;
		break;
	}
}

/*
 * offset is in the interrupt registers: vcpu's, or the distributor's if NULL.
 */
static bool irq_access(struct vm *vm, struct vcpu *vcpu, unsigned int offset,
		       bool write, unsigned int size, u64 *value, u64 *kicks)
{
	/* vCPUs in the guest change the pending and the active state. */
	bool recall = offset >= GIC_ISPENDR && offset < GIC_IPRIORITYR;
	unsigned int r, bits, first;
	u64 out = 0;

	if (offset < GIC_IGROUPR)
		return false;
	for (r = 0; r < ARRAY_SIZE(ranges); r++)
		if (offset >= ranges[r].start && offset < ranges[r].end)
			break;
	if (r == ARRAY_SIZE(ranges))
		return false;
	bits = ranges[r].bits;
	first = (offset - ranges[r].start) * 8 / bits;
	for (unsigned int i = 0; i < size * 8 / bits; i++) {
		bool private = first + i < VGIC_NR_PRIVATE;
		struct vgic_irq *irq = vgic_irq_get(vm, vcpu, first + i);
		u64 field = *value >> (i * bits) & (BIT(bits) - 1);

		/* The private interrupts are only in the redistributors. */
		if (!irq || private != !!vcpu)
			continue;
		if (recall)
			vgic_irq_recall(vm, vcpu, first + i);
		out |= irq_field_get(irq, ranges[r].field) << (i * bits);
		if (!write || (ranges[r].kind != WRITE_VALUE && !field))
			continue;
		irq_field_set(irq, first + i, ranges[r].field,
			      ranges[r].kind == WRITE_CLEAR ? 0 : field);
		vgic_kick_add(kicks, vgic_irq_update(vm, vcpu, first + i));
		/*
		 * RWP is always 0, so the effect must be complete at the end of
		 * the write.
		 */
		if (ranges[r].field == FIELD_ENABLE && !irq->enabled)
			vgic_irq_withdraw(vm, vcpu, first + i);
	}
	if (!write)
		*value = out;
	return true;
}

static void route_access(struct vm *vm, unsigned int offset, bool write,
			 unsigned int size, u64 *value, u64 *kicks)
{
	unsigned int intid = (offset - GICD_IROUTER) / 8;
	struct vgic_irq *irq = vgic_irq_get(vm, NULL, intid);
	unsigned int shift = offset % 8 * 8;
	u64 mask = size == 8 ? ~0ULL : 0xffffffffULL << shift;

	if (!irq) {
		*value = 0;
		return;
	}
	if (!write) {
		*value = (irq->route & mask) >> shift;
		return;
	}
	irq->route = ((irq->route & ~mask) | (*value << shift & mask)) &
		     MPIDR_HWID_BITMASK;
	vgic_kick_add(kicks, vgic_irq_routed(vm, intid));
}

static void dist_access(struct vm *vm, unsigned int offset, bool write,
			unsigned int size, u64 *value, u64 *kicks)
{
	struct vgic *vgic = vm->vgic;

	if (irq_access(vm, NULL, offset, write, size, value, kicks))
		return;
	if (offset >= GICD_IROUTER &&
	    offset < GICD_IROUTER + 8 * VGIC_MAX_IRQS) {
		route_access(vm, offset, write, size, value, kicks);
		return;
	}
	if (write) {
		if (offset == GICD_CTLR)
			vgic_ctlr_set(vm, *value & CTLR_ENABLES, kicks);
		return;
	}
	switch (offset) {
	case GICD_CTLR:
		*value = vgic->ctlr | CTLR_ARE_DS;
		break;
	case GICD_TYPER:
		*value = TYPER_ID_BITS | (vgic->nr_irqs / 32 - 1);
		break;
	case GICD_IIDR:
		*value = IIDR_ARM;
		break;
	case GICD_PIDR2:
		*value = PIDR2_GICV3;
		break;
	default:
		*value = 0;
	}
}

static u64 redist_typer(struct vcpu *vcpu)
{
	u64 mpidr = vcpu_mpidr(vcpu);

	return FIELD_PREP(TYPER_AFF3, FIELD_GET(MPIDR_AFF3, mpidr)) |
	       FIELD_PREP(TYPER_AFF, FIELD_GET(MPIDR_AFF, mpidr)) |
	       FIELD_PREP(TYPER_PROCESSOR, vcpu->id) |
	       (vgic_redist_last(vcpu) ? TYPER_LAST : 0);
}

static void redist_access(struct vm *vm, struct vcpu *vcpu, unsigned int offset,
			  bool write, unsigned int size, u64 *value, u64 *kicks)
{
	u64 typer = redist_typer(vcpu);

	if (offset >= GICR_SGI_FRAME) {
		if (!irq_access(vm, vcpu, offset - GICR_SGI_FRAME, write, size,
				value, kicks) &&
		    !write)
			*value = 0;
		return;
	}
	if (write)
		return;
	switch (offset) {
	case GICR_IIDR:
		*value = IIDR_ARM;
		break;
	case GICR_TYPER:
		*value = size == 8 ? typer : (u32)typer;
		break;
	case GICR_TYPER + 4:
		*value = upper_32_bits(typer);
		break;
	case GICD_PIDR2:
		*value = PIDR2_GICV3;
		break;
	default:
		*value = 0;
	}
}

static bool in(u32 offset, u32 start, u32 end)
{
	return offset >= start && offset < end;
}

bool vgic_has_register(bool redist, u32 offset)
{
	u32 size = redist ? VGIC_REDIST_SIZE : VGIC_DIST_SIZE;
	u32 irqs = offset - (redist ? GICR_SGI_FRAME : 0);

	if (offset % 4 || offset >= size)
		return false;
	if (in(offset, GIC_IDS, GIC_IDS_END))
		return true;
	if (redist ? in(offset, GICR_CTLR, GICR_WAKER + 4) ||
			     in(offset, GICR_PROPBASER, GICR_PENDBASER + 8)
		   : in(offset, GICD_CTLR, GICD_IIDR + 4) ||
			     offset == GICD_STATUSR ||
			     in(offset, GICD_IROUTER,
				GICD_IROUTER + 8 * VGIC_MAX_IRQS))
		return true;
	if (redist && offset < GICR_SGI_FRAME)
		return false;
	for (unsigned int r = 0; r < ARRAY_SIZE(ranges); r++)
		if (in(irqs, ranges[r].start,
		       redist ? ranges[r].start + 4 * ranges[r].bits
			      : ranges[r].end))
			return true;
	return in(irqs, GIC_ITARGETSR, GIC_ICFGR) ||
	       in(irqs, GIC_IGRPMODR, GIC_NSACR_END);
}

static void latch_access(struct vm *vm, struct vcpu *vcpu, unsigned int first,
			 bool write, u64 *value, u64 *kicks)
{
	u64 out = 0;

	for (unsigned int i = 0; i < 32; i++) {
		struct vgic_irq *irq = vgic_irq_get(vm, vcpu, first + i);

		if (!irq || (first < VGIC_NR_PRIVATE) != !!vcpu)
			continue;
		if (write) {
			irq->latch = *value >> i & 1;
			vgic_kick_add(kicks,
				      vgic_irq_update(vm, vcpu, first + i));
		}
		out |= (u64)irq->latch << i;
	}
	*value = out;
}

int vgic_register(struct vm *vm, struct vcpu *vcpu, u32 offset, u64 *value,
		  bool write)
{
	u32 irqs = offset - (vcpu ? GICR_SGI_FRAME : 0);
	u32 iidr = vcpu ? GICR_IIDR : GICD_IIDR;
	u64 kicks = 0;
	int ret = 0;

	if (!vgic_has_register(vcpu, offset))
		return -ENXIO;
	raw_spin_lock_irq(&vm->vgic->lock);
	if (in(irqs, GIC_ISPENDR, GIC_ICPENDR))
		latch_access(vm, vcpu, (irqs - GIC_ISPENDR) * 8, write, value,
			     &kicks);
	else if (in(irqs, GIC_ICPENDR, GIC_ISACTIVER))
		*value = 0;
	else if (offset == iidr && write)
		ret = *value == IIDR_ARM ? 0 : -EINVAL;
	else if (vcpu)
		redist_access(vm, vcpu, offset, write, 4, value, &kicks);
	else
		dist_access(vm, offset, write, 4, value, &kicks);
	raw_spin_unlock_irq(&vm->vgic->lock);
	vgic_kick(vm, kicks);
	return ret;
}

bool vgic_mmio(struct vcpu *vcpu, u64 ipa, bool write, unsigned int size,
	       u64 *value)
{
	struct vm *vm = vcpu->vm;
	struct vgic *vgic = vm->vgic;
	unsigned long flags;
	u64 dist, redist, kicks = 0;
	struct vcpu *of;

	if (!vcpu->ctx->vgic.loaded || ipa % size)
		return false;
	dist = ipa - vgic->dist_base;
	of = NULL;
	if (dist >= VGIC_DIST_SIZE) {
		of = vgic_redist_find(vm, ipa, &redist);
		if (!of)
			return false;
	}
	/* The access may read the timers' lines, or enable their interrupts. */
	if (of == vcpu)
		timer_sample(vcpu);
	raw_spin_lock_irqsave(&vgic->lock, flags);
	vgic_fold_locked(vcpu);
	if (of)
		redist_access(vm, of, redist, write, size, value, &kicks);
	else
		dist_access(vm, dist, write, size, value, &kicks);
	raw_spin_unlock_irqrestore(&vgic->lock, flags);
	vgic_kick(vm, kicks & ~BIT_ULL(vcpu->id));
	return true;
}
