/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * access.h - a guest's access done through the process's own mapping
 *
 * The process's page tables and page faults apply, so that the MMU notifier
 * has nothing to race with. With page faults disabled -EFAULT also means that
 * the page is not there just now.
 */
#ifndef TRAPLINE_KMOD_ACCESS_H
#define TRAPLINE_KMOD_ACCESS_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

struct vcpu;

/*
 * The load or store that esr (ISV = 1) describes, at hva: one access of its
 * size, ordered as the guest's, a load's value in its register. The PC stays.
 * 0 or -EFAULT.
 */
int access_do(struct vcpu *vcpu, u64 esr, u64 hva);
/* A cache line, cleaned and invalidated to the point of coherency. */
int access_clean(u64 hva);
/*
 * The two halves of it, for what is no memory. The value is what the bytes make
 * on a little-endian machine, as KVM_EXIT_MMIO and devices have it; the guest
 * may be big-endian (SCTLR_EL1.EE and E0E, PSTATE.E). What a store, whose
 * register need not have zeros above its size, stores; and a load's value into
 * its register, extended.
 */
bool access_big_endian(const struct vcpu *vcpu);
u64 access_stored(const struct vcpu *vcpu, u64 esr);
void access_loaded(struct vcpu *vcpu, u64 esr, u64 value);

/* Source: Arm ARM, "ISS encoding for an exception from a Data Abort". */
#define ISS_SRT GENMASK_ULL(20, 16)
#define ISS_SAS GENMASK_ULL(23, 22)

static inline unsigned int access_size(u64 esr)
{
	return 1U << FIELD_GET(ISS_SAS, esr);
}

static inline unsigned int access_register(u64 esr)
{
	return FIELD_GET(ISS_SRT, esr);
}

#endif
