// SPDX-License-Identifier: GPL-2.0-or-later
/* native.c - can this machine run an arm64 guest without emulation? */
#include "native.h"

#ifdef __aarch64__

#include <string.h>
#include <unistd.h>
#include <trapline/report.h>

bool native_can_run(const char *accel)
{
	if (strcmp(accel, "auto") || !access("/dev/kvm", F_OK) ||
	    !access("/dev/trapline", F_OK))
		return true;
	report(REPORT_NOTE, "neither /dev/kvm nor /dev/trapline is here: the "
			    "guest runs in an emulated lab, which is slow");
	return false;
}

int native_run(const struct vm_config *config)
{
	return vmm_run(config);
}

#else

bool native_can_run(const char *accel)
{
	return false;
}

int native_run(const struct vm_config *config)
{
	return 1;
}

#endif
