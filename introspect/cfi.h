/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfi.h - make call frame information for code that has none
 *
 * kallsyms does not describe how to unwind the kernel's functions, and gdb's
 * own prologue analysis fails on the padding that ftrace keeps at function
 * entries. arm64 kernels use frame records everywhere. So the first
 * instructions of each function show where x29 and x30 are saved, and when x29
 * becomes the frame pointer. The result is one .debug_frame entry per function
 * (DWARF 4, "Call Frame Information"; registers by DWARF for the Arm 64-bit
 * Architecture).
 *
 * Epilogues are not described. Between the reload of x29 and the RET, a
 * backtrace begins one frame too far up.
 */
#ifndef TRAPLINE_INTROSPECT_CFI_H
#define TRAPLINE_INTROSPECT_CFI_H

#include <trapline/types.h>

/* The most instructions of a function that cfi_fde() reads. */
#define CFI_MAX_INSNS 48
/* Size in bytes of a CIE, and the largest size of an FDE. */
#define CFI_CIE_SIZE  24
#define CFI_FDE_MAX   104

/*
 * Write a CIE. All FDEs refer to one of two, which stand at the beginning of the
 * section in this order: the CIE of functions, and that of the entries of
 * exceptions (is_signal). The caller of such an entry is code that was
 * interrupted, perhaps at its first instruction: a debugger must not look for
 * the function at PC - 1. All its registers are known, LR as well as PC. Returns
 * the size.
 */
size_t cfi_cie(bool is_signal, uint8_t ret[CFI_CIE_SIZE]);
/*
 * Write the FDE of one function. name matters only for a few entry points of
 * the kernel; insns holds the first nr instructions. Returns the number of
 * bytes written to ret, a multiple of 8.
 */
size_t cfi_fde(const char *name, va_t va, uint64_t size, const uint32_t *insns,
	       unsigned int nr, uint8_t ret[CFI_FDE_MAX]);

#endif
