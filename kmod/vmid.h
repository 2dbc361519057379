/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmid.h - VMIDs with roll-over: any number of VMs
 *
 * A VMID belongs to a generation. When a generation has given out all VMIDs
 * that the CPUs have, the next one begins. VMIDs in use on a CPU then stay as
 * they are. All TLBs are emptied, and all other VMIDs are free again.
 */
#ifndef TRAPLINE_KMOD_VMID_H
#define TRAPLINE_KMOD_VMID_H

#include <linux/atomic.h>
#include <linux/types.h>

struct vmid {
	atomic64_t id; /* generation and VMID; 0: the VM has none yet */
};

#define VMID_MASK 0xffffULL

/* At load and unload of the module. 0 or -ENOMEM. */
int vmid_host_init(void);
void vmid_host_deinit(void);

/* True: VMIDs have 16 bits. */
bool vmid_wide(void);

/*
 * Return the VMID for this VM's guest on this CPU. Preemption is off. The VMID
 * stays this VM's until this CPU asks for another VM's. 0: all VMIDs are in
 * use, and the TLBs could not be emptied for a new generation.
 */
u16 vmid_get(struct vmid *vmid);
/* The VM is gone. Its VMID is not used again before the next roll-over. */
void vmid_put(struct vmid *vmid);

/*
 * Return the VMID that this VM's TLB entries may be tagged with; 0: there are
 * none.
 */
static inline u16 vmid_peek(struct vmid *vmid)
{
	return atomic64_read(&vmid->id) & VMID_MASK;
}

#endif
