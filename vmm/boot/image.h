/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - put a kernel, an initrd and room for a device tree into guest RAM
 *
 * Purpose
 *	One call lays out guest memory as the arm64 boot protocol requires:
 *	Documentation/arch/arm64/booting.rst of the kernel. KERNEL may be an
 *	Image, an Image compressed by gzip, zstd, xz or lzma, an EFI zboot
 *	image (Debian and Fedora call it vmlinuz), or an ELF file (vmlinux, or a
 *	bare metal program). With a load address, it may be any file.
 *
 * Layout
 *
 *	RAM base                                                     RAM end
 *	| [dtb] kernel ... image_size | dtb |   free   | initrd |  above 3 GiB |
 *
 *	The kernel goes as low as its header allows. The device tree goes to the
 *	base of RAM when the kernel leaves room below itself: U-Boot and bare
 *	metal programs for QEMU's "virt" look for the tree there. Otherwise the
 *	tree follows the kernel. The initrd ends at the end of RAM, or of the
 *	third GiB of RAM.
 *
 * Ownership and locking
 *	None: files are opened, read and closed inside the call. Data is read
 *	or decompressed straight into guest RAM. The code uses no KVM and needs
 *	no VM: the host checks files by loading them into a scratch mapping.
 *	To restart the guest, call image_load() again with the same request.
 *
 * Trust
 *	Files are untrusted. Whatever their headers say, no byte outside
 *	[ram->host, + ram->size) is written.
 */
#ifndef TRAPLINE_VMM_IMAGE_H
#define TRAPLINE_VMM_IMAGE_H

#include <trapline/guest.h>

/* The boot protocol's limit for a device tree. */
#define IMAGE_MAX_DTB SZ_2M

struct image_request {
	const char *kernel;
	const char *initrd; /* NULL: none */
	/*
	 * IPA for a flat binary, or the address to move an ELF or Image to.
	 * 0: KERNEL must be a kernel, and its header says where it goes.
	 */
	uint64_t load_address;
	uint64_t dtb_size; /* bytes to reserve for the device tree */
};

struct image {
	const char *format; /* for messages: "arm64 Image", "ELF", ... */
	bool linux_kernel; /* has an arm64 Image header */
	va_t entry; /* PC of the first vCPU, MMU off: an IPA */
	uint64_t x0; /* the device tree, for x0 of that vCPU; x1..x3 are 0 */
	ipa_t text; /* address of the Image (or lowest segment) */
	uint64_t text_size; /* memory from text on that it needs: image_size */
	ipa_t dtb; /* 8-byte aligned, crosses no 2 MiB boundary */
	uint64_t dtb_size; /* room there, at least the requested size */
	ipa_t initrd;
	uint64_t initrd_size; /* 0: none */
};

/*
 * Returns 0 and *ret, or a negative errno. On an error, one line in err names
 * the file, the fault and what to do:
 *	-ENOEXEC  no arm64 kernel, or a kind that is not supported
 *	-EBADMSG  truncated, corrupt, or a header that contradicts itself
 *	-ENOSPC	  does not fit into RAM
 *	-EINVAL	  load address outside RAM or misaligned, dtb_size over 2 MiB
 *	others	  an error of open(2) or read(2); -ENOMEM
 */
int image_load(const struct image_request *req, const struct guest_ram *ram,
	       struct image *ret, char *err, size_t err_size);

#endif
