/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format.h - the notes of a dump
 *
 * All numbers are little-endian. Notes of the kind "CORE" are those of Linux:
 * struct elf_prstatus and struct user_fpsimd_state of arm64. The structures
 * here are read and written with memcpy(), because a note in a file has no
 * alignment.
 */
#ifndef TRAPLINE_VMCORE_FORMAT_H
#define TRAPLINE_VMCORE_FORMAT_H

#include <elf.h>
#include <trapline/guest.h>

#define NOTE_CORE           "CORE"
#define NOTE_VMCOREINFO     "VMCOREINFO"
#define NOTE_OWN            "TRAPLINE"
/*
 * The type of a note of trapline. crash looks only at the type, and would take
 * a note of type 1 for an NT_PRSTATUS.
 */
#define NOTE_OWN_TYPE(note) (0x746c0000U + (note))

struct note_prstatus {
	uint8_t signal[32];
	uint32_t pid;
	uint8_t times[76];
	struct guest_regs regs;
	uint32_t has_fpregs;
	uint32_t pad;
};

_Static_assert(sizeof(struct note_prstatus) == 392, "struct elf_prstatus");
_Static_assert(offsetof(struct note_prstatus, regs) == 112, "pr_reg");

struct note_fpregs {
	unsigned __int128 v[32];
	uint32_t fpsr;
	uint32_t fpcr;
	uint32_t pad[2];
};

_Static_assert(sizeof(struct note_fpregs) == 528, "struct user_fpsimd_state");

/* VMCORE_STOP: struct guest_stop, and which registers NT_PRSTATUS has. */
struct note_stop {
	uint32_t kind;
	uint32_t vcpu;
	uint64_t addr;
	uint32_t access;
	uint32_t device;
	int32_t code;
	uint32_t has_fault; /* NT_PRSTATUS of vcpu has struct guest.fault */
	char text[256];
};

#define NOTE_CPU_ONLINE BIT_ULL(0)

/* VMCORE_CPU. The values are in the order of enum guest_sysreg. */
struct note_cpu {
	uint32_t vcpu;
	uint32_t flags;
	struct guest_regs regs;
	uint64_t known; /* bit n: sysreg[n] is known */
	uint64_t sysreg[64];
};

_Static_assert(GUEST_NR_SYSREGS <= 64, "struct note_cpu");

#endif
