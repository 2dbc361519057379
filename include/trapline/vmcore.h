/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmcore.h - dumps of a guest: write them, and debug them as a guest
 *
 * Purpose
 *	vmcore_write() writes a stopped guest of any kind to an ELF file that
 *	gdb, crash and drgn read as well, or to a kdump-compressed file, which
 *	gdb cannot read. vmcore_open() opens such a file, or one from QEMU's
 *	dump-guest-memory, from /proc/vmcore or from makedumpfile, as a struct
 *	guest that cannot run: registers and memory cannot be written (-EROFS),
 *	and nothing resumes (-ENOTSUP).
 *
 * Format
 *	ELF64, little-endian, ET_CORE, EM_AARCH64.
 *
 *	PT_LOAD		one for each range of RAM, then one for each span of
 *			kernel addresses that translates to RAM (struct
 *			vmcore_segment). The spans use the ranges' bytes in the
 *			file. p_paddr is the IPA. p_vaddr is the address in the
 *			linear map; 0 if that is unknown, as in QEMU's dumps.
 *			Pages of zeros are holes of the file.
 *	NT_PRSTATUS	of each vCPU, in their order; pr_pid is the vCPU's
 *			number + 1. For the vCPU that crashed these are the
 *			registers with which the kernel faulted. All are 0 for a
 *			vCPU that is powered off.
 *	NT_PRFPREG	after each NT_PRSTATUS of a vCPU that is powered on
 *	VMCOREINFO	text, see introspect_vmcoreinfo()
 *	TRAPLINE	trapline's own notes; the type is enum vmcore_note
 *
 *	A reader takes the first of two PT_LOADs with the same bytes, ignores
 *	notes that it does not know, and ignores what is cut off at the end.
 *
 *	A kdump-compressed file (vmcore/kdump.h) has the same notes. Each page
 *	is compressed by itself: by zstd if it was written here, and by zlib,
 *	LZO or zstd if it is read.
 *
 * Ownership and locking
 *	As with guest.h: one thread at a time. All that vmcore_open() hands out
 *	lives until vmcore_close().
 *
 * Trust
 *	A dump may be damaged or made by an enemy. Every offset and size is
 *	checked against the size of the file. Texts of the dump are printable
 *	where this header says so. The file is mapped: if another process
 *	truncates it while it is open, SIGBUS ends this process.
 */
#ifndef TRAPLINE_VMCORE_H
#define TRAPLINE_VMCORE_H

#include <trapline/guest.h>
#include <trapline/introspect.h>

/* The types of the notes; the numbers are part of the format. */
enum vmcore_note {
	VMCORE_STOP = 1, /* why the guest had stopped */
	VMCORE_CPU = 2, /* one for each vCPU: all of its registers */
	/* Text, as the monitor command of this name shows it. */
	VMCORE_FLIGHT = 3,
	VMCORE_WHOWROTE = 4,
	VMCORE_CONSOLE = 5, /* the last output of the guest's consoles, raw */
	VMCORE_APPEND = 6, /* arguments that the user gave the kernel */
	VMCORE_VERSION = 7, /* of the program that wrote the dump */
	VMCORE_NR_NOTES
};

/* --- writing ------------------------------------------------------------- */

struct vmcore_text {
	const char *data; /* NULL: no such note */
	size_t size;
};

struct vmcore_source {
	struct guest *guest; /* stopped */
	const char *vmcoreinfo; /* NULL: none */
	/* The spans of kernel addresses; parts outside RAM are left out. */
	const struct introspect_span *spans;
	unsigned int nr_spans;
	struct vmcore_text text[VMCORE_NR_NOTES]; /* VMCORE_FLIGHT and later */
	/*
	 * Write a kdump-compressed file, which is smaller. drgn and
	 * trapline can read it; gdb cannot. The spans are not used.
	 */
	bool compress;
	uint64_t page_size; /* the kernel's, for such a file; 0: 4 KiB */
	/*
	 * Called repeatedly, with the number of bytes of RAM that are done.
	 * false ends the call with -ECANCELED. May be NULL.
	 */
	bool (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};

/*
 * Write the dump to the empty file fd. -EBUSY: the guest runs; -EINVAL: a range
 * of RAM is no multiple of page_size; -ECANCELED, -ENOMEM, or the error of
 * pwrite(2). After an error the file is incomplete.
 */
int vmcore_write(const struct vmcore_source *source, int fd);

/* --- reading ------------------------------------------------------------- */

struct vmcore;

/*
 * Open the file path. Returns 0, or a negative errno with one line in err:
 * -EBADMSG (no dump, or a damaged one), -ENOTSUP (a dump of another kind),
 * -ENOMEM, or the error of open(2).
 */
int vmcore_open(const char *path, struct vmcore **ret, char *err,
		size_t err_size);
/*
 * vmcore_open() in two steps: vmcore_map() opens the file, and looks at none of
 * its bytes; vmcore_read() opens nothing. So a caller can confine itself
 * between them. After an error of vmcore_read() only vmcore_close() may be
 * called.
 */
int vmcore_map(const char *path, struct vmcore **ret, char *err,
	       size_t err_size);
int vmcore_read(struct vmcore *core, char *err, size_t err_size);
/* core may be NULL. */
void vmcore_close(struct vmcore *core);

/*
 * The guest of the dump. Its last stop is the stop that the dump records. The
 * last stop is GUEST_STOP_REQUESTED if the dump records none, or one that only
 * a live guest can show. For a register that the dump lacks, the guest's
 * functions return -EINVAL.
 */
struct guest *vmcore_guest(struct vmcore *core);
/*
 * For a dump without the system registers of the vCPUs: find the registers that
 * translate the kernel's addresses, by VMCOREINFO and the kernel in RAM. in
 * must be the introspection of vmcore_guest(core). The function does nothing
 * for other dumps. -ENOENT: not found; all memory can then only be read by IPA.
 */
int vmcore_find_tables(struct vmcore *core, struct introspect *in);
/* One line on what the dump lacks, or NULL. */
const char *vmcore_warning(const struct vmcore *core);
/*
 * The raw text of VMCOREINFO: the text in the file, or else the text that
 * vmcore_find_tables() has found in RAM. NULL: there is none.
 */
const char *vmcore_vmcoreinfo(const struct vmcore *core, size_t *size);
/* The text of a note (VMCORE_FLIGHT and later), raw. data is NULL: none. */
struct vmcore_text vmcore_text(const struct vmcore *core,
			       enum vmcore_note type);

#endif
