/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flight.h - the flight recorder of /dev/trapline: what a vCPU did last
 *
 * Source: include/trapline/abi.h, "flight recorder". The ring is mapped as
 * long as the vCPU has its descriptor; a reset makes a new, empty one. vCPU
 * stopped, or not yet running; control thread.
 */
#ifndef TRAPLINE_VMM_FLIGHT_H
#define TRAPLINE_VMM_FLIGHT_H

#include <trapline/abi.h>
#include "vmm/vm.h"

#define FLIGHT_DEFAULT 256U /* records of a vCPU */
#define FLIGHT_MIN     16U
#define FLIGHT_MAX     65536U

/*
 * vm->flight records for this vCPU, 0: none. -ENOTSUP: this device has no
 * recorder; -EINVAL: no power of two; -ENOMEM, -E2BIG.
 */
int flight_apply(struct vcpu *vcpu);
/* With the descriptor. */
void flight_unmap(struct vcpu *vcpu);
/* The last ones, oldest first, at most max; how many. */
unsigned int flight_copy(const struct vcpu *vcpu, struct trapline_record *ret,
			 unsigned int max);

#endif
