// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers by their KVM ids. Source: Documentation/virt/kvm/api.rst,
 * "KVM_SET_ONE_REG", arm64. The core registers have the layout of struct
 * kvm_regs. In KVM's ids the encodings of the timer's CNT and CVAL are swapped.
 */
#include "onereg.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <asm/sysreg.h>
#include "idreg.h"
#include "psci.h"
#include "sysreg.h"
#include "timer.h"
#include "vcpu.h"
#include "vm.h"

#define CORE_WORD(field)    (offsetof(struct kvm_regs, field) / sizeof(u32))
#define CORE_ID(size, word) (KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | (word))
#define SYS_ID              (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG)
#define CCSIDR_ID                                               \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | \
	 KVM_REG_ARM_DEMUX_ID_CCSIDR)
#define SIZE_BYTES(id) BIT((KVM_REG_SIZE_MASK & (id)) >> KVM_REG_SIZE_SHIFT)

union value {
	u64 u64;
	u32 u32;
	__uint128_t u128;
};

/*
 * Address and size of a core register's value. NULL: another function handles
 * the register, or there is no such register.
 */
static void *core_place(struct vcpu *vcpu, unsigned int word, size_t *ret_size)
{
	struct el2_ctx *ctx = vcpu->ctx;
	unsigned int x = word - CORE_WORD(regs.regs);
	unsigned int v = word - CORE_WORD(fp_regs.vregs);

	*ret_size = sizeof(u64);
	if (x < 2 * 31 && !(x % 2))
		return &ctx->x[array_index_nospec(x / 2, 31)];
	switch (word) {
	case CORE_WORD(regs.sp):
		return &ctx->reg[EL2_SP_EL0];
	case CORE_WORD(regs.pc):
		return &ctx->pc;
	case CORE_WORD(regs.pstate):
		return &ctx->pstate;
	case CORE_WORD(sp_el1):
		return &ctx->reg[EL2_SP_EL1];
	case CORE_WORD(elr_el1):
		return &ctx->reg[EL2_ELR];
	case CORE_WORD(spsr[KVM_SPSR_EL1]):
		return &ctx->reg[EL2_SPSR];
	case CORE_WORD(fp_regs.fpsr):
		*ret_size = sizeof(u32);
		return &vcpu->fp.fpsr;
	case CORE_WORD(fp_regs.fpcr):
		*ret_size = sizeof(u32);
		return &vcpu->fp.fpcr;
	default:
		*ret_size = sizeof(__uint128_t);
		if (v >= 4 * 32 || v % 4)
			return NULL;
		return &vcpu->fp.vregs[array_index_nospec(v / 4, 32)];
	}
}

/* AArch32's banked SPSRs. They exist, and are always 0. */
static bool spsr32(unsigned int word)
{
	unsigned int first = CORE_WORD(spsr[KVM_SPSR_EL1]) + 2;

	return word >= first && word < first + 2 * (KVM_NR_SPSR - 1) &&
	       word % 2 == first % 2;
}

static int core_access(struct vcpu *vcpu, u64 id, union value *value, bool set)
{
	unsigned int word = id & ~(KVM_REG_ARCH_MASK | KVM_REG_SIZE_MASK |
				   KVM_REG_ARM_CORE);
	size_t size;
	void *place = core_place(vcpu, word, &size);

	if (spsr32(word)) {
		if (!set)
			value->u64 = 0;
		return SIZE_BYTES(id) == sizeof(u64) ? 0 : -EINVAL;
	}
	if (!place)
		return -ENOENT;
	if (SIZE_BYTES(id) != size)
		return -EINVAL;
	if (set && place == &vcpu->ctx->pstate)
		return vcpu_set_pstate(vcpu, value->u64);
	if (set)
		memcpy(place, value, size);
	else
		memcpy(value, place, size);
	return 0;
}

static int demux_access(u64 id, union value *value, bool set)
{
	unsigned int csselr = id & KVM_REG_ARM_DEMUX_VAL_MASK;
	u32 is;

	if ((id & ~KVM_REG_ARM_DEMUX_VAL_MASK) != CCSIDR_ID ||
	    !idreg_has_cache(csselr))
		return -ENOENT;
	is = idreg_ccsidr(csselr);
	if (set)
		return value->u32 == is ? 0 : -EINVAL;
	value->u32 = is;
	return 0;
}

static int ptimer_access(struct vcpu *vcpu, u32 enc, u64 *value, bool set)
{
	if (set)
		timer_phys_write(vcpu, enc, *value);
	else
		timer_phys_read(vcpu, enc, value);
	return 0;
}

static int timer_access(struct vcpu *vcpu, u64 id, u64 *value, bool set)
{
	struct el2_ctx *ctx = vcpu->ctx;

	switch (id) {
	case KVM_REG_ARM_TIMER_CTL:
		if (set)
			ctx->cntv_ctl = *value & 3;
		else
			*value = ctx->cntv_ctl;
		return 0;
	case KVM_REG_ARM_TIMER_CVAL:
		if (set)
			ctx->cntv_cval = *value;
		else
			*value = ctx->cntv_cval;
		return 0;
	case KVM_REG_ARM_TIMER_CNT:
		if (set)
			timer_set_count(vcpu->vm, *value);
		else
			*value = timer_count() - READ_ONCE(vcpu->vm->cntvoff);
		return 0;
	case KVM_REG_ARM_PTIMER_CTL:
		return ptimer_access(vcpu, SYS_CNTP_CTL_EL0, value, set);
	case KVM_REG_ARM_PTIMER_CVAL:
		return ptimer_access(vcpu, SYS_CNTP_CVAL_EL0, value, set);
	case KVM_REG_ARM_PTIMER_CNT:
		/* This is the host's counter. A VMM cannot change it. */
		if (!set)
			*value = timer_count();
		return 0;
	default:
		return -ENOENT;
	}
}

static int system_access(struct vcpu *vcpu, u64 id, union value *value,
			 bool set)
{
	u32 index =
		id &
		(KVM_REG_ARM64_SYSREG_OP0_MASK | KVM_REG_ARM64_SYSREG_OP1_MASK |
		 KVM_REG_ARM64_SYSREG_CRN_MASK | KVM_REG_ARM64_SYSREG_CRM_MASK |
		 KVM_REG_ARM64_SYSREG_OP2_MASK);
	u32 enc = index << Op2_shift;
	int ret;

	if (id != (SYS_ID | index))
		return -EINVAL;
	ret = timer_access(vcpu, id, &value->u64, set);
	if (ret != -ENOENT)
		return ret;
	return set ? sysreg_set(vcpu, enc, value->u64)
		   : sysreg_get(vcpu, enc, &value->u64);
}

int onereg_access(struct vcpu *vcpu, u64 id, void __user *user, bool set)
{
	size_t size = SIZE_BYTES(id);
	union value value = { 0 };
	int ret;

	if ((id & KVM_REG_ARCH_MASK) != KVM_REG_ARM64)
		return -ENOENT;
	if (size > sizeof(value))
		return -EINVAL;
	if (set && copy_from_user(&value, user, size))
		return -EFAULT;
	switch (id & KVM_REG_ARM_COPROC_MASK) {
	case KVM_REG_ARM_CORE:
		ret = core_access(vcpu, id, &value, set);
		break;
	case KVM_REG_ARM64_SYSREG:
		ret = system_access(vcpu, id, &value, set);
		break;
	case KVM_REG_ARM_FW:
	case KVM_REG_ARM_FW_FEAT_BMAP:
		ret = set ? psci_reg_set(vcpu, id, value.u64)
			  : psci_reg_get(vcpu, id, &value.u64);
		break;
	case KVM_REG_ARM_DEMUX:
		ret = demux_access(id, &value, set);
		break;
	default:
		ret = -ENOENT;
	}
	if (!ret && !set && copy_to_user(user, &value, size))
		ret = -EFAULT;
	return ret;
}

static u64 core_id(struct vcpu *vcpu, unsigned int word)
{
	size_t size;

	if (spsr32(word))
		return CORE_ID(KVM_REG_SIZE_U64, word);
	if (!core_place(vcpu, word, &size))
		return 0;
	switch (size) {
	case sizeof(u32):
		return CORE_ID(KVM_REG_SIZE_U32, word);
	case sizeof(u64):
		return CORE_ID(KVM_REG_SIZE_U64, word);
	default:
		return CORE_ID(KVM_REG_SIZE_U128, word);
	}
}

static const u64 other_ids[] = {
	KVM_REG_ARM_TIMER_CTL,
	KVM_REG_ARM_TIMER_CNT,
	KVM_REG_ARM_TIMER_CVAL,
	KVM_REG_ARM_PTIMER_CTL,
	KVM_REG_ARM_PTIMER_CVAL,
	KVM_REG_ARM_PTIMER_CNT,
	KVM_REG_ARM_PSCI_VERSION,
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1,
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
	KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
	KVM_REG_ARM_STD_BMAP,
	KVM_REG_ARM_STD_HYP_BMAP,
	KVM_REG_ARM_VENDOR_HYP_BMAP,
};

static int list_add_id(u64 __user *ids, long *n, u64 id)
{
	if (id && ids && put_user(id, ids + *n))
		return -EFAULT;
	*n += !!id;
	return 0;
}

long onereg_list(struct vcpu *vcpu, u64 __user *ids)
{
	unsigned int words = sizeof(struct kvm_regs) / sizeof(u32);
	long n = 0;
	int ret = 0;
	u32 enc;

	for (unsigned int i = 0; i < words && !ret; i++)
		ret = list_add_id(ids, &n, core_id(vcpu, i));
	for (unsigned int i = 0; !ret && (enc = sysreg_nth(vcpu, i)); i++)
		ret = list_add_id(ids, &n, SYS_ID | enc >> Op2_shift);
	for (unsigned int i = 0; i < ARRAY_SIZE(other_ids) && !ret; i++)
		ret = list_add_id(ids, &n, other_ids[i]);
	for (unsigned int i = 0; i <= KVM_REG_ARM_DEMUX_VAL_MASK && !ret; i++)
		if (idreg_has_cache(i))
			ret = list_add_id(ids, &n, CCSIDR_ID | i);
	return ret ? ret : n;
}
