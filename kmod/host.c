// SPDX-License-Identifier: GPL-2.0-only
/*
 * Examine this machine without symbols that the kernel does not export.
 * CurrentEL shows VHE. An HVC with an unknown number distinguishes the
 * boot-time stub (HVC_STUB_ERR) from KVM (SMCCC NOT_SUPPORTED). Source:
 * arch/arm64/kernel/hyp-stub.S and arch/arm64/kvm/hyp/nvhe/host.S, Arm ARM
 * "ID_AA64PFR0_EL1".
 */
#define pr_fmt(fmt) "trapline: " fmt

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include <asm/virt.h>
#include "el2/el2.h"
#include "host.h"

#include "regs.h"

int host_probe(enum host_mode *ret)
{
	if (PAGE_SIZE != SZ_4K && PAGE_SIZE != SZ_16K) {
		pr_err("pages of %lu KiB are not supported: boot a kernel with 4 or 16 KiB pages\n",
		       PAGE_SIZE / SZ_1K);
		return -EOPNOTSUPP;
	}
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_err("PREEMPT_RT is not supported: boot a kernel without it\n");
		return -EOPNOTSUPP;
	}
	if (virt_to_phys(high_memory - 1) >= BIT_ULL(48)) {
		pr_err("memory above 256 TiB is not supported: boot this kernel with mem=\n");
		return -EOPNOTSUPP;
	}
	if (system_uses_irq_prio_masking()) {
		pr_err("interrupts are masked by priority here: boot this kernel without irqchip.gicv3_pseudo_nmi=1\n");
		return -EOPNOTSUPP;
	}
	if (read_sysreg(CurrentEL) == CurrentEL_EL2) {
		*ret = HOST_VHE;
		return 0;
	}
	if (!FIELD_GET(PFR0_EL2, read_cpuid(ID_AA64PFR0_EL1))) {
		pr_err("no EL2: start this machine with virtualization (QEMU: -M virt,virtualization=on)\n");
		return -ENODEV;
	}
	if (el2_hvc(EL2_CALL_UNKNOWN, 0) != HVC_STUB_ERR) {
		pr_err("KVM owns EL2: boot this kernel with kvm-arm.mode=none\n");
		return -EBUSY;
	}
	*ret = HOST_NVHE;
	return 0;
}
