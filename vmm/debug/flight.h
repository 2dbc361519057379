/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flight.h - the flight recorder of /dev/trapline: a vCPU's last events
 *
 * Source: include/trapline/abi.h, "flight recorder". The ring is mapped while
 * the vCPU has its descriptor. A reset makes a new, empty ring. Control thread;
 * the vCPU is stopped or has not run yet.
 */
#ifndef TRAPLINE_VMM_FLIGHT_H
#define TRAPLINE_VMM_FLIGHT_H

#include <trapline/abi.h>

struct vcpu;

#define FLIGHT_DEFAULT 256U /* records per vCPU */
#define FLIGHT_MIN     16U
#define FLIGHT_MAX     65536U

/*
 * Set up a ring of vm->flight records for this vCPU; 0: none. -ENOTSUP: this
 * device has no recorder, or refuses the number; -ENOMEM, -E2BIG.
 */
int flight_apply(struct vcpu *vcpu);
/* Call this when the vCPU's descriptor is closed. */
void flight_unmap(struct vcpu *vcpu);
/* Copy the last records, at most max, oldest first. Returns their number. */
unsigned int flight_copy(const struct vcpu *vcpu, struct trapline_record *ret,
			 unsigned int max);

#endif
