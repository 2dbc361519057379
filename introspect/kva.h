/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kva.h - kernel virtual addresses: where the kernel runs, and its memory
 *
 * The VA at which the kernel runs and the tables that map the kernel are found
 * together. Both are accepted only if a walk of that VA by those tables leads
 * to the Image in RAM.
 */
#ifndef TRAPLINE_INTROSPECT_KVA_H
#define TRAPLINE_INTROSPECT_KVA_H

#include <trapline/introspect.h>

struct kva {
	va_t text; /* run-time _text; 0: not known */
	uint64_t first_base; /* relative_base when it was first read */
	uint64_t probe; /* offset of text that is always mapped */
	struct stage1_regs regs; /* for kernel addresses, if regs_known */
	bool regs_known;
	uint64_t limit; /* introspect_limit_reads(); 0: none */
	uint64_t reads_left;
	bool denied; /* a read has failed because of the limit */
};

/* Call this once the kernel has been found. */
void kva_init(struct introspect *in);
/*
 * Read the vCPUs' registers again (if the guest is stopped), and find with them
 * where the kernel runs. Returns 0, or -ENOENT while that is not known.
 */
int kva_refresh(struct introspect *in);
/*
 * Read kernel memory by VA, through the tables of the last kva_refresh().
 * Returns 0 if all bytes were read, else -EFAULT or -ENOENT (no tables known).
 */
int kva_read(struct introspect *in, va_t va, void *buf, size_t len);
/*
 * The same for memory that kva_read() has read, with the original bytes in
 * place of planted breakpoints. -EFAULT.
 */
int kva_read_original(struct introspect *in, va_t va, void *buf, size_t len);
/* Read a 64-bit word. */
int kva_read_u64(struct introspect *in, va_t va, uint64_t *ret);
/*
 * Read a string. A longer string is cut to size - 1 bytes, without an error.
 * Returns the length or -EFAULT.
 */
int kva_read_string(struct introspect *in, va_t va, char *buf, size_t size);
/* Read the Image in RAM, by offset from _text. Returns 0 or -EFAULT. */
int kva_read_image(const struct introspect *in, uint64_t offset, void *buf,
		   size_t len);
/* Is va in the kernel's half? kva_read() reads no other addresses. */
bool kva_is_kernel(va_t va);
/* Remove the pointer authentication code from a return address. */
va_t kva_strip_pac(const struct introspect *in, va_t va);

#endif
