/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - a VM of one vCPU and 4 MiB of RAM, for tests of the KVM UAPI
 *
 * There is no VMM: code of a few instructions is copied to CODE and run. TAP
 * output. A failure outside the test itself ends the program with "Bail out!".
 * A program defines guest_end after the last of its guests, in the same
 * section.
 */
#ifndef TESTS_KMOD_MACHINE_H
#define TESTS_KMOD_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/kvm.h>

#define ALARM 600 /* seconds; only a test that hangs reaches it */

#define RAM      0x40000000ULL
#define RAM_SIZE 0x400000ULL
#define CODE     (RAM + 0x1000)
#define TABLES   (RAM + 0x100000)
#define DEVICE   0x09000000ULL
#define GICD     0x08000000ULL
#define GICR     0x080a0000ULL

#define CORE_U64(field)                                        \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
	 KVM_REG_ARM_CORE_REG(field))
#define X(n)   (CORE_U64(regs.regs[0]) + 2 * (uint64_t)(n))
#define PC     CORE_U64(regs.pc)
#define ELR    CORE_U64(elr_el1)
#define ESR    ARM64_SYS_REG(3, 0, 5, 2, 0)
#define PSTATE CORE_U64(regs.pstate)

struct machine {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	uint8_t *ram;
};

extern const char *device; /* "/dev/trapline" */
extern unsigned long vm_type; /* for KVM_CREATE_VM: 0 */
extern const char guest_end[];

/* device is argv[1], if given. SIGALRM ends an ioctl, not the program. */
void tap_begin(int argc, char **argv);
void ok(const char *what, int good);
/* Prints the plan. Returns the program's exit status. */
int tap_end(void);
void die(const char *what);

/*
 * Create a VM with this guest at CODE, X19 = DEVICE. SIGALRM comes after ALARM
 * seconds.
 */
void machine_create(struct machine *m, const char *code);
void machine_destroy(struct machine *m);
/*
 * Create a GICv3 at GICD and GICR. The caller owns, and may close, the
 * descriptor.
 */
int machine_vgic(struct machine *m);
void machine_gic(struct machine *m);
/* Copy the guests from code to guest_end to CODE. */
void code_copy(struct machine *m, const char *code);
/* Run to the next exit. ~0: an error, or the alarm. */
uint32_t go(struct machine *m);
/*
 * Run to an MMIO write of value, or to a read, which returns value. 1: the
 * access came.
 */
int wrote(struct machine *m, uint64_t ipa, unsigned int len, uint64_t value);
int reads(struct machine *m, uint64_t ipa, unsigned int len, uint64_t value);

/* The module's count of live objects: see kmod/counts.h. */
int count(const char *name);
/*
 * Request a fault: see kmod/knobs.h. Returns 0, or -1: the module has no such
 * file.
 */
int knob_set(const char *name, const char *value);
/* 1: all counts are 0; waits some seconds for that. */
int nothing_left(void);

uint64_t reg_get(struct machine *m, uint64_t id);
void reg_set(struct machine *m, uint64_t id, uint64_t value);
/* Returns 0 or -errno. */
int reg_try(struct machine *m, uint64_t id, uint64_t value);

#endif
