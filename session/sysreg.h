/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysreg.h - write a system register, unless the guest would be lost */
#ifndef TRAPLINE_SESSION_SYSREG_H
#define TRAPLINE_SESSION_SYSREG_H

#include "view.h"

/*
 * Returns 0, the guest's error, or -EPERM: with this value the vCPU could not
 * go on. guest.why says what is wrong with the value.
 */
int sysreg_write(struct view *v, unsigned int vcpu, enum guest_sysreg reg,
		 uint64_t value);

#endif
