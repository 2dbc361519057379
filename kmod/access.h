/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * access.h - perform a guest's access through the process's own mapping
 *
 * The process's page tables and page faults apply, so the access cannot race
 * with the MMU notifier. With page faults disabled, -EFAULT can also mean that
 * the page is not present now.
 */
#ifndef TRAPLINE_KMOD_ACCESS_H
#define TRAPLINE_KMOD_ACCESS_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>
#include "regs.h"

struct vcpu;

/*
 * Perform the load or store that esr (ISV = 1) describes, at hva. This is one
 * access of its size, with the guest's ordering. The value of a load goes to
 * its register. PC does not change. Returns 0 or -EFAULT.
 */
int access_do(struct vcpu *vcpu, u64 esr, u64 hva);
/* Clean and invalidate a cache line to the point of coherency. */
int access_clean(u64 hva);
/*
 * The two halves of an access, for addresses that have no memory.
 * access_stored() returns the value that a store stores; bits above the
 * access's size are not always zero. access_loaded() extends the value of a
 * load and writes it to the load's register. Values are in the form of
 * KVM_EXIT_MMIO and of devices: the number that the bytes form on a
 * little-endian machine. A guest may be big-endian (SCTLR_EL1.EE and E0E,
 * PSTATE.E).
 */
bool access_big_endian(const struct vcpu *vcpu);
u64 access_stored(const struct vcpu *vcpu, u64 esr);
void access_loaded(struct vcpu *vcpu, u64 esr, u64 value);

static inline unsigned int access_size(u64 esr)
{
	return 1U << FIELD_GET(ISS_SAS, esr);
}

static inline unsigned int access_register(u64 esr)
{
	return FIELD_GET(ISS_SRT, esr);
}

#endif
