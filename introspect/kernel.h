/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - the arm64 Image in guest RAM
 *
 * The Image is found by its header alone ("Booting AArch64 Linux",
 * Documentation/arch/arm64/booting.rst). data points into guest RAM, which may
 * change at any time: copy once, then use the copy. Where the guest has its RAM
 * only in pieces, data is a copy of the whole Image.
 */
#ifndef TRAPLINE_INTROSPECT_KERNEL_H
#define TRAPLINE_INTROSPECT_KERNEL_H

#include <trapline/guest.h>

#define KERNEL_RELEASE_SIZE 65 /* struct new_utsname */
#define KERNEL_BUILD_ID_MAX 32

struct kernel_image {
	ipa_t ipa; /* of the header, the same as _text */
	va_t text_va; /* the address of _text, from VMCOREINFO; 0: unknown */
	uint64_t size; /* image_size; all of it lies in RAM */
	const uint8_t *data; /* valid from kernel_open() to kernel_close() */
	uint8_t *copy; /* data, if data is not in place */
	uint64_t entry; /* offset of primary_entry, or 0 */
	char banner[512];
	char release[KERNEL_RELEASE_SIZE];
	uint8_t build_id[KERNEL_BUILD_ID_MAX];
	size_t build_id_size;
};

/* Is there a good Image header at ipa? Fills in ipa, size and entry. */
bool kernel_header_at(const struct guest *g, ipa_t ipa,
		      struct kernel_image *ret);
/*
 * Why does kernel_header_at() refuse the header at ipa? Returns the reason, and
 * fills in ipa and size; size is not the Image's, but lies in RAM. NULL: there
 * is no header at ipa, or the header is good.
 */
const char *kernel_header_odd(const struct guest *g, ipa_t ipa,
			      struct kernel_image *ret);
/*
 * Find the first Image header above the IPA after; 0 starts at the first byte
 * of RAM. Returns 0 or -ENOENT.
 */
int kernel_header_next(const struct guest *g, ipa_t after,
		       struct kernel_image *ret);
/*
 * Make k->data valid. Memory that the guest lacks is 0 in a copy: a dump may
 * leave out pages of the Image that the kernel has freed. Returns 0 or -ENOMEM.
 */
int kernel_open(const struct guest *g, struct kernel_image *k);
void kernel_close(struct kernel_image *k);
/*
 * Find the banner ("Linux version ...") at or after an offset, and take the
 * release from it. Returns 0 or -ENOENT.
 */
int kernel_banner_find(struct kernel_image *k, uint64_t from);
/*
 * Find the first build-id note at or after the offset from. The vDSOs inside
 * the Image have build-ids, too. The kernel's own .notes comes after all other
 * read-only data, also after kallsyms.
 */
void kernel_build_id_find(struct kernel_image *k, uint64_t from);

#endif
