// SPDX-License-Identifier: GPL-2.0-only
/*
 * Perform one load or store of one general register for a guest. A guest whose
 * caches are off accesses memory directly. For such a guest the cache line is
 * cleaned before and after the access.
 */
#include "access.h"

#include <linux/swab.h>
#include <linux/uaccess.h>
#include <asm/asm-extable.h>
#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include "gate.h"
#include "vcpu.h"

/* Source: Arm ARM, "SCTLR_EL1", fields EE and E0E, and "SPSR_EL1", field E. */
bool access_big_endian(const struct vcpu *vcpu)
{
	u64 pstate = vcpu->ctx->pstate;

	if (vcpu_aarch32(vcpu))
		return pstate & PSR_AA32_E_BIT;
	return gate_sctlr(vcpu->ctx) &
	       (pstate & PSR_MODE_MASK ? SCTLR_ELx_EE : SCTLR_EL1_E0E);
}

static u64 order(const struct vcpu *vcpu, u64 esr, u64 value)
{
	if (likely(!access_big_endian(vcpu)))
		return value;
	switch (access_size(esr)) {
	case 1:
		return value;
	case 2:
		return swab16(value);
	case 4:
		return swab32(value);
	default:
		return swab64(value);
	}
}

static u64 extend(u64 esr, u64 value)
{
	unsigned int bits = access_size(esr) * 8;

	if (bits < 64)
		value &= BIT_ULL(bits) - 1;
	if ((esr & ESR_ELx_SSE) && bits < 64)
		value = sign_extend64(value, bits - 1);
	return esr & ESR_ELx_SF ? value : value & U32_MAX;
}

void access_loaded(struct vcpu *vcpu, u64 esr, u64 value)
{
	vcpu_set_x(vcpu, access_register(esr),
		   extend(esr, order(vcpu, esr, value)));
}

u64 access_stored(const struct vcpu *vcpu, u64 esr)
{
	return order(vcpu, esr, vcpu_x(vcpu, access_register(esr)));
}

int access_clean(u64 hva)
{
	int ret = -EFAULT;

	if (!access_ok((void __user *)hva, 1))
		return ret;
	uaccess_ttbr0_enable();
	asm volatile("1:	dc	civac, %1\n"
		     "	dsb	sy\n"
		     "	mov	%w0, wzr\n"
		     "2:\n" _ASM_EXTABLE_UACCESS(1b, 2b)
		     : "+r"(ret)
		     : "r"(hva)
		     : "memory");
	uaccess_ttbr0_disable();
	return ret;
}

static int store(u64 hva, unsigned int size, u64 value)
{
	switch (size) {
	case 1:
		return put_user((u8)value, (u8 __user *)hva);
	case 2:
		return put_user((u16)value, (u16 __user *)hva);
	case 4:
		return put_user((u32)value, (u32 __user *)hva);
	default:
		return put_user(value, (u64 __user *)hva);
	}
}

static int load(u64 hva, unsigned int size, u64 *ret_value)
{
	union {
		u8 b;
		u16 h;
		u32 w;
		u64 x;
	} v;
	int ret;

	switch (size) {
	case 1:
		ret = get_user(v.b, (u8 __user *)hva);
		*ret_value = v.b;
		break;
	case 2:
		ret = get_user(v.h, (u16 __user *)hva);
		*ret_value = v.h;
		break;
	case 4:
		ret = get_user(v.w, (u32 __user *)hva);
		*ret_value = v.w;
		break;
	default:
		ret = get_user(v.x, (u64 __user *)hva);
		*ret_value = v.x;
	}
	return ret;
}

static noinline int load_register(struct vcpu *vcpu, u64 esr, u64 hva)
{
	u64 value;
	int ret = load(hva, access_size(esr), &value);

	if (!ret)
		access_loaded(vcpu, esr, value);
	return ret;
}

static bool caches_off(const struct vcpu *vcpu)
{
	u64 on = SCTLR_ELx_M | SCTLR_ELx_C;

	return (gate_sctlr(vcpu->ctx) & on) != on;
}

int access_do(struct vcpu *vcpu, u64 esr, u64 hva)
{
	unsigned int size = access_size(esr);
	bool off = caches_off(vcpu), ordered = esr & ISS_AR;
	int ret = 0;

	if (off)
		ret = access_clean(hva);
	/*
	 * LDAR, LDAPR and STLR order other accesses; load() and store() do not.
	 */
	if (ordered)
		smp_mb(); /* after all earlier accesses */
	if (!ret && (esr & ESR_ELx_WNR))
		ret = store(hva, size, access_stored(vcpu, esr));
	else if (!ret)
		ret = load_register(vcpu, esr, hva);
	if (ordered)
		smp_mb(); /* before all later accesses */
	if (!ret && off)
		ret = access_clean(hva);
	return ret;
}
