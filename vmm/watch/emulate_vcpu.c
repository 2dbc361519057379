// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * emulate_vcpu.c - a vCPU of KVM, for emulate.h
 *
 * Source: Arm ARM (DDI 0487), "DCZID_EL0", "CTR_EL0", "VMSAv8-64 translation
 * table format descriptors".
 */
#include "emulate_vcpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include "vmm/debug/breakpoints.h"
#include "vmm/hostcpu.h"
#include "vmm/regs.h"
#include "vmm/vm.h"

static struct emulate_vcpu *ev_of(struct emulate_cpu *cpu)
{
	return (struct emulate_vcpu *)(void *)cpu;
}

static struct guest ram_of(const struct emulate_cpu *cpu)
{
	return (struct guest){ .ram = cpu->ram, .nr_ram = cpu->nr_ram };
}

static int walk(struct emulate_vcpu *ev, const struct stage1_regs *regs,
		va_t va, struct stage1_mapping *ret)
{
	const struct guest g = ram_of(&ev->cpu);

	return stage1_walk(&g, regs, va, ret);
}

static int word_read(struct emulate_vcpu *ev, const struct stage1_regs *regs,
		     va_t pc, uint32_t *ret)
{
	const struct guest g = ram_of(&ev->cpu);
	struct stage1_mapping map;
	const uint8_t *host;
	int err = walk(ev, regs, pc, &map);

	if (err)
		return err;
	host = guest_ram_at(&g, map.ipa, sizeof(*ret));
	if (!host)
		return -EFAULT;
	ev->cpu.env.big_endian = regs->sctlr &
				 (pc & VA_UPPER_HALF
					  ? SCTLR_ELx_EE
					  : SCTLR_ELx_EE | SCTLR_EL1_E0E);
	memcpy(ret, host, sizeof(*ret));
	if (*ret == INSN_BRK_IMM(TRAPLINE_BRK_IMM))
		breakpoints_hide(ev->vcpu->vm->breakpoints, map.ipa, ret,
				 sizeof(*ret));
	return 0;
}

static int op_fetch(struct emulate_cpu *cpu, va_t *pc, uint32_t *insn)
{
	struct emulate_vcpu *ev = ev_of(cpu);
	struct stage1_regs regs;
	uint64_t pstate;
	bool upper;
	int err = vcpu_pc_get(ev->vcpu, pc);

	if (err)
		return err;
	upper = *pc & VA_UPPER_HALF;
	if (upper && ev->kernel_known && !word_read(ev, &ev->kernel, *pc, insn))
		return 0;
	/* A PC of more than 32 bits cannot be in AArch32. */
	if (*pc <= UINT32_MAX) {
		err = vcpu_pstate_get(ev->vcpu, &pstate);
		if (err || pstate & PSTATE_nRW)
			return err ? err : -ENOTSUP;
	}
	err = vcpu_stage1_regs(ev->vcpu, *pc, &regs);
	if (!err)
		err = word_read(ev, &regs, *pc, insn);
	if (!err && upper) {
		ev->kernel = regs;
		ev->kernel_known = true;
	}
	return err;
}

static int op_pc_set(struct emulate_cpu *cpu, va_t pc)
{
	return vcpu_pc_set(ev_of(cpu)->vcpu, pc);
}

static int op_x_get(struct emulate_cpu *cpu, unsigned int n, uint64_t *ret)
{
	if (n == EMULATE_SP)
		return vcpu_sp_get(ev_of(cpu)->vcpu, ret);
	return vcpu_x_get(ev_of(cpu)->vcpu, n, ret);
}

static int op_x_set(struct emulate_cpu *cpu, unsigned int n, uint64_t value)
{
	if (n == EMULATE_SP)
		return vcpu_sp_set(ev_of(cpu)->vcpu, value);
	return vcpu_x_set(ev_of(cpu)->vcpu, n, value);
}

static int op_v_get(struct emulate_cpu *cpu, unsigned int n,
		    unsigned __int128 *ret)
{
	return vcpu_v_get(ev_of(cpu)->vcpu, n, ret);
}

static int op_v_set(struct emulate_cpu *cpu, unsigned int n,
		    const unsigned __int128 *value)
{
	return vcpu_v_set(ev_of(cpu)->vcpu, n, value);
}

static int op_pstate_get(struct emulate_cpu *cpu, uint64_t *ret)
{
	return vcpu_pstate_get(ev_of(cpu)->vcpu, ret);
}

static int op_pstate_set(struct emulate_cpu *cpu, uint64_t value)
{
	return vcpu_pstate_set(ev_of(cpu)->vcpu, value);
}

/*
 * An access that the hardware would refuse, or for which it would update a
 * table, is not done here: the caller lets the hardware do it.
 */
static int op_translate(struct emulate_cpu *cpu, va_t va, unsigned int access,
			ipa_t *ret)
{
	struct emulate_vcpu *ev = ev_of(cpu);
	struct stage1_mapping map;
	struct stage1_regs regs;
	uint64_t pstate;
	bool el0;
	int err;

	err = vcpu_pstate_get(ev->vcpu, &pstate);
	if (!err)
		err = vcpu_stage1_regs(ev->vcpu, va, &regs);
	if (!err)
		err = walk(ev, &regs, va, &map);
	if (err)
		return err;
	el0 = access & ACCESS_UNPRIV || !FIELD_GET(PSTATE_EL, pstate);
	if (map.desc && (!(map.desc & DESC_AF) || (el0 && !map.el0)))
		return -EACCES;
	if (map.desc && !el0 && map.el0 && pstate & PSTATE_PAN)
		return -EACCES;
	if (map.desc && access & ACCESS_WRITE &&
	    (!map.writable || map.desc & DESC_AP_RO))
		return -EACCES;
	*ret = map.ipa;
	return 0;
}

/*
 * The bits above the address, without bit 55. With TBI, without the top byte.
 */
static uint64_t half_pac_mask(uint64_t tcr, uint64_t tsz, uint64_t tbi)
{
	unsigned int bits = 64 - (unsigned int)tsz;
	uint64_t mask = bits < 55 ? GENMASK_ULL(54, bits) : 0;

	return tcr & tbi ? mask : mask | GENMASK_ULL(63, 56);
}

static void op_pac_mask(struct emulate_cpu *cpu, uint64_t mask[2])
{
	uint64_t tcr = 0;

	if (vcpu_sysreg_get(ev_of(cpu)->vcpu, GUEST_TCR_EL1, &tcr))
		return;
	mask[0] = half_pac_mask(tcr, FIELD_GET(TCR_T0SZ_MASK, tcr), TCR_TBI0);
	mask[1] = half_pac_mask(tcr, FIELD_GET(TCR_T1SZ_MASK, tcr), TCR_TBI1);
}

static void op_seen(struct emulate_cpu *cpu, ipa_t ipa, void *buf, uint32_t len)
{
	breakpoints_hide(ev_of(cpu)->vcpu->vm->breakpoints, ipa, buf, len);
}

static void op_kept(struct emulate_cpu *cpu, ipa_t ipa, void *buf, uint32_t len)
{
	struct vcpu *vcpu = ev_of(cpu)->vcpu;

	breakpoints_keep(vcpu->vm->breakpoints, vcpu, ipa, buf, len);
}

static const struct emulate_ops vcpu_ops = {
	.fetch = op_fetch,
	.pc_set = op_pc_set,
	.x_get = op_x_get,
	.x_set = op_x_set,
	.v_get = op_v_get,
	.v_set = op_v_set,
	.pstate_get = op_pstate_get,
	.pstate_set = op_pstate_set,
	.translate = op_translate,
	.seen = op_seen,
	.kept = op_kept,
	.pac_mask = op_pac_mask,
};

/* The guest sees the host's registers: KVM hides neither. */
static void env_init(struct decoder_env *env)
{
	uint64_t dczid = host_dczid();

	if (!(dczid & DCZID_DZP))
		env->zva_size = 4U << FIELD_GET(DCZID_BS, dczid);
	env->line_size = 4U << FIELD_GET(CTR_DMINLINE, host_ctr());
}

int emulate_vcpu_init(struct emulate_vcpu *ev, struct vcpu *vcpu)
{
	*ev = (struct emulate_vcpu){
		.cpu = { .ops = &vcpu_ops,
			 .ram = vcpu->vm->ram,
			 .nr_ram = ARRAY_SIZE(vcpu->vm->ram) },
		.vcpu = vcpu,
	};
	ev->cpu.cache = calloc(1, sizeof(*ev->cpu.cache));
	if (!ev->cpu.cache || decoder_second_create(&ev->cpu.second))
		return -ENOMEM;
	env_init(&ev->cpu.env);
	return 0;
}

void emulate_vcpu_deinit(struct emulate_vcpu *ev)
{
	decoder_second_destroy(ev->cpu.second);
	ev->cpu.second = NULL;
	free(ev->cpu.cache);
	ev->cpu.cache = NULL;
}

void emulate_vcpu_forget(struct emulate_vcpu *ev)
{
	ev->kernel_known = false;
}

int emulate_vcpu_begin(struct emulate_vcpu *ev,
		       const struct emulate_fault *fault, struct emulation *ret,
		       const char **reason)
{
	bool known = ev->kernel_known;
	int err = emulate_begin(&ev->cpu, fault, ret, reason);

	if (!err || !known)
		return err;
	emulate_vcpu_forget(ev);
	return emulate_begin(&ev->cpu, fault, ret, reason);
}
