/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catchreg.h - stops at writes to system registers, on /dev/trapline
 *
 * Source: include/trapline/abi.h, "system registers". The set is the VM's; a
 * reset keeps it. Control thread, VM stopped, but for catchreg_name() and
 * catchreg_exit().
 */
#ifndef TRAPLINE_VMM_CATCHREG_H
#define TRAPLINE_VMM_CATCHREG_H

#include <stdio.h>
#include "vmm/vm.h"

/*
 * TRAPLINE_CATCH_* into vm->catch_regs and into the kernel. -ENOTSUP: this
 * device, or this CPU, cannot catch one of them; nothing has changed.
 */
int catchreg_set(struct vm *vm, uint64_t catch);
/* After a reset, for the new VM. */
int catchreg_restore(struct vm *vm);
/* "ttbr0,ttbr1", "VBAR_EL1", "none". -EINVAL: one of them is none. */
int catchreg_parse(const char *names, uint64_t *ret);
/* "SCTLR_EL1 TTBR0_EL1 ..." */
void catchreg_print(uint64_t catch, FILE *out);
/* The register of an ESR_EL2 of EC 0x18; NULL: not one that can be caught. */
const char *catchreg_name(uint64_t esr);
/* TRAPLINE_EXIT_CATCH, on the vCPU's own thread. */
enum exit_result catchreg_exit(struct vcpu *vcpu, struct guest_stop *ret);

#endif
