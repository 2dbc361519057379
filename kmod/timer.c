// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual timer. Source: Arm ARM, "The Generic Timer in AArch64 state"; for
 * forwarded interrupts, GIC Architecture Specification (IHI 0069),
 * "ICH_LR<n>_EL2", field HW.
 */
#define pr_fmt(fmt) "trapline: " fmt

#include "timer.h"

#include <linux/cpuhotplug.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <asm/sysreg.h>
#include "vcpu.h"
#include "vm.h"

#define CTL_ENABLE BIT_ULL(0)
#define CTL_IMASK  BIT_ULL(1)
#define OF_VIRT    2 /* index of the virtual timer's interrupt */

static const struct of_device_id timer_nodes[] = {
	{ .compatible = "arm,armv8-timer" },
	{}
};

static int host_irq;
static int hotplug_state = -1;
/* What the GIC's active state of our PPI is on this CPU. */
static DEFINE_PER_CPU(bool, phys_active);
static int __percpu *cookie;

/* The exit was all that was wanted; the interrupt stays active (forwarded). */
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

static int irq_find(void)
{
	struct device_node *node = of_find_matching_node(NULL, timer_nodes);
	int irq;

	if (!node)
		return -ENODEV;
	irq = of_irq_get(node, OF_VIRT);
	of_node_put(node);
	return irq > 0 ? irq : -ENODEV;
}

int timer_host_init(void)
{
	int ret;

	host_irq = irq_find();
	if (host_irq < 0) {
		pr_err("no virtual timer in the device tree: boot this machine with a device tree that has one\n");
		return host_irq;
	}
	cookie = alloc_percpu(int);
	if (!cookie)
		return -ENOMEM;
	ret = request_percpu_irq(host_irq, timer_handler, "trapline timer",
				 cookie);
	if (ret) {
		pr_err("somebody has the virtual timer's interrupt: boot this kernel with kvm-arm.mode=none\n");
		goto free;
	}
	ret = irq_set_vcpu_affinity(host_irq, cookie);
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

static u64 timer_left(const struct vcpu *vcpu)
{
	u64 now = timer_count() - READ_ONCE(vcpu->vm->cntvoff);
	u64 cval = vcpu->ctx->cntv_cval;

	return now >= cval ? 0 : cval - now;
}

static bool timer_line(const struct vcpu *vcpu)
{
	u64 ctl = vcpu->ctx->cntv_ctl & (CTL_ENABLE | CTL_IMASK);

	return ctl == CTL_ENABLE && !timer_left(vcpu);
}

void timer_enter(struct vcpu *vcpu)
{
	vcpu->ctx->cntvoff = READ_ONCE(vcpu->vm->cntvoff);
	vgic_set_private(vcpu, TIMER_PPI, timer_line(vcpu));
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

static enum hrtimer_restart timer_wake(struct hrtimer *timer)
{
	wake_up(&container_of(timer, struct vcpu, wake)->wait);
	return HRTIMER_NORESTART;
}

void timer_init(struct vcpu *vcpu)
{
	hrtimer_init(&vcpu->wake, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	vcpu->wake.function = timer_wake;
}

void timer_deinit(struct vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->wake);
}

bool timer_wakes(struct vcpu *vcpu)
{
	return timer_line(vcpu) || vgic_pending(vcpu);
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
	u64 freq = read_sysreg(cntfrq_el0);
	u64 left = timer_left(vcpu);

	if (ctl == CTL_ENABLE) {
		/* A day is as good as for ever, and multiplies. */
		left = min(left, freq * 86400);
		hrtimer_start(&vcpu->wake,
			      ns_to_ktime(mul_u64_u64_div_u64(
				      left, NSEC_PER_SEC, freq)),
			      HRTIMER_MODE_REL);
	}
	wait_event_interruptible(vcpu->wait, wait_over(vcpu));
	hrtimer_cancel(&vcpu->wake);
}

void timer_set_count(struct vm *vm, u64 value)
{
	WRITE_ONCE(vm->cntvoff, timer_count() - value);
}
