// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image_elf.c - ELF files: bare-metal programs, and the kernel's vmlinux
 *
 * A program whose segments have physical addresses in guest RAM is loaded
 * there. In vmlinux both kinds of address are kernel virtual addresses. But the
 * first bytes of vmlinux are the Image header, so its segments are placed as in
 * the Image that objcopy(1) makes of it. The first vCPU starts with the MMU
 * off, so e_entry is translated through its segment. Source: the System V ABI,
 * "ELF header" and "Program header".
 */
#include "image_format.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_PHDRS 64

struct elf_file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr load[MAX_PHDRS]; /* PT_LOAD with bytes in memory */
	unsigned int nr;
	uint64_t vaddr; /* the lowest address */
	uint64_t paddr;
	uint64_t vend; /* the end of the highest segment */
	uint64_t pend;
};

bool image_elf_probe(const struct image_job *job)
{
	return job->head_len >= sizeof(Elf64_Ehdr) &&
	       !memcmp(job->head, ELFMAG, SELFMAG);
}

static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
	case EM_386:
		return "x86";
	case EM_ARM:
		return "32-bit Arm";
	case EM_RISCV:
		return "RISC-V";
	default:
		return "another machine's";
	}
}

static int header_check(struct image_job *job, const Elf64_Ehdr *h)
{
	if (h->e_ident[EI_DATA] == ELFDATA2MSB)
		return image_fail(job, -ENOEXEC,
				  "a big-endian ELF file is not supported: "
				  "give its Image");
	if (h->e_machine != EM_AARCH64 || h->e_ident[EI_CLASS] != ELFCLASS64)
		return image_fail(job, -ENOEXEC,
				  "an ELF file for %s, not for arm64",
				  machine_name(h->e_machine));
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return image_fail(job, -ENOEXEC,
				  "an ELF %s, not a program or vmlinux",
				  h->e_type == ET_REL ? "object"
				  : h->e_type == ET_CORE
					  ? "core dump"
					  : "file of unknown type");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum)
		return image_fail(job, -ENOEXEC,
				  "an ELF file without program headers");
	if (h->e_phnum > MAX_PHDRS)
		return image_fail(job, -ENOEXEC,
				  "an ELF file with %u program headers; at "
				  "most %u are supported",
				  h->e_phnum, MAX_PHDRS);
	return 0;
}

static int truncated(struct image_job *job)
{
	return image_fail(job, -EBADMSG,
			  "truncated: its headers name bytes beyond its end "
			  "(%llu): copy or build the file again",
			  (unsigned long long)job->size);
}

static int segment_check(struct image_job *job, const Elf64_Phdr *p)
{
	if (p->p_offset > job->size || p->p_filesz > job->size - p->p_offset)
		return truncated(job);
	if (p->p_filesz > p->p_memsz || p->p_memsz > UINT64_MAX - p->p_vaddr ||
	    p->p_memsz > UINT64_MAX - p->p_paddr)
		return image_fail(
			job, -EBADMSG,
			"an ELF segment has more bytes in the file than in "
			"memory, or overflows: build the file again");
	return 0;
}

static void segment_add(struct elf_file *elf, const Elf64_Phdr *p)
{
	if (!elf->nr || p->p_vaddr < elf->vaddr)
		elf->vaddr = p->p_vaddr;
	if (!elf->nr || p->p_paddr < elf->paddr)
		elf->paddr = p->p_paddr;
	if (!elf->nr || p->p_vaddr + p->p_memsz > elf->vend)
		elf->vend = p->p_vaddr + p->p_memsz;
	if (!elf->nr || p->p_paddr + p->p_memsz > elf->pend)
		elf->pend = p->p_paddr + p->p_memsz;
	elf->load[elf->nr++] = *p;
}

static int headers_read(struct image_job *job, struct elf_file *elf)
{
	Elf64_Phdr phdr[MAX_PHDRS];
	Elf64_Ehdr *h = &elf->ehdr;
	size_t len;
	int err;

	memcpy(h, job->head, sizeof(*h));
	err = header_check(job, h);
	if (err)
		return err;
	len = h->e_phnum * sizeof(*phdr);
	if (h->e_phoff > job->size || len > job->size - h->e_phoff ||
	    pread(job->fd, phdr, len, h->e_phoff) != (ssize_t)len)
		return truncated(job);
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		if (phdr[i].p_type != PT_LOAD || !phdr[i].p_memsz)
			continue;
		err = segment_check(job, &phdr[i]);
		if (err)
			return err;
		segment_add(elf, &phdr[i]);
	}
	if (!elf->nr)
		return image_fail(job, -ENOEXEC,
				  "an ELF file with nothing to load");
	return 0;
}

/*
 * Load one segment to ipa. Clear .bss, because after a reset it holds old data.
 */
static int segment_load(struct image_job *job, const Elf64_Phdr *p, ipa_t ipa)
{
	uint64_t done = 0;
	uint8_t *host;
	ssize_t n;
	int err = image_ram_at(job, ipa, p->p_memsz, &host);

	if (err)
		return err;
	while (done < p->p_filesz) {
		n = pread(job->fd, host + done, p->p_filesz - done,
			  p->p_offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return image_fail(job, -errno, "%s", strerror(errno));
		if (!n)
			return truncated(job);
		done += n;
	}
	memset(host + done, 0, p->p_memsz - done);
	return 0;
}

/* True when the lowest segment begins with the header of an arm64 Image. */
static bool vmlinux_header(struct image_job *job, const struct elf_file *elf,
			   uint8_t *head)
{
	for (unsigned int i = 0; i < elf->nr; i++) {
		const Elf64_Phdr *p = &elf->load[i];

		if (p->p_vaddr == elf->vaddr &&
		    p->p_filesz >= ARM64_HEADER_SIZE &&
		    pread(job->fd, head, ARM64_HEADER_SIZE, p->p_offset) ==
			    ARM64_HEADER_SIZE)
			return image_arm64_header(head, ARM64_HEADER_SIZE);
	}
	return false;
}

static int vmlinux_load(struct image_job *job, const struct elf_file *elf,
			const uint8_t *head)
{
	struct image *img = job->img;
	int err = image_arm64_place(job, head, elf->vend - elf->vaddr);

	for (unsigned int i = 0; !err && i < elf->nr; i++) {
		const Elf64_Phdr *p = &elf->load[i];

		err = segment_load(job, p,
				   img->text + (p->p_vaddr - elf->vaddr));
	}
	return err;
}

/* Translate e_entry to its address with the MMU off. */
static int entry_find(struct image_job *job, const struct elf_file *elf,
		      uint64_t shift)
{
	uint64_t entry = elf->ehdr.e_entry;

	for (unsigned int i = 0; i < elf->nr; i++) {
		const Elf64_Phdr *p = &elf->load[i];

		if (entry - p->p_vaddr < p->p_memsz) {
			job->img->entry =
				entry - p->p_vaddr + p->p_paddr + shift;
			return 0;
		}
	}
	if (entry - elf->paddr < elf->pend - elf->paddr) {
		job->img->entry = entry + shift;
		return 0;
	}
	return image_fail(job, -EBADMSG,
			  "an ELF file whose entry point (0x%llx) lies in none "
			  "of its segments: link it with -e",
			  (unsigned long long)entry);
}

static int program_load(struct image_job *job, const struct elf_file *elf,
			uint64_t shift)
{
	struct image *img = job->img;
	int err;

	img->text = elf->paddr + shift;
	img->text_size = elf->pend - elf->paddr;
	err = entry_find(job, elf, shift);
	for (unsigned int i = 0; !err && i < elf->nr; i++)
		err = segment_load(job, &elf->load[i],
				   elf->load[i].p_paddr + shift);
	return err;
}

int image_elf_load(struct image_job *job)
{
	uint64_t address = job->req->load_address;
	const struct guest_ram *ram = job->ram;
	uint8_t head[ARM64_HEADER_SIZE];
	struct elf_file elf = { 0 };
	int err = headers_read(job, &elf);

	if (err)
		return err;
	if (elf.paddr - ram->ipa < ram->size)
		return program_load(job, &elf,
				    address ? address - elf.paddr : 0);
	if (vmlinux_header(job, &elf, head))
		return vmlinux_load(job, &elf, head);
	if (address)
		return program_load(job, &elf, address - elf.paddr);
	return image_fail(job, -EINVAL,
			  "its segments begin at 0x%llx, outside guest RAM "
			  "(0x%llx-0x%llx): link it for an address in there, "
			  "or move it with --load-address",
			  (unsigned long long)elf.paddr,
			  (unsigned long long)ram->ipa,
			  (unsigned long long)(ram->ipa + ram->size - 1));
}
