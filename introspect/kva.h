/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kva.h - kernel virtual addresses: where the kernel runs, and its memory
 *
 * Two questions have one answer: at what VA does the kernel run, and which
 * tables map it? Both are believed only when walking the one with the other
 * leads to the Image in RAM.
 */
#ifndef TRAPLINE_INTROSPECT_KVA_H
#define TRAPLINE_INTROSPECT_KVA_H

#include <trapline/introspect.h>

struct kva {
	va_t text; /* run-time _text; 0: not known */
	uint64_t first_base; /* relative_base when first looked at */
	uint64_t probe; /* offset of text that is always mapped */
	struct stage1_regs regs; /* the kernel's, once seen */
	bool regs_known;
};

/* After the kernel was found. */
void kva_init(struct introspect *in);
/*
 * Ask the vCPUs again (if the guest is stopped), and with them settle where
 * the kernel runs. 0, or -ENOENT while that is not known.
 */
int kva_refresh(struct introspect *in);
/*
 * Read kernel memory by VA, as of the last kva_refresh(). All or nothing:
 * 0, -EFAULT, -ENOENT (no tables known).
 */
int kva_read(struct introspect *in, va_t va, void *buf, size_t len);
/* A pointer, 64 bits. */
int kva_read_u64(struct introspect *in, va_t va, uint64_t *ret);
/*
 * A string of at most size - 1 bytes, cut there without complaint. Returns
 * its length or -EFAULT.
 */
int kva_read_string(struct introspect *in, va_t va, char *buf, size_t size);
/* From the Image in RAM, by offset from _text: 0 or -EFAULT. */
int kva_read_image(const struct introspect *in, uint64_t offset, void *buf,
		   size_t len);
/* Is it in the kernel's half? Nothing is read through other pointers. */
bool kva_is_kernel(va_t va);
/* Pointer authentication bits out of a return address. */
va_t kva_strip_pac(const struct introspect *in, va_t va);

#endif
