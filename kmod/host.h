/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - what this machine gives: is there an EL2, and who has it
 *
 * Asked once, at load, before anything is touched. A machine that cannot
 * work is refused with one line that names the boot parameter or setting to
 * change.
 */
#ifndef TRAPLINE_KMOD_HOST_H
#define TRAPLINE_KMOD_HOST_H

enum host_mode {
	HOST_NVHE, /* the kernel runs at EL1, EL2 has to be taken */
	HOST_VHE, /* the kernel runs at EL2 */
};

/*
 * 0 and *ret, or, one line logged: -ENODEV (no EL2 here), -EBUSY (KVM has
 * it), -EOPNOTSUPP (page size, pseudo-NMIs).
 */
int host_probe(enum host_mode *ret);

#endif
