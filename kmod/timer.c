// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual timer, and the physical one, which uses a timer of the host.
 * Source: Arm ARM, "The Generic Timer in AArch64 state"; for forwarded
 * interrupts, GIC Architecture Specification (IHI 0069), "ICH_LR<n>_EL2", field
 * HW.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "timer.h"

#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/percpu.h>
#include <asm/kvm_arm.h>
#include <asm/sysreg.h>
#include "compat.h"
#include "gate.h"
#include "ppi.h"
#include "vcpu.h"
#include "vm.h"

#define CTL_ENABLE  BIT_ULL(0)
#define CTL_IMASK   BIT_ULL(1)
#define CTL_ISTATUS BIT_ULL(2)

static int host_irq;
static int hotplug_state = -1;
/* The active state of our PPI in this CPU's GIC. */
static DEFINE_PER_CPU(bool, phys_active);
static int __percpu *cookie;

/*
 * The only purpose of the interrupt is to end the run. The interrupt stays
 * active (forwarded).
 */
static irqreturn_t timer_handler(int irq, void *unused)
{
	__this_cpu_write(phys_active, true);
	return IRQ_HANDLED;
}

static int timer_cpu_up(unsigned int cpu)
{
	enable_percpu_irq(host_irq, irq_get_trigger_type(host_irq));
	return 0;
}

static int timer_cpu_down(unsigned int cpu)
{
	disable_percpu_irq(host_irq);
	irq_set_irqchip_state(host_irq, IRQCHIP_STATE_ACTIVE, false);
	__this_cpu_write(phys_active, false);
	return 0;
}

int timer_host_init(void)
{
	int ret;

	host_irq = ppi_virtual_timer();
	if (host_irq < 0) {
		pr_err("neither the device tree nor ACPI describes a virtual timer: boot this machine with a device tree that does\n");
		return host_irq;
	}
	cookie = alloc_percpu(int);
	if (!cookie)
		return -ENOMEM;
	ret = request_percpu_irq(host_irq, timer_handler, "trapline timer",
				 cookie);
	if (ret) {
		pr_err("another driver has the virtual timer's interrupt: boot this kernel with kvm-arm.mode=none\n");
		goto free;
	}
	ret = irq_set_vcpu_affinity(host_irq, (__force void *)cookie);
	if (ret) {
		pr_err("the interrupt controller cannot forward interrupts\n");
		goto free_irq;
	}
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "trapline:timer",
				timer_cpu_up, timer_cpu_down);
	if (ret < 0)
		goto affinity;
	hotplug_state = ret;
	return 0;
affinity:
	irq_set_vcpu_affinity(host_irq, NULL);
free_irq:
	free_percpu_irq(host_irq, cookie);
free:
	free_percpu(cookie);
	return ret;
}

void timer_host_deinit(void)
{
	cpuhp_remove_state(hotplug_state);
	irq_set_vcpu_affinity(host_irq, NULL);
	free_percpu_irq(host_irq, cookie);
	free_percpu(cookie);
}

u64 timer_count(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

static noinline u64 timer_left(const struct vcpu *vcpu)
{
	u64 now = timer_count() - READ_ONCE(vcpu->vm->cntvoff);
	u64 cval = vcpu->ctx->cntv_cval;

	return now >= cval ? 0 : cval - now;
}

static __always_inline bool timer_line(const struct vcpu *vcpu)
{
	u64 ctl = vcpu->ctx->cntv_ctl & (CTL_ENABLE | CTL_IMASK);

	if (!vcpu->ctx->resident)
		return ctl == CTL_ENABLE && !timer_left(vcpu);
	ctl = gate_timer_ctl() & (CTL_ENABLE | CTL_IMASK | CTL_ISTATUS);
	return ctl == (CTL_ENABLE | CTL_ISTATUS);
}

static u64 phys_left(const struct vcpu *vcpu)
{
	u64 now = timer_count();

	return now >= vcpu->phys.cval ? 0 : vcpu->phys.cval - now;
}

static bool phys_line(const struct vcpu *vcpu)
{
	return vcpu->phys.ctl == CTL_ENABLE && !phys_left(vcpu);
}

/* Fast exits call this, so the rare cases are out of line. */
void timer_sample(struct vcpu *vcpu)
{
	const struct vgic_irq *irqs = vcpu->vgic.private;
	bool line = timer_line(vcpu);

	if (unlikely(line != irqs[TIMER_PPI].level))
		vgic_set_private(vcpu, TIMER_PPI, line);
	if (unlikely(vcpu->phys.ctl || irqs[TIMER_PHYS_PPI].level))
		vgic_set_private(vcpu, TIMER_PHYS_PPI, phys_line(vcpu));
}

void timer_enter(struct vcpu *vcpu)
{
	vcpu->ctx->cntvoff = READ_ONCE(vcpu->vm->cntvoff);
	timer_sample(vcpu);
	if (!vcpu->ctx->vgic.loaded)
		timer_forward(timer_line(vcpu));
}

void timer_forward(bool in_lr)
{
	if (__this_cpu_read(phys_active) == in_lr)
		return;
	irq_set_irqchip_state(host_irq, IRQCHIP_STATE_ACTIVE, in_lr);
	__this_cpu_write(phys_active, in_lr);
}

void timer_deactivated(void)
{
	__this_cpu_write(phys_active, false);
}

static ktime_t counter_to_ktime(u64 ticks)
{
	u64 freq = read_sysreg(cntfrq_el0);

	/*
	 * At most a day at a time, so that the multiplication cannot overflow.
	 */
	ticks = min(ticks, freq * 86400);
	return ns_to_ktime(mul_u64_u64_div_u64(ticks, NSEC_PER_SEC, freq) + 1);
}

/*
 * The host's clock is slewed and the counter is not, so the hrtimer may be
 * early.
 */
static bool expired_early(struct hrtimer *timer, u64 left)
{
	if (left)
		hrtimer_forward_now(timer, counter_to_ktime(left));
	return left;
}

static enum hrtimer_restart timer_wake(struct hrtimer *timer)
{
	struct vcpu *vcpu = container_of(timer, struct vcpu, wake);

	if (expired_early(timer, timer_left(vcpu)))
		return HRTIMER_RESTART;
	wake_up(&vcpu->wait);
	return HRTIMER_NORESTART;
}

/* The kick makes the next entry, or the end of the WFI, check the line. */
static enum hrtimer_restart phys_wake(struct hrtimer *timer)
{
	struct vcpu *vcpu = container_of(timer, struct vcpu, phys.wake);

	if (expired_early(timer, phys_left(vcpu)))
		return HRTIMER_RESTART;
	vcpu_kick(vcpu);
	return HRTIMER_NORESTART;
}

bool timer_phys_read(struct vcpu *vcpu, u32 enc, u64 *ret)
{
	switch (enc) {
	case SYS_CNTP_CTL_EL0:
		*ret = vcpu->phys.ctl | (phys_left(vcpu) ? 0 : CTL_ISTATUS);
		return true;
	case SYS_CNTP_CVAL_EL0:
		*ret = vcpu->phys.cval;
		return true;
	case SYS_CNTP_TVAL_EL0:
		*ret = (u32)(vcpu->phys.cval - timer_count());
		return true;
	default:
		return false;
	}
}

bool timer_phys_write(struct vcpu *vcpu, u32 enc, u64 value)
{
	switch (enc) {
	case SYS_CNTP_CTL_EL0:
		vcpu->phys.ctl = value & (CTL_ENABLE | CTL_IMASK);
		break;
	case SYS_CNTP_CVAL_EL0:
		vcpu->phys.cval = value;
		break;
	case SYS_CNTP_TVAL_EL0:
		vcpu->phys.cval = timer_count() + (s32)value;
		break;
	default:
		return false;
	}
	/*
	 * The handler takes no lock but kick_lock, so waiting for it cannot
	 * deadlock.
	 */
	hrtimer_cancel(&vcpu->phys.wake);
	if (vcpu->phys.ctl == CTL_ENABLE && phys_left(vcpu))
		hrtimer_start(&vcpu->phys.wake,
			      counter_to_ktime(phys_left(vcpu)),
			      HRTIMER_MODE_REL);
	return true;
}

void timer_reset(struct vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->phys.wake);
	vcpu->phys.ctl = 0;
	vcpu->phys.cval = 0;
}

void timer_init(struct vcpu *vcpu)
{
	hrtimer_setup(&vcpu->phys.wake, phys_wake, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	hrtimer_setup(&vcpu->wake, timer_wake, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}

void timer_deinit(struct vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->wake);
	hrtimer_cancel(&vcpu->phys.wake);
}

/* Without a VGIC, the timers' lines are the only interrupts. */
bool timer_wakes(struct vcpu *vcpu)
{
	if (vcpu->ctx->hcr & HCR_VSE)
		return true;
	if (!vcpu->ctx->vgic.loaded)
		return timer_line(vcpu) || phys_line(vcpu);
	timer_sample(vcpu);
	return vgic_pending(vcpu);
}

static bool wait_over(struct vcpu *vcpu)
{
	return timer_wakes(vcpu) || READ_ONCE(vcpu->stop) ||
	       READ_ONCE(vcpu->power_off) || READ_ONCE(vcpu->reset.pending) ||
	       vcpu_immediate_exit(vcpu);
}

void timer_wait(struct vcpu *vcpu)
{
	u64 ctl = vcpu->ctx->cntv_ctl & (CTL_ENABLE | CTL_IMASK);

	if (ctl == CTL_ENABLE)
		hrtimer_start(&vcpu->wake, counter_to_ktime(timer_left(vcpu)),
			      HRTIMER_MODE_REL);
	wait_event_interruptible(vcpu->wait, wait_over(vcpu));
	hrtimer_cancel(&vcpu->wake);
}

void timer_set_count(struct vm *vm, u64 value)
{
	WRITE_ONCE(vm->cntvoff, timer_count() - value);
}
