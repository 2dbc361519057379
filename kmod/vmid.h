/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmid.h - VMIDs with roll-over: any number of VMs
 *
 * A VMID belongs to a generation. When a generation has given out all that
 * the CPUs have, the next one begins: VMIDs that are in a CPU now stay what
 * they are, all TLBs are emptied, the rest is up for grabs.
 */
#ifndef TRAPLINE_KMOD_VMID_H
#define TRAPLINE_KMOD_VMID_H

#include <linux/atomic.h>
#include <linux/types.h>

struct vmid {
	atomic64_t id; /* generation, VMID; 0: none yet */
};

#define VMID_MASK 0xffffULL

/* At load and unload of the module. 0 or -ENOMEM. */
int vmid_host_init(void);
void vmid_host_deinit(void);

/* 16-bit VMIDs. */
bool vmid_wide(void);

/*
 * The VMID to enter a guest with on this CPU; preemption is off. It stays
 * this VM's until this CPU asks for another VM. 0: all are taken, and the TLBs
 * could not be emptied for a new generation.
 */
u16 vmid_get(struct vmid *vmid);
/* Its VM is gone. The VMID is not used again before the next roll-over. */
void vmid_put(struct vmid *vmid);

/* What TLB entries of this VM may be tagged with; 0: there are none. */
static inline u16 vmid_peek(struct vmid *vmid)
{
	return atomic64_read(&vmid->id) & VMID_MASK;
}

#endif
