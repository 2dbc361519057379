/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - the arm64 Image in guest RAM
 *
 * Found by its header alone ("Booting AArch64 Linux", Documentation/arch/
 * arm64/booting.rst). data points into guest RAM and may change under the
 * reader: copy once, then use.
 */
#ifndef TRAPLINE_INTROSPECT_KERNEL_H
#define TRAPLINE_INTROSPECT_KERNEL_H

#include <trapline/guest.h>

#define KERNEL_RELEASE_SIZE 65 /* struct new_utsname */
#define KERNEL_BUILD_ID_MAX 32

struct kernel_image {
	ipa_t ipa; /* of the header, which is _text */
	uint64_t size; /* image_size; all of it lies in RAM */
	const uint8_t *data; /* in place */
	uint64_t entry; /* offset of primary_entry, or 0 */
	char banner[512];
	char release[KERNEL_RELEASE_SIZE];
	uint8_t build_id[KERNEL_BUILD_ID_MAX];
	size_t build_id_size;
};

/* Is there an Image header at ipa? Fills ipa, size, data, entry. */
bool kernel_header_at(const struct guest *g, ipa_t ipa,
		      struct kernel_image *ret);
/*
 * There is a header at ipa, and kernel_header_at() has refused it: why. Fills
 * ipa, data, and size with what is in RAM. NULL: there is none, or it is good.
 */
const char *kernel_header_odd(const struct guest *g, ipa_t ipa,
			      struct kernel_image *ret);
/*
 * The next Image header above after; 0 starts at the first byte of RAM.
 * 0 or -ENOENT.
 */
int kernel_header_next(const struct guest *g, ipa_t after,
		       struct kernel_image *ret);
/*
 * Find "Linux version" from an offset on and take the release from it:
 * 0, -ENOENT.
 */
int kernel_banner_find(struct kernel_image *k, uint64_t from);
/*
 * The first build-id note at or behind from. The vDSOs inside the Image have
 * build-ids, too; the kernel's own .notes comes behind all other read-only
 * data, kallsyms included.
 */
void kernel_build_id_find(struct kernel_image *k, uint64_t from);

#endif
