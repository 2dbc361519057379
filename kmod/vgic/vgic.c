// SPDX-License-Identifier: GPL-2.0-only
/*
 * Move interrupts into list registers and back. Source: GIC Architecture
 * Specification (IHI 0069), "ICH_LR<n>_EL2", "ICH_HCR_EL2", "ICH_VTR_EL2".
 *
 * Level interrupts carry the EOI bit. So the guest's end of interrupt causes an
 * exit, and the line is sampled again there. Edge interrupts and SGIs need no
 * exit. If there are more interrupts than list registers, an exit comes when
 * the list registers run out (ICH_HCR_EL2.UIE).
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "vgic.h"

#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/printk.h>
#include <asm/cputype.h>
#include "gate.h"
#include "ppi.h"
#include "regs.h"
#include "timer.h"
#include "vcpu.h"
#include "vgic_state.h"
#include "vm.h"

#define HCR_EN    BIT_ULL(0)
#define HCR_UIE   BIT_ULL(1)
#define HCR_TC    BIT_ULL(10)
#define HCR_TALL0 BIT_ULL(11)
#define HCR_TALL1 BIT_ULL(12)

#define SGI_TARGETS GENMASK_ULL(15, 0)
#define SGI_AFF1    GENMASK_ULL(23, 16)
#define SGI_INTID   GENMASK_ULL(27, 24)
#define SGI_AFF2    GENMASK_ULL(39, 32)
#define SGI_ALL     BIT_ULL(40)
#define SGI_RS      GENMASK_ULL(47, 44)
#define SGI_AFF3    GENMASK_ULL(55, 48)

#define VTR_LRS       GENMASK_ULL(4, 0)
#define VTR_PREBITS   GENMASK_ULL(28, 26)
#define PREBITS_1_APR 5U

#define IDLE_PRIORITY 0x100U /* lower than any: no interrupt is active */

#define RECALL_POLLS 1000U /* polls between two kicks */

static bool no_vgic;
module_param(no_vgic, bool, 0444);
MODULE_PARM_DESC(no_vgic, "guests get no interrupt controller");

static bool offered;
static int maintenance_irq;
static int hotplug_state;
static int __percpu *cookie;

/*
 * The only purpose of the interrupt is to end the run. vgic_leave() does the
 * rest.
 */
static irqreturn_t maintenance_handler(int irq, void *unused)
{
	return IRQ_HANDLED;
}

static int maintenance_up(unsigned int cpu)
{
	enable_percpu_irq(maintenance_irq,
			  irq_get_trigger_type(maintenance_irq));
	return 0;
}

static int maintenance_down(unsigned int cpu)
{
	disable_percpu_irq(maintenance_irq);
	return 0;
}

int vgic_host_init(void)
{
	int ret;

	if (no_vgic)
		return 0;
	maintenance_irq = ppi_gic_maintenance();
	if (maintenance_irq < 0) {
		pr_err("no GICv3 with a maintenance interrupt: use a machine that has one (QEMU: -M virt,gic-version=3), or load with no_vgic=1: guests get no interrupt controller\n");
		return -EOPNOTSUPP;
	}
	cookie = alloc_percpu(int);
	if (!cookie)
		return -ENOMEM;
	ret = request_percpu_irq(maintenance_irq, maintenance_handler,
				 "trapline vgic", cookie);
	if (ret) {
		pr_err("another driver has the GIC's maintenance interrupt: boot this kernel with kvm-arm.mode=none\n");
		goto free;
	}
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "trapline:vgic",
				maintenance_up, maintenance_down);
	if (ret < 0)
		goto free_irq;
	hotplug_state = ret;
	offered = true;
	return 0;
free_irq:
	free_percpu_irq(maintenance_irq, cookie);
free:
	free_percpu(cookie);
	return ret;
}

void vgic_host_deinit(void)
{
	if (!offered)
		return;
	cpuhp_remove_state(hotplug_state);
	free_percpu_irq(maintenance_irq, cookie);
	free_percpu(cookie);
	offered = false;
}

bool vgic_offered(void)
{
	return offered;
}

struct vgic_irq *vgic_irq_get(struct vm *vm, struct vcpu *vcpu,
			      unsigned int intid)
{
	unsigned int index = intid;

	lockdep_assert_held(&vm->vgic->lock);
	/* Mask the index, as vm_vcpu() does. */
	OPTIMIZER_HIDE_VAR(index);
	if (intid < VGIC_NR_PRIVATE)
		return vcpu ? &vcpu->vgic.private[index % VGIC_NR_PRIVATE]
			    : NULL;
	if (intid >= vm->vgic->nr_irqs)
		return NULL;
	intid = array_index_nospec(intid, vm->vgic->nr_irqs);
	return &vm->vgic->spis[intid - VGIC_NR_PRIVATE];
}

struct vcpu *vgic_by_affinity(struct vm *vm, u64 affinity)
{
	vm_each_vcpu(vm, vcpu)
		if ((vcpu_mpidr(vcpu) & MPIDR_HWID_BITMASK) == affinity)
			return vcpu;
	return NULL;
}

/*
 * True: the interrupt itself is pending and enabled. The distributor may be
 * off.
 */
static bool irq_ready(const struct vgic_irq *irq)
{
	return (irq->latch || (!irq->edge && irq->level)) && irq->enabled &&
	       irq->group1;
}

static bool irq_pending(const struct vgic *vgic, const struct vgic_irq *irq)
{
	return irq_ready(irq) && (vgic->ctlr & VGIC_CTLR_GRP1);
}

static struct vcpu *irq_target(struct vm *vm, struct vcpu *vcpu,
			       const struct vgic_irq *irq, unsigned int intid)
{
	if (intid < VGIC_NR_PRIVATE)
		return vcpu;
	return vgic_by_affinity(vm, irq->route & MPIDR_HWID_BITMASK);
}

struct vcpu *vgic_irq_update(struct vm *vm, struct vcpu *vcpu,
			     unsigned int intid)
{
	struct vgic_irq *irq = vgic_irq_get(vm, vcpu, intid);
	struct vcpu *target = irq->owner;

	if (target)
		WRITE_ONCE(target->vgic.stale, true);
	if (!irq_ready(irq) && !irq->active)
		return NULL;
	if (!target) {
		target = irq_target(vm, vcpu, irq, intid);
		if (!target)
			return NULL;
		irq->owner = target;
		__set_bit(intid, target->vgic.todo);
		vm->vgic->owners |= BIT_ULL(target->id);
		WRITE_ONCE(target->vgic.stale, true);
	}
	return irq->active || irq_pending(vm->vgic, irq) ? target : NULL;
}

static bool irq_in_lr(const struct vcpu *owner, unsigned int intid)
{
	for (unsigned int i = 0; i < owner->ctx->vgic.used_lrs; i++)
		if (owner->vgic.lr_irq[i] == intid)
			return true;
	return false;
}

struct vcpu *vgic_irq_routed(struct vm *vm, unsigned int intid)
{
	struct vgic_irq *irq = vgic_irq_get(vm, NULL, intid);
	struct vcpu *owner = irq->owner;

	/* An owner that is off or stopped would not check for a long time. */
	if (owner && !irq->active && !irq_in_lr(owner, intid)) {
		irq->owner = NULL;
		__clear_bit(intid, owner->vgic.todo);
	}
	return vgic_irq_update(vm, NULL, intid);
}

/*
 * A vCPU that has interrupts in list registers runs with the host's interrupts
 * masked, is in the guest or about to enter it, and waits for no other thread.
 * So the kick brings this vCPU to vgic_leave(). The vCPU may have filled the
 * list registers again before the lock is taken here, so callers check and call
 * again.
 */
static void lrs_recall(struct vm *vm, struct vcpu *owner)
	__must_hold(&vm->vgic->lock)
{
	raw_spin_unlock(&vm->vgic->lock);
	vcpu_kick(owner);
	for (unsigned int i = 0; i < RECALL_POLLS; i++) {
		if (!READ_ONCE(owner->ctx->vgic.used_lrs))
			break;
		cpu_relax();
	}
	raw_spin_lock(&vm->vgic->lock);
}

void vgic_irq_recall(struct vm *vm, struct vcpu *vcpu, unsigned int intid)
{
	struct vgic_irq *irq = vgic_irq_get(vm, vcpu, intid);
	struct vcpu *owner;

	while ((owner = irq->owner) && irq_in_lr(owner, intid))
		lrs_recall(vm, owner);
}

/* Wait until the owner, which is stale, has filled its list registers again. */
static void lrs_renew(struct vm *vm, struct vcpu *owner)
{
	u32 fills = owner->vgic.fills;

	while (owner->ctx->vgic.used_lrs && owner->vgic.fills == fills)
		lrs_recall(vm, owner);
}

void vgic_irq_withdraw(struct vm *vm, struct vcpu *vcpu, unsigned int intid)
{
	struct vcpu *owner = vgic_irq_get(vm, vcpu, intid)->owner;

	if (owner && irq_in_lr(owner, intid))
		lrs_renew(vm, owner);
}

void vgic_ctlr_set(struct vm *vm, u32 ctlr, u64 *kicks)
{
	struct vgic *vgic = vm->vgic;

	lockdep_assert_held(&vm->vgic->lock);
	vgic->ctlr = ctlr;
	for (u64 left = vgic->owners; left; left &= left - 1) {
		struct vcpu *vcpu = vm_vcpu(vm, __ffs64(left));

		if (bitmap_empty(vcpu->vgic.todo, VGIC_MAX_IRQS)) {
			vgic->owners &= ~BIT_ULL(vcpu->id);
			continue;
		}
		WRITE_ONCE(vcpu->vgic.stale, true);
		if (ctlr & VGIC_CTLR_GRP1)
			vgic_kick_add(kicks, vcpu);
		else
			lrs_renew(vm, vcpu);
	}
}

void vgic_kick_add(u64 *kicks, const struct vcpu *vcpu)
{
	static_assert(VM_MAX_VCPUS <= 64);
	if (vcpu)
		*kicks |= BIT_ULL(vcpu->id);
}

void vgic_kick(struct vm *vm, u64 kicks)
{
	for (; kicks; kicks &= kicks - 1)
		vcpu_kick(vm_vcpu(vm, __ffs64(kicks)));
}

static u64 lr_value(const struct vgic *vgic, struct vgic_irq *irq,
		    unsigned int intid)
{
	bool pending = irq_pending(vgic, irq);
	u64 lr = intid | FIELD_PREP(LR_PRIORITY, irq->priority) |
		 (irq->group1 ? LR_GROUP1 : 0) | (irq->active ? LR_ACTIVE : 0);

	if (irq->edge) {
		lr |= pending ? LR_PENDING : 0;
		irq->latch = irq->latch && !pending;
		return lr;
	}
	/* Never set both pending and active: the exit at EOI checks again. */
	if (pending && !irq->active)
		lr |= LR_PENDING;
	if (intid == TIMER_PPI)
		return lr | LR_HW | FIELD_PREP(LR_PINTID, TIMER_PPI);
	return lr | LR_EOI;
}

/*
 * Take the interrupt out of the todo set if it needs no list register, or if
 * another vCPU is its target now.
 */
static bool irq_leaves(struct vcpu *vcpu, struct vgic_irq *irq,
		       unsigned int intid, u64 *kicks)
{
	struct vm *vm = vcpu->vm;

	if (irq->active)
		return false;
	if (irq_ready(irq) && irq_target(vm, vcpu, irq, intid) == vcpu)
		return false;
	irq->owner = NULL;
	__clear_bit(intid, vcpu->vgic.todo);
	vgic_kick_add(kicks, vgic_irq_update(vm, vcpu, intid));
	return true;
}

/*
 * Insert the interrupt, sorted: active ones first, then by priority. True: one
 * interrupt got no list register.
 */
static bool pick(struct vcpu *vcpu, u16 *picked, unsigned int *nr,
		 unsigned int intid)
{
	struct vgic_irq *irq = vgic_irq_get(vcpu->vm, vcpu, intid);
	unsigned int max = vcpu->vgic.nr_lrs;
	unsigned int i = *nr < max ? (*nr)++ : max;
	bool full = i == max;

	while (i) {
		struct vgic_irq *other =
			vgic_irq_get(vcpu->vm, vcpu, picked[i - 1]);

		if (other->active > irq->active ||
		    (other->active == irq->active &&
		     other->priority <= irq->priority))
			break;
		if (i < max)
			picked[i] = picked[i - 1];
		i--;
	}
	if (i < max)
		picked[i] = intid;
	return full;
}

static void lrs_fill(struct vcpu *vcpu, u64 *kicks)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;
	struct vgic *vgic = vcpu->vm->vgic;
	u16 *picked = vcpu->vgic.lr_irq;
	bool more = false, timer = false;
	unsigned int intid, nr = 0;
	struct vgic_irq *irq;

	for_each_set_bit(intid, vcpu->vgic.todo, VGIC_MAX_IRQS) {
		irq = vgic_irq_get(vcpu->vm, vcpu, intid);
		if (!irq_leaves(vcpu, irq, intid, kicks) &&
		    (irq->active || irq_pending(vgic, irq)))
			more |= pick(vcpu, picked, &nr, intid);
	}
	for (unsigned int i = 0; i < nr; i++) {
		irq = vgic_irq_get(vcpu->vm, vcpu, picked[i]);
		v->lr[i] = lr_value(vgic, irq, picked[i]);
		if ((v->lr[i] & LR_PENDING) && !irq->recorded)
			record(vcpu, TRAPLINE_RECORD_INTERRUPT, picked[i]);
		irq->recorded = v->lr[i] & LR_PENDING;
		timer |= picked[i] == TIMER_PPI;
	}
	for (unsigned int i = nr; i < v->write_lrs; i++)
		v->lr[i] = 0;
	v->write_lrs = max(v->write_lrs, nr);
	v->used_lrs = nr;
	vcpu->vgic.fills++;
	v->hcr = HCR_EN | (more ? HCR_UIE : 0);
	vcpu->vgic.stale = false;
	timer_forward(timer || vcpu->vgic.private[TIMER_PPI].level);
}

/* The guest has ended an interrupt that has a resample eventfd. */
static void irq_ended(struct vcpu *vcpu, struct vgic_irq *irq,
		      unsigned int intid)
{
	irq->level = false;
	/*
	 * vgic_tell_ended() runs before the next gate_run(), so there are at
	 * most as many ended interrupts as list registers.
	 */
	if (vcpu->vgic.nr_ended < ARRAY_SIZE(vcpu->vgic.ended))
		vcpu->vgic.ended[vcpu->vgic.nr_ended++] = intid;
}

/*
 * Fold the list registers into the interrupts' state. The next entry fills them
 * again.
 */
void vgic_fold_locked(struct vcpu *vcpu)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;

	lockdep_assert_held(&vcpu->vm->vgic->lock);
	if (!v->used_lrs)
		return;
	for (unsigned int i = 0; i < v->used_lrs; i++) {
		unsigned int intid = vcpu->vgic.lr_irq[i];
		struct vgic_irq *irq = vgic_irq_get(vcpu->vm, vcpu, intid);
		u64 lr = v->lr[i];

		irq->active = lr & LR_ACTIVE;
		irq->recorded = lr & LR_PENDING;
		if (irq->edge)
			irq->latch |= !!(lr & LR_PENDING);
		else if (!(lr & LR_PENDING))
			irq->latch = false;
		if (lr & (LR_PENDING | LR_ACTIVE))
			continue;
		if (lr & LR_HW)
			timer_deactivated();
		if (irq->resample && !irq->edge)
			irq_ended(vcpu, irq, intid);
	}
	v->write_lrs = max(v->write_lrs, v->used_lrs);
	v->used_lrs = 0;
	vcpu->vgic.stale = true;
}

void vgic_enter(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	u64 kicks = 0;

	if (!vcpu->ctx->vgic.loaded)
		return;
	timer_sample(vcpu);
	if (!READ_ONCE(vcpu->vgic.stale))
		return;
	raw_spin_lock(&vgic->lock);
	vgic_fold_locked(vcpu);
	lrs_fill(vcpu, &kicks);
	raw_spin_unlock(&vgic->lock);
	vgic_kick(vcpu->vm, kicks);
}

void vgic_leave(struct vcpu *vcpu)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;
	struct vgic *vgic = vcpu->vm->vgic;

	if (!v->used_lrs)
		return;
	raw_spin_lock(&vgic->lock);
	vgic_fold_locked(vcpu);
	raw_spin_unlock(&vgic->lock);
}

void vgic_tell_ended(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < vcpu->vgic.nr_ended; i++)
		irqfds_ended(vcpu->vm, vcpu->vgic.ended[i]);
	vcpu->vgic.nr_ended = 0;
}

void vgic_put(struct vcpu *vcpu)
{
	/*
	 * The next CPU's list registers may hold another vCPU's interrupts, and
	 * its PPI may be in another state.
	 */
	vcpu->ctx->vgic.write_lrs = vcpu->vgic.nr_lrs;
	vcpu->vgic.stale = true;
}

void vgic_set_private(struct vcpu *vcpu, unsigned int intid, bool level)
{
	struct vgic_irq *irq = &vcpu->vgic.private[intid];
	unsigned long flags;

	/* Only this vCPU's own thread writes the line. */
	if (!vcpu->ctx->vgic.loaded || irq->level == level)
		return;
	raw_spin_lock_irqsave(&vcpu->vm->vgic->lock, flags);
	irq->level = level;
	vgic_irq_update(vcpu->vm, vcpu, intid);
	raw_spin_unlock_irqrestore(&vcpu->vm->vgic->lock, flags);
	/*
	 * Set stale even if no list register has the interrupt: timer_forward()
	 * must run.
	 */
	WRITE_ONCE(vcpu->vgic.stale, true);
}

/* The highest active priority, from ICH_AP0R<n> and ICH_AP1R<n>. */
static unsigned int running_priority(const struct el2_vgic *v)
{
	/* 32, 64 or 128 preemption levels share the 256 priorities. */
	unsigned int step = 8 / v->nr_apr;

	for (unsigned int n = 0; n < v->nr_apr; n++)
		if (v->ap0r[n] | v->ap1r[n])
			return (32 * n + __ffs64(v->ap0r[n] | v->ap1r[n])) *
			       step;
	return IDLE_PRIORITY;
}

/*
 * The group priority, which is compared with the running priority: ICC_BPR1_EL1
 * selects its bits.
 */
static unsigned int group_priority(u64 vmcr, unsigned int priority)
{
	unsigned int bpr = vmcr & VMCR_CBPR ? FIELD_GET(VMCR_BPR0, vmcr) + 1
					    : FIELD_GET(VMCR_BPR1, vmcr);

	return priority & (0xffU << bpr);
}

/*
 * True: the CPU interface would signal the interrupt to the PE. Source: GIC
 * Architecture Specification (IHI 0069), "Interrupt prioritization".
 */
static bool irq_signalled(const struct vcpu *vcpu, const struct vgic_irq *irq)
{
	const struct el2_vgic *v = &vcpu->ctx->vgic;

	return irq_pending(vcpu->vm->vgic, irq) && !irq->active &&
	       irq->priority < FIELD_GET(VMCR_PMR, v->vmcr) &&
	       group_priority(v->vmcr, irq->priority) < running_priority(v);
}

bool vgic_pending(struct vcpu *vcpu)
{
	struct vgic *vgic = vcpu->vm->vgic;
	unsigned long flags;
	unsigned int intid;
	bool ret = false;

	if (!(vcpu->ctx->vgic.vmcr & VMCR_ENG1))
		return false;
	raw_spin_lock_irqsave(&vgic->lock, flags);
	for_each_set_bit(intid, vcpu->vgic.todo, VGIC_MAX_IRQS)
		ret |= irq_signalled(vcpu, vgic_irq_get(vcpu->vm, vcpu, intid));
	raw_spin_unlock_irqrestore(&vgic->lock, flags);
	return ret;
}

static void sgi_send(struct vcpu *from, struct vcpu *target, unsigned int intid)
{
	struct vm *vm = from->vm;
	struct vcpu *kick = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->vgic->lock, flags);
	target->vgic.private[intid].latch = true;
	kick = vgic_irq_update(vm, target, intid);
	raw_spin_unlock_irqrestore(&vm->vgic->lock, flags);
	if (kick && kick != from)
		vcpu_kick(kick);
}

/* Affinity 1 and 0 are the vCPU's id (vcpu_mpidr()). */
bool vgic_sgi(struct vcpu *vcpu, u64 value)
{
	unsigned int base = FIELD_GET(SGI_AFF1, value) * VCPUS_PER_AFF1;
	unsigned long targets = FIELD_GET(SGI_TARGETS, value);
	unsigned int intid = FIELD_GET(SGI_INTID, value), i;
	struct vcpu *target;

	if (!vcpu->ctx->vgic.loaded)
		return false;
	if (value & SGI_ALL) {
		vm_each_vcpu(vcpu->vm, other)
			if (other != vcpu)
				sgi_send(vcpu, other, intid);
		return true;
	}
	if (value & (SGI_AFF2 | SGI_AFF3 | SGI_RS))
		return true;
	for_each_set_bit(i, &targets, VCPUS_PER_AFF1) {
		target = vm_vcpu(vcpu->vm, base + i);
		if (target)
			sgi_send(vcpu, target, intid);
	}
	return true;
}

void vgic_vcpu_init(struct vcpu *vcpu)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;

	v->present = FIELD_GET(PFR0_GIC, read_cpuid(ID_AA64PFR0_EL1));
	if (v->present) {
		u64 vtr = gate_vtr();

		vcpu->vgic.nr_lrs =
			min_t(u64, EL2_MAX_LRS, FIELD_GET(VTR_LRS, vtr) + 1);
		v->nr_apr =
			1U << (FIELD_GET(VTR_PREBITS, vtr) + 1 - PREBITS_1_APR);
	}
	vcpu->vgic.redist = VGIC_UNSET;
	for (unsigned int i = 0; i < VGIC_NR_PRIVATE; i++)
		vcpu->vgic.private[i].edge = i < 16;
	vgic_vcpu_reset(vcpu);
}

void vgic_vcpu_reset(struct vcpu *vcpu)
{
	struct el2_vgic *v = &vcpu->ctx->vgic;

	v->used_lrs = 0;
	v->write_lrs = vcpu->vgic.nr_lrs;
	vcpu->vgic.stale = true;
	v->vmcr = 0;
	v->loaded = vgic_ready(vcpu->vm);
	v->hcr = v->loaded ? HCR_EN : HCR_TC | HCR_TALL0 | HCR_TALL1;
	memset(v->ap0r, 0, sizeof(v->ap0r));
	memset(v->ap1r, 0, sizeof(v->ap1r));
}
