/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfi.h - call frame information for code that brought none
 *
 * A kernel's symbols do not say how to unwind it, and gdb's own guess fails
 * on the pads that ftrace keeps at function entries. arm64 kernels have frame
 * records everywhere, so the first instructions of each function tell all:
 * where x29 and x30 are saved, and when x29 becomes the frame pointer. The
 * result is one .debug_frame entry a function (DWARF 4, "Call Frame
 * Information"; registers by DWARF for the Arm 64-bit Architecture).
 *
 * Not described: epilogues. Between the reload of x29 and the RET a frame is
 * seen one level too far up.
 */
#ifndef TRAPLINE_INTROSPECT_CFI_H
#define TRAPLINE_INTROSPECT_CFI_H

#include <trapline/types.h>

/* Words of a function cfi_fde() looks at, at the most. */
#define CFI_MAX_INSNS 48
/* Bytes of the common entry, and of one function's at the most. */
#define CFI_CIE_SIZE  24
#define CFI_FDE_MAX   48

/* The entry all others refer to; it must stand at the section's begin. */
size_t cfi_cie(uint8_t ret[CFI_CIE_SIZE]);
/*
 * One function: its name (a few entry points of the kernel are known by it),
 * address, size, and first nr instructions. Returns the bytes put into ret,
 * a multiple of 8.
 */
size_t cfi_fde(const char *name, va_t va, uint64_t size, const uint32_t *insns,
	       unsigned int nr, uint8_t ret[CFI_FDE_MAX]);

#endif
