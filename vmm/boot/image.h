/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - put a kernel, an initrd and room for a device tree into guest RAM
 *
 * Purpose
 *	One call lays out guest memory as the arm64 boot protocol wants it:
 *	Documentation/arch/arm64/booting.rst of the kernel. KERNEL may be an
 *	Image, one compressed by gzip, zstd, xz or lzma, an EFI zboot image
 *	(what Debian and Fedora call vmlinuz), an ELF file (vmlinux, or a bare
 *	metal program), or, with a load address, anything at all.
 *
 * Layout
 *
 *	RAM base                                                     RAM end
 *	| [dtb] kernel ... image_size | dtb |   free   | initrd |  above 3 GiB |
 *
 *	The kernel goes as low as its header allows. The device tree stands at
 *	the base of RAM when the kernel leaves room below itself (where U-Boot
 *	and bare metal programs for QEMU's "virt" look for it), otherwise right
 *	behind the kernel. The initrd ends where RAM, or its third GiB, ends.
 *
 * Ownership and locking
 *	None: files are opened, read and closed inside the call. Data is read
 *	or decompressed straight into guest RAM. Knows no KVM, needs no VM: the
 *	host checks files by loading them into a scratch mapping.
 *	Call it again, with the same request, to start the guest afresh.
 *
 * Trust
 *	Files are hostile. Nothing outside [ram->host, + ram->size) is written,
 *	whatever their headers say.
 */
#ifndef TRAPLINE_VMM_IMAGE_H
#define TRAPLINE_VMM_IMAGE_H

#include <trapline/guest.h>

/* The boot protocol's limit for a device tree. */
#define IMAGE_MAX_DTB SZ_2M

struct image_request {
	const char *kernel;
	const char *initrd; /* NULL: none */
	uint64_t load_address; /* IPA for a flat binary, or to move an ELF or
				* Image to; 0: KERNEL must be a kernel and says
				* by itself where it goes */
	uint64_t dtb_size; /* bytes to keep for the device tree */
};

struct image {
	const char *format; /* for people: "arm64 Image", "ELF", ... */
	bool linux_kernel; /* has an arm64 Image header */
	va_t entry; /* PC of the first vCPU, MMU off: an IPA */
	uint64_t x0; /* its first argument: dtb; x1..x3 are 0 */
	ipa_t text; /* where the Image (or lowest segment) lies */
	uint64_t text_size; /* memory it owns from there: image_size */
	ipa_t dtb; /* 8-byte aligned, crosses no 2 MiB boundary */
	uint64_t dtb_size; /* room there, at least what was asked for */
	ipa_t initrd;
	uint64_t initrd_size; /* 0: none */
};

/*
 * Returns 0 and *ret, or a negative errno with one line in err that names the
 * file, says what is wrong and what to do:
 *	-ENOEXEC  no arm64 kernel, or a kind that is not supported
 *	-EBADMSG  truncated, corrupt, or a header that contradicts itself
 *	-ENOSPC	  does not fit into RAM
 *	-EINVAL	  load address outside RAM or misaligned, dtb_size over 2 MiB
 *	others	  what open(2), read(2) said; -ENOMEM
 */
int image_load(const struct image_request *req, const struct guest_ram *ram,
	       struct image *ret, char *err, size_t err_size);

#endif
