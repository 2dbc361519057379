// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's descriptor and KVM_RUN. Source: Documentation/virt/kvm/api.rst.
 *
 * The loop: check for reasons to leave KVM_RUN; disable interrupts; give the
 * guest its interrupts and its timer; gate_run(); handle at once what
 * exit_fast() can; fold the list registers; enable interrupts (the host takes
 * the one that ended the run); give the exit to exit.c. From vcpu_load() to
 * vcpu_put() the CPU keeps the part of the guest's state that the host does not
 * need to replace.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "vcpu.h"

#include <linux/anon_inodes.h>
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/cputype.h>
#include <asm/esr.h>
#include <asm/kvm_arm.h>
#include <asm/neon.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include "counts.h"
#include "errata.h"
#include "events.h"
#include "exit.h"
#include "fault.h"
#include "gate.h"
#include "harden.h"
#include "idreg.h"
#include "knobs.h"
#include "onereg.h"
#include "own.h"
#include "sync.h"
#include "timer.h"
#include "vm.h"

#define PTRAUTH \
	(BIT(KVM_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC))
#define FEATURES    (BIT(KVM_ARM_VCPU_POWER_OFF) | BIT(KVM_ARM_VCPU_PSCI_0_2))
#define MPIDR_RES1  BIT_ULL(31)
#define SCTLR_RESET 0x30c50838ULL
#define PSTATE_USED                                                        \
	(PSR_f | PSR_MODE_MASK | PSR_MODE32_BIT | PSR_D_BIT | PSR_A_BIT |  \
	 PSR_I_BIT | PSR_F_BIT | PSR_IL_BIT | DBG_SPSR_SS | PSR_SSBS_BIT | \
	 PSR_PAN_BIT | PSR_UAO_BIT | PSR_DIT_BIT | PSR_BTYPE_MASK)
#define PSTATE_USED32 \
	(PSTATE_USED | PSR_AA32_T_BIT | PSR_AA32_IT_MASK | PSR_AA32_GE_MASK)
/*
 * EL3h: an illegal exception return, which EL2 itself takes an exception for.
 */
#define PSTATE_ILLEGAL (0xd | PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)
/*
 * ITSTATE: the state of an IT block. Its two lowest bits are in a field of
 * their own.
 */
#define PSTATE_IT_1_0  GENMASK_ULL(26, 25)
#define PSTATE_IT_7_2  GENMASK_ULL(15, 10)
#define HCR_TRAPS                                                        \
	(HCR_TSC | HCR_TSW | HCR_TWI | HCR_VM | HCR_BSU_IS | HCR_FB |    \
	 HCR_TACR | HCR_AMO | HCR_SWIO | HCR_TIDCP | HCR_RW | HCR_TLOR | \
	 HCR_FMO | HCR_IMO | HCR_PTW | HCR_TID3)
#define MDCR_TRAPS                                                       \
	(MDCR_EL2_TPM | MDCR_EL2_TPMS | MDCR_EL2_TPMCR | MDCR_EL2_TDRA | \
	 MDCR_EL2_TDOSA | MDCR_EL2_TDA | MDCR_EL2_TTRF)
#define MMFR0_FGT GENMASK_ULL(59, 56)
#define MMFR1_HCX GENMASK_ULL(43, 40)
#define PFR0_EL0  GENMASK_ULL(3, 0)
#define PFR0_RAS  GENMASK_ULL(31, 28)
#define PFR0_MPAM GENMASK_ULL(43, 40)
#define PFR1_MTE  GENMASK_ULL(11, 8)
#define PFR1_MPAM GENMASK_ULL(19, 16)

/* How a run ended. */
enum entered {
	ENTERED_FAILED, /* EL2 is not ours on this CPU */
	ENTERED_NOT, /* the guest was not entered: there are requests */
	ENTERED_DONE, /* the last exit has been handled */
	ENTERED_EXIT,
};

void fp_save(struct user_fpsimd_state *fp);
void fp_load(const struct user_fpsimd_state *fp);

static void vcpu_fp_get(struct vcpu *vcpu)
{
	if (!vcpu->fp_wanted || vcpu->ctx->fp_loaded)
		return;
	compat_neon(kernel_neon_begin, &vcpu->fp);
	fp_load(&vcpu->fp);
	vcpu->ctx->fp_loaded = true;
}

void vcpu_fp_put(struct vcpu *vcpu)
{
	if (!vcpu->ctx->fp_loaded)
		return;
	fp_save(&vcpu->fp);
	vcpu->ctx->fp_loaded = false;
	compat_neon(kernel_neon_end, &vcpu->fp);
}

/* The VM's vCPUs share the VMID, and may map the same VA to different pages. */
static int sisters_flush(struct vcpu *vcpu)
{
	unsigned int *last = this_cpu_ptr(vcpu->vm->last_vcpu);
	int ret;

	if (*last == vcpu->id + 1)
		return 0;
	ret = gate_tlb_flush(EL2_TLB_LOCAL, vcpu->ctx->vttbr, 0);
	if (!ret)
		*last = vcpu->id + 1;
	return ret;
}

int vcpu_load(struct vcpu *vcpu)
{
	int ret;

	if (vcpu->loaded)
		return 0;
	preempt_disable();
	/* Nobody else asks for a VMID on this CPU before vcpu_put(). */
	ret = stage2_vttbr(&vcpu->vm->stage2, &vcpu->ctx->vttbr);
	if (!ret)
		ret = sisters_flush(vcpu);
	vcpu->loaded = !ret;
	if (ret)
		preempt_enable();
	return ret;
}

void vcpu_put(struct vcpu *vcpu)
{
	unsigned long flags;

	vcpu_fp_put(vcpu);
	if (!vcpu->loaded)
		return;
	local_irq_save(flags);
	gate_put(vcpu->ctx);
	vgic_put(vcpu);
	local_irq_restore(flags);
	vcpu->loaded = false;
	preempt_enable();
}

u64 vcpu_mpidr(const struct vcpu *vcpu)
{
	return MPIDR_RES1 | (vcpu->id / VCPUS_PER_AFF1) << MPIDR_LEVEL_BITS |
	       (vcpu->id % VCPUS_PER_AFF1);
}

static bool cpu_has_aarch32(void)
{
	return FIELD_GET(PFR0_EL0, read_cpuid(ID_AA64PFR0_EL1)) == 2;
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
		if (!vcpu_aarch32(vcpu) && !cpu_has_aarch32())
			return -EINVAL;
		vcpu->ctx->pstate = pstate & PSTATE_USED32;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Source: Arm ARM, "Software use of ITSTATE", and its ITAdvance(). */
static u64 it_advance(u64 pstate)
{
	u64 it = FIELD_GET(PSTATE_IT_7_2, pstate) << 2 |
		 FIELD_GET(PSTATE_IT_1_0, pstate);

	it = it & 7 ? (it & 0xe0) | ((it << 1) & 0x1f) : 0;
	return (pstate & ~PSR_AA32_IT_MASK) |
	       FIELD_PREP(PSTATE_IT_7_2, it >> 2) |
	       FIELD_PREP(PSTATE_IT_1_0, it & 3);
}

void vcpu_skip(struct vcpu *vcpu, u64 esr)
{
	bool thumb = vcpu_aarch32(vcpu) && (vcpu->ctx->pstate & PSR_AA32_T_BIT);

	vcpu->ctx->pc += thumb && !(esr & ESR_ELx_IL) ? 2 : 4;
	if (thumb)
		vcpu->ctx->pstate = it_advance(vcpu->ctx->pstate);
}

/*
 * Features that the guest's ID registers do not show trap, and are UNDEFINED
 * (sysreg.c).
 */
static u64 hcr_value(const struct el2_ctx *ctx)
{
	u64 hcr = HCR_TRAPS | HCR_TVM;

	if (ctx->ras)
		hcr |= HCR_TERR;
	if (read_cpuid(ID_AA64PFR1_EL1) & PFR1_MTE)
		hcr |= HCR_TID5;
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
	ctx->ras = read_cpuid(ID_AA64PFR0_EL1) & PFR0_RAS;
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
	ctx->fgt = read_cpuid(ID_AA64MMFR0_EL1) & MMFR0_FGT;
	ctx->hcrx = read_cpuid(ID_AA64MMFR1_EL1) & MMFR1_HCX;
	ctx->mpam = read_cpuid(ID_AA64PFR0_EL1) & PFR0_MPAM ||
		    read_cpuid(ID_AA64PFR1_EL1) & PFR1_MPAM;
	ctx->newer = ctx->fgt || ctx->hcrx || ctx->mpam;
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

void vcpu_kick(struct vcpu *vcpu)
{
	unsigned long flags;

	wake_up(&vcpu->wait);
	spin_lock_irqsave(&vcpu->kick_lock, flags);
	if (vcpu->task)
		kick_process(vcpu->task);
	spin_unlock_irqrestore(&vcpu->kick_lock, flags);
}

static bool vcpu_work(struct vcpu *vcpu)
{
	return signal_pending(current) || READ_ONCE(vcpu->stop) ||
	       READ_ONCE(vcpu->power_off) || READ_ONCE(vcpu->reset.pending) ||
	       vcpu_immediate_exit(vcpu);
}

/* Do the reset that a CPU_ON by another vCPU requested. True: done now. */
static bool vcpu_reset_asked(struct vcpu *vcpu)
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

static int wakeup_exit(struct vcpu *vcpu)
{
	memset(&vcpu->run->system_event, 0, sizeof(vcpu->run->system_event));
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_WAKEUP;
	return 0;
}

/*
 * Handle requests of other threads. 1: continue; 0: an exit; -EINTR; -EIO: the
 * VM is dead.
 */
static int vcpu_requests(struct vcpu *vcpu)
{
	for (;;) {
		if (READ_ONCE(vcpu->vm->dead))
			return -EIO;
		if (signal_pending(current) || vcpu_immediate_exit(vcpu) ||
		    xchg(&vcpu->stop, false)) {
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
		if (vcpu_reset_asked(vcpu))
			debug_begin(vcpu, false);
		if (!READ_ONCE(vcpu->power_off) && !vcpu->suspended)
			return 1;
		vcpu_put(vcpu);
		if (vcpu->suspended && !READ_ONCE(vcpu->power_off)) {
			timer_wait(vcpu);
			if (timer_wakes(vcpu))
				return wakeup_exit(vcpu);
			continue;
		}
		wait_event_interruptible(vcpu->wait,
					 !READ_ONCE(vcpu->power_off) ||
						 READ_ONCE(vcpu->stop) ||
						 vcpu_immediate_exit(vcpu));
	}
}

static enum entered vcpu_enter(struct vcpu *vcpu, u64 *ret_code)
{
	enum entered entered = ENTERED_NOT;

	if (vcpu_load(vcpu))
		return ENTERED_FAILED;
	if (vcpu_aarch32(vcpu) && !cpu_has_aarch32()) {
		/* CPUs differ, and EL2 cannot return to AArch32 on this one. */
		inject_undefined(vcpu);
		return ENTERED_NOT;
	}
	vcpu_fp_get(vcpu);
	local_irq_disable();
	if (!vcpu_work(vcpu) && !need_resched()) {
		timer_enter(vcpu);
		do {
			if (READ_ONCE(vcpu->vgic.stale) ||
			    vcpu->ctx->vgic.used_lrs)
				vgic_enter(vcpu);
			if (!debug_enter(vcpu))
				break;
			stage2_check_entry(&vcpu->vm->stage2);
			*ret_code = gate_run(vcpu->ctx);
			debug_leave(vcpu);
			record_exit(vcpu, *ret_code);
			entered = *ret_code == EL2_EXIT_SYNC && exit_fast(vcpu)
					  ? ENTERED_DONE
					  : ENTERED_EXIT;
		} while (entered == ENTERED_DONE && !vcpu_work(vcpu) &&
			 !need_resched() && !vcpu->vgic.nr_ended);
		vgic_leave(vcpu);
	}
	local_irq_enable();
	vgic_tell_ended(vcpu);
	return entered;
}

static int vcpu_exit(struct vcpu *vcpu, u64 code)
{
	u64 pc = vcpu->ctx->pc;
	int ret = exit_handle(vcpu, code);

	if (vcpu->ctx->pc != pc)
		vcpu->ctx->pstate &= ~(u64)DBG_SPSR_SS;
	return ret;
}

static int vcpu_enter_once(struct vcpu *vcpu)
{
	u64 code = 0;

	switch (vcpu_enter(vcpu, &code)) {
	case ENTERED_FAILED:
		return -EIO;
	case ENTERED_EXIT:
		return vcpu_exit(vcpu, code);
	default:
		return 1;
	}
}

static int vcpu_loop(struct vcpu *vcpu)
{
	int ret;

	do {
		if (need_resched()) {
			vcpu_put(vcpu);
			cond_resched();
		}
		debug_fetch(vcpu);
		ret = vcpu_requests(vcpu);
		catch_apply(vcpu);
		if (ret > 0)
			ret = vcpu_enter_once(vcpu);
	} while (ret > 0);
	vcpu_put(vcpu);
	return ret;
}

static void vcpu_set_task(struct vcpu *vcpu, struct task_struct *task)
{
	spin_lock_irq(&vcpu->kick_lock);
	vcpu->task = task;
	spin_unlock_irq(&vcpu->kick_lock);
}

static long vcpu_run(struct vcpu *vcpu, unsigned long arg)
{
	bool finished = vcpu->mmio_pending;
	sigset_t old;
	long ret;

	if (!vcpu->inited || arg)
		return vcpu->inited ? -EINVAL : -ENOEXEC;
	if (READ_ONCE(vcpu->vm->dead))
		return -EIO;
	ret = vgic_run_check(vcpu->vm);
	if (!ret)
		ret = sync_in(vcpu);
	if (ret)
		return ret;
	WRITE_ONCE(vcpu->vm->ran, true);
	vcpu->ran = true;
	if (vcpu->anew)
		stage2_check_reset(&vcpu->vm->stage2);
	vcpu->anew = false;
	fault_complete_mmio(vcpu);
	finished |= catch_complete(vcpu);
	/* kvm_run still has the exit that was just completed. */
	if (vcpu_immediate_exit(vcpu)) {
		sync_out(vcpu);
		return -EINTR;
	}
	/* In a series of emulated accesses some use FP registers. */
	if (READ_ONCE(vcpu->run->exit_reason) != KVM_EXIT_MEMORY_FAULT)
		vcpu->fp_wanted = false;
	/* An error from here on must not look like the previous exit. */
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	debug_begin(vcpu, finished);
	if (knob_take(KNOB_BUG))
		vcpu->ctx->pstate = PSTATE_ILLEGAL;
	events_sigmask_enter(vcpu, &old);
	vcpu_set_task(vcpu, current);
	ret = vcpu_loop(vcpu);
	debug_end(vcpu);
	record(vcpu, TRAPLINE_RECORD_USER, vcpu->run->exit_reason);
	vcpu_set_task(vcpu, NULL);
	events_sigmask_leave(vcpu, &old);
	sync_out(vcpu);
	return ret;
}

static long vcpu_init(struct vcpu *vcpu, unsigned long arg)
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

static long vcpu_one_reg(struct vcpu *vcpu, unsigned long arg, bool set)
{
	struct kvm_one_reg reg;

	if (!vcpu->inited)
		return -ENOEXEC;
	if (copy_from_user(&reg, (void __user *)arg, sizeof(reg)))
		return -EFAULT;
	/*
	 * If the vCPU has been turned on, access its registers after the reset.
	 */
	vcpu_reset_asked(vcpu);
	return onereg_access(vcpu, reg.id, (void __user *)reg.addr, set);
}

static long vcpu_get_reg(struct vcpu *vcpu, unsigned long arg)
{
	return vcpu_one_reg(vcpu, arg, false);
}

static long vcpu_set_reg(struct vcpu *vcpu, unsigned long arg)
{
	return vcpu_one_reg(vcpu, arg, true);
}

static long vcpu_reg_list(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_reg_list __user *user = (void __user *)arg;
	u64 n, nr = onereg_list(vcpu, NULL);

	if (!vcpu->inited)
		return -ENOEXEC;
	if (get_user(n, &user->n) || put_user(nr, &user->n))
		return -EFAULT;
	if (n < nr)
		return -E2BIG;
	return onereg_list(vcpu, user->reg) < 0 ? -EFAULT : 0;
}

static long vcpu_get_mp(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };

	if (READ_ONCE(vcpu->power_off))
		mp.mp_state = KVM_MP_STATE_STOPPED;
	else if (vcpu->suspended)
		mp.mp_state = KVM_MP_STATE_SUSPENDED;

	return copy_to_user((void __user *)arg, &mp, sizeof(mp)) ? -EFAULT : 0;
}

static long vcpu_set_mp(struct vcpu *vcpu, unsigned long arg)
{
	struct kvm_mp_state mp;

	if (copy_from_user(&mp, (void __user *)arg, sizeof(mp)))
		return -EFAULT;
	if (mp.mp_state != KVM_MP_STATE_STOPPED &&
	    mp.mp_state != KVM_MP_STATE_SUSPENDED &&
	    mp.mp_state != KVM_MP_STATE_RUNNABLE)
		return -EINVAL;
	vcpu->suspended = mp.mp_state == KVM_MP_STATE_SUSPENDED;
	WRITE_ONCE(vcpu->power_off, mp.mp_state == KVM_MP_STATE_STOPPED);
	return 0;
}

static const struct {
	unsigned int cmd;
	long (*handler)(struct vcpu *vcpu, unsigned long arg);
} vcpu_ioctls[] = {
	{ KVM_RUN, vcpu_run },
	{ KVM_GET_ONE_REG, vcpu_get_reg },
	{ KVM_SET_ONE_REG, vcpu_set_reg },
	{ KVM_GET_REG_LIST, vcpu_reg_list },
	{ KVM_ARM_VCPU_INIT, vcpu_init },
	{ KVM_GET_MP_STATE, vcpu_get_mp },
	{ KVM_SET_MP_STATE, vcpu_set_mp },
	{ KVM_SET_GUEST_DEBUG, debug_set },
	{ KVM_GET_VCPU_EVENTS, events_get },
	{ KVM_SET_VCPU_EVENTS, events_set },
	{ KVM_SET_SIGNAL_MASK, events_set_sigmask },
	{ TRAPLINE_SET_RECORDER, record_set },
	{ KVM_HAS_DEVICE_ATTR, events_has_attr },
	{ KVM_GET_DEVICE_ATTR, events_get_attr },
	{ KVM_SET_DEVICE_ATTR, events_set_attr },
};

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vcpu *vcpu = file->private_data;
	long ret = -ENOTTY;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	for (unsigned int i = 0; i < ARRAY_SIZE(vcpu_ioctls); i++)
		if (vcpu_ioctls[i].cmd == cmd) {
			ret = vcpu_ioctls[i].handler(vcpu, arg);
			break;
		}
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct vcpu *vcpu = vmf->vma->vm_file->private_data;

	if (vmf->pgoff)
		return record_fault(vcpu, vmf);
	vmf->page = virt_to_page(vcpu->run);
	get_page(vmf->page);
	return 0;
}

/* User space may only read the recorder's ring. */
static int vcpu_mmap_allowed(struct vm_area_struct *vma, unsigned long flags)
{
	return vma->vm_pgoff + vma_pages(vma) > 1 && (flags & VM_SHARED) &&
			       (flags & VM_WRITE)
		       ? -EACCES
		       : 0;
}

static int vcpu_mprotect(struct vm_area_struct *vma, unsigned long start,
			 unsigned long end, unsigned long flags)
{
	return vcpu_mmap_allowed(vma, flags);
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_fault,
	.mprotect = vcpu_mprotect,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	int ret = vcpu_mmap_allowed(vma, vma->vm_flags);

	if (ret)
		return ret;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vcpu *vcpu = file->private_data;

	vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = vcpu_ioctl,
	.mmap = vcpu_mmap,
	.llseek = noop_llseek,
};

void vcpu_destroy(struct vcpu *vcpu)
{
	timer_deinit(vcpu);
	record_deinit(vcpu);
	count(COUNT_VCPUS, -1);
	stage2_cache_drain(&vcpu->cache);
	if (vcpu->run)
		free_page((unsigned long)vcpu->run);
	if (vcpu->ctx)
		own_page_put(vcpu->ctx);
	kfree(vcpu);
}

static struct vcpu *vcpu_create(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);

	BUILD_BUG_ON(sizeof(struct el2_ctx) > SZ_4K);
	BUILD_BUG_ON(offsetof(struct user_fpsimd_state, fpsr) != 512);
	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	vcpu->vm = vm;
	vcpu->id = id;
	mutex_init(&vcpu->mutex);
	spin_lock_init(&vcpu->kick_lock);
	init_waitqueue_head(&vcpu->wait);
	timer_init(vcpu);
	record_init(vcpu);
	count(COUNT_VCPUS, 1);
	vcpu->ctx = own_page_get();
	vcpu->run = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->ctx || !vcpu->run) {
		vcpu_destroy(vcpu);
		return ERR_PTR(-ENOMEM);
	}
	vgic_vcpu_init(vcpu);
	return vcpu;
}

int vcpu_create_fd(struct vm *vm, unsigned int id)
{
	struct vcpu *vcpu;
	int fd = -EEXIST;

	mutex_lock(&vm->lock);
	if (vm->vcpus[id])
		goto unlock;
	fd = -EBUSY;
	if (vm->vgic && vgic_ready(vm))
		goto unlock;
	vcpu = vcpu_create(vm, id);
	if (IS_ERR(vcpu)) {
		fd = PTR_ERR(vcpu);
		goto unlock;
	}
	vm_get(vm);
	fd = anon_inode_getfd("trapline-vcpu", &vcpu_fops, vcpu,
			      O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		vm_put(vm);
		vcpu_destroy(vcpu);
		goto unlock;
	}
	vcpu->nth = vm->nr_vcpus;
	smp_store_release(&vm->vcpus[id], vcpu);
	smp_store_release(&vm->nr_vcpus, vm->nr_vcpus + 1);
	if (vm->vgic)
		vgic_redist_place(vm);
unlock:
	mutex_unlock(&vm->lock);
	return fd;
}
