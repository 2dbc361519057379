// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB maintenance of a guest's translations: see world.h. Sources: Arm ARM,
 * "TLB maintenance instructions", and "HCR_EL2", field TGE: while TGE is 1, a
 * TLBI for EL1 acts on the host's own regime.
 */
#include <asm/kvm_arm.h>
#include "world.h"

EL2_INLINE void flush(u64 op, u64 ipa)
{
	switch (op) {
	case EL2_TLB_PAGE:
		asm volatile("tlbi ipas2e1is, %0" : : "r"(ipa >> 12));
		dsb(ish);
		asm volatile("tlbi vmalle1is");
		break;
	case EL2_TLB_VMID:
		asm volatile("tlbi vmalls12e1is");
		break;
	case EL2_TLB_LOCAL:
		asm volatile("tlbi vmalle1\n\tic iallu");
		break;
	default:
		asm volatile("tlbi alle1is");
		break;
	}
	dsb(ish);
	isb();
}

u64 EL2_TEXT NAME(el2_tlb_flush)(u64 op, u64 vttbr, u64 ipa)
{
	u64 hcr = read_sysreg(hcr_el2), resident = read_sysreg(vttbr_el2);
	u64 sctlr = read_sysreg(sctlr_el1), tcr = read_sysreg(tcr_el1);
	u64 vtcr = read_sysreg(vtcr_el2);

	dsb(ishst);
	if (!EL2_VHE)
		walks_bar(false);
	if (EL2_VHE)
		write_sysreg(hcr & ~HCR_TGE, hcr_el2);
	/*
	 * This CPU may not have run a guest yet. VTCR_EL2.VS may then be 0, and
	 * the CPU would ignore the upper 8 bits of the VMID.
	 */
	if (vttbr & VTTBR_VMID_HIGH)
		write_sysreg(vtcr | VTCR_VS, vtcr_el2);
	write_sysreg(vttbr, vttbr_el2);
	isb();
	flush(op, ipa);
	write_sysreg(resident, vttbr_el2);
	write_sysreg(vtcr, vtcr_el2);
	write_sysreg(hcr, hcr_el2);
	if (!EL2_VHE)
		walks_free(sctlr, tcr);
	isb();
	return 0;
}
