/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - does this machine have an EL2 for us, and who owns it?
 *
 * The check is made once, at load, before anything is changed. If trapline
 * cannot work on this machine, load fails with one line that names the boot
 * parameter or setting to change.
 */
#ifndef TRAPLINE_KMOD_HOST_H
#define TRAPLINE_KMOD_HOST_H

enum host_mode {
	HOST_NVHE, /* the kernel runs at EL1, EL2 has to be taken */
	HOST_VHE, /* the kernel runs at EL2 */
};

/*
 * Returns 0 and sets *ret. Otherwise logs one line and returns -ENODEV (there
 * is no EL2), -EBUSY (KVM owns EL2) or -EOPNOTSUPP (page size, pseudo-NMIs).
 */
int host_probe(enum host_mode *ret);

#endif
