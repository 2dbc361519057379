// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list-register interface, GICv3: see world.h. Source: GIC Architecture
 * Specification (IHI 0069), "ICH_HCR_EL2", "ICH_LR<n>_EL2", "ICC_SRE_EL2".
 */
#include "world.h"

#define LR_WRITE(n)            \
	if (n >= v->write_lrs) \
		goto done;     \
	write_sysreg_s(v->lr[n], SYS_ICH_LR##n##_EL2);
#define LR_READ(n)            \
	if (n >= v->used_lrs) \
		goto done;    \
	v->lr[n] = read_sysreg_s(SYS_ICH_LR##n##_EL2);
#define APR_EACH(F) F(0) F(1) F(2) F(3)
#define APR_WRITE(n)                                               \
	if (n < v->nr_apr) {                                       \
		write_sysreg_s(v->ap0r[n], SYS_ICH_AP0R##n##_EL2); \
		write_sysreg_s(v->ap1r[n], SYS_ICH_AP1R##n##_EL2); \
	}
#define APR_READ(n)                                                \
	if (n < v->nr_apr) {                                       \
		v->ap0r[n] = read_sysreg_s(SYS_ICH_AP0R##n##_EL2); \
		v->ap1r[n] = read_sysreg_s(SYS_ICH_AP1R##n##_EL2); \
	}

EL2_INLINE void lrs_write(struct el2_vgic *v)
{
	EACH_16(LR_WRITE)
done:
	v->write_lrs = 0;
}

EL2_INLINE void lrs_read(struct el2_vgic *v)
{
	EACH_16(LR_READ)
done:
	return;
}

/*
 * ICC_SRE_EL2.Enable = 0 also traps the host's accesses to ICC_SRE_EL1. The
 * host accesses it when a CPU comes up or wakes from idle, and neither happens
 * while a guest's state is loaded.
 */
EL2_INLINE void sre_trap(bool trap)
{
	u64 sre = read_sysreg_s(SYS_ICC_SRE_EL2);

	write_sysreg_s(trap ? sre & ~SRE_ENABLE : sre | SRE_ENABLE,
		       SYS_ICC_SRE_EL2);
}

void EL2_TEXT NAME(el2_vgic_load)(const struct el2_vgic *v)
{
	if (v->loaded) {
		write_sysreg_s(v->vmcr, SYS_ICH_VMCR_EL2);
		APR_EACH(APR_WRITE)
	}
	if (v->present)
		sre_trap(true);
}

void EL2_TEXT NAME(el2_vgic_save)(struct el2_vgic *v)
{
	NAME(el2_vgic_off)(v);
	if (!v->loaded)
		return;
	v->vmcr = read_sysreg_s(SYS_ICH_VMCR_EL2);
	APR_EACH(APR_READ)
}

/*
 * The host must run without two effects of ICH_HCR_EL2: the maintenance
 * interrupt, and the traps of the ICC_ registers. A guest that has no VGIC
 * needs those traps, or it would use the host's registers.
 */
void EL2_TEXT NAME(el2_vgic_in)(struct el2_vgic *v, bool withhold)
{
	if (!v->present)
		return;
	if (v->write_lrs)
		lrs_write(v);
	write_sysreg_s(withhold ? v->hcr & ~ICH_EN : v->hcr, SYS_ICH_HCR_EL2);
}

void EL2_TEXT NAME(el2_vgic_out)(struct el2_vgic *v)
{
	if (!v->present)
		return;
	lrs_read(v);
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
}

void EL2_TEXT NAME(el2_vgic_off)(const struct el2_vgic *v)
{
	if (!v->present)
		return;
	write_sysreg_s(0, SYS_ICH_HCR_EL2);
	sre_trap(false);
}
