/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catchreg.h - stops at writes to system registers, on /dev/trapline
 *
 * Source: include/trapline/abi.h, "system registers". The VM has one set of
 * caught registers; a reset keeps the set. Control thread, VM stopped, except
 * for catchreg_name() and catchreg_exit().
 */
#ifndef TRAPLINE_VMM_CATCHREG_H
#define TRAPLINE_VMM_CATCHREG_H

#include <stdio.h>
#include "vmm/exits.h"

struct vm;

/*
 * Set vm->catch_regs, and the kernel's set, to TRAPLINE_CATCH_* flags.
 * -ENOTSUP: this device, or this CPU, cannot catch one of the registers;
 * nothing has changed.
 */
int catchreg_set(struct vm *vm, uint64_t catch);
/* After a reset: set the new VM's registers from vm->catch_regs. */
int catchreg_restore(struct vm *vm);
/*
 * Parse "ttbr0,ttbr1", "VBAR_EL1", "none". -EINVAL: one name is no register
 * that can be caught.
 */
int catchreg_parse(const char *names, uint64_t *ret);
/* Print "SCTLR_EL1 TTBR0_EL1 ...". */
void catchreg_print(uint64_t catch, FILE *out);
/*
 * The name of the register in an ESR_EL2 with EC 0x18. NULL: that register
 * cannot be caught.
 */
const char *catchreg_name(uint64_t esr);
/* Handle TRAPLINE_EXIT_CATCH, on the vCPU's own thread. */
enum exit_result catchreg_exit(struct vcpu *vcpu, struct guest_stop *ret);

#endif
