// SPDX-License-Identifier: GPL-2.0-only
/*
 * power.c - a CPU that loses EL2 in its sleep, for the lab (nVHE)
 *
 * QEMU's PSCI does not power a CPU down. So this module does the same to EL2 as
 * an idle state that loses the context. Between the kernel's own notifications,
 * and with interrupts off, it restores the boot-time stub's vectors and
 * overwrites the registers that a boot-time stub does not set. It does this on
 * each CPU in turn, as often as the parameter says. insmod reports a failure as
 * its error.
 *
 * Source: kernel/cpu_pm.c, arch/arm64/kernel/hyp-stub.S.
 */
#define pr_fmt(fmt) "power: " fmt

#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/virt.h>

#define HVC_NOBODYS 0x544cffff

static unsigned int times = 1;
module_param(times, uint, 0444);

static void *page; /* a copy of forget, which runs with the EL2 MMU off */

extern const char forget[], forget_end[];
asm("	.pushsection .rodata, \"a\"\n"
    "	.balign 4\n"
    "forget:\n"
    "	movn	x9, #0\n"
    "	msr	tpidr_el2, x9\n"
    "	msr	ttbr0_el2, xzr\n"
    "	msr	tcr_el2, xzr\n"
    "	msr	mair_el2, xzr\n"
    "	msr	vttbr_el2, xzr\n"
    "	msr	vtcr_el2, xzr\n"
    "	mov	sp, x9\n"
    "	mov	x0, xzr\n"
    "	eret\n"
    "forget_end:\n"
    "	.popsection\n");

static unsigned long hvc(unsigned long call, unsigned long arg)
{
	register unsigned long x0 asm("x0") = call;
	register unsigned long x1 asm("x1") = arg;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1)
		     :
		     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
		       "x11", "x12", "x13", "x14", "x15", "x16", "x17",
		       "memory");
	return x0;
}

static int lose(void *unused)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = cpu_pm_enter();
	if (!ret) {
		ret = hvc(HVC_RESET_VECTORS,
			  0) || hvc(HVC_SOFT_RESTART, virt_to_phys(page)) ||
				      hvc(HVC_NOBODYS, 0) != HVC_STUB_ERR
			      ? -EIO
			      : 0;
		cpu_pm_exit();
	}
	local_irq_restore(flags);
	return ret;
}

static int __init power_init(void)
{
	unsigned int cpu, n = 0;
	int ret = 0;

	page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memcpy(page, forget, forget_end - forget);
	for (unsigned int i = 0; !ret && i < times; i++) {
		cpus_read_lock();
		for_each_online_cpu(cpu)
		{
			ret = ret ?: smp_call_on_cpu(cpu, lose, NULL, false);
			n += !ret;
		}
		cpus_read_unlock();
		usleep_range(1000, 2000); /* let the guest run */
	}
	free_page((unsigned long)page);
	pr_info("lost and found %u times\n", n);
	return ret;
}

static void __exit power_exit(void)
{
}

module_init(power_init);
module_exit(power_exit);
MODULE_DESCRIPTION("EL2 lost in a CPU's sleep");
MODULE_LICENSE("GPL");
