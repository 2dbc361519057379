/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64_image.h - the header at the start of an arm64 Linux Image
 *
 * All numbers are little-endian. A file or a guest may claim anything here, so
 * copy the header once, then check the copy.
 *
 * Source: Linux Documentation/arch/arm64/booting.rst, "Call the kernel image".
 */
#ifndef TRAPLINE_ARM64_IMAGE_H
#define TRAPLINE_ARM64_IMAGE_H

#include <trapline/types.h>

#define ARM64_IMAGE_MAGIC "ARM\x64" /* 4 bytes, without the NUL */

struct arm64_image {
	uint32_t code[2]; /* executable code */
	uint64_t text_offset; /* offset of the Image from a 2 MiB boundary */
	uint64_t image_size; /* in memory; 0 before v3.17 */
	uint64_t flags;
	uint64_t reserved[3];
	char magic[4];
	uint32_t pe; /* offset of the PE header, in kernels with an EFI stub */
};

#define ARM64_IMAGE_BIG_ENDIAN BIT_ULL(0) /* of flags */

_Static_assert(sizeof(struct arm64_image) == 64, "the header has 64 bytes");

#endif
