// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * catchreg.c - see catchreg.h
 *
 * Source of the encodings: Arm ARM, the registers by title; "ISS encoding for
 * an exception from MSR, MRS, or System instruction execution".
 */
#include "catchreg.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <trapline/abi.h>
#include <trapline/arm64.h>
#include "vmm/regs.h"
#include "vmm/vm.h"

#define ISS_REG                                                    \
	(ESR_ELx_SYS64_ISS_OP0_MASK | ESR_ELx_SYS64_ISS_OP2_MASK | \
	 ESR_ELx_SYS64_ISS_OP1_MASK | ESR_ELx_SYS64_ISS_CRN_MASK | \
	 ESR_ELx_SYS64_ISS_CRM_MASK)

/* All of these registers have op0 3 and op1 0. */
/* clang-format off */
#define EL1(name, crn, crm, op2)                                    \
	{                                                           \
		#name "_EL1", TRAPLINE_CATCH_##name, crn, crm, op2, \
	}
/* clang-format on */

static const struct {
	const char *name;
	uint64_t catch;
	uint8_t crn, crm, op2;
} regs[] = {
	EL1(SCTLR, 1, 0, 0),  EL1(TTBR0, 2, 0, 0),       EL1(TTBR1, 2, 0, 1),
	EL1(TCR, 2, 0, 2),    EL1(ESR, 5, 2, 0),         EL1(FAR, 6, 0, 0),
	EL1(AFSR0, 5, 1, 0),  EL1(AFSR1, 5, 1, 1),       EL1(MAIR, 10, 2, 0),
	EL1(AMAIR, 10, 3, 0), EL1(CONTEXTIDR, 13, 0, 1), EL1(VBAR, 12, 0, 0),
};

const char *catchreg_name(uint64_t esr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		if ((esr & ISS_REG) ==
		    (FIELD_PREP(ESR_ELx_SYS64_ISS_OP0_MASK, 3) |
		     FIELD_PREP(ESR_ELx_SYS64_ISS_CRN_MASK, regs[i].crn) |
		     FIELD_PREP(ESR_ELx_SYS64_ISS_CRM_MASK, regs[i].crm) |
		     FIELD_PREP(ESR_ELx_SYS64_ISS_OP2_MASK, regs[i].op2)))
			return regs[i].name;
	return NULL;
}

/* name may lack "_EL1" and be in any case. */
static uint64_t catch_of(const char *name, size_t n)
{
	const size_t suffix = strlen("_EL1");

	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++) {
		size_t len = strlen(regs[i].name);

		if ((n == len || n == len - suffix) &&
		    !strncasecmp(name, regs[i].name, n))
			return regs[i].catch;
	}
	return 0;
}

int catchreg_parse(const char *names, uint64_t *ret)
{
	uint64_t catch = 0, one;
	size_t n;

	if (!strcmp(names, "none")) {
		*ret = 0;
		return 0;
	}
	for (;; names += n + 1) {
		n = strcspn(names, ",");
		one = catch_of(names, n);
		if (!one)
			return -EINVAL;
		catch |= one;
		if (!names[n])
			break;
	}
	*ret = catch;
	return 0;
}

void catchreg_print(uint64_t catch, FILE *out)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		if (regs[i].catch & catch)
			fprintf(out, " %s", regs[i].name);
}

int catchreg_set(struct vm *vm, uint64_t catch)
{
	int err = vm->kvm->catch_set(vm->fd, &catch);

	if (err)
		return err == -ENOTTY || err == -EINVAL ? -ENOTSUP : err;
	vm->catch_regs = catch;
	return 0;
}

int catchreg_restore(struct vm *vm)
{
	return vm->catch_regs ? catchreg_set(vm, vm->catch_regs) : 0;
}

enum exit_result catchreg_exit(struct vcpu *vcpu, struct guest_stop *ret)
{
	const struct trapline_run *shared = trapline_run(vcpu->run);
	const char *name = catchreg_name(shared->esr);
	va_t pc = 0;

	vcpu_pc_get(vcpu, &pc);
	ret->kind = GUEST_STOP_BREAK;
	ret->vcpu = vcpu->index;
	ret->addr = pc;
	snprintf(ret->text, sizeof(ret->text),
		 "CPU %u, PC 0x%" PRIx64 ": %s is about to change from 0x%llx "
		 "to 0x%llx",
		 vcpu->index, pc, name ? name : "a system register",
		 (unsigned long long)shared->catch_old,
		 (unsigned long long)shared->catch_value);
	return EXIT_STOP;
}
