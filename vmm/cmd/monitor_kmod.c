// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * monitor_kmod.c - flight, catch-sysreg: see monitor_kmod.h
 *
 * A line of a flight record has the guest's time in seconds, the PC, and the
 * reason of the exit.
 *
 * Source: include/trapline/abi.h; Arm ARM, "ESR_EL2, Exception Syndrome
 * Register (EL2)".
 */
#include "monitor_kmod.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/arm64.h>
#include <trapline/util.h>
#include "vmm/debug/catchreg.h"
#include "vmm/debug/flight.h"
#include "monitor.h"
#include "vmm/vm.h"

#define SHOW_DEFAULT 20U
#define SHOW_REPORT  8U

static const char *const ec_names[64] = {
	[0x00] = "undefined instruction",
	[0x07] = "first use of FP",
	[0x09] = "pointer authentication",
	[0x16] = "HVC",
	[0x17] = "SMC",
	[0x19] = "SVE",
	[0x20] = "fetch",
	[0x24] = "access",
	[0x30] = "breakpoint",
	[0x32] = "step",
	[0x34] = "watchpoint",
	[0x3c] = "BRK",
};

static const char *const exit_names[] = {
	[KVM_EXIT_DEBUG] = "debug exception",
	[KVM_EXIT_MMIO] = "MMIO",
	[KVM_EXIT_INTR] = "a signal",
	[KVM_EXIT_INTERNAL_ERROR] = "an exit without a handler",
	[KVM_EXIT_SYSTEM_EVENT] = "PSCI system call",
	[KVM_EXIT_ARM_NISV] = "access without a syndrome",
	[KVM_EXIT_MEMORY_FAULT] = "access to a watched page",
};

static void print_sysreg(const struct trapline_record *r, FILE *out)
{
	const char *name = catchreg_name(r->esr);

	fprintf(out, r->esr & ESR_ELx_SYS64_ISS_DIR_READ ? "MRS " : "MSR ");
	if (name)
		fprintf(out, "%s", name);
	else
		fprintf(out, "S%llu_%llu_C%llu_C%llu_%llu",
			FIELD_GET(ESR_ELx_SYS64_ISS_OP0_MASK, r->esr),
			FIELD_GET(ESR_ELx_SYS64_ISS_OP1_MASK, r->esr),
			FIELD_GET(ESR_ELx_SYS64_ISS_CRN_MASK, r->esr),
			FIELD_GET(ESR_ELx_SYS64_ISS_CRM_MASK, r->esr),
			FIELD_GET(ESR_ELx_SYS64_ISS_OP2_MASK, r->esr));
	if (!(r->esr & ESR_ELx_SYS64_ISS_DIR_READ))
		fprintf(out, " = 0x%llx", (unsigned long long)r->arg);
}

static void print_exit(const struct trapline_record *r, FILE *out)
{
	unsigned int ec = FIELD_GET(ESR_ELx_EC_MASK, r->esr);

	switch (ec) {
	case ESR_ELx_EC_WFx:
		fprintf(out, r->esr & ESR_ELx_WFx_ISS_WFE ? "WFE" : "WFI");
		break;
	case ESR_ELx_EC_SYS64:
		print_sysreg(r, out);
		break;
	case ESR_ELx_EC_IABT_LOW:
		fprintf(out, "fetch from IPA 0x%llx",
			(unsigned long long)r->arg);
		break;
	case ESR_ELx_EC_DABT_LOW:
		fprintf(out, "%s IPA 0x%llx",
			r->esr & ESR_ELx_WNR ? "store to" : "load from",
			(unsigned long long)r->arg);
		break;
	case ESR_ELx_EC_HVC64:
		fprintf(out, "HVC, x0 0x%llx", (unsigned long long)r->arg);
		break;
	default:
		if (ec_names[ec])
			fprintf(out, "%s", ec_names[ec]);
		else
			fprintf(out, "exit, ESR_EL2 0x%x", r->esr);
	}
}

static void print_record(struct session *s, const struct trapline_record *r,
			 FILE *out)
{
	const char *name = NULL;

	fprintf(out, "%12.6f ", monitor_seconds(r->time));
	session_symbol(s, r->pc, out);
	fprintf(out, ": ");
	switch (r->kind) {
	case TRAPLINE_RECORD_EXIT:
		print_exit(r, out);
		break;
	case TRAPLINE_RECORD_INTERRUPT:
		fprintf(out, "interrupt %llu becomes pending",
			(unsigned long long)r->arg);
		break;
	case TRAPLINE_RECORD_HOST:
		fprintf(out, "interrupt of the host");
		break;
	case TRAPLINE_RECORD_USER:
		if (r->arg < ARRAY_SIZE(exit_names))
			name = exit_names[r->arg];
		if (r->arg == TRAPLINE_EXIT_CATCH)
			name = "caught register";
		fprintf(out, "to trapline: %s", name ? name : "?");
		break;
	default:
		fprintf(out, "kind %u", r->kind);
	}
	fputc('\n', out);
}

/* -ENOENT: this CPU is not recorded. */
static int flight_print(struct session *s, unsigned int cpu, unsigned int max,
			FILE *out)
{
	const struct vcpu *vcpu = &monitor_vm(s)->vcpu[cpu];
	struct trapline_record *records;
	unsigned int nr;

	if (!vcpu->ring)
		return -ENOENT;
	if (max > vcpu->ring->nr)
		max = vcpu->ring->nr;
	records = calloc(max ? max : 1, sizeof(*records));
	if (!records)
		return -ENOMEM;
	nr = flight_copy(vcpu, records, max);
	fprintf(out, "CPU %u, %u of %llu records:\n", cpu, nr,
		(unsigned long long)vcpu->ring->head);
	for (unsigned int i = 0; i < nr; i++)
		print_record(s, &records[i], out);
	free(records);
	return 0;
}

void monitor_flight_report(struct session *s, FILE *out)
{
	for (unsigned int i = 0; i < monitor_vm(s)->nr_vcpus; i++)
		(void)flight_print(s, i, SHOW_REPORT, out);
}

static int flight_switch(struct session *s, uint32_t nr, FILE *out)
{
	struct vm *vm = monitor_vm(s);
	int err = 0;

	vm->flight = nr;
	for (unsigned int i = 0; !err && i < vm->nr_vcpus; i++)
		err = flight_apply(&vm->vcpu[i]);
	if (!err)
		return 0;
	vm->flight = 0;
	fprintf(out, "%s\n",
		err == -ENOTSUP ? "there is no flight recorder here: "
				  "run with --accel trapline"
				: strerror(-err));
	return err;
}

/* "on [N]": N is a power of two. */
static int flight_on(struct session *s, const char *args, FILE *out)
{
	uint64_t nr = FLIGHT_DEFAULT;

	if (*args &&
	    (!number_in(args, FLIGHT_MIN, FLIGHT_MAX, &nr) || nr & (nr - 1))) {
		fprintf(out, "%s: N must be a power of two from %u to %u\n",
			args, FLIGHT_MIN, FLIGHT_MAX);
		return -EINVAL;
	}
	return flight_switch(s, (uint32_t)nr, out);
}

int monitor_flight(struct session *s, const char *args, FILE *out)
{
	const struct guest_stop *stop = guest_last_stop(session_guest(s));
	uint64_t cpu = stop ? stop->vcpu : 0, max = SHOW_DEFAULT;
	bool good = true;
	int err;

	if (!strcmp(args, "off"))
		return flight_switch(s, 0, out);
	if (!strncmp(args, "on", 2) && (!args[2] || args[2] == ' '))
		return flight_on(s, args + 2 + strspn(args + 2, " "), out);
	if (*args)
		good = number_parse(args, &args, &cpu);
	if (good && *args == ' ')
		good = number_parse(args + strspn(args, " "), &args, &max);
	if (!good || *args || cpu >= monitor_vm(s)->nr_vcpus) {
		fprintf(out,
			"usage: monitor flight [CPU [N]]|on [N]|off; CPUs "
			"are 0 to %u\n",
			monitor_vm(s)->nr_vcpus - 1);
		return -EINVAL;
	}
	err = flight_print(s, (unsigned int)cpu, (unsigned int)max, out);
	if (err != -ENOENT)
		return err;
	fprintf(out, "nothing is recorded: monitor flight on, or trapline run "
		     "--flight\n");
	return 0;
}

int monitor_catch_sysreg(struct session *s, const char *args, FILE *out)
{
	struct vm *vm = monitor_vm(s);
	uint64_t catch = vm->catch_regs;
	int err = *args ? catchreg_parse(args, &catch) : 0;

	if (err) {
		fprintf(out, "usage: monitor catch-sysreg NAME[,NAME]...|none, "
			     "of");
		catchreg_print(~0ULL, out);
		fputc('\n', out);
		return err;
	}
	err = *args ? catchreg_set(vm, catch) : 0;
	if (err == -ENOTSUP)
		fprintf(out, "this device or this CPU cannot do that (VBAR_EL1 "
			     "needs FEAT_FGT): run with --accel trapline\n");
	if (err)
		return err;
	fprintf(out, "catch-sysreg");
	catchreg_print(vm->catch_regs, out);
	fprintf(out, vm->catch_regs ? "\n" : " none\n");
	return 0;
}
