/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exits.h - handle the exits of KVM_RUN, on the vCPU's own thread
 */
#ifndef TRAPLINE_VMM_EXITS_H
#define TRAPLINE_VMM_EXITS_H

#include <trapline/guest.h>

struct vcpu;

/* The result of one exit. */
enum exit_result {
	EXIT_AGAIN, /* handled: call KVM_RUN again */
	EXIT_STEPPED, /* the single step is done */
	EXIT_STOP, /* *ret is the stop to raise */
	EXIT_PARK, /* nothing to report, but check the run state */
};

/* KVM_RUN has returned an exit. */
enum exit_result vcpu_handle_exit(struct vcpu *vcpu, struct guest_stop *ret);
/* KVM_RUN itself failed with errno err. */
enum exit_result vcpu_handle_error(struct vcpu *vcpu, int err,
				   struct guest_stop *ret);
/* Make *ret a GUEST_STOP_FAILURE with one line of text. EXIT_STOP. */
enum exit_result vcpu_stop_failure(struct vcpu *vcpu, struct guest_stop *ret,
				   const char *what);
/*
 * Have KVM complete the MMIO access, which moves the PC and, for a read, sets a
 * register. Then restore the registers, so that the VM stops on the
 * instruction.
 */
void vcpu_mmio_undo(struct vcpu *vcpu);

#endif
