/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core.h - an open dump */
#ifndef TRAPLINE_VMCORE_CORE_H
#define TRAPLINE_VMCORE_CORE_H

#include <trapline/vmcore.h>

struct core_cpu {
	bool online;
	struct guest_regs regs; /* NT_PRSTATUS, then real if there are these */
	bool has_fpregs;
	struct guest_fpregs fpregs;
	uint64_t known; /* bit n: sysreg[n] is known */
	uint64_t sysreg[GUEST_NR_SYSREGS];
	/* VMCORE_CPU */
	bool has_real, real_online;
	struct guest_regs real;
};

struct vmcore {
	struct guest guest; /* the first member: core_of() */
	const uint8_t *file;
	uint64_t size;
	struct guest_ram *ram;
	struct core_cpu cpu[GUEST_MAX_VCPUS];
	struct core_cpu *last_cpu; /* of the last NT_PRSTATUS; NULL: none */
	bool has_sysregs;
	struct vmcore_text info;
	struct vmcore_text text[VMCORE_NR_NOTES];
	const char *warning;
};

extern const struct guest_ops core_ops; /* guest.c */

#endif
